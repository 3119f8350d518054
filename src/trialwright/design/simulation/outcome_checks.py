"""What every outcome that is known some time after randomization must fulfil. Light."""

from __future__ import annotations

import math

from trialwright.errors import DesignError


def check_delay(delay: float) -> None:
    """Refuse a delay below 0."""
    if not (math.isfinite(delay) and delay >= 0):
        raise DesignError(f"delay must not be negative, got {delay!r}. Give 0 for an outcome at once.")


def check_missing(missing: tuple[float, ...]) -> None:
    """Refuse what are no probabilities, or leave no outcome."""
    if not all(0 <= probability < 1 for probability in missing):
        raise DesignError(f"missing must lie between 0 and 1, got {missing}. Give 0.1 for 10% without an outcome.")
