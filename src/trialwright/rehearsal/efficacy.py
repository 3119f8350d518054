"""The primary scale over time: a latent severity per subject, seen as items whose sum is the total."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialwright.rehearsal.distributions import truncated_normal
from trialwright.rehearsal.outline import Flags, Floats, Ints, TrialOutline
from trialwright.rehearsal.scenario import Efficacy
from trialwright.rehearsal.streams import Component, Streams
from trialwright.rehearsal.visits import Calendar


@dataclass(frozen=True, eq=False, kw_only=True)
class Course:
    """The scale's course as it would be seen if nobody left; each array is subjects x visits.

    effect    what the drug does to the subject's severity at the visit, points
    latent    severity, unrounded
    total     as rated
    expected  mean of the control arm at the visit's day, given the population's mean at baseline
    """

    effect: Floats
    latent: Floats
    total: Ints
    expected: Floats


def approach(weeks: Floats, time_constant: float, reference_week: float) -> Floats:
    """Exponential approach: 0 at week 0, 1 at `reference_week`."""
    return np.asarray(np.expm1(-weeks / time_constant) / np.expm1(-reference_week / time_constant), dtype=np.float64)


def simulate_course(
    outline: TrialOutline, efficacy: Efficacy, calendar: Calendar, arm: Ints, low_severity: Flags, streams: Streams
) -> Course:
    """The course of every subject; `arm` is -1 for screen failures.

    low_severity  subjects whose score at screening lies below the minimum, which is why they fail screening
    """
    rng = streams.of(Component.EFFICACY)
    subjects, visits = calendar.day.shape
    uniforms = rng.random((subjects, 2))
    subject_normals = rng.standard_normal(subjects)
    innovations = rng.standard_normal((subjects, visits))
    screening_normals = rng.standard_normal((subjects, visits))

    weeks = np.maximum(calendar.day - calendar.first_dose[:, None], 0) / 7
    baseline = truncated_normal(
        uniforms[:, 0],
        efficacy.baseline_mean,
        efficacy.baseline_sd,
        efficacy.minimum_at_screening,
        efficacy.scale.maximum,
    )
    drug = _effect(outline, efficacy, arm, weeks)
    course = approach(weeks, efficacy.control_onset_weeks, efficacy.reference_week)
    trend = (
        efficacy.control_change
        + efficacy.baseline_slope * (baseline - efficacy.baseline_mean)
        + efficacy.subject_sd * subject_normals
    )
    residual = _residuals(efficacy, weeks, innovations)
    latent = baseline[:, None] + course * trend[:, None] + drug + residual

    before = np.arange(visits) < outline.randomization
    screening = np.clip(
        baseline[:, None] + efficacy.screening_sd * screening_normals,
        np.maximum(baseline / (1 + efficacy.screening_change), efficacy.minimum_at_screening)[:, None],
        (baseline / (1 - min(efficacy.screening_change, 0.99)))[:, None],
    )
    too_low = efficacy.minimum_at_screening - 1 - np.floor(uniforms[:, 1] * 8)
    screening = np.where(low_severity[:, None], too_low[:, None], screening)
    latent = np.where(before, screening, latent)
    latent[:, outline.randomization] = baseline
    return Course(
        effect=drug,
        latent=latent,
        total=np.clip(np.rint(latent), 0, efficacy.scale.maximum).astype(np.int64),
        expected=efficacy.baseline_mean + course * efficacy.control_change,
    )


def _effect(outline: TrialOutline, efficacy: Efficacy, arm: Ints, weeks: Floats) -> Floats:
    drug = np.zeros(weeks.shape)
    for position, one in enumerate(outline.arms):
        members = arm == position
        assumption = one.assumption
        drug[members] = assumption.effect * approach(weeks[members], assumption.onset_weeks, efficacy.reference_week)
    return drug


def _residuals(efficacy: Efficacy, weeks: Floats, innovations: Floats) -> Floats:
    """A stationary AR(1) process in continuous time, seen at `weeks`."""
    residual = np.empty_like(innovations)
    residual[:, 0] = innovations[:, 0]
    for visit in range(1, weeks.shape[1]):
        correlation = efficacy.residual_correlation ** (weeks[:, visit] - weeks[:, visit - 1])
        residual[:, visit] = correlation * residual[:, visit - 1] + np.sqrt(1 - correlation**2) * innovations[:, visit]
    return efficacy.residual_sd * residual


def simulate_items(efficacy: Efficacy, total: Ints, is_eligibility: Flags, rng: np.random.Generator) -> Ints:
    """Item scores, subjects x visits x items, whose sum is `total` (subjects x visits).

    is_eligibility  subjects x visits at which the items have at least the minimum that eligibility asks for

    A graded response model given the total: item j reaches score k if its propensity exceeds the step k by more than a
    threshold, and the threshold is the one that makes the sum right. Source of the model: Samejima F. Psychometrika
    Monograph Supplement 17, 1969.
    """
    scale = efficacy.scale
    subjects, visits = total.shape
    items, top = len(scale.items), len(scale.levels) - 1
    prominence = np.array([item.prominence for item in scale.items])
    own = rng.standard_normal((subjects, 1, items)) * efficacy.item_sd
    passing = rng.standard_normal((subjects, visits, items)) * efficacy.item_noise_sd
    propensity = prominence + own + passing
    steps = 1.5 * (np.arange(top) - (top - 1) / 2)
    is_asked = np.arange(top) < np.array([[item.minimum] for item in scale.items])
    priority = propensity[..., None] - steps + np.where(is_eligibility[..., None, None] & is_asked, 100.0, 0.0)
    priority = priority.reshape(subjects, visits, items * top)
    rank = np.argsort(np.argsort(-priority, axis=-1, kind="stable"), axis=-1, kind="stable")
    reached = rank < total[..., None]
    return np.asarray(reached.reshape(subjects, visits, items, top).sum(axis=-1), dtype=np.int64)
