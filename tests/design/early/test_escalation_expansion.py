"""Escalation followed by expansion against exact probabilities of its parts."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta, binom
from tests.validation import References

from trialwright.design.early import (
    Arrivals,
    CrmEscalation,
    CrmModel,
    DoseScenario,
    EscalationExpansionDesign,
    ExpansionLook,
    ExpansionRule,
    TableEscalation,
    ThreePlusThreeEscalation,
    compute_bayesian_expansion,
    compute_boin_design,
    compute_keyboard_table,
    compute_rejection_probability,
    compute_simon_designs,
    compute_single_stage_design,
    compute_three_plus_three,
    compute_toxicity_monitoring,
    describe_escalation_expansion,
    expansion_of,
    simulate_crm,
    simulate_escalation,
    simulate_escalation_expansion,
)
from trialwright.errors import DesignError

SIMON = compute_simon_designs(null_rate=0.1, alternative_rate=0.3, alpha=0.05, power=0.8).optimal
THREE = ThreePlusThreeEscalation(levels=4)


@pytest.mark.validates("design.escalation_expansion")
@pytest.mark.parametrize("odds_ratio", [1.0, 4.0])
def test_probabilities_are_the_products_of_exact_ones(odds_ratio: float, reference: References) -> None:
    # The expansion's subjects are others than the escalation's, so a level is selected and found active with the
    # product of both probabilities, whatever the association of toxicity and response.
    scenario = DoseScenario(toxicities=(0.05, 0.15, 0.3, 0.45), responses=(0.1, 0.2, 0.3, 0.35), odds_ratio=odds_ratio)
    design, trials = EscalationExpansionDesign(escalation=THREE, expansion=expansion_of(SIMON)), 40_000
    found = simulate_escalation_expansion(design, scenario, rng=np.random.default_rng(7), trials=trials)
    exact = compute_three_plus_three(toxicities=scenario.toxicities, has_deescalation=True)

    total = 0.0
    for level, (ends, selected, rate) in enumerate(
        zip(found.levels, exact.selection, scenario.responses, strict=True), start=1
    ):
        power = compute_rejection_probability(
            rate, r1=SIMON.r1, n_stage1=SIMON.n_stage1, r=SIMON.r, n_total=SIMON.n_total
        )
        total += selected * power
        for name, estimate, chance in (
            ("selected", ends.selected, selected),
            ("active", ends.active, selected * power),
        ):
            reference.holds(
                f"P(level {level} {name}), 3+3 then Simon, odds ratio {odds_ratio}, {trials} trials, seed 7",
                estimate.value,
                chance,
                tolerance=3.5 * (chance * (1 - chance) / trials) ** 0.5,
                source="exact 3+3 times the exact two-stage binomial; 3.5 Monte Carlo errors are allowed",
            )
    assert found.active.value == pytest.approx(total, abs=3.5 * 0.5 / trials**0.5)
    assert found.none_selected.value == pytest.approx(exact.none_selected, abs=3.5 * 0.5 / trials**0.5)
    assert found.escalation_total.value == pytest.approx(exact.expected_total, abs=0.15)
    assert (found.active.value or 0) + (found.futile.value or 0) == pytest.approx(found.goes_on.value)


@pytest.mark.validates("design.escalation_expansion")
def test_type_one_error_is_at_most_alpha_if_no_dose_is_active(reference: References) -> None:
    scenario = DoseScenario(toxicities=(0.05, 0.1, 0.2, 0.3), responses=(0.1,) * 4)
    design = EscalationExpansionDesign(
        escalation=TableEscalation(table=compute_boin_design(target=0.3).table, cohorts=8, cohort_size=3),
        expansion=expansion_of(SIMON),
    )
    found = simulate_escalation_expansion(design, scenario, rng=np.random.default_rng(11), trials=20_000)

    # The expansion is independent of the selection; nearly every trial selects a dose.
    exact = SIMON.type_one_error * (found.goes_on.value or 0)
    reference.holds(
        "P(declared active) at a response rate of 0.1 at every dose, BOIN then Simon, 20,000 trials, seed 11",
        found.active.value,
        exact,
        tolerance=3 * (0.05 * 0.95 / 20_000) ** 0.5,
        source="exact type I error of the two-stage design, times the share of trials with a dose; 3 errors",
    )


@pytest.mark.validates("design.escalation_expansion")
def test_toxicity_stops_as_often_as_enumeration_says(reference: References) -> None:
    # One level by 3+3; the expansion of 6 is looked at after 3, 4, 5 and 6 subjects: enumerated over 2^6 outcomes.
    monitoring = compute_toxicity_monitoring(limit=0.3, n_max=6, cutoff=0.8, prior=(0.3, 0.7))
    bounds = {row.n: row.stop_at_least for row in monitoring.rows if row.stop_at_least is not None}
    for n, bound in bounds.items():
        assert beta.sf(0.3, 0.3 + bound, 0.7 + n - bound) > 0.8 >= beta.sf(0.3, 0.3 + bound - 1, 0.7 + n - bound + 1)
    p, stops = 0.4, 0.0
    for outcome in itertools.product((0, 1), repeat=6):
        if any(sum(outcome[:n]) >= bound for n, bound in bounds.items()):
            stops += p ** sum(outcome) * (1 - p) ** (6 - sum(outcome))
    design = EscalationExpansionDesign(
        escalation=ThreePlusThreeEscalation(levels=1),
        expansion=ExpansionRule(method="one look", looks=(ExpansionLook(n=6, futile_at_most=1, active_at_least=2),)),
        toxicity=monitoring,
    )
    found = simulate_escalation_expansion(
        design, DoseScenario(toxicities=(p,), responses=(0.3,)), rng=np.random.default_rng(2), trials=20_000
    )
    selected = compute_three_plus_three(toxicities=(p,), has_deescalation=True).selection[0]
    exact = selected * stops
    reference.holds(
        "P(stop for toxicity), one level, 20,000 trials, seed 2",
        found.stopped_for_toxicity.value,
        exact,
        tolerance=3.5 * (exact * (1 - exact) / 20_000) ** 0.5,
        source="exact 3+3 times enumeration of all outcomes of the expansion",
    )
    # Of the trials not stopped, as many are active as of independent responses.
    active = (selected - exact) * float(binom.sf(1, 6, 0.3))
    assert found.active.value == pytest.approx(active, abs=3.5 * (active * (1 - active) / 20_000) ** 0.5)


def test_escalations_are_those_without_an_expansion() -> None:
    truth = (0.05, 0.15, 0.3, 0.45)
    scenario = DoseScenario(toxicities=truth, responses=(0.3,) * 4)
    table = compute_keyboard_table(target=0.3)
    model = CrmModel(skeleton=(0.05, 0.12, 0.25, 0.4), target=0.3)
    by_table = simulate_escalation(
        table, toxicities=truth, cohorts=8, cohort_size=3, rng=np.random.default_rng(1), stop_at_n=12
    )
    by_crm = simulate_crm(model, toxicities=truth, cohorts=8, cohort_size=3, rng=np.random.default_rng(1))
    for escalation, expected in (
        (TableEscalation(table=table, cohorts=8, cohort_size=3, stop_at_n=12), by_table),
        (CrmEscalation(model=model, cohorts=8, cohort_size=3), by_crm),
    ):
        found = simulate_escalation_expansion(
            EscalationExpansionDesign(escalation=escalation, expansion=expansion_of(SIMON)),
            scenario,
            rng=np.random.default_rng(2),
        )
        for level in range(4):
            assert found.levels[level].selected.value == pytest.approx(expected.selection[level], abs=0.025)
            assert found.escalation_n[level].value == pytest.approx(expected.expected_n[level], abs=0.25)


def test_subjects_of_the_escalation_may_count() -> None:
    # All doses safe: 3+3 ends at the highest of two levels with six subjects there; ten are needed, so four follow.
    scenario = DoseScenario(toxicities=(0.0, 0.0), responses=(0.0, 1.0))
    rule = ExpansionRule(
        method="two looks",
        looks=(
            ExpansionLook(n=5, futile_at_most=0, active_at_least=None),
            ExpansionLook(n=10, futile_at_most=8, active_at_least=9),
        ),
    )
    design = EscalationExpansionDesign(
        escalation=ThreePlusThreeEscalation(levels=2),
        expansion=rule,
        arrivals=Arrivals(rate=2, window=1, gaps="regular"),
        response_time=3,
    )
    counting = simulate_escalation_expansion(
        replace(design, counts_escalation=True), scenario, rng=np.random.default_rng(1), trials=100
    )
    apart = simulate_escalation_expansion(design, scenario, rng=np.random.default_rng(1), trials=100)

    assert (counting.expansion_total.value, apart.expansion_total.value) == (4, 10)
    assert counting.active.value == apart.active.value == 1
    assert (counting.escalation_total.value, counting.responses.value) == (9, 10)
    # 9 subjects in 3 cohorts: 4.5 and 3 windows; then 4 subjects (2) and one pause (3), or 10 (5) and two (6).
    assert counting.duration is not None and apart.duration is not None
    assert counting.duration.value == pytest.approx(12.5)
    assert apart.duration.value == pytest.approx(18.5)


def test_bayesian_looks_are_posterior_probabilities() -> None:
    rule = compute_bayesian_expansion(null_rate=0.2, n_looks=(10, 20, 30), active_cutoff=0.95, futility_cutoff=0.2)
    for look in rule.looks[:-1]:
        assert look.futile_at_most is not None
        few = look.futile_at_most
        assert beta.sf(0.2, 1 + few, 1 + look.n - few) < 0.2 <= beta.sf(0.2, 2 + few, look.n - few)
    enough = rule.looks[-1].active_at_least or 0
    assert beta.sf(0.2, 1 + enough, 31 - enough) >= 0.95 > beta.sf(0.2, enough, 32 - enough)


def test_the_design_speaks_for_itself() -> None:
    design = EscalationExpansionDesign(
        escalation=TableEscalation(
            table=compute_boin_design(target=0.3).table, cohorts=10, cohort_size=3, stop_at_n=12
        ),
        expansion=expansion_of(SIMON),
        toxicity=compute_toxicity_monitoring(limit=0.35, n_max=20, prior=(0.35, 0.65), every=10, n_min=10),
        counts_escalation=True,
    )
    assert describe_escalation_expansion(design) == (
        "The dose is found by the BOIN design with a target DLT probability of 0.3, in at most 10 cohorts of 3, "
        "beginning at level 1. It also ends once 12 subjects were treated at a level and the decision is to stay.",
        "A level and all above it are eliminated if the posterior probability that its DLT probability exceeds the "
        "target is above 0.95 after at least 3 subjects.",
        "At the selected dose an expansion cohort of at most 29 subjects is treated (Simon's two-stage design). "
        "Subjects treated at this dose in the escalation count as its first subjects.",
        "After 10 subjects it stops for lack of activity if at most 1 respond.",
        "After 29 subjects the treatment is declared active if at least 6 respond.",
        "The expansion stops for toxicity if the posterior probability that the DLT probability exceeds 0.35 is above "
        "0.9 (prior beta(0.35, 0.65)): if at least 6 of 10, 10 of 20 subjects have a DLT.",
    )


def test_designs_that_cannot_be_are_refused() -> None:
    table = compute_boin_design(target=0.3, n_max=12).table
    with pytest.raises(DesignError, match="Compute it with n_max=30"):
        TableEscalation(table=table, cohorts=10, cohort_size=3)
    with pytest.raises(DesignError, match="must decide"):
        ExpansionRule(method="x", looks=(ExpansionLook(n=5, futile_at_most=1, active_at_least=None),))
    with pytest.raises(DesignError, match="the numbers must rise"):
        ExpansionRule(
            method="x",
            looks=(
                ExpansionLook(n=5, futile_at_most=1, active_at_least=None),
                ExpansionLook(n=5, futile_at_most=1, active_at_least=2),
            ),
        )
    with pytest.raises(DesignError, match="give both or neither"):
        EscalationExpansionDesign(escalation=THREE, expansion=expansion_of(SIMON), arrivals=Arrivals(rate=1, window=1))
    with pytest.raises(DesignError, match="Take more subjects or a lower cutoff"):
        compute_bayesian_expansion(null_rate=0.8, n_looks=(3,))
    with pytest.raises(DesignError, match="The scenario has 2 dose levels, but the escalation has 4"):
        simulate_escalation_expansion(
            EscalationExpansionDesign(escalation=THREE, expansion=expansion_of(SIMON)),
            DoseScenario(toxicities=(0.1, 0.2), responses=(0.1, 0.2)),
            rng=np.random.default_rng(1),
        )


def test_a_single_stage_is_one_look() -> None:
    single = compute_single_stage_design(null_rate=0.1, alternative_rate=0.3, alpha=0.05, power=0.8)
    rule = expansion_of(single)
    assert (rule.method, len(rule.looks), rule.n_max) == ("exact single-stage design", 1, single.n_total)
