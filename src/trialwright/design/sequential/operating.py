"""How a group-sequential design behaves under any effect: power, stopping and expected size."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trialwright.design.sequential.design import GroupSequentialDesign
from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingCharacteristics:
    """Under one true effect. Both kinds of futility bound, binding or not, are obeyed.

    drift                          the effect: expected Z at the maximum information, effect * sqrt(maximum information)
    rejection_by_look              probability to cross the upper efficacy bound first at each look
    opposite_rejection_by_look     to cross the lower efficacy bound of a two-sided design; zeros for a one-sided one
    futility_by_look               to stop without rejection at each look; at the last look: to end without rejection
    power                          sum of `rejection_by_look`
    early_stop                     probability to stop before the last look, for whatever reason
    expected_information_fraction  information when the trial ends, in units of the maximum: as well the ratio of the
                                   expected to the maximum number of subjects, or events
    expected_information_ratio     the same in units of the design without interim looks
    """

    drift: float
    rejection_by_look: tuple[float, ...]
    opposite_rejection_by_look: tuple[float, ...]
    futility_by_look: tuple[float, ...]
    power: float
    early_stop: float
    expected_information_fraction: float
    expected_information_ratio: float

    @property
    def stop_by_look(self) -> tuple[float, ...]:
        """Probability that the trial ends at each look."""
        return tuple(
            map(
                math.fsum,
                zip(self.rejection_by_look, self.opposite_rejection_by_look, self.futility_by_look, strict=True),
            )
        )


def compute_operating_characteristics(design: GroupSequentialDesign, *, drift: float) -> OperatingCharacteristics:
    """Power, stopping probabilities and expected information of `design` if the effect is `drift`.

    `drift` is effect * sqrt(maximum information): 0 without effect, `design.drift` under the alternative. For a
    one-sample standardized effect it is effect * sqrt(n); for two equal groups of n in all, effect * sqrt(n) / 2; for a
    log-rank test with equal allocation, -ln(hazard ratio, experimental / control) * sqrt(events) / 2.

    Source: Jennison C, Turnbull BW. 2000, sections 19.2 and 19.3.
    """
    from trialwright.design.sequential.integration import compute_exits

    if not math.isfinite(drift):
        raise DesignError(f"drift must be a finite number, got {drift!r}. It is effect * sqrt(maximum information).")
    upper, looks = design.efficacy_bounds, design.looks
    futility = design.futility_bounds
    inner = None
    if design.sided == 2:
        lower = tuple(-bound for bound in upper)
        inner = None if futility is None else (*futility[:-1], 0.0)
    elif futility is None:
        lower = (-math.inf,) * looks
    else:
        lower = (*futility[:-1], -math.inf)
    exits = compute_exits(design.information_fractions, upper, lower, drift, inner)
    rejection = tuple(map(float, exits.upper))
    opposite = tuple(map(float, exits.lower)) if design.sided == 2 else (0.0,) * looks
    stops = exits.inner if design.sided == 2 else exits.lower
    interim = tuple(map(float, stops))[:-1]
    last = max(0.0, 1.0 - math.fsum(rejection) - math.fsum(opposite) - math.fsum(interim))
    stop_by_look = [math.fsum(values) for values in zip(rejection, opposite, (*interim, last), strict=True)]
    expected = math.fsum(p * t for p, t in zip(stop_by_look, design.information_fractions, strict=True))
    return OperatingCharacteristics(
        drift=drift,
        rejection_by_look=rejection,
        opposite_rejection_by_look=opposite,
        futility_by_look=(*interim, last),
        power=math.fsum(rejection),
        early_stop=math.fsum(stop_by_look[:-1]),
        expected_information_fraction=expected,
        expected_information_ratio=expected * design.inflation_factor,
    )
