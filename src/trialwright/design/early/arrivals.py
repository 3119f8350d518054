"""Escalation in calendar time: how subjects arrive, when DLTs come, and which arrivals are treated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trialwright.design.early.boin import BoinDesign
from trialwright.design.early.crm import CrmModel
from trialwright.design.early.requirements import count, positive, probability
from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Subjects who could be treated, and the time within which a DLT counts.

    rate        arrivals per unit of time
    window      length of the DLT assessment, in the same unit
    gaps        between arrivals: "poisson" (exponential), "uniform" (between 0 and twice the mean) or "regular"
    late_share  of the DLTs in the window, the share that comes in its second half. 0.5: uniformly distributed over the
                window; else a Weibull distribution with this share at the DLT probability of each level
    """

    rate: float
    window: float
    gaps: Literal["poisson", "uniform", "regular"] = "poisson"
    late_share: float = 0.5

    def __post_init__(self) -> None:
        positive("rate", self.rate)
        positive("window", self.window)
        probability("late_share", self.late_share)
        if self.gaps not in ("poisson", "uniform", "regular"):
            raise DesignError(f"gaps must be 'poisson', 'uniform' or 'regular', got {self.gaps!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """Treating arrivals at lower levels while the escalation waits (Zhao et al. 2024).

    cap               no backfill at a level with so many subjects
    response_time     from treatment until a response is seen; the DLT window if None
    needs_response    whether a level opens only once a response was seen there or at a lower level
    """

    cap: int = 12
    response_time: float | None = None
    needs_response: bool = True

    def __post_init__(self) -> None:
        count("cap", self.cap)
        if self.response_time is not None:
            positive("response_time", self.response_time)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedEscalation:
    """An escalation by BOIN or the CRM whose subjects arrive one by one.

    design              a `BoinDesign` or a `CrmModel`
    cohorts, cohort_size   most cohorts and the subjects of each; a decision is due when a cohort is full
    max_pending_share   a decision that needs pending data waits while more than this share of the subjects at the
                        current level have neither a DLT nor a complete assessment. 0: complete data, as in BOIN or the
                        CRM; 0.5 is usual for TITE-BOIN, 1 (no waiting) for TITE-CRM
    backfill            None: an arrival while the escalation waits is turned away. BOIN only
    stop_at_n           the trial ends once so many subjects were treated at a level and the decision is to stay
    stopping_confidence of the CRM: stop if the lowest level exceeds the target with at least this probability
    """

    design: BoinDesign | CrmModel
    cohorts: int
    cohort_size: int
    arrivals: Arrivals
    max_pending_share: float
    backfill: Backfill | None = None
    start_level: int = 1
    stop_at_n: int | None = None
    stopping_confidence: float = 0.95

    def __post_init__(self) -> None:
        count("cohorts", self.cohorts)
        count("cohort_size", self.cohort_size)
        count("start_level", self.start_level)
        probability("stopping_confidence", self.stopping_confidence)
        if self.stop_at_n is not None:
            count("stop_at_n", self.stop_at_n)
        if not 0 <= self.max_pending_share <= 1:
            raise DesignError(
                f"max_pending_share must lie between 0 (complete data) and 1 (no waiting), got "
                f"{self.max_pending_share!r}."
            )
        if isinstance(self.design, CrmModel):
            if self.backfill is not None:
                raise DesignError(
                    "Backfill is defined for BOIN, whose decisions look at single levels. Give a BoinDesign."
                )
            return
        needed = self.cohorts * self.cohort_size + (0 if self.backfill is None else self.backfill.cap)
        if self.design.table.n_max < needed:
            raise DesignError(
                f"A level may have {needed} subjects, but the table ends at {self.design.table.n_max}. Compute the "
                f"design with n_max={needed}."
            )
