"""Classical stopping bounds, given by a rule for the shape and a constant that keeps the type I error.

All are for the Z statistic; t is the information fraction of a look. `compute_classical_bounds` finds the constant by
recursive integration (integration.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class WangTsiatis:
    """c * t ** (delta - 0.5): delta 0 is O'Brien and Fleming's bound, 0.5 Pocock's.

    Source: Wang SK, Tsiatis AA. Biometrics 1987;43:193-199.
    """

    delta: float

    def __post_init__(self) -> None:
        if not -5 <= self.delta <= 5:
            raise DesignError(
                f"WangTsiatis.delta must lie between -5 and 5, got {self.delta!r}. "
                "0 is O'Brien and Fleming's bound, 0.5 Pocock's; values between are usual."
            )

    def shape(self, fractions: Sequence[float]) -> tuple[float, ...]:
        """The bounds with constant 1."""
        return tuple(fraction ** (self.delta - 0.5) for fraction in fractions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pocock:
    """The same bound c at each look. Source: Pocock SJ. Biometrika 1977;64:191-199."""

    def shape(self, fractions: Sequence[float]) -> tuple[float, ...]:
        """The bounds with constant 1."""
        return (1.0,) * len(fractions)


@dataclass(frozen=True, slots=True, kw_only=True)
class OBrienFleming:
    """c / sqrt(t). Source: O'Brien PC, Fleming TR. Biometrics 1979;35:549-556."""

    def shape(self, fractions: Sequence[float]) -> tuple[float, ...]:
        """The bounds with constant 1."""
        return tuple(1 / math.sqrt(fraction) for fraction in fractions)


@dataclass(frozen=True, slots=True, kw_only=True)
class HaybittlePeto:
    """`interim_z` at each interim look, and at the last the bound that keeps alpha.

    Source: Haybittle JL. Br J Radiol 1971;44:793-797. Peto R et al. Br J Cancer 1976;34:585-612.
    """

    interim_z: float = 3.0

    def __post_init__(self) -> None:
        if not 0 < self.interim_z < 40:
            raise DesignError(f"HaybittlePeto.interim_z must lie between 0 and 40, got {self.interim_z!r}; 3 is usual.")


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBounds:
    """Bounds of Z that somebody has set, one for each look; infinite where the trial cannot stop.

    As efficacy bounds their type I error must not be above alpha. As futility bounds there is one for each look but the
    last: lower bounds of a one-sided design (-inf for none), inner wedges +-z of a two-sided one (0 for none).
    """

    z: tuple[float, ...]

    def __post_init__(self) -> None:
        if any(math.isnan(value) for value in self.z):
            raise DesignError(
                f"GivenBounds.z has a value that is no number: {self.z!r}. Use inf where there is no bound."
            )


Criterion = Literal["H1", "inflation and H1", "H0, H01 and H1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimumWangTsiatis:
    """Wang and Tsiatis' bound with the delta that minimizes the expected information.

    The delta is found to three decimals: the optimum is flat.

    criterion   "H1": expected under the alternative; "inflation and H1": the sum with the maximum; "H0, H01 and H1":
                the sum of those expected without effect, with half of it, and under the alternative

    Source: Wang SK, Tsiatis AA. Biometrics 1987;43:193-199. Wassmer G, Brannath W. Group Sequential and Confirmatory
    Adaptive Designs in Clinical Trials. Springer, 2016, section 2.4.
    """

    criterion: Criterion = "H1"


ClassicalBounds = WangTsiatis | Pocock | OBrienFleming | HaybittlePeto


def compute_classical_bounds(
    bounds: ClassicalBounds,
    fractions: tuple[float, ...],
    *,
    alpha: float,
    sided: int,
    binding_futility: tuple[float, ...] | None = None,
) -> tuple[float, ...]:
    """The bounds of Z, one for each look, with type I error `alpha` in all, of one or of two sides.

    binding_futility   lower bounds (two-sided: inner wedges) at which the trial does stop; None if they are not binding
    """
    if isinstance(bounds, HaybittlePeto):
        return _haybittle_peto(bounds, fractions, alpha=alpha, sided=sided, binding_futility=binding_futility)
    shape = bounds.shape(fractions)

    def crossed(constant: float) -> float:
        upper = tuple(constant * value for value in shape)
        return type_one_error(fractions, upper, sided=sided, binding_futility=binding_futility)

    constant = _root(crossed, alpha)
    return tuple(constant * value for value in shape)


def type_one_error(
    fractions: Sequence[float],
    upper: Sequence[float],
    *,
    sided: int,
    binding_futility: Sequence[float] | None = None,
) -> float:
    """Probability without effect to cross the efficacy bound at any look, on one or on both sides."""
    return sum(error_by_look(fractions, upper, sided=sided, binding_futility=binding_futility))


def error_by_look(
    fractions: Sequence[float],
    upper: Sequence[float],
    *,
    sided: int,
    binding_futility: Sequence[float] | None = None,
) -> tuple[float, ...]:
    """Probability without effect to cross the efficacy bound first at each look, on one or on both sides."""
    from trialwright.design.sequential.integration import compute_exits

    none = (-math.inf,) * len(upper)
    if sided == 2:
        lower = tuple(-value for value in upper)
        inner = None if binding_futility is None else _before_last(binding_futility, 0.0)
        exits = compute_exits(fractions, upper, lower, 0.0, inner)
        return tuple(float(value) for value in exits.upper + exits.lower)
    lower = none if binding_futility is None else _before_last(binding_futility, -math.inf)
    # A trial that stops for futility at a look whose efficacy bound is lower has crossed that bound first.
    lower = tuple(min(low, high) for low, high in zip(lower, upper, strict=True))
    return tuple(float(value) for value in compute_exits(fractions, upper, lower, 0.0).upper)


def _before_last(values: Sequence[float], last: float) -> tuple[float, ...]:
    return (*values[:-1], last)


def _haybittle_peto(
    bounds: HaybittlePeto,
    fractions: tuple[float, ...],
    *,
    alpha: float,
    sided: int,
    binding_futility: tuple[float, ...] | None,
) -> tuple[float, ...]:
    interim = (bounds.interim_z,) * (len(fractions) - 1)
    used = type_one_error(fractions, (*interim, math.inf), sided=sided, binding_futility=binding_futility)
    if used >= alpha:
        raise DesignError(
            f"HaybittlePeto.interim_z = {bounds.interim_z!r} uses {used:.4g} of the type I error before the last look, "
            f"and alpha is {alpha!r}, so nothing is left for it. A higher interim_z works, such as 3 or 3.29."
        )

    def crossed(last: float) -> float:
        return type_one_error(fractions, (*interim, last), sided=sided, binding_futility=binding_futility)

    return (*interim, _root(crossed, alpha))


def _root(crossed: Callable[[float], float], alpha: float) -> float:
    from scipy.optimize import brentq

    # The error falls with the constant; on the logarithmic scale it is nearly quadratic, which a few steps solve.
    return float(brentq(lambda value: math.log(max(crossed(value), 1e-300) / alpha), 0.0, 20.0, xtol=1e-11, rtol=1e-13))
