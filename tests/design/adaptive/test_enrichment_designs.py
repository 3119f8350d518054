"""Enrichment: closed tests of nested populations against rpact, and simulated trials."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.validation import References

from trialwright.design.adaptive import (
    ArmLogrank,
    ArmMean,
    ArmResponses,
    EnrichmentTrial,
    NestedPopulations,
    SelectAbove,
    SelectAll,
    SelectBest,
    SelectionRule,
    SelectWithin,
    SimulatedStrata,
    StratumMeans,
    StratumResponses,
    compute_closed_test,
    compute_enrichment_operating_characteristics,
    compute_fisher_test,
    compute_inverse_normal_test,
    compute_naive_enrichment_rejections,
    logrank_enrichment_stages,
    means_enrichment_stage,
    proportions_enrichment_stage,
    simulate_enrichment,
)
from trialwright.design.sequential import OBrienFleming
from trialwright.design.simulation import BinaryOutcome, Estimate, NormalOutcome
from trialwright.errors import DesignError
from trialwright.execution import Threads

INVERSE_NORMAL = compute_inverse_normal_test(efficacy=OBrienFleming(), alpha=0.025, looks=2)
POPULATIONS = ((0,), (0, 1))
RPACT = "rpact 3.3.4, getDesignInverseNormal(kMax = 2, alpha = 0.025, typeOfDesign = 'OF'), getDataset(S1 = "
RULES: tuple[tuple[SelectionRule, Any], ...] = (
    (SelectBest(), "z"),
    (SelectBest(), "effect"),
    (SelectWithin(epsilon=0.1), "effect"),
    (SelectAbove(threshold=0.0), "effect"),
    (SelectAll(), "effect"),
)


def _means(*values: float) -> StratumMeans:
    n, m, mean, other, sd, other_sd = values
    return StratumMeans(
        experimental=ArmMean(n=int(n), mean=mean, sd=sd), control=ArmMean(n=int(m), mean=other, sd=other_sd)
    )


def _responses(n: int, responses: int, m: int, other: int) -> StratumResponses:
    return StratumResponses(
        experimental=ArmResponses(n=n, responses=responses), control=ArmResponses(n=m, responses=other)
    )


@pytest.mark.validates("design.enrichment")
def test_stratified_means_agree_with_rpact(reference: References) -> None:
    stages = (
        (_means(22, 23, 1.60, 0.72, 1.41, 1.33), _means(38, 36, 1.15, 0.79, 1.22, 1.28)),
        (_means(31, 29, 1.45, 0.61, 1.35, 1.44), _means(36, 37, 1.22, 0.65, 1.31, 1.19)),
    )
    source = RPACT + (
        "getDataset(sampleSize1 = c(22, 31), sampleSize2 = c(23, 29), mean1 = c(1.60, 1.45), mean2 = c(0.72, 0.61), "
        "stDev1 = c(1.41, 1.35), stDev2 = c(1.33, 1.44)), R = getDataset(sampleSize1 = c(38, 36), sampleSize2 = c(36, "
        "37), mean1 = c(1.15, 1.22), mean2 = c(0.79, 0.65), stDev1 = c(1.22, 1.31), stDev2 = c(1.28, 1.19))), "
    )
    z = [means_enrichment_stage(strata=one, populations=POPULATIONS, is_exact=False).z for one in stages]
    # rpact weights strata by their subjects, we by their information, which is the same with equal arms.
    full = source + "varianceOption = 'pooledFromFull': its test of the full population"
    subgroup = source + "normalApproximation = TRUE: its test of the subgroup"
    for stage, (in_full, in_subgroup) in enumerate(((2.34249950003, 2.15447227471), (3.02757509584, 2.33220422618))):
        reference.holds(f"full population, stage {stage + 1}", z[stage][1], in_full, tolerance=2e-5, source=full)
        reference.holds(f"subgroup, stage {stage + 1}", z[stage][0], in_subgroup, tolerance=1e-9, source=subgroup)
    exact = means_enrichment_stage(strata=stages[0], populations=POPULATIONS)
    analysis = compute_closed_test(INVERSE_NORMAL, stages=[exact])
    for one, expected, tolerance, of in (
        (0, 0.0184243858216, 1e-9, "the subgroup, varianceOption = 'pooled'"),
        (1, 0.0104372197406, 1e-6, "the full population, varianceOption = 'pooledFromFull'"),
    ):
        reference.holds(
            f"t test, p-value of {of}",
            analysis.hypotheses[one].p_values[0],
            expected,
            tolerance=tolerance,
            source=source + of,
        )


@pytest.mark.validates("design.enrichment")
def test_proportions_with_the_full_population_dropped_agree_with_rpact(reference: References) -> None:
    stages = (
        proportions_enrichment_stage(
            strata=(_responses(40, 21, 41, 12), _responses(60, 25, 62, 20)), populations=POPULATIONS
        ),
        proportions_enrichment_stage(strata=(_responses(45, 25, 44, 14), None), populations=POPULATIONS),
    )
    source = RPACT + (
        "getDataset(sampleSize1 = c(40, 45), sampleSize2 = c(41, 44), events1 = c(21, 25), events2 = c(12, 14)), R = "
        "getDataset(sampleSize1 = c(60, NA), sampleSize2 = c(62, NA), events1 = c(25, NA), events2 = c(20, NA))), "
        "stratifiedAnalysis = TRUE, intersectionTest = "
    )
    joint = compute_closed_test(INVERSE_NORMAL, stages=stages)
    both, subgroup, full = joint.intersections
    spiessens = source + "'SpiessensDebois'"
    # rpact takes the correlation from numbers of subjects, we from the weights of the strata: 1e-5 apart.
    reference.holds("both, stage 1", both.p_values[0], 0.0253836188235, tolerance=3e-7, source=spiessens)
    reference.holds("both, combined", both.statistics[1], 2.97690657757, tolerance=5e-6, source=spiessens)
    reference.holds("subgroup, combined", subgroup.statistics[1], 3.09997860471, tolerance=1e-9, source=spiessens)
    reference.holds("full, stage 1", full.p_values[0], 0.0143630121831, tolerance=1e-10, source=spiessens)
    assert full.statistics[1] is None
    assert [one.rejected_at for one in joint.hypotheses] == [2, None]
    first, last = joint.hypotheses[1].intervals[0], joint.hypotheses[0].intervals[1]
    assert first is not None
    assert last is not None
    reference.holds("full, stage 1, lower", first.ci_lower, -0.0549086782056, tolerance=1e-4, source=spiessens)
    reference.holds("full, stage 1, upper", first.ci_upper, 0.342593012576, tolerance=1e-4, source=spiessens)
    reference.holds("subgroup, stage 2, lower", last.ci_lower, 0.07108939091, tolerance=1e-5, source=spiessens)
    reference.holds("subgroup, stage 2, upper", last.ci_upper, 0.386557183998, tolerance=1e-5, source=spiessens)
    sidak = compute_closed_test(INVERSE_NORMAL, stages=stages, intersection="Sidak").intersections[0]
    reference.holds("Sidak, stage 1", sidak.p_values[0], 0.0285197282473, tolerance=1e-10, source=source + "'Sidak'")
    reference.holds("Sidak, combined", sidak.statistics[1], 2.94124456177, tolerance=1e-8, source=source + "'Sidak'")


@pytest.mark.validates("design.enrichment")
def test_logrank_tests_of_populations_agree_with_rpact(reference: References) -> None:
    # rpact is given the increments of each stage; here the tests are of all data so far.
    def cumulative(first: float, events: float, increment: float, added: float) -> ArmLogrank:
        total = events + added
        z = (first * events**0.5 + increment * added**0.5) / total**0.5
        return ArmLogrank(z=z, events=total)

    stages = logrank_enrichment_stages(
        looks=(
            (ArmLogrank(z=1.66, events=37), ArmLogrank(z=1.59, events=66)),
            (cumulative(1.66, 37, 1.38, 56), cumulative(1.59, 66, 1.69, 113)),
        )
    )
    source = RPACT + (
        "getDataset(events = c(37, 56), logRanks = c(1.66, 1.38)), F = getDataset(events = c(66, 113), logRanks = "
        "c(1.59, 1.69))), intersectionTest = 'SpiessensDebois'"
    )
    analysis = compute_closed_test(INVERSE_NORMAL, stages=stages)
    for one, p_values, combined in zip(
        analysis.intersections,
        ((0.0757887389396, 0.0734329311637), (0.0484572262667, 0.0837933224150), (0.0559174025195, 0.0455139773215)),
        (2.03977179900, 2.14960461481, 2.31931024229),
        strict=True,
    ):
        for stage in (0, 1):
            reference.holds(
                f"{one.hypotheses}, stage {stage + 1}",
                one.p_values[stage],
                p_values[stage],
                tolerance=1e-9,
                source=source,
            )
        reference.holds(f"{one.hypotheses}, combined", one.statistics[1], combined, tolerance=1e-8, source=source)
    assert [one.rejected_at for one in analysis.hypotheses] == [2, 2]


@pytest.mark.validates("design.enrichment")
def test_three_nested_populations_agree_with_mvtnorm(reference: References) -> None:
    reference.holds(
        "tail beyond 2.1, information 30, 70, 120",
        NestedPopulations(information=(30, 70, 120)).tail((0, 1, 2), 2.1),
        0.0413321129179,
        tolerance=5e-9,
        source="R 4 mvtnorm 1.1.3, 1 - pmvnorm(upper = 2.1, corr = sqrt(min / max of information), abseps = 1e-9)",
    )


def _trial(first: float, second: float, *, known: bool = False) -> EnrichmentTrial:
    return EnrichmentTrial(
        outcomes=tuple(
            NormalOutcome(means=(0.0, effect), sds=(1.0, 1.0), known_variance=known) for effect in (first, second)
        ),
        prevalences=(0.4, 0.6),
        populations=POPULATIONS,
        n_per_arm=(40, 40),
    )


def _simulate(trial: EnrichmentTrial, trials: int = 20_000, seed: int = 1) -> SimulatedStrata:
    return simulate_enrichment(trial, trials=trials, rng=np.random.default_rng(seed))


@pytest.fixture(scope="module")
def null_trials() -> SimulatedStrata:
    # 20,000 trials without effects, seed 1.
    return _simulate(_trial(0, 0))


@pytest.fixture(scope="module")
def partly_null_trials() -> SimulatedStrata:
    # The subgroup has an effect, and the rest as much harm: none in the full population.
    return _simulate(_trial(0.6, -0.4))


def _value(estimate: Estimate | None) -> tuple[float, float]:
    assert estimate is not None
    assert estimate.value is not None
    assert estimate.standard_error is not None
    return estimate.value, estimate.standard_error


@pytest.mark.parametrize(("rule", "by"), RULES)
@pytest.mark.parametrize("intersection", ["joint", "Bonferroni", "Sidak", "Simes"])
def test_the_familywise_error_rate_is_kept_for_each_rule(
    null_trials: SimulatedStrata, partly_null_trials: SimulatedStrata, rule: SelectionRule, by: Any, intersection: Any
) -> None:
    for test in (INVERSE_NORMAL, compute_fisher_test(stages=2, alpha=0.025)):
        for simulated in (null_trials, partly_null_trials):
            behavior = compute_enrichment_operating_characteristics(
                simulated, test=test, selection=rule, selects_by=by, intersection=intersection
            )
            error, standard_error = _value(behavior.familywise_error_rate)
            assert error <= 0.025 + 3 * standard_error


def test_with_one_population_selected_the_joint_test_has_no_slack(null_trials: SimulatedStrata) -> None:
    behavior = compute_enrichment_operating_characteristics(
        null_trials, test=INVERSE_NORMAL, selection=SelectBest(), selects_by="z"
    )
    error, standard_error = _value(behavior.familywise_error_rate)
    assert abs(error - 0.025) <= 3 * standard_error


@pytest.mark.parametrize("rule", [SelectBest(), SelectWithin(epsilon=0.1), SelectAll()])
def test_naive_testing_of_the_chosen_population_inflates(null_trials: SimulatedStrata, rule: SelectionRule) -> None:
    error = compute_naive_enrichment_rejections(null_trials, alpha=0.025, selection=rule).any(axis=1).mean()
    # More than four standard errors (0.0013) above alpha.
    assert error > 0.031


@pytest.mark.expensive
@pytest.mark.parametrize(("rule", "by"), RULES)
def test_the_familywise_error_rate_is_kept_in_many_trials(rule: SelectionRule, by: Any) -> None:
    simulated = _simulate(_trial(0, 0), 100_000, 5)
    behavior = compute_enrichment_operating_characteristics(
        simulated, test=INVERSE_NORMAL, selection=rule, selects_by=by
    )
    error, standard_error = _value(behavior.familywise_error_rate)
    assert error <= 0.025 + 3 * standard_error


@pytest.mark.validates("design.enrichment")
def test_power_agrees_with_rpacts_simulation(reference: References) -> None:
    simulated = _simulate(_trial(0.5, 0.1, known=True))
    source = (
        "rpact 3.3.4, getSimulationEnrichmentMeans(getDesignInverseNormal(kMax = 2, alpha = 0.025, typeOfDesign = "
        "'OF'), plannedSubjects = c(80, 160), effectList = list(subGroups = c('S', 'R'), prevalences = c(0.4, 0.6), "
        "stDevs = c(1, 1), effects = c(0.5, 0.1)), stratifiedAnalysis = TRUE, 5,000 trials), "
    )
    # rpact recruits strata in fixed proportions, we at random, which costs about 0.005 of power.
    for rule, by, intersection, expected, call in (
        (SelectWithin(epsilon=0.1), "effect", "joint", 0.6312, "SpiessensDebois, epsilon 0.1, effectEstimate"),
        (SelectBest(), "z", "Simes", 0.5876, "Simes, best, testStatistic"),
    ):
        behavior = compute_enrichment_operating_characteristics(
            simulated,
            test=INVERSE_NORMAL,
            selection=rule,
            selects_by=by,  # type: ignore[arg-type]
            intersection=intersection,  # type: ignore[arg-type]
        )
        power, _ = _value(behavior.disjunctive_power)
        # Three standard errors of the difference, and those 0.005.
        reference.holds(f"any rejection, {call}", power, expected, tolerance=0.0279, source=source + call)


def test_a_trial_recruits_from_what_is_left() -> None:
    simulated = _simulate(_trial(0.5, -2.0), 500)
    behavior = compute_enrichment_operating_characteristics(
        simulated, test=INVERSE_NORMAL, selection=SelectAbove(threshold=0.0)
    )
    assert _value(behavior.selected[1][1])[0] < 0.01
    first, second = (_value(one)[0] for one in behavior.expected_subjects)
    # Of stage 1 the share of 80; of stage 2 all 80, if the subgroup goes on.
    assert first == pytest.approx(32 + 80 * _value(behavior.selected[1][0])[0], abs=1.5)
    assert second == pytest.approx(48, abs=1.5)
    there = simulate_enrichment(_trial(0.5, -2.0), trials=500, rng=np.random.default_rng(1), execution=Threads(2))
    assert np.array_equal(there.means, simulated.means)


def test_proportions_and_three_populations_are_simulated() -> None:
    trial = EnrichmentTrial(
        outcomes=tuple(BinaryOutcome(probabilities=(0.3, p)) for p in (0.6, 0.45, 0.3)),
        prevalences=(0.3, 0.3, 0.4),
        populations=((0,), (0, 1), (0, 1, 2)),
        n_per_arm=(60, 60),
    )
    assert trial.effects == pytest.approx((0.3, 0.225, 0.135))
    behavior = compute_enrichment_operating_characteristics(
        _simulate(trial, 2000), test=INVERSE_NORMAL, selection=SelectWithin(epsilon=0.05)
    )
    assert _value(behavior.disjunctive_power)[0] > 0.7
    assert behavior.familywise_error_rate is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prevalences": (0.4, 0.5)}, r"prevalences must be above 0 and sum to 1"),
        ({"prevalences": (1.0,)}, r"2 outcomes and 1 prevalences"),
        ({"populations": ((0,), (1,))}, r"populations must be nested"),
        ({"populations": ((0,),)}, r"must be the full one with all 2 strata"),
        ({"populations": ((), (0, 1))}, r"one of them has no stratum"),
        ({"n_per_arm": (1, 40)}, r"n_per_arm must be at least 2"),
        (
            {"outcomes": (NormalOutcome(means=(0, 1), sds=(1, 1)), BinaryOutcome(probabilities=(0.1, 0.2)))},
            r"must be of one kind",
        ),
        (
            {"outcomes": (NormalOutcome(means=(0, 1), sds=(1, 1), missing=(0.1, 0.1)),) * 2},
            r"cannot have missing outcomes",
        ),
    ],
)
def test_a_trial_that_cannot_be_says_why(change: dict[str, Any], message: str) -> None:
    fine: dict[str, Any] = {
        "outcomes": (NormalOutcome(means=(0, 1), sds=(1, 1)),) * 2,
        "prevalences": (0.4, 0.6),
        "populations": POPULATIONS,
        "n_per_arm": (40, 40),
    }
    with pytest.raises(DesignError, match=message):
        EnrichmentTrial(**{**fine, **change})


def test_tests_that_do_not_fit_say_why(null_trials: SimulatedStrata) -> None:
    three = compute_inverse_normal_test(efficacy=OBrienFleming(), alpha=0.025, looks=3)
    with pytest.raises(DesignError, match=r"test has 3 stages, but the trials have 2"):
        compute_enrichment_operating_characteristics(null_trials, test=three, selection=SelectBest())
    with pytest.raises(DesignError, match=r"information must increase.*'Simes' or 'Sidak'"):
        NestedPopulations(information=(70, 30)).tail((0, 1), 2.0)
