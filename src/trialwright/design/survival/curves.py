"""Both arms of each stratum on a grid of times since randomization, for integrals over them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trialwright.design.survival.average_hazard_ratio import common_starts
from trialwright.design.survival.hazards import PiecewiseHazards
from trialwright.design.survival.trial import Stratum, SurvivalTrial

Vector = NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmCurves:
    """Of one arm, at each node: hazard, survival, and the share of the arm that is at risk at the analysis's data."""

    hazard: Vector
    survival: Vector
    at_risk: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumCurves:
    """Gauss-Legendre nodes `times` with their `weights` between all times at which a hazard or the accrual changes.

    share   of subjects in the experimental arm; shares and densities are per subject of the stratum
    """

    stratum: Stratum
    times: Vector
    weights: Vector
    control: ArmCurves
    experimental: ArmCurves
    share: float

    @property
    def at_risk(self) -> Vector:
        """Of all subjects."""
        return (1 - self.share) * self.control.at_risk + self.share * self.experimental.at_risk

    @property
    def risk_product(self) -> Vector:
        """Product of the shares at risk of the two arms, over those at risk: p0 p1 / (p0 + p1)."""
        control, treated = (1 - self.share) * self.control.at_risk, self.share * self.experimental.at_risk
        return control * treated / (control + treated)

    @property
    def event_density(self) -> Vector:
        """Of events of both arms, per subject."""
        control = (1 - self.share) * self.control.at_risk * self.control.hazard
        return control + self.share * self.experimental.at_risk * self.experimental.hazard

    def integral(self, values: Vector) -> float:
        """Over all times."""
        return float(self.weights @ values)


def trial_curves(
    trial: SurvivalTrial, *, study_duration: float, until: float = math.inf, changes: tuple[float, ...] = ()
) -> tuple[StratumCurves, ...]:
    """Curves of each stratum for an analysis at `study_duration`, up to time `until` since randomization."""
    last = min(until, longest_followup(trial, study_duration))
    return tuple(_stratum_curves(trial, one, study_duration, last, changes) for one in trial.strata)


def longest_followup(trial: SurvivalTrial, study_duration: float) -> float:
    """Of the first subject, if the analysis is at `study_duration`."""
    longest = study_duration - trial.accrual.first_entry
    return longest if trial.followup is None else min(longest, trial.followup)


def _stratum_curves(
    trial: SurvivalTrial, stratum: Stratum, study_duration: float, last: float, changes: tuple[float, ...]
) -> StratumCurves:
    edges = {0.0, last, *changes, *common_starts(stratum.control, stratum.experimental)}
    edges |= {study_duration - end for _, end, _ in trial.accrual.periods()}
    # Long pieces are cut, so that 24 nodes see a curve that a polynomial follows.
    inside = sorted({edge for edge in edges if 0 <= edge <= last} | {last * i / 4 for i in range(5)})
    times, weights = [], []
    for start, end in pairwise(inside):
        times.append((start + end) / 2 + (end - start) / 2 * _NODES)
        weights.append((end - start) / 2 * _WEIGHTS)
    nodes = np.concatenate(times)
    entered = np.array([trial.accrual.subjects_by(study_duration - node) for node in nodes]) / trial.accrual.subjects
    return StratumCurves(
        stratum=stratum,
        times=nodes,
        weights=np.concatenate(weights),
        control=_arm(stratum.control, nodes, entered),
        experimental=_arm(stratum.experimental, nodes, entered),
        share=trial.experimental_share,
    )


def _arm(hazards: PiecewiseHazards, times: Vector, entered: Vector) -> ArmCurves:
    return ArmCurves(
        hazard=np.array([hazards.hazard(time) for time in times]),
        survival=np.array([hazards.survival(time) for time in times]),
        at_risk=np.array([hazards.at_risk(time) for time in times]) * entered,
    )
