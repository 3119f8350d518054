"""How subjects enter a trial over calendar time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class AccrualRates:
    """Accrual at rates that are constant by period; both arms together.

    durations   of the periods, one after the other from calendar time 0 (the first subject); the last may be `math.inf`
                where the number of subjects ends accrual: see `until`
    rates       subjects per time unit in each period
    """

    durations: tuple[float, ...]
    rates: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.durations or len(self.durations) != len(self.rates):
            raise DesignError(
                f"AccrualRates has {len(self.durations)} durations and {len(self.rates)} rates. "
                "Give a rate for each period."
            )
        for duration in self.durations:
            if not duration > 0:
                raise DesignError(
                    f"AccrualRates.durations has {duration!r}, which is not a length of time. "
                    "Give the length of each period, above 0, not its end."
                )
        if any(math.isinf(duration) for duration in self.durations[:-1]):
            raise DesignError(
                "AccrualRates.durations: only the last period may be without end. Give the others a length."
            )
        for rate in self.rates:
            if not 0 <= rate < math.inf:
                raise DesignError(f"AccrualRates.rates has {rate!r}. A rate is 0 or more subjects per time unit.")
        if not any(rate > 0 for rate in self.rates):
            raise DesignError("AccrualRates.rates are all 0, so nobody enters. Give at least one rate above 0.")

    @staticmethod
    def uniform(*, duration: float, subjects: float = 1.0) -> AccrualRates:
        """`subjects` at one rate over `duration`."""
        if not subjects > 0:
            raise DesignError(f"subjects is {subjects!r}. Accrual needs more than 0 subjects.")
        return AccrualRates(durations=(duration,), rates=(subjects / duration if duration else 0.0,))

    @property
    def duration(self) -> float:
        """From the first subject to the last."""
        return math.fsum(self.durations)

    @property
    def subjects(self) -> float:
        """All who enter; infinite if the last period has no end."""
        return math.fsum(rate * duration for rate, duration in zip(self.rates, self.durations, strict=True) if rate > 0)

    @property
    def first_entry(self) -> float:
        """Start of the first period with a rate above 0."""
        return next(start for start, _, rate in self.periods() if rate > 0)

    def periods(self) -> tuple[tuple[float, float, float], ...]:
        """Start, end and rate of each period."""
        found, start = [], 0.0
        for duration, rate in zip(self.durations, self.rates, strict=True):
            found.append((start, start + duration, rate))
            start += duration
        return tuple(found)

    def subjects_by(self, time: float) -> float:
        """Expected number of subjects who have entered by calendar `time`."""
        return math.fsum(
            rate * (min(end, time) - start) for start, end, rate in self.periods() if start < time and rate
        )

    def times(self, factor: float) -> AccrualRates:
        """The same periods at `factor` times the rates."""
        return AccrualRates(durations=self.durations, rates=tuple(rate * factor for rate in self.rates))

    def ending_at(self, time: float) -> AccrualRates:
        """These rates up to calendar `time`; the last goes on if `time` is later than their end."""
        if not 0 < time < math.inf:
            raise DesignError(f"Accrual cannot end at time {time!r}. Give a time above 0.")
        kept = [(start, end, rate) for start, end, rate in self.periods() if start < time]
        ends = [end for _, end, _ in kept[:-1]] + [time]
        return AccrualRates(
            durations=tuple(end - start for (start, _, _), end in zip(kept, ends, strict=True)),
            rates=tuple(rate for _, _, rate in kept),
        )

    def until(self, subjects: float) -> AccrualRates:
        """These rates up to the time when `subjects` have entered."""
        if not subjects > 0:
            raise DesignError(f"subjects is {subjects!r}. Accrual needs more than 0 subjects.")
        entered = 0.0
        for start, end, rate in self.periods():
            if rate and entered + rate * (end - start) >= subjects * (1 - 1e-12):
                return self.ending_at(start + (subjects - entered) / rate)
            entered += rate * (end - start) if rate else 0.0
        raise DesignError(
            f"{subjects:g} subjects are asked for, but accrual at these rates ends after {self.duration:g} time units "
            f"with {self.subjects:g}. Ask for at most these, accrue faster, or give the last period no end (math.inf)."
        )
