"""Inference at an interim or final analysis of a group-sequential trial.

The sources stand with each function. Looks count from 1. Z statistics are positive in favor of the experimental arm.
For observed information other than the planned, recompute the design first (`compute_monitored_design`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from trialwright.design.sequential.design import GroupSequentialDesign
from trialwright.design.sequential.integration import START, Recursion, State, Vector, continuation, quadrature
from trialwright.design.sequential.monitoring import compute_upper_bounds
from trialwright.errors import DesignError

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedInterval:
    """A repeated confidence interval, valid at each look whether or not the trial stops there.

    estimate, ci_lower, ci_upper   on the scale of the estimate
    conf_level                     simultaneous over all looks; of a one-sided design 1 - 2 alpha
    """

    estimate: float
    ci_lower: float
    ci_upper: float
    conf_level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StagewiseInference:
    """Inference after the trial has ended at a look, by stage-wise ordering.

    p_value                        one-sided, for no effect against an effect in favor of the experimental arm
    p_value_two_sided              twice the smaller of `p_value` and its complement
    median_unbiased_drift          the effect at which half of all trials are more extreme, as drift
    drift_ci_lower, drift_ci_upper the same for the ends of the interval
    conf_level                     of the interval
    """

    p_value: float
    p_value_two_sided: float
    median_unbiased_drift: float
    drift_ci_lower: float
    drift_ci_upper: float
    conf_level: float


def compute_conditional_power(
    design: GroupSequentialDesign, *, look: int, z: float, drift: float, obeys_futility: bool = True
) -> float:
    """Probability to cross the upper efficacy bound at a later look, if Z is `z` at `look` and the effect is `drift`.

    obeys_futility   whether the trial stops at the futility bounds of later looks
    Source: Jennison C, Turnbull BW. 2000, section 10.2. Lan KKG, Simon R, Halperin M. Commun Stat C 1982;1:207-219.
    """
    _check_look(design, look, z, is_interim=True)
    _check_drift("drift", drift)
    recursion = Recursion(design.information_fractions, drift)
    futility = design.futility_bounds if obeys_futility else None
    state = State(*_point(z * math.sqrt(design.information_fractions[look - 1])))
    total = 0.0
    for following in range(look, design.looks):
        upper = design.efficacy_bounds[following]
        total += recursion.probability_above(state, following, upper)
        if following + 1 < design.looks:
            state = recursion.advance(state, following, _region(design, following, futility))
    return total


def compute_conditional_error(design: GroupSequentialDesign, *, look: int, z: float) -> float:
    """Conditional probability of a type I error at later looks, of one or both sides as the design has them.

    Non-binding futility bounds are ignored.
    Source: Müller HH, Schäfer H. Biometrics 2001;57:886-891.
    """

    def one_side(z: float) -> float:
        return compute_conditional_power(design, look=look, z=z, drift=0.0, obeys_futility=design.futility_is_binding)

    return one_side(z) if design.sided == 1 else one_side(z) + one_side(-z)


def compute_predictive_power(
    design: GroupSequentialDesign,
    *,
    look: int,
    z: float,
    prior_drift: float | None = None,
    prior_sd: float | None = None,
) -> float:
    """Conditional power averaged over the effects that are plausible after `look`.

    prior_drift, prior_sd   normal prior of the drift; both None is the flat prior

    Source: Spiegelhalter DJ, Freedman LS, Blackburn PR. Control Clin Trials 1986;7:8-17.
    """
    _check_look(design, look, z, is_interim=True)
    fraction = design.information_fractions[look - 1]
    precision, weighted = fraction, z * math.sqrt(fraction)
    if (prior_drift is None) != (prior_sd is None):
        raise DesignError("Give prior_drift and prior_sd together, or neither for the flat prior.")
    if prior_drift is not None and prior_sd is not None:
        _check_drift("prior_drift", prior_drift)
        if not 0 < prior_sd < math.inf:
            raise DesignError(f"prior_sd must be above 0, got {prior_sd!r}. Without it the prior is flat.")
        precision += prior_sd**-2
        weighted += prior_drift * prior_sd**-2
    posterior = NormalDist(weighted / precision, precision**-0.5)
    low, high = posterior.mean - 8 * posterior.stdev, posterior.mean + 8 * posterior.stdev
    drifts, weights = quadrature(low, high, 4)
    return math.fsum(
        weight * posterior.pdf(drift) * compute_conditional_power(design, look=look, z=z, drift=drift)
        for drift, weight in zip(drifts.tolist(), weights.tolist(), strict=True)
    )


def compute_repeated_interval(
    design: GroupSequentialDesign,
    *,
    look: int,
    estimate: float,
    standard_error: float,
    degrees_of_freedom: float | None = None,
) -> RepeatedInterval:
    """estimate +- bound * standard error, the bound that of the efficacy at `look`.

    degrees_of_freedom   of a t statistic: the bound is then the t quantile with the stage level of the bound of Z

    Source: Jennison C, Turnbull BW. J R Stat Soc B 1989;51:305-361, and 2000, chapter 9.
    """
    _check_look(design, look, estimate, is_interim=False)
    if not 0 < standard_error < math.inf:
        raise DesignError(f"standard_error must be above 0, got {standard_error!r}.")
    bound = design.efficacy_bounds[look - 1]
    if degrees_of_freedom is not None:
        from scipy.stats import t

        bound = float(t.isf(design.stage_levels[look - 1], degrees_of_freedom))
    return RepeatedInterval(
        estimate=estimate,
        ci_lower=estimate - bound * standard_error,
        ci_upper=estimate + bound * standard_error,
        conf_level=_conf_level(design),
    )


def compute_repeated_p_value(design: GroupSequentialDesign, *, look: int, z: float) -> float:
    """The smallest alpha at which the design would reject at `look`, with `sided` of the design.

    Never above 0.5 for each side, and never below 1e-12. Futility bounds are ignored; of a two-sided design |z| counts.
    Source: Jennison C, Turnbull BW. 2000, section 9.3.
    """
    from scipy.optimize import brentq

    _check_look(design, look, z, is_interim=False)
    reached = abs(z) if design.sided == 2 else z

    def missing(log_alpha: float) -> float:
        return min(compute_upper_bounds(design, alpha=math.exp(log_alpha))[look - 1], 1e3) - reached

    lowest, highest = math.log(1e-12), math.log(0.5 * design.sided * (1 - 1e-9))
    if missing(highest) >= 0:
        return 0.5 * design.sided
    if missing(lowest) <= 0:
        return 1e-12
    return math.exp(brentq(missing, lowest, highest, xtol=1e-10))


def compute_sequential_p_value(design: GroupSequentialDesign, *, z: tuple[float, ...]) -> float:
    """The smallest alpha at which the design would have rejected at one of the looks so far: `z` has one value each.

    Source: Liu Q, Anderson KM. J Am Stat Assoc 2008;103:1621-1630.
    """
    if not 1 <= len(z) <= design.looks:
        raise DesignError(f"z has {len(z)} values, but the design has {design.looks} looks; give one for each taken.")
    return min(compute_repeated_p_value(design, look=look, z=value) for look, value in enumerate(z, start=1))


def compute_stagewise_inference(
    design: GroupSequentialDesign, *, look: int, z: float, conf_level: float | None = None
) -> StagewiseInference:
    """p-value, confidence interval and median-unbiased estimate of a trial that ended at `look` with `z`.

    Earlier rejection is more extreme, earlier futility less; at one look the higher Z is. Non-binding futility bounds
    are ignored, which keeps the p-value valid whether or not they were obeyed. A drift divided by the root of the
    maximum information is the effect. Inside the bounds, what comes back holds only if the trial ended there.

    conf_level   None: 1 - alpha of two sides, 1 - 2 alpha of one

    Source: Tsiatis AA, Rosner GL, Mehta CR. Biometrics 1984;40:797-803. Fairbanks K, Madsen R. Biometrika 1982;69:69-74
    Jennison C, Turnbull BW. 2000, sections 8.4 and 8.5.
    """
    _check_look(design, look, z, is_interim=False)
    level = _conf_level(design) if conf_level is None else conf_level
    if not 0 < level < 1:
        raise DesignError(f"conf_level must lie between 0 and 1, got {level!r}; 0.95 is usual.")
    p_value = min(_more_extreme(design, look, z, 0.0), 1.0)

    def drift_at(probability: float) -> float:
        from scipy.optimize import brentq

        scale = 1 / math.sqrt(design.information_fractions[look - 1])
        center = z * scale
        target = _NORMAL.inv_cdf(probability)

        def missing(drift: float) -> float:
            tail = _more_extreme(design, look, z, drift)
            return _NORMAL.inv_cdf(min(max(tail, 1e-300), 1 - 1e-15)) - target

        low, high = center - 2 * scale, center + 2 * scale
        while missing(low) > 0:
            low -= 2 * scale
        while missing(high) < 0:
            high += 2 * scale
        return float(brentq(missing, low, high, xtol=1e-10))

    return StagewiseInference(
        p_value=p_value,
        p_value_two_sided=2 * min(p_value, 1 - p_value),
        median_unbiased_drift=drift_at(0.5),
        drift_ci_lower=drift_at((1 - level) / 2),
        drift_ci_upper=drift_at((1 + level) / 2),
        conf_level=level,
    )


def _more_extreme(design: GroupSequentialDesign, look: int, z: float, drift: float) -> float:
    recursion, state, total = Recursion(design.information_fractions, drift), START, 0.0
    for before in range(look - 1):
        total += recursion.probability_above(state, before, design.efficacy_bounds[before])
        state = recursion.advance(state, before, _region(design, before, design.binding_futility_bounds))
    return total + recursion.probability_above(state, look - 1, z)


def _region(
    design: GroupSequentialDesign, index: int, futility: tuple[float, ...] | None
) -> tuple[tuple[float, float], ...]:
    upper = design.efficacy_bounds[index]
    if design.sided == 2:
        return continuation(-upper, upper, 0.0 if futility is None else futility[index])
    return continuation(-math.inf if futility is None else futility[index], upper)


def _point(score: float) -> tuple[Vector, Vector]:
    return np.array([score]), np.ones(1)


def _check_drift(name: str, drift: float) -> None:
    if not math.isfinite(drift):
        raise DesignError(f"{name} must be a finite number, got {drift!r}. It is effect * sqrt(maximum information).")


def _conf_level(design: GroupSequentialDesign) -> float:
    return 1 - 2 * design.alpha / design.sided


def _check_look(design: GroupSequentialDesign, look: int, value: float, *, is_interim: bool) -> None:
    last = design.looks - 1 if is_interim else design.looks
    if not 1 <= look <= last:
        interim = " interim looks (nothing follows the final one)" if is_interim else " looks"
        raise DesignError(f"look must lie between 1 and {last}, got {look!r}: the design has {last}{interim}.")
    if not math.isfinite(value):
        raise DesignError(f"z and estimate must be finite numbers, got {value!r}.")
