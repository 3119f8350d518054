"""Group-sequential designs: bounds, the error they spend, and the drift that gives them their power."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from trialwright.design.sequential.boundaries import (
    ClassicalBounds,
    GivenBounds,
    OptimumWangTsiatis,
    error_by_look,
)
from trialwright.design.sequential.spending import SpendingFunction

EfficacyRule = ClassicalBounds | OptimumWangTsiatis | GivenBounds | SpendingFunction
FutilityRule = GivenBounds | SpendingFunction

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSequentialDesign:
    """A group-sequential design, made by `compute_group_sequential_design`.

    information_fractions  of the maximum information, one for each look, the last 1
    spending_fractions     at which the spending functions are read; other than the information fractions only in a
                           design recomputed for information that differs from the planned
    alpha, sided           type I error, of one side or of both together
    target_power           asked for
    power                  attained: to cross the upper efficacy bound under `drift`
    efficacy, futility     the rules the bounds come from
    futility_is_binding    whether the type I error counts on stopping for futility
    efficacy_bounds        of Z, upper; two-sided designs have them mirrored below 0 as well; inf where none
    futility_bounds        of Z: lower bounds of a one-sided design (-inf where none), inner wedges +-z of a two-sided
                           one (0 where none); at the last look the efficacy bound. None without futility
    drift                  expected Z at the maximum information under the alternative, effect * sqrt(information)
    """

    information_fractions: tuple[float, ...]
    spending_fractions: tuple[float, ...]
    alpha: float
    sided: int
    target_power: float
    power: float
    efficacy: EfficacyRule
    futility: FutilityRule | None
    futility_is_binding: bool
    efficacy_bounds: tuple[float, ...]
    futility_bounds: tuple[float, ...] | None
    drift: float
    conventions: tuple[str, ...]

    @property
    def looks(self) -> int:
        """Number of analyses, the final one included."""
        return len(self.information_fractions)

    @property
    def stage_levels(self) -> tuple[float, ...]:
        """One-sided nominal level of each efficacy bound: the p-value to reach at that look."""
        return tuple(0.5 * math.erfc(bound / math.sqrt(2)) for bound in self.efficacy_bounds)

    @property
    def binding_futility_bounds(self) -> tuple[float, ...] | None:
        """The futility bounds that the type I error counts on; None if there are none."""
        return self.futility_bounds if self.futility_is_binding else None

    @property
    def cumulative_alpha_spent(self) -> tuple[float, ...]:
        """Type I error used up to each look, of one or both sides as `sided` says."""
        errors = error_by_look(
            self.information_fractions,
            self.efficacy_bounds,
            sided=self.sided,
            binding_futility=self.binding_futility_bounds,
        )
        return tuple(math.fsum(errors[: look + 1]) for look in range(self.looks))

    @property
    def cumulative_beta_spent(self) -> tuple[float, ...] | None:
        """Probability under `drift` to have stopped for futility up to each look; None without futility."""
        if self.futility_bounds is None:
            return None
        from trialwright.design.sequential.operating import compute_operating_characteristics

        stops = compute_operating_characteristics(self, drift=self.drift).futility_by_look
        return tuple(math.fsum(stops[: look + 1]) for look in range(self.looks))

    @property
    def fixed_drift(self) -> float:
        """Drift of the design without interim looks that has the target power."""
        return _NORMAL.inv_cdf(self.target_power) - _NORMAL.inv_cdf(self.alpha / self.sided)

    @property
    def inflation_factor(self) -> float:
        """Maximum information, in units of what the design without interim looks needs."""
        return (self.drift / self.fixed_drift) ** 2
