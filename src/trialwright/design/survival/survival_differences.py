"""Sample size of tests that compare survival at a milestone, or restricted means.

With strata the estimate is the mean of the differences within the strata, weighted by their prevalences: the difference
in the whole population. Its variance per subject is then the mean of those within the strata.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from trialwright.design.survival.curves import ArmCurves, StratumCurves, longest_followup, trial_curves
from trialwright.design.survival.fixed_designs import Effect, FixedSurvivalDesign, check_study_duration, fixed_design
from trialwright.design.survival.hazards import PiecewiseHazards
from trialwright.design.survival.required_events import check_error_rates
from trialwright.design.survival.trial import SurvivalTrial
from trialwright.errors import DesignError

Measure = Literal["milestone", "rmst"]


def compute_milestone_sample_size(
    trial: SurvivalTrial, *, milestone: float, study_duration: float, alpha: float, sided: int, power: float
) -> FixedSurvivalDesign:
    """Subjects for the difference of the Kaplan-Meier estimates at `milestone`, analysed at `study_duration`.

    Per subject of an arm the estimate has the variance S^2 int h / P(at risk) dt of Greenwood's formula; the same under
    the null hypothesis. Source: Yung and Liu, Biometrics 2020;76:939-950.
    """
    return _design(trial, "milestone", milestone, study_duration=study_duration, alpha=alpha, sided=sided, power=power)


def compute_rmst_sample_size(
    trial: SurvivalTrial, *, horizon: float, study_duration: float, alpha: float, sided: int, power: float
) -> FixedSurvivalDesign:
    """Subjects for the difference of the mean survival times up to `horizon`, analysed at `study_duration`.

    Per subject of an arm the estimate has variance int (int_t^horizon S du)^2 h / P(at risk) dt; the same under the
    null hypothesis. Source: Royston and Parmar, BMC Medical Research Methodology 2013;13:152.
    """
    return _design(trial, "rmst", horizon, study_duration=study_duration, alpha=alpha, sided=sided, power=power)


def restricted_mean(hazards: PiecewiseHazards, horizon: float) -> float:
    """Mean of the time to the event up to `horizon`: the area under survival."""
    area = 0.0
    for start, end, hazard in zip(hazards.starts, (*hazards.starts[1:], horizon), hazards.hazards, strict=True):
        if start < horizon:
            length = min(end, horizon) - start
            area += hazards.survival(start) * (-float(np.expm1(-hazard * length)) / hazard if hazard else length)
    return area


def _design(
    trial: SurvivalTrial, measure: Measure, tau: float, *, study_duration: float, alpha: float, sided: int, power: float
) -> FixedSurvivalDesign:
    check_error_rates(alpha=alpha, sided=sided, power=power)
    check_study_duration(trial, study_duration)
    longest = longest_followup(trial, study_duration)
    if not 0 < tau < longest:
        raise DesignError(
            f"The time is {tau!r}, but subjects are followed for {longest:g} at most. Choose a time between 0 and that."
        )
    value = restricted_mean if measure == "rmst" else PiecewiseHazards.survival
    difference = math.fsum(
        one.prevalence * (value(one.experimental, tau) - value(one.control, tau)) for one in trial.strata
    )
    # A stratum has the weight w and w n subjects: w^2 variance / (w n).
    variance = math.fsum(
        curves.stratum.prevalence * _variance_of_difference(curves, measure, tau)
        for curves in trial_curves(trial, study_duration=study_duration, until=tau)
    )
    words = "restricted mean survival time" if measure == "rmst" else "survival"
    return fixed_design(
        trial,
        Effect(effect=difference, variance_null=variance, variance=variance),
        method=f"difference in {words} at {tau:g}",
        study_duration=study_duration,
        alpha=alpha,
        sided=sided,
        power=power,
        difference=difference,
    )


def _variance_of_difference(curves: StratumCurves, measure: Measure, tau: float) -> float:
    control = _variance(curves, curves.control, curves.stratum.control, measure, tau)
    experimental = _variance(curves, curves.experimental, curves.stratum.experimental, measure, tau)
    return control / (1 - curves.share) + experimental / curves.share


def _variance(curves: StratumCurves, arm: ArmCurves, hazards: PiecewiseHazards, measure: Measure, tau: float) -> float:
    rate = arm.hazard / arm.at_risk
    if measure == "milestone":
        return hazards.survival(tau) ** 2 * curves.integral(rate)
    whole = restricted_mean(hazards, tau)
    beyond = np.array([whole - restricted_mean(hazards, time) for time in curves.times])
    return curves.integral(beyond**2 * rate)
