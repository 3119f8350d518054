"""Fisher's exact test against published and independent values."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from trialwright.analysis.methods import fisher
from trialwright.analysis.methods.fisher import TooLargeError, compute_fisher, compute_fisher_2x2

# Agresti A. Categorical Data Analysis, 2002, p. 57; in R's help of fisher.test: "Job satisfaction", p-value = 0.7827.
JOB_SATISFACTION = [[1, 2, 1, 0], [3, 3, 6, 1], [10, 10, 14, 9], [6, 7, 12, 11]]
# Fisher's tea drinker, in R's help of fisher.test: two-sided p = 0.4857.
TEA = [[3, 1], [1, 3]]


def enumerated(table: list[list[int]]) -> float:
    """The p-value by listing every table with the margins (exact integers; slow)."""
    rows = [sum(row) for row in table]
    columns = [sum(column) for column in zip(*table, strict=True)]

    def tables(index: int, left: tuple[int, ...]) -> list[list[tuple[int, ...]]]:
        if index == len(rows):
            return [[]] if not any(left) else []
        found = []
        for row in itertools.product(*(range(room + 1) for room in left)):
            if sum(row) == rows[index]:
                rest = tuple(room - used for room, used in zip(left, row, strict=True))
                found += [[row, *others] for others in tables(index + 1, rest)]
        return found

    def ways(cells: list[tuple[int, ...]]) -> int:
        # The number of ways to fill the table, which is proportional to its probability.
        count = 1
        for row in cells:
            count *= math.factorial(sum(row)) // math.prod(math.factorial(cell) for cell in row)
        return count

    observed = ways([tuple(row) for row in table])
    every = [ways(cells) for cells in tables(0, tuple(columns))]
    return sum(count for count in every if count <= observed) / sum(every)


def test_the_published_r_by_c_table() -> None:
    assert compute_fisher(JOB_SATISFACTION) == pytest.approx(0.7827, abs=5e-5)


def test_the_tea_drinker() -> None:
    assert compute_fisher(TEA) == pytest.approx(34 / 70, rel=1e-12)


@pytest.mark.parametrize(
    "table",
    [
        [[0, 86], [4, 80]],
        [[6, 80], [15, 69]],
        [[26, 60], [6, 78]],
        [[5, 0], [1, 4]],
        [[10, 10], [10, 10]],
        [[1, 499], [12, 488]],
    ],
)
def test_two_by_two_tables_agree_with_scipy(table: list[list[int]]) -> None:
    # scipy 1.17.1, fisher_exact(table).pvalue
    assert compute_fisher(table) == pytest.approx(float(fisher_exact(np.asarray(table)).pvalue), rel=1e-9)


@pytest.mark.parametrize(
    "table",
    [
        [[3, 1], [1, 3], [2, 2]],
        [[4, 0, 1], [0, 3, 2]],
        [[2, 1, 0], [0, 3, 1], [1, 0, 2]],
        [[3, 0, 0, 1], [0, 2, 1, 1]],
        [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
        [[5, 2, 0], [1, 4, 2], [0, 1, 3]],
    ],
)
def test_small_tables_agree_with_a_full_enumeration(table: list[list[int]]) -> None:
    assert compute_fisher(table) == pytest.approx(enumerated(table), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=2, max_size=3))
def test_any_small_table_agrees_with_a_full_enumeration(table: list[list[int]]) -> None:
    if sum(map(sum, table)) == 0:
        return
    assert compute_fisher(table) == pytest.approx(enumerated(table), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=4), st.randoms())
def test_the_order_of_rows_and_columns_does_not_matter(rows: list[tuple[int, int]], random: object) -> None:
    forward = compute_fisher(rows)
    turned = [list(column) for column in zip(*reversed(rows), strict=True)]
    assert compute_fisher(turned) == pytest.approx(forward, rel=1e-7, abs=1e-300)
    assert 0 <= forward <= 1


def test_a_three_arm_table_of_a_whole_trial_agrees_with_the_sum_over_all_tables() -> None:
    table = [[58, 28], [25, 59], [27, 57]]
    total, observed = 0, 0
    for a in range(111):
        for b in range(111 - a):
            c = 110 - a - b
            if a <= 86 and b <= 84 and c <= 84:
                ways = math.comb(86, a) * math.comb(84, b) * math.comb(84, c)
                total += ways
                if ways <= math.comb(86, 58) * math.comb(84, 25) * math.comb(84, 27):
                    observed += ways
    assert compute_fisher(table) == pytest.approx(observed / total, rel=1e-9)


def test_ties_count_as_in_r() -> None:
    # By hand: margins 2,2 / 2,2; tables with 0, 1, 2 in the corner have probabilities 1/6, 4/6, 1/6.
    assert compute_fisher_2x2(2, 0, 0, 2) == pytest.approx(2 / 6, rel=1e-12)


@pytest.mark.parametrize("table", [[[3, 5]], [[3, 5], [0, 0]], [[3, 0], [5, 0]], [[0, 0], [0, 0]]])
def test_a_table_with_nothing_to_compare_has_p_1(table: list[list[int]]) -> None:
    assert compute_fisher(table) == 1.0


def test_a_table_too_large_for_an_exact_test_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fisher, "MAX_WAYS", 1000)
    with pytest.raises(TooLargeError):
        compute_fisher([[20, 30, 40], [30, 30, 30], [25, 35, 30]])
