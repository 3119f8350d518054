"""What navigation answers with: records with their references resolved and their texts as inlines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialwright.study.prose import Inlines, TextBlock
from trialwright.study.usdm import AdministrableProduct, Code, StudyIntervention
from trialwright.study.usdm_design import (
    Activity,
    AnalysisPopulation,
    Encounter,
    StudyEpoch,
    Timing,
)

LEVELS = {
    "C85826": "primary",
    "C85827": "secondary",
    "C163559": "exploratory",
    "C94496": "primary",
    "C139173": "secondary",
    "C170559": "exploratory",
}


def level_of(code: Code) -> str:
    """ "primary", "secondary" or "exploratory"; for an unknown code its decode in small letters."""
    return LEVELS.get(code.code, code.decode.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint. level: "primary", "secondary" or "exploratory"."""

    id: str
    name: str
    label: str
    description: str
    text: Inlines
    purpose: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """An objective with its endpoints. level: "primary", "secondary" or "exploratory"."""

    id: str
    name: str
    label: str
    description: str
    text: Inlines
    level: str
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntercurrentEvent:
    """An intercurrent event and the strategy for it, in the words of the definition."""

    id: str
    name: str
    label: str
    description: str
    text: Inlines
    strategy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimand:
    """An estimand with the five attributes of ICH E9(R1).

    treatment           the interventions compared
    population          who it is about
    variable            the endpoint
    population_summary  the population-level summary, in words
    """

    id: str
    name: str
    label: str
    description: str
    treatment: tuple[StudyIntervention, ...]
    population: AnalysisPopulation
    variable: Endpoint
    intercurrent_events: tuple[IntercurrentEvent, ...]
    population_summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """An eligibility criterion. `id` is the criterion's, `item_id` that of its text."""

    id: str
    item_id: str
    identifier: str
    name: str
    label: str
    inlines: Inlines
    blocks: tuple[TextBlock, ...]
    is_inclusion: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """An administration of an intervention, with what is known of the product.

    route, frequency  decodes, empty where the definition has none
    dose              as shown: `30 mg`
    """

    id: str
    name: str
    label: str
    description: str
    intervention: StudyIntervention
    dose: str
    route: str
    frequency: str
    duration: str
    product: AdministrableProduct | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A point of a timeline: the encounter and what is done there.

    number              position in the schedule, from 1
    encounter, epoch    None where the definition has none
    label               the encounter's label; for a further contact under the same encounter, the timing's
    day                 nominal study day (no day 0); None without a timing
    offset_days         days from the fixed reference (day 1 is 0.0); None without a timing
    window_before_days  how much earlier the visit may be; None where no window is given
    window_after_days   how much later
    activities          in the order of the schedule
    instance_ids        the timeline's instances that make up the visit
    """

    number: int
    label: str
    encounter: Encounter | None
    epoch: StudyEpoch | None
    day: int | None
    offset_days: float | None
    window_before_days: float | None
    window_after_days: float | None
    window_label: str
    timing: Timing | None
    activities: tuple[Activity, ...]
    instance_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleNote:
    """A condition on an activity, a footnote of the schedule.

    activity_ids    the activities it applies to
    visit_numbers   the visits it applies to; empty for all
    """

    id: str
    text: Inlines
    activity_ids: tuple[str, ...]
    visit_numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleOfActivities:
    """The matrix of activities (rows) and visits (columns).

    rows    each activity with one mark for each visit; a group stands before its children and has no marks of its own
    levels  nesting of each row, 0 = outermost
    """

    visits: tuple[Visit, ...]
    rows: tuple[tuple[Activity, tuple[bool, ...]], ...]
    levels: tuple[int, ...]
    notes: tuple[ScheduleNote, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrativeSection:
    """A section of a document of the study.

    path    where its text stands: `NarrativeContentItem_3.text`, empty for a section without text
    number  as the document writes it, without a closing dot
    level   depth in the document, 1 = outermost
    """

    id: str
    name: str
    number: str
    title: str
    level: int
    path: str
    blocks: tuple[TextBlock, ...]
    children: tuple[NarrativeSection, ...] = ()

    def walk(self) -> Iterator[NarrativeSection]:
        """This section and all below it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()
