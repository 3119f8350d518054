"""Who responds and who is compared: the methods for two proportions through the engine."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

from trialwright.analysis import Analysis, AnalysisPlan, AnalysisSet, Grouping, Level, analyze
from trialwright.errors import PlanError
from trialwright.results import Results
from trialwright.standards.datasets import Dataset


def frame(**groups: tuple[int, int]) -> pl.DataFrame:
    """ARM and RESP (Y or N) of responders and subjects of each group."""
    rows = [
        {"ARM": arm, "RESP": "Y" if number < events else "N"}
        for arm, (events, total) in groups.items()
        for number in range(total)
    ]
    return pl.DataFrame(rows)


def test_a_difference_in_the_plan(run: Any) -> None:
    results: Results = run(
        "risk_difference", ["RESP"], frame(A=(56, 70), B=(48, 80)), {"contrasts": [["A", "B"]], "conf_level": 0.95}
    )
    assert [results[f"a/ARM=A/RESP/{name}"].stat for name in ("n", "N", "n_missing")] == [56, 70, 0]
    assert results["a/ARM=B/RESP/p"].stat == pytest.approx(0.6)
    assert results["a/ARM=A - B/RESP/difference"].stat == pytest.approx(0.2)
    assert results["a/ARM=A - B/RESP/ci_lower"].stat == pytest.approx(0.0524, abs=5e-5)
    assert "a/ARM=A - B/RESP/p_value" not in results  # Newcombe's method has no test


def test_ratios_have_levels_of_their_own(run: Any) -> None:
    records = frame(A=(36, 40), B=(16, 80))
    ratio: Results = run("risk_ratio", ["RESP"], records, {"contrasts": [["A", "B"]], "method": "koopman"})
    assert ratio["a/ARM=A %2F B/RESP/risk_ratio"].stat == pytest.approx(4.5)
    odds: Results = run("odds_ratio", ["RESP"], records, {"contrasts": [["A", "B"]]})
    assert odds["a/ARM=A %2F B/RESP/odds_ratio"].stat == pytest.approx(36)
    assert odds["a/ARM=A %2F B/RESP/se_log"].stat == pytest.approx(
        math.sqrt(1 / 36 + 1 / 4 + 1 / 16 + 1 / 64), rel=1e-12
    )


def test_a_proportion_by_group_and_total(run: Any) -> None:
    results: Results = run("proportion", ["RESP"], frame(A=(15, 148), B=(81, 263)), {"interval": "wilson"}, total="All")
    assert results["a/ARM=A/RESP/ci_upper"].stat == pytest.approx(0.1605, abs=5e-5)
    assert [results[f"a/ARM=All/RESP/{name}"].stat for name in ("n", "N")] == [96, 411]


def test_strata_come_from_the_data(run: Any) -> None:
    women, men = frame(A=(16, 27), B=(5, 25)), frame(A=(12, 28), B=(7, 26))
    records = pl.concat([women.with_columns(SEX=pl.lit("F")), men.with_columns(SEX=pl.lit("M"))])
    options = {"contrasts": [["A", "B"]], "strata": ["SEX"], "method": "mantel_haenszel"}
    assert run("odds_ratio", ["RESP"], records, options)["a/ARM=A %2F B/RESP/odds_ratio"].stat == pytest.approx(
        3.3132, abs=5e-5
    )
    unplaced = records.with_columns(SEX=pl.when(pl.int_range(pl.len()) == 0).then(None).otherwise("SEX"))
    told = run("odds_ratio", ["RESP"], unplaced, options)["a/ARM=A %2F B/RESP/odds_ratio"].warnings
    assert told == "subjects without a stratum, left out: 1"
    day = run("breslow_day", ["RESP"], records, {"contrasts": [["A", "B"]], "strata": ["SEX"], "tarone": False})
    assert day["a/ARM=A %2F B/RESP/statistic"].stat == pytest.approx(1.4929, abs=5e-5)


def test_who_has_no_record_or_no_value_is_left_out_or_a_failure(run: Any) -> None:
    subjects = pl.DataFrame({"USUBJID": ["1", "2", "3", "4", "5", "6"], "ARM": ["A", "A", "A", "B", "B", "B"]})
    records = pl.DataFrame({"USUBJID": ["1", "2", "4", "5"], "RESP": ["Y", None, "N", "Y"]})
    excluded: Results = run("proportion", ["RESP"], records, {}, subjects=subjects)
    assert [excluded[f"a/ARM=A/RESP/{name}"].stat for name in ("n", "N", "n_missing")] == [1, 1, 2]
    failures: Results = run("proportion", ["RESP"], records, {"missing": "failure"}, subjects=subjects)
    assert [failures[f"a/ARM=A/RESP/{name}"].stat for name in ("n", "N", "n_missing")] == [1, 3, 2]
    assert failures["a/ARM=A/RESP/p"].warnings == "subjects without a response, counted as failures: 2"
    event: Results = run("proportion", ["RESP"], records, {"event": "RESP = 'Y'"}, subjects=subjects)
    assert [event[f"a/ARM=A/RESP/{name}"].stat for name in ("n", "N", "n_missing")] == [1, 2, 1]


def test_a_subject_with_several_records_responds_if_one_does(run: Any) -> None:
    subjects = pl.DataFrame({"USUBJID": ["1", "2"], "ARM": ["A", "A"]})
    records = pl.DataFrame({"USUBJID": ["1", "1", "2"], "RESP": [0, 1, 0]})
    results: Results = run("proportion", ["RESP"], records, {}, subjects=subjects)
    assert [results[f"a/ARM=A/RESP/{name}"].stat for name in ("n", "N")] == [1, 2]


def test_flags_that_are_only_ever_yes_are_questioned(run: Any) -> None:
    records = frame(A=(3, 5)).with_columns(RESP=pl.when(pl.col("RESP") == "Y").then(pl.lit("Y")))
    results: Results = run("proportion", ["RESP"], records)
    assert "if a missing value means no response" in results["a/ARM=A/RESP/p"].warnings


def test_an_arm_without_subjects_is_not_estimable(run: Any) -> None:
    results: Results = run("risk_difference", ["RESP"], frame(A=(3, 5)), {"contrasts": [["A", "B"]]}, arms=["A", "B"])
    found = results["a/ARM=A - B/RESP/difference"]
    assert (found.stat_text, found.warnings) == ("NE", "no subjects with ARM = B")
    empty: Results = run("proportion", ["RESP"], frame(A=(3, 5)), arms=["A", "B"])
    assert (empty["a/ARM=B/RESP/p"].stat_text, empty["a/ARM=B/RESP/p"].warnings) == ("NE", "no subjects with ARM = B")


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        ("risk_difference", {"method": "wald", "strata": ["SEX"]}, "wald knows no strata"),
        ("risk_difference", {"method": "mantel_haenszel"}, "mantel_haenszel needs strata"),
        ("risk_difference", {"method": "newcombe", "margin": -0.1}, "newcombe has no test"),
        ("risk_ratio", {"method": "koopman", "strata": ["SEX"]}, "koopman knows no strata"),
        ("odds_ratio", {"method": "exact", "strata": ["SEX"]}, "exact knows no strata"),
        ("proportion", {"event": "RESP = 'Y'", "response": "Y"}, "give one of them"),
        ("risk_difference", {}, "names none"),
        ("proportion", {"response": None}, None),
    ],
)
def test_what_a_plan_gets_wrong(run: Any, method: str, options: dict[str, Any], said: str | None) -> None:
    records = frame(A=(3, 5), B=(2, 5)).with_columns(SEX=pl.lit("F"))
    if said is None:
        with pytest.raises(PlanError, match="which level of RESP is the response"):
            run(method, ["RESP"], records.with_columns(RESP=pl.lit("CR")), options)
        return
    with pytest.raises(PlanError, match=said):
        run(method, ["RESP"], records, options)


def test_without_contrasts_each_group_is_compared_with_the_reference() -> None:
    records = frame(A=(3, 5), B=(2, 5), C=(1, 6)).with_row_index("row")
    data = records.with_columns(USUBJID=pl.col("row").cast(pl.String)).drop("row")
    analysis = Analysis(
        id="a", method="risk_difference", dataset="ADSL", population="all", variables=("RESP",), by=("arm",)
    )
    grouping = Grouping(
        id="arm", variable="ARM", levels=tuple(Level(value=arm, label=arm) for arm in "ABC"), reference="B"
    )
    plan = AnalysisPlan(
        title="",
        alpha=0.05,
        analysis_sets={"all": AnalysisSet(id="all", label="Everybody")},
        groupings={"arm": grouping},
        analyses={"a": analysis},
        displays={},
    )
    results = analyze(plan, {"ADSL": Dataset(name="ADSL", frame=data)})
    assert "a/ARM=A - B/RESP/difference" in results
    assert "a/ARM=C - B/RESP/difference" in results
    assert "a/ARM=A - C/RESP/difference" not in results
