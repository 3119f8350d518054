"""McNemar's test and the Cochran-Armitage test against textbooks and R."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest
from tests.validation import References

from trialwright.analysis.methods.proportions.paired import compute_mcnemar
from trialwright.analysis.methods.proportions.trend import compute_cochran_armitage
from trialwright.errors import PlanError
from trialwright.results import Results

R = "R 4.2.2"
# Agresti A. Categorical Data Analysis, 2nd ed., 2002, table 10.1: approval of the prime minister, two surveys.
APPROVAL = (150, 86, 1600)
# The same book, table 5.3: malformations by mothers' alcohol; scores 0, 0.5, 1.5, 4, 7.
MALFORMED, INFANTS, DRINKS = [48, 38, 5, 1, 1], [17114, 14502, 793, 127, 38], [0.0, 0.5, 1.5, 4.0, 7.0]


@pytest.mark.validates("mcnemar")
def test_mcnemar_of_a_textbook_and_of_r(reference: References) -> None:
    book = "Agresti A. Categorical Data Analysis, 2nd ed., 2002, section 10.1"
    plain = compute_mcnemar(*APPROVAL, "asymptotic", 0.95)
    # The book has the second survey minus the first: -0.04, 95% interval -0.06 to -0.02, z^2 = 17.36.
    reference.holds("McNemar, approval", plain.statistic, 17.36, tolerance=0.005, source=book)
    reference.holds("difference, approval", plain.estimate, 0.04, tolerance=1e-12, source=book)
    reference.holds("lower limit, approval", plain.ci_lower, 0.02, tolerance=0.005, source=book)
    reference.holds("upper limit, approval", plain.ci_upper, 0.06, tolerance=0.005, source=book)
    source = f"{R}, mcnemar.test(matrix(c(794, 86, 150, 570), 2), correct = FALSE)"
    reference.holds("McNemar, approval", plain.statistic, 17.3559322, tolerance=5e-8, source=source)
    reference.holds("p, approval", plain.p_value, 3.09929344e-05, tolerance=1e-8, relative=True, source=source)
    corrected = compute_mcnemar(*APPROVAL, "continuity_corrected", 0.95)
    source = f"{R}, mcnemar.test(matrix(c(794, 86, 150, 570), 2))"
    reference.holds("McNemar corrected, approval", corrected.statistic, 16.81779661, tolerance=5e-9, source=source)
    exact = compute_mcnemar(*APPROVAL, "exact", 0.95).p_value
    source = f"{R}, binom.test(86, 236)"
    reference.holds("p exact, approval", exact, 3.71593613957e-05, tolerance=1e-10, relative=True, source=source)
    few = compute_mcnemar(3, 12, 40, "exact", 0.95).p_value
    reference.holds("p exact, 3 and 12", few, 0.03515625, tolerance=1e-14, source=f"{R}, binom.test(3, 15)")
    half = compute_mcnemar(12, 3, 40, "mid_p", 0.95).p_value
    source = f"{R}, binom.test(3, 15)$p.value - dbinom(3, 15, 0.5)"
    reference.holds("p mid-p, 3 and 12", half, 0.0212707519531, tolerance=1e-13, source=source)


def test_mcnemar_of_as_many_one_way_as_the_other_is_1() -> None:
    for method in ("asymptotic", "continuity_corrected", "exact", "mid_p"):
        assert compute_mcnemar(4, 4, 20, method, 0.95).p_value == pytest.approx(1.0)


def test_mcnemar_of_thousands_of_pairs_is_exact_still() -> None:
    assert 0 <= (compute_mcnemar(2500, 2000, 9000, "exact", 0.95).p_value or 0) < 1e-12


@pytest.mark.parametrize("method", ["asymptotic", "exact"])
def test_mcnemar_without_discordant_pairs_is_not_estimable(method: str) -> None:
    found = compute_mcnemar(0, 0, 20, method, 0.95)
    assert (found.p_value, found.ci_lower, found.estimate) == (None, None, 0)
    assert found.warning == "no subject responds differently in the two variables"


def test_mcnemar_by_group_through_the_engine(run: Any) -> None:
    cells = {("Y", "Y"): 10, ("Y", "N"): 12, ("N", "Y"): 3, ("N", "N"): 15, ("Y", None): 2}
    frame = pl.DataFrame(
        [
            {"ARM": "A", "WEEK4": first, "WEEK12": second}
            for (first, second), count in cells.items()
            for _ in range(count)
        ]
    )
    results: Results = run("mcnemar", ["WEEK4", "WEEK12"], frame, {"method": "exact"}, total="All")
    names = ("n", "n_missing", "n_first_only", "n_second_only")
    assert [results[f"a/ARM=A/WEEK4/{name}"].stat for name in names] == [40, 2, 12, 3]
    assert results["a/ARM=All/WEEK4/p_value"].stat == pytest.approx(0.03515625)
    assert results["a/ARM=A/WEEK4/difference"].stat == pytest.approx(9 / 40)
    with pytest.raises(PlanError, match="names 1"):
        run("mcnemar", ["WEEK4"], frame)


@pytest.mark.validates("cochran_armitage")
def test_a_textbooks_and_rs_trends(reference: References) -> None:
    found = compute_cochran_armitage(MALFORMED, INFANTS, DRINKS, is_exact=False)
    book = "Agresti A. Categorical Data Analysis, 2nd ed., 2002, section 5.3.5: z^2 = 6.57, p = 0.010"
    square = None if found.statistic is None else found.statistic**2
    reference.holds("trend, malformations, z^2", square, 6.57, tolerance=0.005, source=book)
    source = f"{R}, prop.trend.test(c(48, 38, 5, 1, 1), c(17114, 14502, 793, 127, 38), score = c(0, .5, 1.5, 4, 7))"
    reference.holds("trend, malformations, z^2", square, 6.570133945, tolerance=1e-9, source=source)
    reference.holds("trend, malformations, p", found.p_value, 0.0103704146, tolerance=1e-10, source=source)
    four = compute_cochran_armitage([15, 10, 5, 19], [30, 30, 30, 40], [0, 1, 2, 5], is_exact=False)
    source = f"{R}, prop.trend.test(c(15, 10, 5, 19), c(30, 30, 30, 40), score = c(0, 1, 2, 5))"
    reference.holds("trend, four groups, p", four.p_value, 0.600494431, tolerance=1e-9, source=source)


@pytest.mark.validates("cochran_armitage")
def test_exact_trends_by_enumeration(reference: References) -> None:
    source = (
        f"{R}: all tables with the margins by expand.grid, lchoose; sums of scores at least as far from expectation"
    )
    few = compute_cochran_armitage([1, 3, 6], [6, 7, 8], [0, 1, 2.5], is_exact=True)
    reference.holds("exact trend, 10 of 21", few.p_value, 0.0408827498611, tolerance=1e-11, source=source)
    doses = compute_cochran_armitage([2, 4, 5, 9], [12, 11, 10, 13], [0, 54, 81, 100], is_exact=True)
    reference.holds(
        "exact trend, doses 0, 54, 81, 100", doses.p_value, 0.00791572734022, tolerance=1e-12, source=source
    )


def test_an_exact_trend_of_a_large_trial_is_near_the_asymptotic_one() -> None:
    found = compute_cochran_armitage([28, 25, 40], [86, 84, 84], [0, 54, 81], is_exact=True)
    assert found.p_value is not None
    # As many subjects as this make the normal approximation good.
    asymptotic = compute_cochran_armitage([28, 25, 40], [86, 84, 84], [0, 54, 81], is_exact=False)
    assert found.p_value == pytest.approx(asymptotic.p_value, rel=0.1)


@pytest.mark.parametrize(
    ("events", "totals", "scores", "said"),
    [
        ([0, 0, 0], [5, 5, 5], [0, 1, 2], "nobody responds"),
        ([5, 5, 5], [5, 5, 5], [0, 1, 2], "everybody responds"),
        ([2, 0, 0], [5, 0, 0], [0, 1, 2], "fewer than two groups have subjects"),
        ([2, 1, 3], [5, 5, 5], [1, 1, 1], "all groups with subjects have the same score"),
    ],
)
def test_no_trend_can_be_told(events: list[int], totals: list[int], scores: list[float], said: str) -> None:
    found = compute_cochran_armitage(events, totals, scores, is_exact=False)
    assert (found.statistic, found.p_value, found.warning) == (None, None, said)


def test_scores_too_uneven_for_an_exact_test_are_told() -> None:
    found = compute_cochran_armitage([30, 20, 40], [80, 80, 80], [0, math.pi, math.e * 10], is_exact=True)
    assert found.p_value is None
    assert "too uneven" in found.warning


def test_trends_through_the_engine(run: Any) -> None:
    frame = pl.DataFrame(
        [
            {"ARM": dose, "RESP": 1 if number < events else 0}
            for dose, events, total in ((0, 2, 12), (54, 4, 11), (81, 5, 10), (100, 9, 13))
            for number in range(total)
        ]
    )
    arms = ["0", "54", "81", "100"]
    results: Results = run("cochran_armitage", ["RESP"], frame, {"method": "exact"}, arms=arms)
    assert results["a/RESP/p_value"].stat == pytest.approx(0.00791572734022, rel=1e-9)
    assert [results[f"a/RESP/{name}"].stat for name in ("n", "n_events")] == [46, 20]
    by_place: Results = run("cochran_armitage", ["RESP"], frame, {"scores": [0, 1, 2, 3]}, arms=arms)
    assert by_place["a/RESP/statistic"].stat != results["a/RESP/statistic"].stat
    with pytest.raises(PlanError, match="2 scores for the 4 levels"):
        run("cochran_armitage", ["RESP"], frame, {"scores": [0, 1]}, arms=arms)
