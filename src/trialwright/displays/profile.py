"""What a patient's profile shows: doses, adverse events and laboratory values on one axis of study days."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseBar:
    """A period of dosing. height: of the dose, as a part of the patient's highest one; end: None if open."""

    label: str
    start: int
    end: int | None
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBar:
    """An adverse event. severity: 0 not rated, 1 mild, 2 moderate, 3 severe; is_told: the narrative is about it."""

    label: str
    start: int
    end: int | None
    severity: int
    is_serious: bool
    is_told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LabPanel:
    """The values of one test; `low` and `high` are the limits of its reference range on the last day."""

    label: str
    points: tuple[tuple[int, float], ...]
    outside: tuple[bool, ...]
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileWords:
    """The words of a profile, in the language of its document; `severities` as numbered in `EventBar`."""

    axis: str
    treatment: str
    events: str
    laboratory: str
    severities: tuple[str, str, str, str]
    serious: str
    range: str
    outside: str
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One patient's course.

    first, last  study days that the axis spans; there is no day 0
    marks        vertical lines: study day and words, such as the death
    """

    first: int
    last: int
    doses: tuple[DoseBar, ...]
    events: tuple[EventBar, ...]
    panels: tuple[LabPanel, ...]
    marks: tuple[tuple[int, str], ...]
    words: ProfileWords
