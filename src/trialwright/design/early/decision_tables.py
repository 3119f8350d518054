"""Decision tables of dose-escalation designs that look at the current dose level alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from trialwright.design.early.requirements import count, probability
from trialwright.errors import DesignError

Decision = Literal["escalate", "stay", "de-escalate", "eliminate"]

CONVENTIONS = (
    "decisions depend on all subjects treated so far at the current dose level and on those of them with a "
    "dose-limiting toxicity (DLT)",
    "escalate: next higher level; de-escalate: next lower level; stay where there is no such level",
    "eliminate: de-escalate, and never use this level or a higher one again; if the lowest level is eliminated the "
    "trial stops and no dose is selected",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """What follows from the number of DLTs among `n` subjects at a dose level; None where no number leads there."""

    n: int
    escalate_at_most: int | None
    deescalate_at_least: int | None
    eliminate_at_least: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTable:
    """A table for 1 to `n_max` subjects at a dose level.

    target               DLT probability aimed at
    elimination_cutoff   a level is eliminated if P(DLT probability > target | data) exceeds this, under a uniform
                         prior, and at least `elimination_n_min` subjects were treated there
    """

    method: str
    target: float
    elimination_cutoff: float
    elimination_n_min: int
    rows: tuple[DecisionRow, ...]
    conventions: tuple[str, ...] = CONVENTIONS

    @property
    def n_max(self) -> int:
        """Largest number of subjects at one dose level that the table answers for."""
        return len(self.rows)

    def decide(self, *, n: int, dlts: int) -> Decision:
        """The decision after `dlts` of `n` subjects at the current level had a DLT."""
        if not 1 <= n <= self.n_max:
            raise DesignError(f"n must lie between 1 and {self.n_max}, the size of the table, got {n!r}.")
        if not 0 <= dlts <= n:
            raise DesignError(f"dlts must lie between 0 and {n}, the subjects at this level, got {dlts!r}.")
        row = self.rows[n - 1]
        if row.eliminate_at_least is not None and dlts >= row.eliminate_at_least:
            return "eliminate"
        if row.deescalate_at_least is not None and dlts >= row.deescalate_at_least:
            return "de-escalate"
        if row.escalate_at_most is not None and dlts <= row.escalate_at_most:
            return "escalate"
        return "stay"

    def rows_for_cohorts(self, cohort_size: int) -> tuple[DecisionRow, ...]:
        """The rows that cohorts of one size can reach."""
        count("cohort_size", cohort_size)
        return self.rows[cohort_size - 1 :: cohort_size]


def compute_elimination_boundary(*, target: float, n: int, cutoff: float, n_min: int = 3) -> int | None:
    """Fewest DLTs of `n` subjects at which P(DLT probability > `target` | data) exceeds `cutoff`; None if none does.

    The prior is uniform.
    """
    if n < n_min:
        return None
    dlts = np.arange(n + 1)
    too_toxic = np.flatnonzero(beta.sf(target, dlts + 1, n - dlts + 1) > cutoff)
    return int(too_toxic[0]) if too_toxic.size else None


def build_table(
    decisions: Callable[[int], NDArray[np.int_]],
    *,
    method: str,
    target: float,
    n_max: int,
    elimination_cutoff: float,
    elimination_n_min: int,
    conventions: tuple[str, ...],
) -> DecisionTable:
    """The table of a rule.

    decisions   for n subjects, the level's change (1 escalate, 0 stay, -1 de-escalate) after 0, 1, ... n DLTs
    """
    probability("elimination_cutoff", elimination_cutoff)
    count("n_max", n_max)
    count("elimination_n_min", elimination_n_min)
    rows = []
    for n in range(1, n_max + 1):
        changes = decisions(n)
        if np.any(np.diff(changes) > 0):
            raise DesignError(f"{method}: with {n} subjects the decision is not monotone in the number of DLTs.")
        up, down = np.flatnonzero(changes == 1), np.flatnonzero(changes == -1)
        eliminate = compute_elimination_boundary(target=target, n=n, cutoff=elimination_cutoff, n_min=elimination_n_min)
        deescalate = int(down[0]) if down.size else None
        if eliminate is not None:
            deescalate = eliminate if deescalate is None else min(deescalate, eliminate)
        rows.append(
            DecisionRow(
                n=n,
                escalate_at_most=int(up[-1]) if up.size else None,
                deescalate_at_least=deescalate,
                eliminate_at_least=eliminate,
            )
        )
    return DecisionTable(
        method=method,
        target=target,
        elimination_cutoff=elimination_cutoff,
        elimination_n_min=elimination_n_min,
        rows=tuple(rows),
        conventions=(*CONVENTIONS, *conventions),
    )
