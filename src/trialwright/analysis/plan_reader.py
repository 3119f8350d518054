"""Reads an analysis plan: YAML in, `AnalysisPlan` out, and every error with file, line and column.

All that is wrong with a file is reported at once. `docs/reference/plan.md` explains the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from trialwright.analysis.estimands import IntercurrentEvent, IntercurrentEventModel
from trialwright.analysis.event_group_files import read_event_groups
from trialwright.analysis.layout_figures import DisplaySpec
from trialwright.analysis.layout_reader import Known, read_displays
from trialwright.analysis.methods.options import Number, VariableName
from trialwright.analysis.methods.specs import METHOD_SPECS, repetitions
from trialwright.analysis.narrative_reader import read_narratives
from trialwright.analysis.plan import (
    PURPOSES,
    Analysis,
    AnalysisPlan,
    AnalysisSet,
    FrequentEvents,
    Grouping,
    Level,
    OptionValue,
    RecordSelection,
)
from trialwright.analysis.plan_files import merge_parts, read_plan_text
from trialwright.conditions import ConditionSyntaxError, parse_condition
from trialwright.errors import PlanError
from trialwright.marked_yaml import Border, Node, Plain, Problems, Text, validate

_DATASET = re.compile(r"[A-Z][A-Z0-9]{0,7}")
_POPULATION_PREFIX = "population."


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _check_direction(text: str) -> str:
    if re.fullmatch(r"-?[A-Za-z_][A-Za-z0-9_]{0,31}", text) is None:
        raise ValueError("this must be the name of a variable, with a - before it where the largest comes first.")
    return text


def _as_level(value: object) -> object:
    return value if isinstance(value, dict) else {"value": value}


Texts: TypeAlias = Annotated[list[Text], BeforeValidator(_as_list)]
Names: TypeAlias = Annotated[list[VariableName], BeforeValidator(_as_list)]
_Direction: TypeAlias = Annotated[str, AfterValidator(_check_direction)]


class _FrequentEvents(Border):
    percent: Annotated[Number, Field(gt=0, le=100)] = 5.0
    excess: Annotated[Number, Field(ge=0, le=100)] = 0.0
    times: Annotated[Number, Field(ge=1)] = 1.0


class _Head(Border):
    title: str
    alpha: Annotated[Number, Field(gt=0, lt=1)] = 0.05
    subject_dataset: str = "ADSL"
    frequent_events: _FrequentEvents | None = None


class _AnalysisSet(Border):
    label: str
    condition: str = ""
    description: str = ""


class _Level(Border):
    value: Text
    label: Text | None = None


class _Grouping(Border):
    variable: VariableName
    levels: Annotated[list[Annotated[_Level, BeforeValidator(_as_level)]], Field(min_length=1)]
    label: str = ""
    total: Text | None = None
    reference: Text | None = None


class _Selection(Border):
    per: Annotated[Names, Field(min_length=1)] = Field(default_factory=lambda: ["USUBJID"])
    order: Annotated[list[_Direction], BeforeValidator(_as_list), Field(min_length=1)]


class _Analysis(Border):
    method: str
    dataset: str
    population: str
    variables: Annotated[Names, Field(min_length=1)]
    where: str = ""
    by: Texts = Field(default_factory=list)
    options: dict[str, object] = Field(default_factory=dict)
    label: str = ""
    purpose: str = "other"
    endpoint: str | None = None
    better: Literal["lower", "higher"] | None = None
    select: _Selection | None = None
    estimand: str | None = None
    intercurrent_events: list[IntercurrentEventModel] = Field(default_factory=list)


def read_plan(path: Path) -> AnalysisPlan:
    """The analysis plan in a YAML file, with the parts that it names.

    Raises `PlanError`, one line for each problem, each beginning with file, line and column.
    """

    def text_of(name: str) -> str:
        try:
            return (path.parent / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise PlanError(f"there is no file {path.parent / name}.") from None
        except (UnicodeDecodeError, IsADirectoryError) as error:
            raise PlanError(f"{path.parent / name} cannot be read as text in UTF-8 ({error}).") from error

    return _parse(read_plan_text(path), str(path), text_of)


def parse_plan(text: str, *, file: str = "plan.yaml", parts: Mapping[str, str] | None = None) -> AnalysisPlan:
    """As `read_plan`, of a text; `file` is what errors call it, `parts` are the texts of its parts by name."""
    texts = parts or {}

    def text_of(name: str) -> str:
        if name not in texts:
            raise PlanError(f"the text of the part {name!r} is not given.")
        return texts[name]

    return _parse(text, file, text_of)


def _parse(text: str, file: str, text_of: Callable[[str], str]) -> AnalysisPlan:
    problems = Problems()
    files = merge_parts(text, problems, file=file, text_of=text_of)
    root = files.root
    for name in ("plan", "analysis_sets", "analyses"):
        if isinstance(root.value, dict) and name not in root.mapping:
            problems.add(root, f"the section {name!r} is missing.")
    head = validate(root["plan"], _Head, problems) if root.get("plan") else None
    analysis_sets = _read_analysis_sets(root, problems)
    groupings = _read_groupings(root, problems)
    analyses = _read_analyses(root, problems, analysis_sets, groupings)
    displays: Mapping[str, DisplaySpec] = {}
    if (node := root.get("displays")) is not None and isinstance(node.value, dict):
        known = Known(
            analyses=_names(root, "analyses") | {f"{_POPULATION_PREFIX}{id}" for id in _names(root, "analysis_sets")},
            groupings=_names(root, "groupings"),
            analysis_sets=_names(root, "analysis_sets"),
        )
        displays = read_displays(node, problems, known=known)
    narratives = read_narratives(root.get("narratives"), problems)
    event_groups = read_event_groups(root.get("event_groups"), problems)
    problems.raise_if_any()
    if head is None:
        raise PlanError(f"{file}, line 1, column 1: the plan has no section 'plan' with its title.")
    return AnalysisPlan(
        title=head.title,
        alpha=head.alpha,
        subject_dataset=head.subject_dataset,
        event_groups=event_groups,
        frequent_events=None if (limits := head.frequent_events) is None else FrequentEvents(**limits.model_dump()),
        analysis_sets=analysis_sets,
        groupings=groupings,
        analyses=analyses,
        displays=displays,
        narratives=narratives,
        digest=files.digest,
    )


def _names(root: Node, section: str) -> set[str]:
    # Also those whose definition is wrong: that they are unknown would be a second complaint about the same mistake.
    node = root.get(section)
    return set(node.mapping) if node is not None else set()


def _section(root: Node, name: str) -> Mapping[str, Node]:
    node = root.get(name)
    return node.mapping if node is not None else {}


def _check_condition(node: Node | None, problems: Problems) -> None:
    if node is None or not isinstance(node.value, str):
        return
    try:
        parse_condition(node.value)
    except ConditionSyntaxError as error:
        message = f"the condition {error.text!r} goes wrong at its character {error.position + 1}: {error.reason}"
        problems.add(node, message, column_offset=node.column_offset(error.position))


def _read_analysis_sets(root: Node, problems: Problems) -> dict[str, AnalysisSet]:
    found = {}
    for id, node in _section(root, "analysis_sets").items():
        model = validate(node, _AnalysisSet, problems)
        if model is not None:
            _check_condition(node.get("condition"), problems)
            found[id] = AnalysisSet(id=id, label=model.label, condition=model.condition, description=model.description)
    return found


def _read_groupings(root: Node, problems: Problems) -> dict[str, Grouping]:
    found = {}
    for id, node in _section(root, "groupings").items():
        model = validate(node, _Grouping, problems)
        if model is None:
            continue
        levels = tuple(
            Level(value=level.value, label=level.value if level.label is None else level.label)
            for level in model.levels
        )
        values = [level.value for level in levels]
        for number, value in enumerate(values):
            if value in values[:number]:
                problems.add(node["levels"].items[number], f"the level {value!r} stands here a second time.")
        if model.reference is not None and model.reference not in values:
            problems.add(
                node["reference"], f"the reference {model.reference!r} is none of the levels: {_list(values)}."
            )
        if model.total in values:
            problems.add(node["total"], f"the total is called {model.total!r}, as is a level. Give it another name.")
        found[id] = Grouping(
            id=id,
            variable=model.variable,
            levels=levels,
            label=model.label,
            total=model.total,
            reference=model.reference,
        )
    return found


def _list(names: Collection[str]) -> str:
    return ", ".join(names) or "none"


def _read_analyses(
    root: Node,
    problems: Problems,
    analysis_sets: Mapping[str, AnalysisSet],
    groupings: Mapping[str, Grouping],
) -> dict[str, Analysis]:
    known_sets, known_groupings = _names(root, "analysis_sets"), _names(root, "groupings")
    found = {}
    for id, node in _section(root, "analyses").items():
        model = validate(node, _Analysis, problems)
        if model is None:
            continue
        if id.startswith(_POPULATION_PREFIX):
            problems.add(
                node.key_node or node,
                f"ids that begin with {_POPULATION_PREFIX!r} are those of the analysis sets' sizes.",
            )
        if model.population not in known_sets:
            problems.add(
                node["population"],
                f"there is no analysis set {model.population!r}. There are: {_list(sorted(known_sets))}.",
            )
        if model.purpose not in PURPOSES:
            problems.add(node["purpose"], f"{model.purpose!r} is no purpose. Known are: {', '.join(PURPOSES)}.")
        if _DATASET.fullmatch(model.dataset) is None:
            problems.add(
                node["dataset"],
                f"{model.dataset!r} is no name of a dataset: it has up to 8 letters and digits, in capitals.",
            )
        for name in model.by:
            if name not in known_groupings:
                place = next((child for child in node["by"] if str(child.value) == name), node["by"])
                problems.add(place, f"there is no grouping {name!r}. There are: {_list(sorted(known_groupings))}.")
        _check_condition(node.get("where"), problems)
        by = [groupings[name] for name in model.by if name in groupings]
        options = _read_method(node, model, by, problems)
        found[id] = Analysis(
            id=id,
            method=model.method,
            dataset=model.dataset,
            population=model.population,
            variables=tuple(model.variables),
            where=model.where,
            by=tuple(model.by),
            options=options,
            label=model.label,
            purpose=model.purpose,
            endpoint=model.endpoint,
            better=model.better,
            select=_record_selection(model.select),
            estimand=model.estimand,
            intercurrent_events=_read_events(node, model, problems),
        )
    return found


def _read_events(node: Node, model: _Analysis, problems: Problems) -> tuple[IntercurrentEvent, ...]:
    events = []
    for number, event in enumerate(model.intercurrent_events):
        child = node["intercurrent_events"].items[number]
        found = list(event.problems(model.variables))
        for key, message in found:
            problems.add(child[key], message)
        for key in ("from", "subjects"):
            _check_condition(child.get(key), problems)
        if not found:
            events.append(event.to_event(model.variables))
    return tuple(events)


def _record_selection(model: _Selection | None) -> RecordSelection | None:
    if model is None:
        return None
    return RecordSelection(per=tuple(model.per), order=tuple(model.order))


def _read_method(node: Node, model: _Analysis, by: list[Grouping], problems: Problems) -> Mapping[str, OptionValue]:
    spec = METHOD_SPECS.get(model.method)
    if spec is None:
        problems.add(node["method"], f"there is no method {model.method!r}. There are: {', '.join(METHOD_SPECS)}.")
        return {}
    if spec.max_variables is not None and len(model.variables) > spec.max_variables:
        problems.add(
            node["variables"],
            f"{model.method} takes up to {spec.max_variables} variable(s), not {len(model.variables)}. "
            "Make several analyses of it.",
        )
    if spec.compares and not model.by:
        problems.add(node, f"{model.method} compares the levels of a grouping: name it under 'by'.")
    if len(model.by) > spec.max_by:
        problems.add(node["by"], f"{model.method} takes up to {spec.max_by} grouping(s), not {len(model.by)}.")
    given = node.get("options")
    required = [info.alias or name for name, info in spec.options.model_fields.items() if info.is_required()]
    if given is None and required:
        problems.add(node["method"], f"{model.method} needs options; {_list(required)} must be there.")
        return {}
    options = given if given is not None else replace(node["method"], value={})
    validated = validate(options, spec.options, problems)
    if validated is None:
        return {}
    for key, message in repetitions(model.variables, [grouping.variable for grouping in by], validated):
        problems.add(node[key], message)
    _check_condition(options.get("event"), problems)
    if (categories := options.get("categories")) is not None:
        for child in categories.mapping.values():
            _check_condition(child, problems)
    for name in ("contrasts", "fisher"):
        _check_contrasts(options.get(name), by, problems)
    frozen = freeze_options(validated.model_dump(exclude_unset=True))
    assert isinstance(frozen, Mapping)
    return frozen


def _check_contrasts(node: Node | None, by: list[Grouping], problems: Problems) -> None:
    if node is None or not by:
        return
    values = [level.value for level in by[0].levels]
    for pair in node:
        for side in pair:
            if str(side.value) not in values:
                problems.add(side, f"{side.value!r} is no level of {by[0].id}. Its levels are: {_list(values)}.")


def freeze_options(value: object) -> OptionValue:
    """`value` with lists as tuples."""
    if isinstance(value, Mapping):
        return {str(key): freeze_options(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return tuple(freeze_options(one) for one in value)
    if value is None or isinstance(value, str | float | int | bool):
        return value
    raise PlanError(f"An option cannot be {value!r}.")


def thaw_options(value: OptionValue) -> Plain:
    """`value` with tuples as lists, as the models of options take it."""
    if isinstance(value, Mapping):
        return {str(key): thaw_options(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [thaw_options(one) for one in value]
    return value
