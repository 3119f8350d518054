"""A decision table as rows of the table of results, so that documents refer to its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialwright.results import Result, Results

if TYPE_CHECKING:
    from trialwright.design.early.decision_displays import DecisionDisplay


def results_of_decisions(decisions: DecisionDisplay, *, name: str) -> Results:
    """Each cell as a result: analysis `design.decisions.<name>`, group ROW (from 1), the column as variable."""
    return Results.of(
        Result(
            analysis_id=analysis_of(name),
            groups=(("ROW", str(number)),),
            variable=column,
            stat_name="decision",
            stat=None,
            stat_text=cell,
            method=decisions.title,
        )
        for number, row in enumerate(decisions.rows, start=1)
        for column, cell in zip(decisions.columns, row, strict=True)
    )


def analysis_of(name: str) -> str:
    """The analysis that the cells of a decision table are named by."""
    return f"design.decisions.{name}"
