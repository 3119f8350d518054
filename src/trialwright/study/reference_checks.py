"""Checks that identifiers are unique and that every reference leads to an instance of the right class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trialwright.findings import Finding, Rule
from trialwright.study.facts import ReferenceProblem, TextResolver
from trialwright.study.study import Study

_SCHEMA = "USDM 4.0 API schema (USDM_API.json)"

DUPLICATE_ID = Rule(
    id="study.duplicate-id",
    title="Each identifier belongs to one instance.",
    source=f"{_SCHEMA}: `id` identifies an instance within the file",
)
DANGLING_REFERENCE = Rule(
    id="study.dangling-reference",
    title="Each attribute that ends in Id or Ids names an instance that is there.",
    source=f"{_SCHEMA}: attributes ending in Id hold the `id` of another instance",
)
WRONG_CLASS = Rule(
    id="study.reference-to-wrong-class",
    title="Each reference names an instance of the class that the attribute is for.",
    source="USDM 4.0 UML model, ends of the associations",
)
UNRESOLVED_TEXT_REFERENCE = Rule(
    id="study.unresolved-text-reference",
    title="Each usdm:ref and usdm:tag in a text can be resolved.",
    source="USDM 4.0 Implementation Guide, syntax templates and dictionaries",
)

_INSTANCES = frozenset({"ScheduledActivityInstance", "ScheduledDecisionInstance"})
_TARGETS: Mapping[str, frozenset[str]] = {
    "armId": frozenset({"StudyArm"}),
    "epochId": frozenset({"StudyEpoch"}),
    "elementIds": frozenset({"StudyElement"}),
    "encounterId": frozenset({"Encounter"}),
    "activityIds": frozenset({"Activity"}),
    "timelineId": frozenset({"ScheduleTimeline"}),
    "timelineExitId": frozenset({"ScheduleTimelineExit"}),
    "entryId": _INSTANCES,
    "defaultConditionId": _INSTANCES,
    "conditionTargetId": _INSTANCES,
    "relativeFromScheduledInstanceId": _INSTANCES,
    "relativeToScheduledInstanceId": _INSTANCES,
    "scheduledAtId": frozenset({"Timing"}),
    "criterionItemId": frozenset({"EligibilityCriterionItem"}),
    "criterionIds": frozenset({"EligibilityCriterion"}),
    "contentItemId": frozenset({"NarrativeContentItem"}),
    "dictionaryId": frozenset({"SyntaxTemplateDictionary"}),
    "variableOfInterestId": frozenset({"Endpoint"}),
    "analysisPopulationId": frozenset({"AnalysisPopulation"}),
    "interventionIds": frozenset({"StudyIntervention"}),
    "studyInterventionIds": frozenset({"StudyIntervention"}),
    "studyInterventionId": frozenset({"StudyIntervention"}),
    "administrableProductId": frozenset({"AdministrableProduct"}),
    "medicalDeviceId": frozenset({"MedicalDevice"}),
    "scopeId": frozenset({"Organization"}),
    "organizationId": frozenset({"Organization"}),
    "organizationIds": frozenset({"Organization"}),
    "documentVersionIds": frozenset({"StudyDefinitionDocumentVersion"}),
    "indicationIds": frozenset({"Indication"}),
    "biomedicalConceptIds": frozenset({"BiomedicalConcept"}),
    "bcCategoryIds": frozenset({"BiomedicalConceptCategory"}),
    "bcSurrogateIds": frozenset({"BiomedicalConceptSurrogate"}),
}
# These point to an instance of the class that holds them.
_SAME_CLASS = frozenset({"previousId", "nextId", "childIds"})


def name_instance(instance: Mapping[str, Any]) -> str:
    """How a finding names an instance: class, label or name, and identifier."""
    words = instance.get("label") or instance.get("name") or ""
    identifier = instance.get("id") or "without id"
    kind = instance.get("instanceType") or "object"
    return f"{kind} “{words}” ({identifier})" if words else f"{kind} ({identifier})"


def _instances(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _instances(value)
    elif isinstance(node, list):
        for value in node:
            yield from _instances(value)


def _references(study: Study) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Each reference: the instance that holds it, the attribute, and the identifier that it names."""
    for instance in _instances(study.tree.get("study")):
        for attribute, value in instance.items():
            if attribute.endswith("Id") and isinstance(value, str) and value:
                yield instance, attribute, value
            elif attribute.endswith("Ids") and isinstance(value, list):
                yield from ((instance, attribute, entry) for entry in value if isinstance(entry, str))


def check_duplicate_ids(study: Study) -> Iterator[Finding]:
    """One finding for each identifier that several instances have."""
    for identifier in study.index.duplicates:
        holders = [entry for entry in _instances(study.tree.get("study")) if entry.get("id") == identifier]
        yield Finding.of(
            DUPLICATE_ID,
            where=identifier,
            message=f"{len(holders)} instances have the identifier {identifier}; references to it are ambiguous.",
            evidence="; ".join(name_instance(holder) for holder in holders),
            remedy="Give each instance an identifier of its own and mend the references.",
        )


def check_dangling_references(study: Study) -> Iterator[Finding]:
    """One finding for each reference to an instance that is not there."""
    for instance, attribute, wanted in _references(study):
        if wanted not in study.index.instances:
            yield Finding.of(
                DANGLING_REFERENCE,
                where=f"{instance.get('id')}.{attribute}",
                message=f"{name_instance(instance)} refers to {wanted}, which is not there.",
                evidence=wanted,
                remedy=f"Add the instance {wanted}, or take the reference out of {attribute}.",
            )


def check_reference_classes(study: Study) -> Iterator[Finding]:
    """One finding for each reference to an instance of a class that the attribute is not for."""
    for instance, attribute, wanted in _references(study):
        own = instance.get("instanceType")
        accepted = frozenset({own}) if attribute in _SAME_CLASS else _TARGETS.get(attribute)
        target = study.index.instances.get(wanted)
        if target is None or accepted is None or target.get("instanceType") in accepted:
            continue
        yield Finding.of(
            WRONG_CLASS,
            where=f"{instance.get('id')}.{attribute}",
            message=f"{name_instance(instance)} refers to {name_instance(target)}.",
            evidence=f"{target.get('instanceType')}; accepted: {', '.join(sorted(map(str, accepted)))}",
            remedy=f"Name an instance of an accepted class in {attribute}.",
        )


def texts(study: Study) -> Iterator[tuple[str, str, str | None]]:
    """Path, HTML and dictionary identifier of each text that may hold references."""
    for item in study.current.eligibility_criterion_items:
        yield f"{item.id}.text", item.text, item.dictionary_id
    for objective in study.design.objectives:
        yield f"{objective.id}.text", objective.text, objective.dictionary_id
        for endpoint in objective.endpoints:
            yield f"{endpoint.id}.text", endpoint.text, endpoint.dictionary_id
    for estimand in study.design.estimands:
        for event in estimand.intercurrent_events:
            yield f"{event.id}.text", event.text, event.dictionary_id
    for condition in study.current.conditions:
        yield f"{condition.id}.text", condition.text, condition.dictionary_id
    for content in study.current.narrative_content_items:
        yield f"{content.id}.text", content.text, None


def reference_problems(study: Study) -> tuple[ReferenceProblem, ...]:
    """The references in texts that cannot be resolved, each once for each place."""
    resolver = TextResolver(study.index)
    for where, text, dictionary_id in texts(study):
        resolver.blocks(text, where=where, dictionary_id=dictionary_id)
    return tuple(dict.fromkeys(resolver.problems))


def check_text_references(study: Study) -> Iterator[Finding]:
    """One finding for each reference in a text that cannot be resolved."""
    for problem in reference_problems(study):
        yield Finding.of(
            UNRESOLVED_TEXT_REFERENCE,
            where=problem.where,
            message=problem.message,
            evidence=problem.evidence,
            remedy="Mend the reference in the text, or add what it refers to; until then it is shown in brackets.",
        )


CHECKS: dict[Rule, Callable[[Study], Iterator[Finding]]] = {
    DUPLICATE_ID: check_duplicate_ids,
    DANGLING_REFERENCE: check_dangling_references,
    WRONG_CLASS: check_reference_classes,
    UNRESOLVED_TEXT_REFERENCE: check_text_references,
}
