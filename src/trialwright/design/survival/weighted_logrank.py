"""Sample size and power of weighted log-rank tests and of the MaxCombo test, whatever the hazards.

With strata the tests are stratified: each stratum has the weights of its own pooled survival, and means and variances
of the statistic sum over the strata.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from trialwright.design.survival.average_hazard_ratio import common_starts
from trialwright.design.survival.curves import StratumCurves, Vector, trial_curves
from trialwright.design.survival.fixed_designs import Effect, FixedSurvivalDesign, check_study_duration, fixed_design
from trialwright.design.survival.hazards import PiecewiseHazards
from trialwright.design.survival.normal_maxima import probability_below
from trialwright.design.survival.required_events import check_error_rates
from trialwright.design.survival.trial import Stratum, SurvivalTrial
from trialwright.errors import DesignError

VarianceRule = Literal["yung_liu", "scaled_information"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlemingHarrington:
    """Weight S(t)^rho (1 - S(t))^gamma of the pooled survival; 0, 0 is the log-rank test."""

    rho: float = 0.0
    gamma: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.rho < math.inf and 0 <= self.gamma < math.inf):
            raise DesignError(f"FlemingHarrington has rho {self.rho:g} and gamma {self.gamma:g}. Give 0 or more.")

    @property
    def name(self) -> str:
        """As tables have it."""
        return f"Fleming-Harrington ({self.rho:g}, {self.gamma:g})"

    @property
    def changes(self) -> tuple[float, ...]:
        """Times at which the weight is not smooth."""
        return ()

    def at(self, control: PiecewiseHazards, experimental: PiecewiseHazards, share: float, times: Vector) -> Vector:
        """The weight at each time."""
        pooled = _pooled_survival(control, experimental, share, times)
        weight: Vector = pooled**self.rho * (1 - pooled) ** self.gamma
        return weight


@dataclass(frozen=True, slots=True, kw_only=True)
class MagirrBurman:
    """Modestly weighted: 1 / S(min(t, tau)) of the pooled survival."""

    tau: float

    def __post_init__(self) -> None:
        if not self.tau > 0:
            raise DesignError(f"MagirrBurman.tau is {self.tau!r}. The weight grows up to a time above 0.")

    @property
    def name(self) -> str:
        """As tables have it."""
        return f"Magirr-Burman (tau = {self.tau:g})"

    @property
    def changes(self) -> tuple[float, ...]:
        """Times at which the weight is not smooth."""
        return (self.tau,)

    def at(self, control: PiecewiseHazards, experimental: PiecewiseHazards, share: float, times: Vector) -> Vector:
        """The weight at each time."""
        weight: Vector = 1 / _pooled_survival(control, experimental, share, np.minimum(times, self.tau))
        return weight


Weight = FlemingHarrington | MagirrBurman


def compute_weighted_logrank_sample_size(
    trial: SurvivalTrial,
    *,
    weight: Weight,
    study_duration: float,
    alpha: float,
    sided: int,
    power: float,
    variance: VarianceRule = "yung_liu",
) -> FixedSurvivalDesign:
    """Subjects for an analysis at `study_duration`.

    Per subject the statistic has mean delta = int w p0 p1 / p (h1 - h0) dt and variance s1 = int w^2 p0 p1 / p^2 dv,
    where p0 and p1 are at risk in the arms and v counts events; s0 is the variance if both arms have the mean hazard.
    variance = `yung_liu`             n = (z_a sqrt(s0) + z_b sqrt(s1))^2 / delta^2: Yung and Liu, Biometrics
                                      2020;76:939-950
    variance = `scaled_information`   n = (z_a / sqrt(s0) + z_b / sqrt(s1))^2 s1^2 / delta^2: s0 and s1 are taken as
                                      information of theta = delta / s1, inferred from one case of gsDesign2
    Weights: Harrington and Fleming, Biometrika 1982;69:553-566; Magirr and Burman, Statistics in Medicine
    2019;38:3782-3790.
    """
    check_error_rates(alpha=alpha, sided=sided, power=power)
    check_study_duration(trial, study_duration)
    strata = trial_curves(trial, study_duration=study_duration, changes=weight.changes)
    null_strata = trial_curves(_with_mean_hazards(trial), study_duration=study_duration, changes=weight.changes)
    delta, s1, s0 = (
        _drift(strata, weight),
        _covariance(strata, weight, weight),
        _covariance(null_strata, weight, weight),
    )
    if variance not in ("yung_liu", "scaled_information"):
        raise DesignError(f"variance is {variance!r}. There are `yung_liu` and `scaled_information`.")
    effect = (
        Effect(effect=delta, variance_null=s0, variance=s1)
        if variance == "yung_liu"
        else Effect(effect=delta / s1, variance_null=1 / s0, variance=1 / s1)
    )
    return fixed_design(
        trial,
        effect,
        method=f"weighted log-rank test, {weight.name}",
        study_duration=study_duration,
        alpha=alpha,
        sided=sided,
        power=power,
        average_hazard_ratio=math.exp(delta / _covariance(strata, weight, None)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxComboPower:
    """Of the smallest of several weighted log-rank statistics, one-sided towards fewer events in the experimental arm.

    critical_value   that the largest of the statistics, benefit being positive, exceeds with probability alpha
    drifts           mean of each statistic, same sign
    correlation      of the statistics, rows
    """

    power: float
    alpha: float
    sided: int
    subjects: float
    critical_value: float
    drifts: tuple[float, ...]
    correlation: tuple[tuple[float, ...], ...]
    conventions: tuple[str, ...] = (
        "One-sided: benefit is fewer events in the experimental arm, and makes a statistic positive.",
        "subjects is the total of both arms.",
    )


def compute_maxcombo_power(
    trial: SurvivalTrial, *, weights: tuple[Weight, ...], study_duration: float, alpha: float
) -> MaxComboPower:
    """Power of the MaxCombo test with the subjects of `trial.accrual`, by the multivariate normal distribution.

    Correlations of the statistics are those under the alternative, for the critical value too.
    Source: Karrison, Stata Journal 2016;16:678-690; Roychoudhury et al., Statistics in Biopharmaceutical Research
    2023;15:1-14.
    """
    from scipy.optimize import brentq

    check_error_rates(alpha=alpha, sided=1)
    check_study_duration(trial, study_duration)
    if len(set(weights)) != len(weights) or not weights:
        raise DesignError("weights are empty or have one twice. Give each weight of the combination once.")
    changes = tuple(change for weight in weights for change in weight.changes)
    strata = trial_curves(trial, study_duration=study_duration, changes=changes)
    covariance = np.array([[_covariance(strata, a, b) for b in weights] for a in weights])
    deviations = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(deviations, deviations)
    subjects = trial.accrual.subjects
    drifts = np.array([-_drift(strata, a) for a in weights]) / deviations * math.sqrt(subjects)

    critical: float = brentq(
        lambda z: probability_below(np.full(len(weights), z), correlation) - (1 - alpha), 0.0, 10.0, xtol=1e-8
    )
    return MaxComboPower(
        power=1 - probability_below(critical - drifts, correlation),
        alpha=alpha,
        sided=1,
        subjects=subjects,
        critical_value=critical,
        drifts=tuple(float(drift) for drift in drifts),
        correlation=tuple(tuple(float(value) for value in row) for row in correlation),
    )


def _weights(curves: StratumCurves, weight: Weight | None) -> Vector:
    if weight is None:
        return np.ones_like(curves.times)
    return weight.at(curves.stratum.control, curves.stratum.experimental, curves.share, curves.times)


def _drift(strata: tuple[StratumCurves, ...], weight: Weight) -> float:
    return math.fsum(
        curves.stratum.prevalence
        * curves.integral(
            _weights(curves, weight) * curves.risk_product * (curves.experimental.hazard - curves.control.hazard)
        )
        for curves in strata
    )


def _covariance(strata: tuple[StratumCurves, ...], first: Weight, second: Weight | None) -> float:
    return math.fsum(
        curves.stratum.prevalence
        * curves.integral(
            _weights(curves, first)
            * _weights(curves, second)
            * curves.risk_product
            / curves.at_risk
            * curves.event_density
        )
        for curves in strata
    )


def _pooled_survival(control: PiecewiseHazards, experimental: PiecewiseHazards, share: float, times: Vector) -> Vector:
    return np.array([(1 - share) * control.survival(t) + share * experimental.survival(t) for t in times])


def _with_mean_hazards(trial: SurvivalTrial) -> SurvivalTrial:
    return replace(trial, strata=tuple(_mean_hazards(one, trial.experimental_share) for one in trial.strata))


def _mean_hazards(stratum: Stratum, share: float) -> Stratum:
    starts = common_starts(stratum.control, stratum.experimental)
    arms = [
        PiecewiseHazards(
            starts=starts,
            hazards=tuple(
                (1 - share) * stratum.control.hazard(t) + share * stratum.experimental.hazard(t) for t in starts
            ),
            dropout_hazards=tuple(arm.dropout_hazards[arm.piece(t)] for t in starts),
        )
        for arm in (stratum.control, stratum.experimental)
    ]
    return replace(stratum, control=arms[0], experimental=arms[1])
