"""Descriptive statistics, counts, incidence, chi-square and listings."""

from __future__ import annotations

import statistics
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from trialwright.analysis.methods import fisher
from trialwright.analysis.methods.descriptive import compute_descriptive, compute_quantile
from trialwright.results import Results


def stat(results: Results, name: str) -> float:
    value = results[f"a/{name}"].stat
    assert value is not None, name
    return value


# --- descriptive ---


def test_descriptive_statistics_of_a_small_sample_by_hand(run: Any) -> None:
    records = pl.DataFrame({"ARM": ["A"] * 6, "X": [4.0, None, 1.0, 2.0, 10.0, 3.0]})
    results = run("descriptive", ["X"], records, {"conf_level": 0.95})
    # By hand: 1 2 3 4 10; mean 4; sum of squares 9+4+1+0+36 = 50, SD sqrt(12.5); n*0.25 = 1.25 gives the 2nd value.
    expected = {"n": 5, "n_missing": 1, "mean": 4, "median": 3, "min": 1, "max": 10, "q1": 2, "q3": 4}
    assert {name: stat(results, f"ARM=A/X/{name}") for name in expected} == expected
    assert stat(results, "ARM=A/X/sd") == pytest.approx(12.5**0.5, rel=1e-12)
    assert stat(results, "ARM=A/X/se") == pytest.approx((12.5 / 5) ** 0.5, rel=1e-12)
    # t(0.975, 4) = 2.776445 in every table of Student's t.
    assert stat(results, "ARM=A/X/ci_upper") == pytest.approx(4 + 2.776445 * 2.5**0.5, rel=1e-6)


@pytest.mark.parametrize(
    ("values", "probability", "quantile"),
    [
        # SAS PCTLDEF=5, R quantile(type = 2): the mean of two neighbours where n p is whole.
        ([1, 2, 3, 4], 0.25, 1.5),
        ([1, 2, 3, 4], 0.5, 2.5),
        ([1, 2, 3, 4, 5], 0.25, 2),
        ([1, 2, 3, 4, 5, 6], 0.75, 5),
        (list(range(1, 11)), 0.3, 3.5),  # 10 * 0.3 is 3.0000000000000004 or 2.9999... in floating point
        ([7], 0.25, 7),
        ([1, 2], 0, 1),
        ([1, 2], 1, 2),
    ],
)
def test_quantiles_are_those_of_sas(values: list[float], probability: float, quantile: float) -> None:
    assert compute_quantile(np.array(values, dtype=float), probability) == quantile


def test_the_pilots_duration_of_disease_is_a_half_only_if_its_sum_is_exact(shared: Path) -> None:
    # Table 14-2.01 shows 42.7 for placebo: half to even of 42.650000000000006, not of the exact 42.65.
    path = shared / "data" / "cdiscpilot01" / "adam_tdf" / "adsl.parquet"
    placebo = pl.read_parquet(path).filter(pl.col("ITTFL") == "Y", pl.col("TRT01P") == "Placebo")
    values = placebo["DURDIS"].to_numpy()
    assert compute_descriptive(values)["mean"] == 42.65
    assert compute_descriptive(values, sums="corrected")["mean"] == 42.650000000000006


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_mean_sd_and_median_agree_with_the_standard_library(values: list[float]) -> None:
    found = compute_descriptive(np.array(values))
    assert found["mean"] == pytest.approx(statistics.fmean(values), rel=1e-9, abs=1e-6)
    assert found["sd"] == pytest.approx(statistics.stdev(values), rel=1e-7, abs=1e-6)
    assert found["median"] == pytest.approx(statistics.median(values), rel=1e-12)


@settings(deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60), st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9]))
def test_quantiles_agree_with_numpys_method_of_the_same_definition(values: list[float], probability: float) -> None:
    ordered = np.sort(np.array(values))
    expected = np.quantile(ordered, probability, method="averaged_inverted_cdf")
    assert compute_quantile(ordered, probability) == pytest.approx(expected, rel=1e-12)


def test_one_value_has_no_sd_and_none_has_nothing(run: Any) -> None:
    records = pl.DataFrame({"ARM": ["A", "B"], "X": [5.0, None]})
    results = run("descriptive", ["X"], records, arms=["A", "B", "C"])
    assert (stat(results, "ARM=A/X/mean"), results["a/ARM=A/X/sd"].stat_text) == (5, "NE")
    assert (stat(results, "ARM=B/X/n"), results["a/ARM=B/X/mean"].stat_text) == (0, "NE")
    assert results["a/ARM=B/X/mean"].warnings == "no values"
    assert results["a/ARM=C/X/n"].warnings == "no subjects with ARM = C"


def test_groups_nest_and_totals_pool(run: Any) -> None:
    records = pl.DataFrame(
        {"USUBJID": ["1", "1", "2", "3"], "AVISITN": [0.0, 8.0, 8.0, 8.0], "X": [1.0, 2.0, 4.0, 60.0]}
    )
    subjects = pl.DataFrame({"USUBJID": ["1", "2", "3"], "ARM": ["A", "B", None]})
    results = run(
        "descriptive", ["X"], records, subjects=subjects, total="Total", by=("arm", "visit"), visits=["0", "8.0", "16"]
    )
    assert stat(results, "ARM=A/AVISITN=0/X/mean") == 1
    # The total pools the levels of the plan: subject 3, who is in no arm, is not in it.
    assert stat(results, "ARM=Total/AVISITN=8.0/X/mean") == 3
    assert stat(results, "ARM=B/AVISITN=16/X/n") == 0


# --- count ---

PEOPLE = pl.DataFrame(
    {
        "ARM": ["A", "A", "A", "B", "B"],
        "SEX": ["F", "M", "F", None, "M"],
        "RACE": ["WHITE", "WHITE", "OTHER", "WHITE", "BLACK"],
        "ETHNIC": ["HISPANIC", "NOT", "NOT", "NOT", "NOT"],
        "GRADE": [10.0, 9.0, 9.0, 10.0, None],
    }
)


def test_counts_of_levels_with_their_denominators(run: Any) -> None:
    results = run("count", ["SEX"], PEOPLE, total="All")
    assert [stat(results, f"ARM=A/SEX=F/{name}") for name in ("n", "N")] == [2, 3]
    assert stat(results, "ARM=A/SEX=F/p") == pytest.approx(2 / 3, rel=1e-12)
    assert [stat(results, f"ARM=B/SEX=F/{name}") for name in ("n", "N", "p")] == [0, 2, 0]
    assert [stat(results, f"ARM=All/SEX/{name}") for name in ("n", "n_missing", "N")] == [4, 1, 5]


def test_options_of_counts(run: Any) -> None:
    declared = run("count", ["SEX"], PEOPLE, {"levels": ("U", "M"), "denominator": "nonmissing"})
    levels = [row.variable_level for row in declared.of_analysis("a") if row.groups[0][1] == "B" and row.variable_level]
    assert list(dict.fromkeys(levels)) == ["U", "M", "F"]
    assert stat(declared, "ARM=B/SEX=M/p") == 1
    named = run("count", ["SEX"], PEOPLE, {"missing": "Not reported"})
    assert stat(named, "ARM=B/SEX=Not reported/n") == 1
    assert stat(named, "ARM=B/SEX/n_missing") == 0


def test_levels_can_be_conditions(run: Any) -> None:
    categories = {"Hispanic": "ETHNIC = 'HISPANIC'", "White": "RACE = 'WHITE'", "Black": "RACE = 'BLACK'"}
    results = run("count", ["RACE"], PEOPLE, {"categories": categories}, total="All")
    # Subject 1 is Hispanic and white: the first condition counts.
    assert [stat(results, f"ARM=All/RACE={name}/n") for name in categories] == [1, 2, 1]
    assert stat(results, "ARM=All/RACE/n_missing") == 1
    tested = run("chi_square", ["RACE"], PEOPLE, {"categories": categories})
    assert stat(tested, "RACE/n") == 4


def test_levels_that_are_numbers_are_sorted_by_value(run: Any) -> None:
    results = run("count", ["GRADE"], PEOPLE)
    levels = [row.variable_level for row in results.of_analysis("a") if row.variable_level is not None]
    assert list(dict.fromkeys(levels)) == ["9", "10"]


def test_subjects_count_once_and_records_each_time(run: Any) -> None:
    records = pl.DataFrame({"USUBJID": ["1", "1", "2"], "TERM": ["x", "x", "x"], "SEV": ["MILD", "SEVERE", "MILD"]})
    subjects = pl.DataFrame({"USUBJID": ["1", "2", "3"], "ARM": ["A", "A", "A"]})
    by_subject = run("count", ["TERM"], records, subjects=subjects)
    assert [stat(by_subject, f"ARM=A/TERM=x/{name}") for name in ("n", "N")] == [2, 3]
    by_record = run("count", ["TERM"], records, {"unit": "records"}, subjects=subjects)
    assert [stat(by_record, f"ARM=A/TERM=x/{name}") for name in ("n", "N")] == [3, 3]
    severe = run("count", ["USUBJID"], records, subjects=subjects, where="SEV = 'SEVERE'")
    assert [stat(severe, f"ARM=A/USUBJID/{name}") for name in ("n", "N")] == [1, 3]
    nobody = run("count", ["USUBJID"], records, subjects=subjects, where="SEV = 'FATAL'")
    assert [stat(nobody, f"ARM=A/USUBJID/{name}") for name in ("n", "p")] == [0, 0]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["x", "y", None])), min_size=1, max_size=25))
def test_counts_add_up(people: list[tuple[str, str | None]]) -> None:
    from trialwright.analysis import Analysis, AnalysisPlan, AnalysisSet, Grouping, Level, analyze
    from trialwright.standards.datasets import Dataset

    frame = pl.DataFrame(
        {
            "USUBJID": [str(number) for number in range(len(people))],
            "ARM": [arm for arm, _ in people],
            "V": pl.Series([value for _, value in people], dtype=pl.String),
        }
    )
    plan = AnalysisPlan(
        title="",
        alpha=0.05,
        analysis_sets={"all": AnalysisSet(id="all", label="")},
        groupings={
            "arm": Grouping(
                id="arm", variable="ARM", levels=tuple(Level(value=arm, label=arm) for arm in "ABC"), total="Total"
            )
        },
        analyses={
            "a": Analysis(id="a", method="count", dataset="ADSL", population="all", variables=("V",), by=("arm",))
        },
        displays={},
    )
    results = analyze(plan, {"ADSL": Dataset(name="ADSL", frame=frame)})
    for arm in ("A", "B", "C", "Total"):
        size = stat(results, f"ARM={arm}/V/N")
        levels = {row.variable_level for row in results.of_analysis("a") if row.variable_level}
        held = sum(stat(results, f"ARM={arm}/V={level}/n") for level in levels)
        assert held == stat(results, f"ARM={arm}/V/n")
        assert held + stat(results, f"ARM={arm}/V/n_missing") == size
    assert sum(stat(results, f"ARM={arm}/V/N") for arm in "ABC") == stat(results, "ARM=Total/V/N") == len(people)
    backwards = analyze(plan, {"ADSL": Dataset(name="ADSL", frame=frame.reverse())})
    assert backwards.rows() == results.rows()


# --- incidence ---

EVENTS = pl.DataFrame(
    {
        "USUBJID": ["1", "1", "1", "2", "3", "4"],
        "SOC": ["HEART", "HEART", "SKIN", "HEART", "HEART", "SKIN"],
        "TERM": ["PALPITATIONS", "PALPITATIONS", "RASH", "AF", None, "RASH"],
    }
)
SUBJECTS = pl.DataFrame({"USUBJID": ["1", "2", "3", "4", "5"], "ARM": ["A", "A", "B", "B", "B"]})


def test_incidence_of_nested_terms(run: Any) -> None:
    results = run("incidence", ["SOC", "TERM"], EVENTS, subjects=SUBJECTS, total="Total")
    names = ("n", "N", "n_events")
    assert [stat(results, f"ARM=A/USUBJID/{name}") for name in names] == [2, 2, 4]
    assert [stat(results, f"ARM=A/SOC=HEART/{name}") for name in names] == [2, 2, 3]
    assert [stat(results, f"ARM=A/SOC=HEART/TERM=PALPITATIONS/{name}") for name in names] == [1, 2, 2]
    assert [stat(results, f"ARM=B/SOC=HEART/TERM=PALPITATIONS/{name}") for name in names] == [0, 3, 0]
    assert [stat(results, f"ARM=B/SOC=HEART/TERM=Uncoded/{name}") for name in names] == [1, 3, 1]
    assert [stat(results, f"ARM=Total/SOC=SKIN/TERM=RASH/{name}") for name in names] == [2, 5, 2]
    assert stat(results, "ARM=Total/SOC=SKIN/TERM=RASH/p") == pytest.approx(0.4, rel=1e-12)


def test_incidence_with_fishers_test_of_each_term(run: Any) -> None:
    results = run("incidence", ["SOC", "TERM"], EVENTS, {"fisher": (("A", "B"),)}, subjects=SUBJECTS)
    # HEART 2 of 2 against 1 of 3: by hand, margins 2,3 / 3,2: (3 choose 2)/(5 choose 2) = 0.3, and the tables with
    # 0 or 2 of 2 have 0.1 and 0.3 against 0.6 for 1: p = 0.4. RASH 1 of 2 against 1 of 3: p = 1.
    assert stat(results, "ARM=A - B/SOC=HEART/p_value") == pytest.approx(0.4, rel=1e-12)
    assert stat(results, "ARM=A - B/SOC=SKIN/TERM=RASH/p_value") == pytest.approx(1, rel=1e-12)


def test_incidence_of_events_that_fulfil_a_condition_keeps_the_terms_of_the_others(run: Any) -> None:
    results = run("incidence", ["SOC", "TERM"], EVENTS, {"event": "TERM = 'RASH'"}, subjects=SUBJECTS)
    names = ("n", "N", "n_events")
    assert [stat(results, f"ARM=A/USUBJID/{name}") for name in names] == [1, 2, 1]
    assert [stat(results, f"ARM=B/SOC=SKIN/TERM=RASH/{name}") for name in names] == [1, 3, 1]
    assert [stat(results, f"ARM=A/SOC=HEART/TERM=PALPITATIONS/{name}") for name in names] == [0, 2, 0]


def test_incidence_without_any_event(run: Any) -> None:
    results = run("incidence", ["SOC", "TERM"], EVENTS.clear(), {"fisher": (("A", "B"),)}, subjects=SUBJECTS)
    assert [stat(results, f"ARM=A/USUBJID/{name}") for name in ("n", "N", "p", "n_events")] == [0, 2, 0, 0]
    assert stat(results, "ARM=A - B/USUBJID/p_value") == 1


def test_incidence_with_an_arm_that_nobody_is_in(run: Any) -> None:
    options = {"fisher": (("A", "X"),)}
    results = run("incidence", ["SOC"], EVENTS, options, subjects=SUBJECTS, arms=["A", "B", "X"])
    assert results["a/ARM=X/SOC=HEART/p"].stat_text == "NE"
    assert results["a/ARM=A - X/SOC=HEART/p_value"].stat_text == "NE"


# --- chi-square and Fisher ---


def test_chi_square_agrees_with_scipy(run: Any) -> None:
    counts = np.array([[12, 20, 5], [15, 9, 11], [22, 14, 6]])
    rows = [(arm, level) for i, arm in enumerate("ABC") for j, level in enumerate("xyz") for _ in range(counts[i, j])]
    results = run("chi_square", ["V"], pl.DataFrame(rows, schema=["ARM", "V"], orient="row"))
    expected = chi2_contingency(counts, correction=False)  # scipy 1.17.1
    assert stat(results, "V/statistic") == pytest.approx(expected.statistic, rel=1e-10)
    assert stat(results, "V/p_value") == pytest.approx(expected.pvalue, rel=1e-9)
    assert (stat(results, "V/df"), stat(results, "V/n")) == (4, 114)


def test_an_event_is_compared_by_subject(run: Any) -> None:
    records = pl.DataFrame({"USUBJID": ["1", "1", "2", "3", "4"], "SEV": ["MILD", "SEVERE", "MILD", "MILD", "MILD"]})
    results = run("fisher_exact", ["SEV"], records, {"event": "SEV = 'SEVERE'"}, subjects=SUBJECTS)
    # By hand: 1 of 2 against 0 of 2: tables with 0 and 1 in the corner have 1/2 each.
    assert stat(results, "SEV/n") == 4
    assert stat(results, "SEV/p_value") == 1


@pytest.mark.parametrize(
    ("arms", "values", "warning"),
    [
        (["A", "A", "A"], ["x", "y", "x"], "fewer than two groups have values"),
        (["A", "B", "B"], ["x", "x", "x"], "all values are equal"),
        (["A", "B", "B"], [None] * 3, "fewer than two groups have values; records without a value, left out: 3"),
    ],
)
def test_a_table_with_nothing_to_compare_is_not_estimable(
    run: Any, arms: list[str], values: list[str | None], warning: str
) -> None:
    records = pl.DataFrame({"ARM": arms, "V": pl.Series(values, dtype=pl.String)})
    for method in ("chi_square", "fisher_exact"):
        row = run(method, ["V"], records, arms=["A", "B"])["a/V/p_value"]
        assert (row.stat_text, row.warnings) == ("NE", warning)


def test_a_table_too_large_for_an_exact_test_is_not_estimable(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    records = pl.DataFrame({"ARM": ["A", "B", "C"] * 20, "V": ["x", "y", "z", "x"] * 15})
    monkeypatch.setattr(fisher, "MAX_WAYS", 10)
    row = run("fisher_exact", ["V"], records)["a/V/p_value"]
    assert (row.stat_text, row.warnings) == ("NE", "the table is too large for an exact test")


def test_small_expected_counts_are_warned_of(run: Any) -> None:
    row = run("chi_square", ["SEX"], PEOPLE)["a/SEX/p_value"]
    assert "expected count is below 5" in row.warnings


# --- listing ---


def test_a_listing_gives_each_value_of_each_record(run: Any) -> None:
    records = pl.DataFrame(
        {
            "USUBJID": ["2", "1", "1"],
            "AETERM": ["HEADACHE", "RASH", None],
            "ASTDT": [date(2014, 1, 2), date(2014, 3, 1), date(2014, 2, 1)],
            "AESEQ": [1.0, 1.0, 2.0],
        }
    )
    results = run(
        "listing", ["AETERM", "ASTDT", "AESEQ", "ARM"], records, {"sort": ("ASTDT",)}, subjects=SUBJECTS, by=()
    )
    assert [row.result_id for row in results.of_analysis("a")][:2] == [
        "a/USUBJID=1/row=1/AETERM/value",
        "a/USUBJID=1/row=1/ASTDT/value",
    ]
    assert results["a/USUBJID=1/row=1/ASTDT/value"].stat_text == "2014-02-01"
    assert results["a/USUBJID=1/row=1/AETERM/value"].stat_text == ""
    assert results["a/USUBJID=1/row=2/AETERM/value"].stat_text == "RASH"
    assert stat(results, "USUBJID=1/row=1/AESEQ/value") == 2
    assert results["a/USUBJID=2/row=1/ARM/value"].stat_text == "A"
