"""The continual reassessment method (CRM) with one parameter, and its time-to-event version (TITE-CRM).

Sources: O'Quigley J, Pepe M, Fisher L. Continual reassessment method: a practical design for phase 1 clinical trials in
cancer. Biometrics 1990;46:33-48. Goodman SN, Zahurak ML, Piantadosi S. Some practical improvements in the continual
reassessment method. Stat Med 1995;14:1149-1161 (cohorts, no skipping). Cheung YK, Chappell R. Sequential designs for
phase I clinical trials with late-onset toxicities. Biometrics 2000;56:1177-1182 (weights). Lee SM, Cheung YK. Model
calibration in the continual reassessment method. Clin Trials 2009;6:227-238 (skeleton by indifference intervals).
Cheung YK. Dose Finding by the Continual Reassessment Method. Chapman and Hall/CRC 2011.

Models of the DLT probability at a level with skeleton value s: power s^exp(b); logistic, with fixed intercept a,
expit(a + exp(b) d), d = logit(s) - a. The prior of b is normal with mean 0. So b = 0 gives the skeleton.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.requirements import count, positive, probability
from trialwright.errors import DesignError

Floats = NDArray[np.float64]
Model = Literal["power", "logistic"]

CONVENTIONS = (
    "dose levels are counted from 1",
    "the posterior mean of the parameter is put into the model; the recommended level is the one whose DLT probability "
    "is then closest to the target, the lower one of two equally close",
    "no skipping: the next level is at most one above the highest of those tried",
)

# Half the width of the grid in prior standard deviations, and its size: the trapezoid rule on a smooth density that
# vanishes at both ends has converged to near machine precision; tail probabilities are interpolated, to about 1e-5.
_GRID_HALF_WIDTH = 8.0
_GRID_POINTS = 2001


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmModel:
    """A working model.

    skeleton   prior guesses of the DLT probability, lowest level first, strictly rising
    target     DLT probability aimed at
    model      "power" or "logistic"
    prior_sd   standard deviation of the normal prior of the parameter
    intercept  fixed intercept of the logistic model; not used by the power model
    """

    skeleton: tuple[float, ...]
    target: float
    model: Model = "power"
    prior_sd: float = math.sqrt(1.34)
    intercept: float = 3.0

    def __post_init__(self) -> None:
        probability("target", self.target)
        positive("prior_sd", self.prior_sd)
        if self.model not in ("power", "logistic"):
            raise DesignError(f"model must be 'power' or 'logistic', got {self.model!r}.")
        if len(self.skeleton) < 2:
            raise DesignError(f"skeleton has {len(self.skeleton)} values; give one per dose level, at least two.")
        for level, value in enumerate(self.skeleton, start=1):
            probability(f"skeleton of dose level {level}", value)
        if any(b <= a for a, b in zip(self.skeleton, self.skeleton[1:], strict=False)):
            raise DesignError(
                f"skeleton {self.skeleton} must rise strictly with the dose level; compute_skeleton gives one."
            )

    def toxicity(self, parameter: Floats) -> Floats:
        """DLT probability of each level (last axis) at each value of the parameter b."""
        slope = np.exp(parameter)[..., None]
        if self.model == "power":
            return np.asarray(np.asarray(self.skeleton) ** slope)
        skeleton = np.asarray(self.skeleton)
        scaled = np.log(skeleton / (1 - skeleton)) - self.intercept
        return np.asarray(1 / (1 + np.exp(-np.clip(self.intercept + slope * scaled, -700, 700))))


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmPosterior:
    """The posterior after some subjects.

    parameter_mean, parameter_variance   of the parameter b
    toxicity         DLT probability of each level at the posterior mean of b
    mean_toxicity    posterior mean of the DLT probability of each level
    too_toxic        posterior probability that the level's DLT probability exceeds the target
    level            level whose `toxicity` is closest to the target, before any restriction
    """

    parameter_mean: float
    parameter_variance: float
    toxicity: tuple[float, ...]
    mean_toxicity: tuple[float, ...]
    too_toxic: tuple[float, ...]
    level: int
    conventions: tuple[str, ...] = CONVENTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmDecision:
    """What to do next.

    level    level of the next cohort; None if the trial stops because the lowest level is too toxic
    action   "escalate", "stay" or "de-escalate", from the last level; "stop for toxicity"; "stop, dose found"
    reason   a sentence
    """

    level: int | None
    action: Literal["escalate", "stay", "de-escalate", "stop for toxicity", "stop, dose found"]
    reason: str
    posterior: CrmPosterior


def compute_skeleton(
    *, target: float, half_width: float, prior_level: int, levels: int, model: Model = "power", intercept: float = 3.0
) -> tuple[float, ...]:
    """Prior DLT probabilities by indifference intervals (Lee and Cheung 2009).

    half_width    the method settles at a level with a DLT probability of target - half_width to target + half_width
    prior_level   level, counted from 1, that is thought to be the maximum tolerated dose
    """
    probability("target", target)
    count("levels", levels, least=2)
    if not 1 <= prior_level <= levels:
        raise DesignError(f"prior_level must lie between 1 and {levels}, the number of levels, got {prior_level!r}.")
    lower, upper = target - half_width, target + half_width
    if not 0 < lower < upper < 1:
        raise DesignError(
            f"half_width {half_width!r} makes the interval {lower:g} to {upper:g}, which must lie within 0 to 1. "
            "Give a value such as 0.25 * target."
        )

    def transformed(p: float) -> float:
        return math.log(p) if model == "power" else math.log(p / (1 - p)) - intercept

    if model == "logistic" and transformed(upper) >= 0:
        raise DesignError(
            f"The intercept {intercept!r} of the logistic model must be above logit(target + half_width) = "
            f"{transformed(upper) + intercept:g}, or levels cannot rise. 3 is usual."
        )
    # Neighbors meet where the parameter gives one target - half_width and the other target + half_width; in both models
    # the transformed skeleton is scaled by the parameter, so their ratio is fixed.
    ratio = transformed(lower) / transformed(upper)
    center = transformed(target)
    values = [center * ratio ** (prior_level - level) for level in range(1, levels + 1)]
    if model == "power":
        return tuple(math.exp(value) for value in values)
    return tuple(1 / (1 + math.exp(-value - intercept)) for value in values)


def compute_tite_weights(*, followup: Sequence[float], has_dlt: Sequence[bool], window: float) -> tuple[float, ...]:
    """Weights of subjects whose follow-up is not complete (Cheung and Chappell 2000, linear weights).

    followup   time since the start of treatment, in the unit of `window`
    window     time during which a DLT counts; a subject with a DLT, or followed up for so long, weighs 1
    """
    positive("window", window)
    if len(followup) != len(has_dlt):
        raise DesignError(f"followup has {len(followup)} subjects and has_dlt {len(has_dlt)}. Give one of each.")
    for time in followup:
        if not time >= 0:
            raise DesignError(f"followup must be 0 or more, got {time!r}. Give the time under observation.")
    return tuple(1.0 if toxic else min(time / window, 1.0) for time, toxic in zip(followup, has_dlt, strict=True))


def compute_crm_posterior(
    model: CrmModel, *, levels: Sequence[int], has_dlt: Sequence[bool], weights: Sequence[float] | None = None
) -> CrmPosterior:
    """The posterior after subjects at `levels` (counted from 1), of whom those with `has_dlt` had a DLT.

    weights   of the subjects, for the TITE-CRM; all 1 if None. Subject i adds w p to the likelihood with a DLT,
              and 1 - w p without.
    """
    if len(levels) != len(has_dlt) or (weights is not None and len(weights) != len(levels)):
        raise DesignError("levels, has_dlt and weights must have one value per subject each.")
    highest = len(model.skeleton)
    for level in levels:
        if not 1 <= level <= highest:
            raise DesignError(f"levels must lie between 1 and {highest}, the levels of the skeleton, got {level!r}.")
    if weights is not None and any(not 0 <= weight <= 1 for weight in weights):
        raise DesignError("weights must lie between 0 and 1; compute_tite_weights gives them.")
    grid = np.linspace(-_GRID_HALF_WIDTH, _GRID_HALF_WIDTH, _GRID_POINTS) * model.prior_sd
    toxicity = model.toxicity(grid)
    log_density = -0.5 * (grid / model.prior_sd) ** 2
    tiny = np.finfo(float).tiny
    for position, (level, toxic) in enumerate(zip(levels, has_dlt, strict=True)):
        here = toxicity[:, level - 1] * (1.0 if weights is None else weights[position])
        log_density = log_density + np.log(np.maximum(here if toxic else 1 - here, tiny))
    density = np.exp(log_density - log_density.max())
    density /= density.sum()
    mean = float(density @ grid)
    plugged_in = model.toxicity(np.asarray(mean))
    return CrmPosterior(
        parameter_mean=mean,
        parameter_variance=float(density @ (grid - mean) ** 2),
        toxicity=tuple(plugged_in.tolist()),
        mean_toxicity=tuple((density @ toxicity).tolist()),
        too_toxic=_probabilities_too_toxic(model, grid, density),
        level=int(np.abs(plugged_in - model.target).argmin()) + 1,
    )


def decide_crm(
    model: CrmModel,
    *,
    levels: Sequence[int],
    has_dlt: Sequence[bool],
    weights: Sequence[float] | None = None,
    start_level: int = 1,
    stopping_confidence: float = 0.95,
    stop_at_n: int | None = None,
) -> CrmDecision:
    """The next level, without skipping untried ones, and whether to stop.

    stopping_confidence   stop if the lowest level's DLT probability exceeds the target with at least this probability
    stop_at_n             stop if the next level is the last one and already has so many subjects
    """
    probability("stopping_confidence", stopping_confidence)
    if count("start_level", start_level) > len(model.skeleton):
        raise DesignError(
            f"start_level must lie between 1 and {len(model.skeleton)}, the levels of the skeleton, got {start_level}."
        )
    if stop_at_n is not None:
        count("stop_at_n", stop_at_n)
    posterior = compute_crm_posterior(model, levels=levels, has_dlt=has_dlt, weights=weights)
    if not levels:
        return CrmDecision(level=start_level, action="stay", reason="Nobody is treated yet.", posterior=posterior)
    last, lowest_too_toxic = levels[-1], posterior.too_toxic[0]
    if lowest_too_toxic >= stopping_confidence:
        return CrmDecision(
            level=None,
            action="stop for toxicity",
            reason=f"The lowest level exceeds the target with probability {lowest_too_toxic:.3f}.",
            posterior=posterior,
        )
    following = min(posterior.level, max(levels) + 1)
    reason = f"Level {posterior.level} is closest to the target."
    if following < posterior.level:
        reason += f" Untried levels are not skipped, so level {following} is next."
    if stop_at_n is not None and following == last and list(levels).count(last) >= stop_at_n:
        return CrmDecision(level=last, action="stop, dose found", reason=reason, posterior=posterior)
    action: Literal["escalate", "stay", "de-escalate"]
    action = "stay" if following == last else "escalate" if following > last else "de-escalate"
    return CrmDecision(level=following, action=action, reason=reason, posterior=posterior)


def _probabilities_too_toxic(model: CrmModel, grid: Floats, density: Floats) -> tuple[float, ...]:
    """Posterior probability of each level that its DLT probability exceeds the target.

    It does where the parameter is below the value that gives the target; the distribution function is interpolated
    between the cells of the grid.
    """
    crossing = parameters_at_target(model)
    edges = np.append(grid, 2 * grid[-1] - grid[-2]) - (grid[1] - grid[0]) / 2
    cumulated = np.concatenate([[0.0], np.cumsum(density)])
    return tuple(float(np.interp(value, edges, cumulated)) for value in crossing)


def parameters_at_target(model: CrmModel) -> Floats:
    """The parameter at which each level's DLT probability is the target; below it, it is higher."""
    skeleton = np.asarray(model.skeleton)
    if model.model == "power":
        slope = math.log(model.target) / np.log(skeleton)
    else:
        slope = (math.log(model.target / (1 - model.target)) - model.intercept) / (
            np.log(skeleton / (1 - skeleton)) - model.intercept
        )
    # A level on the wrong side of the intercept has no such value: its probability never crosses the target.
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(slope > 0, np.log(slope), -np.inf))
