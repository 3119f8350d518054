"""p-values of intersections of hypotheses, from the statistics of one stage.

Every test works on z scores: a t statistic enters as the z with the same p-value, which loses nothing, since Dunnett's
test reads it back at its degrees of freedom.

Source: Dunnett CW. J Am Stat Assoc 1955;50:1096-1121. Spiessens B, Debois M. Contemp Clin Trials 2010;31:647-656. Simes
RJ. Biometrika 1986;73:751-754. Šidák Z. J Am Stat Assoc 1967;62:626-633.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.special import gammaln, log_ndtr, ndtr, ndtri, ndtri_exp, stdtrit

from trialwright.design.sequential.integration import compute_exits, quadrature
from trialwright.errors import DesignError

Floats = NDArray[np.float64]

IntersectionTest = Literal["joint", "Bonferroni", "Sidak", "Simes", "hierarchical"]
INTERSECTION_TESTS: tuple[IntersectionTest, ...] = ("joint", "Bonferroni", "Sidak", "Simes", "hierarchical")

_GRID = np.linspace(-6.0, 9.0, 151)


class JointNull(Hashable, Protocol):
    """How the statistics of one stage hang together if no hypothesis is false."""

    def tail(self, members: tuple[int, ...], z: float) -> float:
        """Probability that the highest score of the members is at least `z`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedControl:
    """Several arms against one control: Dunnett's distribution.

    allocation_ratios   of each comparison: experimental / control subjects (events) of the stage; not read where the
                        arm has none
    degrees_of_freedom  of the common estimate of variance; None if it is known, or the test is asymptotic
    """

    allocation_ratios: tuple[float, ...]
    degrees_of_freedom: float | None = None

    def tail(self, members: tuple[int, ...], z: float) -> float:
        """Probability that the highest score of the members is at least `z`."""
        loadings = tuple(math.sqrt(self.allocation_ratios[one] / (1 + self.allocation_ratios[one])) for one in members)
        return _dunnett_tail(loadings, self.degrees_of_freedom, z)


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedPopulations:
    """Each population within the next: scores with the correlation sqrt(information / information).

    information  of the comparison in each population, increasing

    The scores of a chain of populations are those of a group-sequential trial. t statistics are taken for normal ones
    with their p-values: the variance of each population is its own, so that there is no common t distribution.
    """

    information: tuple[float, ...]

    def tail(self, members: tuple[int, ...], z: float) -> float:
        """Probability that the highest score of the members is at least `z`."""
        chosen = [self.information[one] for one in members]
        if any(after <= before for before, after in pairwise(chosen)):
            raise DesignError(
                f"NestedPopulations.information must increase from a population to the one around it, got {chosen!r}. "
                "For populations that overlap use the intersection test 'Simes' or 'Sidak'."
            )
        fractions = [one / chosen[-1] for one in chosen]
        return float(compute_exits(fractions, [z] * len(chosen), [-math.inf] * len(chosen), 0.0).upper.sum())


def compute_intersection_p_value(
    test: IntersectionTest,
    *,
    members: Sequence[int],
    z: Sequence[float | None],
    joint: JointNull | None = None,
) -> float | None:
    """The p-value of one intersection at one stage; None where none of its members has a statistic.

    members  of the intersection, in the order of the hypotheses (which is that of "hierarchical")
    z        score of each hypothesis at this stage; None where it was dropped before

    "joint" is Dunnett's test for arms (`SharedControl`) and that of Spiessens and Debois for populations
    (`NestedPopulations`). "hierarchical" takes the p-value of the first member, and 1 once that has been dropped.
    """
    there = tuple(one for one in members if z[one] is not None)
    if not there:
        return None
    scores = np.array([[value for one in there if (value := z[one]) is not None]])
    if np.isnan(scores).any():
        raise DesignError(
            f"z has no number for a member of {tuple(members)!r}: {tuple(z)!r}. Give None for a hypothesis that was "
            "dropped; data without a statistic have to be joined with those of the next stage."
        )
    if test == "joint" and len(there) > 1:
        if joint is None:
            raise DesignError("The intersection test 'joint' needs a joint distribution; use 'Simes' without one.")
        return joint.tail(there, float(scores.max()))
    if test == "hierarchical" and there[0] != members[0]:
        return 1.0
    return float(ndtr(-_scores_without_joint(test, scores)[0]))


def intersection_scores(
    test: IntersectionTest, *, members: tuple[int, ...], there: tuple[int, ...], z: Floats, joint: JointNull
) -> Floats:
    """Score of an intersection for many trials; `z` is trial by hypothesis, `there` the members with statistics.

    Joint tails are read off a curve of 151 points, exact to about 1e-6 of the p-value.
    """
    if test == "hierarchical" and there[0] != members[0]:
        return np.full(len(z), -np.inf)
    if test == "joint" and len(there) > 1:
        return _curve(joint, there)(np.clip(z[:, there].max(axis=1), _GRID[0], _GRID[-1]))
    return _scores_without_joint(test, z[:, there])


def _scores_without_joint(test: IntersectionTest, z: Floats) -> Floats:
    count = z.shape[1]
    if test == "hierarchical" or count == 1:
        return z[:, 0]
    logs = np.sort(log_ndtr(-z), axis=1)
    if test == "Bonferroni":
        combined = logs[:, 0] + math.log(count)
    elif test == "Simes":
        combined = (logs + np.log(count / np.arange(1, count + 1))).min(axis=1)
    elif test == "Sidak":
        combined = np.log(-np.expm1(count * np.log1p(-np.exp(np.minimum(logs[:, 0], -1e-15)))))
    else:
        raise DesignError(f"intersection must be one of {', '.join(INTERSECTION_TESTS)}, got {test!r}.")
    return np.asarray(-ndtri_exp(np.minimum(combined, 0.0)), np.float64)


@lru_cache(maxsize=512)
def _curve(joint: JointNull, members: tuple[int, ...]) -> CubicSpline:
    tails = np.array([joint.tail(members, float(z)) for z in _GRID])
    return CubicSpline(_GRID, -ndtri(np.clip(tails, 1e-300, 1 - 1e-15)))


@lru_cache(maxsize=4096)
def _dunnett_tail(loadings: tuple[float, ...], degrees_of_freedom: float | None, z: float) -> float:
    points, weights = quadrature(-8.5, 8.5, 6)
    weights = weights * np.exp(-0.5 * points * points) / math.sqrt(2 * math.pi)
    kinds = {loading: loadings.count(loading) for loading in loadings}
    if degrees_of_freedom is None:
        values, masses = np.array([z]), np.ones(1)
    else:
        # Of the estimated over the true standard deviation.
        df = degrees_of_freedom
        spread = math.sqrt(0.5 / df)
        scales, widths = quadrature(max(1e-6, 1 - 9 * spread), 1 + 9 * spread + 6 / df, 3)
        logs = (df - 1) * np.log(scales) - 0.5 * df * scales**2 + 0.5 * df * math.log(df / 2) - gammaln(df / 2)
        masses = widths * 2 * np.exp(logs)
        statistic = -math.copysign(1.0, z) * float(stdtrit(df, float(ndtr(-abs(z)))))
        values = statistic * scales
    log_all_below = np.zeros((len(values), len(points)))
    for loading, count in kinds.items():
        log_all_below += count * log_ndtr((values[:, None] - loading * points) / math.sqrt(1 - loading * loading))
    return float(masses @ -np.expm1(log_all_below) @ weights)
