"""BOIN12 against the published table of desirability scores, hand calculation and enumeration."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import pytest
from scipy.stats import beta
from tests.validation import References

from trialwright.design.early import (
    DoseScenario,
    Utilities,
    compute_boin12_design,
    decide_boin12,
    select_optimal_dose,
    simulate_boin12,
)
from trialwright.design.early.joint_outcomes import compute_joint_probability
from trialwright.errors import DesignError

# Lin et al. 2020, table 3 (utilities 100, 40, 60, 0; limits 0.35 and 0.25), as the tests of the R package escalation
# quote it: (subjects, DLTs, responses) and the score; None is E, eliminate.
PUBLISHED_SCORES = {
    (0, 0, 0): 60,
    (3, 0, 3): 91,
    (6, 1, 5): 87,
    (6, 5, 1): None,
    (9, 0, 8): 99,
    (9, 2, 3): 32.5,
    (9, 5, 5): 32.5,
    (9, 3, 1): 7,
    (9, 4, 0): None,
}


@pytest.mark.validates("design.boin12")
def test_scores_are_those_of_the_paper(reference: References) -> None:
    design = compute_boin12_design(toxicity_limit=0.35, response_limit=0.25, n_max=9)

    for (n, dlts, responses), expected in PUBLISHED_SCORES.items():
        score = design.score(n=n, dlts=dlts, responses=responses)
        if expected is None:
            assert score is None
        else:
            reference.holds(
                f"RDS after {dlts} DLTs and {responses} responses of {n} subjects",
                score,
                expected,
                tolerance=1e-12,
                source="Lin et al. 2020, table 3, as quoted by the tests of the R package escalation",
            )


def test_benchmark_and_desirability_by_hand() -> None:
    design = compute_boin12_design(toxicity_limit=0.35, response_limit=0.25, n_max=9)

    # 100 * 0.25 * 0.65 + 40 * 0.65 * 0.75 + 60 * 0.35 * 0.25 = 41; halfway to 100 is 70.5.
    assert design.benchmark == pytest.approx(0.705, rel=1e-12)
    # 3 subjects, one with a DLT, two with a response: 0.4 * 3 + 0.6 * 2 - 0.4 = 2 quasi-events.
    row = next(row for row in design.rows if (row.n, row.dlts, row.responses) == (3, 1, 2))
    assert row.desirability == pytest.approx(float(beta.sf(0.705, 3, 2)), rel=1e-10)


def test_utilities_that_do_not_add_need_the_joint_numbers() -> None:
    utilities = Utilities(neither=30, both=50)
    design = compute_boin12_design(toxicity_limit=0.3, response_limit=0.2, utilities=utilities, n_max=6)

    apart = next(r for r in design.rows if (r.n, r.dlts, r.responses, r.both) == (3, 1, 1, 0))
    together = next(r for r in design.rows if (r.n, r.dlts, r.responses, r.both) == (3, 1, 1, 1))
    worst = 0.2 * 0.7 + 0.3 * 0.7 * 0.8 + 0.5 * 0.3 * 0.2
    benchmark = worst + (1 - worst) / 2
    # Apart: 100 + 0 + 30; together: 50 + 30 + 30.
    assert apart.desirability == pytest.approx(float(beta.sf(benchmark, 2.3, 2.7)), rel=1e-10)
    assert together.desirability == pytest.approx(float(beta.sf(benchmark, 2.1, 2.9)), rel=1e-10)
    with pytest.raises(DesignError, match="need `both`"):
        decide_boin12(design, level=1, n=(3,), dlts=(1,), responses=(1,))


def test_decisions_follow_the_rules() -> None:
    design = compute_boin12_design(toxicity_limit=0.35, response_limit=0.25)

    # An untried level (score 60 in the published table) is better than three subjects without any outcome.
    assert decide_boin12(design, level=1, n=(3, 0), dlts=(0, 0), responses=(0, 0)).action == "escalate"
    # Three responses are better than an untried level.
    assert decide_boin12(design, level=1, n=(3, 0), dlts=(0, 0), responses=(3, 0)).action == "stay"
    # DLT rate 3/6 is above lambda_d = 0.419.
    assert decide_boin12(design, level=2, n=(3, 6), dlts=(0, 3), responses=(1, 6)).level == 1
    # DLT rate 1/3 between 0.276 and 0.419: with three subjects one may escalate, with six (n_star) not.
    assert decide_boin12(design, level=1, n=(3, 0), dlts=(1, 0), responses=(0, 0)).level == 2
    assert decide_boin12(design, level=1, n=(6, 0), dlts=(2, 0), responses=(1, 0)).level == 1
    # Every level without response in twelve subjects: none is admissible.
    stopped = decide_boin12(design, level=2, n=(12, 12), dlts=(0, 0), responses=(0, 0))
    assert (stopped.level, stopped.action, stopped.desirability) == (None, "stop", (None, None))


def test_the_optimal_dose_is_not_above_the_maximum_tolerated_one() -> None:
    design = compute_boin12_design(toxicity_limit=0.3, response_limit=0.2)

    # Level 3 responds best, but its DLT rate of 5/9 is not tolerated; level 2 (2/9) is closest to 0.3.
    assert select_optimal_dose(design, n=(6, 9, 9), dlts=(0, 2, 5), responses=(1, 5, 9)) == 2
    assert select_optimal_dose(design, n=(12, 0), dlts=(11, 0), responses=(9, 0)) is None


@pytest.mark.validates("design.boin12")
def test_simulation_agrees_with_enumeration(reference: References) -> None:
    design = compute_boin12_design(toxicity_limit=0.35, response_limit=0.25, n_max=9)
    toxicities, responses, odds_ratio, trials = (0.2, 0.4), (0.3, 0.6), 2.0, 20_000
    both = compute_joint_probability(np.asarray(toxicities), np.asarray(responses), odds_ratio=odds_ratio)
    # Of three subjects: outcomes neither, DLT only, response only, both, as multinomial paths.
    chances = [(1 - t - r + b, t - b, r - b, b) for t, r, b in zip(toxicities, responses, both.tolist(), strict=True)]
    cohorts: list[dict[tuple[int, int], float]] = []
    for cells in chances:
        found: dict[tuple[int, int], float] = defaultdict(float)
        for path in itertools.product(range(4), repeat=3):
            weight = float(np.prod([cells[outcome] for outcome in path]))
            found[sum(o in (1, 3) for o in path), sum(o in (2, 3) for o in path)] += weight
        cohorts.append(found)
    selection = [0.0, 0.0, 0.0]

    def walk(level: int, n: list[int], dlts: list[int], hits: list[int], weight: float, left: int) -> None:
        for (toxic, response), chance in cohorts[level].items():
            now, bad, good = n.copy(), dlts.copy(), hits.copy()
            now[level], bad[level], good[level] = now[level] + 3, bad[level] + toxic, good[level] + response
            following = decide_boin12(design, level=level + 1, n=now, dlts=bad, responses=good).level
            if following is None:
                selection[0] += weight * chance
            elif left == 1:
                selection[select_optimal_dose(design, n=now, dlts=bad, responses=good) or 0] += weight * chance
            else:
                walk(following - 1, now, bad, good, weight * chance, left - 1)

    walk(0, [0, 0], [0, 0], [0, 0], 1.0, 2)
    result = simulate_boin12(
        design,
        DoseScenario(toxicities=toxicities, responses=responses, odds_ratio=odds_ratio),
        cohorts=2,
        rng=np.random.default_rng(3),
        trials=trials,
    )

    assert sum(selection) == pytest.approx(1, rel=1e-9)
    for level, (estimate, exact) in enumerate(zip((result.none_selected, *result.selection), selection, strict=True)):
        reference.holds(
            f"selection of level {level}, toxicities {toxicities}, responses {responses}, odds ratio 2, 2 cohorts of "
            f"3, {trials} trials, seed 3",
            estimate.value,
            exact,
            tolerance=3.5 * (exact * (1 - exact) / trials) ** 0.5,
            source="enumeration of all outcomes of all cohorts, in the test; 3.5 Monte Carlo errors are allowed",
        )


def test_designs_that_cannot_be_are_refused() -> None:
    with pytest.raises(DesignError, match="toxicity_limit must lie between 0 and 1"):
        compute_boin12_design(toxicity_limit=35, response_limit=0.25)
    with pytest.raises(DesignError, match="Rescale the utilities"):
        Utilities(response_only=10)
    with pytest.raises(DesignError, match=r"Utilities\.both must lie between"):
        Utilities(both=120)
    with pytest.raises(DesignError, match="responses has 1 dose levels, but there are 2"):
        DoseScenario(toxicities=(0.1, 0.2), responses=(0.3,))
    design = compute_boin12_design(toxicity_limit=0.35, response_limit=0.25, n_max=9)
    with pytest.raises(DesignError, match="no row for 1 DLTs and 1 responses"):
        design.score(n=4, dlts=1, responses=1)
    with pytest.raises(DesignError, match="Nobody was treated at level 2"):
        decide_boin12(design, level=2, n=(3, 0), dlts=(0, 0), responses=(0, 0))
