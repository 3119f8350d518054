"""The probability that a trial succeeds when the effect is not known but has a prior."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialwright.design.sequential import GroupSequentialDesign

_STANDARD = NormalDist()

#: The prior is integrated so many standard deviations to both sides, in panels of no more than `_PANEL` of them and
#: of units of drift, over which the power changes slowly, with so many Gauss-Legendre nodes each.
_REACH, _PANEL, _NODES = 8.5, 3.0, 12


def compute_probability_of_success(
    bounds: GroupSequentialDesign | float, *, drift_mean: float, drift_sd: float
) -> float:
    """Power averaged over a normal prior of the drift, which is the expected Z at the last look.

    bounds  the group-sequential design, or the critical value of Z of a single look

    Of a single look it is known in closed form; else by Gauss-Legendre quadrature of the sequential power.
    Sources: O'Hagan A, Stevens JW, Campbell MJ. Assurance in clinical trial design. Pharmaceutical Statistics 2005; 4:
    187-201. Jennison C, Turnbull BW. Group Sequential Methods. Chapman & Hall/CRC, 2000, section 19.2.
    """
    if isinstance(bounds, float):
        return _STANDARD.cdf((drift_mean - bounds) / math.sqrt(1 + drift_sd**2))
    from numpy.polynomial.legendre import leggauss

    from trialwright.design.sequential import compute_operating_characteristics

    nodes, weights = (list(map(float, values)) for values in leggauss(_NODES))
    panels = math.ceil(2 * _REACH * max(drift_sd, 1.0) / _PANEL)
    half = _REACH / panels
    parts = []
    for panel in range(panels):
        center = -_REACH + (2 * panel + 1) * half
        for node, weight in zip(nodes, weights, strict=True):
            deviation = center + half * node
            power = compute_operating_characteristics(bounds, drift=drift_mean + drift_sd * deviation).power
            parts.append(weight * half * _STANDARD.pdf(deviation) * power)
    return math.fsum(parts)
