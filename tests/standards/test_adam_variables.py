"""The variables of ADaM: names found by pattern, and labels held to two independent sets of analysis datasets."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialwright.standards import read_datasets
from trialwright.standards.adam_variables import adam_class_variables, adam_values, adam_variable


@pytest.mark.parametrize(
    ("name", "label", "type_"),
    # Labels of ADaMIG 1.3, as the define.xml of PHUSE's Test Data Factory and pharmaverseadam 1.2 have them.
    [
        ("TRT01P", "Planned Treatment for Period 01", "text"),
        ("TRT12AN", "Actual Treatment for Period 12 (N)", "integer"),
        ("AP02EDT", "Period 02 End Date", "date"),
        ("AGEGR1", "Pooled Age Group 1", "text"),
        ("AGEGR1N", "Pooled Age Group 1 (N)", "integer"),
        ("ADTM", "Analysis Datetime", "datetime"),
        ("ASTTM", "Analysis Start Time", "time"),
        ("AVAL", "Analysis Value", "float"),
        ("CRIT1FL", "Criterion 1 Evaluation Result Flag", "text"),
        ("CRIT12FL", "Criterion 12 Evaluation Result Flag", "text"),
        ("A1HI", "Analysis Range 1 Upper Limit", "float"),
        ("BR2A1LO", "Base Ratio to Analysis Range 1 Lower Lim", "float"),
        ("SHIFT1", "Shift 1", "text"),
        ("AVALCAT1", "Analysis Value Category 1", "text"),
        ("AVALCA1N", "Analysis Value Category 1 (N)", "integer"),
        ("ANL01FL", "Analysis Flag 01", "text"),
        ("CQ01NAM", "Customized Query 01 Name", "text"),
        ("CNSR", "Censor", "integer"),
        ("AOCCIFL", "1st Max Sev./Int. Occurrence Flag", "text"),
    ],
)
def test_a_variable_is_found_by_its_name_with_its_numbers_in_the_label(name: str, label: str, type_: str) -> None:
    variable = adam_variable(name)

    assert variable is not None
    assert (variable.name, variable.label, variable.type) == (name, label, type_)


@pytest.mark.parametrize("name", ["TRT1P", "TRT00P", "ANL1FL", "CRIT0FL", "AXLO", "APHASE0", "HAMATOT", "TRTxxP", ""])
def test_what_fits_no_pattern_is_not_a_variable_of_the_guide(name: str) -> None:
    assert adam_variable(name) is None


def test_what_is_required_depends_on_the_structure() -> None:
    in_adsl, in_bds = adam_variable("SITEID", "ADSL"), adam_variable("SITEID", "BDS")
    required = {v.name for v in adam_class_variables("ADSL") if v.core == "Req"}

    assert in_adsl is not None
    assert in_adsl.core == "Req"
    assert in_bds is not None
    assert in_bds.core == "Perm"
    # ADaMIG 1.3, tables 3.2.1 to 3.2.4.
    assert required == {
        "STUDYID", "USUBJID", "SUBJID", "SITEID", "AGE", "AGEU", "SEX", "RACE", "ARM", "TRTxxP",
    }  # fmt: skip
    assert {v.name for v in adam_class_variables("BDS") if v.core == "Req"} == {
        "STUDYID", "USUBJID", "PARAM", "PARAMCD",
    }  # fmt: skip


def test_structures_have_their_own_variables() -> None:
    assert adam_variable("CNSR", "TTE") is not None
    assert adam_variable("CNSR", "BDS") is None
    assert adam_variable("PARAMCD", "TTE") is not None
    assert adam_variable("TRTEMFL", "BDS") is None
    assert adam_variable("TRTEMFL", "OCCDS") is not None


def test_values_are_taken_from_terminology() -> None:
    assert [adam_values(name) for name in ("DTYPE", "ADTF", "SAFFL", "ABLFL", "AVAL")] == [
        "C81224",
        "C81223",
        "C66742",
        "Y",
        "",
    ]


def test_labels_agree_with_those_of_the_pilot_but_for_its_own(shared: Path) -> None:
    # Wordings of the pilot (ADaM 2.1) and the Test Data Factory; some are slips (the pilot has CHG as Baseline Value).
    own = {
        "ABLFL", "ADURN", "ADURU", "ANL01FL", "AOCCFL", "CHG", "ITTFL", "PARAM", "PARAMN", "SRCDOM", "STARTDT",
    }  # fmt: skip
    differing = {}
    for folder in ("adam", "adam_tdf"):
        for dataset in read_datasets(shared / "data/cdiscpilot01" / folder).values():
            for name, label in dataset.labels.items():
                variable = adam_variable(name)
                if variable is not None and variable.label and variable.label != label:
                    differing[name] = (label, variable.label)

    assert set(differing) <= own, differing
