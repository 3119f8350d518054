"""How a response-adaptive trial behaves: power, type I error, allocation and outcomes, with Monte Carlo errors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from trialwright.design.bayesian.adaptive_randomization import CONVENTIONS as SIMULATION_CONVENTIONS
from trialwright.design.bayesian.adaptive_randomization import AdaptiveTrials, goodness
from trialwright.design.early.requirements import count, positive
from trialwright.design.sample_size.requirements import error_rate, one_of
from trialwright.design.simulation.operating_characteristics import Estimate
from trialwright.errors import DesignError

CONVENTIONS = (
    *SIMULATION_CONVENTIONS,
    "standard_error is the Monte Carlo standard error of the estimate",
    "alpha is that of each comparison with the control; sided says whether z or |z| is tested",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationCharacteristics:
    """Operating characteristics of a response-adaptive trial.

    test                   which analysis: "usual", "stratified" or "randomization"
    critical_value         of z; None for the randomization test
    power                  any comparison rejected: type I error where the arms are alike
    rejections             of each experimental arm
    expected_subjects      of each arm
    shares                 mean share of all subjects, of each arm
    share_sds              standard deviation over trials of the share
    share_quantiles        2.5% and 97.5% over trials, of the share of each arm
    expected_total         mean over trials of the sum of outcomes: successes, where they are binary
    imbalanced             proportion of trials in which an inferior arm has at least `imbalance` subjects more than the
                           best one; None where all arms are alike
    bias                   mean of the estimated difference, experimental - control (above 0 is better), minus the true
                           one; the mean over the drift's course where there is a drift. Of trials with both estimates
    """

    trials: int
    seed: int
    test: str
    alpha: float
    sided: int
    critical_value: float | None
    power: Estimate
    rejections: tuple[Estimate, ...]
    expected_subjects: tuple[Estimate, ...]
    shares: tuple[Estimate, ...]
    share_sds: tuple[float, ...]
    share_quantiles: tuple[tuple[float, float], ...]
    expected_total: Estimate
    imbalance: int
    imbalanced: Estimate | None
    bias: tuple[Estimate, ...]
    conventions: tuple[str, ...] = CONVENTIONS


def compute_allocation_characteristics(
    trials: AdaptiveTrials,
    *,
    alpha: float,
    sided: int,
    test: Literal["usual", "stratified", "randomization"] = "usual",
    critical_value: float | None = None,
    imbalance: int = 20,
) -> AllocationCharacteristics:
    """Apply a test to simulated trials, and describe their allocation.

    test             "usual" and "stratified" compare z with the normal quantile, or with `critical_value` if given (see
                     `ExactAllocation`); "randomization" compares p-values with `alpha`
    """
    error_rate(alpha, sided)
    one_of("test", test, ("usual", "stratified", "randomization"))
    count("imbalance", imbalance)
    plan = trials.plan
    if test == "randomization":
        if critical_value is not None:
            raise DesignError("critical_value is not used by the randomization test. Leave it out.")
        if not len(trials.p_upper):
            raise DesignError(
                "These trials have no randomization test. Simulate them with reruns=199 or more, or take another test."
            )
        rejected = (trials.p_upper if sided == 1 else trials.p_two_sided) <= alpha * (1 + 1e-12)
        bound = None
    else:
        if test == "stratified" and plan.update_every < 2:
            raise DesignError(
                "The stratified test compares subjects between two computations of the probabilities, but "
                "update_every is 1. Take update_every of 10 or 20, or the randomization test."
            )
        bound = (
            float(special.ndtri(1 - alpha / sided))
            if critical_value is None
            else positive("critical_value", critical_value)
        )
        z = trials.z if test == "usual" else trials.stratified
        z = np.where(np.isnan(z), 0.0, z)
        rejected = (np.abs(z) if sided == 2 else z) >= bound - 1e-9
    shares = trials.subjects / plan.accrual.subjects
    return AllocationCharacteristics(
        trials=trials.trials,
        seed=trials.seed,
        test=test,
        alpha=alpha,
        sided=sided,
        critical_value=bound,
        power=_mean(np.logical_or.reduce(rejected, axis=1)),
        rejections=_means(rejected),
        expected_subjects=_means(trials.subjects),
        shares=_means(shares),
        share_sds=tuple(float(value) for value in shares.std(axis=0)),
        share_quantiles=tuple(
            (float(low), float(high)) for low, high in zip(*np.quantile(shares, (0.025, 0.975), axis=0), strict=True)
        ),
        expected_total=_mean(trials.sums.sum(axis=1)),
        imbalance=imbalance,
        imbalanced=_imbalanced(trials, imbalance),
        bias=_bias(trials),
    )


def _imbalanced(trials: AdaptiveTrials, imbalance: int) -> Estimate | None:
    good = goodness(trials.plan.outcome)
    is_best = good == good.max()
    if is_best.all():
        return None
    best = trials.subjects[:, is_best].max(axis=1)
    worse = trials.subjects[:, ~is_best].max(axis=1)
    return _mean(worse - best >= imbalance)


def _bias(trials: AdaptiveTrials) -> tuple[Estimate, ...]:
    good = goodness(trials.plan.outcome)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = trials.sums / trials.counts
    differences = means[:, 1:] - means[:, :1] - (good[1:] - good[0])
    columns = (differences[:, one] for one in range(differences.shape[1]))
    return tuple(_mean(column[np.isfinite(column)]) for column in columns)


def _mean(values: NDArray[np.generic]) -> Estimate:
    if not len(values):
        return Estimate(value=None, standard_error=None)
    numbers = values.astype(np.float64)
    error = float(numbers.std(ddof=1)) / math.sqrt(len(numbers)) if len(numbers) > 1 else None
    return Estimate(value=float(numbers.mean()), standard_error=error)


def _means(values: NDArray[np.generic]) -> tuple[Estimate, ...]:
    return tuple(_mean(values[:, column]) for column in range(values.shape[1]))
