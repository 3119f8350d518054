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
from trialwright.standards import read_datasets

PILOT = Path(__file__).resolve().parents[2] / "bench" / "pilot"


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
    return analyze(plan, {**read_datasets(folder / "sdtm"), **read_datasets(folder / "adam_tdf")})


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


def test_every_number_of_the_tables_is_a_reference(plan: AnalysisPlan, displays: Mapping[str, Display]) -> None:
    # A visit or a position is a name, and may hold a number.
    names = {level.label for grouping in plan.groupings.values() for level in grouping.levels}
    for number in compare.TABLES:
        made = displays[number]
        assert isinstance(made, Table)
        # The first cell may be a name: of a category, a statistic, a site, a visit.
        numbered = [cell.parts for row in made.rows for cell in row.cells[1:]]
        typed = [part for parts in numbered for part in parts if isinstance(part, str)]
        assert not [part for part in set(typed) - names if any(character.isdigit() for character in part)]


# The report gives no cells of this table. Counts by group_by of ADSL; Fisher's exact test by hand: the hypergeometric
# probabilities of all tables with margins 86, 84, 84 and 4 that are at most that of (3, 0, 1) add up to 0.32813.
def test_end_of_study(displays: Mapping[str, Display]) -> None:
    made = displays["14-1.02"]
    assert isinstance(made, Table)
    rows = {row["label"].strip(): row["cells"] for row in display_to_json(made)["rows"][:-1]}

    assert rows["Completed Week 24"] == ["60 ( 70%)", "28 ( 33%)", "30 ( 36%)", "118 ( 46%)", "<.0001"]
    assert rows["Lack of Efficacy[2]"] == ["3 (  3%)", "0", "1 (  1%)", "4 (  2%)", "0.3281"]
    assert rows["Missing"] == ["0", "0", "0", "0", ""]


# The report gives no cells of these. R 4.2.2, emmeans 1.8.4.1, of the records of the table (baseline: AVISITN = 0):
# `m <- lm(CHG ~ TRTP + SITEGR1 + BASE)`, `emmeans(m, ~TRTP, weights = "proportional")` and its contrasts with confint;
# `drop1(lm(CHG ~ TRTPN + SITEGR1 + BASE), ~., test = "F")`. 14-3.12 with CHG = AVAL - BASE. There are, block by block,
# n, mean, SD, median, min, max of the arms; p of the dose response; of low - placebo, high - placebo, high - low the
# estimate, SE, interval and p.
MODELS: Mapping[str, tuple[list[str], float, list[tuple[float, ...]]]] = {
    "14-3.07": (
        [
            "60 22.9437 11.8055 21.0 5 51 | 28 24.149 13.647 20.0 5 56.7241 | 30 20.5333 11.5033 18.0 3 49",
            "59 25.256 13.3155 23.0 5 58 | 27 24.069 11.8741 22.0 8 51 | 30 21.808 12.6008 18.5 3 44",
            "59 2.059 5.8892 2.0 -11 16 | 27 0.0626 5.8622 1.0 -11 12 | 30 1.2747 4.5103 1.0 -6.75862 13",
        ],
        0.2343442,
        [
            (-2.0652491, 1.2641764, -4.572737, 0.442239, 0.1054108),
            (-0.9005056, 1.2160762, -3.312587, 1.511576, 0.4606973),
            (1.1647435, 1.4702079, -1.751407, 4.080894, 0.430065),
        ],
    ),
    "14-3.08": (
        [
            "33 22.7879 13.4531 19.0 5 61 | 34 23.2566 14.0282 21.5 7 56.7241 | 39 20.8205 11.1116 17.0 3 51",
            "33 24.6834 13.8944 20.0 5 61.5517 | 34 25.7272 14.7231 24 6 56.7241 | 39 22.6587 12.3194 21 3 50.6897",
            "33 1.8955 6.1383 1.0 -11 16 | 34 2.4706 5.6148 1.0 -6 14 | 39 1.8382 3.7708 1.0 -7 13",
        ],
        0.873132,
        [
            (0.4819315, 1.3023264, -2.1046012, 3.0684642, 0.7121926),
            (0.1331881, 1.2506253, -2.3506617, 2.6170379, 0.9154198),
            (-0.3487434, 1.2611536, -2.8535034, 2.1560165, 0.7827634),
        ],
    ),
    "14-3.09": (
        [
            "46 25.0787 11.246 23.5 5 51 | 47 25.2399 12.1472 21.0 5 55 | 35 21.8286 12.5381 18.0 5 57",
            "46 28.0892 13.6963 24.0 8 59 | 47 26.8914 12.085 25.0 8 62 | 35 22.8893 12.8431 19.0 4 61.5517",
            "46 3.0105 5.5734 3.0 -8 16 | 47 1.6515 5.5425 2.0 -11 17 | 35 1.0608 4.7737 0.0 -6.75862 13",
        ],
        0.09376779,
        [
            (-1.5613886, 1.1036134, -3.747638, 0.624861, 0.1598538),
            (-1.8017563, 1.1954616, -4.169957, 0.566444, 0.1345349),
            (-0.2403676, 1.2102155, -2.637795, 2.1570601, 0.8429173),
        ],
    ),
    "14-3.12": (
        [
            "79 9.4557 12.103 5.0 0 66 | 81 8.7284 9.8247 4.0 0 32 | 74 11.8919 13.7039 8.0 0 61",
            # The median 3.25 is an exact half: R rounds it to 3.2.
            "76 9.0844 11.8195 4.1667 0 67.25 | 69 7.7271 10.0942 3.25 0 49 | 65 7.8205 10.5415 2.75 0 42",
        ],
        0.142137,
        [
            (-0.6087423, 1.1398696, -2.856726, 1.6392416, 0.5939152),
            (-1.8149129, 1.1591339, -4.100889, 0.4710628, 0.1190204),
            (-1.2061705, 1.1867761, -3.546661, 1.1343195, 0.3107194),
        ],
    ),
}


def _in_arms(block: str) -> list[list[str]]:
    """The cells of a block: its heading, n, mean (SD), median (range)."""
    arms = [[float(value) for value in arm.split()] for arm in block.split("|")]
    return [
        ["", "", ""],
        [f"{n:.0f}" for n, *_ in arms],
        [f"{mean:.1f} ({sd:5.2f})" for _, mean, sd, *_ in arms],
        [f"{median:.1f} ({low:3.0f};{high:2.0f})" for _, _, _, median, low, high in arms],
    ]


@pytest.mark.parametrize("number", MODELS)
def test_a_table_without_given_cells_shows_what_r_computes(displays: Mapping[str, Display], number: str) -> None:
    blocks, dose, (low, high, between) = MODELS[number]
    expected = [row for block in blocks for row in _in_arms(block)]
    expected += [
        ["", "", f"{dose:.3f}"],
        ["", f"{low[4]:.3f}", f"{high[4]:.3f}"],
        ["", *(f"{one[0]:.1f} ({one[1]:.2f})" for one in (low, high))],
        ["", *(f"({one[2]:.1f};{one[3]:.1f})" for one in (low, high))],
        ["", "", f"{between[4]:.3f}"],
        ["", "", f"{between[0]:.1f} ({between[1]:.2f})"],
        ["", "", f"({between[2]:.1f};{between[3]:.1f})"],
    ]
    made = displays[number]
    assert isinstance(made, Table)

    assert [row["cells"] for row in display_to_json(made)["rows"]] == expected


# n, mean, SD, median, min, max by R 4.2.2 of the records of each row, as above; mean and SD of BASE; the same of CHG.
def test_the_course_of_the_score(displays: Mapping[str, Display]) -> None:
    made = displays["14-3.10"]
    assert isinstance(made, Table)
    rows = [[row["label"], *row["cells"]] for row in display_to_json(made)["rows"]]

    assert rows[0] == ["Placebo", "Baseline", "79", "24.1", "12.19", "21.0", "5.0", "61.0", "24.1", "12.19"] + [""] * 5
    low = "Week 16 (Windowed)|42|26.2|12.23|25.0|8.0|53.1|25.0|12.52|1.2|4.33|1.0|-7.7|13.0"
    assert rows[9] == ["", *low.split("|")]
    high = "Week 24 LOCF|74|22.8|12.48|20.0|3.0|61.6|21.3|11.74|1.5|4.26|1.0|-7.0|13.0"
    assert rows[20] == ["", *high.split("|")]
    assert [row[0] for row in rows if row[0]] == ["Placebo", "Xan.Low", "Xan.High"]


# By R's table() of SITEID and TRT01P among all, EFFFL = "Y" and COMP24FL = "Y".
def test_subjects_by_site(displays: Mapping[str, Display]) -> None:
    made = displays["14-1.03"]
    assert isinstance(made, Table)
    rows = {row["cells"][0]: row["cells"][1:] for row in display_to_json(made)["rows"]}

    assert rows["702"] == ["0", "0", "0", "1", "1", "0", "0", "0", "0", "1", "1", "0"]
    assert rows["710"] == ["11", "8", "6", "10", "10", "2", "10", "8", "5", "31", "26", "13"]
    assert rows[""] == ["86", "79", "60", "84", "81", "28", "84", "74", "30", "254", "234", "118"]


# n, mean, SD, median, min, max by R of ADSL with COMP24FL = SAFFL = "Y", and with SAFFL = "Y", by TRT01A.
def test_exposure_of_completers_and_of_all_side_by_side(displays: Mapping[str, Display]) -> None:
    made = displays["14-4.01"]
    assert isinstance(made, Table)
    rows = [row["cells"] for row in display_to_json(made)["rows"]]

    assert rows[:3] == [
        ["n", "60", "28", "30", "86", "84", "84"],
        ["Mean", "0.0", "54.0", "77.0", "0.0", "54.0", "71.6"],
        ["SD", "0.00", "0.00", "0.58", "0.00", "0.00", "8.11"],
    ]
    assert rows[7:] == [
        ["Mean", "0.0", "9918.6", "14089.5", "0.0", "5347.3", "7551.0"],
        ["SD", "0.00", "603.84", "481.01", "0.00", "3680.35", "5531.04"],
        ["Median", "0.0", "9936.0", "14080.5", "0.0", "4455.0", "5778.0"],
        ["Min", "0.0", "7884.0", "12960.0", "0.0", "108.0", "54.0"],
        ["Max", "0.0", "11448.0", "15417.0", "0.0", "11448.0", "15417.0"],
    ]


def test_the_figure_has_the_curves_of_the_three_arms(displays: Mapping[str, Display]) -> None:
    made = displays["14-1"]

    assert isinstance(made, Figure)
    assert [series.label for series in made.series] == ["Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"]
    assert [references[0].shown for _, references in made.at_risk] == ["86", "84", "84"]
