"""Ordered categories, counts of events, and measurements repeated over visits. Light: nothing is computed here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from trialwright.design.simulation.outcome_checks import check_delay, check_missing
from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinalOutcome:
    """One of several ordered categories for each subject, compared by the Wilcoxon test (the normal one, with ties).

    It is the score test of proportional odds. The estimate is the net benefit: the probability that an experimental
    subject's category is higher than a control subject's, minus that it is lower.

    probabilities  of the categories in each arm, the lowest category first, the control's arm first
    delay          from randomization to the outcome
    missing        probability in each arm that a subject has no outcome; none for no missing outcomes
    better         "higher" or "lower" categories
    """

    probabilities: tuple[tuple[float, ...], ...]
    delay: float = 0.0
    missing: tuple[float, ...] = ()
    better: Literal["higher", "lower"] = "higher"

    def __post_init__(self) -> None:
        if len({len(arm) for arm in self.probabilities}) != 1 or len(self.probabilities[0]) < 2:
            raise DesignError(
                "OrdinalOutcome.probabilities must be of the same two or more categories in each arm, got "
                f"{self.probabilities}. Give each arm's, the control's first."
            )
        for arm in self.probabilities:
            if any(not 0 <= one <= 1 for one in arm) or abs(math.fsum(arm) - 1) > 1e-9:
                raise DesignError(
                    f"OrdinalOutcome.probabilities of an arm are {arm}, which sum to {math.fsum(arm):g}. "
                    "Give probabilities that sum to 1."
                )
        check_delay(self.delay)
        check_missing(self.missing)

    @property
    def arms(self) -> int:
        """How many arms it has values for."""
        return len(self.probabilities)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOutcome:
    """How many events each subject has, negative binomial, compared by the Wald test of the rate ratio's logarithm.

    Rates and the dispersion, the same in both arms, are the most likely ones. The estimate is the logarithm of the rate
    ratio, experimental / control. A subject is counted when its follow-up is over.

    rates       of events in each arm, per unit of time, the control first
    dispersion  k of the variance mu + k mu^2; 0 for Poisson counts
    followup    of each subject
    missing     probability in each arm that a subject has no outcome; none for no missing outcomes
    better      "lower" or "higher" rates
    """

    rates: tuple[float, ...]
    dispersion: float
    followup: float
    missing: tuple[float, ...] = ()
    better: Literal["higher", "lower"] = "lower"

    def __post_init__(self) -> None:
        if not all(math.isfinite(rate) and rate > 0 for rate in self.rates):
            raise DesignError(f"CountOutcome.rates must be above 0, got {self.rates}. Give one for each arm.")
        if not (math.isfinite(self.dispersion) and self.dispersion >= 0):
            raise DesignError(f"CountOutcome.dispersion must not be negative, got {self.dispersion!r}. 0 is Poisson.")
        if not (math.isfinite(self.followup) and self.followup > 0):
            raise DesignError(f"CountOutcome.followup must be above 0, got {self.followup!r}. Give each subject's.")
        check_missing(self.missing)

    @property
    def arms(self) -> int:
        """How many arms it has values for."""
        return len(self.rates)

    @property
    def delay(self) -> float:
        """From randomization to the outcome."""
        return self.followup


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedMeasures:
    """A measurement at several visits, compared at the last by the most likely means of a multivariate normal model.

    The model has a mean for each arm and visit and one unstructured covariance matrix, as the usual mixed model for
    repeated measures (MMRM); all visits that are known at a look count, also of those who have not come to the last one
    yet or have dropped out. Who drops out does not come back, so that the most likely difference follows from a
    regression of each visit on the arm and the visits before it (Anderson TW. Journal of the American Statistical
    Association 1957; 52: 200-203); its standard error is by the delta method, and the statistic is held to the t
    distribution with the degrees of freedom of the last visit's regression.

    visits       time from randomization to each
    means        of each arm at each visit, the control's arm first
    sds          at each visit
    correlation  matrix, of the visits
    retention    share of each arm's subjects still measured at each visit; none if all stay
    better       "higher" or "lower" values
    """

    visits: tuple[float, ...]
    means: tuple[tuple[float, ...], ...]
    sds: tuple[float, ...]
    correlation: tuple[tuple[float, ...], ...]
    retention: tuple[tuple[float, ...], ...] = ()
    better: Literal["higher", "lower"] = "higher"

    def __post_init__(self) -> None:
        visits = len(self.visits)
        if visits < 1 or self.visits[0] < 0 or any(not one < other for one, other in pairwise(self.visits)):
            raise DesignError(f"RepeatedMeasures.visits must be times from 0 that increase, got {self.visits}.")
        rows = (*self.means, self.sds, *self.correlation, *self.retention)
        if any(len(row) != visits for row in rows) or len(self.correlation) != visits:
            raise DesignError(
                f"RepeatedMeasures has {visits} visits, but means, sds, correlation or retention of another number. "
                "Give one for each visit."
            )
        if not all(math.isfinite(sd) and sd > 0 for sd in self.sds):
            raise DesignError(f"RepeatedMeasures.sds must be above 0, got {self.sds}. Give one for each visit.")
        for arm in self.retention:
            if not arm[-1] > 0 or arm[0] > 1 or any(one < other for one, other in pairwise(arm)):
                raise DesignError(
                    f"RepeatedMeasures.retention of an arm is {arm}. It must start at 1 or below, never rise and stay "
                    "above 0: who drops out does not come back."
                )
        if not _is_correlation(self.correlation):
            raise DesignError(
                f"RepeatedMeasures.correlation is {self.correlation}, which is no correlation matrix. Give 1 on its "
                "diagonal, the same on both sides of it, and correlations that can be together."
            )

    @property
    def arms(self) -> int:
        """How many arms it has values for."""
        return len(self.means)

    @property
    def delay(self) -> float:
        """From randomization to the last visit."""
        return self.visits[-1]

    @property
    def missing(self) -> tuple[float, ...]:
        """Share of each arm's subjects that are not measured at the last visit."""
        return tuple(1 - arm[-1] for arm in self.retention)


def _is_correlation(matrix: tuple[tuple[float, ...], ...]) -> bool:
    """Whether it is symmetric with a diagonal of 1, and positive definite by Cholesky's decomposition."""
    size = range(len(matrix))
    if any(matrix[one][one] != 1 for one in size):
        return False
    if any(matrix[one][other] != matrix[other][one] for one in size for other in size):
        return False
    rows: list[list[float]] = []
    for one in size:
        row: list[float] = []
        for other in range(one):
            known = math.fsum(x * y for x, y in zip(row, rows[other], strict=False))
            row.append((matrix[one][other] - known) / rows[other][other])
        left = 1 - math.fsum(x * x for x in row)
        if left <= 1e-12:
            return False
        rows.append([*row, math.sqrt(left)])
    return True
