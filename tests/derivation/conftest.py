"""A small SDTM package of awkward subjects, made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import polars as pl
import pytest

from trialwright.derivation import Definitions, derive_datasets, plan_analysis_visits, read_definitions
from trialwright.standards import Dataset
from trialwright.study import example_path

_VISITS = plan_analysis_visits(
    [
        (1, "Screening", -14),
        (2, "Baseline", 1),
        (3, "Week 2", 15),
        (4, "Week 4", 29),
        (5, "Week 6", 43),
        (6, "Week 8", 57),
        (7, "Week 12", 85),
        (8, "Follow-up", 99),
    ]
)
STUDY = "T-1"
#: What is made of the domains of the five subjects.
EXAMPLE_DATASETS = ("ADSL", "ADAE", "ADVS", "ADLB", "ADHAMA", "ADTTE")

#: A completes, B stops for an adverse event, C never takes a dose, D fails screening, E has no HAM-A after baseline.
_DM = [
    # USUBJID, SITEID, AGE, SEX, COUNTRY, ARMCD, ARM, ACTARMCD, ACTARM, RFICDTC, DTHFL, DTHDTC
    ("A", "101", 34.0, "F", "USA", "HIGH", "TWX-101 30 mg", "HIGH", "TWX-101 30 mg", "2024-01-20", None, None),
    ("B", "201", 49.0, "M", "DEU", "PBO", "Placebo", "PBO", "Placebo", "2024-01-22", "Y", "2024-03-25"),
    ("C", "101", 50.0, "F", "CAN", "LOW", "TWX-101 10 mg", None, None, "2024-01-25", None, None),
    ("D", "202", 61.0, "M", "POL", None, None, None, None, "2024-01-26", None, None),
    ("E", "202", 35.0, "F", "POL", "LOW", "TWX-101 10 mg", "LOW", "TWX-101 10 mg", "2024-01-27", None, None),
]
_DS = [
    # USUBJID, DSCAT, DSDECOD, DSTERM, EPOCH, DSSTDTC
    ("A", "PROTOCOL MILESTONE", "INFORMED CONSENT OBTAINED", "CONSENT", "SCREENING", "2024-01-20"),
    ("A", "PROTOCOL MILESTONE", "RANDOMIZED", "RANDOMIZED", "TREATMENT", "2024-02-01"),
    ("A", "DISPOSITION EVENT", "COMPLETED", "COMPLETED", "SCREENING", "2024-02-01"),
    ("A", "DISPOSITION EVENT", "COMPLETED", "COMPLETED", "TREATMENT", "2024-04-25"),
    ("A", "DISPOSITION EVENT", "LOST TO FOLLOW-UP", "NOT REACHED", "FOLLOW-UP", "2024-05-09"),
    ("B", "PROTOCOL MILESTONE", "RANDOMIZED", "RANDOMIZED", "TREATMENT", "2024-02-02"),
    ("B", "DISPOSITION EVENT", "COMPLETED", "COMPLETED", "SCREENING", "2024-02-02"),
    ("B", "DISPOSITION EVENT", "ADVERSE EVENT", "NAUSEA", "TREATMENT", "2024-03-10"),
    ("C", "PROTOCOL MILESTONE", "RANDOMIZED", "RANDOMIZED", "TREATMENT", "2024-02-03"),
    ("C", "DISPOSITION EVENT", "WITHDRAWAL BY SUBJECT", "MOVED", "TREATMENT", "2024-02-04"),
    ("D", "DISPOSITION EVENT", "SCREEN FAILURE", "HAM-A TOO LOW", "SCREENING", "2024-01-30"),
    ("E", "PROTOCOL MILESTONE", "RANDOMIZED", "RANDOMIZED", "TREATMENT", "2024-02-05"),
]
_EX = [
    # USUBJID, EXDOSE, EXSTDTC, EXENDTC: A misses two days, B has an unknown last day, E an unknown end
    ("A", 30.0, "2024-02-01", "2024-03-01"),
    ("A", 30.0, "2024-03-04", "2024-04-24"),
    ("B", 0.0, "2024-02-02", "2024-03"),
    ("E", 10.0, "2024-02-05", None),
]
_QS = [
    # USUBJID, QSSEQ, VISITNUM, QSDTC, total
    ("A", 1.0, 1.0, "2024-01-20", 26.0),
    ("A", 2.0, 2.0, "2024-02-01", 24.0),
    ("A", 3.0, 3.0, "2024-02-15", 18.0),
    ("A", 4.0, 4.0, "2024-02-29", None),
    ("A", 5.0, 5.0, "2024-03-14", 12.0),
    ("A", 6.0, 5.1, "2024-03-16", 11.0),  # unscheduled, in the window of Week 6
    ("A", 7.0, 7.0, "2024-04-25", 13.0),
    ("A", 8.0, 8.0, "2024-05-09", 2.0),  # two weeks after the last dose
    ("B", 1.0, 1.0, "2024-01-22", 30.0),
    ("B", 2.0, 2.0, "2024-02-04", 29.0),  # the baseline visit came after the first dose
    ("B", 3.0, 4.0, "2024-03-01", 25.0),
    ("C", 1.0, 2.0, "2024-02-03", 22.0),
    ("D", 1.0, 1.0, "2024-01-26", 8.0),
    ("E", 1.0, 2.0, "2024-02-05", 21.0),
]
_VS = [
    # USUBJID, VSSEQ, VSTESTCD, VISITNUM, VSDTC, VSSTRESN
    ("A", 1.0, "HEIGHT", 1.0, "2024-01-20", 160.0),
    ("A", 2.0, "WEIGHT", 1.0, "2024-01-20", 65.0),
    ("A", 3.0, "WEIGHT", 2.0, "2024-02-01", 64.0),
    ("A", 4.0, "WEIGHT", 7.0, "2024-04-25", 63.0),
    ("B", 1.0, "WEIGHT", 1.0, "2024-01-22", 80.0),
]
_LB = [
    # USUBJID, LBSEQ, VISITNUM, LBDTC, LBSTRESN, LBSTAT
    ("A", 1.0, 1.0, "2024-01-20", 41.0, None),
    ("A", 2.0, 2.0, "2024-02-01", None, "NOT DONE"),
    ("A", 3.0, 4.0, "2024-02-29", 40.0, None),
    ("A", 4.0, 7.0, "2024-04-25", 4.0, None),
]
_AE = [
    # USUBJID, AESEQ, AEDECOD, AESTDTC, AEENDTC, AESEV, AESER, AEREL
    ("A", 1.0, "HEADACHE", "2024-01-31", "2024-02-02", "MILD", "N", "NOT RELATED"),
    ("A", 2.0, "HEADACHE", "2024-02-01", None, "MILD", "N", "POSSIBLY RELATED"),
    ("A", 3.0, "NAUSEA", "2024-02", "2024-02", "SEVERE", "N", "UNLIKELY RELATED"),
    ("A", 4.0, "HEADACHE", "2024-05-09", "2024-05-10", None, "N", None),
    ("B", 1.0, "NAUSEA", None, "2024-01-15", "MODERATE", "N", "RELATED"),
    ("B", 2.0, "NAUSEA", "2024", "2024-03", "MODERATE", "Y", "RELATED"),
    ("D", 1.0, "FALL", "2024-01-28", "2024-01-28", "MILD", "N", "NOT RELATED"),
]


def _dataset(name: str, columns: list[str], rows: list[tuple[object, ...]]) -> Dataset:
    frame = pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)
    return Dataset(name=name, frame=frame.with_columns(STUDYID=pl.lit(STUDY)))


@pytest.fixture
def awkward_domains() -> dict[str, Dataset]:
    """DM, DS, EX, QS, VS, LB and AE of five subjects."""
    demographics = [
        *("USUBJID", "SITEID", "AGE", "SEX", "COUNTRY", "ARMCD", "ARM", "ACTARMCD", "ACTARM"),
        *("RFICDTC", "DTHFL", "DTHDTC"),
    ]
    scores = _dataset("QS", ["USUBJID", "QSSEQ", "VISITNUM", "QSDTC", "QSSTRESN"], list(_QS))
    signs = _dataset("VS", ["USUBJID", "VSSEQ", "VSTESTCD", "VISITNUM", "VSDTC", "VSSTRESN"], list(_VS))
    results = _dataset("LB", ["USUBJID", "LBSEQ", "VISITNUM", "LBDTC", "LBSTRESN", "LBSTAT"], list(_LB))
    events = _dataset("AE", ["USUBJID", "AESEQ", "AEDECOD", "AESTDTC", "AEENDTC", "AESEV", "AESER", "AEREL"], list(_AE))
    return {
        "DM": _dataset("DM", demographics, list(_DM)),
        "DS": _dataset("DS", ["USUBJID", "DSCAT", "DSDECOD", "DSTERM", "EPOCH", "DSSTDTC"], list(_DS)),
        "EX": _dataset("EX", ["USUBJID", "EXDOSE", "EXSTDTC", "EXENDTC"], list(_EX)),
        "QS": Dataset(name="QS", frame=scores.frame.with_columns(QSTESTCD=pl.lit("HAMATOT"))),
        "VS": Dataset(
            name="VS",
            frame=signs.frame.with_columns(VSTEST=pl.col("VSTESTCD").str.to_titlecase(), VSSTRESU=pl.lit("kg")),
        ),
        "LB": Dataset(
            name="LB",
            frame=results.frame.with_columns(
                LBTESTCD=pl.lit("ALT"),
                LBTEST=pl.lit("Alanine Aminotransferase"),
                LBSTRESU=pl.lit("U/L"),
                LBCAT=pl.lit("CHEMISTRY"),
                LBSTNRLO=pl.lit(5.0),
                LBSTNRHI=pl.lit(40.0),
            ),
        ),
        "AE": Dataset(
            name="AE",
            frame=events.frame.with_columns(AETERM=pl.col("AEDECOD").str.to_lowercase(), AEBODSYS=pl.lit("ALL")),
        ),
    }


class DeriveExample(Protocol):
    """Derives datasets of the example study's specification, by its visits."""

    def __call__(self, domains: dict[str, Dataset], names: Sequence[str] = ..., /) -> dict[str, Dataset]:
        """The datasets of these names."""


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    """The specification of the example study's datasets."""
    return read_definitions(example_path("calm12", "derivation.yaml"))


@pytest.fixture
def derive(definitions: Definitions) -> DeriveExample:
    """What derives the example study's datasets."""

    def derive(domains: dict[str, Dataset], names: Sequence[str] = EXAMPLE_DATASETS, /) -> dict[str, Dataset]:
        return dict(derive_datasets(definitions, domains, visits=_VISITS, names=names).datasets)

    return derive


@pytest.fixture
def adam(awkward_domains: dict[str, Dataset], derive: DeriveExample) -> dict[str, Dataset]:
    """The ADaM datasets of the five subjects."""
    return derive(awkward_domains)
