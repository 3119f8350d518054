"""What is decided on several comparisons over the looks of simulated trials, by the multiplicity procedure.

Sources: Glimm E, Maurer W, Bretz F. Hierarchical testing of multiple endpoints in group-sequential trials. Statistics
in Medicine 2010; 29: 219-228. Maurer W, Bretz F. Multiple testing in group sequential trials using graphical
approaches. Statistics in Biopharmaceutical Research 2013; 5: 311-320 (Holm's and Bonferroni's procedures).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from trialwright.design.definition.model import Multiplicity

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """The bounds of Z that comparisons are held to.

    efficacy  by the number of comparisons rejected before: the bounds of each look, infinite where none. Only Holm's
              procedure has more than one row
    futility  lower bounds, or half widths of inner wedges if `sided` is 2; those of the last look are not used
    """

    multiplicity: Multiplicity
    sided: int
    efficacy: tuple[tuple[float, ...], ...]
    futility: tuple[float, ...] | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Decisions:
    """What was decided in each trial.

    rejected_at  trial, comparison: look (from 0) at which it is rejected for the experimental arm; else number of looks
    dropped_at   likewise, at which it is given up: futile, out of reach, or, two-sided, worse than the control
    is_worse     trial, comparison: rejected for the control, in a two-sided test
    ends_at      trial: the look at which it ends
    """

    rejected_at: Integers
    dropped_at: Integers
    is_worse: Booleans
    ends_at: Integers
    looks: int

    @property
    def is_rejected(self) -> Booleans:
        """Trial, comparison."""
        return np.asarray(self.rejected_at < self.looks)


def decide(z: Floats, procedure: Procedure) -> Decisions:
    """Apply the procedure to z: trial, look, comparison in the order of the test. NaN decides nothing."""
    trials, looks, comparisons = z.shape
    efficacy = np.asarray(procedure.efficacy)
    is_sequence = procedure.multiplicity == "fixed_sequence"
    rejected_at = np.full((trials, comparisons), looks)
    dropped_at = np.full((trials, comparisons), looks)
    is_worse = np.zeros((trials, comparisons), np.bool_)
    is_open = np.ones((trials, comparisons), np.bool_)
    ends_at = np.full(trials, looks - 1)
    for look in range(looks):
        value = z[:, look]
        at_start = is_open.copy()
        for step in range(comparisons):
            if is_sequence:
                # One comparison in each step, if all before it are rejected by now.
                testable = np.zeros_like(is_open)
                testable[:, step] = is_open[:, step] & np.all(rejected_at[:, :step] < looks, axis=1)
                bound = np.full((trials, 1), efficacy[0, look])
            else:
                rejections = np.sum(rejected_at < looks, axis=1)
                testable = is_open
                bound = efficacy[np.minimum(rejections, len(efficacy) - 1), look][:, None]
            rejected = testable & (value >= bound)
            rejected_at[rejected] = look
            is_open = is_open & ~rejected
            if procedure.sided == 2:
                worse = testable & (value <= -bound)
                is_worse |= worse
                dropped_at[worse] = look
                is_open = is_open & ~worse
        if look < looks - 1 and procedure.futility is not None:
            compared = np.abs(value) if procedure.sided == 2 else value
            futile = is_open & (compared <= procedure.futility[look])
            dropped_at[futile] = look
            is_open = is_open & ~futile
        if is_sequence:
            out_of_reach = is_open & (np.cumsum(dropped_at < looks, axis=1) > 0)
            dropped_at[out_of_reach] = look
            is_open = is_open & ~out_of_reach
        ended = at_start.any(axis=1) & ~is_open.any(axis=1)
        ends_at[ended] = look
    return Decisions(rejected_at=rejected_at, dropped_at=dropped_at, is_worse=is_worse, ends_at=ends_at, looks=looks)
