"""The plan, its results and what its displays are called, as a reporting event.

How the plan's things become the standard's:

- an analysis set is an `AnalysisSet`, a `where` a `DataSubset` (the same one for analyses that share it), a grouping a
  `GroupingFactor` with its levels as groups; a variable with levels that the data give (the categories of a count, the
  terms of an incidence) is a data-driven grouping;
- a method is an `AnalysisMethod` whose operations are the statistics that it gave; options are parameters of an
  analysis's programming code;
- the sizes of the analysis sets are analyses too, by the method `population_size`; the first one's programming code
  has what holds for the whole plan: event groups, narratives and thresholds of frequent events;
- an analysis of several variables is an `Analysis` for each of them;
- a result is an `OperationResult` of its analysis; its raw value is not rounded, `NE` where it cannot be estimated;
- a display is an `Output` with its title and footnotes, and the list of contents names its analyses.

What the standard cannot say (a condition that compares two variables) stands in words in the description.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trialwright.analysis.ars.conditions import InexpressibleConditionError, JsonObject, where_clause
from trialwright.analysis.engine import SIZE_METHOD, size_analysis
from trialwright.analysis.methods.registry import METHODS
from trialwright.analysis.methods.specs import METHOD_SPECS
from trialwright.analysis.plan import PURPOSES, Analysis, AnalysisPlan, Grouping, NarrativePlan
from trialwright.analysis.plan_reader import thaw_options
from trialwright.conditions import parse_condition
from trialwright.results import Result, Results

#: Names the programming code whose parameters are the options of a method of ours.
CONTEXT = "Trialwright analysis plan"
#: Where the description of an event says the level of significance, which the standard has no place for.
ALPHA = re.compile(r"level of significance: (?P<alpha>0?\.\d+)")
#: Fields of a plan that are no analyses, and that the standard has no place for.
PLAN_SETTINGS = ("event_groups", "narratives", "frequent_events")
#: Statistics whose quotient is a proportion.
_PROPORTION = ("p", {"NUMERATOR": "n", "DENOMINATOR": "N"})
_CONTROLLED_PURPOSES = {
    "primary_efficacy": "PRIMARY OUTCOME MEASURE",
    "secondary_efficacy": "SECONDARY OUTCOME MEASURE",
    "supportive_efficacy": "EXPLORATORY OUTCOME MEASURE",
}
#: Fields of an analysis that the standard has places for; all others are parameters.
_PLACED = frozenset({"id", "method", "dataset", "population", "variables", "where", "by", "label", "purpose"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedDisplay:
    """What the reporting event says of a display: its titles and notes, and the analyses whose results it shows."""

    id: str
    title: str
    population: str
    footnotes: tuple[str, ...]
    analyses: tuple[str, ...]


def reporting_event(
    plan: AnalysisPlan, results: Results, displays: Sequence[ReportedDisplay], *, id: str, version: str
) -> JsonObject:
    """The reporting event, as JSON.

    id       of the study or report
    version  of the program that made the results

    The same plan, results and displays give the same event.
    """
    return _Event(plan=plan, results=results, displays=displays, id=id, version=version).made()


def write_reporting_event(event: JsonObject, path: Path) -> None:
    """Write the event as JSON, whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(json.dumps(event, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def operation_id(method: str, stat_name: str) -> str:
    """The identifier of a statistic as an operation of a method."""
    return f"{method}.{stat_name}"


@dataclass(frozen=True, kw_only=True)
class _Event:
    plan: AnalysisPlan
    results: Results
    displays: Sequence[ReportedDisplay]
    id: str
    version: str
    _subsets: dict[tuple[str, str], JsonObject] = field(default_factory=dict)
    _data_driven: dict[tuple[str, str], str] = field(default_factory=dict)

    def made(self) -> JsonObject:
        planned = self._planned()
        analyses = [one for index, analysis in enumerate(planned) for one in self._analyses(analysis, index)]
        return {
            "id": self.id,
            "name": self.plan.title,
            "description": f"Two-sided level of significance: {self.plan.alpha!r}. Made by Trialwright {self.version}.",
            "version": 1,
            "mainListOfContents": self._contents([one["id"] for one in analyses]),
            "terminologyExtensions": [self._purposes()],
            "analysisSets": [self._analysis_set(id) for id in self.plan.analysis_sets],
            "dataSubsets": list(self._subsets.values()),
            "analysisGroupings": [
                *(self._grouping(grouping) for grouping in self.plan.groupings.values()),
                *(
                    {
                        "id": id,
                        "name": variable,
                        "groupingDataset": dataset,
                        "groupingVariable": variable,
                        "dataDriven": True,
                    }
                    for (dataset, variable), id in self._data_driven.items()
                ),
            ],
            "methods": list(self._methods()),
            "analyses": analyses,
            "outputs": [self._output(display) for display in self.displays],
        }

    def _planned(self) -> list[Analysis]:
        """The sizes of the analysis sets, then the analyses of the plan."""
        sizes = []
        for set_id in self.plan.analysis_sets:
            size = size_analysis(self.plan, set_id)
            used = {variable for result in self.results.of_analysis(size.id) for variable, _ in result.groups}
            by = tuple(id for id, grouping in self.plan.groupings.items() if grouping.variable in used)
            sizes.append(dataclasses.replace(size, by=by))
        return [*sizes, *self.plan.analyses.values()]

    # --- what results are of ---

    def _where(self, condition: str, dataset: str, description: str) -> JsonObject:
        """The where clause of a condition, and the description that says the same in this program's words."""
        parsed = parse_condition(condition)
        words = " ".join(text for text in (description, f"Condition: {parsed}" if condition else "") if text)
        said: JsonObject = {"description": words} if words else {}
        try:
            return {**said, **where_clause(parsed, lambda variable: dataset)}
        except InexpressibleConditionError:
            return {**said, "level": 1, "order": 1}

    def _analysis_set(self, id: str) -> JsonObject:
        found = self.plan.analysis_sets[id]
        return {
            "id": id,
            "name": found.label,
            "label": found.label,
            **self._where(found.condition, self.plan.subject_dataset, found.description),
        }

    def _subset(self, analysis: Analysis) -> JsonObject:
        if not analysis.where:
            return {}
        key = analysis.dataset, str(parse_condition(analysis.where))
        if key not in self._subsets:
            id = f"subset.{len(self._subsets) + 1}"
            self._subsets[key] = {"id": id, "name": key[1], **self._where(analysis.where, analysis.dataset, "")}
        return {"dataSubsetId": self._subsets[key]["id"]}

    def _grouping(self, grouping: Grouping) -> JsonObject:
        dataset, variable = self._dataset_of(grouping), grouping.variable

        def group(name: str, label: str, order: int, comparator: str, values: list[str]) -> JsonObject:
            condition = {"dataset": dataset, "variable": variable, "comparator": comparator, "value": values}
            placed = {"id": f"{grouping.id}.{name}", "name": name, "label": label, "level": 1, "order": order}
            return {**placed, "condition": condition}

        groups = [
            group(level.value, level.label, order, "EQ", [level.value])
            for order, level in enumerate(grouping.levels, start=1)
        ]
        if grouping.total is not None:
            every = [level.value for level in grouping.levels]
            groups.append(group(grouping.total, grouping.total, len(groups) + 1, "IN", every))
        made: JsonObject = {
            "id": grouping.id,
            "name": grouping.label or grouping.id,
            "groupingDataset": dataset,
            "groupingVariable": variable,
            "dataDriven": False,
            "groups": groups,
        }
        if grouping.reference is not None:
            made["description"] = f"Reference: {grouping.reference}"
        return made

    def _dataset_of(self, grouping: Grouping) -> str:
        """The dataset of the analyses by this grouping, or the subject dataset if they have several."""
        datasets = {analysis.dataset for analysis in self.plan.analyses.values() if grouping.id in analysis.by}
        return datasets.pop() if len(datasets) == 1 else self.plan.subject_dataset

    def _purposes(self) -> JsonObject:
        terms = [
            {"id": f"purpose.{purpose}", "submissionValue": purpose.replace("_", " ").upper(), "description": words}
            for purpose, words in PURPOSES.items()
            if purpose not in _CONTROLLED_PURPOSES
        ]
        return {"id": "purposes", "enumeration": "AnalysisPurposeEnum", "sponsorTerms": terms}

    # --- methods ---

    def _methods(self) -> Iterator[JsonObject]:
        statistics: dict[str, dict[str, None]] = {}
        for analysis in self._planned():
            given = statistics.setdefault(analysis.method, {})
            given.update((result.stat_name, None) for result in self.results.of_analysis(analysis.id))
        for method, names in statistics.items():
            operations = [_operation(method, name, order, names) for order, name in enumerate(names, start=1)]
            yield {
                "id": method,
                "name": method,
                **_method_words(method),
                "operations": operations,
            }

    # --- analyses ---

    def _analyses(self, analysis: Analysis, index: int) -> Iterator[JsonObject]:
        """One for each variable that has results, the nested terms of an analysis being groupings of the first."""
        by_variable: dict[str, list[Result]] = {}
        for result in self.results.of_analysis(analysis.id):
            by_variable.setdefault(self._analyzed(analysis, result), []).append(result)
        subset = self._subset(analysis)
        for variable in by_variable or {analysis.variables[0]: []}:
            found = by_variable.get(variable, [])
            yield {
                "id": analysis.id if len(by_variable) < 2 else f"{analysis.id}:{variable}",
                "name": analysis.label or analysis.id,
                "version": 1,
                "reason": {"controlledTerm": "SPECIFIED IN SAP"},
                "purpose": _purpose(analysis.purpose),
                "dataset": analysis.dataset,
                "variable": variable,
                "analysisSetId": analysis.population,
                **subset,
                "orderedGroupings": self._ordered_groupings(analysis, found),
                "methodId": analysis.method,
                "programmingCode": self._programming_code(analysis, index == 0),
                "results": [self._result(analysis, result) for result in found],
            }

    def _analyzed(self, analysis: Analysis, result: Result) -> str:
        if result.variable is None or (result.variable in analysis.variables and self._is_nested(analysis)):
            return analysis.variables[0]
        return result.variable

    @staticmethod
    def _is_nested(analysis: Analysis) -> bool:
        spec = METHOD_SPECS.get(analysis.method)
        return spec is not None and spec.max_variables not in (None, 1)

    def _ordered_groupings(self, analysis: Analysis, results: Sequence[Result]) -> list[JsonObject]:
        used = {pair["groupingId"] for result in results for pair in self._groups(analysis, result)}
        ids = [*analysis.by, *(id for id in self._data_driven.values() if id in used)]
        return [
            {"order": order, "groupingId": id, "resultsByGroup": id in used} for order, id in enumerate(ids, start=1)
        ]

    def _groups(self, analysis: Analysis, result: Result) -> list[JsonObject]:
        """The groups of a result: of the analysis's groupings, then of variables whose levels the data give."""
        groupings = [self.plan.groupings[id] for id in analysis.by]
        found: list[JsonObject] = []
        for variable, level in result.groups:
            grouping = _grouping_of(variable, level, groupings)
            if grouping is None:
                found.append({"groupingId": self._data_grouping(analysis, variable), "groupValue": level})
            elif level == grouping.total or level in [one.value for one in grouping.levels]:
                found.append({"groupingId": grouping.id, "groupId": f"{grouping.id}.{level}"})
            else:
                found.append({"groupingId": grouping.id, "groupValue": level})  # a comparison, A - B
        if result.variable is not None and result.variable_level is not None:
            found.append(
                {"groupingId": self._data_grouping(analysis, result.variable), "groupValue": result.variable_level}
            )
        return found

    def _data_grouping(self, analysis: Analysis, variable: str) -> str:
        key = analysis.dataset, variable
        return self._data_driven.setdefault(key, f"data.{analysis.dataset}.{variable}")

    def _result(self, analysis: Analysis, result: Result) -> JsonObject:
        value = result.stat_text if result.stat is None else repr(result.stat)
        made: JsonObject = {"operationId": operation_id(analysis.method, result.stat_name)}
        if groups := self._groups(analysis, result):
            made["resultGroups"] = groups
        return {**made, "rawValue": value or ""}

    def _programming_code(self, analysis: Analysis, has_plan: bool) -> JsonObject:
        """What the standard has no place for, as parameters whose values are JSON.

        has_plan  whether what holds for the whole plan is among them
        """
        values: dict[str, Any] = {"analysis": analysis.id, "variables": list(analysis.variables)}
        if has_plan:
            settings = {name: getattr(self.plan, name) for name in PLAN_SETTINGS}
            values |= {name: _plain(value) for name, value in settings.items() if value and value != NarrativePlan()}
        for one in dataclasses.fields(analysis):
            value = getattr(analysis, one.name)
            if one.name not in _PLACED and value not in (None, (), {}, ""):
                values[one.name] = _plain(value)
        parameters = [
            {"name": name, "value": [json.dumps(value, ensure_ascii=False)]} for name, value in values.items()
        ]
        return {"context": CONTEXT, "code": f"{analysis.method} of {analysis.dataset}", "parameters": parameters}

    # --- displays ---

    def _contents(self, ids: Sequence[str]) -> JsonObject:
        named = {id: id.partition(":")[0] if id not in self.plan.analyses else id for id in ids}
        placed: set[str] = set()
        items: list[JsonObject] = []
        for display in self.displays:
            inside = [id for id in ids if named[id] in display.analyses]
            placed.update(inside)
            items.append(
                {
                    "name": f"{display.id} {display.title}",
                    "level": 1,
                    "order": len(items) + 1,
                    "outputId": display.id,
                    "sublist": {"listItems": [_entry(id, 2, order) for order, id in enumerate(inside, start=1)]},
                }
            )
        others = [id for id in ids if id not in placed]
        items += [_entry(id, 1, order) for order, id in enumerate(others, start=len(items) + 1)]
        return {"name": "Contents", "label": "Displays with their analyses", "contentsList": {"listItems": items}}

    def _output(self, display: ReportedDisplay) -> JsonObject:
        sections = {"Title": [display.title, display.population], "Footnote": list(display.footnotes)}
        display_sections = [
            {
                "sectionType": kind,
                "orderedSubSections": [
                    {"order": order, "subSection": {"id": f"{display.id}.{kind}.{order}", "text": text}}
                    for order, text in enumerate(filter(None, texts), start=1)
                ],
            }
            for kind, texts in sections.items()
            if any(texts)
        ]
        shown = {
            "id": f"{display.id}.display",
            "name": display.id,
            "displayTitle": display.title,
            "displaySections": display_sections,
        }
        return {
            "id": display.id,
            "name": f"{display.id} {display.title}",
            "version": 1,
            "displays": [{"order": 1, "display": shown}],
        }


def _grouping_of(variable: str, level: str, groupings: Sequence[Grouping]) -> Grouping | None:
    """The grouping on the variable; of several, one that has the level."""
    candidates = [grouping for grouping in groupings if grouping.variable == variable]
    having = [one for one in candidates if level == one.total or level in [each.value for each in one.levels]]
    return next(iter([*having, *candidates]), None)


def _method_words(method: str) -> JsonObject:
    if method == SIZE_METHOD:
        return {"label": "numbers of subjects in analysis sets"}
    return {
        "label": METHOD_SPECS[method].summary,
        "description": (METHODS[method].__doc__ or "").partition("\n")[0],
    }


def _entry(id: str, level: int, order: int) -> JsonObject:
    return {"name": id, "level": level, "order": order, "analysisId": id}


def _operation(method: str, name: str, order: int, all_names: Mapping[str, None]) -> JsonObject:
    made: JsonObject = {"id": operation_id(method, name), "name": name, "order": order}
    proportion, roles = _PROPORTION
    if name == proportion and all(stat in all_names for stat in roles.values()):
        made["referencedOperationRelationships"] = [
            {
                "id": f"{operation_id(method, name)}.{role.lower()}",
                "referencedOperationRole": {"controlledTerm": role},
                "operationId": operation_id(method, stat),
            }
            for role, stat in roles.items()
        ]
    return made


def _purpose(purpose: str) -> JsonObject:
    term = _CONTROLLED_PURPOSES.get(purpose)
    return {"controlledTerm": term} if term else {"sponsorTermId": f"purpose.{purpose}"}


def _plain(value: Any) -> Any:
    """A value of an analysis as JSON has it: dataclasses as objects without what is empty."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
        return {name: _plain(one) for name, one in fields.items() if one not in (None, (), {}, "")}
    if isinstance(value, tuple) and any(dataclasses.is_dataclass(one) for one in value):
        return [_plain(one) for one in value]
    return thaw_options(value)


#: The inverse of the controlled terms, for the reader.
PURPOSE_OF_TERM: Mapping[str, str] = {term: purpose for purpose, term in _CONTROLLED_PURPOSES.items()}
