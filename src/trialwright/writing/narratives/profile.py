"""The profile of a patient: his doses, events and laboratory values as a figure."""

from __future__ import annotations

from trialwright.displays.model import Figure
from trialwright.displays.profile import DoseBar, EventBar, LabPanel, Profile, ProfileWords
from trialwright.inlines import plain_text
from trialwright.writing.narratives.measurements import abnormal_courses, test_label
from trialwright.writing.narratives.patient import Event
from trialwright.writing.narratives.telling import Teller
from trialwright.writing.narratives.text import followed_until, onset_of
from trialwright.writing.report import sentence_case

#: Rows and panels that a page has room for beside the text.
_MOST_EVENTS = 12
_MOST_PANELS = 4
_SEVERITIES = {"MILD": 1, "MODERATE": 2, "SEVERE": 3}
#: Days before the first dose that are drawn, at most.
_RUN_IN = 28


def profile_of(tell: Teller) -> Figure | None:
    """The figure; None if the day of the first dose is not known, since then there is no axis."""
    patient, say = tell.patient, tell.say
    if patient.day_one is None:
        return None
    events, more = _events(tell)
    panels = _panels(tell)
    doses = _doses(tell)
    marks = _marks(tell)
    bars: list[DoseBar | EventBar] = [*doses, *events]
    days = [day for bar in bars for day in (bar.start, bar.end) if day is not None]
    days += [day for panel in panels for day, _ in panel.points] + [day for day, _ in marks] + [1]
    first, last = max(min(days), -_RUN_IN), max(max(days), 7)
    words = ProfileWords(
        axis=say.text("narrative-profile-axis"),
        treatment=say.text("narrative-profile-treatment"),
        events=say.text("narrative-profile-events"),
        laboratory=say.text("narrative-profile-laboratory"),
        severities=(
            say.text("narrative-profile-unrated"),
            say.text("narrative-profile-mild"),
            say.text("narrative-profile-moderate"),
            say.text("narrative-profile-severe"),
        ),
        serious=say.text("narrative-profile-serious"),
        range=say.text("narrative-profile-range"),
        outside=say.text("narrative-profile-outside"),
        more=say.text("narrative-profile-more", count=more) if more else "",
    )
    profile = Profile(
        first=first,
        last=last,
        doses=tuple(bar for bar in doses if (bar.end or last) >= first),
        events=tuple(events),
        panels=tuple(panels),
        marks=tuple(marks),
        words=words,
    )
    return Figure(
        id=patient.subject,
        title=say.text("narrative-profile-title", subject=patient.subject),
        population="",
        kind="profile",
        profile=profile,
        alt_text=_alternative(tell, profile),
    )


def _doses(tell: Teller) -> list[DoseBar]:
    patient = tell.patient
    highest = max((one.record.number("EXDOSE") or 0.0 for one in patient.doses), default=0.0)
    bars = []
    for one in patient.doses:
        start = patient.day(one.start.earliest) if one.start else None
        if start is None:
            continue
        amount = one.record.number("EXDOSE") or 0.0
        bars.append(
            DoseBar(
                label="" if tell.plan.is_blinded else plain_text(tell.dose(one)).split(" once")[0],
                start=start,
                end=patient.day(one.end.latest) if one.end else None,
                height=1.0 if tell.plan.is_blinded or not highest else amount / highest,
            )
        )
    return bars


def _events(tell: Teller) -> tuple[list[EventBar], int]:
    """The bars by start, and how many events there is no room for: those told, serious and severe come first."""
    told = {event.record.key for event in tell.patient.index_events}
    dated = [event for event in tell.patient.events if event.start is not None]
    ranked = sorted(dated, key=lambda event: (event.record.key not in told, not event.is_serious, -_severity(event)))
    chosen = {event.record.key for event in ranked[:_MOST_EVENTS]}
    death = _day_of_death(tell)
    bars = []
    for event in dated:
        start = tell.patient.day(event.start.earliest) if event.start else None
        if start is None or event.record.key not in chosen:
            continue
        end = tell.patient.day(event.end.latest) if event.end else death
        bars.append(
            EventBar(
                label=sentence_case(event.record.text(event.term)),
                start=start,
                end=None if end is None else max(end, start),
                severity=_severity(event),
                is_serious=event.is_serious or event.is_fatal,
                is_told=event.record.key in told,
            )
        )
    return bars, len(dated) - len(bars)


def _severity(event: Event) -> int:
    return _SEVERITIES.get(event.record.text("AESEV").upper(), 0)


def _panels(tell: Teller) -> list[LabPanel]:
    patient = tell.patient
    dated = next((group for group in patient.groups if onset_of(group) is not None), ())
    onset = onset_of(dated) or patient.day_one
    if onset is None:
        return []
    panels = []
    for course in abnormal_courses(patient.laboratory, onset, followed_until(dated))[0][:_MOST_PANELS]:
        days = [(patient.day(one.day), one) for one in course.values]
        drawn = [(day, one) for day, one in days if day is not None and day >= -_RUN_IN]
        if not drawn:
            continue
        last = drawn[-1][1]
        label = test_label(last)
        panels.append(
            LabPanel(
                label=f"{label} ({last.unit})" if last.unit and len(label) + len(last.unit) < 25 else label,
                points=tuple((day, one.value) for day, one in drawn),
                outside=tuple(bool(one.flag) for _, one in drawn),
                low=last.low,
                high=last.high,
            )
        )
    return panels


def _marks(tell: Teller) -> list[tuple[int, str]]:
    patient = tell.patient
    marks = []
    if (death := _day_of_death(tell)) is not None:
        marks.append((death, tell.say.text("narrative-profile-death")))
    else:
        ends = [record for record in patient.dispositions if record.text("DSDECOD") not in ("", "COMPLETED")]
        when = ends[0].date("DSSTDTC") if ends else None
        if when is not None and when.is_complete and (day := patient.day(when.earliest)) is not None:
            marks.append((day, tell.say.text("narrative-profile-end")))
    return marks


def _day_of_death(tell: Teller) -> int | None:
    deaths = tell.patient.deaths
    return tell.patient.day(deaths[0][2].latest) if deaths else None


def _alternative(tell: Teller, profile: Profile) -> str:
    say = tell.say
    none = say.text("narrative-profile-none")

    def days(bar: DoseBar | EventBar) -> str:
        start = say.text("narrative-day", day=str(bar.start))
        return f"{bar.label} {start}" + ("" if bar.end is None else f"\N{EN DASH}{bar.end}")

    return say.text(
        "narrative-profile-alt",
        subject=tell.patient.subject,
        first=str(profile.first),
        last=str(profile.last),
        doses=", ".join(days(bar) for bar in profile.doses) or none,
        events=", ".join(days(bar) for bar in profile.events) or none,
        tests=", ".join(panel.label for panel in profile.panels) or none,
    )
