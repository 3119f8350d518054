"""Finds the result that a place in a template asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from trialwright.analysis.plan import AnalysisPlan
from trialwright.errors import PlanError
from trialwright.results import Result, Results

Groups = frozenset[tuple[str, str]]

#: The analysis of the sizes of an analysis set is named by this and the set's id.
POPULATION = "population"


@dataclass(frozen=True)
class AnalysisIndex:
    """The results of one analysis, by what they are of."""

    rows: tuple[Result, ...]
    _known: dict[tuple[tuple[str, str], ...], Groups] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def exact(self) -> dict[tuple[Groups, str | None, str | None, str], Result]:
        """By groups, variable, level and statistic."""
        return {(frozenset(row.groups), row.variable, row.variable_level, row.stat_name): row for row in self.rows}

    @cached_property
    def loose(self) -> dict[tuple[Groups, str], list[Result]]:
        """By groups and statistic."""
        found: dict[tuple[Groups, str], list[Result]] = {}
        for row in self.rows:
            found.setdefault((frozenset(row.groups), row.stat_name), []).append(row)
        return found

    @cached_property
    def _leveled(self) -> dict[str, dict[tuple[Groups, str], None]]:
        """The groups and levels that each variable has results of, each once, in the order of the results."""
        found: dict[str, dict[tuple[Groups, str], None]] = {}
        for row in self.rows:
            if row.variable is not None and row.variable_level is not None:
                found.setdefault(row.variable, {})[frozenset(row.groups), row.variable_level] = None
        return found

    @cached_property
    def group_variables(self) -> frozenset[str]:
        """The variables that this analysis groups by."""
        return frozenset(variable for row in self.rows for variable, _ in row.groups)

    @cached_property
    def stats(self) -> tuple[str, ...]:
        """The names of its statistics."""
        return tuple(dict.fromkeys(row.stat_name for row in self.rows))

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The variables it has results of."""
        return tuple(dict.fromkeys(row.variable for row in self.rows if row.variable is not None))

    @cached_property
    def variables_with_levels(self) -> frozenset[str]:
        """The variables whose levels it has results of."""
        return frozenset(row.variable for row in self.rows if row.variable and row.variable_level is not None)

    def known(self, groups: Mapping[str, str]) -> Groups:
        """Those of `groups` that this analysis groups by."""
        wanted = tuple(groups.items())
        found = self._known.get(wanted)
        if found is None:
            variables = self.group_variables
            found = self._known[wanted] = frozenset(pair for pair in wanted if pair[0] in variables)
        return found

    def levels(self, variable: str, groups: Mapping[str, str]) -> list[str]:
        """The levels of `variable` in results whose groups include `groups`, in the order of the results."""
        wanted = self.known(groups)
        leveled = self._leveled.get(variable) or self._grouped(variable)
        return list(dict.fromkeys(level for owners, level in leveled if wanted.issubset(owners)))

    def _grouped(self, variable: str) -> dict[tuple[Groups, str], None]:
        """The groups that results have beside their level of the group `variable`, in the order of the results."""
        return {
            (frozenset(row.groups), level): None for row in self.rows for name, level in row.groups if name == variable
        }


@dataclass(frozen=True)
class Lookup:
    """The results as displays ask for them; misuse raises `PlanError` beginning with `where` it was met."""

    plan: AnalysisPlan
    results: Results
    _indexes: dict[str, AnalysisIndex] = field(default_factory=dict, repr=False, compare=False)

    def analysis(self, id: str, where: str) -> AnalysisIndex:
        """The results of the analysis `id`; raises `PlanError` if there is no such analysis."""
        found = self._indexes.get(id)
        if found is None:
            rows = self.results.of_analysis(id)
            if not rows and id not in self.plan.analyses:
                raise PlanError(
                    f"{where} asks for the analysis {id!r}, which the plan does not have. "
                    f"It has: {_listed(self._analysis_ids())}."
                )
            found = self._indexes[id] = AnalysisIndex(tuple(rows))
        return found

    def find(
        self,
        analysis_id: str,
        stat: str,
        *,
        groups: Mapping[str, str],
        variable: str | None,
        level: str | None,
        where: str,
    ) -> Result | None:
        """The result, or None where the analysis has none for these groups and this level.

        Raises `PlanError` if the analysis never gives this statistic or variable, or if several results fit.
        """
        index = self.analysis(analysis_id, where)
        wanted = index.known(groups)
        if variable is not None:
            found = index.exact.get((wanted, variable, level, stat))
            if found is None:
                self._check(analysis_id, index, stat, variable, where)
            return found
        fitting = [
            row
            for row in index.loose.get((wanted, stat), ())
            if row.variable_level == level or (level is None and row.variable is None)
        ]
        if len(fitting) > 1:
            raise PlanError(
                f"{where}: {stat} of {analysis_id} is not one result but {len(fitting)} "
                f"({', '.join(row.result_id for row in fitting[:3])}). Name the variable, and its level if it has one."
            )
        if not fitting:
            self._check(analysis_id, index, stat, None, where)
        return fitting[0] if fitting else None

    def _check(self, analysis_id: str, index: AnalysisIndex, stat: str, variable: str | None, where: str) -> None:
        if index.rows and stat not in index.stats:
            raise PlanError(
                f"{where} asks for the statistic {stat!r} of {analysis_id}, which gives: {', '.join(index.stats)}."
            )
        if variable is None or not index.rows or variable in index.variables:
            return
        analysis = self.plan.analyses.get(analysis_id)
        if analysis is None or variable not in analysis.variables:
            raise PlanError(
                f"{where} asks for the variable {variable!r} of {analysis_id}, which analyses: "
                f"{', '.join(index.variables)}."
            )

    def _analysis_ids(self) -> list[str]:
        return [*self.plan.analyses, *(f"{POPULATION}.{id}" for id in self.plan.analysis_sets)]


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(sorted(ids)) or "none"
