"""Times to an event and to dropout whose hazards are constant by piece."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class PiecewiseHazards:
    """Piecewise exponential time to the event of one arm, with an independent, piecewise exponential time to dropout.

    starts            of the pieces, in time since a subject's randomization; the first is 0, the last piece has no end
    hazards           of the event in each piece, per time unit
    dropout_hazards   of dropout in each piece, per time unit; none if left out
    """

    starts: tuple[float, ...]
    hazards: tuple[float, ...]
    dropout_hazards: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.dropout_hazards:
            object.__setattr__(self, "dropout_hazards", (0.0,) * len(self.hazards))
        if not self.starts or not len(self.starts) == len(self.hazards) == len(self.dropout_hazards):
            raise DesignError(
                f"PiecewiseHazards has {len(self.starts)} starts, {len(self.hazards)} hazards and "
                f"{len(self.dropout_hazards)} dropout hazards. Give one of each for every piece."
            )
        if self.starts[0] != 0 or any(b <= a for a, b in zip(self.starts, self.starts[1:], strict=False)):
            raise DesignError(
                f"PiecewiseHazards.starts are {self.starts!r}. They begin with 0 and increase: the time since "
                "randomization at which each piece begins."
            )
        for name, values in (("hazards", self.hazards), ("dropout_hazards", self.dropout_hazards)):
            for value in values:
                if not 0 <= value < math.inf:
                    raise DesignError(
                        f"PiecewiseHazards.{name} has {value!r}. A hazard is 0 or more events per time unit; "
                        "of a median it is ln(2) / median."
                    )
        if not any(self.hazards):
            raise DesignError("PiecewiseHazards.hazards are all 0, so no event ever occurs. Give one above 0.")

    @staticmethod
    def from_median(median: float) -> PiecewiseHazards:
        """Exponential, by its median."""
        if not 0 < median < math.inf:
            raise DesignError(f"The median is {median!r}. Give a time above 0.")
        return PiecewiseHazards(starts=(0.0,), hazards=(math.log(2) / median,))

    @staticmethod
    def from_event_probability(probability: float, *, by: float) -> PiecewiseHazards:
        """Exponential, by the probability of an event up to time `by`."""
        return PiecewiseHazards(starts=(0.0,), hazards=(_hazard(probability, by=by),))

    def with_dropout(self, probability: float, *, by: float) -> PiecewiseHazards:
        """With a constant hazard of dropout under which `probability` would have dropped out by time `by`."""
        return self.with_dropout_hazard(_hazard(probability, by=by) if probability else 0.0)

    def with_dropout_hazard(self, hazard: float) -> PiecewiseHazards:
        """With this hazard of dropout in every piece."""
        return PiecewiseHazards(starts=self.starts, hazards=self.hazards, dropout_hazards=(hazard,) * len(self.starts))

    def times(self, hazard_ratio: float | Sequence[float]) -> PiecewiseHazards:
        """With the hazards of the event multiplied, by one ratio or by one for each piece; dropout stays."""
        ratios = tuple(hazard_ratio) if isinstance(hazard_ratio, Sequence) else (hazard_ratio,) * len(self.starts)
        if len(ratios) != len(self.starts):
            raise DesignError(
                f"There are {len(ratios)} hazard ratios for {len(self.starts)} pieces. Give one, or one for each piece."
            )
        for ratio in ratios:
            if not 0 < ratio < math.inf:
                raise DesignError(f"The hazard ratio is {ratio!r}. It is experimental / control, and above 0.")
        return PiecewiseHazards(
            starts=self.starts,
            hazards=tuple(hazard * ratio for hazard, ratio in zip(self.hazards, ratios, strict=True)),
            dropout_hazards=self.dropout_hazards,
        )

    def piece(self, time: float) -> int:
        """Which piece `time` since randomization is in; a start belongs to the piece that begins there."""
        return max(index for index, start in enumerate(self.starts) if start <= max(time, 0.0))

    def hazard(self, time: float) -> float:
        """Of the event, at `time` since randomization."""
        return self.hazards[self.piece(time)]

    def survival(self, time: float) -> float:
        """Probability of no event up to `time`, were there no dropout."""
        return math.exp(-self._cumulative(self.hazards, time))

    def at_risk(self, time: float) -> float:
        """Probability of neither event nor dropout up to `time`."""
        return math.exp(-self._cumulative(self.hazards, time) - self._cumulative(self.dropout_hazards, time))

    def event_probability(self, time: float) -> float:
        """Probability that the event occurs by `time`, before any dropout."""
        return self._event_integrals(time)[0]

    def event_probability_integral(self, time: float) -> float:
        """Integral of `event_probability` from 0 to `time`: events, per rate, of uniform accrual after `time`."""
        return self._event_integrals(time)[1]

    def _cumulative(self, hazards: tuple[float, ...], time: float) -> float:
        ends = (*self.starts[1:], math.inf)
        return math.fsum(
            hazard * (min(end, time) - start)
            for hazard, start, end in zip(hazards, self.starts, ends, strict=True)
            if start < time
        )

    def _event_integrals(self, time: float) -> tuple[float, float]:
        # Within a piece the probability is p + h/a * s * (1 - exp(-a x)), a = h + d; this and its integral are exact.
        probability, integral, at_risk = 0.0, 0.0, 1.0
        ends = (*self.starts[1:], math.inf)
        for start, end, hazard, dropout in zip(self.starts, ends, self.hazards, self.dropout_hazards, strict=True):
            if start >= time:
                break
            length, total = min(end, time) - start, hazard + dropout
            integral += probability * length
            if total > 0:
                leaving = -math.expm1(-total * length)
                integral += hazard / total**2 * at_risk * _excess(total * length)
                probability += hazard / total * at_risk * leaving
                at_risk *= 1 - leaving
        return probability, integral


def _excess(x: float) -> float:
    """`x - (1 - exp(-x))`, without cancellation near 0."""
    if x < 1e-3:
        return x * x / 2 * (1 - x / 3 * (1 - x / 4 * (1 - x / 5)))
    return x + math.expm1(-x)


def _hazard(probability: float, *, by: float) -> float:
    if not 0 < probability < 1:
        raise DesignError(f"The probability is {probability!r}. Give one between 0 and 1, not a percentage.")
    if not 0 < by < math.inf:
        raise DesignError(f"The probability is given by time {by!r}. Give a time above 0.")
    return -math.log1p(-probability) / by
