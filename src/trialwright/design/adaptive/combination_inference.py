"""Inference from combination tests: conditional power, p-values, intervals and estimates.

Sources stand with each function. Everything is one-sided in favor of the experimental arm; stages count from 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr, ndtri

from trialwright.design.adaptive.combination import CombinationTest, combine, is_rejected, stage_scores
from trialwright.design.adaptive.stage_evidence import EstimateStage, StageEvidence
from trialwright.design.sequential.boundaries import GivenBounds
from trialwright.design.sequential.design import EfficacyRule, FutilityRule, GroupSequentialDesign
from trialwright.design.sequential.fisher_combination import FisherCombination, compute_fisher_combination
from trialwright.design.sequential.integration import Recursion, State, continuation, quadrature
from trialwright.design.sequential.interim import compute_repeated_p_value
from trialwright.design.sequential.solving import Problem, compute_group_sequential_design, compute_upper
from trialwright.errors import DesignError

Floats = NDArray[np.float64]

_NORMAL = NormalDist()
_LOW = -9.0  # below which z is never: 1e-19
_TABLE = 64  # degree of the polynomials between which Fisher's test is followed over many stages


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinationInterval:
    """A repeated confidence interval: valid at each stage, whether or not the trial stops there.

    ci_lower     the effects below it are rejected by the test at this stage, those above `ci_upper` by its mirror image
    conf_level   1 - 2 alpha
    """

    ci_lower: float
    ci_upper: float
    conf_level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalInference:
    """Inference after an adaptive trial has ended at its first or second stage, by stage-wise ordering.

    p_value                    one-sided, for no effect
    median_unbiased_estimate   the effect at which the p-value is one half
    ci_lower, ci_upper         the effects at which it is (1 - conf_level) / 2 and (1 + conf_level) / 2
    """

    p_value: float
    median_unbiased_estimate: float
    ci_lower: float
    ci_upper: float
    conf_level: float


def compute_conditional_rejection_probability(test: CombinationTest, *, z: Sequence[float]) -> float:
    """Probability without effect to reject at a later stage, given z of the stages so far.

    After any change of the trial, a test of the remaining stages at this level keeps the type I error. Futility counts
    if it is binding.
    Source: Müller HH, Schäfer H. Biometrics 2001;57:886-891. Posch M, Bauer P. Biom J 1999;41:689-696.
    """
    remaining = test.stages - len(z)
    return _later_rejection(test, z, (0.0,) * remaining, obeys_futility=test.futility_is_binding)


def compute_combination_conditional_power(
    test: CombinationTest, *, z: Sequence[float], stage_drifts: Sequence[float], obeys_futility: bool = True
) -> float:
    """Probability to reject at a later stage, given z of the stages so far.

    stage_drifts     expected z of each remaining stage: effect * sqrt(information of the stage), as it is planned now
    obeys_futility   whether the trial stops for futility at later stages
    """
    if not all(math.isfinite(drift) for drift in stage_drifts):
        raise DesignError(f"stage_drifts must be finite numbers, got {tuple(stage_drifts)!r}.")
    if len(stage_drifts) != test.stages - len(z):
        raise DesignError(
            f"stage_drifts has {len(stage_drifts)} values, but {test.stages - len(z)} of {test.stages} stages remain. "
            "Give the expected z of each."
        )
    return _later_rejection(test, z, tuple(stage_drifts), obeys_futility=obeys_futility)


def compute_remaining_design(
    test: CombinationTest,
    *,
    z: Sequence[float],
    efficacy: EfficacyRule,
    power: float,
    information_fractions: tuple[float, ...] = (1.0,),
    futility: FutilityRule | None = None,
    futility_is_binding: bool = False,
) -> GroupSequentialDesign:
    """A new design for the rest of the trial, at the conditional rejection probability of the old one.

    information_fractions   of the information that is still to come
    power                   of the rest alone, at the drift of the design that comes back

    It may have any number of looks and any bounds; only data that come from now on enter it.
    Source: Müller HH, Schäfer H. Biometrics 2001;57:886-891; Stat Med 2004;23:2497-2508.
    """
    level = compute_conditional_rejection_probability(test, z=z)
    if not 1e-12 < level < 0.5:
        what = "nothing can be rejected any more" if level <= 1e-12 else "every further trial would reject too easily"
        raise DesignError(
            f"The conditional rejection probability is {level:.3g}, so {what}; a design needs one above 0 and below "
            "0.5. Keep the planned stages."
        )
    if not level < power:
        raise DesignError(
            f"power = {power!r} is not above the conditional rejection probability {level:.4g}, which the rest of the "
            "trial has without any effect. Ask for more."
        )
    return compute_group_sequential_design(
        efficacy=efficacy,
        alpha=level,
        sided=1,
        power=power,
        information_fractions=information_fractions,
        futility=futility,
        futility_is_binding=futility_is_binding,
    )


def compute_stage_p_value(test: CombinationTest, *, z: Sequence[float]) -> float | None:
    """The smallest alpha at which the test would reject at the last of the stages given; from 1e-12 to 0.5.

    Binding futility bounds stay where they are. None for given bounds, which belong to one alpha; without bounds before
    the last stage it is the combination's p-value there.
    Source: Jennison C, Turnbull BW. 2000, section 9.3; for combination tests Wassmer G, Brannath W. 2016.
    """
    stage, statistic = len(z), float(combine(test, np.asarray(z)))
    rule = test.rule
    if isinstance(rule, FisherCombination):
        return _fisher_p_value(rule, stage, statistic)
    if isinstance(rule.efficacy, GivenBounds):
        if any(math.isfinite(bound) for bound in rule.efficacy.z[:-1]):
            return None
        return min(0.5, float(ndtr(-statistic))) if stage == test.stages else 0.5
    if rule.futility_is_binding:
        return _binding_p_value(rule, stage, statistic)
    return compute_repeated_p_value(rule, look=stage, z=statistic)


def compute_combination_interval(test: CombinationTest, *, stages: Sequence[StageEvidence]) -> CombinationInterval:
    """The repeated confidence interval after the last of the stages given: the effects that the test does not reject.

    Infinite on a side where the test cannot reject at this stage. With binding futility an effect at which an earlier
    stage would have been futile is not rejected either, as the type I error wants it.
    Source: Lehmacher W, Wassmer G. Biometrics 1999;55:1286-1290. Mehta CR, Bauer P, Posch M, Brannath W. Stat Med
    2007;26:5422-5433.
    """
    stage_scores(test, z=[one.z() for one in stages], p_values=None)
    return CombinationInterval(
        ci_lower=_limit(test, stages, 1.0), ci_upper=_limit(test, stages, -1.0), conf_level=1 - 2 * test.alpha
    )


def compute_final_inference(
    test: CombinationTest, *, stages: Sequence[EstimateStage], conf_level: float | None = None
) -> FinalInference:
    """p-value, median-unbiased estimate and interval of a trial that ended after the stages given, one or two.

    Rejection at the first stage is more extreme than whatever comes later; at one stage the combination decides. Exact
    however the second stage was changed after the first, since that one was as planned. Non-binding futility is not
    counted. Inside the bounds, what comes back holds only if the trial ended there.

    conf_level   None: 1 - 2 alpha

    Source: Brannath W, Posch M, Bauer P. J Am Stat Assoc 2002;97:236-244. Wassmer G, Brannath W. Group Sequential and
    Confirmatory Adaptive Designs in Clinical Trials. Springer, 2016, chapter 8.
    """
    _check_final(test, stages)
    level = 1 - 2 * test.alpha if conf_level is None else conf_level
    if not 0 < level < 1:
        raise DesignError(f"conf_level must lie between 0 and 1, got {level!r}; 0.95 is usual.")

    def effect_at(probability: float) -> float:
        target = _NORMAL.inv_cdf(probability)
        return _crossing(
            lambda effect: _quantile(compute_final_p_value(test, stages=stages, effect=effect)) - target, stages
        )

    return FinalInference(
        p_value=compute_final_p_value(test, stages=stages),
        median_unbiased_estimate=effect_at(0.5),
        ci_lower=effect_at((1 - level) / 2),
        ci_upper=effect_at((1 + level) / 2),
        conf_level=level,
    )


def _check_final(test: CombinationTest, stages: Sequence[EstimateStage]) -> None:
    if len(stages) > 2:
        raise DesignError(
            f"{len(stages)} stages are given: with more than two, the probability to have stopped before depends on "
            "what later stages would have been. Use compute_combination_interval, which holds at any stage."
        )
    scores = stage_scores(test, z=[one.z() for one in stages], p_values=None)
    if len(stages) == 2 and bool(is_rejected(test, 1, combine(test, np.asarray(scores[:1])))):
        raise DesignError(
            "Stage 1 rejected, so the trial ended there. Give that stage alone; overrunning data are not ordered."
        )


def _later_rejection(
    test: CombinationTest, z: Sequence[float], drifts: tuple[float, ...], *, obeys_futility: bool
) -> float:
    scores = stage_scores(test, z=z, p_values=None)
    stage = len(scores)
    if stage >= test.stages:
        raise DesignError(f"{stage} stages are given, and the test has no more: nothing follows the last one.")
    if isinstance(test.rule, FisherCombination):
        levels = test.rule.futility_levels if obeys_futility else None
        log_product = np.asarray([float(log_ndtr(-np.asarray(scores)).sum())])
        return float(_fisher_rejection(test.rule, stage, log_product, drifts, levels)[0])
    return _normal_rejection(test.rule, stage, float(combine(test, np.asarray(scores))), drifts, obeys_futility)


def _normal_rejection(
    design: GroupSequentialDesign, stage: int, statistic: float, drifts: tuple[float, ...], obeys_futility: bool
) -> float:
    # Stages have their own drifts. Taken off the scores, they shift the bounds instead, and the recursion has none.
    fractions = design.information_fractions
    recursion = Recursion(fractions, 0.0)
    state = State(np.asarray([statistic * math.sqrt(fractions[stage - 1])]), np.ones(1))
    futility = design.futility_bounds if obeys_futility else None
    shift, total = 0.0, 0.0
    for look, drift in enumerate(drifts, start=stage):
        shift += drift * math.sqrt(fractions[look] - fractions[look - 1])
        moved = shift / math.sqrt(fractions[look])
        upper = design.efficacy_bounds[look] - moved
        total += recursion.probability_above(state, look, upper)
        if look + 1 < design.looks:
            lower = -math.inf if futility is None else futility[look] - moved
            state = recursion.advance(state, look, continuation(min(lower, upper), upper))
    return total


def _fisher_rejection(
    rule: FisherCombination,
    stage: int,
    log_product: Floats,
    drifts: tuple[float, ...],
    futility_levels: tuple[float, ...] | None,
) -> Floats:
    """Probability to reject after `stage`, for each logarithm of the product so far."""
    reached = math.log(rule.critical_values[stage])
    with np.errstate(divide="ignore"):
        needed = -ndtri(np.exp(np.minimum(reached - log_product, 0.0)))
    rejected = np.asarray(ndtr(drifts[0] - needed), np.float64)
    if stage + 1 == rule.stages:
        return rejected
    lowest = max(_LOW, drifts[0] + _LOW)
    if futility_levels is not None:
        lowest = max(lowest, -float(ndtri(futility_levels[stage])))
    top = np.minimum(needed, max(-_LOW, drifts[0] - _LOW))
    unit, weights = quadrature(0.0, 1.0, 6)
    width = np.maximum(top - lowest, 0.0)
    z = lowest + width[:, None] * unit
    density = np.exp(-0.5 * (z - drifts[0]) ** 2) / math.sqrt(2 * math.pi)
    later = _fisher_table(rule, stage + 1, drifts[1:], futility_levels)(log_product[:, None] + log_ndtr(-z))
    return np.asarray(rejected + width * ((density * later) @ weights), np.float64)


def _fisher_table(
    rule: FisherCombination, stage: int, drifts: tuple[float, ...], futility_levels: tuple[float, ...] | None
) -> Callable[[Floats], Floats]:
    """The probability to reject after `stage`, as a function of the logarithm of the product of a trial that goes on.

    Before the last stage but one it is interpolated: nested integrals would grow by a factor with every stage.
    """
    from numpy.polynomial import Chebyshev

    def exact(log_product: Floats) -> Floats:
        return _fisher_rejection(rule, stage, log_product.ravel(), drifts, futility_levels).reshape(log_product.shape)

    if stage + 1 == rule.stages:
        return exact
    # A trial that goes on has a product above the critical value of its stage. Where the next one rejects with any
    # p-value up to its futility level there is a corner.
    lowest = math.log(rule.critical_values[stage - 1])
    level = 1.0 if futility_levels is None else futility_levels[stage]
    corner = math.log(rule.critical_values[stage] / level)
    edges = [lowest, corner, 0.0] if lowest + 1e-9 < corner < -1e-9 else [lowest, 0.0]
    pieces = [(high, Chebyshev.interpolate(exact, _TABLE, domain=[low, high])) for low, high in pairwise(edges)]

    def interpolated(log_product: Floats) -> Floats:
        value = np.empty(log_product.shape)
        below = -math.inf
        for high, piece in pieces:
            inside = (log_product > below) & (log_product <= high)
            value[inside] = piece(np.maximum(log_product[inside], lowest))
            below = high
        return value

    return interpolated


def _binding_p_value(design: GroupSequentialDesign, stage: int, statistic: float) -> float:
    problem = Problem(
        fractions=design.information_fractions,
        spending_fractions=design.spending_fractions,
        alpha=design.alpha,
        sided=1,
        power=design.target_power,
        efficacy=design.efficacy,
        futility=design.futility,
        is_binding=True,
    )
    binding = (*(design.futility_bounds or ())[:-1], -math.inf)

    def missing(log_alpha: float) -> float:
        upper = compute_upper(replace(problem, alpha=math.exp(log_alpha)), binding)
        return min(upper[stage - 1], 1e3) - statistic

    return _smallest_alpha(missing, 0.5 * (1 - 1e-9))


def _smallest_alpha(missing: Callable[[float], float], highest: float) -> float:
    """Where what is missing for a rejection, which falls with the logarithm of alpha, is nothing."""
    top, bottom = math.log(highest), math.log(1e-12)
    if missing(top) >= 0:
        return 0.5
    if missing(bottom) <= 0:
        return 1e-12
    return math.exp(brentq(missing, bottom, top, xtol=1e-10))


def _fisher_p_value(rule: FisherCombination, stage: int, product: float) -> float:
    levels = rule.futility_levels if rule.futility_is_binding else None
    if product == 0:
        return 1e-12

    def missing(log_alpha: float) -> float:
        at = compute_fisher_combination(
            stages=rule.stages,
            alpha=math.exp(log_alpha),
            method=rule.method,
            futility_levels=levels,
            futility_is_binding=levels is not None,
        )
        return math.log(product) - math.log(at.critical_values[stage - 1])

    # Where the first stage rejects up to its futility level, no trial goes on.
    return _smallest_alpha(missing, min((0.5, *(levels or ())[:1])) * (1 - 1e-6))


def _limit(test: CombinationTest, stages: Sequence[StageEvidence], side: float) -> float:
    """The effect at which the test, or its mirror image (`side` -1), just rejects."""
    low, high = _range(stages)

    def excess(effect: float, count: int, is_futility: bool) -> float:
        z = np.asarray([side * one.z(effect) for one in stages[:count]])
        if np.isinf(z).any():
            return math.copysign(1e6, float(z[np.isinf(z)][0]))
        bounds = test.futility_values if is_futility else test.critical_values
        bound = (bounds or ())[count - 1]
        if not isinstance(test.rule, FisherCombination):
            return float(combine(test, z)) - bound
        if is_futility:
            return float(z[-1]) + float(ndtri(bound))
        return math.log(bound) - float(log_ndtr(-z).sum())

    def rising_excess(effect: float, count: int, is_futility: bool) -> float:
        return -side * excess(effect, count, is_futility)

    worst = low if side > 0 else high
    if math.isinf(test.critical_values[len(stages) - 1]):
        return worst
    limits = [_crossing(partial(rising_excess, count=len(stages), is_futility=False), stages)]
    if test.futility_is_binding:
        for count, bound in enumerate((test.futility_values or ())[: len(stages) - 1], start=1):
            if math.isfinite(bound) and not (isinstance(test.rule, FisherCombination) and bound == 1):
                limits.append(_crossing(partial(rising_excess, count=count, is_futility=True), stages))
    return min(limits) if side > 0 else max(limits)


def _crossing(rising: Callable[[float], float], stages: Sequence[StageEvidence]) -> float:
    """Where a function of the effect that rises crosses 0; an end of the range if it does not."""
    low, high = _range(stages)
    if math.isinf(low):
        scale = max(one.standard_error for one in stages if isinstance(one, EstimateStage))
        center = next(one.estimate for one in stages if isinstance(one, EstimateStage))
        low, high = center - 4 * scale, center + 4 * scale
        for _ in range(60):
            if rising(low) < 0:
                break
            low -= 2 * (high - low)
        for _ in range(60):
            if rising(high) > 0:
                break
            high += 2 * (high - low)
    else:
        low, high = low + 1e-9, high - 1e-9
    if rising(low) >= 0:
        return _range(stages)[0]
    if rising(high) <= 0:
        return _range(stages)[1]
    return float(brentq(rising, low, high, xtol=1e-11))


def _range(stages: Sequence[StageEvidence]) -> tuple[float, float]:
    return max(one.range[0] for one in stages), min(one.range[1] for one in stages)


def compute_final_p_value(test: CombinationTest, *, stages: Sequence[EstimateStage], effect: float = 0.0) -> float:
    """The p-value of `compute_final_inference` against an effect of at most `effect`."""
    _check_final(test, stages)
    first = stages[0]
    z = [one.z(effect) for one in stages]
    if len(stages) == 1:
        return float(ndtr(-z[0]))
    reject, futile = _first_bounds(test)
    upper, lower = first.z_at_bound(reject, effect), first.z_at_bound(futile, effect)
    rejected = float(ndtr(-upper))
    if isinstance(test.rule, FisherCombination):
        product = math.exp(float(log_ndtr(-np.asarray(z)).sum()))
        best, worst = rejected, float(ndtr(-lower))
        middle = min(max(product, best), worst)
        rest = 0.0 if product == 0 else product * (math.log(worst) - math.log(middle)) if middle > 0 else 0.0
        return rejected + (middle - best) + rest
    weights = test.weights[:2]
    target = weights[0] * z[0] + weights[1] * z[1]
    bottom, top = max(lower, _LOW), min(upper, -_LOW)
    if bottom >= top:
        return rejected
    nodes, mass = quadrature(bottom, top, 12)
    tail = ndtr(-(target - weights[0] * nodes) / weights[1])
    return rejected + float((mass * np.exp(-0.5 * nodes**2) / math.sqrt(2 * math.pi)) @ tail)


def _first_bounds(test: CombinationTest) -> tuple[float, float]:
    """z of the first stage that rejects, and that is futile if this is binding."""
    futility = (test.futility_values or (None,))[0] if test.futility_is_binding else None
    if isinstance(test.rule, FisherCombination):
        level = 1.0 if futility is None else futility
        return -float(ndtri(test.critical_values[0])), -math.inf if level == 1 else -float(ndtri(level))
    return test.critical_values[0], -math.inf if futility is None else futility


def _quantile(probability: float) -> float:
    return _NORMAL.inv_cdf(min(max(probability, 1e-300), 1 - 1e-15))
