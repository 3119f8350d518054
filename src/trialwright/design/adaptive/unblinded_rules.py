"""Rules that size the next stage of a trial from its unblinded interim result.

All of them hold the conditional type I error of the planned test: conditional power is that of the combination test.
The promising zone alone also bears a conventional final test, under the limit that `compute_promising_zone_limit`
gives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

from trialwright.design.adaptive.combination import CombinationTest, combine, next_critical_z, stage_scores
from trialwright.design.adaptive.reestimation import (
    UnblindedInterim,
    check_limits,
    check_target,
    check_units,
    limit_next,
    required_units,
    stage_power,
)
from trialwright.errors import DesignError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Zone = Literal["unfavorable", "promising", "favorable"]
#: Per root unit; "observed" is that of the interim data.
AssumedEffect = float | Literal["observed"]

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalPowerRule:
    """As many units as give the next stage the conditional power `target`, within limits.

    effect    per root unit (`mean_effect`, `proportion_effect`, `hazard_effect`), or "observed"
    maximum   units of the whole trial; taken as well where no number reaches the target
    minimum   units of the whole trial; None: never fewer than planned

    Source: Proschan MA, Hunsberger SA. Biometrics 1995;51:1315-1324. Lehmacher W, Wassmer G. Biometrics
    1999;55:1286-1290.
    """

    target: float
    maximum: int
    effect: AssumedEffect = "observed"
    minimum: int | None = None

    def __post_init__(self) -> None:
        check_target("ConditionalPowerRule", self.target)
        check_limits("ConditionalPowerRule", self.minimum, self.maximum)
        _check_effect("ConditionalPowerRule", self.effect)

    def assumed_effect(self, interim: UnblindedInterim) -> Floats:
        """Per root unit."""
        return _assumed(self.effect, interim)

    def next_units(self, interim: UnblindedInterim) -> Floats:
        """Units of the next stage, unrounded."""
        units = required_units(interim.critical_z, self.assumed_effect(interim), self.target)
        return limit_next(units, interim, minimum=self.minimum, maximum=self.maximum)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisingZone:
    """More units only where the interim result is promising: conditional power from `lower` to below `target`.

    Conditional power is that with the planned units. Below `lower` (unfavorable) and from `target` on (favorable) the
    trial stays as planned; in between it has as many units as give `target`, at most `maximum`.

    lower     0.5 bears a conventional final test whatever the increase (Chen, DeMets and Lan);
              `compute_promising_zone_limit` tells how far below it may be
    effect    per root unit, or "observed"

    Source: Mehta CR, Pocock SJ. Stat Med 2011;30:3267-3284. Chen YHJ, DeMets DL, Lan KKG. Stat Med 2004;23:1023-1038.
    Gao P, Ware JH, Mehta C. J Biopharm Stat 2008;18:1184-1196.
    """

    target: float
    maximum: int
    lower: float
    effect: AssumedEffect = "observed"

    def __post_init__(self) -> None:
        check_target("PromisingZone", self.target)
        check_limits("PromisingZone", None, self.maximum)
        _check_effect("PromisingZone", self.effect)
        if not 0 <= self.lower < self.target:
            raise DesignError(
                f"PromisingZone.lower is {self.lower!r}, but the zone ends at target = {self.target!r}: no result "
                "would be promising. Give a lower one; 0.5 always bears a conventional test, and lower ones may."
            )

    def assumed_effect(self, interim: UnblindedInterim) -> Floats:
        """Per root unit."""
        return _assumed(self.effect, interim)

    def zone(self, interim: UnblindedInterim) -> tuple[Zone, ...]:
        """In which zone each trial is."""
        power = self._planned_power(interim)
        return tuple(
            "favorable" if value >= self.target else "promising" if value >= self.lower else "unfavorable"
            for value in power.tolist()
        )

    def next_units(self, interim: UnblindedInterim) -> Floats:
        """Units of the next stage, unrounded."""
        import numpy as np

        power = self._planned_power(interim)
        units = required_units(interim.critical_z, self.assumed_effect(interim), self.target)
        units = limit_next(units, interim, minimum=None, maximum=self.maximum)
        is_promising = (power >= self.lower) & (power < self.target)
        return np.asarray(np.where(is_promising, units, interim.planned_next), np.float64)

    def _planned_power(self, interim: UnblindedInterim) -> Floats:
        return stage_power(interim.critical_z, self.assumed_effect(interim), interim.planned_next)


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaRule:
    """The units at which conditional power, less `gamma` for each unit, is greatest.

    A unit is added as long as it adds at least `gamma` of conditional power under one fixed effect: the rule trades
    power for size at the same price whatever the interim result.

    effect    per root unit; the smallest one worth finding, for instance
    gamma     conditional power that a further unit must be worth

    Source: Jennison C, Turnbull BW. Stat Med 2015;34:3793-3810.
    """

    effect: float
    gamma: float
    maximum: int
    minimum: int | None = None

    def __post_init__(self) -> None:
        check_limits("GammaRule", self.minimum, self.maximum)
        _check_effect("GammaRule", self.effect)
        if not 0 < self.gamma < 1:
            raise DesignError(
                f"GammaRule.gamma must lie between 0 and 1, got {self.gamma!r}: the conditional power that one more "
                "unit is worth. Values from 0.0001 to 0.01 are usual."
            )

    def assumed_effect(self, interim: UnblindedInterim) -> Floats:
        """Per root unit."""
        return _assumed(self.effect, interim)

    def next_units(self, interim: UnblindedInterim) -> Floats:
        """Units of the next stage: whole numbers, as the objective is compared at these."""
        import numpy as np

        zero = np.zeros_like(interim.units)
        lowest = np.ceil(limit_next(zero, interim, minimum=self.minimum, maximum=self.maximum))
        highest = np.maximum(limit_next(zero + np.inf, interim, minimum=self.minimum, maximum=self.maximum), lowest)
        units = lowest[:, None] + np.arange(int((highest - lowest).max()) + 1, dtype=np.float64)
        gain = stage_power(interim.critical_z[:, None], self.effect, units) - self.gamma * units
        gain[units > highest[:, None]] = -np.inf
        return np.asarray(lowest + gain.argmax(axis=1), np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReestimatedSize:
    """What an unblinded rule says at one interim analysis.

    next_units, total_units     of the next stage, rounded up; of the whole trial, later stages as planned
    planned_next                before re-estimation
    conditional_power           that the next stage rejects, with its new size
    conditional_power_planned   with its planned size
    effect                      per root unit, at which both are: that of the rule
    zone                        of a promising-zone rule; None for others
    """

    next_units: int
    total_units: int
    planned_next: int
    conditional_power: float
    conditional_power_planned: float
    effect: float
    zone: Zone | None


def compute_reestimated_size(
    rule: ConditionalPowerRule | PromisingZone | GammaRule,
    test: CombinationTest,
    *,
    z: Sequence[float],
    stage_units: Sequence[int],
    planned_units: Sequence[int],
) -> ReestimatedSize:
    """What `rule` says after stages with these statistics.

    z              of each stage so far, alone
    stage_units    subjects with an outcome (events) that each stage so far had, of all arms together
    planned_units  that each stage of the test was planned to have
    """
    import numpy as np

    scores = stage_scores(test, z=z, p_values=None)
    stage = len(scores)
    check_units(test, planned_units)
    if len(stage_units) != stage or not all(units > 0 for units in stage_units):
        raise DesignError(f"stage_units must have a number above 0 for each of {stage} stages, got {stage_units!r}.")
    if stage == test.stages:
        raise DesignError(f"All {stage} stages are in: there is no next stage to size.")
    roots = np.sqrt(np.asarray(stage_units, np.float64))
    used = float(sum(stage_units))
    _check_room(rule.maximum, sum(stage_units), planned_units, stage)
    interim = UnblindedInterim(
        units=np.asarray([used]),
        overall_z=np.asarray([float(roots @ np.asarray(scores)) / math.sqrt(used)]),
        critical_z=next_critical_z(test, stage, combine(test, [scores])),
        planned_next=np.asarray([float(planned_units[stage])]),
        later=float(sum(planned_units[stage + 1 :])),
    )
    following = math.ceil(float(rule.next_units(interim)[0]) - 1e-9)
    effect = rule.assumed_effect(interim)
    return ReestimatedSize(
        next_units=following,
        total_units=int(used) + following + int(interim.later),
        planned_next=int(planned_units[stage]),
        conditional_power=float(stage_power(interim.critical_z, effect, np.asarray([float(following)]))[0]),
        conditional_power_planned=float(stage_power(interim.critical_z, effect, interim.planned_next)[0]),
        effect=float(effect[0]),
        zone=rule.zone(interim)[0] if isinstance(rule, PromisingZone) else None,
    )


def compute_required_stage_units(
    test: CombinationTest, *, z: Sequence[float], effect: float, target: float, maximum: int | None = None
) -> int:
    """Units with which the next stage rejects with probability `target`, under an effect per root unit.

    z        of each stage so far, alone
    maximum  of the stage; DesignError if more are needed

    Source: Proschan MA, Hunsberger SA. Biometrics 1995;51:1315-1324.
    """
    import numpy as np

    check_target("compute_required_stage_units", target)
    scores = stage_scores(test, z=z, p_values=None)
    if len(scores) == test.stages:
        raise DesignError(f"All {len(scores)} stages are in: there is no next stage to size.")
    critical = next_critical_z(test, len(scores), combine(test, [scores]))
    units = float(required_units(critical, effect, target)[0])
    if math.isinf(units):
        raise DesignError(
            f"The target {target!r} of conditional power is not reached by any number of units: the effect is "
            f"{effect!r} per root unit, and the next stage must reach z = {float(critical[0]):.3f}. Assume an effect "
            "above 0, keep the planned size, or stop for futility."
        )
    if maximum is not None and units > maximum:
        attained = float(stage_power(critical, effect, np.asarray([float(maximum)]))[0])
        raise DesignError(
            f"The target {target!r} of conditional power takes {math.ceil(units)} units in the next stage, above the "
            f"maximum of {maximum}, which gives {attained:.3f}. Raise the maximum, or lower the target."
        )
    return max(math.ceil(units - 1e-9), 1)


def compute_promising_zone_limit(
    *, information_fraction: float, maximum_ratio: float, target: float, critical_z: float
) -> float:
    """The smallest `lower` of a promising zone at which a conventional final test keeps its type I error.

    The conditional power is at the observed effect. In the zone from this limit on the conventional test, after the
    increase, is nowhere more likely to reject without effect than the planned one was.

    information_fraction   of the interim analysis, of the planned information
    maximum_ratio          maximum over planned units of the whole trial; infinite for no maximum
    target                 at which the zone ends
    critical_z             of the final test

    Source: Mehta CR, Pocock SJ. Stat Med 2011;30:3267-3284 (their table of cut-offs). Chen YHJ, DeMets DL, Lan KKG.
    Stat Med 2004;23:1023-1038.
    """
    if not 0 < information_fraction < 1:
        raise DesignError(f"information_fraction must lie between 0 and 1, got {information_fraction!r}.")
    if not maximum_ratio > 1:
        raise DesignError(
            f"maximum_ratio must be above 1, got {maximum_ratio!r}: it is the largest over the planned size, and at 1 "
            "nothing is increased. 1.5 and 2 are usual."
        )
    check_target("compute_promising_zone_limit", target)
    if not 0 < critical_z < math.inf:
        raise DesignError(f"critical_z must be above 0, got {critical_z!r}; 1.96 is usual for one-sided 0.025.")
    from scipy.optimize import brentq

    t, root = information_fraction, math.sqrt(information_fraction)

    def power(z: float) -> float:
        return _NORMAL.cdf((z / root - critical_z) / math.sqrt(1 - t))

    def excess(z: float) -> float:
        """How much further than the planned test the conventional one asks the next stage to go."""
        needed = (critical_z - z * root) / math.sqrt(1 - t)
        size = t + (max(needed + _NORMAL.inv_cdf(target), 0.0) * root / z) ** 2
        size = min(max(size, 1.0), maximum_ratio)
        return (critical_z * math.sqrt(size) - z * root) / math.sqrt(size - t) - needed

    # At the end of the zone nothing is added; below it the excess is above 0 down to the limit.
    top = root * (critical_z + math.sqrt(1 - t) * _NORMAL.inv_cdf(target))
    steps = 4000
    places = [top * (1 - step / steps) for step in range(1, steps)]
    below = next((place for place in places if excess(place) < 0), None)
    if below is None:
        return 0.0
    return power(float(brentq(excess, below, below + top / steps, xtol=1e-13)))


def _assumed(effect: AssumedEffect, interim: UnblindedInterim) -> Floats:
    import numpy as np

    if isinstance(effect, str):
        return interim.observed_effect
    return np.full_like(interim.units, effect)


def _check_room(maximum: int, used: int, planned_units: Sequence[int], stage: int) -> None:
    later = sum(planned_units[stage + 1 :])
    if maximum < sum(planned_units):
        raise DesignError(
            f"The rule has maximum = {maximum}, below the {sum(planned_units)} units that are planned. Give a maximum "
            "of the whole trial; a rule can make a stage smaller by its minimum."
        )
    if used + later >= maximum:
        raise DesignError(
            f"The rule has maximum = {maximum}, and {used} units are in and {later} planned for later stages: none is "
            "left for the next one. Raise the maximum, or end the trial with this stage."
        )


def _check_effect(name: str, effect: AssumedEffect) -> None:
    if isinstance(effect, str):
        if effect != "observed":
            raise DesignError(f'{name}.effect must be "observed" or a number, got {effect!r}.')
        return
    if not 0 < effect < math.inf:
        raise DesignError(
            f"{name}.effect is {effect!r} per root unit: with no effect in favor of the experimental arm no number of "
            "units reaches a conditional power. Give one above 0, the better direction positive "
            "(mean_effect(difference=2, sd=8) is 0.125)."
        )
