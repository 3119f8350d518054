"""Sample size of a log-rank test by Lachin and Foulkes."""

from __future__ import annotations

import math
from dataclasses import replace

from trialwright.design.survival.average_hazard_ratio import compute_average_hazard_ratio
from trialwright.design.survival.fixed_designs import Effect, FixedSurvivalDesign, check_study_duration, fixed_design
from trialwright.design.survival.required_events import check_error_rates, check_hazard_ratio
from trialwright.design.survival.trial import Stratum, SurvivalTrial


def compute_lachin_foulkes_sample_size(
    trial: SurvivalTrial, *, study_duration: float, alpha: float, sided: int, power: float
) -> FixedSurvivalDesign:
    """Subjects for an analysis at `study_duration`; the rates of `trial.accrual` are multiplied to give them.

    The log hazard ratio has variance 1 / E_experimental + 1 / E_control in expected events; under the null hypothesis
    both arms have the mean of their hazards, weighted by allocation. Strata add their information. If the hazards are
    not proportional, one average ratio (weighted by events) multiplies all hazards of the control arm.
    Source: after Lachin and Foulkes, Biometrics 1986;42:507-519, on the log hazard ratio, as gsDesign has it;
    their own test is of the difference of hazards, and needs other numbers.
    """
    check_error_rates(alpha=alpha, sided=sided, power=power)
    check_study_duration(trial, study_duration)
    average = compute_average_hazard_ratio(trial, time=study_duration, weighting="events").hazard_ratio
    check_hazard_ratio(average)
    proportional = tuple(_with_ratio(stratum, average) for stratum in trial.strata)
    assumed = replace(trial, strata=proportional)
    ratio = trial.allocation_ratio
    pooled = (1 + ratio * average) / (1 + ratio)
    null = replace(trial, strata=tuple(_pooled(stratum, pooled) for stratum in proportional))
    effect = _effect(assumed, null, average, study_duration)
    return fixed_design(
        assumed,
        effect,
        method="log-rank test, variance by Lachin and Foulkes",
        study_duration=study_duration,
        alpha=alpha,
        sided=sided,
        power=power,
        average_hazard_ratio=average,
    )


def _effect(assumed: SurvivalTrial, null: SurvivalTrial, ratio: float, time: float) -> Effect:
    subjects = assumed.accrual.subjects
    return Effect(
        effect=math.log(ratio),
        variance_null=subjects / _information(null, time),
        variance=subjects / _information(assumed, time),
    )


def _information(trial: SurvivalTrial, time: float) -> float:
    total, share = 0.0, trial.experimental_share
    for stratum in trial.strata:
        control = (1 - share) * stratum.prevalence * trial.arm_events(stratum.control, time)
        experimental = share * stratum.prevalence * trial.arm_events(stratum.experimental, time)
        total += 1 / (1 / control + 1 / experimental)
    return total


def _with_ratio(stratum: Stratum, ratio: float) -> Stratum:
    treated = stratum.control.times(ratio)
    if len(stratum.experimental.starts) == len(treated.starts):
        treated = replace(treated, dropout_hazards=stratum.experimental.dropout_hazards)
    return replace(stratum, experimental=treated)


def _pooled(stratum: Stratum, factor: float) -> Stratum:
    control = stratum.control.times(factor)
    experimental = replace(control, dropout_hazards=stratum.experimental.dropout_hazards)
    return replace(stratum, control=control, experimental=experimental)
