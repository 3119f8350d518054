"""The study: its tree, its typed records, and the way through them."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from trialwright.errors import StudyError
from trialwright.inlines import FactRef
from trialwright.study import usdm, usdm_design, views
from trialwright.study.chains import in_chain_order
from trialwright.study.facts import TextResolver, TreeIndex, replace_value
from trialwright.study.narrative import NARRATIVE_KEYS, document_sections, find_by_title, normal_number
from trialwright.study.prose import Inlines, TextBlock
from trialwright.study.reading import check_wrapper, parse_definition
from trialwright.study.resolving import (
    build_criteria,
    build_doses,
    build_estimands,
    build_objectives,
    find_record,
    named_paths,
)
from trialwright.study.schedule import build_schedule, build_visits
from trialwright.study.usdm import Record

R = TypeVar("R", bound=Record)

_TITLES = {
    "acronym": ("C94108",),
    "brief_title": ("C99905x1", "C207615"),
    "official_title": ("C99905x2", "C207616"),
    "public_title": ("C99905x3", "C207617"),
    "scientific_title": ("C99905x4", "C207618"),
}
_SPONSOR_ROLES = frozenset({"C70793"})
_INCLUSION = "C25532"


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A study definition, USDM 4.0. Immutable: `with_fact` gives a changed copy.

    It holds the tree as it was read, so that writing loses nothing, and typed records of the parts that are used.
    Navigation looks at the first version and its first study design.

    source  where it was read from, for messages
    """

    tree: Mapping[str, Any] = field(repr=False)
    definition: usdm_design.StudyDefinition = field(repr=False)
    source: str

    @classmethod
    def of(cls, tree: Mapping[str, Any], *, source: str = "the study definition") -> Study:
        """The study of a USDM wrapper's JSON tree, which is copied. Raises StudyError when it does not fit USDM 4."""
        check_wrapper(tree, source)
        own = copy.deepcopy(dict(tree))
        return cls(tree=own, definition=parse_definition(own, source), source=source)

    def to_json(self) -> dict[str, Any]:
        """A copy of the whole tree, as written to a file."""
        return copy.deepcopy(dict(self.tree))

    # The parts

    @property
    def current(self) -> usdm_design.StudyVersion:
        """The version that navigation looks at: the first."""
        return self.definition.versions[0]

    @property
    def design(self) -> usdm_design.StudyDesign:
        """The study design that navigation looks at: the first."""
        return self.current.study_designs[0]

    @property
    def id(self) -> str:
        """The identifier, or the name where no repository has given one."""
        return self.definition.id or self.definition.name

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def version(self) -> str:
        """The version's identifier."""
        return self.current.version_identifier

    @property
    def rationale(self) -> str:
        """Why the study is done, in words."""
        return self.shown(f"{self.current.id}.rationale")

    @property
    def titles(self) -> tuple[usdm.StudyTitle, ...]:
        return self.current.titles

    def title(self, kind: str) -> usdm.StudyTitle | None:
        """The title of a kind: "acronym", "brief_title", "official_title", "public_title", "scientific_title"."""
        codes = _TITLES[kind]
        words = kind.removesuffix("_title")
        for title in self.titles:
            if title.type.code in codes or words in title.type.decode.lower().split():
                return title
        return None

    @property
    def acronym(self) -> str:
        """The acronym, empty when there is none."""
        return self._title_text("acronym")

    @property
    def brief_title(self) -> str:
        """The brief title, else the official one."""
        return self._title_text("brief_title") or self._title_text("official_title")

    @property
    def official_title(self) -> str:
        """The official title, else the first there is, else the study's name."""
        return self._title_text("official_title") or (self.titles[0].text if self.titles else self.name)

    def _title_text(self, kind: str) -> str:
        title = self.title(kind)
        return self.shown(f"{title.id}.text") if title else ""

    @property
    def identifiers(self) -> tuple[usdm.StudyIdentifier, ...]:
        return self.current.study_identifiers

    @property
    def protocol_identifier(self) -> usdm.StudyIdentifier | None:
        """The identifier that the sponsor gave, else the first."""
        sponsor = self.sponsor_organization
        for identifier in self.identifiers:
            if sponsor is not None and identifier.scope_id == sponsor.id:
                return identifier
        return self.identifiers[0] if self.identifiers else None

    @property
    def protocol_id(self) -> str:
        """The sponsor's identifier of the protocol, else the study's name."""
        return self.protocol_identifier.text if self.protocol_identifier else self.name

    @property
    def organizations(self) -> tuple[usdm.Organization, ...]:
        return self.current.organizations

    def organization(self, organization_id: str) -> usdm.Organization:
        return self._named(self.organizations, organization_id, "organization")

    @property
    def sponsor_organization(self) -> usdm.Organization | None:
        """The organization in the role of sponsor, else the first whose type is sponsor; None when there is none."""
        in_role = {
            organization_id
            for role in self.roles
            if role.code.code in _SPONSOR_ROLES
            for organization_id in role.organization_ids
        }
        by_type = [found for found in self.organizations if found.type.code in _SPONSOR_ROLES]
        return next((found for found in self.organizations if found.id in in_role), by_type[0] if by_type else None)

    @property
    def sponsor(self) -> str:
        """The sponsor's name, empty when the definition names none."""
        return self.sponsor_organization.shown if self.sponsor_organization else ""

    @property
    def roles(self) -> tuple[usdm.StudyRole, ...]:
        return self.current.roles

    @property
    def phase(self) -> str:
        """The phase in words (`Phase II Trial`), empty when there is none."""
        return self.design.study_phase.standard_code.decode if self.design.study_phase else ""

    @property
    def blinding(self) -> str:
        """The blinding in words (`Double Blind Study`), empty when there is none."""
        return self.design.blinding_schema.standard_code.decode if self.design.blinding_schema else ""

    @property
    def model(self) -> str:
        """The intervention model in words (`Parallel Study`)."""
        return self.design.model.decode

    @property
    def dates(self) -> tuple[usdm.GovernanceDate, ...]:
        return self.current.date_values

    @property
    def abbreviations(self) -> tuple[usdm.Abbreviation, ...]:
        """In alphabetical order."""
        return tuple(sorted(self.current.abbreviations, key=lambda entry: entry.abbreviated_text.casefold()))

    @property
    def amendments(self) -> tuple[usdm.StudyAmendment, ...]:
        return self.current.amendments

    @property
    def indications(self) -> tuple[usdm_design.Indication, ...]:
        return self.design.indications

    @property
    def population(self) -> usdm_design.StudyDesignPopulation:
        return self.design.population

    @property
    def analysis_populations(self) -> tuple[usdm_design.AnalysisPopulation, ...]:
        return self.design.analysis_populations

    # Arms, epochs, cells, elements

    @property
    def arms(self) -> tuple[usdm_design.StudyArm, ...]:
        return self.design.arms

    @cached_property
    def epochs(self) -> tuple[usdm_design.StudyEpoch, ...]:
        """In the order of the study."""
        return in_chain_order(self.design.epochs)

    @property
    def cells(self) -> tuple[usdm_design.StudyCell, ...]:
        return self.design.study_cells

    @property
    def elements(self) -> tuple[usdm_design.StudyElement, ...]:
        return self.design.elements

    def arm(self, arm_id: str) -> usdm_design.StudyArm:
        return self._named(self.arms, arm_id, "arm")

    def epoch(self, epoch_id: str) -> usdm_design.StudyEpoch:
        return self._named(self.epochs, epoch_id, "epoch")

    def cell(self, arm: usdm_design.StudyArm, epoch: usdm_design.StudyEpoch) -> usdm_design.StudyCell:
        """What happens to `arm` in `epoch`. Raises StudyError when the design has no such cell."""
        for cell in self.cells:
            if cell.arm_id == arm.id and cell.epoch_id == epoch.id:
                return cell
        raise StudyError(
            f"{self.source} has no study cell for the arm {arm.shown!r} in the epoch {epoch.shown!r}. "
            "Add the cell with its elements."
        )

    def elements_of(self, cell: usdm_design.StudyCell) -> tuple[usdm_design.StudyElement, ...]:
        """The cell's elements, in order. Raises StudyError when one is missing."""
        return tuple(self._named(self.elements, element_id, "element") for element_id in cell.element_ids)

    # Interventions

    @property
    def interventions(self) -> tuple[usdm.StudyIntervention, ...]:
        """The interventions of the design; all of the version where the design names none."""
        wanted = self.design.study_intervention_ids
        if not wanted:
            return self.current.study_interventions
        return tuple(self.intervention(intervention_id) for intervention_id in wanted)

    def intervention(self, intervention_id: str) -> usdm.StudyIntervention:
        return self._named(self.current.study_interventions, intervention_id, "intervention")

    @property
    def products(self) -> tuple[usdm.AdministrableProduct, ...]:
        return self.current.administrable_products

    def doses(self) -> tuple[views.Dose, ...]:
        """Each administration of each intervention, with its product."""
        return build_doses(self)

    # Encounters, activities, schedule

    @cached_property
    def encounters(self) -> tuple[usdm_design.Encounter, ...]:
        """In the order of the study."""
        return in_chain_order(self.design.encounters)

    def encounter(self, encounter_id: str) -> usdm_design.Encounter:
        return self._named(self.encounters, encounter_id, "encounter")

    @cached_property
    def activities(self) -> tuple[usdm_design.Activity, ...]:
        """In the order of the schedule."""
        return in_chain_order(self.design.activities)

    def activity(self, activity_id: str) -> usdm_design.Activity:
        return self._named(self.activities, activity_id, "activity")

    @property
    def timelines(self) -> tuple[usdm_design.ScheduleTimeline, ...]:
        return self.design.schedule_timelines

    def timeline(self, timeline_id: str | None = None) -> usdm_design.ScheduleTimeline:
        """A timeline; without an identifier the main one. Raises StudyError when it is not there."""
        if timeline_id is not None:
            return self._named(self.timelines, timeline_id, "timeline")
        for timeline in self.timelines:
            if timeline.main_timeline:
                return timeline
        raise StudyError(f"{self.source} has no main timeline. Mark one timeline with mainTimeline true.")

    def visits(self, timeline_id: str | None = None) -> tuple[views.Visit, ...]:
        """The visits of a timeline (without an identifier: of the main one) in their order."""
        return build_visits(self, self.timeline(timeline_id))

    def schedule_of_activities(self, timeline_id: str | None = None) -> views.ScheduleOfActivities:
        """The matrix of activities and visits of a timeline (without an identifier: of the main one)."""
        return build_schedule(self, self.timeline(timeline_id))

    # Objectives, estimands, criteria

    @cached_property
    def objectives(self) -> tuple[views.Objective, ...]:
        """The objectives with their endpoints, as the definition orders them."""
        return build_objectives(self)

    @property
    def endpoints(self) -> tuple[views.Endpoint, ...]:
        """The endpoints of all objectives."""
        return tuple(endpoint for objective in self.objectives for endpoint in objective.endpoints)

    @cached_property
    def estimands(self) -> tuple[views.Estimand, ...]:
        """The estimands, resolved. Raises StudyError when one names a variable or population that is not there."""
        return build_estimands(self)

    @cached_property
    def criteria(self) -> tuple[views.Criterion, ...]:
        """All eligibility criteria with their texts, in the order of the definition."""
        return build_criteria(self)

    @property
    def inclusion_criteria(self) -> tuple[views.Criterion, ...]:
        return tuple(criterion for criterion in self.criteria if criterion.is_inclusion)

    @property
    def exclusion_criteria(self) -> tuple[views.Criterion, ...]:
        return tuple(criterion for criterion in self.criteria if not criterion.is_inclusion)

    # Narrative

    @cached_property
    def documents(self) -> tuple[tuple[views.NarrativeSection, ...], ...]:
        """The outermost sections of each document, of its first version."""
        items = {item.id: item for item in self.current.narrative_content_items}
        return tuple(
            document_sections(document.versions[0], items, self._resolver)
            for document in self.definition.documented_by
            if document.versions
        )

    def sections(self) -> Iterator[views.NarrativeSection]:
        """Every section of every document, in reading order."""
        for document in self.documents:
            for section in document:
                yield from section.walk()

    def section(self, number: str) -> views.NarrativeSection | None:
        """The first section with this number (`9.4.1`), or None."""
        wanted = normal_number(number)
        return next((section for section in self.sections() if section.number == wanted), None)

    def section_titled(self, words: str) -> views.NarrativeSection | None:
        """The first section with text whose title is, starts with, or holds `words`; or None."""
        return find_by_title(self.sections(), words)

    def narrative_section(self, key: str) -> views.NarrativeSection | None:
        """The section with text that speaks about `key`: one named so, else one titled as `NARRATIVE_KEYS` says."""
        for section in self.sections():
            if section.name == key and section.blocks:
                return section
        for title in NARRATIVE_KEYS.get(key, ()):
            if section_found := self.section_titled(title):
                return section_found
        return None

    def narrative(self, key: str) -> tuple[TextBlock, ...] | None:
        """The text about `key` (`introduction`, `blinding`, ...: `NARRATIVE_KEYS`), or None when there is none."""
        section = self.narrative_section(key)
        return section.blocks if section else None

    # Facts

    @cached_property
    def fact_paths(self) -> Mapping[str, str]:
        """The paths of facts that have a name of their own (`official_title`, `planned_enrollment`, ...)."""
        return named_paths(self)

    def fact(self, path: str) -> FactRef:
        """The fact at `path` (`Arm_2.name`) or of a name in `fact_paths` (`sponsor`), as shown.

        A code is shown as its decode, a quantity with its unit, a text without markup and with its references
        resolved. Raises FactError when the path leads to nothing.
        """
        path = self.fact_paths.get(path, path)
        return FactRef(path=path, shown=self.shown(path))

    def shown(self, path: str) -> str:
        """The words of the fact at `path`. Raises FactError when the path leads to nothing."""
        return self._resolver.shown(path)

    def value(self, path: str) -> Any:
        """The JSON value at `path`, a copy. Raises FactError when the path leads to nothing."""
        return copy.deepcopy(self.index.value(path))

    def with_fact(self, path: str, value: Any) -> Study:
        """A study in which the attribute at `path` has another JSON value; nothing else changes.

        `value` may be anything JSON holds, so that a list of arms can be replaced as well as a number. An optional
        attribute that the instance lacks is added. Raises FactError when the path leads to nothing, StudyError when
        the changed definition does not fit USDM 4.
        """
        tree = self.to_json()
        replace_value(tree, path, copy.deepcopy(value))
        return Study.of(tree, source=self.source)

    def blocks(self, html: str, *, where: str, dictionary_id: str | None = None) -> tuple[TextBlock, ...]:
        """The blocks of an HTML text of the definition; `where` is its path."""
        return self._resolver.blocks(html, where=where, dictionary_id=dictionary_id)

    def inlines(self, html: str, *, where: str, dictionary_id: str | None = None) -> Inlines:
        """The inlines of an HTML text of the definition; `where` is its path."""
        return self._resolver.inlines(html, where=where, dictionary_id=dictionary_id)

    @cached_property
    def index(self) -> TreeIndex:
        """The instances of the tree by identifier. For reading only."""
        return TreeIndex.of(self.tree)

    @cached_property
    def _resolver(self) -> TextResolver:
        return TextResolver(self.index)

    def _named(self, records: Iterable[R], wanted: str, kind: str) -> R:
        return find_record(records, wanted, kind, self.source)
