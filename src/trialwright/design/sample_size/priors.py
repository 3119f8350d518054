"""What is believed of an effect before the trial."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalPrior:
    """A normal distribution of the effect, with its mean and standard deviation."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaPrior:
    """A beta distribution of a proportion; `a` - 1 and `b` - 1 are successes and failures beyond a uniform prior."""

    a: float
    b: float


Prior = NormalPrior | BetaPrior
