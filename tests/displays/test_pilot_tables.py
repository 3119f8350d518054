"""The real study: the tables of its report, cell by cell where it gives them, else their headers and labels."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from trialwright.analysis import AnalysisPlan, analyze, read_plan
from trialwright.displays import Display, Figure, Table, compose, display_to_json
from trialwright.results import Results
from trialwright.standards import read_dataset

PILOT = Path(__file__).resolve().parents[2] / "bench" / "pilot"

#: The datasets that the plan reads; the others of the study are not needed here.
DATASETS = (
    "adam_tdf/adsl",
    "adam_tdf/adadas",
    "adam_tdf/adcibc",
    "adam_tdf/adnpix",
    "adam_tdf/adae",
    "adam_tdf/adtte",
    "sdtm/cm",
)


def _comparison() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pilot_compare", PILOT / "compare.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


compare = _comparison()


@pytest.fixture(scope="module")
def plan() -> AnalysisPlan:
    return read_plan(PILOT / "plan.yaml")


@pytest.fixture(scope="module")
def results(shared: Path, plan: AnalysisPlan) -> Results:
    folder = shared / "data" / "cdiscpilot01"
    datasets = [read_dataset(folder / f"{name}.parquet") for name in DATASETS]
    return analyze(plan, {dataset.name: dataset for dataset in datasets})


@pytest.fixture(scope="module")
def displays(plan: AnalysisPlan, results: Results) -> Mapping[str, Display]:
    return {display.id: display for display in compose(plan, results)}


@pytest.mark.parametrize("number", compare.TABLES)
def test_a_table_equals_that_of_the_report(shared: Path, displays: Mapping[str, Display], number: str) -> None:
    expected = json.loads((shared / "data" / "cdiscpilot01" / "tables" / f"{number}.json").read_text(encoding="utf-8"))
    made = displays[number]

    assert isinstance(made, Table)
    assert list(compare.differences(display_to_json(made), expected)) == []


@pytest.mark.parametrize(("number", "cells"), [("14-1.01", 20), ("14-2.01", 348), ("14-3.01", 57), ("14-5.01", 2032)])
def test_the_report_gives_the_cells_that_are_compared(shared: Path, number: str, cells: int) -> None:
    assert compare.cells_given(shared / "data" / "cdiscpilot01" / "tables" / f"{number}.json") == cells


def test_the_comparison_finds_a_changed_cell(displays: Mapping[str, Display]) -> None:
    made = displays["14-1.01"]
    assert isinstance(made, Table)
    ours, theirs = display_to_json(made), display_to_json(made)
    theirs["rows"][2]["cells"][0] = "79 (92%)"

    assert list(compare.differences(ours, theirs)) == ["row 3 ('Efficacy'), cell 1: '79 ( 92%)' is to be '79 (92%)'"]


def test_every_number_of_the_tables_is_a_reference(displays: Mapping[str, Display]) -> None:
    for number in compare.TABLES:
        made = displays[number]
        assert isinstance(made, Table)
        # The first cell may be a name: of a category, a statistic, a site, a visit.
        numbered = [cell.parts for row in made.rows for cell in row.cells[1:]]
        typed = [part for parts in numbered for part in parts if isinstance(part, str)]
        assert not [part for part in typed if any(character.isdigit() for character in part)]


# The report gives no cells of this table. Counts by group_by of ADSL; Fisher's exact test by hand: the hypergeometric
# probabilities of all tables with margins 86, 84, 84 and 4 that are at most that of (3, 0, 1) add up to 0.32813.
def test_end_of_study(displays: Mapping[str, Display]) -> None:
    made = displays["14-1.02"]
    assert isinstance(made, Table)
    rows = {row["label"].strip(): row["cells"] for row in display_to_json(made)["rows"][:-1]}

    assert rows["Completed Week 24"] == ["60 ( 70%)", "28 ( 33%)", "30 ( 36%)", "118 ( 46%)", "<.0001"]
    assert rows["Lack of Efficacy[2]"] == ["3 (  3%)", "0", "1 (  1%)", "4 (  2%)", "0.3281"]
    assert rows["Missing"] == ["0", "0", "0", "0", ""]


def test_the_figure_has_the_curves_of_the_three_arms(displays: Mapping[str, Display]) -> None:
    made = displays["14-1"]

    assert isinstance(made, Figure)
    assert [series.label for series in made.series] == ["Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"]
    assert [references[0].shown for _, references in made.at_risk] == ["86", "84", "84"]
