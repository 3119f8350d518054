"""Typed, frozen records of a USDM 4.0 study design, study version and study. See `trialwright.study.usdm`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trialwright.study.usdm import (
    Abbreviation,
    AdministrableProduct,
    AliasCode,
    Code,
    CommentAnnotation,
    Condition,
    Duration,
    EligibilityCriterionItem,
    GovernanceDate,
    NamedRecord,
    NarrativeContentItem,
    Organization,
    Quantity,
    Range,
    Record,
    ReferenceIdentifier,
    StudyAmendment,
    StudyDefinitionDocument,
    StudyIdentifier,
    StudyIntervention,
    StudyRole,
    StudyTitle,
    SyntaxTemplateDictionary,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyArm(NamedRecord):
    """An arm: `name` is its code, `label` its title."""

    type: Code
    data_origin_description: str
    data_origin_type: Code
    population_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEpoch(NamedRecord):
    """A period of the study that all arms go through."""

    type: Code
    previous_id: str | None = None
    next_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyCell(Record):
    """What happens to an arm in an epoch: elements, in order."""

    arm_id: str
    epoch_id: str
    element_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRule(NamedRecord):
    """What starts or ends an element or encounter."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyElement(NamedRecord):
    """A building block of an arm: a stretch of time with one treatment."""

    transition_start_rule: TransitionRule | None = None
    transition_end_rule: TransitionRule | None = None
    study_intervention_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter(NamedRecord):
    """A visit, call or other contact with a subject."""

    type: Code
    previous_id: str | None = None
    next_id: str | None = None
    scheduled_at_id: str | None = None
    environmental_settings: tuple[Code, ...] = ()
    contact_modes: tuple[Code, ...] = ()
    transition_start_rule: TransitionRule | None = None
    transition_end_rule: TransitionRule | None = None
    notes: tuple[CommentAnnotation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure(NamedRecord):
    """A procedure of an activity."""

    procedure_type: str
    code: Code
    study_intervention_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity(NamedRecord):
    """Something done at encounters. With `child_ids` it is a group, with `timeline_id` it has a timeline of its own."""

    previous_id: str | None = None
    next_id: str | None = None
    child_ids: tuple[str, ...] = ()
    defined_procedures: tuple[Procedure, ...] = ()
    biomedical_concept_ids: tuple[str, ...] = ()
    bc_category_ids: tuple[str, ...] = ()
    bc_surrogate_ids: tuple[str, ...] = ()
    timeline_id: str | None = None
    notes: tuple[CommentAnnotation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing(NamedRecord):
    """When an instance happens: `value` (ISO 8601) before or after another, or the fixed reference itself.

    window_lower, window_upper  ISO 8601, how much earlier and later is allowed
    """

    type: Code
    value: str
    value_label: str
    relative_to_from: Code
    relative_from_scheduled_instance_id: str
    relative_to_scheduled_instance_id: str | None = None
    window_lower: str | None = None
    window_upper: str | None = None
    window_label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledActivityInstance(NamedRecord):
    """A point of a timeline where activities are done."""

    default_condition_id: str | None = None
    epoch_id: str | None = None
    timeline_id: str | None = None
    timeline_exit_id: str | None = None
    activity_ids: tuple[str, ...] = ()
    encounter_id: str | None = None
    instance_type: Literal["ScheduledActivityInstance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionAssignment(Record):
    """Where a decision leads when its condition holds."""

    condition: str
    condition_target_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledDecisionInstance(NamedRecord):
    """A point of a timeline where the way parts."""

    default_condition_id: str | None = None
    epoch_id: str | None = None
    condition_assignments: tuple[ConditionAssignment, ...]
    instance_type: Literal["ScheduledDecisionInstance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTimelineExit(Record):
    """A way out of a timeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTimeline(NamedRecord):
    """Points in time and the activities done there; the main timeline is the schedule of activities."""

    main_timeline: bool
    entry_condition: str
    entry_id: str
    exits: tuple[ScheduleTimelineExit, ...] = ()
    timings: tuple[Timing, ...] = ()
    instances: tuple[ScheduledActivityInstance | ScheduledDecisionInstance, ...] = ()
    planned_duration: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(NamedRecord):
    """What is measured for an objective."""

    text: str
    dictionary_id: str | None = None
    purpose: str
    level: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective(NamedRecord):
    """What the study wants to know."""

    text: str
    dictionary_id: str | None = None
    level: Code
    endpoints: tuple[Endpoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IntercurrentEvent(NamedRecord):
    """An event after treatment initiation that affects interpretation, and the strategy for it (ICH E9(R1))."""

    text: str
    dictionary_id: str | None = None
    strategy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimand(NamedRecord):
    """The precise treatment effect of interest (ICH E9(R1)); `population_summary` is the population-level summary."""

    population_summary: str
    analysis_population_id: str
    intervention_ids: tuple[str, ...]
    variable_of_interest_id: str
    intercurrent_events: tuple[IntercurrentEvent, ...]
    notes: tuple[CommentAnnotation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisPopulation(NamedRecord):
    """The population that an estimand is about."""

    text: str
    subset_of_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Indication(NamedRecord):
    """The disease or condition under study."""

    codes: tuple[Code, ...] = ()
    is_rare_disease: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityCriterion(NamedRecord):
    """An inclusion or exclusion criterion; its text is in the item `criterion_item_id`."""

    category: Code
    identifier: str
    criterion_item_id: str
    next_id: str | None = None
    previous_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic(NamedRecord):
    """What sets a cohort apart."""

    text: str
    dictionary_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyCohort(NamedRecord):
    """A part of the population."""

    includes_healthy_subjects: bool
    planned_enrollment_number: Quantity | Range | None = None
    planned_completion_number: Quantity | Range | None = None
    planned_sex: tuple[Code, ...] = ()
    criterion_ids: tuple[str, ...] = ()
    planned_age: Range | None = None
    characteristics: tuple[Characteristic, ...] = ()
    indication_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyDesignPopulation(NamedRecord):
    """Who the study is done in, and how many are planned."""

    includes_healthy_subjects: bool
    planned_enrollment_number: Quantity | Range | None = None
    planned_completion_number: Quantity | Range | None = None
    planned_sex: tuple[Code, ...] = ()
    criterion_ids: tuple[str, ...] = ()
    planned_age: Range | None = None
    cohorts: tuple[StudyCohort, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyDesign(NamedRecord):
    """An interventional or observational study design."""

    study_type: Code | None = None
    study_phase: AliasCode | None = None
    therapeutic_areas: tuple[Code, ...] = ()
    characteristics: tuple[Code, ...] = ()
    encounters: tuple[Encounter, ...] = ()
    activities: tuple[Activity, ...] = ()
    arms: tuple[StudyArm, ...]
    study_cells: tuple[StudyCell, ...]
    rationale: str
    epochs: tuple[StudyEpoch, ...]
    elements: tuple[StudyElement, ...] = ()
    estimands: tuple[Estimand, ...] = ()
    indications: tuple[Indication, ...] = ()
    study_intervention_ids: tuple[str, ...] = ()
    objectives: tuple[Objective, ...] = ()
    population: StudyDesignPopulation
    schedule_timelines: tuple[ScheduleTimeline, ...] = ()
    document_version_ids: tuple[str, ...] = ()
    eligibility_criteria: tuple[EligibilityCriterion, ...]
    analysis_populations: tuple[AnalysisPopulation, ...] = ()
    sub_types: tuple[Code, ...] = ()
    model: Code
    intent_types: tuple[Code, ...] = ()
    blinding_schema: AliasCode | None = None
    instance_type: Literal["InterventionalStudyDesign", "ObservationalStudyDesign"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyVersion(Record):
    """A version of a study definition."""

    version_identifier: str
    rationale: str
    document_version_ids: tuple[str, ...] = ()
    date_values: tuple[GovernanceDate, ...] = ()
    amendments: tuple[StudyAmendment, ...] = ()
    business_therapeutic_areas: tuple[Code, ...] = ()
    study_identifiers: tuple[StudyIdentifier, ...]
    reference_identifiers: tuple[ReferenceIdentifier, ...] = ()
    study_designs: tuple[StudyDesign, ...] = ()
    titles: tuple[StudyTitle, ...]
    eligibility_criterion_items: tuple[EligibilityCriterionItem, ...] = ()
    narrative_content_items: tuple[NarrativeContentItem, ...] = ()
    abbreviations: tuple[Abbreviation, ...] = ()
    roles: tuple[StudyRole, ...] = ()
    organizations: tuple[Organization, ...] = ()
    study_interventions: tuple[StudyIntervention, ...] = ()
    administrable_products: tuple[AdministrableProduct, ...] = ()
    dictionaries: tuple[SyntaxTemplateDictionary, ...] = ()
    conditions: tuple[Condition, ...] = ()
    notes: tuple[CommentAnnotation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyDefinition:
    """The root of a study definition. `id` may be missing before a repository has given one."""

    __pydantic_config__ = Record.__pydantic_config__

    id: str | None = None
    name: str
    description: str | None = None
    label: str | None = None
    versions: tuple[StudyVersion, ...] = ()
    documented_by: tuple[StudyDefinitionDocument, ...] = ()
