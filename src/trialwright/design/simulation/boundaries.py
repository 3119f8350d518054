"""The bounds that statistics are held to at each look."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundaries:
    """Bounds on the z scale for each look; z above 0 favors the experimental arm.

    efficacy  reject when z reaches it (|z| if `sided` is 2); None for a look that cannot reject
    futility  stop without rejection when z is not above it (|z| if `sided` is 2); None for a look that cannot stop so.
              Empty for none at all. The last look's is not needed
    sided     1 or 2. How much type I error the bounds have follows from the bounds alone
    """

    efficacy: tuple[float | None, ...]
    futility: tuple[float | None, ...] = ()
    sided: int = 1

    def __post_init__(self) -> None:
        if self.sided not in (1, 2):
            raise DesignError(f"Boundaries.sided must be 1 or 2, got {self.sided!r}. Give 1 for a one-sided test.")
        if self.futility and len(self.futility) != len(self.efficacy):
            raise DesignError(
                f"Boundaries.futility must have a value for each of {len(self.efficacy)} looks, "
                f"got {len(self.futility)}. Give None for looks without a futility bound."
            )
        for name, values in (("efficacy", self.efficacy), ("futility", self.futility)):
            if any(value is not None and math.isnan(value) for value in values):
                raise DesignError(f"Boundaries.{name} must be numbers or None, got {values}. Give None for no bound.")
        for look, (upper, lower) in enumerate(zip(self.efficacy, self.futility, strict=False), start=1):
            if upper is not None and lower is not None and lower > upper:
                raise DesignError(
                    f"Boundaries.futility of look {look} is {lower!r}, above the efficacy bound {upper!r}. "
                    "Give a lower one; equal bounds end the trial at that look."
                )
