"""The lists of SDTMIG 3.4: held to the guide's own counts, to its rules for names, and to labels of other programs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from trialwright.standards import read_datasets
from trialwright.standards.sdtm_variables import (
    model_variable,
    parent_domain,
    sdtm_domain,
    sdtm_domains,
    sdtm_values,
    sdtm_variable,
)


def test_the_guide_has_its_63_datasets_and_1917_variables() -> None:
    # The counts of the SDTMIG 3.4 workbook of CDISC: 63 datasets, 1,917 rows, 1,523 different names.
    datasets = [found for name in sdtm_domains() if (found := sdtm_domain(name)) is not None]
    names = [variable.name for dataset in datasets for variable in dataset.variables]
    supplemental = sdtm_domain("SUPPAE")

    assert supplemental is not None
    assert len(sdtm_domains()) == 63
    assert len(names) + len(supplemental.variables) == 1917
    assert len(set(names) | {variable.name for variable in supplemental.variables}) == 1523


@pytest.mark.parametrize(
    ("variable", "count"),
    # How many datasets of the workbook have the variable.
    [
        ("STUDYID", 63),
        ("DOMAIN", 59),
        ("USUBJID", 55),
        ("EPOCH", 44),
        ("TAETORD", 43),
        ("VISITNUM", 36),
        ("SPDEVID", 6),
    ],
)
def test_common_variables_are_in_as_many_datasets_as_in_the_guide(variable: str, count: int) -> None:
    in_datasets = [name for name in (*sdtm_domains(), "SUPPAE") if sdtm_variable(name, variable) is not None]

    assert len(in_datasets) == count


def test_names_and_labels_keep_to_the_limits_of_transport_files() -> None:
    for name in (*sdtm_domains(), "SUPPAE"):
        dataset = sdtm_domain(name)
        if dataset is None:
            assert name == "SUPPQUAL"
            continue
        repeated = [n for n, count in Counter(variable.name for variable in dataset.variables).items() if count > 1]
        assert not repeated
        for variable in dataset.variables:
            assert 1 <= len(variable.name) <= 8
            assert 1 <= len(variable.label) <= 40, variable
            assert variable.role
            assert variable.core
        assert all(dataset.variable(key) for key in dataset.keys), name


def test_a_variable_has_what_the_guide_says_of_it() -> None:
    variable = sdtm_variable("AE", "AESER")

    assert variable is not None
    assert (variable.label, variable.type, variable.role) == ("Serious Event", "text", "Record Qualifier")
    assert (variable.core, variable.codelist) == ("Exp", "C66742")
    assert sdtm_values("EG", "EGTESTCD") == ("C71153", "C120523")
    assert sdtm_values("AE", "AEDECOD") == ("MedDRA",)
    assert sdtm_values("SUPPAE", "QEVAL") == ("C78735",)
    assert sdtm_values("AE", "AETERM") == ()


def test_types_are_those_of_define_xml() -> None:
    kinds = {name: sdtm_variable("EX", name) for name in ("EXSEQ", "EXDOSE", "EXSTDTC", "EXDUR", "EXTRT")}

    assert {name: found.type for name, found in kinds.items() if found} == {
        "EXSEQ": "integer",
        "EXDOSE": "float",
        "EXSTDTC": "datetime",
        "EXDUR": "durationDatetime",
        "EXTRT": "text",
    }


def test_supplemental_and_split_datasets_are_known_by_their_parents() -> None:
    supplemental, split = sdtm_domain("SUPPQSCO"), sdtm_domain("QSCO")

    assert supplemental is not None
    assert supplemental.label == "Supplemental Qualifiers for QS"
    assert split is not None
    assert split.variable("QSTESTCD") is not None
    assert [parent_domain(name) for name in ("AE", "SUPPAE", "LBCH", "SUPPQSCO", "RELREC", "ADSL", "XX")] == [
        "AE",
        "AE",
        "LB",
        "QS",
        "RELREC",
        "",
        "",
    ]
    assert sdtm_domain("ADSL") is None
    assert sdtm_domain("XX") is None


def test_variables_of_the_model_may_be_used_in_any_domain_of_the_class() -> None:
    link = model_variable("EVENTS", "AELNKID", prefix="AE")
    visit = model_variable("EVENTS", "VISITNUM", prefix="AE")
    custom = model_variable("FINDINGS", "XATESTCD", prefix="XA")

    assert link is not None
    assert (link.name, link.label, link.core) == ("AELNKID", "Link ID", "Perm")
    assert visit is not None
    assert custom is not None
    assert (custom.role, custom.codelist, custom.is_mandatory) == ("Topic", "", False)
    assert model_variable("EVENTS", "AEORRES", prefix="AE") is None
    assert model_variable("FINDINGS", "VSFOO", prefix="VS") is None


def test_labels_agree_with_those_of_the_pilot_but_for_what_versions_changed(shared: Path) -> None:
    # The pilot follows SDTMIG 3.1.2; these are the labels that later versions changed, and the pilot's own spellings.
    changed = {
        "EXDOSE", "EXTRT", "IETESTCD", "SVSTDTC", "SVENDTC", "TAETORD",
    }  # fmt: skip
    differing = set()
    for dataset in read_datasets(shared / "data/cdiscpilot01/sdtm").values():
        for name, label in dataset.labels.items():
            variable = sdtm_variable(dataset.name, name)
            if variable is not None and variable.label != label:
                differing.add((name, label, variable.label))

    assert {name for name, _, _ in differing} <= changed, differing
