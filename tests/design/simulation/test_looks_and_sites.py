"""When looks are, how subjects come in at sites, strata and their blocks, and estimates at the end of a trial."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.validation import References

from trialwright.design.sequential import LanDeMetsOBrienFleming, compute_group_sequential_design
from trialwright.design.simulation import (
    Accrual,
    Allocation,
    BinaryOutcome,
    Boundaries,
    Look,
    NormalOutcome,
    OpeningSites,
    PiecewiseRate,
    SiteMix,
    StratifiedTimeToEvent,
    SurvivalStratum,
    TimeToEvent,
    TrialPlan,
    compute_final_estimates,
    compute_look_forecasts,
    constant_rate,
    looks_at_fractions,
    looks_of_design,
    proportional_hazard,
    simulate_enrollment,
    simulate_subjects,
    simulate_trials,
)
from trialwright.design.survival import AccrualRates, PiecewiseHazards, SurvivalTrial
from trialwright.errors import DesignError
from trialwright.execution import Threads

HAZARDS = (constant_rate(0.08), constant_rate(0.06))
EVENTS = TimeToEvent(hazards=HAZARDS, dropout_hazards=(constant_rate(0.005),) * 2)
MEANS = NormalOutcome(means=(0.0, 0.4), sds=(1.0, 1.0), delay=3.0, missing=(0.1, 0.1))
ACCRUAL = Accrual(subjects=120, rate=constant_rate(10.0))


def times_of(look: Look, outcome: TimeToEvent | NormalOutcome | BinaryOutcome) -> tuple[np.ndarray, np.ndarray]:
    plan = TrialPlan(accrual=ACCRUAL, outcome=outcome, looks=(look,))
    simulated = simulate_trials(plan, trials=150, rng=np.random.default_rng(7))
    return simulated.time[:, 0], simulated.is_short[:, 0]


@pytest.mark.parametrize("outcome", [EVENTS, MEANS])
def test_a_look_waits_for_all_its_conditions_or_for_any(outcome: TimeToEvent | NormalOutcome) -> None:
    by_count, _ = times_of(Look(observed=60), outcome)
    by_subjects, _ = times_of(Look(subjects=90), outcome)
    by_followup, _ = times_of(Look(minimum_followup=4.0), outcome)
    of_some, _ = times_of(Look(subjects=90, minimum_followup=1.5), outcome)
    when = float(np.median(by_count))
    assert np.all(by_subjects < of_some)
    assert np.allclose(of_some, by_subjects + 1.5)
    both = Look(observed=60, time=when, subjects=90, minimum_followup=1.5)
    assert np.array_equal(times_of(both, outcome)[0], np.maximum(np.maximum(by_count, when), of_some))
    assert np.array_equal(
        times_of(replace(both, requires="any"), outcome)[0], np.minimum(np.minimum(by_count, when), of_some)
    )
    assert 0.02 < (times_of(both, outcome)[0] == by_count).mean() < 0.9
    entries = simulate_enrollment(ACCRUAL, trials=150, rng=np.random.default_rng(7)).entry
    assert np.allclose(by_followup, entries[:, -1] + 4.0, rtol=1e-14)
    assert np.array_equal(by_subjects, entries[:, 89])


def test_a_look_whose_events_never_come_is_short_unless_another_condition_suffices() -> None:
    few = TimeToEvent(hazards=HAZARDS, maximum_followup=10.0)
    when, short = times_of(Look(observed=60), few)
    assert 0.05 < short.mean() < 0.95
    waited, still_short = times_of(Look(observed=60, time=1.0), few)
    assert np.array_equal(short, still_short)
    assert np.array_equal(when, waited)
    limited, not_short = times_of(Look(observed=60, time=40.0, requires="any"), few)
    assert not not_short.any()
    assert np.array_equal(limited, np.where(short, 40.0, np.minimum(when, 40.0)))


def test_the_fast_way_and_the_general_way_have_the_same_looks() -> None:
    looks = (
        Look(subjects=60),
        Look(observed=30, time=6.0),
        Look(observed=70, minimum_followup=2.0, requires="any"),
        Look(observed=80, minimum_followup=5.0),
    )
    plan = TrialPlan(accrual=ACCRUAL, outcome=EVENTS, looks=looks)
    only = SurvivalStratum(prevalence=1.0, hazards=EVENTS.hazards, dropout_hazards=EVENTS.dropout_hazards)
    general = replace(plan, outcome=StratifiedTimeToEvent(strata=(only,)))
    one, other = (simulate_trials(each, trials=130, rng=np.random.default_rng(5)) for each in (plan, general))
    for name in ("time", "observed", "subjects", "is_short"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert np.allclose(one.z, other.z, rtol=1e-11, atol=1e-12, equal_nan=True)


def test_looks_are_at_fractions_of_the_information() -> None:
    assert looks_at_fractions((0.5, 0.75, 1.0), observed=300) == tuple(Look(observed=n) for n in (150, 225, 300))
    assert [look.observed for look in looks_at_fractions((1 / 3, 0.7, 1), observed=310)] == [104, 217, 310]


def test_looks_of_a_design_are_its_events_or_their_times() -> None:
    design = compute_group_sequential_design(
        information_fractions=(0.5, 0.75, 1.0), alpha=0.025, sided=1, power=0.9, efficacy=LanDeMetsOBrienFleming()
    )
    trial = SurvivalTrial.of(
        accrual=AccrualRates.uniform(duration=12.0, subjects=240.0),
        control=PiecewiseHazards(starts=(0.0,), hazards=(0.08,)),
        experimental=PiecewiseHazards(starts=(0.0,), hazards=(0.06,)),
    )
    assert looks_of_design(design, observed=160) == tuple(Look(observed=n) for n in (80, 120, 160))
    by_time = looks_of_design(design, observed=160, trial=trial)
    plan = TrialPlan(
        accrual=Accrual(subjects=240, rate=constant_rate(20.0), arrivals="even"),
        outcome=TimeToEvent(hazards=HAZARDS),
        looks=by_time,
    )
    simulated = simulate_trials(plan, trials=2_000, rng=np.random.default_rng(6))
    for look, events in enumerate((80, 120, 160)):
        mean, error = simulated.observed[:, look].mean(), simulated.observed[:, look].std(ddof=1) / math.sqrt(2_000)
        # Evenly, the k-th of 240 comes at k / 20, not half of the step before: about an event's part later.
        assert abs(mean - events) < 3 * error + 1


MIX = SiteMix(
    subjects=200,
    groups=(
        OpeningSites(sites=5, rate=0.8, first_opening=0.0, last_opening=4.0),
        OpeningSites(sites=10, rate=0.5, first_opening=3.0, last_opening=7.5),
    ),
)


def test_sites_open_one_after_the_other() -> None:
    assert MIX.groups[0].openings == (0.0, 1.0, 2.0, 3.0, 4.0)
    assert MIX.rate.at(0.5) == pytest.approx(0.8)
    assert MIX.rate.at(3.0) == pytest.approx(4 * 0.8 + 0.5)
    assert MIX.rate.at(100.0) == pytest.approx(4.0 + 5.0)
    late = replace(MIX, groups=(OpeningSites(sites=1, rate=2.0, first_opening=3.0, last_opening=3.0),))
    assert late.rate == PiecewiseRate(rates=(0.0, 2.0), changes=(3.0,))
    same = Accrual(subjects=200, rate=MIX.rate)
    by_sites, by_rate = (
        simulate_enrollment(accrual, trials=20, rng=np.random.default_rng(3)).entry for accrual in (MIX, same)
    )
    assert np.array_equal(by_sites, by_rate)


@pytest.mark.validates("design.simulation")
def test_times_of_subjects_are_gamma_and_numbers_negative_binomial(reference: References) -> None:
    # One rate: the 50th subject comes at a gamma time. Rates that vary between sites: numbers by a time are sums of
    # negative binomial ones (Anisimov and Fedorov 2007), here of ten sites that are alike, so of one.
    steady = Accrual(subjects=80, rate=constant_rate(5.0))
    enrollment = simulate_enrollment(steady, trials=20_000, rng=np.random.default_rng(9), execution=Threads(2))
    forecast = enrollment.time_of(50)
    exact = stats.gamma(50, scale=1 / 5.0)
    for probability, quantile in zip(forecast.probabilities, forecast.quantiles, strict=True):
        error = math.sqrt(probability * (1 - probability) / 20_000) / float(exact.pdf(exact.ppf(probability)))
        reference.holds(
            f"quantile {probability} of the time of the 50th subject, rate 5 (20,000 trials)",
            quantile,
            float(exact.ppf(probability)),
            tolerance=3 * error,
            source="the gamma distribution of shape 50: scipy.stats.gamma(50, scale=0.2).ppf",
        )
    varied = SiteMix(subjects=150, groups=(OpeningSites(sites=10, rate=1.0),), rate_variation=0.8)
    numbers = simulate_enrollment(varied, trials=20_000, rng=np.random.default_rng(10))
    shape = 10 / 0.8**2
    binomial = stats.nbinom(shape, (shape / 10) / (shape / 10 + 5.0))
    found = numbers.subjects_by(5.0)
    reference.holds(
        "mean number of subjects by 5, ten sites of mean rate 1, coefficient of variation 0.8 (20,000 trials)",
        found.mean,
        50.0,
        tolerance=3 * (found.standard_error or 0.0),
        source="negative binomial by hand: 10 sites x 1 x 5",
    )
    spread = float(np.count_nonzero(numbers.entry <= 5.0, axis=1).std(ddof=1))
    assert spread == pytest.approx(float(binomial.std()), rel=0.02)
    for number in (35, 50, 65):
        share, expected = float((numbers.entry[:, number] > 5.0).mean()), float(binomial.cdf(number))
        assert abs(share - expected) <= 3 * math.sqrt(expected * (1 - expected) / 20_000)


def test_varying_sites_come_in_to_trials_as_to_enrollment() -> None:
    varied = replace(MIX, rate_variation=0.6)
    plan = TrialPlan(accrual=varied, outcome=EVENTS, looks=(Look(subjects=150), Look(observed=100)))
    simulated = simulate_trials(plan, trials=250, rng=np.random.default_rng(3))
    entry = simulate_enrollment(varied, trials=250, rng=np.random.default_rng(3)).entry
    assert np.array_equal(simulated.time[:, 0], entry[:, 149])
    assert np.array_equal(simulate_subjects(plan, seed=simulated.seed, trial=249).entry, entry[249])
    known = simulate_enrollment(MIX, trials=250, rng=np.random.default_rng(3))
    assert entry[:, -1].std() > 1.5 * known.entry[:, -1].std()
    means = TrialPlan(accrual=varied, outcome=MEANS, looks=(Look(subjects=150),))
    assert np.array_equal(simulate_trials(means, trials=250, rng=np.random.default_rng(3)).time[:, 0], entry[:, 149])
    first, second = compute_look_forecasts(simulated, (0.1, 0.9))
    assert first.quantiles[0] < first.mean < first.quantiles[1] < second.quantiles[1]


def test_strata_have_their_prevalences_and_blocks_of_their_own() -> None:
    strata = tuple(SurvivalStratum(prevalence=share, hazards=HAZARDS) for share in (0.2, 0.5, 0.3))
    plan = TrialPlan(
        accrual=Accrual(subjects=300, rate=constant_rate(20.0)),
        outcome=StratifiedTimeToEvent(strata=strata),
        looks=(Look(observed=100),),
        allocation=Allocation(weights=(1, 2)),
    )
    counts = np.zeros(3)
    for trial in range(40):
        subjects = simulate_subjects(plan, seed=1, trial=trial)
        counts += np.bincount(subjects.stratum, minlength=3)
        for stratum in range(3):
            arms = subjects.arm[subjects.stratum == stratum]
            whole = len(arms) // 3 * 3
            assert np.all(arms[:whole].reshape(-1, 3).sum(axis=1) == 2)
        together = simulate_subjects(
            replace(plan, allocation=Allocation(weights=(1, 2), within_strata=False)), seed=1, trial=trial
        )
        assert np.all(together.arm.reshape(-1, 3).sum(axis=1) == 2)
    assert stats.chisquare(counts, np.array([0.2, 0.5, 0.3]) * counts.sum()).pvalue > 0.001


def test_a_stratified_test_holds_its_level_and_gains_power_from_strata() -> None:
    base = (constant_rate(0.25), constant_rate(0.03))
    critical = float(stats.norm.isf(0.025))
    powers = {}
    for ratio, trials in ((1.0, 5_000), (0.65, 2_000)):
        for is_stratified in (True, False):
            strata = tuple(
                SurvivalStratum(prevalence=0.5, hazards=(hazard, proportional_hazard(hazard, hazard_ratio=ratio)))
                for hazard in base
            )
            plan = TrialPlan(
                accrual=Accrual(subjects=300, rate=constant_rate(20.0)),
                outcome=StratifiedTimeToEvent(strata=strata, is_test_stratified=is_stratified),
                looks=(Look(observed=220),),
            )
            simulated = simulate_trials(plan, trials=trials, rng=np.random.default_rng(21))
            powers[ratio, is_stratified] = float((simulated.z[:, 0, 0] >= critical).mean())
    assert abs(powers[1.0, True] - 0.025) <= 3 * math.sqrt(0.025 * 0.975 / 5_000)
    # Schoenfeld's power with all 220 events; without strata the effect is diluted.
    drift = -math.log(0.65) * math.sqrt(220 / 4)
    expected = float(stats.norm.sf(critical - drift))
    assert abs(powers[0.65, True] - expected) <= 3 * math.sqrt(expected * (1 - expected) / 2_000) + 0.01
    assert powers[0.65, False] < powers[0.65, True] - 0.05


def test_estimates_at_the_end_are_too_large_where_trials_stop_early() -> None:
    plan = TrialPlan(
        accrual=ACCRUAL,
        outcome=NormalOutcome(means=(0.0, 0.4), sds=(1.0, 1.0)),
        looks=(Look(observed=60), Look(observed=120)),
    )
    simulated = simulate_trials(plan, trials=5_000, rng=np.random.default_rng(31))
    never, early = (Boundaries(efficacy=(bound, 1.96)) for bound in (None, 1.96))
    (unbiased,), (biased,) = (compute_final_estimates(simulated, bounds) for bounds in (never, early))
    assert abs((unbiased.value or 0.0) - 0.4) <= 3 * (unbiased.standard_error or 0.0)
    assert (biased.value or 0.0) > 0.4 + 5 * (biased.standard_error or 0.0)
    survival = TrialPlan(
        accrual=Accrual(subjects=400, rate=constant_rate(40.0)),
        outcome=TimeToEvent(hazards=(constant_rate(0.1), constant_rate(0.08))),
        looks=(Look(observed=300),),
    )
    (found,) = compute_final_estimates(
        simulate_trials(survival, trials=3_000, rng=np.random.default_rng(32)), Boundaries(efficacy=(1.96,))
    )
    assert found.value == pytest.approx(math.log(0.8), abs=3 * (found.standard_error or 0.0))


def test_what_cannot_be_is_refused() -> None:
    few = simulate_enrollment(ACCRUAL, trials=2, rng=np.random.default_rng(1))
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: Look(subjects=0), "Look.subjects must be at least 1, got 0"),
        (lambda: Look(minimum_followup=-1.0), "minimum_followup must not be negative"),
        (
            lambda: TrialPlan(accrual=ACCRUAL, outcome=EVENTS, looks=(Look(subjects=121),)),
            "ends with 120",
        ),
        (lambda: looks_at_fractions((0.5, 0.4), observed=100), "increase in observed, but number 2"),
        (lambda: looks_at_fractions((0.0, 1.0), observed=100), r"above 0 and at most 1, got 0\.0"),
        (lambda: looks_at_fractions((1.0,), observed=0.5), "observed must be at least 1"),
        (lambda: OpeningSites(sites=0, rate=1.0), "sites must be at least 1"),
        (lambda: OpeningSites(sites=1, rate=0.0), "rate must be above 0"),
        (lambda: OpeningSites(sites=2, rate=1.0, first_opening=3.0, last_opening=2.0), "first not after the last"),
        (lambda: SiteMix(subjects=1, groups=MIX.groups), "at least 2, got 1"),
        (lambda: SiteMix(subjects=9, groups=()), "groups is empty"),
        (lambda: replace(MIX, rate_variation=-0.1), "rate_variation must not be negative"),
        (lambda: few.time_of(121), "between 1 and 120"),
        (lambda: few.time_of(5, (0.0,)), "probabilities must lie between 0 and 1"),
        (lambda: StratifiedTimeToEvent(strata=()), "strata is empty"),
        (
            lambda: StratifiedTimeToEvent(strata=(SurvivalStratum(prevalence=0.5, hazards=HAZARDS),)),
            r"sum to 0\.5, not 1",
        ),
        (
            lambda: StratifiedTimeToEvent(
                strata=(SurvivalStratum(prevalence=1.0, hazards=HAZARDS, dropout_hazards=HAZARDS[:1]),)
            ),
            "Stratum 1 has 1 dropout_hazards for 2 arms",
        ),
        (
            lambda: StratifiedTimeToEvent(
                strata=(
                    SurvivalStratum(prevalence=0.5, hazards=HAZARDS),
                    SurvivalStratum(prevalence=0.5, hazards=HAZARDS[:1]),
                )
            ),
            "different numbers of arms",
        ),
    ]
    for make, message in refused:
        with pytest.raises(DesignError, match=message):
            make()
