"""Weights of log-rank tests. Light: nothing is computed here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class FlemingHarrington:
    """Log-rank weights survival^rho x (1 - survival)^gamma, of the pooled Kaplan-Meier estimate just before each event.

    0 and 0 is the log-rank test.
    """

    rho: float = 0.0
    gamma: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("rho", self.rho), ("gamma", self.gamma)):
            if not (math.isfinite(value) and value >= 0):
                raise DesignError(f"FlemingHarrington.{name} must not be negative, got {value!r}. Give 0, 0.5 or 1.")


#: The log-rank test itself.
UNWEIGHTED: Final = FlemingHarrington()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModestWeights:
    """Modestly weighted log-rank test: weights 1 / max(survival just before the event, survival at `until`).

    Source: Magirr D, Burman CF. Modestly weighted logrank tests. Statistics in Medicine 2019; 38: 3782-3790.

    until  time since randomization up to which the weights grow
    """

    until: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.until) and self.until >= 0):
            raise DesignError(f"ModestWeights.until must not be negative, got {self.until!r}. Give the expected delay.")
