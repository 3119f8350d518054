"""Counts of two yes-or-no endpoints of the same subjects, followed exactly through a trial with looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.joint_outcomes import compute_joint_probability
from trialwright.errors import DesignError

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class JointRates:
    """Probabilities of two endpoints in a subject: of the first, of the second, and of both together."""

    first: float
    second: float
    both: float

    def __post_init__(self) -> None:
        for name in ("first", "second"):
            if not 0 <= getattr(self, name) <= 1:
                raise DesignError(f"{name} must lie between 0 and 1, got {getattr(self, name)!r}.")
        least, most = max(0.0, self.first + self.second - 1), min(self.first, self.second)
        if not least - 1e-12 <= self.both <= most + 1e-12:
            raise DesignError(
                f"both ({self.both!r}) must lie between {least:g} and {most:g}, as the rates are {self.first:g} and "
                f"{self.second:g}. Under independence it is {self.first * self.second:g}."
            )

    @property
    def cells(self) -> Floats:
        """Probabilities by first (row: no, yes) and second endpoint (column: no, yes)."""
        neither = 1 - self.first - self.second + self.both
        table = np.array([[neither, self.second - self.both], [self.first - self.both, self.both]])
        clipped: Floats = np.clip(table, 0.0, 1.0)
        return clipped


def joint_rates(first: float, second: float, *, odds_ratio: float = 1.0) -> JointRates:
    """Rates of two endpoints with this odds ratio between them; 1 if independent, above 1 if they come together."""
    if not odds_ratio > 0:
        raise DesignError(f"odds_ratio must be above 0, got {odds_ratio!r}; 1 is independence.")
    both = compute_joint_probability(np.array([first]), np.array([second]), odds_ratio=odds_ratio)
    return JointRates(first=first, second=second, both=float(both[0]))


def follow_counts(rates: JointRates, looks: Sequence[int], goes_on: Sequence[Booleans]) -> Floats:
    """Probability of passing each look, a row per rule: shape (rules, looks).

    looks     subjects at each look, rising
    goes_on   for each look whether a trial goes on with so many of the first and of the second endpoint:
              shape (rules, n + 1, n + 1), or (rules, n + 1, 1) if the second endpoint has rate 0
    """
    cells = rates.cells
    single = goes_on[0].shape[2] == 1
    state = np.ones((goes_on[0].shape[0], 1, 1))
    passed = []
    n = 0
    for look, rule in zip(looks, goes_on, strict=True):
        while n < look:
            grown = np.zeros((state.shape[0], n + 2, 1 if single else n + 2))
            for yes_first in (0, 1):
                for yes_second in (0,) if single else (0, 1):
                    rows = slice(yes_first, yes_first + state.shape[1])
                    columns = slice(yes_second, yes_second + state.shape[2])
                    grown[:, rows, columns] += cells[yes_first, yes_second] * state
            state, n = grown, n + 1
        state = np.where(rule, state, 0.0)
        passed.append(state.sum(axis=(1, 2)))
    return np.stack(passed, axis=1)
