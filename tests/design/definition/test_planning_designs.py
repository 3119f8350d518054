"""From a design to its bounds, its size, its trial and its power: against rpact, sample sizes, and simulation."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.design.definition.definition_texts import TEXT
from tests.validation import References

from trialwright.design.definition import (
    DesignArm,
    DesignDefinition,
    DesignEndpoint,
    DesignScenario,
    DesignTest,
    SiteGroup,
    TrialDesign,
    compute_bounds,
    compute_planned_effect,
    compute_power,
    compute_sample_size,
    efficacy_z,
    futility_z,
    parse_design,
    plan_trial,
    site_openings,
)
from trialwright.design.sample_size import compute_power_two_proportions
from trialwright.design.simulation import NormalOutcome, TimeToEvent, constant_rate, simulate_trials
from trialwright.errors import DesignError

RPACT = "rpact 3.3.4"
TRIALS = 20_000


@pytest.fixture(scope="module")
def definition() -> DesignDefinition:
    return parse_design(TEXT).definition


@pytest.mark.validates("design.definition")
def test_three_looks_have_the_bounds_of_rpact(definition: DesignDefinition, reference: References) -> None:
    call = (
        f"{RPACT}, getDesignGroupSequential(sided = 2, alpha = 0.05, beta = 0.2, "
        "informationRates = c(1/3, 2/3, 1), typeOfDesign = 'asOF')"
    )
    expected = (3.71030287326, 2.51142748445, 1.99304748327)
    for look, (z, bound) in enumerate(zip(efficacy_z(definition, definition.designs["looks"]), expected, strict=True)):
        reference.holds(f"bound of Z at look {look + 1}", z, bound, tolerance=1e-6, source=call)
    assert futility_z(definition, definition.designs["looks"]) is None


@pytest.mark.validates("design.definition")
def test_futility_alone_has_the_bounds_of_rpact(definition: DesignDefinition, reference: References) -> None:
    test = replace(definition.test, sided=1, alpha=0.025)
    one_sided = replace(definition, test=test)
    bounds = compute_bounds(one_sided, definition.designs["futility"])
    assert bounds is not None
    assert bounds.futility_bounds is not None
    call = (
        f"{RPACT}, getDesignGroupSequential(sided = 1, alpha = 0.025, beta = 0.2, informationRates = c(0.5, 1), "
        "typeOfDesign = 'noEarlyEfficacy', typeBetaSpending = 'bsHSD', gammaB = -2, bindingFutility = FALSE)"
    )
    reference.holds("futility bound", bounds.futility_bounds[0], 0.404289755551, tolerance=1e-5, source=call)
    reference.holds("final bound", bounds.efficacy_bounds[1], 1.95996398454, tolerance=1e-6, source=call)
    assert math.isinf(bounds.efficacy_bounds[0])


@pytest.mark.validates("design.definition")
def test_sizes_are_those_of_rpact_in_whole_blocks(definition: DesignDefinition, reference: References) -> None:
    # Two arms of three, a fifth without an outcome, rounded up to blocks of three.
    fixed = 125.5820757
    call = f"{RPACT}, getSampleSizeMeans(alternative = 3.5, stDev = 7, alpha = 0.05, sided = 2, beta = 0.2, "
    for id, inflation in (("fixed", 1.0), ("looks", 1.01279481297)):
        expected = math.ceil(fixed * inflation / 2 / 0.8) * 3
        reference.holds(
            f"subjects of three arms, 20% missing, {id}",
            definition.designs[id].subjects,
            expected,
            tolerance=0,
            source=call + f"normalApproximation = TRUE): {fixed} x {inflation} / 2 / 0.8 x 3, in blocks",
        )
    # Allocation 2:1:2, so that two arms have four of five subjects; blocks of five.
    reference.holds(
        "subjects of three arms 2:1:2, proportions",
        definition.designs["responders"].subjects,
        math.ceil(223.5008586 / 4) * 5,
        tolerance=0,
        source=f"{RPACT}, getSampleSizeRates(pi1 = 0.46, pi2 = 0.28, alpha = 0.05, sided = 2, beta = 0.2, "
        "normalApproximation = TRUE): 223.5008586 / 4, in blocks of 5",
    )


@pytest.mark.validates("design.definition")
def test_sequential_power_is_that_of_rpact(definition: DesignDefinition, reference: References) -> None:
    # 128 subjects with an outcome in two arms: 240 in three, of which a fifth has none.
    design = replace(definition.designs["looks"], subjects=240)
    reference.holds(
        "power of three looks, two-sided, better direction",
        compute_power(definition, design, definition.planned).power,
        0.802496944149,
        tolerance=5e-6,
        source=f"{RPACT}, getPowerMeans(design, alternative = 3.5, stDev = 7, maxNumberOfSubjects = 128, "
        "normalApproximation = TRUE), asOF design of three looks",
    )


@pytest.mark.validates("design.definition")
def test_power_at_events_is_that_of_rpact(reference: References) -> None:
    outcome = TimeToEvent(hazards=(constant_rate(math.log(2) / 12), constant_rate(0.7 * math.log(2) / 12)))
    definition = DesignDefinition(
        title="Test",
        time_unit="months",
        arms=(DesignArm(id="C", name="Control"), DesignArm(id="B", name="High")),
        endpoints=(DesignEndpoint(id="death", label="Death", kind="time_to_event"),),
        test=DesignTest(alpha=0.025, sided=1, target_power=0.8, comparisons=("B",)),
        scenarios=(DesignScenario(id="planned", label="Planned", outcomes={"death": outcome}),),
        sites=(SiteGroup(id="all", label="All", sites=5, rate=5),),
        designs={
            "survival": TrialDesign(
                id="survival", label="Survival", endpoint="death", subjects=500, events=300, allocation=(1, 1)
            )
        },
        chosen="survival",
    )
    reference.holds(
        "power at 300 events, hazard ratio 0.7",
        compute_power(definition, definition.designs["survival"], definition.planned).power,
        0.870536663632,
        tolerance=1e-6,
        source=f"{RPACT}, getPowerSurvival(hazardRatio = 0.7, alpha = 0.025, sided = 1, maxNumberOfEvents = 300, "
        "maxNumberOfSubjects = 500, directionUpper = FALSE, typeOfComputation = 'Schoenfeld', lambda2 = log(2) / 12, "
        "accrualTime = c(0, 20))",
    )


def test_power_of_proportions_is_that_of_their_sample_sizes(definition: DesignDefinition) -> None:
    design = definition.designs["responders"]
    expected = compute_power_two_proportions(
        proportion_experimental=0.46,
        proportion_control=0.28,
        n_experimental=design.subjects * 2 / 5,
        n_control=design.subjects * 2 / 5,
        alpha=0.05,
        sided=2,
    )
    assert compute_power(definition, design, definition.planned).power == pytest.approx(float(expected), rel=1e-12)


def test_power_without_effect_is_the_level_of_one_side(definition: DesignDefinition) -> None:
    null = next(one for one in definition.scenarios if one.id == "null")
    result = compute_power(definition, definition.designs["fixed"], null)
    # The standard deviations differ, and the t test pools them: the level is only nearly kept. 7 and 9, equal arms.
    assert result.power == pytest.approx(0.025, abs=1e-12)
    assert result.drift == 0


def test_bonferroni_splits_alpha_over_the_comparisons(definition: DesignDefinition) -> None:
    split = replace(definition, test=replace(definition.test, multiplicity="bonferroni"))
    # The upper 0.0125 quantile of the normal distribution, tables: 2.2414.
    assert efficacy_z(split, definition.designs["fixed"]) == pytest.approx((2.2414027,), abs=1e-6)
    # All of alpha for the first in a fixed sequence: 1.9600.
    assert efficacy_z(definition, definition.designs["fixed"]) == pytest.approx((1.9599640,), abs=1e-6)


def test_effects_are_positive_in_the_better_direction(definition: DesignDefinition) -> None:
    assert compute_planned_effect(definition, "score") == pytest.approx(3.5)
    assert compute_planned_effect(definition, "response") == pytest.approx(0.18)
    assert compute_planned_effect(definition, "death") == pytest.approx(-math.log(0.7))


def test_enrollment_is_the_sum_of_open_sites(definition: DesignDefinition) -> None:
    design = replace(definition.designs["fixed"], sites={"near": 2})
    assert site_openings(definition, definition.designs["fixed"]) == (0, 1, 2, 3)
    assert site_openings(definition, design) == (0, 1, 3)
    null = next(one for one in definition.scenarios if one.id == "null")
    rate = plan_trial(definition, design, null).accrual.rate
    assert (rate.rates, rate.changes) == ((2.0, 3.0, 4.0), (1.0, 3.0))


def test_a_trial_without_sites_is_refused(definition: DesignDefinition) -> None:
    design = replace(definition.designs["fixed"], sites={"near": 0, "far": 0})
    with pytest.raises(DesignError, match=r"designs\.fixed has no site that enrolls"):
        plan_trial(definition, design, definition.planned)


@pytest.mark.parametrize("id", ["fixed", "looks", "futility", "responders"])
def test_computed_power_is_the_simulated_one(definition: DesignDefinition, id: str) -> None:
    """20,000 trials, seed 5, within 3 Monte Carlo errors and what a discrete Z and rounded looks make of it."""
    design = definition.designs[id]
    outcome = definition.planned.outcomes[design.endpoint]
    if isinstance(outcome, NormalOutcome):
        # The t test of the kernel, and missing outcomes, are what the normal approximation leaves out.
        outcome = replace(outcome, known_variance=True, missing=())
    planned = replace(definition.planned, outcomes={**definition.planned.outcomes, design.endpoint: outcome})
    plan = plan_trial(definition, design, planned)
    simulated = simulate_trials(plan, trials=TRIALS, rng=np.random.default_rng(5))
    z = simulated.z[:, :, definition.arm_number("B") - 1]
    computed = compute_power(definition, design, planned)
    assert z[:, -1].mean() == pytest.approx(computed.drift, abs=3 / math.sqrt(TRIALS) + 0.02)
    rejected = stopped = np.zeros(TRIALS, dtype=bool)
    futility = futility_z(definition, design) or (0.0,) * design.looks
    for look, bound in enumerate(efficacy_z(definition, design)):
        rejected = rejected | (~stopped & (z[:, look] >= bound))
        if look < design.looks - 1:
            stopped = stopped | rejected | (np.abs(z[:, look]) <= futility[look]) | (z[:, look] <= -bound)
    error = math.sqrt(computed.power * (1 - computed.power) / TRIALS)
    assert rejected.mean() == pytest.approx(computed.power, abs=3 * error + 0.005)


def test_a_fixed_trial_ends_when_all_have_been_followed(definition: DesignDefinition) -> None:
    plan = plan_trial(definition, definition.designs["fixed"], definition.planned)
    simulated = simulate_trials(plan, trials=500, rng=np.random.default_rng(1))
    assert (simulated.subjects[:, -1] == definition.designs["fixed"].subjects).all()
    # A fifth has no outcome: the others all are in, so many as a binomial distribution has.
    expected = 0.8 * definition.designs["fixed"].subjects
    assert simulated.observed[:, -1].mean() == pytest.approx(expected, rel=0.01)


def test_events_and_subjects_are_computed_together(definition: DesignDefinition) -> None:
    both, given = definition.designs["both"], definition.designs["survival"]
    assert (both.computed, given.computed) == (("subjects", "events"), ("events",))
    for design in (both, given):
        assert design.events is not None
        assert compute_power(definition, design, definition.planned).power >= 0.8
        # Follow-up aside, which makes the trial wait for more events.
        fewer = replace(design, events=design.events - 1, followup=0.0)
        assert compute_power(definition, fewer, definition.planned).power < 0.8
    assert both.subjects < given.subjects
    assert both.subjects % 3 == 0


def test_power_of_survival_is_the_simulated_one(definition: DesignDefinition) -> None:
    """4,000 trials, seed 7; the drift of Schoenfeld's formula is a few percent off at a hazard ratio of 0.7."""
    design = definition.designs["survival"]
    plan = plan_trial(definition, design, definition.planned)
    simulated = simulate_trials(plan, trials=4000, rng=np.random.default_rng(7))
    last = simulated.z[:, -1, definition.arm_number("B") - 1]
    # The last look waits for the follow-up as well as for the events.
    assert (simulated.observed[:, -1] >= (design.events or 0)).all()
    assert last.mean() == pytest.approx(compute_power(definition, design, definition.planned).drift, rel=0.04)


def test_no_number_of_events_reaches_the_power(definition: DesignDefinition) -> None:
    design = replace(definition.designs["survival"], subjects=90, events=None)
    with pytest.raises(
        DesignError, match=r"power 0\.8 cannot be reached: its 90 subjects are expected to have at most"
    ):
        compute_sample_size(definition, design, subjects=False, events=True)


def test_an_effect_of_nothing_has_no_size(definition: DesignDefinition) -> None:
    equal = NormalOutcome(means=(0.0, 0.0, 1e-9), sds=(7.0,) * 3, delay=3)
    planned = replace(definition.planned, outcomes={**definition.planned.outcomes, "score": equal})
    without = replace(definition, scenarios=(planned, *definition.scenarios[1:]))
    with pytest.raises(DesignError, match=r"the target power is not reached with .* subjects either"):
        compute_sample_size(without, definition.designs["fixed"])


def test_more_events_than_can_be_are_refused(definition: DesignDefinition) -> None:
    design = replace(definition.designs["survival"], events=880)
    with pytest.raises(DesignError, match=r"events = 880, but its 900 subjects .* What would work: at most \d+ events"):
        compute_power(definition, design, definition.planned)


def test_a_time_to_an_event_needs_to_know_its_end(definition: DesignDefinition) -> None:
    outcome = TimeToEvent(hazards=(constant_rate(0.05), constant_rate(0.04), constant_rate(0.03)))
    endpoints = tuple(replace(one, followup=0.0) for one in definition.endpoints)
    planned = replace(definition.planned, outcomes={"death": outcome})
    open_ended = replace(definition, endpoints=endpoints, scenarios=(planned,))
    design = replace(definition.designs["survival"], events=None)
    for ask in (plan_trial, compute_power):
        with pytest.raises(DesignError, match=r"nothing says when its analyses are. Give designs\.survival\.events"):
            ask(open_ended, design, planned)
    with pytest.raises(DesignError, match=r"subjects cannot be computed: death has no followup"):
        compute_sample_size(open_ended, design, events=True)


def test_weights_must_be_of_each_arm(definition: DesignDefinition) -> None:
    design = replace(definition.designs["fixed"], allocation=(1, 1))
    with pytest.raises(DesignError, match=r"designs\.fixed\.allocation has 2 weights for 3 arms"):
        plan_trial(definition, design, definition.planned)
