"""Power and expected information over the effects that there may be, computed, not simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialwright.design.search.model import DesignEvaluation

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCurvePoint:
    """A design under one effect.

    effect                in units of the effect of the planned scenario: 0 is none, 1 the planned one
    power                 to reject the primary comparison in the better direction
    expected_information  when the trial ends, as a fraction of the maximum
    """

    effect: float
    power: float
    expected_information: float


def compute_power_curve(evaluation: DesignEvaluation, effects: Sequence[float]) -> tuple[PowerCurvePoint, ...]:
    """Power of the primary comparison alone, by the normal approximation, under each effect.

    Source: Jennison C, Turnbull BW. Group Sequential Methods. Chapman & Hall/CRC, 2000, section 19.2.
    """
    return tuple(_point(evaluation, float(effect)) for effect in effects)


def _point(evaluation: DesignEvaluation, effect: float) -> PowerCurvePoint:
    drift = effect * evaluation.planned_drift
    if evaluation.bounds is None:
        power = 1 - _NORMAL.cdf(evaluation.efficacy_z[-1] - drift)
        return PowerCurvePoint(effect=effect, power=power, expected_information=1.0)
    from trialwright.design.sequential import compute_operating_characteristics

    behavior = compute_operating_characteristics(evaluation.bounds, drift=drift)
    return PowerCurvePoint(
        effect=effect, power=behavior.power, expected_information=behavior.expected_information_fraction
    )
