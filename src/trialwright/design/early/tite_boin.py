"""The decision table of TITE-BOIN: BOIN while some outcomes are pending.

Source: Yuan Y, Lin R, Li D, Nie L, Warren KE. Time-to-event Bayesian optimal interval design to accelerate phase I
trials. Clin Cancer Res 2018;24:4921-4930.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trialwright.design.early.boin import BoinDesign
from trialwright.design.early.requirements import count, responses
from trialwright.errors import DesignError

Action = Literal["escalate", "stay", "de-escalate", "eliminate", "suspend"]

CONVENTIONS = (
    "followed is the total follow-up of the pending subjects in windows (STFT): the sum of their times since treatment "
    "divided by the length of the DLT window",
    "the DLT rate is (DLTs + p / (1 - p) * (pending - followed)) / n with p = (DLTs + target / 2) / (assessed + 1), "
    "held to the boundaries of BOIN; assessed subjects had a DLT or completed the window",
    "suspend: no decision while more than max_pending_share of the subjects at the level are pending, unless the known "
    "DLTs ask to de-escalate or eliminate",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TiteBoinRow:
    """What follows from `dlts` DLTs and `pending` pending outcomes of `n` subjects at a level.

    action               if it does not depend on the follow-up; else None
    escalate_from        escalate if at least so much follow-up; None if none suffices
    deescalate_up_to     de-escalate if at most so much; None if none is that little. Between the two: stay
    """

    n: int
    dlts: int
    pending: int
    action: Action | None
    escalate_from: float | None
    deescalate_up_to: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TiteBoinTable:
    """The table for one size of cohorts."""

    design: BoinDesign
    cohort_size: int
    max_pending_share: float
    rows: tuple[TiteBoinRow, ...]
    conventions: tuple[str, ...] = CONVENTIONS

    def decide(self, *, n: int, dlts: int, pending: int, followed: float) -> Action:
        """The decision; `followed` is the follow-up of the pending subjects in windows."""
        if not 0 <= followed <= pending:
            raise DesignError(
                f"followed must lie between 0 and {pending}, the number of pending subjects, got {followed!r}. It is "
                "their total follow-up divided by the length of the window."
            )
        for row in self.rows:
            if (row.n, row.dlts, row.pending) == (n, dlts, pending):
                if row.action is not None:
                    return row.action
                if row.escalate_from is not None and followed >= row.escalate_from:
                    return "escalate"
                if row.deescalate_up_to is not None and followed <= row.deescalate_up_to:
                    return "de-escalate"
                return "stay"
        raise DesignError(
            f"The table has no row for {n!r} subjects, {dlts!r} DLTs and {pending!r} pending outcomes. It goes by "
            f"cohorts of {self.cohort_size} to {self.rows[-1].n} subjects."
        )


def compute_tite_boin_table(
    design: BoinDesign, *, cohort_size: int = 3, max_pending_share: float = 0.5
) -> TiteBoinTable:
    """The decisions at each number of subjects, DLTs and pending outcomes that cohorts of one size can reach."""
    count("cohort_size", cohort_size)
    if not 0 <= max_pending_share <= 1:
        raise DesignError(f"max_pending_share must lie between 0 and 1, got {max_pending_share!r}. 0.5 is usual.")
    rows = tuple(
        _row(design, n, dlts, pending, max_pending_share)
        for n in range(cohort_size, design.table.n_max + 1, cohort_size)
        for dlts in range(n + 1)
        for pending in range(n - dlts + 1)
    )
    if not rows:
        raise DesignError(
            f"The table of the design ends at {design.table.n_max} subjects, before the first cohort of {cohort_size} "
            f"is complete. Compute it with a larger n_max."
        )
    return TiteBoinTable(design=design, cohort_size=cohort_size, max_pending_share=max_pending_share, rows=rows)


def _row(design: BoinDesign, n: int, dlts: int, pending: int, max_pending_share: float) -> TiteBoinRow:
    responses("dlts", dlts, n)
    decided = design.table.decide(n=n, dlts=dlts)
    action: Action | None = None
    escalate_from = deescalate_up_to = None
    if decided in ("eliminate", "de-escalate") or pending == 0:
        action = decided
    elif pending > max_pending_share * n:
        action = "suspend"
    else:
        p = (dlts + design.target / 2) / (n - pending + 1)
        # Follow-up at which the imputed rate is the boundary.
        rise = pending - (design.lambda_escalate * n - dlts) * (1 - p) / p
        fall = pending - (design.lambda_deescalate * n - dlts) * (1 - p) / p
        if rise <= 0:
            action = "escalate"
        elif rise > pending and fall < 0:
            action = "stay"
        else:
            escalate_from = rise if rise <= pending else None
            deescalate_up_to = fall if fall >= 0 else None
    return TiteBoinRow(
        n=n,
        dlts=dlts,
        pending=pending,
        action=action,
        escalate_from=escalate_from,
        deescalate_up_to=deescalate_up_to,
    )
