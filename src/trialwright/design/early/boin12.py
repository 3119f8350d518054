"""BOIN12: the optimal biological dose by utilities of toxicity and response.

Source: Lin R, Zhou Y, Yan F, Li D, Yuan Y. BOIN12: Bayesian optimal interval phase I/II trial design for utility-based
dose finding in immunotherapy and targeted therapies. JCO Precis Oncol 2020;4:1393-1402.

Each subject has a utility from 0 to 100. The sum of utilities at a level, divided by 100, is taken as a number of
events among its n subjects (quasi-binomial likelihood, uniform prior). A level's desirability is the posterior
probability that its mean utility exceeds a benchmark: halfway between 100 and the mean utility of a dose with the
highest tolerable DLT rate and the lowest acceptable response rate. The rank-based desirability score (RDS) is the rank
of the desirability among all admissible outcomes; a trial is run from the table of scores alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincc
from scipy.stats import rankdata

from trialwright.design.early.boin import compute_boin_design
from trialwright.design.early.escalation import closest_level, compute_isotonic_estimates
from trialwright.design.early.requirements import count, probability, responses
from trialwright.errors import DesignError

Floats = NDArray[np.float64]
Integers = NDArray[np.int_]
Booleans = NDArray[np.bool_]

CONVENTIONS = (
    "dose levels are counted from 1; decisions are made after each cohort, from all subjects treated so far",
    "a level is admissible unless P(DLT probability > toxicity_limit | data) reaches toxicity_cutoff, which excludes "
    "all higher levels too, or P(response probability < response_limit | data) reaches response_cutoff; uniform priors",
    "DLT rate at the current level at least lambda_deescalate: the next lower admissible level",
    "DLT rate above lambda_escalate and at least n_star subjects there: the more desirable of this level and the one "
    "below; otherwise of this level and both its neighbors; of equal ones the lower",
    "if none of these is admissible: the nearest admissible level below, else the nearest above that skips no untried "
    "level; if there is none, or the DLT rate asks to de-escalate, the trial stops without a dose",
    "optimal biological dose: of the tried admissible levels not above the maximum tolerated dose (isotonic estimate "
    "closest to toxicity_limit) the one with the highest posterior mean utility",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Utilities:
    """Utility of the four outcomes of a subject, from 0 (worst) to 100 (best).

    Toxicity is a DLT. The best outcome is a response without toxicity, the worst toxicity without a response.
    """

    response_only: float = 100.0
    neither: float = 40.0
    both: float = 60.0
    toxicity_only: float = 0.0

    def __post_init__(self) -> None:
        if self.response_only != 100 or self.toxicity_only != 0:
            raise DesignError(
                f"Utilities.response_only and toxicity_only are {self.response_only!r} and {self.toxicity_only!r}, but "
                "the scale is fixed by 100 for a response without toxicity and 0 for toxicity without a response. "
                "Rescale the utilities."
            )
        for name in ("neither", "both"):
            value: float = getattr(self, name)
            if not 0 < value < 100:
                raise DesignError(f"Utilities.{name} must lie between 0 and 100, got {value!r}.")

    @property
    def is_additive(self) -> bool:
        """Whether numbers of DLTs and of responses suffice, without how many subjects had both."""
        return self.neither + self.both == 100

    def expected(self, toxicity: Floats, response: Floats, both: Floats) -> Floats:
        """Mean utility where toxicity, response and both have these probabilities (or shares, or numbers per n)."""
        return np.asarray(
            100 * (response - both) + self.both * both + self.neither * (1 - toxicity - response + both),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DesirabilityRow:
    """What an outcome at a dose level is worth.

    both          subjects with a DLT and a response; None where it makes no difference
    desirability  posterior probability that the mean utility exceeds the benchmark
    score         rank-based desirability score; None if the level is not admissible after this outcome
    """

    n: int
    dlts: int
    responses: int
    both: int | None
    desirability: float
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Boin12Design:
    """A design by its limits and utilities.

    toxicity_limit, response_limit     highest tolerable DLT probability, lowest acceptable response probability
    toxicity_cutoff, response_cutoff   posterior probabilities beyond which a level is not admissible
    n_star         subjects at a level from which on a DLT rate between the boundaries keeps from escalating
    benchmark      mean utility, from 0 to 1, that a desirable dose exceeds
    rows           the scores after 0, `cohort_size`, 2 `cohort_size` ... `n_max` subjects
    """

    toxicity_limit: float
    response_limit: float
    utilities: Utilities
    toxicity_cutoff: float
    response_cutoff: float
    n_star: int
    lambda_escalate: float
    lambda_deescalate: float
    benchmark: float
    cohort_size: int
    rows: tuple[DesirabilityRow, ...]
    conventions: tuple[str, ...] = CONVENTIONS

    def score(self, *, n: int, dlts: int, responses: int, both: int | None = None) -> float | None:
        """The rank-based desirability score of an outcome in the table; None if it is not admissible."""
        asked = (n, dlts, responses, None if self.utilities.is_additive else both)
        for row in self.rows:
            if (row.n, row.dlts, row.responses, row.both) == asked:
                return row.score
        raise DesignError(
            f"The table has no row for {dlts!r} DLTs and {responses!r} responses (both: {both!r}) of {n!r} subjects. "
            f"It goes by cohorts of {self.cohort_size} to {self.rows[-1].n} subjects"
            + ("." if self.utilities.is_additive else "; these utilities need the number of subjects with both.")
        )

    def quasi_events(self, n: Integers, dlts: Integers, responses: Integers, both: Integers) -> Floats:
        """Sum of the utilities divided by 100."""
        u = self.utilities
        return np.asarray((100 * (responses - both) + u.both * both + u.neither * (n - dlts - responses + both)) / 100)

    def desirability(self, n: Integers, dlts: Integers, responses: Integers, both: Integers) -> Floats:
        """Posterior probability that the mean utility exceeds the benchmark."""
        events = self.quasi_events(n, dlts, responses, both)
        return np.asarray(betaincc(1 + events, 1 + n - events, self.benchmark))

    def is_too_toxic(self, n: Integers, dlts: Integers) -> Booleans:
        """Whether a level's own data exclude it, and those above, for toxicity."""
        return np.asarray(betaincc(1 + dlts, 1 + n - dlts, self.toxicity_limit) >= self.toxicity_cutoff)

    def is_futile(self, n: Integers, responses: Integers) -> Booleans:
        """Whether a level's own data exclude it for lack of response."""
        return np.asarray(betainc(1 + responses, 1 + n - responses, self.response_limit) >= self.response_cutoff)

    def admissible(self, n: Integers, dlts: Integers, responses: Integers) -> Booleans:
        """Admissible levels; levels are in the last axis, lowest first."""
        too_toxic = np.logical_or.accumulate(self.is_too_toxic(n, dlts), axis=-1)
        return np.asarray(~too_toxic & ~self.is_futile(n, responses))


@dataclass(frozen=True, slots=True, kw_only=True)
class Boin12Decision:
    """Where the next cohort goes; `level` is None if the trial stops. Scores of levels not admissible are None."""

    level: int | None
    action: Literal["escalate", "stay", "de-escalate", "stop"]
    desirability: tuple[float | None, ...]


def compute_boin12_design(
    *,
    toxicity_limit: float,
    response_limit: float,
    utilities: Utilities | None = None,
    toxicity_cutoff: float = 0.95,
    response_cutoff: float = 0.9,
    n_star: int = 6,
    cohort_size: int = 3,
    n_max: int = 30,
) -> Boin12Design:
    """Boundaries and the table of rank-based desirability scores.

    utilities   those of the paper (100, 40, 60, 0) if None

    Scores are ranks from 1, the least desirable; equal desirabilities share the mean rank. They depend on which numbers
    of subjects the table has: 0 to `n_max` by `cohort_size`.
    """
    probability("toxicity_limit", toxicity_limit)
    probability("response_limit", response_limit)
    probability("toxicity_cutoff", toxicity_cutoff)
    probability("response_cutoff", response_cutoff)
    count("n_star", n_star)
    count("cohort_size", cohort_size)
    count("n_max", n_max, least=cohort_size)
    chosen = Utilities() if utilities is None else utilities
    boundaries = compute_boin_design(target=toxicity_limit, n_max=1)
    at_limits = chosen.expected(
        np.asarray(toxicity_limit), np.asarray(response_limit), np.asarray(toxicity_limit * response_limit)
    )
    worst = float(at_limits) / 100
    design = Boin12Design(
        toxicity_limit=toxicity_limit,
        response_limit=response_limit,
        utilities=chosen,
        toxicity_cutoff=toxicity_cutoff,
        response_cutoff=response_cutoff,
        n_star=n_star,
        lambda_escalate=boundaries.lambda_escalate,
        lambda_deescalate=boundaries.lambda_deescalate,
        benchmark=worst + (1 - worst) / 2,
        cohort_size=cohort_size,
        rows=(),
    )
    outcomes = np.asarray(
        [
            (n, dlts, hits, both)
            for n in range(0, n_max + 1, cohort_size)
            for dlts in range(n + 1)
            for hits in range(n + 1)
            for both in ((0,) if chosen.is_additive else range(max(0, dlts + hits - n), min(dlts, hits) + 1))
        ]
    ).T
    desirability = design.desirability(*outcomes)
    is_admissible = ~design.is_too_toxic(outcomes[0], outcomes[1]) & ~design.is_futile(outcomes[0], outcomes[2])
    scores = np.full(len(desirability), np.nan)
    # Outcomes with the same sum of utilities are ties; the last digits of the integral are not.
    scores[is_admissible] = rankdata(np.round(desirability[is_admissible], 12))
    rows = tuple(
        DesirabilityRow(
            n=int(n),
            dlts=int(dlts),
            responses=int(hits),
            both=None if chosen.is_additive else int(both),
            desirability=float(value),
            score=None if np.isnan(score) else float(score),
        )
        for (n, dlts, hits, both), value, score in zip(outcomes.T, desirability, scores, strict=True)
    )
    return replace(design, rows=rows)


def decide_boin12(
    design: Boin12Design,
    *,
    level: int,
    n: Sequence[int],
    dlts: Sequence[int],
    responses: Sequence[int],
    both: Sequence[int] | None = None,
) -> Boin12Decision:
    """The next level from the numbers at each level, lowest first, when the last cohort was at `level`.

    both   subjects with a DLT and a response; needed only if the utilities are not additive
    """
    counts = _counts(design, n, dlts, responses, both)
    levels = counts[0].shape[1]
    if not 1 <= level <= levels:
        raise DesignError(f"level must lie between 1 and {levels}, the number of dose levels, got {level!r}.")
    if not counts[0][0, level - 1]:
        raise DesignError(f"Nobody was treated at level {level}, the current one; n there is 0.")
    usable, worth = design.admissible(*counts[:3]), design.desirability(*counts)
    following = int(
        next_levels(design, counts[0], counts[1], here=np.asarray([level - 1]), usable=usable, worth=worth)[0]
    )
    action: Literal["escalate", "stay", "de-escalate", "stop"]
    if following < 0:
        action = "stop"
    elif following == level - 1:
        action = "stay"
    else:
        action = "escalate" if following >= level else "de-escalate"
    return Boin12Decision(
        level=following + 1 if following >= 0 else None,
        action=action,
        desirability=tuple(float(value) if use else None for value, use in zip(worth[0], usable[0], strict=True)),
    )


def select_optimal_dose(
    design: Boin12Design,
    *,
    n: Sequence[int],
    dlts: Sequence[int],
    responses: Sequence[int],
    both: Sequence[int] | None = None,
) -> int | None:
    """The optimal biological dose at the end, as level counted from 1; None if no level is admissible."""
    chosen = int(optimal_levels(design, *_counts(design, n, dlts, responses, both))[0])
    return chosen + 1 if chosen >= 0 else None


def next_levels(
    design: Boin12Design, n: Integers, dlts: Integers, *, here: Integers, usable: Booleans, worth: Floats
) -> Integers:
    """The next level of each trial (row), counted from 0; -1 where it stops.

    here     the current level
    usable, worth   admissibility and desirability of each level
    """
    trials, levels = n.shape
    every, column = np.arange(trials), np.arange(levels)
    rate = dlts[every, here] / n[every, here]
    goes_down = rate >= design.lambda_deescalate
    may_rise = ~goes_down & ~((rate > design.lambda_escalate) & (n[every, here] >= design.n_star))
    distance = column - here[:, None]
    asked = (np.abs(distance) <= 1) & ((distance < 1) | may_rise[:, None]) & ~goes_down[:, None]
    value = np.where(asked & usable, worth, -1.0)
    best = value.argmax(axis=1)
    below = usable & (distance < 0)
    nearest_below = np.where(below.any(axis=1), levels - 1 - below[:, ::-1].argmax(axis=1), -1)
    highest_tried = np.where(n > 0, column, -1).max(axis=1)
    above = usable & (distance > 0) & (column <= highest_tried[:, None] + 1) & ~goes_down[:, None]
    nearest_above = np.where(above.any(axis=1), above.argmax(axis=1), -1)
    # At the lowest level there is nowhere to go down to: stay while it is admissible.
    stays = goes_down & (nearest_below < 0) & usable[every, here]
    otherwise = np.where(nearest_below >= 0, nearest_below, np.where(stays, here, nearest_above))
    return np.asarray(np.where(value[every, best] >= 0, best, otherwise))


def optimal_levels(design: Boin12Design, n: Integers, dlts: Integers, responses: Integers, both: Integers) -> Integers:
    """The optimal biological dose of each trial (row), counted from 0; -1 where there is none."""
    tried = n > 0
    tolerated = tried & ~np.logical_or.accumulate(design.is_too_toxic(n, dlts), axis=1)
    highest = closest_level(compute_isotonic_estimates(n, dlts, tolerated), tolerated, design.toxicity_limit)
    usable = tried & design.admissible(n, dlts, responses) & (np.arange(n.shape[1]) <= highest[:, None])
    mean = np.where(usable, (1 + design.quasi_events(n, dlts, responses, both)) / (2 + n), -1.0)
    return np.asarray(np.where(usable.any(axis=1), mean.argmax(axis=1), -1))


def _counts(
    design: Boin12Design, n: Sequence[int], dlts: Sequence[int], hits: Sequence[int], both: Sequence[int] | None
) -> tuple[Integers, Integers, Integers, Integers]:
    if not n or not len(n) == len(dlts) == len(hits) or (both is not None and len(both) != len(n)):
        raise DesignError("n, dlts, responses (and both) must have one number per dose level each.")
    if both is None and not design.utilities.is_additive:
        raise DesignError(
            "These utilities need `both`, the numbers of subjects with a DLT and a response: neither + both is not 100."
        )
    together = [0] * len(n) if both is None else list(both)
    for level, (subjects, toxic, response, twice) in enumerate(zip(n, dlts, hits, together, strict=True), start=1):
        responses(f"dlts of dose level {level}", toxic, subjects)
        responses(f"responses of dose level {level}", response, subjects)
        if both is not None and not max(0, toxic + response - subjects) <= twice <= min(toxic, response):
            raise DesignError(
                f"At dose level {level}, {twice!r} subjects with both do not fit {toxic} DLTs and {response} responses "
                f"of {subjects} subjects."
            )
    return np.asarray([n]), np.asarray([dlts]), np.asarray([hits]), np.asarray([together])
