"""Words for the levels of variables: those that the plan's tables show ("Female" for F), or else its groupings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trialwright.analysis.layout import LevelsSpec, RowSpec, TableSpec
from trialwright.analysis.plan import AnalysisPlan


def level_words(plan: AnalysisPlan) -> Mapping[tuple[str, str], str]:
    """(variable, level) to words, from the rows of the plan's tables, then from its groupings.

    A block of rows that leaves out the variable means the only one of its analysis; where its analysis is named by a
    template the variable is "". The first words for a level are kept.
    """
    words: dict[tuple[str, str], str] = {}
    for display in plan.displays.values():
        if isinstance(display, TableSpec):
            for row in display.rows:
                for variable, levels in _levels(row, "", plan):
                    shown = {level.value: level.label for level in levels.only} | dict(levels.labels)
                    for value, label in shown.items():
                        words.setdefault((variable, value), " ".join(label.split()))
    for grouping in plan.groupings.values():
        for level in grouping.levels:
            if level.label:
                words.setdefault((grouping.variable, level.value), " ".join(level.label.split()))
    return words


def _levels(row: RowSpec, variable: str, plan: AnalysisPlan) -> Iterator[tuple[str, LevelsSpec]]:
    """The specifications of levels in a row and below it, each with its variable."""
    if row.analysis is not None:
        analysis = plan.analyses.get(row.analysis.source)
        variable = analysis.variables[0] if analysis is not None and len(analysis.variables) == 1 else ""
    if row.levels is not None:
        yield row.levels.variable or variable, row.levels
    for inner in row.rows:
        yield from _levels(inner, variable, plan)
