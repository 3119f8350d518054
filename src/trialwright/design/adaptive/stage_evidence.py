"""What one stage of a trial says about the effect: its z statistic for any value of the effect, not for none alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from trialwright.errors import DesignError


class StageEvidence(Protocol):
    """What intervals ask of a stage."""

    @property
    def range(self) -> tuple[float, float]:
        """Between which values the effect can lie."""
        ...

    def z(self, effect: float = 0.0) -> float:
        """The statistic against an effect of at most `effect`: above 0 where the data show more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateStage:
    """An estimate that is normal around the effect; above 0 favors the experimental arm.

    estimate, standard_error  of this stage's subjects alone
    degrees_of_freedom        of a t statistic, which is turned into the z with the same p-value; None for normal
    """

    estimate: float
    standard_error: float
    degrees_of_freedom: float | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.estimate):
            raise DesignError(f"EstimateStage.estimate must be a finite number, got {self.estimate!r}.")
        if not 0 < self.standard_error < math.inf:
            raise DesignError(f"EstimateStage.standard_error must be above 0, got {self.standard_error!r}.")
        if self.degrees_of_freedom is not None and not self.degrees_of_freedom > 0:
            raise DesignError(
                f"EstimateStage.degrees_of_freedom must be above 0, got {self.degrees_of_freedom!r}; None is a z test."
            )

    @property
    def range(self) -> tuple[float, float]:
        """All numbers."""
        return -math.inf, math.inf

    def z(self, effect: float = 0.0) -> float:
        """The statistic against an effect of at most `effect`."""
        return self._score((self.estimate - effect) / self.standard_error)

    def z_at_bound(self, bound: float, effect: float) -> float:
        """The statistic against `effect` of data whose statistic against no effect is `bound`, with this error."""
        if math.isinf(bound):
            return bound
        value = bound
        if self.degrees_of_freedom is not None:
            from scipy.special import ndtr, stdtrit

            value = -math.copysign(1.0, bound) * float(stdtrit(self.degrees_of_freedom, float(ndtr(-abs(bound)))))
        return self._score(value - effect / self.standard_error)

    def _score(self, statistic: float) -> float:
        if self.degrees_of_freedom is None:
            return statistic
        from scipy.special import ndtri, stdtr

        # By the tail away from 0: the other has p-values that cannot be told from 1.
        return -math.copysign(1.0, statistic) * float(ndtri(stdtr(self.degrees_of_freedom, -abs(statistic))))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProportionStage:
    """Responses of both arms; the effect is the difference of proportions, experimental - control.

    The statistic is the score statistic, with variances from the proportions restricted to the difference tested.
    Source: Miettinen O, Nurminen M. Stat Med 1985;4:213-226 (without their factor n / (n - 1), as Farrington CP,
    Manning G. Stat Med 1990;9:1447-1454).
    """

    responses_experimental: int
    n_experimental: int
    responses_control: int
    n_control: int

    def __post_init__(self) -> None:
        for arm, responses, n in (
            ("experimental", self.responses_experimental, self.n_experimental),
            ("control", self.responses_control, self.n_control),
        ):
            if not (n >= 1 and 0 <= responses <= n):
                raise DesignError(
                    f"ProportionStage has {responses!r} responses of {n!r} {arm} subjects. Give counts of this stage "
                    "alone, with no more responses than subjects."
                )

    @property
    def range(self) -> tuple[float, float]:
        """A difference of proportions."""
        return -1.0, 1.0

    def z(self, effect: float = 0.0) -> float:
        """The score statistic against a difference of at most `effect`."""
        import numpy as np

        from trialwright.design.sample_size.score_variances import compute_restricted_proportions

        n1, n2 = np.asarray(self.n_experimental, np.float64), np.asarray(self.n_control, np.float64)
        p1, p2 = self.responses_experimental / n1, self.responses_control / n2
        difference = float(p1 - p2) - effect
        q1, q2 = compute_restricted_proportions(p1, p2, n1, n2, effect, "difference")
        variance = float(q1 * (1 - q1) / n1 + q2 * (1 - q2) / n2)
        if variance <= 0:
            if difference == 0:
                raise DesignError(
                    "ProportionStage: all outcomes are the same in both arms, so there is no test statistic. "
                    "Join this stage with the next."
                )
            return math.copysign(math.inf, difference)
        return difference / math.sqrt(variance)


def logrank_stage(
    *, z: float, events: float, z_before: float = 0.0, events_before: float = 0.0, allocation_ratio: float = 1.0
) -> EstimateStage:
    """The increment that a stage adds to the log-rank statistic, as evidence on -ln(hazard ratio).

    z, events                of all data so far; z above 0 favors the experimental arm
    z_before, events_before  the same at the end of the stage before; 0 for the first
    allocation_ratio         experimental / control; the hazard ratio is experimental / control

    Increments of the score process are independent, whatever the number of later events is chosen by, if it is chosen
    from the log-rank statistics alone.
    Source: Schäfer H, Müller HH. Stat Med 2001;20:3741-3751. Wassmer G. Biom J 2006;48:714-729.
    """
    if not 0 <= events_before < events:
        raise DesignError(
            f"events is {events!r} after {events_before!r}: a stage without new events has no statistic. Give the "
            "cumulative number of events, which must increase."
        )
    if not allocation_ratio > 0:
        raise DesignError(f"allocation_ratio must be above 0, got {allocation_ratio!r}; it is experimental / control.")
    added = events - events_before
    increment = (z * math.sqrt(events) - z_before * math.sqrt(events_before)) / math.sqrt(added)
    error = (1 + allocation_ratio) / math.sqrt(allocation_ratio * added)
    return EstimateStage(estimate=increment * error, standard_error=error)
