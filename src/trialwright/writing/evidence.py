"""Finding results for the text: by what an analysis is for, by arm, by contrast. Nothing here computes a statistic.

An analysis is found by its purpose and method, never by its id, so that any plan gives a report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from trialwright.analysis.plan import Analysis, AnalysisPlan, AnalysisSet, Grouping
from trialwright.displays.formats import refer
from trialwright.displays.model import Display, Table
from trialwright.results import Result, ResultRef, Results

#: How a statistic is shown in running text where no display of the plan shows it.
DEFAULT_FORMATS: Mapping[str, str] = {
    "n": ".0", "N": ".0", "n_events": ".0", "n_records": ".0", "n_missing": ".0", "events": ".0", "at_risk": ".0",
    "censored": ".0", "df": ".0", "df2": ".0", "p": "%.1", "conf_level": "%.0", "p_value": "p4t", "survival": ".2",
    "mean": ".1", "sd": ".2", "median": ".1", "min": ".1", "max": ".1", "q1": ".1", "q3": ".1",
    "median_ci_lower": ".1", "median_ci_upper": ".1", "statistic": ".2", "p_adjusted": "p4t",
}  # fmt: skip
_OTHER_FORMAT = ".2"
#: Where no display shows a statistic of an analysis, it is shown with the decimals of one of these.
_SHOWN_LIKE: Mapping[str, tuple[str, ...]] = {
    "lsmean": ("difference", "mean"),
    "difference": ("lsmean",),
    "se": ("difference", "lsmean"),
    "ci_lower": ("difference", "lsmean"),
    "ci_upper": ("difference", "lsmean"),
    "median_ci_lower": ("median",),
    "median_ci_upper": ("median",),
}
_PADDED = re.compile(r"(%?)\d*(\.\d+[a-z]?)")
_MARKED_P = re.compile(r"(p\d+)[>*t]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A level of the grouping whose levels are compared.

    variable  whose level it is, as results name it: `TRT01P`
    label     words on one line
    path      where the words stand: in the study definition or in the plan
    """

    variable: str
    value: str
    label: str
    path: str
    is_reference: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Two arms that are compared: values are `arm` minus `versus`, or `arm` over `versus` of a ratio."""

    arm: Arm
    versus: Arm
    is_ratio: bool = False

    @property
    def level(self) -> str:
        """How results name the contrast."""
        return f"{self.arm.value} {'/' if self.is_ratio else '-'} {self.versus.value}"


@dataclass(frozen=True)
class Evidence:
    """The plan's results, as the chapters ask for them.

    arm_paths  label (or value) of an arm to its path in the study definition, where the definition knows it
    """

    plan: AnalysisPlan
    results: Results
    displays: Sequence[Display] = ()
    arm_paths: Mapping[str, str] = field(default_factory=dict)

    def analyses(self, *purposes: str, methods: Iterable[str] = ()) -> tuple[Analysis, ...]:
        """The plan's analyses for these purposes (and by these methods), in its order, that have results."""
        allowed = frozenset(methods)
        return tuple(
            analysis
            for analysis in self.plan.analyses.values()
            if analysis.purpose in purposes
            and (not allowed or analysis.method in allowed)
            and self.results.of_analysis(analysis.id)
        )

    def grouping(self, analysis: Analysis) -> Grouping | None:
        """The grouping whose levels the analysis compares: its first one."""
        return self.plan.groupings.get(analysis.by[0]) if analysis.by else None

    def arms(self, grouping: Grouping | None) -> tuple[Arm, ...]:
        """The levels of a grouping, in display order."""
        if grouping is None:
            return ()
        return tuple(self._arm(grouping, level.value, level.label) for level in grouping.levels)

    def arms_of(self, analysis: Analysis) -> tuple[Arm, ...]:
        """The arms that the analysis compares; empty for one over all groups."""
        return self.arms(self.grouping(analysis))

    def total(self, grouping: Grouping | None) -> Arm | None:
        """The pooled level of a grouping, if it has one."""
        if grouping is None or grouping.total is None:
            return None
        return Arm(
            variable=grouping.variable,
            value=grouping.total,
            label=grouping.total,
            path=f"plan/groupings/{grouping.id}/total",
        )

    def contrasts(self, analysis: Analysis) -> tuple[Contrast, ...]:
        """The pairs of arms for which the analysis has results, in the order of the table of results."""
        arms = self.arms_of(analysis)
        pairs = {
            contrast.level: contrast
            for arm in arms
            for versus in arms
            if arm is not versus
            for is_ratio in (False, True)
            for contrast in (Contrast(arm=arm, versus=versus, is_ratio=is_ratio),)
        }
        found: dict[str, Contrast] = {}
        for row in self.results.of_analysis(analysis.id):
            if row.groups and row.groups[0][1] in pairs:
                found.setdefault(row.groups[0][1], pairs[row.groups[0][1]])
        return tuple(found.values())

    @cached_property
    def main_grouping(self) -> Grouping | None:
        """The grouping of the primary analysis, else the first that has a reference, else the plan's first."""
        for analysis in self.analyses("primary_efficacy", "secondary_efficacy", "primary_descriptive"):
            if (grouping := self.grouping(analysis)) is not None:
                return grouping
        with_reference = [grouping for grouping in self.plan.groupings.values() if grouping.reference is not None]
        return next(iter([*with_reference, *self.plan.groupings.values()]), None)

    def find(
        self,
        analysis: Analysis | str,
        stat_name: str,
        *,
        level: str | None = None,
        groups: Mapping[str, str] | None = None,
        variable: str | None = None,
        variable_level: str | None = None,
    ) -> Result | None:
        """The first result of an analysis with this statistic.

        level     of the first grouping (an arm's or a contrast's), with no further group; None for no group at all
        groups    all groups (variable to level), instead of `level`
        variable  any, unless given
        variable_level   unless given, a result of the variable as a whole comes before one of a level
        """
        analysis_id = analysis if isinstance(analysis, str) else analysis.id
        second_best = None
        for row in self.results.of_analysis(analysis_id):
            if row.stat_name != stat_name or (variable is not None and row.variable != variable):
                continue
            if groups is not None:
                if dict(row.groups) != dict(groups):
                    continue
            elif tuple(name for _, name in row.groups) != (() if level is None else (level,)):
                continue
            if row.variable_level == variable_level:
                return row
            if variable_level is None:
                second_best = second_best or row
        return second_best

    def levels(self, analysis: Analysis, variable: str | None = None) -> tuple[str, ...]:
        """The levels of the analysed variable that have results, in the order of the table of results."""
        return tuple(
            dict.fromkeys(
                row.variable_level
                for row in self.results.of_analysis(analysis.id)
                if row.variable_level is not None and (variable is None or row.variable == variable)
            )
        )

    def size(self, population: str, arm: Arm | None, stat_name: str = "n") -> Result | None:
        """How many subjects of an arm (None: of all) are in an analysis set."""
        level = None if arm is None else arm.value
        for row in self.results.of_analysis(f"population.{population}"):
            if row.stat_name != stat_name:
                continue
            if arm is None and not row.groups:
                return row
            if arm is not None and row.groups == ((arm.variable, level),):
                return row
        return None

    def analysis_set(self, analysis: Analysis) -> AnalysisSet | None:
        """The analysis set that an analysis is done in."""
        return self.plan.analysis_sets.get(analysis.population)

    def ref(self, result: Result, *, format: str = "") -> ResultRef:
        """A reference to a result, shown as the plan's displays show it, so that text and tables agree."""
        return refer(result, format or self._format_of(result))

    def _format_of(self, result: Result) -> str:
        by_id, by_stat = self._formats
        if result.result_id in by_id:
            return by_id[result.result_id]
        for stat_name in (result.stat_name, *_SHOWN_LIKE.get(result.stat_name, ())):
            if (result.analysis_id, stat_name) in by_stat:
                return by_stat[result.analysis_id, stat_name]
        return DEFAULT_FORMATS.get(result.stat_name, _OTHER_FORMAT)

    @cached_property
    def _formats(self) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
        """The formats that displays use: by result, and the first for each statistic of an analysis."""
        by_id: dict[str, str] = {}
        by_stat: dict[tuple[str, str], str] = {}
        for display in self.displays:
            if isinstance(display, Table) and not display.is_listing:
                for row in display.rows:
                    for cell in row.cells:
                        for ref in cell.refs:
                            by_id.setdefault(ref.result_id, unpadded(ref.format))
        for result_id, format in by_id.items():
            if (result := self.results.get(result_id)) is not None:
                by_stat.setdefault((result.analysis_id, result.stat_name), format)
        return by_id, by_stat

    def _arm(self, grouping: Grouping, value: str, label: str) -> Arm:
        words = " ".join(label.split())
        path = self.arm_paths.get(words) or self.arm_paths.get(value)
        return Arm(
            variable=grouping.variable,
            value=value,
            label=words,
            path=path or f"plan/groupings/{grouping.id}/levels/{value}",
            is_reference=value == grouping.reference,
        )


def unpadded(format: str) -> str:
    """A format of a table as running text uses it: without a width; a p-value without marks, as `<0.0001`."""
    if (padded := _PADDED.fullmatch(format)) is not None:
        return padded[1] + padded[2]
    if (marked := _MARKED_P.fullmatch(format)) is not None:
        return f"{marked[1]}t"
    return format
