"""EWOC and logistic regression against adaptive quadrature in R, and simulations against theory."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.validation import References

from trialwright.design.early import (
    EwocDesign,
    FeasibilityBound,
    LogisticEscalation,
    LogisticPrior,
    decide_ewoc,
    decide_logistic,
    simulate_ewoc,
    simulate_ewoc_any_dose,
    simulate_logistic,
)
from trialwright.errors import DesignError

# R 4.2.2, nested stats::integrate of the likelihood times the uniform prior of (rho0, gamma), rel.tol 1e-9 and 1e-10;
# quantiles by stats::uniroot. Target 1/3, doses 0 to 100.
EWOC = [
    ((20, 30, 30, 45), (0, 0, 1, 0), 57.614790, (12.685466, 37.586089, 57.909371, 97.844677)),
    ((30,), (0,), 57.686819, (11.018586, 36.991722, 58.745383, 97.966526)),
]
NESTED = "R 4.2.2, nested adaptive quadrature (stats::integrate) of likelihood times prior"


@pytest.mark.validates("design.overdose_control")
@pytest.mark.parametrize(("doses", "has_dlt", "mean", "quantiles"), EWOC)
def test_posterior_of_ewoc_agrees_with_adaptive_quadrature(
    doses: tuple[float, ...],
    has_dlt: tuple[int, ...],
    mean: float,
    quantiles: tuple[float, ...],
    reference: References,
) -> None:
    design = EwocDesign(target=1 / 3, dose_min=0, dose_max=100)
    decision = decide_ewoc(design, doses=doses, has_dlt=[bool(y) for y in has_dlt])

    data = f"doses {doses}, DLTs {has_dlt}"
    reference.holds(f"mean MTD, {data}", decision.mtd_mean, mean, tolerance=2e-4, source=NESTED)
    for level, actual, expected in zip((0.025, 0.25, 0.5, 0.975), decision.mtd_quantiles, quantiles, strict=True):
        reference.holds(f"{level} quantile of the MTD, {data}", actual, expected, tolerance=2e-3, source=NESTED)
    assert decision.dose == decision.mtd_quantiles[1]


@pytest.mark.validates("design.overdose_control")
def test_overdose_probabilities_of_a_set_of_doses(reference: References) -> None:
    design = EwocDesign(target=1 / 3, dose_min=0, dose_max=100, doses=(0, 20, 30, 40, 45, 60))
    decision = decide_ewoc(design, doses=(20, 30, 30, 45), has_dlt=(False, False, True, False))

    # P(MTD < 20) = 0.06789, P(MTD < 40) = 0.27938: of the set, 30 is the highest with at most 0.25.
    assert decision.dose == 30
    wider = decide_ewoc(design, doses=(20, 30, 30, 45), has_dlt=(False, False, True, False), bound=0.28)
    assert wider.dose == 40
    reference.holds("P(40 exceeds the MTD)", wider.overdose, 0.279377698, tolerance=1e-5, source=NESTED)


def test_without_data_the_prior_decides_and_untried_doses_are_not_skipped() -> None:
    design = EwocDesign(target=0.3, dose_min=10, dose_max=110, doses=(10, 20, 40, 60, 80))
    assert decide_ewoc(design, doses=(), has_dlt=()).dose == 10
    assert decide_ewoc(design, doses=(10, 10, 10), has_dlt=(False,) * 3).dose == 20
    # The quantile is 35 either way; of doses close to each other only the next one is given.
    close = replace(design, doses=(10, 12, 14, 60))
    assert decide_ewoc(close, doses=(10, 10, 10), has_dlt=(False,) * 3).dose == 12
    free = replace(design, doses=None)
    # Uniform on 10 to 110: the 25% quantile is 35; no more than 5 above the highest dose, 12, is 17.
    assert decide_ewoc(free, doses=(), has_dlt=()).mtd_quantiles[1] == pytest.approx(35, abs=1e-9)
    assert decide_ewoc(replace(free, max_increment=5), doses=(12,), has_dlt=(False,)).dose == 17


def test_the_bound_rises_only_without_dlts() -> None:
    design = EwocDesign(
        target=0.3, dose_min=10, dose_max=110, doses=(10, 20), bound=FeasibilityBound(increment=0.1, highest=0.4)
    )
    alpha = design.bound_after(None, np.zeros(2, dtype=bool))
    course = []
    for _ in range(4):
        alpha = design.bound_after(alpha, np.array([False, True]))
        course.append(alpha.tolist())
    assert course[0] == [0.25, 0.25]
    assert course[1] == pytest.approx([0.35, 0.25])
    assert course[3] == pytest.approx([0.4, 0.25])


@pytest.mark.validates("design.overdose_control")
def test_simulated_first_decision_of_ewoc_agrees_with_theory(reference: References) -> None:
    # DLTs at the lowest dose say nothing of the MTD, whose prior is independent of rho0: the second cohort is given 20.
    # The third one's dose follows from the DLTs of the first two.
    design = EwocDesign(target=0.3, dose_min=10, dose_max=110, doses=(10, 20, 40))
    truth, exact = (0.2, 0.4, 0.5), {10: 0.0, 20: 0.0, 40: 0.0}
    for first in range(4):
        for second in range(4):
            has_dlt = [i < first for i in range(3)] + [i < second for i in range(3)]
            dose = decide_ewoc(design, doses=(10,) * 3 + (20,) * 3, has_dlt=has_dlt).dose
            exact[int(dose)] += math.prod(
                math.comb(3, y) * p**y * (1 - p) ** (3 - y) for y, p in ((first, truth[0]), (second, truth[1]))
            )
    found = simulate_ewoc(
        design, toxicities=truth, cohorts=3, cohort_size=3, rng=np.random.default_rng(5), trials=20_000
    )
    for level, chance in enumerate(exact.values()):
        reference.holds(
            f"P(the third cohort is given dose {level + 1}), 20,000 trials, seed 5",
            found.expected_n[level] / 3 - (level < 2),
            chance,
            tolerance=3.5 * (chance * (1 - chance) / 20_000) ** 0.5 + 1e-12,
            source="binomial distributions of the DLTs of the first two cohorts",
        )
    assert 0 < exact[40] < 1


def test_overdoses_are_as_rare_as_asked_under_the_prior() -> None:
    # With the truth drawn from the prior, a dose exceeds the MTD with the bound's probability; here over a grid of it.
    design = EwocDesign(target=1 / 3, dose_min=0, dose_max=100)
    shares = []
    for rho_share in (0.1, 0.3, 0.5, 0.7, 0.9):
        for mtd in (10, 30, 50, 70, 90):
            found = simulate_ewoc_any_dose(
                design,
                rho0=rho_share / 3,
                mtd=mtd,
                cohorts=10,
                cohort_size=1,
                rng=np.random.default_rng(2),
                trials=100,
            )
            shares.append((found.overdosed.value or 0) * 10 / 9)  # the first dose, the lowest, is none
    assert np.mean(shares) == pytest.approx(0.25, abs=0.05)


# R 4.2.2, nested stats::integrate as above; log alpha and log beta normal with the prior's moments. Keys are doses,
# values posterior mean and probabilities of the three intervals.
BLRM = {
    1: (0.00334166, 0.99914955, 0.00084014, 0.00001032),
    10: (0.08542835, 0.81562801, 0.15687497, 0.02749702),
    20: (0.40558236, 0.14846198, 0.26413291, 0.58740511),
    25: (0.59668399, 0.03732952, 0.12481934, 0.83785114),
    50: (0.86683493, 0.00819272, 0.02714401, 0.96466327),
}
CORRELATED = {
    10: (0.10910884, 0.81973524, 0.13918213, 0.04108263),
    25: (0.26759461, 0.34310030, 0.40967844, 0.24722126),
    50: (0.53509141, 0.04511112, 0.18434228, 0.77054660),
}


@pytest.mark.validates("design.logistic_regression")
def test_intervals_of_toxicity_agree_with_adaptive_quadrature(reference: References) -> None:
    # Data of the example of Neuenschwander et al. 2008 as far as remembered (not seen): two DLTs of two at dose 25. The
    # reference values are computed for exactly these data.
    first = LogisticEscalation(
        doses=(1, 2.5, 5, 10, 15, 20, 25, 50),
        reference=25,
        prior=LogisticPrior(mean_log_alpha=math.log(0.5), sd_log_alpha=2, mean_log_beta=0, sd_log_beta=1),
    )
    second = LogisticEscalation(
        doses=(10, 25, 50),
        reference=25,
        target_from=0.2,
        overdose_from=0.35,
        prior=LogisticPrior(mean_log_alpha=-0.85, sd_log_alpha=1, mean_log_beta=0, sd_log_beta=1, correlation=-0.5),
    )
    for design, n, dlts, expected in (
        (first, (3, 4, 5, 4, 0, 0, 2, 0), (0, 0, 0, 0, 0, 0, 2, 0), BLRM),
        (second, (3, 3, 0), (0, 1, 0), CORRELATED),
    ):
        for row in decide_logistic(design, n=n, dlts=dlts).posterior:
            if row.dose not in expected:
                continue
            found = (row.mean, row.underdosing, row.target, row.overdosing)
            names = ("mean", "underdosing", "target", "overdosing")
            for name, actual, value in zip(names, found, expected[int(row.dose)], strict=True):
                reference.holds(
                    f"{name}, dose {row.dose}, n {n}, DLTs {dlts}",
                    actual,
                    value,
                    tolerance=1e-7 if name == "mean" else 2e-5,
                    source=NESTED,
                )


def test_rules_differ_as_they_say() -> None:
    design = LogisticEscalation(
        doses=(10, 25, 50),
        reference=25,
        target=0.3,
        target_from=0.2,
        overdose_from=0.35,
        prior=LogisticPrior(mean_log_alpha=-0.85, sd_log_alpha=1, mean_log_beta=0, sd_log_beta=1, correlation=-0.5),
    )
    # Overdosing 0.041, 0.247, 0.771; target interval 0.139, 0.410, 0.184; means 0.109, 0.268, 0.535 (as above).
    for rule in ("target_interval", "highest", "closest"):
        assert decide_logistic(replace(design, rule=rule), n=(3, 3, 0), dlts=(0, 1, 0)).level == 2
    assert decide_logistic(replace(design, overdose_limit=0.2), n=(3, 3, 0), dlts=(0, 1, 0)).level == 1
    assert decide_logistic(replace(design, overdose_limit=0.04), n=(3, 3, 0), dlts=(0, 1, 0)).level is None
    assert decide_logistic(design, n=(0, 0, 0), dlts=(0, 0, 0)).level == 1
    assert decide_logistic(replace(design, rule="closest"), n=(9, 0, 0), dlts=(9, 0, 0)).level is None


def test_simulated_trials_settle_at_the_target() -> None:
    design = LogisticEscalation(
        doses=(10, 20, 40, 60, 80),
        reference=40,
        rule="closest",
        prior=LogisticPrior(mean_log_alpha=-0.85, sd_log_alpha=1, mean_log_beta=0, sd_log_beta=1, correlation=-0.5),
    )
    truth = (0.02, 0.06, 0.25, 0.55, 0.7)
    closest, controlled = (
        simulate_logistic(
            replace(design, rule=rule),
            toxicities=truth,
            cohorts=12,
            cohort_size=3,
            rng=np.random.default_rng(1),
            trials=500,
        )
        for rule in ("closest", "target_interval")
    )
    assert closest.selection[2] > 0.8
    assert sum(closest.selection) + closest.none_selected == pytest.approx(1)
    # Overdose control treats fewer subjects above the target.
    assert sum(controlled.expected_n[3:]) < sum(closest.expected_n[3:])


def test_requests_that_cannot_be_are_refused() -> None:
    with pytest.raises(DesignError, match="must begin with dose_min"):
        EwocDesign(target=0.3, dose_min=0, dose_max=100, doses=(10, 20))
    with pytest.raises(DesignError, match="both parameters of the beta prior must be at least 1"):
        EwocDesign(target=0.3, dose_min=0, dose_max=100, rho0_prior=(0.5, 1))
    with pytest.raises(DesignError, match="doses must lie between 0 and 100"):
        decide_ewoc(EwocDesign(target=0.3, dose_min=0, dose_max=100), doses=(120,), has_dlt=(False,))
    with pytest.raises(DesignError, match=r"must be at least start"):
        FeasibilityBound(start=0.4, highest=0.3)
    with pytest.raises(DesignError, match="need a set of doses"):
        simulate_ewoc(
            EwocDesign(target=0.3, dose_min=0, dose_max=100),
            toxicities=(0.1, 0.2),
            cohorts=2,
            cohort_size=3,
            rng=np.random.default_rng(1),
        )
    prior = LogisticPrior(mean_log_alpha=0, sd_log_alpha=1, mean_log_beta=0, sd_log_beta=1)
    with pytest.raises(DesignError, match=r"overdose_from \(0.33\) must be above target \(0.4\)"):
        LogisticEscalation(doses=(1, 2), reference=1, prior=prior, target=0.4)
    with pytest.raises(DesignError, match="correlation must lie between -1 and 1"):
        replace(prior, correlation=1)
    with pytest.raises(DesignError, match="there are 2 doses"):
        decide_logistic(LogisticEscalation(doses=(1, 2), reference=1, prior=prior), n=(3,), dlts=(0,))
