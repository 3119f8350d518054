"""Each model is held to the moments that its textbook form implies. Seeds and sizes stand in the tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from trialwright.rehearsal import AdverseEvents, AdverseEventTerm, Dosing, Dropout, Efficacy, Scenario
from trialwright.rehearsal.adverse_events import simulate_events
from trialwright.rehearsal.dosing import simulate_intake
from trialwright.rehearsal.dropout import COMPLETED, LOST, WITHDRAWAL, simulate_outcomes
from trialwright.rehearsal.efficacy import simulate_course, simulate_items
from trialwright.rehearsal.enrollment import simulate_screening, simulate_sites
from trialwright.rehearsal.measurements import simulate_laboratory
from trialwright.rehearsal.outline import TrialOutline
from trialwright.rehearsal.population import simulate_people
from trialwright.rehearsal.randomization import simulate_allocation
from trialwright.rehearsal.streams import Streams
from trialwright.rehearsal.study_outline import outline_study
from trialwright.rehearsal.visits import Calendar, simulate_calendar
from trialwright.study import Study

#: Four standard errors: a correct model fails one such comparison in 16,000.
Z = 4.0


@pytest.fixture(scope="module")
def outline(calm12: Study, scenario: Scenario) -> TrialOutline:
    return outline_study(calm12, scenario)


def exact_calendar(outline: TrialOutline, subjects: int) -> Calendar:
    """Every visit on its nominal day, none missed."""
    consent = np.full(subjects, 20_000)
    return simulate_calendar(outline, None, consent, np.random.default_rng(0))


def mean_total(efficacy: Efficacy, effect: float) -> float:
    """Mean of the rated total at the reference week, by integration over the baseline.

    Given the baseline the severity is normal; its part below 0 is rated 0, and
    E max(0, X) = m Phi(m / s) + s phi(m / s) for X normal with mean m and standard deviation s.
    """
    spread = float(np.hypot(efficacy.subject_sd, efficacy.residual_sd))
    low = (efficacy.minimum_at_screening - efficacy.baseline_mean) / efficacy.baseline_sd
    high = (56 - efficacy.baseline_mean) / efficacy.baseline_sd
    baseline = stats.truncnorm(low, high, loc=efficacy.baseline_mean, scale=efficacy.baseline_sd)

    def given_baseline(start: float) -> float:
        mean = start + efficacy.control_change + efficacy.baseline_slope * (start - efficacy.baseline_mean) + effect
        rated = mean * stats.norm.cdf(mean / spread) + spread * stats.norm.pdf(mean / spread)
        return float(rated * baseline.pdf(start))

    return float(integrate.quad(given_baseline, efficacy.minimum_at_screening, 56)[0])


def test_the_treatment_effect_is_the_scenarios(outline: TrialOutline, scenario: Scenario) -> None:
    efficacy = scenario.efficacy
    assert efficacy is not None
    size = 20_000
    arm = np.repeat([0, 1, 2], size)
    none_low = np.zeros(arm.size, dtype=np.bool_)
    course = simulate_course(
        outline, efficacy, exact_calendar(outline, arm.size), arm, none_low, Streams(np.random.default_rng(11))
    )
    week12 = outline.end_of_treatment
    error = 7.5 * np.sqrt(2 / size)
    for position, effect in ((1, -1.8), (2, -3.8)):
        latent = course.latent[arm == position, week12].mean() - course.latent[arm == 0, week12].mean()
        assert abs(latent - effect) < Z * error
        rated = course.total[arm == position, week12].mean() - course.total[arm == 0, week12].mean()
        assert abs(rated - (mean_total(efficacy, effect) - mean_total(efficacy, 0.0))) < Z * error
        assert course.effect[arm == position, week12] == pytest.approx(effect, rel=1e-12)
    assert abs(course.total[arm == 0, week12].mean() - mean_total(efficacy, 0.0)) < Z * 7.5 / np.sqrt(size)
    assert not course.effect[:, : outline.randomization + 1].any()


def test_residuals_are_correlated_as_an_autoregressive_process(outline: TrialOutline, scenario: Scenario) -> None:
    assert scenario.efficacy is not None
    efficacy = replace(scenario.efficacy, subject_sd=0, baseline_slope=0, baseline_sd=1e-6, residual_correlation=0.75)
    size = 20_000
    arm, low = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.bool_)
    course = simulate_course(
        outline, efficacy, exact_calendar(outline, size), arm, low, Streams(np.random.default_rng(5))
    )
    week8, week12 = course.latent[:, 5], course.latent[:, 6]
    # Four weeks apart: 0.75^4 = 0.3164; the standard error of a correlation is (1 - r^2) / sqrt(n).
    assert abs(np.corrcoef(week8, week12)[0, 1] - 0.75**4) < Z * (1 - 0.1) / np.sqrt(size)
    assert week12.std() == pytest.approx(efficacy.residual_sd, rel=Z / np.sqrt(2 * size))


def test_items_add_up_and_prominent_ones_score_higher(scenario: Scenario) -> None:
    assert scenario.efficacy is not None
    total = np.tile(np.arange(57), (40, 1))
    items = simulate_items(scenario.efficacy, total, np.zeros(total.shape, dtype=np.bool_), np.random.default_rng(3))
    assert (items.sum(axis=2) == total).all()
    assert items.min() == 0
    assert items.max() == 4
    assert items[:, :, 0].mean() > items[:, :, 11].mean() + 0.5


@pytest.mark.parametrize("shape", [0.8, 3.0])
def test_incidence_of_an_event_follows_from_rate_and_frailty(
    outline: TrialOutline, scenario: Scenario, shape: float
) -> None:
    size = 15_000
    term = AdverseEventTerm(
        term="HEADACHE", body_system="NERVOUS SYSTEM DISORDERS", rate=1.2, rate_by_arm={"TWX-101 30 mg": 2.0}
    )
    events = AdverseEvents(terms=(term,), frailty_shape=shape)
    calendar, arm = exact_calendar(outline, 2 * size), np.repeat([0, 2], size)
    drawn = simulate_events(outline, scenario, events, calendar, arm, np.random.default_rng(8))
    has = np.zeros(2 * size, dtype=np.bool_)
    has[drawn.subject] = True
    # Poisson with gamma frailty is negative binomial: P(none) = (1 + m / shape)^-shape. Consent is 14 days before day 1
    # and the last visit 98 days after it, treatment lasts 84 days.
    for members, mean in ((arm == 0, 1.2 * 112 / 365.25), (arm == 2, 1.2 * 112 / 365.25 + 2.0 * 84 / 365.25)):
        expected = 1 - (1 + mean / shape) ** -shape
        error = np.sqrt(expected * (1 - expected) / size)
        assert abs(has[members].mean() - expected) < Z * error


def test_completion_follows_from_the_hazards(outline: TrialOutline) -> None:
    size = 20_000
    calendar, arm = exact_calendar(outline, size), np.zeros(size, dtype=np.int64)
    dropout = Dropout(withdrawal=0.5, lost_to_follow_up=0.3)
    outcomes = simulate_outcomes(outline, dropout, calendar, arm, None, None, np.random.default_rng(2))
    shares = {how: outcomes.treatment.count(how) / size for how in (COMPLETED, WITHDRAWAL, LOST)}
    # Leaving takes effect on a whole day before that of Week 12, 84 days after day 1.
    stays = np.exp(-0.8 * 83 / 365.25)
    expected = {COMPLETED: stays, WITHDRAWAL: (1 - stays) * 0.5 / 0.8, LOST: (1 - stays) * 0.3 / 0.8}
    for how, share in expected.items():
        assert abs(shares[how] - share) < Z * np.sqrt(share * (1 - share) / size)


def test_lack_of_efficacy_strikes_those_who_do_badly(outline: TrialOutline, scenario: Scenario) -> None:
    assert scenario.efficacy is not None
    size = 6_000
    calendar, arm = exact_calendar(outline, size), np.zeros(size, dtype=np.int64)
    low = np.zeros(size, dtype=np.bool_)
    course = simulate_course(outline, scenario.efficacy, calendar, arm, low, Streams(np.random.default_rng(4)))
    dropout = Dropout(lack_of_efficacy=0.4, efficacy_log_hazard=0.15)
    outcomes = simulate_outcomes(outline, dropout, calendar, arm, None, course, np.random.default_rng(6))
    left = np.array([how != COMPLETED for how in outcomes.treatment])
    assert left.sum() > 200
    # Judged at Week 2, before the first of them left.
    week2 = course.total[:, 2]
    assert week2[left].mean() - week2[~left].mean() > 2.0
    assert (outcomes.treatment_end[left] > calendar.day[left, 2]).all()


def test_adherence_is_the_scenarios() -> None:
    size, days = 4_000, 84
    first = np.zeros(size, dtype=np.int64)
    none = np.zeros(0, dtype=np.int64)
    taken = simulate_intake(
        Dosing(adherence=0.9, persistence=0.4),
        first,
        first + days - 1,
        (none, none, none),
        days,
        np.random.default_rng(9),
    )
    assert taken[:, 0].all()
    late = taken[:, 20:]
    # Days are correlated: the variance of a mean is larger by (1 + r) / (1 - r), r the persistence.
    error = np.sqrt(0.9 * 0.1 / late.size * 1.4 / 0.6)
    assert abs(late.mean() - 0.9) < Z * error
    assert np.corrcoef(late[:, :-1].ravel(), late[:, 1:].ravel())[0, 1] == pytest.approx(0.4, abs=0.02)


def test_recruitment_rates_and_screen_failure_have_their_moments(outline: TrialOutline, scenario: Scenario) -> None:
    country = replace(scenario.enrollment.countries[0], sites=99, activation_days=30.0)
    assert scenario.screen_failure is not None
    many = replace(
        scenario,
        enrollment=replace(scenario.enrollment, countries=(country,), rate_per_month=3.0, rate_shape=2.0, target=9_000),
    )
    streams = Streams(np.random.default_rng(12))
    sites = simulate_sites(many, streams)
    # Gamma with shape 2: standard deviation = mean / sqrt(2).
    assert abs(sites.rate.mean() * 30.4375 - 3.0) < Z * 3.0 / np.sqrt(2 * 99)
    screened = simulate_screening(outline, many, sites, streams)
    assert screened.passes.sum() == 9_000
    assert screened.passes[-1], "recruitment stops with the last subject who is needed"
    assert (np.diff(screened.consent) >= 0).all()
    assert (screened.consent >= sites.activation[screened.site]).all()
    counts = np.bincount(screened.site, minlength=99)
    exposure = screened.consent[-1] + 1 - sites.activation
    expected = sites.rate * exposure
    # Poisson given the rate: the sum of (o - e)^2 / e is chi-square on the number of sites.
    assert ((counts - expected) ** 2 / expected).sum() < stats.chi2.isf(3e-5, 99)
    share = np.average(sites.failure, weights=counts)
    failures = (~screened.passes).mean()
    assert abs(failures - share) < Z * np.sqrt(share * (1 - share) / screened.site.size)


def test_laboratory_values_have_their_mean_and_variation(outline: TrialOutline, scenario: Scenario) -> None:
    assert scenario.laboratory is not None
    size = 20_000
    people = simulate_people(scenario.population, ["Europe"] * size, np.random.default_rng(1))
    calendar, arm = exact_calendar(outline, size), np.full(size, 2)
    values, _ = simulate_laboratory(
        outline, scenario, scenario.laboratory, calendar, arm, people, np.random.default_rng(10)
    )
    women = people.is_woman
    alt = values[women, outline.randomization, 0]
    # Log-normal with mean 19 and the two coefficients of variation 0.30 and 0.14.
    variation = np.sqrt((1 + 0.30**2) * (1 + 0.14**2) - 1)
    assert abs(alt.mean() - 19) < Z * 19 * variation / np.sqrt(alt.size)
    assert alt.std() / alt.mean() == pytest.approx(variation, rel=0.05)
    rise = values[women, outline.end_of_treatment, 0].mean() / alt.mean()
    assert rise == pytest.approx(1.10, abs=0.02)


@settings(max_examples=60, deadline=None)
@given(
    ratios=st.lists(st.integers(1, 3), min_size=2, max_size=4).map(tuple),
    blocks=st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple),
    strata=st.lists(st.integers(0, 2), max_size=120),
    seed=st.integers(0, 2**32 - 1),
)
def test_permuted_blocks_keep_the_arms_balanced_in_every_stratum_at_all_times(
    ratios: tuple[int, ...], blocks: tuple[int, ...], strata: list[int], seed: int
) -> None:
    stratum = np.array(strata, dtype=np.int64)
    arm = simulate_allocation(stratum, ratios, blocks, np.random.default_rng(seed))
    for one in set(strata):
        own = arm[stratum == one]
        counts = np.cumsum(own[:, None] == np.arange(len(ratios)), axis=0)
        # In a block of m x ratio no arm is ahead of or behind its share by more than what the block holds of it.
        share = np.arange(1, own.size + 1)[:, None] * np.array(ratios) / sum(ratios)
        assert (np.abs(counts - share) <= max(blocks) * np.array(ratios)).all()
