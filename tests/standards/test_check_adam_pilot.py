"""What the checks find in the ADaM datasets of the CDISC pilot, all of it true of the data.

Each number is counted again here from the data alone, where that takes a line; the labels were read in the files.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from trialwright.findings import Finding, Severity
from trialwright.standards import Datasets, read_datasets
from trialwright.standards.conformance import check_adam


@pytest.fixture(scope="module")
def original(shared: Path) -> Datasets:
    return read_datasets(shared / "data" / "cdiscpilot01" / "adam")


@pytest.fixture(scope="module")
def findings(original: Datasets, shared: Path) -> list[Finding]:
    return check_adam(original, domains=read_datasets(shared / "data" / "cdiscpilot01" / "sdtm"))


def test_the_errors_of_the_pilot_are_three_and_true(original: Datasets, findings: list[Finding]) -> None:
    errors = Counter(finding.rule for finding in findings if finding.severity is Severity.ERROR)

    advs = original["ADVS"].frame.filter(pl.col("ABLFL") == "Y").group_by("USUBJID", "PARAMCD").len()
    codes = [original[name].frame["PARAMCD"].unique() for name in ("ADLBC", "ADLBH")]
    assert errors == {
        # The original has no BASETYPE, and a baseline of each of three time points.
        "adam.baseline-unique": (advs["len"] > 1).sum(),
        "adam.flag-yes": (original["ADAE"].frame["TRTEMFL"] == "N").sum(),
        "adam.paramcd": sum(values.str.starts_with("_").sum() for values in codes),
    }
    assert errors == {"adam.baseline-unique": 759, "adam.flag-yes": 65, "adam.paramcd": 35}


def test_the_warnings_of_the_pilot(original: Datasets, findings: list[Finding]) -> None:
    warnings = Counter(finding.rule for finding in findings if finding.severity is Severity.WARNING)

    laboratory = [original[name].frame for name in ("ADLBC", "ADLBH")]
    adas, vitals = original["ADQSADAS"].frame, original["ADVS"].frame
    no_value = pl.col("AVAL").is_null()
    flagged = [frame.filter((pl.col("ANL01FL") == "Y") & no_value).height for frame in (adas, vitals)]
    assert warnings == {
        "adam.adsl-label": 1,
        "adam.label-as-adsl": 4,
        "adam.label-as-guide": 9,
        "adam.label-as-sdtm": 1,
        # "               ." stands where AVISIT is missing, and most visits have blanks before them.
        "adam.code-missing": sum((frame["AVISIT"].str.strip_chars() == ".").sum() for frame in laboratory),
        "adam.blank": sum(
            dataset.frame["AVISIT"].unique().str.starts_with(" ").sum()
            for dataset in original.values()
            if "AVISIT" in dataset.frame.columns
        ),
        "adam.baseline-value": adas.filter((pl.col("ABLFL") == "Y") & no_value).height,
        "adam.value-missing": sum(flagged),
    }


def test_the_label_of_a_change_that_says_baseline_is_found(findings: list[Finding]) -> None:
    assert "label = 'Baseline Value', guide = 'Change from Baseline'" in [
        finding.evidence for finding in findings if finding.where == "ADQSADAS, CHG"
    ]


def test_the_later_version_has_types_of_baseline_and_dates_without_a_format(shared: Path) -> None:
    datasets = read_datasets(shared / "data" / "cdiscpilot01" / "adam_tdf")

    found = Counter(finding.rule for finding in check_adam(datasets) if finding.severity is not Severity.NOTE)

    assert "BASETYPE" in datasets["ADVS"].frame.columns
    assert "adam.baseline-unique" not in found
    # TRTSDT, TRTEDT and ADT are plain numbers in each of the four laboratory datasets.
    assert found["adam.date-format"] == 12
    # The window of the visit ends on day 220.
    assert found["adam.window"] == 1


def test_a_subject_that_is_in_no_other_dataset_is_found_everywhere(original: Datasets) -> None:
    subject = "01-701-1015"
    without = original["ADSL"].frame.filter(pl.col("USUBJID") != subject)
    datasets = {**original, "ADSL": type(original["ADSL"])(name="ADSL", frame=without)}

    found = [finding for finding in check_adam(datasets) if finding.rule == "adam.subject-unknown"]

    others = [dataset.frame for name, dataset in original.items() if name != "ADSL"]
    assert len(found) == sum((frame["USUBJID"] == subject).sum() for frame in others)
