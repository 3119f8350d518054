"""BOIN, mTPI, mTPI-2 and keyboard against programs, published tables and exact enumeration."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom
from tests.validation import References

from trialwright.design.early import (
    DecisionTable,
    compute_boin_design,
    compute_keyboard_table,
    compute_mtpi2_table,
    compute_mtpi_table,
    select_dose,
    simulate_escalation,
)
from trialwright.errors import DesignError

Cases = Callable[[str], Mapping[str, Any]]


@pytest.mark.validates("design.boin")
@pytest.mark.parametrize("id", ["boin.bound.0.2", "boin.bound.0.3"])
def test_boundaries_agree_with_the_boin_package(id: str, design_cases: Cases, reference: References) -> None:
    case = design_cases(id)
    inputs, expected = case["inputs"], case["expected"]
    design = compute_boin_design(target=inputs["target"], elimination_cutoff=inputs["cutoff_eli"])

    source = f"{case['peer']} {case['peer_version']}, {case['call']}"
    for name, actual in {"lambda_e": design.lambda_escalate, "lambda_d": design.lambda_deescalate}.items():
        reference.holds(f"{name}, {case['call']}", actual, expected[name], tolerance=1e-12, source=source)
    assert [
        (row.n, row.escalate_at_most, row.deescalate_at_least, row.eliminate_at_least)
        for row in design.table.rows_for_cohorts(inputs["cohortsize"])
    ] == [tuple(row.values())[:4] for row in expected["boundary_table"]]


@pytest.mark.validates("design.boin")
def test_boundaries_are_where_two_rates_are_equally_likely(reference: References) -> None:
    # R 4.2.2: stats::uniroot (tol 1e-14) of the difference of x log p + (1 - x) log(1 - p) at 0.6 target and target,
    # and at target and 1.4 target: the observed rate x at which both have the same binomial likelihood.
    computed = {
        0.15: (0.1177966491, 0.1786862502),
        0.20: (0.1572422867, 0.2384624388),
        0.25: (0.1968008706, 0.2983921524),
        0.30: (0.2364906852, 0.3585194646),
        0.35: (0.2763343168, 0.4189075081),
        0.40: (0.3163600400, 0.4796503227),
    }
    for target, (escalate, deescalate) in computed.items():
        design = compute_boin_design(target=target)
        for name, actual, expected in (
            ("lambda_1", design.lambda_escalate, escalate),
            ("lambda_2", design.lambda_deescalate, deescalate),
        ):
            reference.holds(
                f"{name}, target {target}",
                actual,
                expected,
                tolerance=1e-9,
                source="R 4.2.2, root of the log likelihood ratio (stats::uniroot)",
            )


# R 4.2.2: posterior mass of each interval by stats::integrate of stats::dbeta, divided by its length; the largest one
# decides. Target 0.3, target interval 0.25 to 0.35; a string for each of 1 to 10 subjects, a letter for each number of
# DLTs.
COMPUTED_TABLES = {
    "mTPI": "ED ESD ESDD ESSDD ESSDDD EESSDDD EESSDDDD EESSDDDDD EESSSDDDDD EESSSDDDDDD",
    "mTPI-2": "ED EDD ESDD ESDDD EEDDDD EESDDDD EESDDDDD EESDDDDDD EEESDDDDDD EEESDDDDDDD",
    "keyboard": "ED EDD ESDD ESDDD EEDDDD EESDDDD EESDDDDD EESDDDDDD EEESDDDDDD EEESDDDDDDD",
}


@pytest.mark.parametrize("method", COMPUTED_TABLES)
def test_intervals_decide_as_computed_by_quadrature(method: str) -> None:
    compute = {"mTPI": compute_mtpi_table, "mTPI-2": compute_mtpi2_table, "keyboard": compute_keyboard_table}[method]
    # A cutoff of nearly 1 leaves the intervals alone to decide.
    table = compute(target=0.3, n_max=10, elimination_cutoff=1 - 1e-12)

    letters = {"escalate": "E", "stay": "S", "de-escalate": "D"}
    found = ["".join(letters[table.decide(n=n, dlts=y)] for y in range(n + 1)) for n in range(1, 11)]
    assert found == COMPUTED_TABLES[method].split()


# Clin Trials 2015;12:24-33 (doi 10.1177/1740774514555585, PMC4344878), tables 2 and 3: mTPI with the target 0.175 and
# 0.125 to either side, and with 0.10 and 0.05; keys are (n, DLTs).
PUBLISHED_MTPI = [
    (
        0.175,
        0.125,
        {(6, 0): "E", (3, 0): "E", (6, 1): "S", (3, 2): "D", (6, 2): "S", (6, 3): "D", (6, 4): "D"},
    ),
    (
        0.10,
        0.05,
        {(6, 0): "E", (3, 0): "E", (6, 1): "S", (3, 2): "D", (6, 2): "D", (6, 3): "D", (6, 4): "D"},
    ),
]


@pytest.mark.parametrize(("target", "width", "decisions"), PUBLISHED_MTPI)
def test_mtpi_decides_as_published(target: float, width: float, decisions: dict[tuple[int, int], str]) -> None:
    table = compute_mtpi_table(target=target, below=width, above=width)

    letters = {"escalate": "E", "stay": "S", "de-escalate": "D", "eliminate": "D"}
    assert {key: letters[table.decide(n=key[0], dlts=key[1])] for key in decisions} == decisions


def _exact(table: DecisionTable, truth: tuple[float, ...], cohorts: int, size: int) -> tuple[list[float], list[float]]:
    """Selection probabilities (none first) and expected subjects, over every sequence of outcomes."""
    chances = [[float(binom.pmf(outcome, size, p)) for outcome in range(size + 1)] for p in truth]
    ends: dict[tuple[tuple[int, ...], tuple[int, ...]], float] = defaultdict(float)
    for outcomes in itertools.product(range(size + 1), repeat=cohorts):
        n, dlts = [0] * len(truth), [0] * len(truth)
        level, top, weight = 0, len(truth) - 1, 1.0
        for outcome in outcomes:
            if top < 0:  # stopped: the rest of the sequence is averaged out
                weight /= size + 1
                continue
            weight *= chances[level][outcome]
            n[level] += size
            dlts[level] += outcome
            decision = table.decide(n=n[level], dlts=dlts[level])
            if decision == "eliminate":
                top = level - 1
            step = {"escalate": 1, "stay": 0, "de-escalate": -1, "eliminate": -1}[decision]
            level = min(max(level + step, 0), max(top, 0))
        ends[tuple(n), tuple(dlts)] += weight
    selection, expected = [0.0] * (len(truth) + 1), [0.0] * len(truth)
    for (subjects, toxic), weight in ends.items():
        selection[select_dose(table, n=subjects, dlts=toxic).level or 0] += weight
        for position, number in enumerate(subjects):
            expected[position] += weight * number
    return selection, expected


@pytest.mark.validates("design.boin")
@pytest.mark.parametrize("method", ["boin", "mtpi", "keyboard"])
def test_simulation_agrees_with_enumeration(method: str, reference: References) -> None:
    tables = {
        "boin": compute_boin_design(target=0.3).table,
        "mtpi": compute_mtpi_table(target=0.3),
        "keyboard": compute_keyboard_table(target=0.3),
    }
    truth, trials = (0.25, 0.4, 0.55), 100_000
    selection, expected = _exact(tables[method], truth, 5, 3)
    found = simulate_escalation(
        tables[method], toxicities=truth, cohorts=5, cohort_size=3, rng=np.random.default_rng(7), trials=trials
    )

    assert sum(selection) == pytest.approx(1, rel=1e-12)
    for level, (actual, exact) in enumerate(zip((found.none_selected, *found.selection), selection, strict=True)):
        error = (exact * (1 - exact) / trials) ** 0.5
        reference.holds(
            f"selection of level {level}, {method}, toxicities {truth}, 5 cohorts of 3, {trials} trials, seed 7",
            actual,
            exact,
            tolerance=3.5 * error,
            source="enumeration of all 4^5 sequences of outcomes, in the test; 3.5 Monte Carlo errors are allowed",
        )
    assert found.expected_n == pytest.approx(expected, abs=0.06)


def test_dose_is_selected_by_isotonic_regression() -> None:
    table = compute_boin_design(target=0.3).table

    # Rates 0/3, 2/6, 1/6: the last two violate the order. Both have the same size, and pool to about 0.25, the closest
    # to 0.3; of equals below the target the higher level is taken.
    selection = select_dose(table, n=(3, 6, 6), dlts=(0, 2, 1))
    assert selection.level == 3
    assert selection.estimates[1] == selection.estimates[2]
    # Weights 6.1^2 * 7.1 / (2.05 * 4.05) = 31.8209 and / (1.05 * 5.05) = 49.8241; rates 2.05 / 6.1 and 1.05 / 6.1.
    assert selection.estimates[2] == pytest.approx((31.8209 * 0.336066 + 49.8241 * 0.172131) / 81.645, abs=1e-5)

    assert select_dose(table, n=(6, 0), dlts=(5, 0)).level is None
    assert select_dose(table, n=(3, 3), dlts=(0, 3)).estimates[1] is None


def test_ten_thousand_trials_take_less_than_half_a_cpu_second() -> None:
    table = compute_boin_design(target=0.3).table
    started = time.process_time()
    simulate_escalation(
        table, toxicities=(0.05, 0.15, 0.3, 0.45, 0.6), cohorts=10, cohort_size=3, rng=np.random.default_rng(1)
    )
    assert time.process_time() - started < 0.5


def test_all_too_toxic_selects_none_and_all_safe_the_highest() -> None:
    table = compute_boin_design(target=0.3).table

    toxic = simulate_escalation(table, toxicities=(0.9, 0.95), cohorts=10, cohort_size=3, rng=np.random.default_rng(3))
    safe = simulate_escalation(table, toxicities=(0.0, 0.0), cohorts=10, cohort_size=3, rng=np.random.default_rng(3))
    assert toxic.none_selected > 0.999
    assert safe.selection == (0.0, 1.0)
    assert safe.expected_n == (3.0, 27.0)


def test_a_level_with_enough_subjects_ends_the_trial() -> None:
    table = compute_boin_design(target=0.3).table
    stopped = simulate_escalation(
        table, toxicities=(0.05, 0.3), cohorts=10, cohort_size=3, rng=np.random.default_rng(5), stop_at_n=9
    )
    assert stopped.expected_total < 25


def test_escalations_that_cannot_be_are_refused() -> None:
    table, rng = compute_boin_design(target=0.3).table, np.random.default_rng(1)
    with pytest.raises(DesignError, match=r"p_safe \(0.4\)"):
        compute_boin_design(target=0.3, p_safe=0.4)
    with pytest.raises(DesignError, match="no probability"):
        compute_boin_design(target=0.8)
    with pytest.raises(DesignError, match=r"falls from 0.3 at dose level 1"):
        simulate_escalation(table, toxicities=(0.3, 0.1), cohorts=10, cohort_size=3, rng=rng)
    with pytest.raises(DesignError, match="Compute it with n_max=60"):
        simulate_escalation(table, toxicities=(0.1, 0.3), cohorts=20, cohort_size=3, rng=rng)
    with pytest.raises(DesignError, match="start_level must lie between 1 and 2"):
        simulate_escalation(table, toxicities=(0.1, 0.3), cohorts=10, cohort_size=3, rng=rng, start_level=3)
    with pytest.raises(DesignError, match="Give a narrower one"):
        compute_mtpi_table(target=0.05)
    with pytest.raises(DesignError, match="dlts must lie between 0 and 3"):
        table.decide(n=3, dlts=4)
