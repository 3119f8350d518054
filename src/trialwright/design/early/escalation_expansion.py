"""Phase I/IIa designs: an escalation that selects a dose, then an expansion cohort at it.

The interface says what a protocol says: how the dose is found, how many more subjects are treated at it, when that
stops for toxicity or lack of response, and when the treatment is declared active. `describe_escalation_expansion` puts
it into sentences.
"""

from __future__ import annotations

from dataclasses import dataclass

from trialwright.design.early.arrivals import Arrivals
from trialwright.design.early.crm import CrmModel
from trialwright.design.early.decision_tables import DecisionTable
from trialwright.design.early.expansion import ExpansionRule, ToxicityMonitoring
from trialwright.design.early.requirements import count, positive, probability
from trialwright.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEscalation:
    """By a decision table (BOIN, keyboard, mTPI, mTPI-2); see `simulate_escalation`."""

    table: DecisionTable
    cohorts: int
    cohort_size: int
    start_level: int = 1
    stop_at_n: int | None = None

    def __post_init__(self) -> None:
        _check_course(self.cohorts, self.cohort_size, self.start_level)
        if self.n_max > self.table.n_max:
            raise DesignError(
                f"{self.cohorts} cohorts of {self.cohort_size} may put {self.n_max} subjects on one dose level, but "
                f"the table ends at {self.table.n_max}. Compute it with n_max={self.n_max}."
            )

    @property
    def n_max(self) -> int:
        """Most subjects in the escalation."""
        return self.cohorts * self.cohort_size


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmEscalation:
    """By the continual reassessment method; see `simulate_crm`."""

    model: CrmModel
    cohorts: int
    cohort_size: int
    start_level: int = 1
    stopping_confidence: float = 0.95

    def __post_init__(self) -> None:
        _check_course(self.cohorts, self.cohort_size, self.start_level)
        probability("stopping_confidence", self.stopping_confidence)

    @property
    def n_max(self) -> int:
        """Most subjects in the escalation."""
        return self.cohorts * self.cohort_size


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreePlusThreeEscalation:
    """By 3+3; `has_deescalation`: six subjects are needed at the maximum tolerated dose."""

    levels: int
    has_deescalation: bool = True

    def __post_init__(self) -> None:
        count("levels", self.levels)

    @property
    def n_max(self) -> int:
        """Most subjects in the escalation."""
        return 6 * self.levels


Escalation = TableEscalation | CrmEscalation | ThreePlusThreeEscalation


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationExpansionDesign:
    """An escalation, and what follows at the selected dose.

    expansion            looks at the responses
    toxicity             stopping rule for toxicity; None: none
    counts_escalation    whether subjects treated at the selected dose in the escalation count as the first ones of the
                         expansion, for responses and for DLTs
    arrivals             for the duration; None: no duration. Each cohort of the escalation is awaited for the window
    response_time        from treatment until the response is known; accrual pauses so long at each look
    """

    escalation: Escalation
    expansion: ExpansionRule
    toxicity: ToxicityMonitoring | None = None
    counts_escalation: bool = False
    arrivals: Arrivals | None = None
    response_time: float | None = None

    def __post_init__(self) -> None:
        if (self.arrivals is None) != (self.response_time is None):
            raise DesignError(
                "The duration needs arrivals and response_time; give both or neither (response_time is in the unit of "
                "arrivals)."
            )
        if self.response_time is not None:
            positive("response_time", self.response_time)


def describe_escalation_expansion(design: EscalationExpansionDesign) -> tuple[str, ...]:
    """The design in sentences, as a protocol may quote them; every number is one of the design's."""
    sentences = [*_about_escalation(design.escalation)]
    looks = design.expansion.looks
    counted = (
        "Subjects treated at this dose in the escalation count as its first subjects."
        if design.counts_escalation
        else "Subjects of the escalation do not count in it."
    )
    sentences.append(
        f"At the selected dose an expansion cohort of at most {looks[-1].n} subjects is treated "
        f"({design.expansion.method}). {counted}"
    )
    for look in looks[:-1]:
        parts = []
        if look.futile_at_most is not None:
            parts.append(f"it stops for lack of activity if at most {look.futile_at_most} respond")
        if look.active_at_least is not None:
            parts.append(f"the treatment is declared active if at least {look.active_at_least} respond")
        if parts:
            sentences.append(f"After {look.n} subjects {', and '.join(parts)}.")
    last = looks[-1]
    sentences.append(
        f"After {last.n} subjects the treatment is declared active if at least {last.active_at_least} respond."
    )
    if design.toxicity is not None:
        rule = design.toxicity
        bounds = [f"{row.stop_at_least} of {row.n}" for row in rule.rows if row.stop_at_least is not None]
        sentences.append(
            f"The expansion stops for toxicity if the posterior probability that the DLT probability exceeds "
            f"{rule.limit:g} is above {rule.cutoff:g} (prior beta({rule.prior[0]:g}, {rule.prior[1]:g})): if at least "
            f"{', '.join(bounds)} subjects have a DLT."
        )
    return tuple(sentences)


def _about_escalation(escalation: Escalation) -> tuple[str, ...]:
    if isinstance(escalation, ThreePlusThreeEscalation):
        needs = " Six subjects are treated at the maximum tolerated dose." if escalation.has_deescalation else ""
        return (f"The dose is escalated over {escalation.levels} levels by the 3+3 design.{needs}",)
    if isinstance(escalation, CrmEscalation):
        model = escalation.model
        skeleton = ", ".join(f"{value:.3g}" for value in model.skeleton)
        return (
            f"The dose is found by the continual reassessment method ({model.model} model, skeleton {skeleton}) with a "
            f"target DLT probability of {model.target:g}, in at most {escalation.cohorts} cohorts of "
            f"{escalation.cohort_size}, beginning at level {escalation.start_level}. Untried levels are not skipped.",
            f"The escalation stops without a dose if the lowest level exceeds the target with a probability of at "
            f"least {escalation.stopping_confidence:g}.",
        )
    table = escalation.table
    ends = (
        f" It also ends once {escalation.stop_at_n} subjects were treated at a level and the decision is to stay."
        if escalation.stop_at_n is not None
        else ""
    )
    return (
        f"The dose is found by the {table.method} design with a target DLT probability of {table.target:g}, in at most "
        f"{escalation.cohorts} cohorts of {escalation.cohort_size}, beginning at level {escalation.start_level}.{ends}",
        f"A level and all above it are eliminated if the posterior probability that its DLT probability exceeds the "
        f"target is above {table.elimination_cutoff:g} after at least {table.elimination_n_min} subjects.",
    )


def _check_course(cohorts: int, cohort_size: int, start_level: int) -> None:
    count("cohorts", cohorts)
    count("cohort_size", cohort_size)
    count("start_level", start_level)
