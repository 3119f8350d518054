"""Small hand-made records of one patient, for the tests of narratives. The first dose is on 2024-03-01."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from trialwright.analysis.plan import NarrativePlan
from trialwright.standards import Dataset
from trialwright.writing.narratives.patient import Patient
from trialwright.writing.narratives.selection import find_patients

SUBJECT = "S-001"
Row = dict[str, object]
Others = Mapping[str, Sequence[Row]]


def dataset(name: str, rows: Sequence[Row]) -> Dataset:
    """A dataset of rows, each of the subject unless it names another."""
    columns = dict.fromkeys(["USUBJID", *(name for row in rows for name in row)])
    full = [{column: row.get(column, SUBJECT if column == "USUBJID" else None) for column in columns} for row in rows]
    return Dataset(name=name, frame=pl.DataFrame(full, infer_schema_length=None))


def event(**values: object) -> Row:
    """A serious adverse event of day 10, as it should be recorded, with `values` in place of what is so."""
    usual: dict[str, object] = {
        "AESEQ": 1.0, "AETERM": "FAINTED", "AEDECOD": "SYNCOPE", "AEBODSYS": "NERVOUS SYSTEM DISORDERS",
        "AESEV": "SEVERE", "AESER": "Y", "AESHOSP": "Y", "AESDTH": "N", "AEREL": "POSSIBLE",
        "AEACN": "DOSE NOT CHANGED", "AEOUT": "RECOVERED/RESOLVED", "AESTDTC": "2024-03-10", "AEENDTC": "2024-03-12",
    }  # fmt: skip
    return usual | values


def study_data(*events: Row, **others: Sequence[Row]) -> dict[str, Dataset]:
    """ADSL, DM and AE of one patient treated from day 1 to day 30, and `others` by name, which may replace these."""
    adsl: Row = {
        "AGE": 81, "SEX": "F", "RACE": "WHITE", "TRT01A": "Active",
        "TRTSDT": date(2024, 3, 1), "TRTEDT": date(2024, 3, 30), "DTHFL": None,
    }  # fmt: skip
    rows: dict[str, Sequence[Row]] = {
        "ADSL": [adsl],
        "DM": [{"RFSTDTC": "2024-03-01", "DTHFL": None, "DTHDTC": None}],
        "AE": list(events),
        "EX": [
            {
                "EXSEQ": 1.0, "EXTRT": "ACTIVE", "EXDOSE": 54.0, "EXDOSU": "mg", "EXDOSFRQ": "QD",
                "EXSTDTC": "2024-03-01", "EXENDTC": "2024-03-30",
            }
        ],
        "DS": [{"DSSEQ": 1.0, "DSDECOD": "COMPLETED", "DSCAT": "DISPOSITION EVENT", "DSSTDTC": "2024-03-30"}],
    }  # fmt: skip
    rows.update(others)
    return {name: dataset(name, found) for name, found in rows.items() if found}


def patient(*events: Row, plan: NarrativePlan | None = None, others: Others | None = None) -> Patient:
    """The patient of these records, who is named in the plan."""
    asked = plan or NarrativePlan(subjects=(SUBJECT,))
    (found,) = find_patients(study_data(*events, **(others or {})), asked)
    return found
