"""What inputs of a design must fulfil; each refusal says which value, why, and what would work."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trialwright.design.sample_size.hypotheses import Equivalence, Hypothesis, NonInferiority, Superiority
from trialwright.errors import DesignError

Floats = NDArray[np.float64]


def floats(name: str, value: ArrayLike) -> Floats:
    """`value` as an array of finite numbers."""
    array = np.asarray(value, dtype=float)
    if not np.all(np.isfinite(array)):
        raise DesignError(f"{name} must be a finite number, got {_shown(array, ~np.isfinite(array))}. Give a number.")
    return array


def positive(name: str, value: ArrayLike) -> Floats:
    """`value` if it is above 0."""
    array = floats(name, value)
    if np.any(array <= 0):
        raise DesignError(f"{name} must be above 0, got {_shown(array, array <= 0)}. Give a positive number.")
    return array


def not_negative(name: str, value: ArrayLike) -> Floats:
    """`value` if it is 0 or above."""
    array = floats(name, value)
    if np.any(array < 0):
        raise DesignError(f"{name} must not be negative, got {_shown(array, array < 0)}. Give 0 or a positive number.")
    return array


def probability(name: str, value: ArrayLike) -> Floats:
    """`value` if it lies strictly between 0 and 1."""
    array = floats(name, value)
    wrong = (array <= 0) | (array >= 1)
    if np.any(wrong):
        raise DesignError(
            f"{name} must lie between 0 and 1, both excluded, got {_shown(array, wrong)}. "
            "Give a proportion such as 0.3 for 30%."
        )
    return array


def correlation(name: str, value: float) -> float:
    """`value` if it lies strictly between -1 and 1."""
    if not -1 < value < 1:
        raise DesignError(
            f"{name} must lie between -1 and 1, both excluded, got {value!r}. Give a correlation like 0.5."
        )
    return value


def one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a choice that is none: a misspelled one must not be taken for another."""
    if value not in choices:
        raise DesignError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}.")


def error_rate(alpha: float, sided: int) -> None:
    """Refuse a type I error or a number of sides that no test has."""
    if sided not in (1, 2):
        raise DesignError(f"sided must be 1 or 2, got {sided!r}. Give 1 for a one-sided test, 2 for a two-sided one.")
    if not 0 < alpha < (0.5 if sided == 1 else 1):
        highest = 0.5 if sided == 1 else 1
        raise DesignError(
            f"alpha must lie between 0 and {highest} for sided={sided}, got {alpha!r}. "
            "Usual are 0.025 with sided=1 and 0.05 with sided=2."
        )


def target_power(power: float, alpha: float, sided: int) -> None:
    """Refuse a target that every test has, or none."""
    error_rate(alpha, sided)
    lowest = alpha / sided
    if not lowest < power < 1:
        raise DesignError(
            f"power must lie between {lowest:g} (the type I error in one direction) and 1, got {power!r}. "
            "Usual are 0.8 and 0.9."
        )


def one_sided_alpha(alpha: float, sided: int, hypothesis: Hypothesis) -> float:
    """The type I error on the side where the test rejects."""
    error_rate(alpha, sided)
    if isinstance(hypothesis, Equivalence) and sided != 1:
        raise DesignError(
            "Equivalence is shown by two one-sided tests, each at alpha: sided must be 1, got 2. "
            "The matching confidence interval has the level 1 - 2 alpha; 0.05 gives one of 90%."
        )
    return alpha / sided


def check_margins(hypothesis: Hypothesis, neutral: float, *, of: str) -> None:
    """Refuse margins on the wrong side of no effect, which is `neutral`: 0 for differences, 1 for ratios."""
    if isinstance(hypothesis, Superiority):
        floats("Superiority.null_value", null_value(hypothesis, neutral))
    if isinstance(hypothesis, NonInferiority):
        side = "below" if hypothesis.higher_is_better else "above"
        distance = neutral - hypothesis.margin if hypothesis.higher_is_better else hypothesis.margin - neutral
        if not distance > 0:
            raise DesignError(
                f"NonInferiority.margin = {hypothesis.margin:g} is on the wrong side: where "
                f"{'higher' if hypothesis.higher_is_better else 'lower'} is better, the margin of a {of} lies {side} "
                f"{neutral:g}. Give it as a signed {of} of experimental and control, or change higher_is_better."
            )
    if isinstance(hypothesis, Equivalence) and not hypothesis.lower < neutral < hypothesis.upper:
        raise DesignError(
            f"Equivalence needs lower < {neutral:g} < upper for a {of}, got lower = {hypothesis.lower:g} and "
            f"upper = {hypothesis.upper:g}. Give both limits on the scale of the {of}."
        )
    if neutral == 1 and any(limit <= 0 for limit in _limits(hypothesis)):
        raise DesignError(f"A limit of a {of} must be above 0, got {_limits(hypothesis)}. A {of} is never negative.")


def null_value(hypothesis: Superiority | NonInferiority, neutral: float) -> float:
    """The effect under the null hypothesis."""
    if isinstance(hypothesis, NonInferiority):
        return hypothesis.margin
    return neutral if hypothesis.null_value is None else hypothesis.null_value


def check_reachable(hypothesis: Hypothesis, effect: float, sided: int, neutral: float, *, of: str) -> None:
    """Refuse an assumed effect at which no sample size gives the power."""
    check_margins(hypothesis, neutral, of=of)
    if isinstance(hypothesis, Equivalence):
        if not hypothesis.lower < effect < hypothesis.upper:
            raise DesignError(
                f"The assumed {of} {effect:g} is not between the limits {hypothesis.lower:g} and {hypothesis.upper:g} "
                f"of equivalence, so no sample size gives the power. Assume a {of} between them, or widen them."
            )
        return
    null = null_value(hypothesis, neutral)
    if math.isclose(effect, null, rel_tol=1e-12, abs_tol=1e-12):
        raise DesignError(
            f"The assumed {of} {effect:g} equals its value under the null hypothesis, so the power is the type I error "
            f"at any sample size. Assume a {of} other than {null:g}."
        )
    two_sided = sided == 2 and isinstance(hypothesis, Superiority)
    if not two_sided and (effect > null) != hypothesis.higher_is_better:
        raise DesignError(
            f"The assumed {of} {effect:g} is on the wrong side of {null:g}: with higher_is_better="
            f"{hypothesis.higher_is_better} the test rejects {'above' if hypothesis.higher_is_better else 'below'} it. "
            f"Set higher_is_better={not hypothesis.higher_is_better}, or give the {of} as experimental against control."
        )


def _limits(hypothesis: Hypothesis) -> tuple[float, ...]:
    if isinstance(hypothesis, Equivalence):
        return (hypothesis.lower, hypothesis.upper)
    return (null_value(hypothesis, 1.0),)


def _shown(array: Floats, wrong: NDArray[np.bool_]) -> str:
    return f"{float(array[wrong].flat[0]) if array.ndim else float(array):g}"


def log_limits(hypothesis: Hypothesis) -> Hypothesis:
    """The hypothesis about a ratio as one about its logarithm."""
    check_margins(hypothesis, 1.0, of="ratio")
    if isinstance(hypothesis, Equivalence):
        return Equivalence(lower=math.log(hypothesis.lower), upper=math.log(hypothesis.upper))
    null = math.log(null_value(hypothesis, 1.0))
    if isinstance(hypothesis, NonInferiority):
        return NonInferiority(margin=null, higher_is_better=hypothesis.higher_is_better)
    return Superiority(null_value=null, higher_is_better=hypothesis.higher_is_better)
