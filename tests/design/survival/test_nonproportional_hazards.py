"""Average hazard ratios and fixed designs whatever the hazards, held to gsDesign, gsDesign2, R and Lakatos."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from tests.validation import References

from trialwright.design.survival import (
    AccrualRates,
    FixedSurvivalDesign,
    FlemingHarrington,
    MagirrBurman,
    PiecewiseHazards,
    Stratum,
    SurvivalTrial,
    compute_average_hazard_ratio,
    compute_lachin_foulkes_sample_size,
    compute_lakatos_sample_size,
    compute_maxcombo_power,
    compute_milestone_sample_size,
    compute_rmst_sample_size,
    compute_weighted_logrank_sample_size,
)
from trialwright.errors import DesignError

Cases = Callable[[str], Mapping[str, Any]]
LN2 = math.log(2)
ASKED: dict[str, Any] = {"alpha": 0.025, "sided": 1, "power": 0.9}


def hold(reference: References, case: Mapping[str, Any], pairs: dict[str, tuple[float, float]]) -> None:
    for name, (actual, expected) in pairs.items():
        reference.holds(
            f"{name}, {case['id']}",
            actual,
            expected,
            tolerance=case["suggested_rel_tol"],
            relative=True,
            source=f"{case['peer'].split('::')[0]} {case['peer_version']}, {case['call']}",
        )


def early_and_late() -> SurvivalTrial:
    hazards = PiecewiseHazards(starts=(0, 3), hazards=(LN2 / 9, LN2 / 18)).with_dropout_hazard(0.001)
    accrual = AccrualRates(durations=(2, 2, 10), rates=(3, 6, 9))
    return SurvivalTrial.of(accrual=accrual, control=hazards, experimental=hazards.times((0.9, 0.6)))


def delayed(*, subjects: float = 1.0, late: float = 0.6) -> SurvivalTrial:
    hazards = PiecewiseHazards(starts=(0, 4), hazards=(LN2 / 12,) * 2).with_dropout_hazard(0.001)
    accrual = AccrualRates.uniform(duration=18, subjects=subjects)
    return SurvivalTrial.of(accrual=accrual, control=hazards, experimental=hazards.times((1.0, late)))


def no_early_deaths() -> SurvivalTrial:
    """None in the experimental arm before month 6. The ratio of that piece was left out once, and the average 1."""
    return SurvivalTrial.of(
        accrual=AccrualRates.uniform(duration=12),
        control=PiecewiseHazards(starts=(0, 6), hazards=(0.1, 0.1)),
        experimental=PiecewiseHazards(starts=(0, 6), hazards=(0.0, 0.1)),
    )


def proportional() -> SurvivalTrial:
    hazards = PiecewiseHazards.from_median(12).with_dropout_hazard(0.001)
    accrual = AccrualRates.uniform(duration=18)
    return SurvivalTrial.of(accrual=accrual, control=hazards, experimental=hazards.times(0.6))


@pytest.mark.validates("design.survival")
def test_average_hazard_ratio_over_time(design_cases: Cases, reference: References) -> None:
    case = design_cases("nph.ahr")
    for i, time in enumerate(case["inputs"]["times"]):
        found = compute_average_hazard_ratio(early_and_late(), time=time)
        ours = {
            "ahr": found.hazard_ratio,
            "n": found.subjects,
            "event": found.events,
            "info": found.information,
            "info0": found.information_null,
        }
        hold(reference, case, {f"{key}, time {time}": (ours[key], case["expected"][key][i]) for key in ours})


@pytest.mark.validates("design.survival")
def test_time_at_which_events_are_expected(design_cases: Cases, reference: References) -> None:
    case = design_cases("nph.exptime")
    time = early_and_late().time_of_events(50)
    found = compute_average_hazard_ratio(early_and_late(), time=time)
    expected = case["expected"]
    hold(reference, case, {"time": (time, expected["time"]), "ahr": (found.hazard_ratio, expected["ahr"])})


@pytest.mark.validates("design.survival")
def test_lachin_and_foulkes(design_cases: Cases, reference: References) -> None:
    case = design_cases("nsurv.lf")
    hazards = PiecewiseHazards.from_median(6).with_dropout_hazard(LN2 / 40)
    trial = SurvivalTrial.of(
        accrual=AccrualRates.uniform(duration=24), control=hazards, experimental=hazards.times(0.6)
    )
    found = compute_lachin_foulkes_sample_size(trial, study_duration=36, alpha=0.025, sided=1, power=0.9)
    ours = {
        "n": found.n_exact,
        "d": found.events_exact,
        "gamma": found.accrual.rates[0],
        "eDC": found.events_control,
        "eDE": found.events_experimental,
    }
    hold(reference, case, {key: (ours[key], case["expected"][key]) for key in ours})


def hold_fixed(reference: References, case: Mapping[str, Any], found: FixedSurvivalDesign) -> None:
    expected = case["expected"]["analysis"]
    pairs = {"n": (found.n_exact, expected["n"]), "events": (found.events_exact, expected["event"])}
    if "ahr" in expected:
        assert found.average_hazard_ratio is not None
        pairs["ahr"] = (found.average_hazard_ratio, expected["ahr"])
    hold(reference, case, pairs)


@pytest.mark.validates("design.survival")
def test_lachin_and_foulkes_with_a_delay(design_cases: Cases, reference: References) -> None:
    found = compute_lachin_foulkes_sample_size(delayed(), study_duration=36, alpha=0.025, sided=1, power=0.9)
    hold_fixed(reference, design_cases("nph.fixed.lf"), found)


@pytest.mark.validates("design.survival")
def test_magirr_and_burman_weights(design_cases: Cases, reference: References) -> None:
    found = compute_weighted_logrank_sample_size(
        delayed(),
        weight=MagirrBurman(tau=8),
        study_duration=36,
        alpha=0.025,
        sided=1,
        power=0.9,
        variance="scaled_information",
    )
    hold_fixed(reference, design_cases("nph.fixed.mb"), found)


@pytest.mark.validates("design.survival")
def test_milestone(design_cases: Cases, reference: References) -> None:
    found = compute_milestone_sample_size(
        proportional(), milestone=18, study_duration=36, alpha=0.025, sided=1, power=0.9
    )
    hold_fixed(reference, design_cases("nph.fixed.milestone"), found)


@pytest.mark.validates("design.survival")
@pytest.mark.parametrize(
    ("tau", "milestone", "rmst", "difference"),
    [(12, 393.269772, 473.9820448, 1.16125538), (24, 291.1210158, 280.501935, 3.310255645)],
)
def test_milestone_and_rmst_by_quadrature_in_r(
    tau: float, milestone: float, rmst: float, difference: float, reference: References
) -> None:
    # R 4: z^2 2 (v0 + v1) / d^2 with v by integrate() of m(t)^2 h / (exp(-(h + 0.001) t) min(1, (36 - t) / 18)).
    source = (
        f"the same formula (Greenwood's variance) by quadrature in R, integrate(); no independent program; tau = {tau}"
    )
    at_milestone = compute_milestone_sample_size(
        proportional(), milestone=tau, study_duration=36, alpha=0.025, sided=1, power=0.9
    )
    restricted = compute_rmst_sample_size(
        proportional(), horizon=tau, study_duration=36, alpha=0.025, sided=1, power=0.9
    )
    for name, actual, expected in (
        ("n, milestone", at_milestone.n_exact, milestone),
        ("n, RMST", restricted.n_exact, rmst),
        ("RMST difference", restricted.difference, difference),
    ):
        reference.holds(f"{name}, {tau}", actual, expected, tolerance=1e-8, relative=True, source=source)


@pytest.mark.validates("design.survival")
def test_maxcombo_of_two_by_the_bivariate_normal_distribution(reference: References) -> None:
    found = compute_maxcombo_power(
        delayed(subjects=400),
        weights=(FlemingHarrington(), FlemingHarrington(gamma=1)),
        study_duration=36,
        alpha=0.025,
    )
    source = "R mvtnorm 1.1-3, pmvnorm(algorithm = TVPACK(1e-12)) with correlation 0.8609745765828597"
    assert found.correlation[0][1] == pytest.approx(0.8609745765828597, abs=1e-12)
    assert found.drifts == pytest.approx((3.0045242618289114, 3.383226766740781), abs=1e-9)
    reference.holds("critical value", found.critical_value, 2.1284902786, tolerance=1e-6, source=source)
    reference.holds("power", found.power, 0.9116796166, tolerance=1e-6, source=source)


def test_maxcombo_of_one_weight_is_its_weighted_logrank_test() -> None:
    found = compute_maxcombo_power(
        delayed(subjects=400), weights=(FlemingHarrington(),), study_duration=36, alpha=0.025
    )
    assert found.critical_value == pytest.approx(1.959963984540054, abs=1e-7)


def test_lakatos_agrees_with_his_example() -> None:
    # Two years, hazards 1 and 0.5, yearly 3% lost, 4% noncompliance, 5% drop-in, two-sided 0.05, power 0.9: N = 139.
    # The paper's figure as quoted; its page was not at hand when this was written.
    lost, noncompliance, drop_in = (-math.log1p(-share) for share in (0.03, 0.04, 0.05))
    hazards = PiecewiseHazards(starts=(0,), hazards=(1.0,)).with_dropout_hazard(lost)
    trial = SurvivalTrial.of(
        accrual=AccrualRates.uniform(duration=1e-6), control=hazards, experimental=hazards.times(0.5)
    )
    found = compute_lakatos_sample_size(
        trial,
        study_duration=2,
        alpha=0.05,
        sided=2,
        power=0.9,
        noncompliance_hazard=noncompliance,
        drop_in_hazard=drop_in,
    )
    assert math.ceil(found.n_exact) == 139


def test_lakatos_without_crossing_has_the_limit_of_his_sums() -> None:
    trial = delayed()
    chain = compute_lakatos_sample_size(trial, study_duration=36, alpha=0.025, sided=1, power=0.9, intervals=3600)
    assert chain.events_exact / chain.n_exact == pytest.approx(trial.events(36), rel=1e-5)
    # In the limit: (z_a + z_b)^2 int p0 p1 / p^2 dv / (int p0 p1 / p (h0 - h1) dt)^2; written out for this trial.
    late = 0.6

    def shares(t: float) -> tuple[float, float, float, float]:
        entered = min(1.0, (36 - t) / 18) * math.exp(-0.001 * t) / 2
        ratio = 1.0 if t < 4 else late
        control = entered * 2 ** (-t / 12)
        treated = entered * 2 ** (-(min(t, 4) + late * max(t - 4, 0)) / 12)
        return control, treated, LN2 / 12, ratio * LN2 / 12

    def mean(t: float) -> float:
        p0, p1, h0, h1 = shares(t)
        return p0 * p1 / (p0 + p1) * (h0 - h1)

    def variance(t: float) -> float:
        p0, p1, h0, h1 = shares(t)
        return p0 * p1 / (p0 + p1) ** 2 * (p0 * h0 + p1 * h1)

    pieces = ((0.0, 4.0), (4.0, 18.0), (18.0, 36.0 - 1e-9))
    total_mean = sum(quad(mean, a, b)[0] for a, b in pieces)
    total_variance = sum(quad(variance, a, b)[0] for a, b in pieces)
    z = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.9)
    assert chain.n_exact == pytest.approx(z**2 * total_variance / total_mean**2, rel=1e-6)


def test_equal_strata_are_as_good_as_one() -> None:
    one = proportional()
    both = tuple(
        Stratum(prevalence=share, control=one.strata[0].control, experimental=one.strata[0].experimental)
        for share in (0.3, 0.7)
    )
    two = SurvivalTrial(accrual=one.accrual, strata=both)
    sizes = [
        compute_lachin_foulkes_sample_size(trial, study_duration=36, alpha=0.025, sided=1, power=0.9).n_exact
        for trial in (one, two)
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-12)


def test_unweighted_logrank_is_the_same_under_both_variance_rules_if_hazards_are_close() -> None:
    sizes = [
        compute_weighted_logrank_sample_size(
            delayed(late=0.98),
            weight=FlemingHarrington(),
            study_duration=36,
            alpha=0.025,
            sided=1,
            power=0.9,
            variance=rule,
        ).n_exact
        for rule in ("yung_liu", "scaled_information")
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-3)


@pytest.mark.parametrize(
    ("compute", "words"),
    [
        (
            lambda: compute_lachin_foulkes_sample_size(delayed(late=1.0), study_duration=36, **ASKED),
            "hazard_ratio is 1",
        ),
        (lambda: compute_lachin_foulkes_sample_size(delayed(), study_duration=12, **ASKED), "accrual takes 18"),
        (lambda: compute_milestone_sample_size(delayed(), milestone=40, study_duration=36, **ASKED), "followed for 36"),
        (lambda: compute_milestone_sample_size(delayed(), milestone=3, study_duration=36, **ASKED), "effect is 0"),
        (lambda: compute_rmst_sample_size(delayed(), horizon=-1, study_duration=36, **ASKED), "The time is -1"),
        (lambda: MagirrBurman(tau=0), "tau is 0"),
        (lambda: FlemingHarrington(rho=-1), "Give 0 or more"),
        (lambda: FlemingHarrington(gamma=math.nan), "Give 0 or more"),
        (lambda: compute_average_hazard_ratio(no_early_deaths(), time=20), "From time 0 one arm has a hazard of 0"),
        (lambda: compute_lachin_foulkes_sample_size(no_early_deaths(), study_duration=36, **ASKED), "hazard of 0"),
        (lambda: compute_average_hazard_ratio(delayed(), time=-1), "time is -1"),
        (
            lambda: compute_lakatos_sample_size(delayed(), study_duration=36, drop_in_hazard=-1, **ASKED),
            "drop_in_hazard is -1",
        ),
        (lambda: compute_maxcombo_power(delayed(), weights=(), study_duration=36, alpha=0.025), "weights are empty"),
        (lambda: SurvivalTrial(accrual=delayed().accrual, strata=()), "strata is empty"),
        (
            lambda: SurvivalTrial(
                accrual=delayed().accrual, strata=(dataclasses.replace(delayed().strata[0], prevalence=math.nan),)
            ),
            "prevalence of 0 or less",
        ),
    ],
)
def test_what_cannot_be_says_which_value(compute: Callable[[], object], words: str) -> None:
    with pytest.raises(DesignError, match=words):
        compute()


def test_a_first_period_without_accrual_only_moves_the_calendar() -> None:
    later = delayed().accruing(AccrualRates(durations=(5, 18), rates=(0, 1)))
    sizes = [
        (
            compute_rmst_sample_size(trial, horizon=30, study_duration=duration, **ASKED).n_exact,
            compute_weighted_logrank_sample_size(
                trial, weight=FlemingHarrington(gamma=1), study_duration=duration, **ASKED
            ).n_exact,
        )
        for trial, duration in ((delayed(), 36), (later, 41))
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-6)
    with pytest.raises(DesignError, match="followed for 36"):
        compute_rmst_sample_size(later, horizon=38, study_duration=41, **ASKED)


def test_maxcombo_of_dependent_weights_agrees_with_a_simulation_of_its_statistics() -> None:
    # The weights S and 1 - S sum to 1, so that the correlation of the three has rank 2.
    weights = (FlemingHarrington(), FlemingHarrington(gamma=1), FlemingHarrington(rho=1))
    found = compute_maxcombo_power(delayed(subjects=400), weights=weights, study_duration=36, alpha=0.025)
    # 1,000,000 draws, seed 20: 4 Monte Carlo errors are 0.0006 and 0.0012.
    draws = np.random.default_rng(20).multivariate_normal(np.zeros(3), np.array(found.correlation), size=1_000_000)
    assert (draws.max(axis=1) > found.critical_value).mean() == pytest.approx(0.025, abs=0.0006)
    assert ((draws + np.array(found.drifts)).max(axis=1) > found.critical_value).mean() == pytest.approx(
        found.power, abs=0.0012
    )


def two_strata(*, subjects: float = 1.0) -> SurvivalTrial:
    """40% with a median of 6 and a hazard ratio of 0.5, 60% with one of 18 and 0.7 from month 3; 2:1."""
    short = PiecewiseHazards.from_median(6).with_dropout_hazard(0.002)
    long = PiecewiseHazards(starts=(0, 3), hazards=(LN2 / 18,) * 2).with_dropout_hazard(0.002)
    strata = (
        Stratum(prevalence=0.4, control=short, experimental=short.times(0.5)),
        Stratum(prevalence=0.6, control=long, experimental=long.times((1.0, 0.7))),
    )
    return SurvivalTrial(
        accrual=AccrualRates.uniform(duration=18, subjects=subjects), strata=strata, allocation_ratio=2
    )


STRATA_IN_R = (
    "sums over the strata of the same moments by quadrature in R 4.2.2, integrate(rel.tol = 1e-11), of curves written "
    "out for this trial; no independent program"
)


@pytest.mark.validates("design.survival")
@pytest.mark.parametrize(
    ("gamma", "n", "average"), [(0, 322.2365445876154, 0.5910973602514), (1, 401.1657914522465, 0.5469889690787)]
)
def test_stratified_weighted_logrank_tests(gamma: float, n: float, average: float, reference: References) -> None:
    found = compute_weighted_logrank_sample_size(
        two_strata(), weight=FlemingHarrington(gamma=gamma), study_duration=36, **ASKED
    )
    reference.holds(
        f"n, two strata, gamma {gamma}", found.n_exact, n, tolerance=1e-9, relative=True, source=STRATA_IN_R
    )
    quantity = f"average hazard ratio, two strata, gamma {gamma}"
    reference.holds(quantity, found.average_hazard_ratio, average, tolerance=1e-9, relative=True, source=STRATA_IN_R)


@pytest.mark.validates("design.survival")
def test_stratified_lakatos_without_crossing(reference: References) -> None:
    found = compute_lakatos_sample_size(two_strata(), study_duration=36, intervals=3600, **ASKED)
    quantity = "n, two strata, Lakatos's limit"
    reference.holds(quantity, found.n_exact, 294.3362458813266, tolerance=1e-6, relative=True, source=STRATA_IN_R)
    assert found.events_exact / found.n_exact == pytest.approx(two_strata().events(36), rel=1e-5)
    # R 4.2.2 survival, survdiff(Surv(time, status) ~ arm + strata(stratum)) of 4,000 trials of 294 subjects drawn with
    # rexp (set.seed(20261123)) rejects in 0.88925; 3 Monte Carlo errors are 0.015.
    assert found.n_exact == pytest.approx(294, abs=0.5)
    assert found.attained_power == pytest.approx(0.88925, abs=0.015)


@pytest.mark.validates("design.survival")
def test_stratified_maxcombo(reference: References) -> None:
    weights = (FlemingHarrington(), FlemingHarrington(gamma=1))
    found = compute_maxcombo_power(two_strata(subjects=300), weights=weights, study_duration=36, alpha=0.025)
    source = f"R mvtnorm 1.1-3, pmvnorm(algorithm = TVPACK(1e-12)), after {STRATA_IN_R}"
    assert found.correlation[0][1] == pytest.approx(0.842044982852, abs=1e-11)
    assert found.drifts == pytest.approx((3.272554316387, 3.162096436028), abs=1e-10)
    reference.holds("critical value, two strata", found.critical_value, 2.136750420028, tolerance=1e-6, source=source)
    reference.holds("power, two strata", found.power, 0.910420142749, tolerance=1e-6, source=source)


@pytest.mark.validates("design.survival")
@pytest.mark.parametrize(
    ("tau", "milestone", "difference", "rmst", "mean_difference"),
    [
        (12, 523.872017701669, 0.141414665285, 641.889547742119, 1.071666379901),
        (24, 497.645630173910, 0.140375674295, 401.313827104760, 2.821406262743),
    ],
)
def test_stratified_milestone_and_rmst(
    tau: float, milestone: float, difference: float, rmst: float, mean_difference: float, reference: References
) -> None:
    at_milestone = compute_milestone_sample_size(two_strata(), milestone=tau, study_duration=36, **ASKED)
    restricted = compute_rmst_sample_size(two_strata(), horizon=tau, study_duration=36, **ASKED)
    for name, actual, expected in (
        ("n, milestone", at_milestone.n_exact, milestone),
        ("difference at the milestone", at_milestone.difference, difference),
        ("n, RMST", restricted.n_exact, rmst),
        ("RMST difference", restricted.difference, mean_difference),
    ):
        reference.holds(
            f"{name}, {tau}, two strata", actual, expected, tolerance=1e-8, relative=True, source=STRATA_IN_R
        )
