"""Compiled: probabilities of multi-arm multi-stage trials by numerical integration. Loads numba.

Given the path of the control arm the experimental arms are independent. So the integral is one over the increments of
the control (Gauss and Hermite's rule, a product rule over the stages), and inside it each arm follows a recursion of
its own over the region in which it goes on (Gauss and Legendre's rule on panels).

Source: Magirr D, Jaki T, Whitehead J. Biometrika 2012;99:494-501 (the conditioning); Jennison C, Turnbull BW. 2000,
chapter 19 (the recursion).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TAIL = 6.5  # standard deviations beyond which the density is left out: 1e-10
_PANEL = 3.5  # width of a panel in standard deviations of the narrower of the neighboring increments
_LIGHT = 1e-11  # control paths that are less likely are left out
_RARE = 1e-12  # densities of the recommended arm below it are left out
_MAX_NODES = 640
_RULE, _RULE_WEIGHTS = np.polynomial.legendre.leggauss(16)


class ArmPaths(NamedTuple):
    """What happens, filled by `integrate_arms`; classes are of arms with the same effect.

    best     class, stage: an arm of the class is rejected at this stage, the first with a rejection, and has the
             highest statistic; of one arm of the class
    running  stage: the trial goes into the stage
    active   class, stage: it does, and one given arm of the class is still in it
    """

    no_rejection: float
    best: Floats
    running: Floats
    active: Floats


@njit(cache=True, nogil=True)
def _phi(x: float) -> float:
    return 0.5 * math.erfc(-x * 0.7071067811865476)


@njit(cache=True, nogil=True)
def _fill_nodes(bottom, top, width, rule, rule_weights, points, weights):  # type: ignore[no-untyped-def]
    """Nodes of the panels of an interval into `points` and `weights`; how many there are."""
    if not bottom < top:
        return 0
    panels = min(max(1, math.ceil((top - bottom) / width)), _MAX_NODES // len(rule))
    half = (top - bottom) / (2 * panels)
    count = 0
    for panel in range(panels):
        center = bottom + half * (2 * panel + 1)
        for node in range(len(rule)):
            points[count] = center + half * rule[node]
            weights[count] = half * rule_weights[node]
            count += 1
    return count


@njit(cache=True, nogil=True)
def _below(value, points, masses, count, mean, spread):  # type: ignore[no-untyped-def]
    """Probability that the next score is below `value`, over the arms that are still in."""
    total = 0.0
    for node in range(count):
        total += masses[node] * _phi((value - points[node] - mean) / spread)
    return total


@njit(cache=True, nogil=True)
def _density(value, points, masses, count, mean, spread):  # type: ignore[no-untyped-def]
    total = 0.0
    for node in range(count):
        deviation = (value - points[node] - mean) / spread
        total += masses[node] * math.exp(-0.5 * deviation * deviation)
    return total / (spread * 2.5066282746310002)


@njit(cache=True, nogil=True)
def _integrate(  # type: ignore[no-untyped-def]
    experimental,
    control,
    upper,
    lower,
    drifts,
    counts,
    control_nodes,
    control_weights,
    rule,
    rule_weights,
    wants_best,
    best,
    running,
    active,
):
    """The probability of no rejection; arguments as of `integrate_arms`, the last three are filled."""
    stages, classes = len(experimental), len(drifts)
    grid = len(control_nodes)
    place = np.zeros(stages, np.int64)
    path = np.zeros(stages + 1)
    weight = np.ones(stages + 1)
    points = np.zeros((stages + 1, classes, _MAX_NODES))
    masses = np.zeros((stages + 1, classes, _MAX_NODES))
    sizes = np.zeros((stages + 1, classes), np.int64)
    futile = np.zeros((stages + 1, classes))
    mass = np.ones((stages + 1, classes))
    masses[0, :, 0] = 1.0
    sizes[0, :] = 1
    ends = np.zeros(_MAX_NODES)
    end_weights = np.zeros(_MAX_NODES)
    below = np.zeros(classes)
    none = 0.0
    running[0] = 1.0
    active[:, 0] = 1.0
    stage = 0
    while stage >= 0:
        if place[stage] == grid:
            place[stage] = 0
            stage -= 1
            continue
        node = place[stage]
        place[stage] += 1
        weight[stage + 1] = weight[stage] * control_weights[node]
        if weight[stage + 1] < _LIGHT:
            continue
        before = experimental[stage - 1] if stage else 0.0
        control_before = control[stage - 1] if stage else 0.0
        step = experimental[stage] - before
        spread = math.sqrt(step)
        path[stage + 1] = path[stage] + control_nodes[node] * math.sqrt(control[stage] - control_before)
        error = math.sqrt(1.0 / experimental[stage] + 1.0 / control[stage])
        center = path[stage + 1] / control[stage]
        high = experimental[stage] * (center + upper[stage] * error)
        low = experimental[stage] * (center + lower[stage] * error)
        is_last = stage == stages - 1
        for one in range(classes):
            mean = drifts[one] * step
            reach = _TAIL * math.sqrt(experimental[stage])
            middle = drifts[one] * experimental[stage]
            count = sizes[stage, one]
            futile[stage + 1, one] = futile[stage, one]
            if is_last:
                futile[stage + 1, one] += _below(high, points[stage, one], masses[stage, one], count, mean, spread)
                continue
            if low > -math.inf:
                futile[stage + 1, one] += _below(low, points[stage, one], masses[stage, one], count, mean, spread)
            width = _PANEL * min(spread, math.sqrt(experimental[stage + 1] - experimental[stage]))
            made = _fill_nodes(
                max(low, middle - reach),
                min(high, middle + reach),
                width,
                rule,
                rule_weights,
                points[stage + 1, one],
                masses[stage + 1, one],
            )
            sizes[stage + 1, one] = made
            total = 0.0
            for new in range(made):
                masses[stage + 1, one, new] *= _density(
                    points[stage + 1, one, new], points[stage, one], masses[stage, one], count, mean, spread
                )
                total += masses[stage + 1, one, new]
            mass[stage + 1, one] = total
        if wants_best and upper[stage] < math.inf:
            for one in range(classes):
                mean = drifts[one] * step
                reach = _TAIL * math.sqrt(experimental[stage])
                middle = drifts[one] * experimental[stage]
                made = _fill_nodes(
                    max(high, middle - reach), middle + reach, _PANEL * spread, rule, rule_weights, ends, end_weights
                )
                for end in range(made):
                    value = end_weights[end] * _density(
                        ends[end], points[stage, one], masses[stage, one], sizes[stage, one], mean, spread
                    )
                    if value < _RARE:
                        continue
                    for other in range(classes):
                        exponent = counts[other] - (1 if other == one else 0)
                        if exponent > 0:
                            below[other] = futile[stage, other] + _below(
                                ends[end],
                                points[stage, other],
                                masses[stage, other],
                                sizes[stage, other],
                                drifts[other] * step,
                                spread,
                            )
                            value *= below[other] ** exponent
                    best[one, stage] += weight[stage + 1] * value
        if is_last:
            product = 1.0
            for one in range(classes):
                product *= futile[stage + 1, one] ** counts[one]
            none += weight[stage + 1] * product
            continue
        undecided, all_futile = 1.0, 1.0
        for one in range(classes):
            undecided *= (mass[stage + 1, one] + futile[stage + 1, one]) ** counts[one]
            all_futile *= futile[stage + 1, one] ** counts[one]
        running[stage + 1] += weight[stage + 1] * (undecided - all_futile)
        for one in range(classes):
            rest = mass[stage + 1, one] + futile[stage + 1, one]
            if rest > 0.0:
                active[one, stage + 1] += weight[stage + 1] * mass[stage + 1, one] * undecided / rest
        if undecided - all_futile < 1e-13:
            none += weight[stage + 1] * all_futile
            continue
        stage += 1
    return none


def integrate_arms(
    *,
    experimental: Floats,
    control: Floats,
    upper: Floats,
    lower: Floats,
    drifts: Floats,
    counts: NDArray[np.int64],
    wants_best: bool,
) -> ArmPaths:
    """Probabilities of a trial that ends with the first rejection, or when no arm is left.

    experimental, control  cumulative subjects of each experimental arm and of the control, by stage
    upper, lower           bounds of Z by stage; the last lower one is not read
    drifts, counts         of each class of arms: effect / standard deviation, and how many arms there are
    wants_best             whether `best` is filled, which takes longer

    The control's drift is 0: only differences matter.
    """
    stages, classes = len(experimental), len(drifts)
    nodes, weights = np.polynomial.hermite_e.hermegauss({1: 64, 2: 40, 3: 24}.get(stages, 14))
    best, running, active = np.zeros((classes, stages)), np.zeros(stages), np.zeros((classes, stages))
    none = _integrate(
        experimental,
        control,
        upper,
        lower,
        drifts,
        counts,
        nodes,
        weights / math.sqrt(2 * math.pi),
        _RULE,
        _RULE_WEIGHTS,
        wants_best,
        best,
        running,
        active,
    )
    return ArmPaths(no_rejection=float(none), best=best, running=running, active=active)
