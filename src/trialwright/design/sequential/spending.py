"""Spending functions: how much of an error rate may have been used when a fraction of the information is in.

A function spends nothing at fraction 0 and the whole rate from fraction 1 on. Two-sided designs spend alpha / 2 on each
side. The same functions spend the type II error for futility.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

from trialwright.errors import DesignError

_NORMAL = NormalDist()


class SpendingFunction(Protocol):
    """What a design asks of a spending function."""

    def spend(self, rate: float, fraction: float) -> float:
        """Cumulative error spent at the information `fraction`, of the whole `rate`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LanDeMetsOBrienFleming:
    """2 - 2 Phi(z / sqrt(t)), z the upper rate/2 quantile: nearly O'Brien and Fleming's bounds.

    Source: Lan KKG, DeMets DL. Biometrika 1983;70:659-663.
    """

    def spend(self, rate: float, fraction: float) -> float:
        if fraction <= 0.0:
            return 0.0
        if fraction >= 1.0:
            return rate
        return math.erfc(-_NORMAL.inv_cdf(rate / 2) / math.sqrt(2 * fraction))


@dataclass(frozen=True, slots=True, kw_only=True)
class LanDeMetsPocock:
    """rate * ln(1 + (e - 1) t): nearly Pocock's bounds.

    Source: Lan KKG, DeMets DL. Biometrika 1983;70:659-663.
    """

    def spend(self, rate: float, fraction: float) -> float:
        return rate * math.log1p((math.e - 1) * min(max(fraction, 0.0), 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class KimDeMets:
    """rate * t ** rho; rho 1 is near Pocock's bounds, 3 near O'Brien and Fleming's.

    Source: Kim K, DeMets DL. Biometrika 1987;74:149-154. Jennison C, Turnbull BW. 2000, section 7.2.
    """

    rho: float

    def __post_init__(self) -> None:
        if not 0 < self.rho < math.inf:
            raise DesignError(
                f"KimDeMets.rho must be above 0, got {self.rho!r}: only then t ** rho grows with the information. "
                "1 spends evenly, 3 spends late."
            )

    def spend(self, rate: float, fraction: float) -> float:
        return float(rate * min(max(fraction, 0.0), 1.0) ** self.rho)


@dataclass(frozen=True, slots=True, kw_only=True)
class HwangShihDeCani:
    """rate * (1 - exp(-gamma t)) / (1 - exp(-gamma)); gamma 0 spends evenly, -4 late, 1 early.

    Source: Hwang IK, Shih WJ, DeCani JS. Stat Med 1990;9:1439-1445.
    """

    gamma: float

    def __post_init__(self) -> None:
        if not -500 <= self.gamma <= 500:
            raise DesignError(
                f"HwangShihDeCani.gamma must lie in -500 to 500, got {self.gamma!r}; beyond, all is spent at once. "
                "Usual values are -4 (near O'Brien-Fleming) to 1 (near Pocock)."
            )

    def spend(self, rate: float, fraction: float) -> float:
        time = min(max(fraction, 0.0), 1.0)
        if self.gamma == 0.0:
            return rate * time
        return rate * math.expm1(-self.gamma * time) / math.expm1(-self.gamma)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSpending:
    """Cumulative error at given fractions, linear between them (and from 0 at fraction 0).

    cumulative   as error rates; the last is the whole rate, and the function scales if another rate is spent
    fractions    of the information, increasing to 1; None: those of the looks of the design they are given to
    """

    cumulative: tuple[float, ...]
    fractions: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if not self.cumulative or not all(math.isfinite(value) for value in self.cumulative):
            raise DesignError(f"UserSpending.cumulative needs one finite value for each look, got {self.cumulative!r}.")
        if self.cumulative[0] < 0 or self.cumulative[-1] <= 0:
            raise DesignError(
                f"UserSpending.cumulative must start at 0 or above and end above 0, got {self.cumulative!r}: "
                "an error rate cannot be negative. Give what has been spent up to each look, e.g. (0.001, 0.01, 0.025)."
            )
        for look, (before, after) in enumerate(zip(self.cumulative, self.cumulative[1:], strict=False), start=2):
            if after < before:
                raise DesignError(
                    f"UserSpending.cumulative must not decrease, but value {look} ({after!r}) is below value "
                    f"{look - 1} ({before!r}): error that is spent cannot be taken back. "
                    "Give cumulative values; increments have to be added up first."
                )
        if self.fractions is None:
            return
        if len(self.fractions) != len(self.cumulative):
            raise DesignError(
                f"UserSpending.fractions has {len(self.fractions)} values for {len(self.cumulative)} of cumulative; "
                "each cumulative value needs its fraction."
            )
        check_fractions(self.fractions, "UserSpending.fractions")

    def at(self, fractions: tuple[float, ...]) -> UserSpending:
        """With its values at these fractions, if it has none of its own."""
        if self.fractions is not None:
            return self
        if len(fractions) != len(self.cumulative):
            raise DesignError(
                f"UserSpending.cumulative has {len(self.cumulative)} values, but the design has {len(fractions)} "
                "looks. Give one for each look, or say with UserSpending.fractions where they hold."
            )
        return UserSpending(cumulative=self.cumulative, fractions=fractions)

    def spend(self, rate: float, fraction: float) -> float:
        if self.fractions is None:
            raise DesignError(
                "UserSpending has no fractions of its own, so what it spends between looks is not said. Give fractions."
            )
        times, values = (0.0, *self.fractions), (0.0, *self.cumulative)
        if fraction >= 1.0:
            return rate
        share = 0.0
        for index in range(1, len(times)):
            if fraction <= times[index]:
                weight = (fraction - times[index - 1]) / (times[index] - times[index - 1])
                share = values[index - 1] + weight * (values[index] - values[index - 1])
                break
        return rate * share / self.cumulative[-1]


def check_fractions(fractions: tuple[float, ...], name: str) -> None:
    """DesignError unless `fractions` increase from above 0 to 1."""
    if not fractions:
        raise DesignError(f"{name} is empty. Give one fraction for each look, the last 1, e.g. (0.5, 1).")
    for look, (before, after) in enumerate(zip((0.0, *fractions), fractions, strict=False), start=1):
        if not after > before:
            raise DesignError(
                f"{name} must increase from above 0, but that of look {look} is {after!r} after {before!r}: "
                "a look without new information decides nothing. Leave the look out, or put it later."
            )
    if not math.isclose(fractions[-1], 1.0, abs_tol=1e-12):
        raise DesignError(
            f"{name} must end at 1, the maximum information, but ends at {fractions[-1]!r}. "
            f"Divide all by {fractions[-1]!r}, or add the final look."
        )


def cumulative_spending(
    spending: SpendingFunction, rate: float, fractions: tuple[float, ...], name: str
) -> tuple[float, ...]:
    """Spent at each look; all of `rate` at the last. DesignError if it decreases or leaves 0 to `rate`."""
    values = tuple(spending.spend(rate, fraction) for fraction in fractions[:-1])
    before = 0.0
    for look, value in enumerate(values, start=1):
        if not before <= value <= rate * (1 + 1e-12):
            raise DesignError(
                f"{name} spends {value!r} up to look {look} (information {fractions[look - 1]:g}), which is not "
                f"between the {before!r} spent before and the whole rate {rate!r}. "
                "A spending function must not decrease, from 0 at information 0 to the whole rate at 1."
            )
        before = value
    return (*values, rate)
