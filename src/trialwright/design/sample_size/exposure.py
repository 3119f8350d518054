"""For how long subjects are observed, when they enter over time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Time under observation; all times in the unit in which rates are counted.

    followup           of the subject who enters last
    accrual_duration   subjects enter at a constant rate for so long, and all are observed to the same calendar time; 0:
                       all are observed for `followup`
    dropout_rate       hazard of leaving early, exponential
    """

    followup: float
    accrual_duration: float = 0.0
    dropout_rate: float = 0.0
