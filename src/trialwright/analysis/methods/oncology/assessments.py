"""The assessments of tumours and the dates of subjects, as `trialwright.derivation.functions.oncology` reads them."""

from __future__ import annotations

import numpy as np
import polars as pl

from trialwright.analysis.methods.oncology.options import SurvivalTimeOptions
from trialwright.analysis.methods.options import Options
from trialwright.analysis.request import SUBJECT, Booleans, Request, type_words
from trialwright.errors import VariableTypeError


def assessments(request: Request, date: str) -> pl.DataFrame:
    """USUBJID, ADT and AVALC (the variable analysed) of the records."""
    variable = request.analysis.variables[0]
    return pl.DataFrame(
        {
            "USUBJID": request.series(SUBJECT),
            "ADT": _dates(request.series(date), date, request),
            "AVALC": pl.Series(request.texts(variable), dtype=pl.String),
        }
    )


def subject_dates(request: Request, **variables: str | None) -> pl.DataFrame:
    """USUBJID of all subjects of the analysis set, and columns of dates by the names of their variables."""
    columns = {"USUBJID": request.subjects[SUBJECT]}
    for name, variable in variables.items():
        if variable is not None:
            columns[name] = _dates(request.subject_series(variable), variable, request)
    return pl.DataFrame(columns)


def subject_flag(request: Request, variable: str) -> pl.Series:
    """A flag of all subjects of the analysis set."""
    return request.subject_series(variable)


def unusable_dates(subjects: pl.DataFrame, assessed: pl.DataFrame | None = None) -> str:
    """A warning of subjects without start, deaths before it and assessments without date; empty if there are none."""
    early = 0
    if "DTHDT" in subjects.columns:
        early = int((subjects["DTHDT"] < subjects["STARTDT"]).sum())
    undated = 0 if assessed is None else assessed["ADT"].null_count()
    counts = {
        "subjects without a date on which the time at risk starts, left out": subjects["STARTDT"].null_count(),
        "deaths before the time at risk starts, not counted": early,
        "assessments without a date, left out": undated,
    }
    return "\n".join(f"{words}: {count}" for words, count in counts.items() if count)


def dated_records(request: Request, options: Options) -> Booleans:
    """The records with a date; of a method that looks at subjects alone, all."""
    if isinstance(options, SurvivalTimeOptions):
        return np.ones(request.frame.height, dtype=bool)
    date = str(getattr(options, "date", "ADT"))
    return request.series(date).is_not_null().to_numpy()


def _dates(series: pl.Series, variable: str, request: Request) -> pl.Series:
    if series.dtype == pl.Null:
        return series.cast(pl.Date)
    if not isinstance(series.dtype, pl.Date | pl.Datetime):
        raise VariableTypeError(
            dataset=request.dataset.name,
            variable=variable,
            needed_by=request.user,
            expected="a date",
            actual=type_words(series.dtype),
        )
    return series.cast(pl.Date)
