"""What a trial wants to show: superiority, non-inferiority or equivalence, and the side that counts as success.

Values are on the scale of the effect: a difference (experimental - control) or a ratio (experimental / control).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Superiority:
    """The effect is beyond `null_value`.

    null_value        effect under the null hypothesis; None is no effect: 0 for differences, 1 for ratios
    higher_is_better  which side a one-sided test rejects on; a two-sided test does not use it
    """

    null_value: float | None = None
    higher_is_better: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NonInferiority:
    """The effect is not worse than `margin`.

    margin            signed, on the scale of the effect: -0.1 for a difference of proportions that may be 0.1 lower,
                      0.8 for a ratio; if lower is better, above no effect: 0.1, or 1.25
    higher_is_better  which side is the better one
    """

    margin: float
    higher_is_better: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """The effect lies between `lower` and `upper`: two one-sided tests (TOST), each at `alpha`."""

    lower: float
    upper: float


Hypothesis = Superiority | NonInferiority | Equivalence
