"""Dose escalation by a two-parameter logistic model: the Bayesian logistic regression model (BLRM) and a CRM.

Sources: Neuenschwander B, Branson M, Gsponer T. Critical aspects of the Bayesian approach to phase I cancer trials.
Stat Med 2008;27:2420-2439 (model, prior, intervals of toxicity). Babb J, Rogatko A, Zacks S. Stat Med 1998;17:1103-1120
(overdose control). O'Quigley J, Pepe M, Fisher L. Biometrics 1990;46:33-48 (dose closest to the target).

logit of the DLT probability at dose d = log(alpha) + beta log(d / reference); log(alpha) and log(beta) have a bivariate
normal prior. alpha is the odds of a DLT at the reference dose.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.escalation import EscalationCharacteristics
from trialwright.design.early.grid_escalation import DoseGrid, simulate_grid_escalation
from trialwright.design.early.requirements import ordered, positive, probability
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution

Floats = NDArray[np.float64]
Integers = NDArray[np.int_]

CONVENTIONS = (
    "dose levels are counted from 1; underdosing: DLT probability below `target_from`; target: from there to below "
    "`overdose_from`; overdosing: from there on",
    "rule target_interval: of the levels whose probability of overdosing is below overdose_limit the one with the "
    "highest probability of the target interval; the trial stops if there is none",
    "rule highest: of those levels the highest",
    "rule closest: the level whose posterior mean DLT probability is closest to the target, the lower of two equally "
    "close; the trial stops if the lowest level is in overdosing with a probability of at least stopping_confidence",
    "no skipping: the next level is at most one above the highest of those tried",
)

# Half the width of the grid in prior standard deviations, and its points along log(beta) and cells along log(alpha).
_HALF_WIDTH = 6.5
_POINTS, _CELLS = 121, 601
_POINTS_SIMULATED, _CELLS_SIMULATED = 25, 61

Rule = Literal["target_interval", "highest", "closest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticPrior:
    """Bivariate normal prior of log(alpha) and log(beta): means, standard deviations and correlation."""

    mean_log_alpha: float
    sd_log_alpha: float
    mean_log_beta: float
    sd_log_beta: float
    correlation: float = 0.0

    def __post_init__(self) -> None:
        positive("sd_log_alpha", self.sd_log_alpha)
        positive("sd_log_beta", self.sd_log_beta)
        if not -1 < self.correlation < 1:
            raise DesignError(f"correlation must lie between -1 and 1, both excluded, got {self.correlation!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticEscalation:
    """A design by its model and rule.

    doses               rising, in the unit of `reference`
    target              DLT probability aimed at, between `target_from` and `overdose_from`
    overdose_limit      highest accepted posterior probability of overdosing, for the rules with overdose control
    stopping_confidence for the rule closest
    """

    doses: tuple[float, ...]
    reference: float
    prior: LogisticPrior
    target: float = 0.25
    target_from: float = 0.16
    overdose_from: float = 0.33
    overdose_limit: float = 0.25
    rule: Rule = "target_interval"
    stopping_confidence: float = 0.95

    def __post_init__(self) -> None:
        if len(self.doses) < 2 or any(b <= a for a, b in zip(self.doses, self.doses[1:], strict=False)):
            raise DesignError(f"doses {self.doses!r} must be at least two and rise.")
        positive("the lowest dose", self.doses[0])
        positive("reference", self.reference)
        for name in ("target", "target_from", "overdose_from", "overdose_limit", "stopping_confidence"):
            probability(name, getattr(self, name))
        ordered("target_from", self.target_from, "target", self.target, why="the target lies in the target interval")
        ordered("target", self.target, "overdose_from", self.overdose_from, why="overdosing begins above the target")
        if self.rule not in ("target_interval", "highest", "closest"):
            raise DesignError(f"rule must be 'target_interval', 'highest' or 'closest', got {self.rule!r}.")

    def grid(self, *, points: int = _POINTS, cells: int = _CELLS) -> DoseGrid:
        """The prior on a grid; features of each level: underdosing, target, overdosing, DLT probability.

        Shares of a cell along log(alpha) stand for the indicators, so that the probabilities of intervals are smooth.
        """
        prior = self.prior
        step = np.linspace(-_HALF_WIDTH, _HALF_WIDTH, points)
        edges = np.linspace(-_HALF_WIDTH, _HALF_WIDTH, cells + 1)
        middle, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
        # log(beta) from its marginal, log(alpha) given it.
        log_beta = (prior.mean_log_beta + prior.sd_log_beta * step)[:, None]
        center = prior.mean_log_alpha + prior.correlation * prior.sd_log_alpha * step[:, None]
        spread = prior.sd_log_alpha * math.sqrt(1 - prior.correlation**2)
        log_alpha = center + spread * middle
        slope = np.exp(log_beta)
        toxicity, features = [], []
        for dose in self.doses:
            rise = slope * math.log(dose / self.reference)
            at_point = 1 / (1 + np.exp(-np.clip(log_alpha + rise, -700, 700)))

            def share_under(limit: float, rise: Floats = rise) -> Floats:
                at_limit = (math.log(limit / (1 - limit)) - rise - center) / spread
                return np.asarray(np.clip((at_limit - edges[:-1]) / width, 0.0, 1.0))

            under, not_over = share_under(self.target_from), share_under(self.overdose_from)
            toxicity.append(at_point.ravel())
            features.append([x.ravel() for x in (under, not_over - under, 1 - not_over, at_point)])
        return DoseGrid(
            log_prior=(-(step[:, None] ** 2) / 2 - middle**2 / 2).ravel(),
            toxicity=np.stack(toxicity),
            features=np.concatenate(features).T,
        )

    def simulation_grid(self) -> DoseGrid:
        """See `GridRule`."""
        return self.grid(points=_POINTS_SIMULATED, cells=_CELLS_SIMULATED)

    def next_levels(self, averages: Floats, tried: Integers, alpha: Floats) -> Integers:
        """See `GridRule`; `alpha` is not used."""
        by_level = averages.reshape(len(averages), len(self.doses), 4)
        level = np.arange(len(self.doses))
        if self.rule == "closest":
            closest = np.abs(by_level[:, :, 3] - self.target).argmin(axis=1)
            stops = by_level[:, 0, 2] >= self.stopping_confidence
            return np.asarray(np.where(stops, -1, np.minimum(closest, tried + 1)))
        allowed = (by_level[:, :, 2] < self.overdose_limit) & (level <= tried[:, None] + 1)
        value = np.where(allowed, by_level[:, :, 1] if self.rule == "target_interval" else 1.0 + level, -1.0)
        return np.asarray(np.where(allowed.any(axis=1), value.argmax(axis=1), -1))

    def bound_after(self, alpha: Floats | None, has_dlt: NDArray[np.bool_]) -> Floats:
        """See `GridRule`: there is no bound that changes."""
        return np.zeros(len(has_dlt)) if alpha is None else alpha


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelPosterior:
    """Posterior of the DLT probability at a dose: its mean, and the probabilities of the three intervals."""

    dose: float
    mean: float
    underdosing: float
    target: float
    overdosing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticDecision:
    """Where the next cohort goes: `level` counted from 1, None if the trial stops; and the posterior at each level."""

    level: int | None
    posterior: tuple[LevelPosterior, ...]
    conventions: tuple[str, ...] = CONVENTIONS


def decide_logistic(design: LogisticEscalation, *, n: Sequence[int], dlts: Sequence[int]) -> LogisticDecision:
    """The next level from the numbers of subjects and of DLTs at each level, lowest first.

    Without data it is level 1, whatever the prior says of overdoses: the trial begins somewhere. None stops the trial.
    """
    levels = len(design.doses)
    if len(n) != levels or len(dlts) != levels:
        raise DesignError(f"n and dlts have {len(n)} and {len(dlts)} levels, but there are {levels} doses.")
    for level, (subjects, toxic) in enumerate(zip(n, dlts, strict=True), start=1):
        if not 0 <= toxic <= subjects:
            raise DesignError(f"At dose level {level} there are {toxic!r} DLTs of {subjects!r} subjects.")
    averages = design.grid().averages(np.asarray([n]), np.asarray([dlts]))
    tried = max((level for level, subjects in enumerate(n) if subjects), default=-1)
    following = int(design.next_levels(averages, np.asarray([tried]), np.zeros(1))[0]) if tried >= 0 else 0
    return LogisticDecision(
        level=following + 1 if following >= 0 else None,
        posterior=tuple(
            LevelPosterior(dose=dose, underdosing=under, target=target, overdosing=over, mean=mean)
            for dose, (under, target, over, mean) in zip(
                design.doses, averages[0].reshape(levels, 4).tolist(), strict=True
            )
        ),
    )


def simulate_logistic(
    design: LogisticEscalation,
    *,
    toxicities: Sequence[float],
    cohorts: int,
    cohort_size: int,
    rng: np.random.Generator,
    trials: int = 10_000,
    start_level: int = 1,
    execution: Execution = IN_THIS_PROCESS,
) -> EscalationCharacteristics:
    """Operating characteristics; `toxicities` are the true DLT probabilities at the doses."""
    return simulate_grid_escalation(
        design,
        method=f"logistic regression, rule {design.rule}",
        toxicities=toxicities,
        levels=len(design.doses),
        cohorts=cohorts,
        cohort_size=cohort_size,
        rng=rng,
        trials=trials,
        start_level=start_level,
        execution=execution,
        conventions=CONVENTIONS,
    )
