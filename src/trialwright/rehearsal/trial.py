"""One virtual trial: the models run in their order of cause and effect."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trialwright.rehearsal.adverse_events import Events, simulate_events
from trialwright.rehearsal.deviations import Departures, joined, simulate_departures
from trialwright.rehearsal.dosing import simulate_intake
from trialwright.rehearsal.dropout import DEATH, Outcomes, simulate_outcomes
from trialwright.rehearsal.efficacy import Course, simulate_course, simulate_items
from trialwright.rehearsal.enrollment import Screened, simulate_screening, simulate_sites
from trialwright.rehearsal.history import History, Medications, simulate_history, simulate_medications
from trialwright.rehearsal.measurements import simulate_laboratory, simulate_vital_signs
from trialwright.rehearsal.outline import Flags, Floats, Ints, TrialOutline
from trialwright.rehearsal.population import People, simulate_people
from trialwright.rehearsal.randomization import simulate_allocation
from trialwright.rehearsal.scenario import Country, Scenario
from trialwright.rehearsal.streams import Component, Streams
from trialwright.rehearsal.unscheduled import Unscheduled, simulate_unscheduled
from trialwright.rehearsal.visits import Calendar, simulate_calendar


@dataclass(frozen=True, eq=False, kw_only=True)
class Trial:
    """Everything that happened, and what would have happened had nobody left.

    Arrays have one element per subject, in order of consent, or begin with that axis.

    arm         position in the outline's arms, -1 for screen failures
    unscheduled   visits beside the planned ones
    intake      whether a dose was taken, subjects x days from the first dose
    laboratory  values and the uniforms that decide what is not done; vital_signs: values
    """

    outline: TrialOutline
    scenario: Scenario
    screened: Screened
    people: People
    calendar: Calendar
    arm: Ints
    course: Course | None
    items: Ints | None
    events: Events | None
    outcomes: Outcomes
    intake: Flags
    laboratory: tuple[Floats, Floats] | None
    vital_signs: Floats | None
    history: History | None
    medications: Medications
    departures: Departures | None
    unscheduled: Unscheduled

    @cached_property
    def attended(self) -> Flags:
        """Visits that happened, subjects x visits."""
        day, outcomes = self.calendar.day, self.outcomes
        limit = np.where(outcomes.is_dead, outcomes.last_contact - 1, outcomes.last_contact)
        before = np.arange(day.shape[1]) < self.outline.randomization
        # Who fails screening has the visits before randomisation, at least the one at which they consented.
        before[0] = True
        return ~self.calendar.missed & (day <= limit[:, None]) & ((self.arm >= 0)[:, None] | before)

    @cached_property
    def reported(self) -> Flags:
        """Adverse events that began while the subject was in the study."""
        if self.events is None:
            return np.zeros(0, dtype=np.bool_)
        return _reported(self.events, self.outcomes)

    @cached_property
    def countries(self) -> list[Country]:
        """The country of each subject."""
        sites = self.screened.sites
        return [self.scenario.enrollment.countries[sites.country[site]] for site in self.screened.site]


def _reported(events: Events, outcomes: Outcomes) -> Flags:
    return events.onset <= outcomes.last_contact[events.subject]


def simulate(outline: TrialOutline, scenario: Scenario, streams: Streams) -> Trial:
    """One virtual trial."""
    screened = simulate_screening(outline, scenario, simulate_sites(scenario, streams), streams)
    countries = [scenario.enrollment.countries[screened.sites.country[site]] for site in screened.site]
    people = simulate_people(
        scenario.population, [country.region for country in countries], streams.of(Component.POPULATION)
    )
    calendar = simulate_calendar(outline, scenario.visits, screened.consent, streams.of(Component.VISITS))
    arm = _allocate(outline, scenario, screened, calendar, [country.region for country in countries], streams)

    efficacy, course, items = scenario.efficacy, None, None
    if efficacy is not None:
        failure = scenario.screen_failure
        is_low = [reason.is_low_severity for reason in failure.reasons] if failure is not None else []
        low = np.array([reason >= 0 and bool(is_low) and is_low[reason] for reason in screened.reason])
        course = simulate_course(outline, efficacy, calendar, arm, low, streams)
        eligibility = (arm >= 0)[:, None] & (np.arange(calendar.day.shape[1]) <= outline.randomization)
        items = simulate_items(efficacy, course.total, eligibility, streams.of(Component.ITEMS))

    events = None
    if scenario.adverse_events is not None:
        rng = streams.of(Component.ADVERSE_EVENTS)
        events = simulate_events(outline, scenario, scenario.adverse_events, calendar, arm, rng)
    outcomes = simulate_outcomes(
        outline, scenario.dropout, calendar, arm, events, course, streams.of(Component.DROPOUT)
    )
    history = None
    if scenario.medical_history is not None:
        history = simulate_history(
            scenario.medical_history,
            people,
            scenario.population.age_mean,
            screened.consent,
            streams.of(Component.MEDICAL_HISTORY),
        )
    medications = simulate_medications(
        scenario.medical_history,
        history,
        scenario.adverse_events.terms if scenario.adverse_events is not None else (),
        events,
        _reported(events, outcomes) if events is not None else np.zeros(0, dtype=np.bool_),
        outcomes.last_contact,
        streams.of(Component.MEDICATION),
    )
    departures = None
    if scenario.deviations is not None:
        departures = simulate_departures(
            scenario.deviations,
            len(outline.visits),
            calendar.first_dose,
            arm >= 0,
            outcomes.last_dose_day,
            outcomes.is_treated,
            streams.of(Component.DEVIATIONS),
        )
        medications = joined(medications, departures.medications)
    chance = scenario.visits.unscheduled if scenario.visits is not None else 0.0
    laboratory, vital_signs = scenario.laboratory, scenario.vital_signs
    return Trial(
        outline=outline,
        scenario=scenario,
        screened=screened,
        people=people,
        calendar=calendar,
        arm=arm,
        course=course,
        items=items,
        events=events,
        outcomes=outcomes,
        intake=_intake(outline, scenario, calendar, events, outcomes, streams),
        laboratory=None
        if laboratory is None
        else simulate_laboratory(
            outline, scenario, laboratory, calendar, arm, people, streams.of(Component.LABORATORY)
        ),
        vital_signs=None
        if vital_signs is None
        else simulate_vital_signs(
            outline, scenario, vital_signs, calendar, arm, people, streams.of(Component.VITAL_SIGNS)
        ),
        history=history,
        medications=medications,
        departures=departures,
        unscheduled=simulate_unscheduled(
            chance, calendar, events, outcomes.last_contact, streams.of(Component.UNSCHEDULED_VISITS)
        ),
    )


def _allocate(
    outline: TrialOutline,
    scenario: Scenario,
    screened: Screened,
    calendar: Calendar,
    region: list[str],
    streams: Streams,
) -> Ints:
    """The arm of each subject, -1 for screen failures; lists are used up in the order of randomisation."""
    regions = list(dict.fromkeys(country.region for country in scenario.enrollment.countries))
    stratum = np.array([regions.index(one) for one in region], dtype=np.int64)
    order = np.argsort(calendar.first_dose, kind="stable")
    order = order[screened.passes[order]]
    arm = np.full(stratum.size, -1, dtype=np.int64)
    arm[order] = simulate_allocation(
        stratum[order],
        tuple(one.assumption.ratio for one in outline.arms),
        scenario.block_sizes,
        streams.of(Component.RANDOMIZATION),
    )
    return arm


def interrupting(events: Events, outcomes: Outcomes, first_dose: Ints) -> Flags:
    """Events that interrupt treatment: they begin on it, not on its last day, and do not end it."""
    subject = events.subject
    is_cause = np.isin(np.arange(subject.size), outcomes.cause_event)
    on_treatment = (events.onset >= first_dose[subject]) & (events.onset < outcomes.last_dose_day[subject])
    return events.interrupts & on_treatment & ~is_cause & outcomes.is_treated[subject]


def _intake(
    outline: TrialOutline,
    scenario: Scenario,
    calendar: Calendar,
    events: Events | None,
    outcomes: Outcomes,
    streams: Streams,
) -> Flags:
    none = np.zeros(0, dtype=np.int64)
    interruptions = (none, none, none)
    if events is not None:
        which = interrupting(events, outcomes, calendar.first_dose)
        interruptions = (events.subject[which], events.onset[which], events.end[which])
    return simulate_intake(
        scenario.dosing,
        calendar.first_dose,
        np.where(outcomes.is_treated, outcomes.last_dose_day, calendar.first_dose - 1),
        interruptions,
        int(outline.offsets[outline.end_of_treatment]),
        streams.of(Component.DOSING),
    )


def fatal_terms(trial: Trial) -> list[tuple[int, str, str]]:
    """For each subject who died: the subject, the term and the body system that the death is reported as."""
    dead = np.flatnonzero(trial.outcomes.is_dead)
    terms = list(trial.scenario.dropout.fatal_terms.items()) if trial.scenario.dropout is not None else []
    terms = terms or [(DEATH, "GENERAL DISORDERS")]
    return [(int(subject), *terms[place % len(terms)]) for place, subject in enumerate(dead)]
