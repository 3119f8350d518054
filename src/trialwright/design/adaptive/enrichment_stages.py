"""Data of one stage of a trial in nested populations, as evidence on the effect in each.

Strata are the pieces of which the populations are made: with a subgroup inside the full population they are the
subgroup and its complement. The test of a population is stratified. A population is tested at a stage
if all its strata have data.

Source: Wassmer G, Dragalin V. J Biopharm Stat 2015;25:627-650. Brannath W, Zuber E, Branson M et al. Stat Med
2009;28:1445-1463. Jenkins M, Stone A, Jennison C. Pharm Stat 2011;10:347-356.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from trialwright.design.adaptive.closed_testing import HypothesesStage
from trialwright.design.adaptive.intersection_tests import NestedPopulations
from trialwright.design.adaptive.multi_arm_stages import ArmLogrank, ArmMean, ArmResponses
from trialwright.design.adaptive.stage_evidence import EstimateStage, logrank_stage
from trialwright.errors import DesignError

Stratum = TypeVar("Stratum")


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumMeans:
    """Both arms of one stratum at one stage."""

    control: ArmMean
    experimental: ArmMean

    @property
    def weight(self) -> float:
        """Information on the difference, in units of the variance."""
        return 1 / (1 / self.control.n + 1 / self.experimental.n)


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumResponses:
    """Both arms of one stratum at one stage."""

    control: ArmResponses
    experimental: ArmResponses

    @property
    def weight(self) -> float:
        """Of Cochran, Mantel and Haenszel."""
        return 1 / (1 / self.control.n + 1 / self.experimental.n)


@dataclass(frozen=True, slots=True, kw_only=True)
class StratifiedProportions:
    """Evidence on a common difference of proportions, experimental - control, by the stratified score test.

    At no difference it is the test of Cochran, Mantel and Haenszel, with the binomial variance.
    Source: Miettinen O, Nurminen M. Stat Med 1985;4:213-226. Cochran WG. Biometrics 1954;10:417-451.
    """

    strata: tuple[StratumResponses, ...]

    @property
    def range(self) -> tuple[float, float]:
        """A difference of proportions."""
        return -1.0, 1.0

    def z(self, effect: float = 0.0) -> float:
        """The score statistic against a difference of at most `effect`."""
        import numpy as np

        from trialwright.design.sample_size.score_variances import compute_restricted_proportions

        difference, variance = 0.0, 0.0
        for one in self.strata:
            n, m = one.experimental.n, one.control.n
            p, q = one.experimental.responses / n, one.control.responses / m
            difference += one.weight * (p - q - effect)
            restricted_p, restricted_q = compute_restricted_proportions(
                np.asarray(p), np.asarray(q), np.asarray(float(n)), np.asarray(float(m)), effect, "difference"
            )
            one_variance = restricted_p * (1 - restricted_p) / n + restricted_q * (1 - restricted_q) / m
            variance += one.weight**2 * float(one_variance)
        if variance <= 0:
            if difference == 0:
                raise DesignError("All outcomes are the same in both arms, so there is no test. Join this stage.")
            return math.copysign(math.inf, difference)
        return difference / math.sqrt(variance)


def means_enrichment_stage(
    *,
    strata: Sequence[StratumMeans | None],
    populations: Sequence[Sequence[int]],
    dropped: Sequence[int] = (),
    is_exact: bool = True,
) -> HypothesesStage:
    """Stratified differences of means in nested populations; None for a stratum that was not recruited.

    populations  from the smallest to the full one: the strata (from 0) of each
    dropped      populations (from 0) that were dropped although their strata have data
    is_exact     whether t distributions are used

    Strata are weighted by their information, and the variance is pooled over arms and strata of the population.
    """
    check_populations(populations, len(strata))

    def evidence(chosen: list[StratumMeans]) -> EstimateStage:
        arms = [arm for one in chosen for arm in (one.control, one.experimental)]
        df = sum(arm.n - 1 for arm in arms)
        variance = sum((arm.n - 1) * arm.sd**2 for arm in arms) / df
        weight = sum(one.weight for one in chosen)
        return EstimateStage(
            estimate=sum(one.weight * (one.experimental.mean - one.control.mean) for one in chosen) / weight,
            standard_error=math.sqrt(variance / weight),
            degrees_of_freedom=df if is_exact else None,
        )

    found = [_strata_of(strata, members) for members in populations]
    return HypothesesStage(
        evidence=tuple(
            None if chosen is None or place in dropped else evidence(chosen) for place, chosen in enumerate(found)
        ),
        joint=NestedPopulations(
            information=tuple(0.0 if one is None else sum(stratum.weight for stratum in one) for one in found)
        ),
    )


def proportions_enrichment_stage(
    *,
    strata: Sequence[StratumResponses | None],
    populations: Sequence[Sequence[int]],
    dropped: Sequence[int] = (),
) -> HypothesesStage:
    """Stratified differences of proportions in nested populations; arguments as those of means."""
    check_populations(populations, len(strata))
    found = [_strata_of(strata, members) for members in populations]
    return HypothesesStage(
        evidence=tuple(
            None if chosen is None or place in dropped else StratifiedProportions(strata=tuple(chosen))
            for place, chosen in enumerate(found)
        ),
        joint=NestedPopulations(
            information=tuple(0.0 if one is None else sum(stratum.weight for stratum in one) for one in found)
        ),
    )


def logrank_enrichment_stages(
    *, looks: Sequence[Sequence[ArmLogrank | None]], allocation_ratio: float = 1.0
) -> tuple[HypothesesStage, ...]:
    """The increments of stratified log-rank tests of each population from look to look, on -ln(hazard ratio).

    looks  of each the cumulative test of each population, from the smallest; None where it was dropped
    """
    stages = []
    for look, tests in enumerate(looks):
        before: Sequence[ArmLogrank | None] = looks[look - 1] if look else (None,) * len(tests)
        evidence: list[EstimateStage | None] = []
        information = []
        for test, earlier in zip(tests, before, strict=True):
            z, events = (0.0, 0.0) if earlier is None else (earlier.z, earlier.events)
            information.append(0.0 if test is None else test.events - events)
            evidence.append(
                None
                if test is None
                else logrank_stage(
                    z=test.z,
                    events=test.events,
                    z_before=z,
                    events_before=events,
                    allocation_ratio=allocation_ratio,
                )
            )
        stages.append(
            HypothesesStage(evidence=tuple(evidence), joint=NestedPopulations(information=tuple(information)))
        )
    return tuple(stages)


def check_populations(populations: Sequence[Sequence[int]], strata: int) -> None:
    """DesignError unless each population holds the one before and the last holds all strata."""
    if not populations or any(not members for members in populations):
        raise DesignError("populations is empty, or one of them has no stratum. Give the strata of each.")
    for before, after in pairwise(populations):
        if not set(before) < set(after):
            raise DesignError(
                f"populations must be nested, from the smallest to the full one, but {tuple(after)!r} does not hold "
                f"all strata of {tuple(before)!r} and more. Subgroups that overlap need strata for their overlap, and "
                "are not nested."
            )
    if set(populations[-1]) != set(range(strata)):
        raise DesignError(
            f"The last population must be the full one with all {strata} strata, numbered from 0, got "
            f"{tuple(populations[-1])!r}."
        )


def _strata_of(strata: Sequence[Stratum | None], members: Sequence[int]) -> list[Stratum] | None:
    chosen = [stratum for one in members if (stratum := strata[one]) is not None]
    return chosen if len(chosen) == len(members) else None
