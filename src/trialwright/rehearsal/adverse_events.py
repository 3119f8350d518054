"""Adverse events as they would happen if nobody left, one row per event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from trialwright.rehearsal.outline import Flags, Floats, Ints, TrialOutline
from trialwright.rehearsal.scenario import AdverseEvents, AdverseEventTerm, Scenario
from trialwright.rehearsal.visits import Calendar

Severity: TypeAlias = Literal["MILD", "MODERATE", "SEVERE"]
SEVERITIES: tuple[Severity, ...] = ("MILD", "MODERATE", "SEVERE")
_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, eq=False, kw_only=True)
class Events:
    """Events, sorted by subject; one element per event.

    term         position in the scenario's terms; verbatim: position in the term's verbatim texts
    onset, end   days since 1970-01-01
    severity     position in `SEVERITIES`
    is_caused    by the drug
    withdraws    would end treatment, after `lag` days
    interrupts   would interrupt treatment
    relation, outlook   uniform in [0, 1): from them the investigator's judgement and the state at last contact follow
    frailty      per subject, not per event
    """

    subject: Ints
    term: Ints
    verbatim: Floats
    onset: Ints
    end: Ints
    severity: Ints
    is_caused: Flags
    is_serious: Flags
    withdraws: Flags
    interrupts: Flags
    is_treated: Flags
    lag: Ints
    relation: Floats
    outlook: Floats
    frailty: Floats


def arm_values(outline: TrialOutline, scenario: Scenario, values: Mapping[str, float]) -> Floats:
    """A value per arm of the outline, from a mapping of the scenario's arm names; 0 for arms it does not name."""
    keys = {id(assumption): key for key, assumption in scenario.arms.items()}
    return np.array([values.get(keys[id(arm.assumption)], 0.0) for arm in outline.arms])


def simulate_events(
    outline: TrialOutline,
    scenario: Scenario,
    assumptions: AdverseEvents,
    calendar: Calendar,
    arm: Ints,
    rng: np.random.Generator,
) -> Events:
    """Events of all subjects from consent to the last planned visit (screen failures: to the visit before day 1).

    Background events are a Poisson process from consent on; the drug's own are spread over treatment, evenly or early.
    """
    subjects = arm.size
    frailty = rng.gamma(assumptions.frailty_shape, 1 / assumptions.frailty_shape, subjects)
    last = np.where(arm >= 0, calendar.day[:, -1], calendar.first_dose - 1)
    treatment_end = calendar.day[:, outline.end_of_treatment]
    terms = assumptions.terms
    background = np.array([term.rate for term in terms])
    extra = np.array([arm_values(outline, scenario, term.rate_by_arm) for term in terms])
    exposure = np.maximum(last - calendar.day[:, 0], 0) / _DAYS_PER_YEAR
    treated = np.where(arm >= 0, treatment_end - calendar.first_dose, 0) / _DAYS_PER_YEAR
    own = np.where(arm >= 0, extra[:, arm], 0.0).T if terms else np.zeros((subjects, 0))
    background_counts = rng.poisson(frailty[:, None] * exposure[:, None] * background)
    extra_counts = rng.poisson(frailty[:, None] * treated[:, None] * own)

    subject_b, term_b = _expand(background_counts)
    subject_e, term_e = _expand(extra_counts)
    onset_b = calendar.day[subject_b, 0] + rng.random(subject_b.size) * (last - calendar.day[:, 0] + 1)[subject_b]
    onset_e = calendar.first_dose[subject_e] + _time_since_dose(
        rng.random(subject_e.size),
        np.array([np.inf if term.early_days is None else term.early_days for term in terms])[term_e],
        (treatment_end - calendar.first_dose)[subject_e],
    )
    subject = np.concatenate([subject_b, subject_e])
    order = np.lexsort((np.concatenate([onset_b, onset_e]), subject))
    return _describe(
        assumptions,
        subject=subject[order],
        term=np.concatenate([term_b, term_e])[order],
        onset=np.floor(np.concatenate([onset_b, onset_e])[order]).astype(np.int64),
        is_caused=(np.arange(subject.size) >= subject_b.size)[order],
        frailty=frailty,
        rng=rng,
    )


def _expand(counts: Ints) -> tuple[Ints, Ints]:
    """Subject and term of each event, from counts per subject and term."""
    subject, term = np.nonzero(counts)
    repeats = counts[subject, term]
    return np.repeat(subject, repeats), np.repeat(term, repeats)


def _time_since_dose(uniform: Floats, early_days: Floats, treatment_days: Ints) -> Floats:
    """Quantiles of the exponential distribution cut at the end of treatment; uniform for infinite `early_days`."""
    with np.errstate(invalid="ignore"):
        early = -early_days * np.log1p(uniform * np.expm1(-treatment_days / early_days))
    return np.where(np.isinf(early_days), uniform * treatment_days, early)


def _describe(
    assumptions: AdverseEvents,
    *,
    subject: Ints,
    term: Ints,
    onset: Ints,
    is_caused: Flags,
    frailty: Floats,
    rng: np.random.Generator,
) -> Events:
    """Severity, duration, seriousness and consequences of each event."""
    uniforms = rng.random((subject.size, 9))
    normals = rng.standard_normal(subject.size)

    def of_term(value: str) -> Floats:
        return np.array([getattr(one, value) for one in assumptions.terms], dtype=np.float64)[term]

    severe = of_term("severe")
    severity = np.where(uniforms[:, 0] < severe, 2, np.where(uniforms[:, 0] < severe + of_term("moderate"), 1, 0))
    duration = of_term("duration_days") * np.exp(assumptions.duration_sd * normals)
    is_serious = (severity == 2) & (uniforms[:, 1] < of_term("serious"))
    withdrawn = np.array([assumptions.withdrawn.get(one, 0.0) for one in SEVERITIES])
    interrupted = np.array([assumptions.interrupted.get(one, 0.0) for one in SEVERITIES])
    has_treatment = np.array([one.treatment is not None for one in assumptions.terms], dtype=np.bool_)
    return Events(
        subject=subject,
        term=term,
        verbatim=uniforms[:, 2],
        onset=onset,
        end=onset + np.floor(duration).astype(np.int64),
        severity=severity,
        is_caused=is_caused,
        is_serious=is_serious,
        withdraws=uniforms[:, 3] < withdrawn[severity],
        interrupts=uniforms[:, 4] < interrupted[severity],
        is_treated=(uniforms[:, 5] < assumptions.treated) & (has_treatment[term] if term.size else False),
        lag=np.floor(uniforms[:, 6] * 5).astype(np.int64),
        relation=uniforms[:, 7],
        outlook=uniforms[:, 8],
        frailty=frailty,
    )


def verbatim_text(term: AdverseEventTerm, uniform: float) -> str:
    """What the investigator writes for an event of this kind."""
    texts = (term.term, *term.verbatim)
    return texts[int(uniform * len(texts))]
