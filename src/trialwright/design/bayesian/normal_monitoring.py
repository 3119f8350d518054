"""Bayesian monitoring of a normal quantity: a mean, a difference of means, a log hazard ratio.

With a conjugate prior the posterior (and the predictive) probability rises with the Z statistic of a look, so each
cutoff is a bound of Z and the rule is a group-sequential design: its frequentist characteristics come from the same
recursive integration, without simulation.

Sources: Freedman LS, Spiegelhalter DJ, Parmar MK. The what, why and how of Bayesian clinical trials monitoring. Stat
Med 1994;13:1371-1383 (normal prior as a handicap on Z). Spiegelhalter DJ, Freedman LS, Blackburn PR. Monitoring
clinical trials: conditional or predictive power? Control Clin Trials 1986;7:8-17 (predictive probability). Jennison C,
Turnbull BW. Group Sequential Methods. Chapman & Hall, 2000, chapters 18 and 19.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.optimize import brentq

from trialwright.design.bayesian.posteriors import normal_parameters
from trialwright.design.bayesian.priors import NormalBelief, as_normal_mixture
from trialwright.design.early.requirements import positive, probability
from trialwright.design.sample_size.assurance import compute_assurance
from trialwright.design.sample_size.requirements import one_of
from trialwright.design.sequential.integration import compute_exits
from trialwright.design.simulation.boundaries import Boundaries
from trialwright.errors import DesignError

Floats = NDArray[np.float64]

CONVENTIONS = (
    "the effect is on the scale of the estimate; above the null effect favors the experimental arm: turn the sign of a "
    "log hazard ratio, or of a mean that is better lower",
    "information is 1 / variance of the estimate of the effect at a look, cumulative",
    "success if the posterior probability of an effect above the null effect reaches the cutoff of the look",
    "futility if the posterior (predictive) probability is below the futility cutoff at a look before the last",
    "operating characteristics are frequentist, by recursive numerical integration; futility is binding",
)
_FAR = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalMonitoring:
    """A rule for a normal quantity.

    information       at each look, rising; see `information_of_means` and `information_of_events`
    success_cutoffs   of the posterior probability, one for each look; None at a look without a stop for efficacy
    futility_cutoff   0 for no stop for futility
    futility_rule     what is held to it: the "posterior" or the "predictive" probability (of success at the last look)
    """

    prior: NormalBelief
    information: tuple[float, ...]
    success_cutoffs: tuple[float | None, ...]
    null_effect: float = 0.0
    futility_cutoff: float = 0.0
    futility_rule: Literal["posterior", "predictive"] = "predictive"

    def __post_init__(self) -> None:
        if not self.information:
            raise DesignError("NormalMonitoring.information is empty. Give that of each look, the last for the end.")
        for before, after in zip((0.0, *self.information), self.information, strict=False):
            if not before < after < math.inf:
                raise DesignError(
                    f"NormalMonitoring.information must rise from above 0, but {after!r} comes after {before!r}. "
                    "It is cumulative: 1 / variance of the estimate at each look."
                )
        if len(self.success_cutoffs) != len(self.information) or self.success_cutoffs[-1] is None:
            raise DesignError(
                f"NormalMonitoring.success_cutoffs must have one value for each of {len(self.information)} looks and "
                f"end in a number, got {self.success_cutoffs!r}."
            )
        for cutoff in self.success_cutoffs:
            if cutoff is not None:
                probability("NormalMonitoring.success_cutoffs", cutoff)
        if not 0 <= self.futility_cutoff < 1:
            raise DesignError(
                "NormalMonitoring.futility_cutoff must lie from 0 (never stop) to below 1, got "
                f"{self.futility_cutoff!r}."
            )
        one_of("NormalMonitoring.futility_rule", self.futility_rule, ("posterior", "predictive"))
        as_normal_mixture(self.prior)


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalBounds:
    """The rule as bounds of Z = (estimate - null effect) * sqrt(information): success at or above `efficacy`, futility
    below `futility`; None where there is no stop."""

    efficacy: tuple[float | None, ...]
    futility: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalCharacteristics:
    """What a rule does at a true effect.

    success                  probability of declaring success: type I error at the null effect, else power
    stopping_probabilities   probability of ending at each look; sums to 1
    expected_information     expected information at the end of the trial
    """

    effect: float
    success: float
    futility: float
    success_by_look: tuple[float, ...]
    stopping_probabilities: tuple[float, ...]
    expected_information: float
    conventions: tuple[str, ...] = CONVENTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibratedNormalMonitoring:
    """A rule whose type I error at the null effect is `alpha`, one-sided; `cutoff` at all looks that have one."""

    rule: NormalMonitoring
    alpha: float
    cutoff: float
    bounds: NormalBounds
    conventions: tuple[str, ...] = (*CONVENTIONS, "alpha is one-sided")


def information_of_means(*, n_experimental: float, n_control: float, sd: float) -> float:
    """Information of a difference of two means with known standard deviation."""
    positive("n_experimental", n_experimental)
    positive("n_control", n_control)
    return 1 / (positive("sd", sd) ** 2 * (1 / n_experimental + 1 / n_control))


def information_of_events(*, events: float, allocation_ratio: float = 1.0) -> float:
    """Information of a log hazard ratio near 0: events * r / (1 + r)^2, r experimental / control subjects."""
    positive("allocation_ratio", allocation_ratio)
    return positive("events", events) * allocation_ratio / (1 + allocation_ratio) ** 2


def compute_normal_posterior_probability(rule: NormalMonitoring, *, look: int, z: float) -> float:
    """Posterior probability of an effect above the null effect, at a look (from 1) with a statistic `z`."""
    return float(_posterior(rule, rule.information[_index(rule, look)], _statistic(z))[0])


def compute_normal_predictive_probability(rule: NormalMonitoring, *, look: int, z: float) -> float:
    """Predictive probability, at a look (from 1) with a statistic `z`, of success at the last look."""
    index = _index(rule, look)
    return float(_predictive(rule, rule.information[index], _statistic(z), _final_bound(rule))[0])


def compute_normal_bounds(rule: NormalMonitoring) -> NormalBounds:
    """The rule's cutoffs as bounds of Z. Whatever the prior, both probabilities rise with Z."""
    final = _final_bound(rule)
    efficacy: list[float | None] = []
    futility: list[float | None] = []
    for look, (information, cutoff) in enumerate(zip(rule.information, rule.success_cutoffs, strict=True)):
        efficacy.append(None if cutoff is None else _posterior_bound(rule, information, cutoff))
        if look == len(rule.information) - 1 or rule.futility_cutoff == 0:
            futility.append(None)
        elif rule.futility_rule == "posterior":
            futility.append(_posterior_bound(rule, information, rule.futility_cutoff))
        else:
            futility.append(_predictive_bound(rule, information, final))
        upper, lower = efficacy[-1], futility[-1]
        if upper is not None and lower is not None and lower >= upper:
            raise DesignError(
                f"At look {look + 1} futility_cutoff = {rule.futility_cutoff!r} stops trials that "
                f"success_cutoffs = {cutoff!r} would declare a success. Take a lower futility_cutoff."
            )
    return NormalBounds(efficacy=tuple(efficacy), futility=tuple(futility))


def compute_simulation_boundaries(rule: NormalMonitoring) -> Boundaries:
    """The rule as bounds for simulated trials (`simulation.compute_operating_characteristics`).

    Their Z compares with no effect and favors the experimental arm above 0. Plan looks at the information of the rule.
    """
    if rule.null_effect != 0:
        raise DesignError(
            f"NormalMonitoring.null_effect is {rule.null_effect!r}, but Z of simulated trials compares with 0. "
            "Take a rule with null_effect=0."
        )
    bounds = compute_normal_bounds(rule)
    return Boundaries(efficacy=bounds.efficacy, futility=bounds.futility, sided=1)


def compute_normal_characteristics(rule: NormalMonitoring, *, effect: float) -> NormalCharacteristics:
    """Characteristics at a true effect, to the precision of the integration (1e-10)."""
    if not math.isfinite(effect):
        raise DesignError(f"effect must be a finite number, got {effect!r}.")
    return _characteristics(rule, compute_normal_bounds(rule), effect)


def calibrate_normal_monitoring(rule: NormalMonitoring, *, alpha: float) -> CalibratedNormalMonitoring:
    """The common cutoff at which the type I error is `alpha`; the cutoffs of `rule` are replaced, None stays None."""
    probability("alpha", alpha)

    def with_cutoff(cutoff: float) -> NormalMonitoring:
        return replace(rule, success_cutoffs=tuple(None if c is None else cutoff for c in rule.success_cutoffs))

    def excess(normal_quantile: float) -> float:
        tried = with_cutoff(float(special.ndtr(normal_quantile)))
        return _characteristics(tried, compute_normal_bounds(tried), rule.null_effect).success - alpha

    low, high = max(0.0, float(special.ndtri(rule.futility_cutoff or 0.5)) + 1e-6), 8.0
    if excess(low) < 0 or excess(high) > 0:
        raise DesignError(
            f"alpha = {alpha!r} is not reached with any cutoff from {special.ndtr(low):.4g} to 1: the prior decides "
            "more than the data. Take a wider prior, or another alpha."
        )
    cutoff = float(special.ndtr(brentq(excess, low, high, xtol=1e-12)))
    calibrated = with_cutoff(cutoff)
    return CalibratedNormalMonitoring(
        rule=calibrated, alpha=alpha, cutoff=cutoff, bounds=compute_normal_bounds(calibrated)
    )


def compute_normal_probability_of_success(rule: NormalMonitoring, *, design_prior: NormalBelief) -> float:
    """Probability of success over what is believed of the effect (assurance); `design_prior` may differ from the prior
    of the analysis."""
    bounds = compute_normal_bounds(rule)

    def success(effects: Floats) -> Floats:
        # Far from the null nothing changes any more: the recursion would only take time.
        scale = math.sqrt(rule.information[-1])
        drift = np.clip((effects - rule.null_effect) * scale, -12.0, 24.0)
        grid = np.linspace(drift.min(), drift.max(), 241)
        values = [_characteristics(rule, bounds, rule.null_effect + float(d) / scale).success for d in grid]
        result: Floats = _interpolate(grid, np.asarray(values), drift)
        return result

    mixture = as_normal_mixture(design_prior)
    return sum(
        weight * compute_assurance(success, component)
        for weight, component in zip(mixture.weights, mixture.components, strict=True)
    )


def _interpolate(grid: Floats, values: Floats, at: Floats) -> Floats:
    from scipy.interpolate import CubicSpline

    result: Floats = CubicSpline(grid, values)(at)
    return result


def _characteristics(rule: NormalMonitoring, bounds: NormalBounds, effect: float) -> NormalCharacteristics:
    maximum = rule.information[-1]
    exits = compute_exits(
        [information / maximum for information in rule.information],
        [math.inf if bound is None else bound for bound in bounds.efficacy],
        [-math.inf if bound is None else bound for bound in bounds.futility],
        (effect - rule.null_effect) * math.sqrt(maximum),
    )
    successes = [float(value) for value in exits.upper]
    futilities = [float(value) for value in exits.lower]
    ends = [up + down for up, down in zip(successes, futilities, strict=True)]
    ends[-1] = 1 - sum(ends[:-1])
    return NormalCharacteristics(
        effect=effect,
        success=sum(successes),
        futility=sum(futilities),
        success_by_look=tuple(successes),
        stopping_probabilities=tuple(ends),
        expected_information=sum(i * end for i, end in zip(rule.information, ends, strict=True)),
    )


def _posterior_parts(rule: NormalMonitoring, information: float, z: Floats) -> tuple[Floats, Floats, Floats]:
    """Weights, means and standard deviations of the posterior of effect - null effect: rows components."""
    mixture = as_normal_mixture(rule.prior)
    means, sds = (values[:, None] for values in normal_parameters(mixture))
    means = means - rule.null_effect
    estimate = z[None, :] / math.sqrt(information)
    spread = np.sqrt(sds**2 + 1 / information)
    logs = np.log(mixture.weights)[:, None] - 0.5 * ((estimate - means) / spread) ** 2 - np.log(spread)
    weights = np.exp(logs - logs.max(axis=0))
    weights /= weights.sum(axis=0)
    precision = 1 / sds**2 + information
    return weights, (means / sds**2 + estimate * information) / precision, precision**-0.5


def _posterior(rule: NormalMonitoring, information: float, z: Floats) -> Floats:
    weights, means, sds = _posterior_parts(rule, information, z)
    result: Floats = (weights * special.ndtr(means / sds)).sum(axis=0)
    return result


def _predictive(rule: NormalMonitoring, information: float, z: Floats, final: float) -> Floats:
    """Of Z at the last look at or above `final`."""
    total = rule.information[-1]
    more = total - information
    if more <= 0:
        return (z >= final).astype(float)
    weights, means, sds = _posterior_parts(rule, information, z)
    # Z_end sqrt(I_end) = Z sqrt(I) + increment, the increment normal with mean effect * more and variance more.
    center = z[None, :] * math.sqrt(information) + means * more
    spread = np.sqrt(more + (sds * more) ** 2)
    result: Floats = (weights * special.ndtr((center - final * math.sqrt(total)) / spread)).sum(axis=0)
    return result


def _statistic(z: float) -> Floats:
    if not math.isfinite(z):
        raise DesignError(f"z must be a finite number, got {z!r}: a look without a statistic says nothing.")
    return np.asarray([z], np.float64)


def _index(rule: NormalMonitoring, look: int) -> int:
    if not 1 <= look <= len(rule.information):
        raise DesignError(f"look must lie between 1 and {len(rule.information)}, the number of looks, got {look!r}.")
    return look - 1


def _final_bound(rule: NormalMonitoring) -> float:
    cutoff = rule.success_cutoffs[-1]
    assert cutoff is not None
    return _posterior_bound(rule, rule.information[-1], cutoff)


def _posterior_bound(rule: NormalMonitoring, information: float, cutoff: float) -> float:
    return _solve(lambda z: _posterior(rule, information, z), cutoff, "posterior")


def _predictive_bound(rule: NormalMonitoring, information: float, final: float) -> float:
    return _solve(lambda z: _predictive(rule, information, z, final), rule.futility_cutoff, "predictive")


def _solve(value: Callable[[Floats], Floats], cutoff: float, what: str) -> float:
    grid = np.linspace(-_FAR, _FAR, 1601)
    is_enough = value(grid) >= cutoff
    if not is_enough.any() or is_enough.all():
        raise DesignError(
            f"No result between Z = {-_FAR:g} and {_FAR:g} separates {what} probabilities at {cutoff!r}: the prior "
            "decides alone. Take a wider prior or a cutoff that the data can reach."
        )
    first = int(np.argmax(is_enough))
    return float(brentq(lambda z: float(value(np.asarray([z]))[0]) - cutoff, grid[first - 1], grid[first], xtol=1e-12))
