"""The p-values of hypotheses, from the results of analyses above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.multiplicity.options import HypothesesOptions, Hypothesis
from trialwright.analysis.request import Booleans, Request, contrast_level, ratio_level
from trialwright.errors import PlanError
from trialwright.results import Result

_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class FoundPValue:
    """A hypothesis with its p-value; None where that is not estimable, and why.

    A hypothesis without p-value is never rejected: procedures take it as 1.
    """

    id: str
    p_value: float | None
    warning: str

    @property
    def tested(self) -> float:
        """The p-value that procedures take."""
        return 1.0 if self.p_value is None else self.p_value


def find_p_values(request: Request, options: HypothesesOptions) -> list[FoundPValue]:
    """The p-value of each hypothesis, in their order.

    Raises `PlanError` if an analysis is not above in the plan, or if none or several of its results fit a hypothesis.
    """
    return [_find(request, id, hypothesis) for id, hypothesis in options.hypotheses.items()]


def no_records(request: Request, options: HypothesesOptions) -> Booleans:
    """None: the procedure works on results. `trace` follows the p-values themselves."""
    return np.zeros(request.frame.height, dtype=bool)


def _find(request: Request, id: str, hypothesis: Hypothesis) -> FoundPValue:
    who = f"The hypothesis {id} of the analysis {request.analysis.id}"
    if hypothesis.analysis not in request.earlier:
        above = ", ".join(request.earlier) or "none"
        raise PlanError(
            f"{who} names the analysis {hypothesis.analysis!r}, which does not stand above it in the plan. "
            f"Above it stand: {above}."
        )
    results = [row for row in request.earlier[hypothesis.analysis] if row.stat_name == hypothesis.statistic]
    fitting = [row for row in results if _fits(row, hypothesis)]
    exact = [row for row in fitting if len(row.groups) == _group_count(hypothesis)]
    fitting = exact or fitting
    if hypothesis.level is None:
        # A test within the result (of equal variances beside that of means) has a level of its own.
        fitting = [row for row in fitting if row.variable_level is None] or fitting
    if len(fitting) != 1:
        what = "no result fits" if not fitting else f"{len(fitting)} results fit: {_shown(fitting)}"
        there_are = f" There are: {_shown(results)}." if not fitting else ""
        raise PlanError(
            f"{who} asks {hypothesis.analysis} for {hypothesis.statistic}, but {what}.{there_are} Name its contrast, "
            "groups, variable and level as the result's name has them."
        )
    row = fitting[0]
    if row.stat is None or not 0 <= row.stat <= 1:
        reason = f" ({row.warnings})" if row.warnings else ""
        return FoundPValue(
            id=id, p_value=None, warning=f"the p-value of {id} is not estimable{reason}: it is not rejected"
        )
    return FoundPValue(id=id, p_value=row.stat, warning="")


def _group_count(hypothesis: Hypothesis) -> int:
    return len(hypothesis.groups) + (hypothesis.contrast is not None)


def _fits(row: Result, hypothesis: Hypothesis) -> bool:
    if hypothesis.variable is not None and row.variable != hypothesis.variable:
        return False
    if hypothesis.level is not None and row.variable_level != hypothesis.level:
        return False
    if any(pair not in row.groups for pair in hypothesis.groups.items()):
        return False
    if hypothesis.contrast is None:
        return True
    first, second = hypothesis.contrast
    named = {contrast_level(first, second), ratio_level(first, second)}
    return any(level in named for _, level in row.groups)


def _shown(rows: Sequence[Result]) -> str:
    names = [row.result_id for row in rows[:_SHOWN]]
    return ", ".join(names or ["none"]) + (f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else "")
