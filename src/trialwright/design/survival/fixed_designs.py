"""What the fixed designs give back whose size is solved from a drift per root of a subject."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trialwright.design.survival.accrual import AccrualRates
from trialwright.design.survival.required_events import normal_probability, normal_quantile
from trialwright.design.survival.sample_size import round_up
from trialwright.design.survival.trial import SurvivalTrial
from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedSurvivalDesign:
    """Size of a trial with one analysis at a calendar time.

    method                    test and variance
    alpha, sided              type I error, and whether one or both sides share it
    target_power              asked for; attained_power is at the rounded numbers of subjects
    allocation_ratio          experimental / control
    n_exact                   subjects of both arms, unrounded; n_experimental, n_control and n_total rounded up by arm
    events_experimental, events_control   expected at the analysis with n_exact subjects; unrounded
    accrual                   under which n_exact subjects enter
    study_duration            calendar time of the analysis
    average_hazard_ratio      experimental / control, weighted as the test weighs; none for tests of other measures
    difference                experimental - control, of the survival probability or of the restricted mean; else none
    """

    method: str
    alpha: float
    sided: int
    target_power: float
    attained_power: float
    allocation_ratio: float
    n_exact: float
    n_experimental: int
    n_control: int
    n_total: int
    events_exact: float
    events_experimental: float
    events_control: float
    accrual: AccrualRates
    study_duration: float
    average_hazard_ratio: float | None = None
    difference: float | None = None
    conventions: tuple[str, ...] = (
        "Hazard ratios are experimental / control; differences are experimental - control.",
        "allocation_ratio is experimental subjects per control subject.",
        "n_exact is the unrounded total; n_experimental and n_control are rounded up by arm.",
        "attained_power is at the rounded numbers of subjects.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Per subject of both arms: the effect, and the variances of its estimate under the null and the alternative."""

    effect: float
    variance_null: float
    variance: float

    def subjects(self, *, alpha: float, sided: int, power: float) -> float:
        """n at which z_a sqrt(variance_null / n) + z_b sqrt(variance / n) = |effect|."""
        if abs(self.effect) < 1e-12:
            raise DesignError(
                "The assumed effect is 0, so no number of subjects gives the power. Assume hazards that differ, "
                "or choose a test that looks at the times at which they do."
            )
        z_alpha, z_beta = normal_quantile(1 - alpha / sided), normal_quantile(power)
        return ((z_alpha * math.sqrt(self.variance_null) + z_beta * math.sqrt(self.variance)) / self.effect) ** 2

    def power(self, subjects: float, *, alpha: float, sided: int) -> float:
        """With so many subjects of both arms."""
        z_alpha = normal_quantile(1 - alpha / sided)
        reach = abs(self.effect) * math.sqrt(subjects) - z_alpha * math.sqrt(self.variance_null)
        return normal_probability(reach / math.sqrt(self.variance))


def check_study_duration(trial: SurvivalTrial, study_duration: float) -> None:
    """Raise DesignError unless all subjects enter before the analysis."""
    if not trial.accrual.duration < study_duration < math.inf:
        raise DesignError(
            f"study_duration is {study_duration!r}, but accrual takes {trial.accrual.duration:g}. "
            "The analysis comes after the last subject: give a later time, or a shorter accrual."
        )


def fixed_design(
    trial: SurvivalTrial,
    effect: Effect,
    *,
    method: str,
    study_duration: float,
    alpha: float,
    sided: int,
    power: float,
    average_hazard_ratio: float | None = None,
    difference: float | None = None,
) -> FixedSurvivalDesign:
    """The design with the subjects that `effect` needs, under accrual of the same pattern."""
    n_exact = effect.subjects(alpha=alpha, sided=sided, power=power)
    n_experimental = round_up(n_exact * trial.experimental_share)
    n_control = round_up(n_exact * (1 - trial.experimental_share))
    solved = trial.accruing(trial.accrual.times(n_exact / trial.accrual.subjects))
    events_experimental, events_control = (
        solved.events_experimental(study_duration),
        solved.events_control(study_duration),
    )
    return FixedSurvivalDesign(
        method=method,
        alpha=alpha,
        sided=sided,
        target_power=power,
        attained_power=effect.power(n_experimental + n_control, alpha=alpha, sided=sided),
        allocation_ratio=trial.allocation_ratio,
        n_exact=n_exact,
        n_experimental=n_experimental,
        n_control=n_control,
        n_total=n_experimental + n_control,
        events_exact=events_experimental + events_control,
        events_experimental=events_experimental,
        events_control=events_control,
        accrual=solved.accrual,
        study_duration=study_duration,
        average_hazard_ratio=average_hazard_ratio,
        difference=difference,
    )
