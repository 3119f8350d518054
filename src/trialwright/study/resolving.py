"""Records of the definition turned into what navigation answers with: references followed, texts as inlines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from trialwright.errors import StudyError
from trialwright.study import usdm, usdm_design, views
from trialwright.study.usdm import NamedRecord, Record

if TYPE_CHECKING:
    from trialwright.study.study import Study

R = TypeVar("R", bound=Record)

_INCLUSION = "C25532"


def find_record(records: Iterable[R], wanted: str, kind: str, source: str, *, asked_by: str = "an instance") -> R:
    """The record with the identifier `wanted`. Raises StudyError when there is none: the reference is dangling."""
    for record in records:
        if record.id == wanted:
            return record
    raise StudyError(
        f"{source}: {asked_by} refers to the {kind} {wanted!r}, which is not there. "
        "Add it or mend the reference; `check_study` lists every such place."
    )


def _words(record: NamedRecord) -> dict[str, str]:
    return {
        "id": record.id,
        "name": record.name,
        "label": record.shown,
        "description": record.description or "",
    }


def build_objectives(study: Study) -> tuple[views.Objective, ...]:
    """The design's objectives with their endpoints."""
    return tuple(
        views.Objective(
            **_words(objective),
            level=views.level_of(objective.level),
            text=study.inlines(objective.text, where=f"{objective.id}.text", dictionary_id=objective.dictionary_id),
            endpoints=tuple(_endpoint(study, endpoint) for endpoint in objective.endpoints),
        )
        for objective in study.design.objectives
    )


def _endpoint(study: Study, endpoint: usdm_design.Endpoint) -> views.Endpoint:
    return views.Endpoint(
        **_words(endpoint),
        level=views.level_of(endpoint.level),
        purpose=endpoint.purpose,
        text=study.inlines(endpoint.text, where=f"{endpoint.id}.text", dictionary_id=endpoint.dictionary_id),
    )


def build_estimands(study: Study) -> tuple[views.Estimand, ...]:
    """The design's estimands, resolved. Raises StudyError on a dangling reference."""
    return tuple(_estimand(study, estimand) for estimand in study.design.estimands)


def _estimand(study: Study, estimand: usdm_design.Estimand) -> views.Estimand:
    endpoints = {endpoint.id: endpoint for endpoint in study.endpoints}
    asked_by = f"the estimand {estimand.name}"
    if estimand.variable_of_interest_id not in endpoints:
        find_record((), estimand.variable_of_interest_id, "endpoint", study.source, asked_by=asked_by)
    return views.Estimand(
        **_words(estimand),
        treatment=tuple(
            find_record(study.current.study_interventions, wanted, "intervention", study.source, asked_by=asked_by)
            for wanted in estimand.intervention_ids
        ),
        population=find_record(
            study.analysis_populations,
            estimand.analysis_population_id,
            "analysis population",
            study.source,
            asked_by=asked_by,
        ),
        variable=endpoints[estimand.variable_of_interest_id],
        population_summary=study.shown(f"{estimand.id}.populationSummary"),
        intercurrent_events=tuple(_intercurrent_event(study, event) for event in estimand.intercurrent_events),
    )


def _intercurrent_event(study: Study, event: usdm_design.IntercurrentEvent) -> views.IntercurrentEvent:
    return views.IntercurrentEvent(
        **_words(event),
        text=study.inlines(event.text, where=f"{event.id}.text", dictionary_id=event.dictionary_id),
        strategy=study.shown(f"{event.id}.strategy"),
    )


def build_criteria(study: Study) -> tuple[views.Criterion, ...]:
    """The design's eligibility criteria. Raises StudyError when one has no text."""
    return tuple(_criterion(study, criterion) for criterion in study.design.eligibility_criteria)


def _criterion(study: Study, criterion: usdm_design.EligibilityCriterion) -> views.Criterion:
    item = find_record(
        study.current.eligibility_criterion_items,
        criterion.criterion_item_id,
        "criterion text",
        study.source,
        asked_by=f"the criterion {criterion.name}",
    )
    where = f"{item.id}.text"
    return views.Criterion(
        id=criterion.id,
        item_id=item.id,
        identifier=criterion.identifier,
        name=criterion.name,
        label=criterion.shown,
        inlines=study.inlines(item.text, where=where, dictionary_id=item.dictionary_id),
        blocks=study.blocks(item.text, where=where, dictionary_id=item.dictionary_id),
        is_inclusion=criterion.category.code == _INCLUSION,
    )


def build_doses(study: Study) -> tuple[views.Dose, ...]:
    """Each administration of each intervention of the design."""
    products = {product.id: product for product in study.products}
    return tuple(
        views.Dose(
            **_words(given),
            intervention=intervention,
            dose=study.shown(f"{given.id}.dose") if given.dose else "",
            route=_decode(given.route),
            frequency=_decode(given.frequency),
            duration=study.shown(f"{given.id}.duration"),
            product=products.get(given.administrable_product_id or ""),
        )
        for intervention in study.interventions
        for given in intervention.administrations
    )


def _decode(code: usdm.AliasCode | None) -> str:
    return code.standard_code.decode if code else ""


def named_paths(study: Study) -> Mapping[str, str]:
    """Paths of facts that a document quotes often; only those that the definition has."""
    design, population = study.design, study.design.population
    paths: dict[str, str] = {
        "version": f"{study.current.id}.versionIdentifier",
        "rationale": f"{study.current.id}.rationale",
        "design_rationale": f"{design.id}.rationale",
        "model": f"{design.id}.model",
        "population": f"{population.id}.description",
    }
    for kind in ("acronym", "brief_title", "official_title", "public_title", "scientific_title"):
        if title := study.title(kind):
            paths[kind] = f"{title.id}.text"
    if identifier := study.protocol_identifier:
        paths["protocol_id"] = f"{identifier.id}.text"
    if sponsor := study.sponsor_organization:
        paths["sponsor"] = f"{sponsor.id}.{'label' if (sponsor.label or '').strip() else 'name'}"
    if design.study_phase:
        paths["phase"] = f"{design.id}.studyPhase"
    if design.blinding_schema:
        paths["blinding"] = f"{design.id}.blindingSchema"
    if design.indications:
        indication = design.indications[0]
        paths["indication"] = f"{indication.id}.{'label' if (indication.label or '').strip() else 'name'}"
    if population.planned_enrollment_number:
        paths["planned_enrollment"] = f"{population.id}.plannedEnrollmentNumber"
    if population.planned_completion_number:
        paths["planned_completion"] = f"{population.id}.plannedCompletionNumber"
    if population.planned_age:
        paths["planned_age"] = f"{population.id}.plannedAge"
    if population.planned_sex:
        paths["planned_sex"] = f"{population.id}.plannedSex"
    return paths
