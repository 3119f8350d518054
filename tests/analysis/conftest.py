"""Small plans and datasets for the tests of methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import polars as pl
import pytest

from trialwright.analysis import Analysis, AnalysisPlan, AnalysisSet, Grouping, Level, analyze
from trialwright.analysis.plan import OptionValue
from trialwright.results import Results
from trialwright.standards.datasets import Dataset


class Run(Protocol):
    """Runs one analysis, called `a`, by ARM, of a table of records with one subject each."""

    def __call__(
        self,
        method: str,
        variables: Sequence[str],
        records: pl.DataFrame,
        options: Mapping[str, OptionValue] | None = None,
        *,
        arms: Sequence[str] | None = None,
        total: str | None = None,
        where: str = "",
        by: Sequence[str] = ("arm",),
        subjects: pl.DataFrame | None = None,
        visits: Sequence[str] = (),
    ) -> Results: ...


def _with_subjects(records: pl.DataFrame) -> pl.DataFrame:
    if "USUBJID" in records.columns:
        return records
    ids = pl.Series("USUBJID", [f"S{number:04d}" for number in range(records.height)], dtype=pl.String)
    return records.with_columns(ids)


def make_plan(
    analysis: Analysis, arms: Sequence[str], total: str | None = None, visits: Sequence[str] = ()
) -> AnalysisPlan:
    """A plan with one analysis set of everybody, a grouping `arm` on ARM and, with `visits`, `visit` on AVISITN."""
    groupings = {
        "arm": Grouping(
            id="arm", variable="ARM", levels=tuple(Level(value=arm, label=arm) for arm in arms), total=total
        )
    }
    if visits:
        levels = tuple(Level(value=visit, label=visit) for visit in visits)
        groupings["visit"] = Grouping(id="visit", variable="AVISITN", levels=levels)
    return AnalysisPlan(
        title="",
        alpha=0.05,
        analysis_sets={"all": AnalysisSet(id="all", label="Everybody")},
        groupings=groupings,
        analyses={analysis.id: analysis},
        displays={},
    )


def run_analysis(
    method: str,
    variables: Sequence[str],
    records: pl.DataFrame,
    options: Mapping[str, OptionValue] | None = None,
    *,
    arms: Sequence[str] | None = None,
    total: str | None = None,
    where: str = "",
    by: Sequence[str] = ("arm",),
    subjects: pl.DataFrame | None = None,
    visits: Sequence[str] = (),
) -> Results:
    frame = _with_subjects(records)
    datasets = {"ADSL": Dataset(name="ADSL", frame=frame)}
    if subjects is not None:
        datasets = {"ADSL": Dataset(name="ADSL", frame=subjects), "ADXX": Dataset(name="ADXX", frame=frame)}
    if arms is None:
        arms = datasets["ADSL"].frame["ARM"].drop_nulls().unique().sort().to_list()
    analysis = Analysis(
        id="a",
        method=method,
        dataset="ADSL" if subjects is None else "ADXX",
        population="all",
        variables=tuple(variables),
        where=where,
        by=tuple(by),
        options=options or {},
    )
    return analyze(make_plan(analysis, arms, total, visits), datasets)


@pytest.fixture
def run() -> Run:
    """Runs one analysis."""
    return run_analysis
