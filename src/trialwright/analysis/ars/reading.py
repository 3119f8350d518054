"""A reporting event of the Analysis Results Standard, read as a plan.

Analysis sets, data subsets, groupings, and analyses with their variables, sets, subsets and groupings are read from
where the standard puts them. Options, purposes and what else only this program knows come from the programming code of
events that it wrote itself. Of an event that another program wrote, a method is taken for one of ours by its name or by
the statistics of its operations; what cannot be read is a finding, never a guess.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from trialwright.analysis.ars.conditions import IsNumeric, JsonObject, condition_text, where_clause
from trialwright.analysis.ars.export import ALPHA, CONTEXT, PLAN_SETTINGS, PURPOSE_OF_TERM
from trialwright.analysis.engine import SIZE_METHOD
from trialwright.analysis.methods.specs import METHOD_SPECS
from trialwright.analysis.plan import AnalysisPlan
from trialwright.analysis.plan_reader import parse_plan
from trialwright.conditions import parse_condition
from trialwright.errors import ConditionError, PlanError
from trialwright.findings import Finding, Rule, Severity
from trialwright.standards.datasets import Datasets

_SOURCE = "CDISC Analysis Results Standard 1.0"
UNKNOWN_METHOD = Rule(
    id="ars.unknown-method",
    title="Every method of a reporting event is one that the plan can ask for.",
    source=f"{_SOURCE}, AnalysisMethod",
)
BAD_CONDITION = Rule(
    id="ars.condition",
    title="Every where clause of a reporting event can be read as a condition.",
    source=f"{_SOURCE}, WhereClause",
)
BAD_GROUPING = Rule(
    id="ars.grouping",
    title="Every prespecified group is one value of the grouping's variable.",
    source=f"{_SOURCE}, GroupingFactor and Group",
)
BAD_REFERENCE = Rule(
    id="ars.reference",
    title="Every reference in a reporting event leads to something that it defines.",
    source=f"{_SOURCE}, Analysis",
)
UNREAD_DISPLAYS = Rule(
    id="ars.displays",
    title="The layout of displays is not part of a reporting event.",
    source=f"{_SOURCE}, Output",
    severity=Severity.NOTE,
)
RULES: tuple[Rule, ...] = (UNKNOWN_METHOD, BAD_CONDITION, BAD_GROUPING, BAD_REFERENCE, UNREAD_DISPLAYS)

_WRITTEN_CONDITION = re.compile(r"(?P<words>.*?)\s*Condition: (?P<condition>.*)", re.DOTALL)
_REFERENCE = re.compile(r"Reference: (?P<level>.*)", re.DOTALL)
#: Words in names of methods, by the method of ours they mean; the first that fits.
_NAMES: tuple[tuple[str, str], ...] = (
    (r"analysis of covariance|ancova", "ancova"),
    (r"analysis of variance|anova", "anova"),
    (r"fisher", "fisher_exact"),
    (r"chi.?square", "chi_square"),
    (r"kaplan.?meier", "kaplan_meier"),
    (r"log.?rank", "logrank"),
    (r"mixed model|mmrm", "mmrm"),
)
_MOMENTS = re.compile(r"mean|\bsd\b|standard deviation|median|\bmin|\bmax", re.IGNORECASE)
_COUNTS = re.compile(r"count|number|\bn\b|percent|%|proportion", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlan:
    """A plan, its text as YAML, and what of the reporting event is not in it."""

    plan: AnalysisPlan
    text: str
    findings: tuple[Finding, ...]


def read_reporting_event(path: Path, *, datasets: Datasets | None = None) -> ReadPlan:
    """The plan in an ARS file.

    datasets  says which variables are numbers; without it, they are told by their ADaM names

    Raises `PlanError` for a file that is no reporting event.
    """
    try:
        event = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PlanError(f"There is no file {path}.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{path} cannot be read as JSON ({error}).") from error
    if not isinstance(event, dict) or not isinstance(event.get("analyses"), list):
        raise PlanError(
            f"{path} is no reporting event of the Analysis Results Standard: it has no list of analyses. "
            "An event is one JSON object with id, name, analyses, methods and analysisSets."
        )
    return _Reader(event=event, file=path.name, is_numeric=_types_of(datasets), findings=[]).read()


def _types_of(datasets: Datasets | None) -> IsNumeric:
    def is_numeric(dataset: str, variable: str) -> bool | None:
        found = (datasets or {}).get(dataset)
        if found is None or variable not in found.frame.columns:
            return None
        return found.frame.schema[variable].is_numeric()

    return is_numeric


@dataclass(frozen=True, kw_only=True)
class _Reader:
    event: JsonObject
    file: str
    is_numeric: IsNumeric
    findings: list[Finding]

    def read(self) -> ReadPlan:
        sets = {str(one["id"]): self._analysis_set(one) for one in self._objects("analysisSets")}
        groupings = {
            str(one["id"]): made
            for one in self._objects("analysisGroupings")
            if not one.get("dataDriven") and (made := self._grouping(one)) is not None
        }
        analyses = self._analyses(sets, groupings)
        subject_dataset = self._subject_dataset()
        settings = self._settings()
        frequent = {name: settings.pop(name) for name in ("frequent_events",) if name in settings}
        plan: JsonObject = {
            "plan": {
                "title": str(self.event.get("name") or self.event.get("id") or "Reporting event"),
                "subject_dataset": subject_dataset,
                **self._alpha(),
                **frequent,
            },
            "analysis_sets": sets,
            "groupings": groupings,
            "analyses": analyses,
            **settings,
        }
        if outputs := self._objects("outputs"):
            self._find(
                UNREAD_DISPLAYS,
                "outputs",
                f"The event names {len(outputs)} outputs; the plan read has their analyses and no displays.",
                remedy="Write the displays under 'displays' in the plan.",
            )
        text = yaml.safe_dump(plan, sort_keys=False, allow_unicode=True, width=110)
        return ReadPlan(plan=parse_plan(text, file=self.file), text=text, findings=tuple(self.findings))

    def _alpha(self) -> JsonObject:
        found = ALPHA.search(str(self.event.get("description") or ""))
        return {} if found is None else {"alpha": float(found["alpha"])}

    def _settings(self) -> JsonObject:
        """What holds for the whole plan, as the sections of a plan have it."""
        found: JsonObject = {}
        for one in self._objects("analyses"):
            if one.get("methodId") == SIZE_METHOD:
                found |= {name: value for name, value in _own_parameters(one).items() if name in PLAN_SETTINGS}
        if "narratives" in found:
            narratives = dict(found["narratives"])
            if "is_blinded" in narratives:
                narratives["blinded"] = narratives.pop("is_blinded")
            found["narratives"] = narratives
        return found

    # --- parts ---

    def _objects(self, name: str) -> list[JsonObject]:
        return [one for one in self.event.get(name) or [] if isinstance(one, dict) and "id" in one]

    def _known_clauses(self) -> dict[str, Mapping[str, Any]]:
        return {str(one["id"]): one for name in ("analysisSets", "dataSubsets") for one in self._objects(name)}

    def _find(self, rule: Rule, where: str, message: str, *, evidence: str = "", remedy: str = "") -> None:
        place = f"{self.file}: {where}"
        self.findings.append(Finding.of(rule, where=place, message=message, evidence=evidence, remedy=remedy))

    def _condition(self, clause: Mapping[str, Any], where: str) -> tuple[str, str]:
        """The condition of a clause, and what its description says beside."""
        description = str(clause.get("description") or "")
        written = _WRITTEN_CONDITION.fullmatch(description)
        words = written["words"] if written else description
        if written is not None and _says_the_same(written["condition"], clause):
            return written["condition"], words
        try:
            return condition_text(clause, self._known_clauses(), self.is_numeric), words
        except ConditionError as error:
            remedy = "Write the condition in the plan; until then it holds for every record."
            self._find(BAD_CONDITION, where, str(error), evidence=json.dumps(clause)[:300], remedy=remedy)
            return "", words

    def _analysis_set(self, one: Mapping[str, Any]) -> JsonObject:
        condition, words = self._condition(one, f"analysis set {one['id']}")
        made: JsonObject = {"label": str(one.get("label") or one.get("name") or one["id"])}
        if condition:
            made["condition"] = condition
        if words:
            made["description"] = words
        return made

    def _grouping(self, one: Mapping[str, Any]) -> JsonObject | None:
        levels: list[JsonObject] = []
        total = None
        for group in sorted(one.get("groups") or [], key=lambda group: group.get("order", 0)):
            condition = group.get("condition") or {}
            values = [str(value) for value in condition.get("value") or []]
            label = str(group.get("label") or group.get("name") or group.get("id"))
            if condition.get("comparator") in ("EQ", "IN") and len(values) == 1:
                levels.append({"value": values[0], "label": label})
            elif condition.get("comparator") == "IN" and set(values) == {level["value"] for level in levels}:
                total = str(group.get("name") or label)
            else:
                self._find(
                    BAD_GROUPING,
                    f"grouping {one['id']}, group {group.get('id')}",
                    "The group is not one value of a variable; the plan's groupings have no such level.",
                    evidence=json.dumps(group)[:300],
                    remedy="Derive a variable with one value for each group, and group by it.",
                )
        variable = one.get("groupingVariable")
        if variable is None or not levels:
            self._find(
                BAD_GROUPING,
                f"grouping {one['id']}",
                "The grouping names no variable, or no level that can be read; it is not in the plan.",
            )
            return None
        made: JsonObject = {"variable": str(variable), "label": str(one.get("name") or one["id"])}
        reference = _REFERENCE.fullmatch(str(one.get("description") or ""))
        if reference is not None:
            made["reference"] = reference["level"]
        if total is not None:
            made["total"] = total
        return {**made, "levels": levels}

    def _subject_dataset(self) -> str:
        datasets = {
            str(condition["dataset"])
            for one in self._objects("analysisSets")
            for condition in _conditions(one)
            if condition.get("dataset")
        }
        return datasets.pop() if len(datasets) == 1 else "ADSL"

    # --- analyses ---

    def _analyses(self, sets: Mapping[str, JsonObject], groupings: Mapping[str, JsonObject]) -> JsonObject:
        methods = {str(one["id"]): one for one in self._objects("methods")}
        subsets = {str(one["id"]): one for one in self._objects("dataSubsets")}
        found: JsonObject = {}
        for one in self._objects("analyses"):
            if one.get("methodId") == SIZE_METHOD:
                continue  # every plan gives the sizes of its analysis sets
            own = _own_parameters(one)
            id = str(own.get("analysis", one["id"]))
            place = f"analysis {one['id']}"
            method = _method_of(methods.get(str(one.get("methodId"))), has_groups=bool(one.get("orderedGroupings")))
            if method is None:
                self._find(
                    UNKNOWN_METHOD,
                    place,
                    f"The method {one.get('methodId')!r} is none that the plan can ask for; the analysis is not in it.",
                    evidence=str((methods.get(str(one.get("methodId"))) or {}).get("name", "")),
                    remedy=f"Write the analysis with one of: {', '.join(METHOD_SPECS)}.",
                )
                continue
            if str(one.get("analysisSetId")) not in sets:
                message = (
                    f"The analysis set {one.get('analysisSetId')!r} is not defined; the analysis is not in the plan."
                )
                self._find(BAD_REFERENCE, place, message)
                continue
            if id in found:
                continue  # another variable of the same analysis: its variables are among the parameters
            found[id] = self._analysis(one, own, method, subsets, groupings)
        return found

    def _analysis(
        self,
        one: Mapping[str, Any],
        own: Mapping[str, Any],
        method: str,
        subsets: Mapping[str, JsonObject],
        groupings: Mapping[str, JsonObject],
    ) -> JsonObject:
        made: JsonObject = {
            "method": method,
            "dataset": str(one.get("dataset")),
            "population": str(one.get("analysisSetId")),
            "variables": [str(name) for name in own.get("variables", [one.get("variable")])],
        }
        subset = one.get("dataSubsetId")
        if subset is not None and str(subset) not in subsets:
            self._find(BAD_REFERENCE, f"analysis {one['id']}", f"The data subset {subset!r} is not defined.")
        elif subset is not None:
            condition, _ = self._condition(subsets[str(subset)], f"data subset {subset}")
            if condition:
                made["where"] = condition
        if by := self._by(one, groupings):
            made["by"] = by
        name = str(one.get("name") or "")
        if name and name != own.get("analysis", one["id"]):
            made["label"] = name
        if (purpose := _purpose_of(one)) is not None:
            made["purpose"] = purpose
        made |= {name: value for name, value in own.items() if name not in ("analysis", "variables")}
        return made

    def _by(self, one: Mapping[str, Any], groupings: Mapping[str, JsonObject]) -> list[str]:
        ordered = sorted(one.get("orderedGroupings") or [], key=lambda each: each.get("order", 0))
        by = []
        for each in ordered:
            id = str(each.get("groupingId"))
            if id in groupings:
                by.append(id)
            elif not any(str(known["id"]) == id for known in self._objects("analysisGroupings")):
                self._find(BAD_REFERENCE, f"analysis {one['id']}", f"The grouping {id!r} is not defined.")
        return by


def _conditions(clause: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if clause.get("condition"):
        yield clause["condition"]
    for inner in (clause.get("compoundExpression") or {}).get("whereClauses", []):
        yield from _conditions(inner)


def _says_the_same(text: str, clause: Mapping[str, Any]) -> bool:
    """Whether the condition in a description has the structure of the clause; its types are then those of the text."""
    try:
        condition = parse_condition(text)
        dataset = next((str(one.get("dataset", "")) for one in _conditions(clause)), "")
        structure = where_clause(condition, lambda variable: dataset)
    except ConditionError:
        # What the standard cannot say stands in the description alone.
        return "condition" not in clause and "compoundExpression" not in clause and _is_condition(text)
    return all(structure.get(key) == clause.get(key) for key in ("condition", "compoundExpression"))


def _is_condition(text: str) -> bool:
    try:
        parse_condition(text)
    except ConditionError:
        return False
    return True


def _own_parameters(one: Mapping[str, Any]) -> JsonObject:
    """What this program wrote beside the standard's attributes; empty for another program's analysis."""
    code = one.get("programmingCode") or {}
    if code.get("context") != CONTEXT:
        return {}
    found = {}
    for parameter in code.get("parameters") or []:
        value = parameter.get("value")
        text = value[0] if isinstance(value, list) else value
        try:
            found[str(parameter["name"])] = json.loads(text)
        except (TypeError, json.JSONDecodeError) as error:
            raise PlanError(
                f"The parameter {parameter.get('name')} of the analysis {one.get('id')} is {text!r}, which is no JSON. "
                "Export the event again, or take the parameter out."
            ) from error
    return found


def _method_of(method: Mapping[str, Any] | None, *, has_groups: bool) -> str | None:
    """The method of ours, by its id, its name or the names of its operations."""
    if method is None:
        return None
    if str(method["id"]) in METHOD_SPECS:
        return str(method["id"])
    words = " ".join(str(method.get(key) or "") for key in ("name", "label", "description"))
    for pattern, name in _NAMES:
        if re.search(pattern, words, re.IGNORECASE):
            return name if has_groups or not METHOD_SPECS[name].compares else None
    operations: Sequence[Mapping[str, Any]] = method.get("operations") or []
    names = [f"{one.get('name') or ''} {one.get('label') or ''}" for one in operations]
    if any(_MOMENTS.search(name) for name in names):
        return "descriptive"
    if names and all(_COUNTS.search(name) for name in names):
        return "count"
    return None


def _purpose_of(one: Mapping[str, Any]) -> str | None:
    purpose = one.get("purpose") or {}
    if (term := purpose.get("controlledTerm")) in PURPOSE_OF_TERM:
        return PURPOSE_OF_TERM[str(term)]
    sponsor = str(purpose.get("sponsorTermId") or "")
    return sponsor.removeprefix("purpose.") if sponsor.startswith("purpose.") else None
