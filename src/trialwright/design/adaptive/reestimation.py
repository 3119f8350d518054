"""Re-estimating the size of a trial at an interim analysis: what a rule is given, and what it gives back.

Sizes are in units of information: subjects with an outcome, or events, of all arms together. An effect is told per root
unit: the expected z of one unit, which times the root of a number of units is the expected z of that many.

Unblinded rules see the z statistics; the trial then needs a combination test, or a rule that a conventional test bears
(`PromisingZone`). Blinded rules see nothing that is told apart by arm, and leave the test as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from trialwright.design.adaptive.combination import CombinationTest
from trialwright.errors import DesignError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class UnblindedInterim:
    """What is known at unblinded interim analyses, an entry for each trial.

    units         so far
    overall_z     of all data so far; over the root of the units it is the observed effect per root unit
    critical_z    that the next stage must reach, alone, for the combination to reject there
    planned_next  units that the next stage was planned to have
    later         units planned for the stages after the next one
    """

    units: Floats
    overall_z: Floats
    critical_z: Floats
    planned_next: Floats
    later: float = 0.0

    @property
    def observed_effect(self) -> Floats:
        """Per root unit."""
        return self.overall_z / self.units**0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class BlindedInterim:
    """What is known of the pooled outcomes at blinded interim analyses, an entry for each trial.

    units     subjects with an outcome
    mean      of all outcomes; of responses their proportion
    variance  of all outcomes, around that one mean, with n - 1
    """

    units: Floats
    mean: Floats
    variance: Floats


@runtime_checkable
class UnblindedRule(Protocol):
    """How many units the next stage has after an unblinded look."""

    @property
    def maximum(self) -> int:
        """Units of the whole trial at most."""
        ...

    def next_units(self, interim: UnblindedInterim) -> Floats:
        """Units of the next stage, unrounded."""
        ...


@runtime_checkable
class BlindedRule(Protocol):
    """How many units the trial has in all after a blinded look."""

    @property
    def maximum(self) -> int:
        """Units of the whole trial at most."""
        ...

    def total_units(self, interim: BlindedInterim) -> Floats:
        """Units at the final analysis, unrounded."""
        ...


ReestimationRule = UnblindedRule | BlindedRule


def check_limits(name: str, minimum: int | None, maximum: int) -> None:
    """DesignError unless a total of `maximum` units can be had, and is not below `minimum`."""
    if maximum < 2:
        raise DesignError(f"{name}.maximum must be at least 2, got {maximum!r}. Give units in all, stage 1 included.")
    if minimum is not None and not 0 < minimum <= maximum:
        raise DesignError(
            f"{name}.minimum is {minimum!r}, but maximum is {maximum!r}. Give a minimum above 0 that is not above it."
        )


def check_target(name: str, target: float) -> None:
    """DesignError unless it is a power to aim at."""
    if not 0 < target < 1:
        raise DesignError(
            f"{name}.target must lie between 0 and 1, got {target!r}: no number of units makes a rejection certain. "
            "0.8 and 0.9 are usual."
        )


def limit_next(units: Floats, interim: UnblindedInterim, *, minimum: int | None, maximum: int) -> Floats:
    """Units of the next stage so that the whole trial has `minimum` (None: as planned) to `maximum` of them.

    The planned units of later stages are kept free.
    """
    import numpy as np

    used = interim.units + interim.later
    lowest = interim.planned_next if minimum is None else np.maximum(minimum - used, 1.0)
    highest = np.maximum(maximum - used, 1.0)
    return np.asarray(np.minimum(np.maximum(units, lowest), highest), np.float64)


def required_units(critical_z: Floats, effect: Floats | float, target: float) -> Floats:
    """Units with which a stage of this effect per root unit reaches `critical_z` with probability `target`.

    0 where none are needed, infinite where the effect is in the wrong direction.
    Source: Proschan MA, Hunsberger SA. Biometrics 1995;51:1315-1324. Lehmacher W, Wassmer G. Biometrics
    1999;55:1286-1290.
    """
    import numpy as np
    from scipy.special import ndtri

    needed = np.maximum(critical_z + ndtri(target), 0.0)
    slope = np.broadcast_to(np.asarray(effect, np.float64), needed.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(needed == 0, 0.0, np.where(slope > 0, (needed / slope) ** 2, np.inf)), np.float64)


def stage_power(critical_z: Floats, effect: Floats | float, units: Floats) -> Floats:
    """Probability that a stage of so many units reaches `critical_z`."""
    import numpy as np
    from scipy.special import ndtr

    return np.asarray(ndtr(np.asarray(effect) * np.sqrt(units) - critical_z), np.float64)


def check_units(test: CombinationTest, planned_units: Sequence[int]) -> None:
    """DesignError unless each stage of the test was planned to have units."""
    if len(planned_units) != test.stages or not all(units >= 1 for units in planned_units):
        raise DesignError(
            f"planned_units must have a number above 0 for each of {test.stages} stages of the test, "
            f"got {tuple(planned_units)!r}. Give the units of each stage alone, not cumulative ones."
        )


def mean_effect(*, difference: float, sd: float, allocation_ratio: float = 1.0) -> float:
    """Expected z per root subject (all arms together) of a difference of means, the better direction positive."""
    if not sd > 0:
        raise DesignError(f"sd must be above 0, got {sd!r}.")
    return difference / sd * _balance(allocation_ratio)


def proportion_effect(
    *, proportion_experimental: float, proportion_control: float, allocation_ratio: float = 1.0
) -> float:
    """Expected z per root subject of a difference of proportions, with the pooled variance."""
    for name, value in (("experimental", proportion_experimental), ("control", proportion_control)):
        if not 0 < value < 1:
            raise DesignError(f"proportion_{name} must lie between 0 and 1, got {value!r}. Give 0.3 for 30%.")
    pooled = (allocation_ratio * proportion_experimental + proportion_control) / (1 + allocation_ratio)
    spread = math.sqrt(pooled * (1 - pooled))
    return (proportion_experimental - proportion_control) / spread * _balance(allocation_ratio)


def hazard_effect(*, hazard_ratio: float, allocation_ratio: float = 1.0) -> float:
    """Expected log-rank z per root event; `hazard_ratio` is experimental / control, below 1 favors experimental."""
    if not 0 < hazard_ratio < math.inf:
        raise DesignError(f"hazard_ratio must be above 0, got {hazard_ratio!r}; it is experimental / control.")
    return -math.log(hazard_ratio) * _balance(allocation_ratio)


def _balance(allocation_ratio: float) -> float:
    if not 0 < allocation_ratio < math.inf:
        raise DesignError(f"allocation_ratio must be above 0, got {allocation_ratio!r}; it is experimental / control.")
    return math.sqrt(allocation_ratio) / (1 + allocation_ratio)
