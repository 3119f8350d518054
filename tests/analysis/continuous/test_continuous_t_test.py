"""t tests against SAS's and R's, published examples, and bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.validation import References

from trialwright.analysis import parse_plan
from trialwright.analysis.methods.continuous.t_test import compute_two_sample, compute_variance_test
from trialwright.errors import PlanError
from trialwright.results import Results

# Student. Biometrika 1908;6:1-25, p. 20: additional hours of sleep by two drugs, ten patients.
DEXTRO = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
LAEVO = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
SLEEP = pl.DataFrame({"ARM": ["D"] * 10 + ["L"] * 10, "AVAL": DEXTRO + LAEVO})
PAIRS = pl.DataFrame({"ARM": ["A"] * 10, "AVAL": DEXTRO, "OTHER": LAEVO})
R = "R 4.2.2, stats, sleep data: "


def stat(results: Results, name: str) -> float | None:
    return results[f"a/{name}"].stat


@pytest.mark.validates("t_test")
@pytest.mark.parametrize(
    ("variance", "call", "df", "p_value", "lower", "upper"),
    [
        ("unequal", "t.test(a, b)", 17.7764735162, 0.0793941401874, -3.36548323071, 0.205483230712),
        ("equal", "t.test(a, b, var.equal = TRUE)", 18, 0.0791867142159, -3.36387403229, 0.203874032288),
    ],
)
def test_two_samples_as_r_has_them(
    run: Any, reference: References, variance: str, call: str, df: float, p_value: float, lower: float, upper: float
) -> None:
    results = run("t_test", ["AVAL"], SLEEP, {"contrasts": (("D", "L"),), "variance": variance})
    for name, expected in (
        ("difference", -1.58),
        ("se", 0.849091017239),
        ("statistic", -1.86081346749),
        ("df", df),
        ("p_value", p_value),
        ("ci_lower", lower),
        ("ci_upper", upper),
    ):
        actual = stat(results, f"ARM=D - L/AVAL/{name}")
        reference.holds(f"{name}, {variance} variances, sleep", actual, expected, tolerance=1e-10, source=R + call)


@pytest.mark.validates("t_test")
def test_equal_variances_as_r_has_it(run: Any, reference: References) -> None:
    results = run("t_test", ["AVAL"], SLEEP, {"contrasts": (("D", "L"),)})
    prefix = "ARM=D - L/AVAL=equal variances"
    reference.holds(
        "p-value of equal variances, sleep",
        stat(results, f"{prefix}/p_value"),
        0.742719931726,
        tolerance=1e-10,
        source=R + "var.test(a, b)",
    )
    reference.holds(
        "folded F, sleep",
        stat(results, f"{prefix}/statistic"),
        1 / 0.798342617998,
        tolerance=1e-10,
        source=R + "var.test(a, b), inverted",
    )


@pytest.mark.validates("t_test")
def test_pairs_as_student_had_them(run: Any, reference: References) -> None:
    results = run("t_test", ["AVAL"], PAIRS, {"design": "paired", "pair": "OTHER"})
    for name, expected in (
        ("estimate", -1.58),
        ("statistic", -4.06212768338),
        ("p_value", 0.00283289019738),
        ("ci_lower", -2.45988576328),
        ("ci_upper", -0.700114236723),
    ):
        actual = stat(results, f"ARM=A/AVAL/{name}")
        source = R + "t.test(a, b, paired = TRUE)"
        reference.holds(f"{name}, pairs, sleep", actual, expected, tolerance=1e-10, source=source)
    # Student: the odds are 0.9985 to 0.0015 that laevo-hyoscyamine is the better one.
    one_sided = (stat(results, "ARM=A/AVAL/p_value") or 0) / 2
    source = "Student. Biometrika 1908;6:1-25, p. 21: 0.9985 (by his table, in 1/SD units)"
    reference.holds("1 - one-sided p, sleep", 1 - one_sided, 0.9985, tolerance=1e-4, source=source)


@pytest.mark.validates("t_test")
def test_one_sample_as_r_has_it(run: Any, reference: References) -> None:
    results = run("t_test", ["AVAL"], PAIRS, {"design": "one_sample", "null": 1})
    source = R + "t.test(a, mu = 1)"
    for name, expected in (
        ("statistic", -0.441903380238),
        ("p_value", 0.668986623615),
        ("ci_lower", -0.529780413526),
        ("ci_upper", 2.02978041353),
    ):
        actual = stat(results, f"ARM=A/AVAL/{name}")
        reference.holds(f"{name}, one sample, sleep", actual, expected, tolerance=1e-10, source=source)


def values_with(n: int, mean: float, sd: float) -> Any:
    """`n` values that have this mean and SD."""
    raw = np.arange(n, dtype=float)
    return mean + sd * (raw - raw.mean()) / raw.std(ddof=1)


@pytest.mark.validates("t_test")
def test_the_cars_of_nist(reference: References) -> None:
    first, second = values_with(249, 20.14458, 6.41470), values_with(79, 30.48101, 6.10771)
    source = "NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.3 (AUTO83B): from its means and SDs"
    pooled = compute_two_sample(first, second, equal_variance=True)
    reference.holds("t, equal variances, AUTO83B", pooled.statistic, -12.62059, tolerance=2e-5, source=source)
    welch = compute_two_sample(first, second, equal_variance=False)
    reference.holds("t, unequal variances, AUTO83B", welch.statistic, -12.94627, tolerance=2e-5, source=source)
    reference.holds("df, unequal variances, AUTO83B", welch.df, 136.8750, tolerance=1e-4, source=source)


def test_a_single_value_has_no_variance(run: Any) -> None:
    records = pl.DataFrame({"ARM": ["A", "B", "B", "B"], "AVAL": [1.0, 2.0, 3.0, 5.0]})
    unequal = run("t_test", ["AVAL"], records, {"contrasts": (("A", "B"),)})
    row = unequal["a/ARM=A - B/AVAL/p_value"]
    assert (row.stat, row.stat_text) == (None, "NE")
    assert "a group of one value" in row.warnings
    assert stat(unequal, "ARM=A - B/AVAL/difference") == pytest.approx(1 - 10 / 3)
    equal = run("t_test", ["AVAL"], records, {"contrasts": (("A", "B"),), "variance": "equal"})
    assert stat(equal, "ARM=A - B/AVAL/df") == 2


def test_values_that_do_not_vary_and_groups_without_values(run: Any) -> None:
    records = pl.DataFrame({"ARM": ["A", "A", "B", "B"], "AVAL": [0.1, 0.1, 0.3, 0.3]})
    results = run("t_test", ["AVAL"], records, {"contrasts": (("A", "B"), ("A", "C"))}, arms=["A", "B", "C"])
    assert "do not vary" in results["a/ARM=A - B/AVAL/p_value"].warnings
    assert results["a/ARM=A - B/AVAL/p_value"].stat_text == "NE"
    assert results["a/ARM=A - C/AVAL/difference"].stat_text == "NE"
    assert "no values" in results["a/ARM=C/AVAL/mean"].warnings


def test_the_smaller_tail_of_equal_variances_is_doubled() -> None:
    # With 2 and 30 values F's median is well below 1: the upper tail of an F just above 1 is the smaller one.
    first, second = values_with(2, 0, 1.01), values_with(30, 0, 1.0)
    found = compute_variance_test(first, second)
    assert found.p_value is not None
    assert 0 < found.p_value <= 1


def test_missing_values_are_counted_and_left_out(run: Any) -> None:
    records = pl.concat([SLEEP, pl.DataFrame({"ARM": ["D"], "AVAL": [None]}, schema=SLEEP.schema)])
    results = run("t_test", ["AVAL"], records, {"contrasts": (("D", "L"),)})
    assert stat(results, "ARM=D/AVAL/n_missing") == 1
    assert stat(results, "ARM=D - L/AVAL/statistic") == pytest.approx(-1.86081346749)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("{}", "name the groups to compare"),
        ("{design: paired}", "under 'pair'"),
        ("{design: one_sample, contrasts: [[A, B]]}", "compares no groups"),
    ],
)
def test_options_that_do_not_fit_the_design_are_told_with_their_place(options: str, said: str) -> None:
    text = (
        "plan: {title: T}\nanalysis_sets: {all: {label: All}}\n"
        "groupings: {arm: {variable: ARM, levels: [A, B]}}\n"
        "analyses:\n"
        "  t: {method: t_test, dataset: ADSL, population: all, variables: [AVAL], by: [arm],\n"
        f"      options: {options}}}\n"
    )
    with pytest.raises(PlanError, match=said) as caught:
        parse_plan(text)
    assert "line 6" in str(caught.value)
