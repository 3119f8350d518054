"""Single-arm monitoring against papers, an independent recursion in R, and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from tests.validation import References

from trialwright.design.bayesian import (
    BetaMixture,
    ResponseLook,
    compute_dual_criterion_binary,
    compute_dual_criterion_normal,
    compute_posterior_monitoring,
    compute_posterior_probability,
    compute_predictive_design,
    compute_predictive_monitoring,
    compute_predictive_probability,
    compute_response_characteristics,
)
from trialwright.design.sample_size.priors import BetaPrior, NormalPrior

LEE_LIU = BetaPrior(a=0.6, b=0.4)


@pytest.mark.validates("design.bayesian_one_arm")
def test_the_predictive_probability_is_that_of_lee_and_liu(reference: References) -> None:
    # Seen in the manual of the R package ph2bayes 0.0.2, predprob: "p. 97, PP = 0.5656"; and in the examples of
    # Genentech/phase1b: posterior probability 0.8358808 (0.8359808 by pbeta; theirs has a digit turned).
    value = compute_predictive_probability(LEE_LIU, responses=16, n=23, n_total=40, null_rate=0.6, success_cutoff=0.9)
    reference.holds(
        "predictive probability, 16 of 23, n_total 40, beta(0.6, 0.4), null 0.6, theta_T 0.9",
        value,
        0.5656,
        tolerance=5e-5,
        source="Lee and Liu 2008, p. 97, as quoted in the manual of the R package ph2bayes 0.0.2 (predprob)",
    )
    reference.holds(
        "posterior probability, 16 of 23",
        compute_posterior_probability(LEE_LIU, responses=16, n=23, null_rate=0.6),
        0.835980805221,
        tolerance=1e-11,
        source="R 4.2.2: pbeta(.6, 16.6, 7.4, lower.tail = FALSE)",
    )


@pytest.mark.validates("design.bayesian_one_arm")
def test_the_search_finds_the_design_of_lee_and_liu(reference: References) -> None:
    design = compute_predictive_design(
        BetaPrior(a=0.2, b=0.8), null_rate=0.2, alternative_rate=0.4, alpha=0.1, power=0.9
    )
    # The stopping numbers are those of Lee and Liu 2008, section 4 (from memory): 0 of 10, 1 of 17, 2 of 21, 3 of 24,
    # 4 of 27, 5 of 29, 6 of 31, 7 of 33, 8 of 34, 9 of 35, 10 of 36.
    first = {look.futility_at_most: look.n for look in reversed(design.looks)}
    assert first == {0: 10, 1: 17, 2: 21, 3: 24, 4: 27, 5: 29, 6: 31, 7: 33, 8: 34, 9: 35, 10: 36}
    assert (design.n_total, design.futility_cutoff) == (36, 0.001)
    assert design.alternative is not None
    source = (
        "R 4.2.2: recursion subject by subject, c(pr, 0) * (1 - p) + c(0, pr) * p, with predictive probabilities from "
        "lchoose and lbeta; the paper has 0.088, 0.906, 27.67 and 0.86 (from memory)"
    )
    for quantity, actual, expected in (
        ("type I error", design.null.success, 0.0877792621403),
        ("power", design.alternative.success, 0.906181499393),
        ("expected n, null", design.null.expected_n, 27.6676680938),
        ("early stopping, null", design.null.futility, 0.857116467324),
        ("expected n, alternative", design.alternative.expected_n, 35.6541121115),
        ("early stopping, alternative", design.alternative.futility, 0.0619708014259),
    ):
        reference.holds(f"{quantity}, 0.2 against 0.4", actual, expected, tolerance=1e-9, source=source, relative=True)
    low, high = design.success_cutoff_range
    assert low < 0.852 < 0.922 < high


def test_the_criterion_picks_among_designs_of_the_smallest_size() -> None:
    def search(criterion: str) -> tuple[int, float, float]:
        design = compute_predictive_design(
            BetaPrior(a=0.3, b=0.7),
            null_rate=0.3,
            alternative_rate=0.6,
            alpha=0.1,
            power=0.85,
            criterion=criterion,  # type: ignore[arg-type]
        )
        assert design.alternative is not None
        assert design.null.success <= 0.1
        assert design.alternative.success >= 0.85
        return design.n_total, design.alternative.success, design.null.expected_n

    powerful, small = search("power"), search("expected_n")
    assert powerful[0] == small[0]
    assert powerful[1] >= small[1]
    assert small[2] <= powerful[2]


@pytest.mark.validates("design.bayesian_one_arm")
def test_thall_and_simons_bounds_agree_with_quadrature(reference: References) -> None:
    design = compute_posterior_monitoring(
        BetaPrior(a=0.6, b=1.4),
        looks=(10, 20, 30, 40),
        null_rate=0.3,
        success_cutoff=0.9,
        futility_cutoff=0.05,
        efficacy_cutoff=0.9,
        control=BetaPrior(a=15, b=35),
        improvement=0.15,
    )
    source = (
        "R 4.2.2: P(p > c + 0.15), control beta(15, 35), prior beta(0.6, 1.4): integrate of dbeta * pbeta for each "
        "number of responses; the last below 0.05 and the first at least 0.9"
    )
    expected = {10: (1, 8), 20: (5, 13), 30: (8, 19)}
    for look in design.looks[:3]:
        futile, effective = expected[look.n]
        reference.holds(f"futility at most, n = {look.n}", look.futility_at_most, futile, tolerance=0, source=source)
        reference.holds(
            f"efficacy at least, n = {look.n}", look.efficacy_at_least, effective, tolerance=0, source=source
        )
    reference.holds("success at least, n = 40", design.looks[3].efficacy_at_least, 24, tolerance=0, source=source)


def test_characteristics_agree_with_simulated_trials() -> None:
    looks = (
        ResponseLook(n=10, futility_at_most=2, efficacy_at_least=8),
        ResponseLook(n=25, futility_at_most=7, efficacy_at_least=15),
        ResponseLook(n=40, futility_at_most=17, efficacy_at_least=18),
    )
    exact = compute_response_characteristics(looks, rate=0.45)
    trials, rng = 40_000, np.random.default_rng(20261122)
    responses = np.cumsum(rng.random((trials, 40)) < 0.45, axis=1)
    running, success, n = np.ones(trials, bool), np.zeros(trials, bool), np.zeros(trials)
    for look in looks:
        at = responses[:, look.n - 1]
        assert look.efficacy_at_least is not None
        assert look.futility_at_most is not None
        wins, ends = running & (at >= look.efficacy_at_least), running & (at <= look.futility_at_most)
        success |= wins
        n[wins | ends] = look.n
        running &= ~(wins | ends)
    for actual, values in ((exact.success, success), (exact.expected_n, n)):
        assert abs(actual - values.mean()) <= 3 * values.std() / trials**0.5
    assert sum(exact.stopping_probabilities) == pytest.approx(1)


def test_looking_often_without_calibration_inflates_the_type_one_error() -> None:
    # Success at 97.5% posterior probability: once it is a test of about 2.5%, at every fifth subject it is not.
    def error(looks: tuple[int, ...]) -> float:
        return compute_posterior_monitoring(
            BetaPrior(a=0.5, b=0.5), looks=looks, null_rate=0.3, success_cutoff=0.975, efficacy_cutoff=0.975
        ).null.success

    assert error((60,)) < 0.035
    assert error(tuple(range(10, 61, 5))) > 0.06


def test_a_predictive_rule_never_stops_what_is_sure_to_succeed() -> None:
    design = compute_predictive_monitoring(
        BetaPrior(a=1, b=1), looks=(10, 20, 30), null_rate=0.2, success_cutoff=0.95, futility_cutoff=0.1
    )
    last = design.looks[-1].efficacy_at_least
    assert last is not None
    for look in design.looks[:-1]:
        assert look.futility_at_most is not None
        assert look.futility_at_most < last
    # A mixture of two equal components is its component.
    mixture = BetaMixture(weights=(0.5, 0.5), components=(BetaPrior(a=1, b=1), BetaPrior(a=1, b=1)))
    again = compute_predictive_monitoring(
        mixture, looks=(10, 20, 30), null_rate=0.2, success_cutoff=0.95, futility_cutoff=0.1
    )
    assert again.looks == design.looks


@pytest.mark.validates("design.dual_criterion")
def test_dual_criteria_agree_with_r(reference: References) -> None:
    design = compute_dual_criterion_binary(BetaPrior(a=1, b=1), n=25, null_rate=0.075, decision_rate=0.175, alpha=0.05)
    source = "R 4.2.2: pbinom(3, 25, rate, lower.tail = FALSE); qbeta(.5, 1 + x, 26 - x) is 0.139 at 3 and 0.177 at 4"
    reference.holds("go at least, n = 25, 7.5% and 17.5%", design.go_at_least, 4, tolerance=0, source=source)
    reference.holds("P(go) at 7.5%", design.null.go, 0.113455208725, tolerance=1e-11, source=source)
    reference.holds("P(go) at 17.5%", design.decision.go, 0.659555464985, tolerance=1e-11, source=source)

    normal = compute_dual_criterion_normal(n=60, subject_sd=2, null_value=0, decision_value=0.5, alpha=0.05)
    source = "By hand: (1.644854 * 2 / 0.5)^2 = 43.29; P(go | 0) = 1 - Phi(0.5 sqrt(60) / 2), R 4.2.2 pnorm"
    reference.holds("minimum n", normal.minimum_n, 44, tolerance=0, source=source)
    reference.holds("P(go) at 0", normal.null.go, 0.0264037557, tolerance=1e-9, source=source)
    reference.holds("P(no-go) at 0", normal.null.no_go, 0.95, tolerance=1e-12, source=source)
    assert normal.decision.go == pytest.approx(0.5)


def test_the_minimum_size_makes_relevance_enough() -> None:
    def design(n: int) -> float:
        result = compute_dual_criterion_normal(
            n=n, subject_sd=2, null_value=0, decision_value=0.5, alpha=0.05, prior=NormalPrior(mean=0, sd=1)
        )
        assert result.minimum_n == 40
        return result.go_at_least

    # With the prior worth 4 subjects, 40 do what 44 did; then the estimate that is needed is the relevant one.
    information = 40 / 4
    assert design(40) == pytest.approx(0.5 * (information + 1) / information)
    assert design(39) > 0.5 * (39 / 4 + 1) / (39 / 4)
