"""What rows and columns have bound, and what a template says there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from trialwright.analysis.layout import CellSpec, LevelSpec, LevelsSpec
from trialwright.analysis.plan import Grouping, Level
from trialwright.analysis.templates import NamePlace, StatPlace, Template
from trialwright.displays._lookup import POPULATION, Lookup
from trialwright.displays.formats import refer
from trialwright.displays.model import Cell, Part
from trialwright.errors import PlanError, ResultError
from trialwright.results import Result, ResultRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What has been bound on the way to a row, a column or a cell.

    groups    variable to level; the last is the innermost
    names     name to (value, words)
    level     the level of `variable` that is bound; "" is none
    where     the place as the user knows it, for errors
    """

    where: str
    groups: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    analysis: Template | None = None
    variable: str | None = None
    level: str | None = None
    analysis_set: str = ""

    def under(self, column: Scope) -> Scope:
        """The scope of the cell where this row meets `column`."""
        return Scope(
            where=self.where,
            groups={**self.groups, **column.groups},
            names={**self.names, **column.names},
            analysis=self.analysis or column.analysis,
            variable=self.variable or column.variable,
            level=column.level if column.level is not None else self.level,
            analysis_set=column.analysis_set or self.analysis_set,
        )

    def binding_name(self, name: str, value: str, label: str) -> Scope:
        """This scope with `name` bound to a value and its words, which `${label}` shows, too."""
        return replace(self, names={**self.names, name: (value, label), "label": (label, label)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A filled template: its parts, and the results that it shows."""

    cell: Cell
    results: tuple[Result, ...] = ()
    has_places: bool = False

    @property
    def is_zero(self) -> bool:
        """Whether every result is 0."""
        return all(result.stat == 0 for result in self.results)


@dataclass(frozen=True)
class Filler:
    """Fills templates with results."""

    lookup: Lookup
    used: dict[str, Result] = field(default_factory=dict)

    def words(self, template: Template, scope: Scope) -> str:
        """The template's words and names; a statistic cannot stand here."""
        shown = []
        for piece in template.pieces:
            if isinstance(piece, StatPlace):
                raise PlanError(
                    f"{scope.where}: {template.source!r} names a level or analysis and cannot show a result."
                )
            shown.append(piece if isinstance(piece, str) else self._name(piece, scope))
        return "".join(shown)

    def variable_of(self, name: str) -> str:
        """The variable that a key of `groups` names: that of a grouping, or itself."""
        grouping = self.lookup.plan.groupings.get(name)
        return grouping.variable if grouping else name

    def bind_groups(self, groups: Mapping[str, Template], scope: Scope) -> Scope:
        """`scope` with these groups bound, those with an empty level unbound."""
        if not groups:
            return scope
        bound = dict(scope.groups)
        for key, template in groups.items():
            variable = self.variable_of(key)
            level = self.words(template, scope)
            bound.pop(variable, None)
            if level:
                bound[variable] = level
        return replace(scope, groups=bound)

    def bind_names(self, names: Mapping[str, Template], scope: Scope) -> Scope:
        """`scope` with these names bound."""
        for name, template in names.items():
            text = self.words(template, scope)
            scope = replace(scope, names={**scope.names, name: (text, text)})
        return scope

    def grouping(self, id: str, where: str) -> Grouping:
        """The grouping of the plan; raises `PlanError` if there is none."""
        grouping = self.lookup.plan.groupings.get(id)
        if grouping is None:
            there = ", ".join(sorted(self.lookup.plan.groupings)) or "none"
            raise PlanError(f"{where} is made by the grouping {id!r}, which the plan does not have. It has: {there}.")
        return grouping

    def group_levels(self, grouping: Grouping, only: tuple[str, ...], has_total: bool, where: str) -> list[Level]:
        """The levels that a column or row is repeated for."""
        levels = list(grouping.levels)
        if only:
            by_value = {level.value: level for level in levels}
            if grouping.total:
                by_value[grouping.total] = Level(value=grouping.total, label=grouping.total)
            unknown = [value for value in only if value not in by_value]
            if unknown:
                raise PlanError(
                    f"{where}: the grouping {grouping.id} has no level {unknown[0]!r}. It has: {', '.join(by_value)}."
                )
            levels = [by_value[value] for value in only]
        if has_total:
            if grouping.total is None:
                raise PlanError(
                    f"{where} asks for the total of the grouping {grouping.id}, which has none. "
                    "Give it one (total: Total), or take the total out of the display."
                )
            levels.append(Level(value=grouping.total, label=grouping.total))
        return levels

    def repeated(
        self, by: str, only: tuple[str, ...], has_total: bool, levels: LevelsSpec | None, scope: Scope
    ) -> Iterator[Scope]:
        """`scope` once for each level of the grouping `by`, and of these once for each of `levels`."""
        scopes = [scope]
        if by:
            grouping = self.grouping(by, scope.where)
            scopes = [
                replace(
                    scope.binding_name(grouping.id, level.value, level.label),
                    groups={**_without(scope.groups, grouping.variable), grouping.variable: level.value},
                )
                for level in self.group_levels(grouping, only, has_total, scope.where)
            ]
        for one in scopes:
            if levels is None:
                yield one
            else:
                yield from self._repeated_levels(levels, one)

    def _repeated_levels(self, spec: LevelsSpec, scope: Scope) -> Iterator[Scope]:
        variable, levels = self.levels(spec, scope)
        is_group = variable is not None and self._is_group(variable, scope)
        for level in levels:
            bound = scope.binding_name("level", level.value, level.label)
            if variable is not None:
                bound = bound.binding_name(variable, level.value, level.label)
            if variable is not None and is_group:
                yield replace(bound, groups={**bound.groups, variable: level.value})
            else:
                yield replace(bound, variable=variable, level=level.value)

    def _is_group(self, variable: str, scope: Scope) -> bool:
        """Whether the levels of `variable` are groups of the results at hand, as those of `event_groups` are."""
        if scope.analysis is None:
            return False
        index = self.lookup.analysis(self.analysis_id(None, scope), scope.where)
        return variable in index.group_variables and variable not in index.variables_with_levels

    def levels(self, spec: LevelsSpec, scope: Scope) -> tuple[str | None, list[LevelSpec]]:
        """The variable whose levels `spec` asks for, and these."""
        if scope.analysis is None:
            # Columns bind the levels of whatever analysis their rows have.
            return spec.variable or None, list(spec.only)
        analysis_id = self.analysis_id(None, scope)
        index = self.lookup.analysis(analysis_id, scope.where)
        analysis = self.lookup.plan.analyses.get(analysis_id)
        variables = index.variables or (analysis.variables if analysis else ())
        variable = spec.variable or scope.variable or (variables[-1] if len(variables) == 1 else "")
        if not variable:
            raise PlanError(
                f"{scope.where} is repeated for levels, but {analysis_id} has several variables: "
                f"{', '.join(variables) or 'none'}. Name one: levels: {{variable: ...}}."
            )
        if spec.only:
            return variable, list(spec.only)
        values = index.levels(variable, scope.groups)
        if spec.order == "alphabetical":
            values.sort()
        elif spec.order == "descending":
            values.sort()
            of = {self.variable_of(key): level for key, level in spec.of.items()}
            groups = {**scope.groups, **of}
            sizes = {
                value: self._stat(analysis_id, spec.stat, groups, variable, value, scope.where) for value in values
            }
            values.sort(key=lambda value: -sizes[value])
        return variable, [LevelSpec(value=value, label=spec.labels.get(value, value)) for value in values]

    def _stat(
        self, analysis_id: str, stat: str, groups: Mapping[str, str], variable: str, level: str, where: str
    ) -> float:
        found = self.lookup.find(analysis_id, stat, groups=groups, variable=variable, level=level, where=where)
        return 0.0 if found is None or found.stat is None else found.stat

    def analysis_id(self, template: Template | None, scope: Scope) -> str:
        """The analysis that `template`, or else the row, names."""
        if template is None:
            template = scope.analysis
        if template is None:
            raise PlanError(
                f"{scope.where} shows a result but names no analysis. Give the row or the cell an 'analysis'."
            )
        return self._population_id(self.words(template, scope), scope)

    def _population_id(self, id: str, scope: Scope) -> str:
        if id != POPULATION:
            return id
        if not scope.analysis_set:
            raise PlanError(
                f"{scope.where} shows the size of a population, but the display names none. "
                "Give it an 'analysis_set' of the plan."
            )
        return f"{POPULATION}.{scope.analysis_set}"

    def fill(self, spec: CellSpec, scope: Scope) -> Filled:
        """`spec` in `scope`."""
        if not spec.show.stats and spec.zero is None:
            # Words alone (headers, labels, names of statistics) are most of what is filled.
            return Filled(cell=Cell(_joined([self.words(spec.show, scope)])))
        inner = self._cell_scope(spec, scope)
        if spec.nonzero_in and not self._is_any_nonzero(spec.nonzero_in, inner):
            return Filled(cell=Cell(), has_places=True)
        found = [self._result(place, inner) for place in spec.show.stats]
        present = [result for result in found if result is not None]
        if not present:
            return Filled(cell=Cell(_joined([self.words(spec.absent, inner)])), has_places=True)
        first = found[0]
        template = spec.show
        if first is not None and first.stat is None and spec.not_estimable is not None:
            template = spec.not_estimable
        elif first is not None and first.stat == 0 and spec.zero is not None:
            template = spec.zero
        parts, shown = self._parts(template, inner)
        return Filled(cell=Cell(parts), results=tuple(shown) or tuple(present), has_places=True)

    def _is_any_nonzero(self, levels: tuple[str, ...], scope: Scope) -> bool:
        if not scope.groups:
            raise PlanError(f"{scope.where}: 'nonzero_in' looks at levels of the bound group, but no group is bound.")
        variable = list(scope.groups)[-1]
        analysis_id = self.analysis_id(None, scope)
        counts = [
            self.lookup.find(
                analysis_id,
                "n",
                groups={**scope.groups, variable: level},
                variable=scope.variable,
                level=scope.level,
                where=scope.where,
            )
            for level in levels
        ]
        return any(count is not None and count.stat for count in counts)

    def _cell_scope(self, spec: CellSpec, scope: Scope) -> Scope:
        inner = self.bind_groups(spec.groups, scope)
        if spec.versus is not None:
            if not inner.groups:
                raise PlanError(f"{scope.where} compares with {spec.versus.source!r}, but no group is bound there.")
            variable, level = list(inner.groups.items())[-1]
            inner = replace(inner, groups={**inner.groups, variable: f"{level} - {self.words(spec.versus, scope)}"})
        if spec.variable is not None:
            # A level belongs to a variable: another variable is shown without it.
            inner = replace(inner, variable=self.words(spec.variable, scope) or None, level=None)
        if spec.level is not None:
            inner = replace(inner, level=self.words(spec.level, scope) or None)
        if spec.analysis is not None:
            same = spec.analysis == scope.analysis
            inner = replace(inner, analysis=Template((self.words(spec.analysis, self._with_analysis(scope)),)))
            if not same and spec.variable is None and spec.level is None:
                inner = self._fitting(inner)
        return inner

    def _fitting(self, scope: Scope) -> Scope:
        """`scope` without a variable and level that its analysis does not know: a test beside counts of categories."""
        index = self.lookup.analysis(self.analysis_id(None, scope), scope.where)
        if not index.rows:
            return scope
        if scope.variable is None:
            return scope if index.variables_with_levels else replace(scope, level=None)
        if scope.variable not in index.variables:
            return replace(scope, variable=None, level=None)
        return scope if scope.variable in index.variables_with_levels else replace(scope, level=None)

    def _parts(self, template: Template, scope: Scope) -> tuple[tuple[Part, ...], list[Result]]:
        parts: list[Part] = []
        shown: list[Result] = []
        for piece in template.pieces:
            if isinstance(piece, StatPlace):
                result = self._result(piece, scope)
                if result is not None:
                    self.used[result.result_id] = result
                    shown.append(result)
                    parts.append(_reference(result, piece.format, scope.where))
            else:
                parts.append(piece if isinstance(piece, str) else self._name(piece, scope))
        return _joined(parts), shown

    def _result(self, place: StatPlace, scope: Scope) -> Result | None:
        if place.analysis is None:
            analysis_id, inner = self.analysis_id(None, scope), scope
        else:
            template = Template(place.analysis)
            analysis_id = self._population_id(self.words(template, self._with_analysis(scope)), scope)
            inner = self._fitting(replace(scope, analysis=Template((analysis_id,))))
        stat = "n" if place.stat == "N" and analysis_id.startswith(f"{POPULATION}.") else place.stat
        return self.lookup.find(
            analysis_id, stat, groups=inner.groups, variable=inner.variable, level=inner.level, where=scope.where
        )

    def _with_analysis(self, scope: Scope) -> Scope:
        """`scope` with `${analysis}` bound to the row's analysis."""
        if scope.analysis is None or "analysis" in scope.names:
            return scope
        id = self.words(scope.analysis, scope)
        return replace(scope, names={**scope.names, "analysis": (id, id)})

    def _name(self, place: NamePlace, scope: Scope) -> str:
        bound = scope.names.get(place.name)
        if bound is None:
            there = ", ".join(sorted(scope.names)) or "none"
            raise PlanError(f"{scope.where}: no name {place.name!r} is bound here. Bound are: {there}.")
        return bound[1] if place.is_label else bound[0]


def _reference(result: Result, format: str, where: str) -> ResultRef:
    try:
        return refer(result, format)
    except ResultError as error:
        raise PlanError(f"{where}: {error}") from error


def _without(groups: Mapping[str, str], variable: str) -> dict[str, str]:
    return {one: level for one, level in groups.items() if one != variable}


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    """`parts` without empty words, neighbouring words as one."""
    joined: list[Part] = []
    for part in parts:
        if part == "":
            continue
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
