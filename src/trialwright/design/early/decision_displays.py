"""Decision tables of dose finding in one shape, ready to be shown: a title, columns, rows of text and notes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from trialwright.design.early.boin import BoinDesign
from trialwright.design.early.boin12 import Boin12Design
from trialwright.design.early.decision_tables import DecisionTable
from trialwright.design.early.escalation_expansion import (
    EscalationExpansionDesign,
    TableEscalation,
    ThreePlusThreeEscalation,
)
from trialwright.design.early.expansion import ExpansionRule, ToxicityMonitoring
from trialwright.design.early.three_plus_three import three_plus_three_rows
from trialwright.design.early.tite_boin import TiteBoinTable
from trialwright.errors import DesignError

#: What stands where no number leads to a decision.
NONE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDisplay:
    """A table to be shown. Each row has a cell per column; notes are sentences."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


@singledispatch
def show_decisions(design: object, *, cohort_size: int = 1) -> DecisionDisplay:
    """The decision table of a design or of a part of one.

    cohort_size   which numbers of subjects are shown of tables that have them all: its multiples

    Takes a DecisionTable or BoinDesign, TiteBoinTable, Boin12Design, ThreePlusThreeEscalation, ExpansionRule,
    ToxicityMonitoring. Raises DesignError for anything else: model-based designs decide by posteriors, not by a table.
    """
    raise DesignError(
        f"A {type(design).__name__} has no decision table; show_decisions takes tables of interval designs, TITE-BOIN, "
        "BOIN12, 3+3 and expansions. Of a phase I/IIa design show `escalation.table`, `expansion` and `toxicity`."
    )


@show_decisions.register
def _(design: DecisionTable, *, cohort_size: int = 1) -> DecisionDisplay:
    rows = design.rows_for_cohorts(cohort_size)
    return DecisionDisplay(
        title=f"Dose escalation by {design.method}, target DLT probability {design.target:g}",
        columns=("Subjects", "Escalate if DLTs at most", "De-escalate if DLTs at least", "Eliminate if DLTs at least"),
        rows=tuple(
            _cells(row.n, row.escalate_at_most, row.deescalate_at_least, row.eliminate_at_least) for row in rows
        ),
        notes=design.conventions,
    )


@show_decisions.register
def _(design: BoinDesign, *, cohort_size: int = 1) -> DecisionDisplay:
    return show_decisions(design.table, cohort_size=cohort_size)


@show_decisions.register
def _(design: TiteBoinTable, *, cohort_size: int = 1) -> DecisionDisplay:
    return DecisionDisplay(
        title=f"Dose escalation by TITE-BOIN, target DLT probability {design.design.target:g}",
        columns=("Subjects", "DLTs", "Pending", "Decision", "Escalate if followed at least", "De-escalate if at most"),
        rows=tuple(
            (
                str(row.n),
                str(row.dlts),
                str(row.pending),
                "by follow-up" if row.action is None else row.action,
                NONE if row.escalate_from is None else f"{row.escalate_from:.2f}",
                NONE if row.deescalate_up_to is None else f"{row.deescalate_up_to:.2f}",
            )
            for row in design.rows
            if row.n % cohort_size == 0
        ),
        notes=design.conventions,
    )


@show_decisions.register
def _(design: Boin12Design, *, cohort_size: int = 1) -> DecisionDisplay:
    has_both = not design.utilities.is_additive
    return DecisionDisplay(
        title=f"Rank-based desirability scores of BOIN12, limits {design.toxicity_limit:g} and "
        f"{design.response_limit:g}",
        columns=("Subjects", "DLTs", "Responses", *(("Both",) if has_both else ()), "Score"),
        rows=tuple(
            (
                str(row.n),
                str(row.dlts),
                str(row.responses),
                *((str(row.both),) if has_both else ()),
                "E" if row.score is None else f"{row.score:g}",
            )
            for row in design.rows
            if row.n % cohort_size == 0
        ),
        notes=("E: the level is not admissible after this outcome", *design.conventions),
    )


@show_decisions.register
def _(design: ThreePlusThreeEscalation, *, cohort_size: int = 1) -> DecisionDisplay:
    rows = three_plus_three_rows(has_deescalation=design.has_deescalation)
    return DecisionDisplay(
        title="Dose escalation by 3+3",
        columns=("Subjects", "DLTs", "Decision"),
        rows=tuple((str(row.n), row.dlts, row.decision) for row in rows),
        notes=(),
    )


@show_decisions.register
def _(design: ExpansionRule, *, cohort_size: int = 1) -> DecisionDisplay:
    return DecisionDisplay(
        title=f"Expansion: {design.method}",
        columns=("Subjects", "Futile if responses at most", "Active if responses at least"),
        rows=tuple(_cells(look.n, look.futile_at_most, look.active_at_least) for look in design.looks),
        notes=(),
    )


@show_decisions.register
def _(design: ToxicityMonitoring, *, cohort_size: int = 1) -> DecisionDisplay:
    return DecisionDisplay(
        title=f"Stopping the expansion for toxicity, limit {design.limit:g}",
        columns=("Subjects", "Stop if DLTs at least"),
        rows=tuple(_cells(row.n, row.stop_at_least) for row in design.rows),
        notes=(
            f"stop if P(DLT probability > {design.limit:g} | data) is above {design.cutoff:g}; prior "
            f"beta({design.prior[0]:g}, {design.prior[1]:g})",
        ),
    )


def show_escalation_expansion(
    design: EscalationExpansionDesign, *, cohort_size: int = 1
) -> tuple[DecisionDisplay, ...]:
    """The tables of a phase I/IIa design: of the escalation, if it has one, of the expansion and of toxicity."""
    escalation = design.escalation
    parts: list[object] = []
    if isinstance(escalation, ThreePlusThreeEscalation):
        parts.append(escalation)
    elif isinstance(escalation, TableEscalation):
        parts.append(escalation.table)
    parts.append(design.expansion)
    if design.toxicity is not None:
        parts.append(design.toxicity)
    return tuple(show_decisions(part, cohort_size=cohort_size) for part in parts)


def _cells(*values: int | None) -> tuple[str, ...]:
    return tuple(NONE if value is None else str(value) for value in values)
