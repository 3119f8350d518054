"""The plan on the page of these methods is read, runs, and its results are traced to records."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from trialwright.analysis import analyze, parse_plan, trace
from trialwright.standards.datasets import Dataset

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "methods-time-to-event.md"

HEAD = """\
plan: {title: A trial, alpha: 0.05}
analysis_sets:
  itt: {label: Intent-to-Treat, condition: "ITTFL = 'Y'"}
groupings:
  treatment: {variable: TRT01P, levels: [Placebo, High]}
displays: {}
"""


@pytest.fixture
def datasets(formula: pl.DataFrame) -> dict[str, Dataset]:
    """The records of the formula as a trial with two arms: deaths as OS, relapses with competing deaths."""
    base = formula.with_columns(
        USUBJID=pl.format("S{}", pl.int_range(pl.len())),
        TRT01P=pl.when(pl.col("ARM") == "A").then(pl.lit("Placebo")).otherwise(pl.lit("High")),
        REGION1=pl.col("REGION"),
        AGE=30 + 4 * pl.col("X"),
        ITTFL=pl.lit("Y"),
    )
    relapse = base.select("USUBJID", "AVAL", "CNSR", PARAMCD=pl.lit("RELAPSE"))
    death = base.select("USUBJID", "AVAL", CNSR=pl.col("CNSR1"), PARAMCD=pl.lit("OS"))
    adsl = base.select("USUBJID", "TRT01P", "REGION1", "AGE", "ITTFL")
    return {
        "ADSL": Dataset(name="ADSL", frame=adsl),
        "ADTTE": Dataset(name="ADTTE", frame=pl.concat([death, relapse], how="diagonal")),
    }


def test_the_documented_plan_runs_and_is_traced(datasets: dict[str, Dataset]) -> None:
    block = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert block is not None
    plan = parse_plan(HEAD + block.group(1))
    results = analyze(plan, datasets)
    assert len(plan.analyses) == 10
    for id in plan.analyses:
        rows = results.of_analysis(id)
        assert any(row.stat is not None for row in rows)
        assert not any(row.warnings for row in rows), id
        counted = [row for row in rows if row.stat_name == "n"]
        for row in counted or rows[:1]:
            found = trace(row.result_id, plan, datasets, results)
            assert found.rows.height == (row.stat if counted else 90)
            assert "CNSR" in found.key_variables


def test_who_is_at_risk_after_a_landmark_is_traced(datasets: dict[str, Dataset]) -> None:
    analyses = """\
analyses:
  km: {method: kaplan_meier, dataset: ADTTE, population: itt, where: "PARAMCD = 'OS'", variables: [AVAL],
       by: [treatment], options: {landmark: 10, times: [5]}}
"""
    plan = parse_plan(HEAD + analyses)
    results = analyze(plan, datasets)
    for name in ("AVAL/n", "AVAL/n_before_landmark", "AVAL/events", "AVAL=5/at_risk"):
        row = results[f"km/TRT01P=High/{name}"]
        assert trace(row.result_id, plan, datasets, results).rows.height == row.stat
