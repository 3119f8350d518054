"""Simulated seamless phase 2/3 trials: doses chosen by an early outcome, and tested by a final one.

Stages are of subjects, not of time. Those randomized before the doses are chosen are of stage 1: they give all their
data to the p-values of stage 1, the final outcomes too that come long after the choice, and are followed for a time
that was fixed before. Those randomized later are of stage 2. So the early outcomes that the choice is made by foretell
nothing about the p-values of stage 2, however closely they go with the final outcome, and a closed combination test
keeps the familywise error rate. Assigning by time what is seen after the choice to stage 2 would not.

Source: Jenkins M, Stone A, Jennison C. Pharm Stat 2011;10:347-356. Bauer P, Posch M. Stat Med 2004;23:1333-1335.
Stallard N, Todd S. Stat Med 2003;22:689-703. Bretz F, Schmidli H, König F, Racine A, Maurer W. Biom J 2006;48:623-634.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import log_ndtr, ndtri

from trialwright.design.adaptive.closed_testing import (
    MAX_HYPOTHESES,
    check_combination,
    closed_rejections,
    intersections_of,
)
from trialwright.design.adaptive.combination import CombinationTest
from trialwright.design.adaptive.intersection_tests import IntersectionTest, SharedControl, intersection_scores
from trialwright.design.adaptive.selection import SelectionRule
from trialwright.design.adaptive.staged_decisions import (
    Booleans,
    Decisions,
    Floats,
    SelectionCharacteristics,
    characteristics_of,
    groups_of,
    scores_of_t,
)
from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.drawing import TRIALS_PER_BLOCK, Purpose, draw_exponential, draw_normal, new_seed
from trialwright.design.simulation.plans import BinaryOutcome, NormalOutcome
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalSurvival:
    """A time to an event as the final outcome, compared by the log-rank test; longer is better.

    hazards            constant, of each arm, the control first
    accrual_rate       subjects of all arms together per unit of time
    followup_stage_1   from the last subject of stage 1 until its data are closed, whatever was chosen
    followup_stage_2   the same for stage 2
    dropout_hazard     constant, of all arms; 0 for none
    """

    hazards: tuple[float, ...]
    accrual_rate: float
    followup_stage_1: float
    followup_stage_2: float
    dropout_hazard: float = 0.0

    def __post_init__(self) -> None:
        for name, values in (
            ("hazards", self.hazards),
            ("accrual_rate", (self.accrual_rate,)),
            ("followup_stage_1", (self.followup_stage_1,)),
            ("followup_stage_2", (self.followup_stage_2,)),
        ):
            if not all(0 < value < math.inf for value in values):
                raise DesignError(f"FinalSurvival.{name} must be above 0 and finite, got {values!r}.")
        if not 0 <= self.dropout_hazard < math.inf:
            raise DesignError(f"FinalSurvival.dropout_hazard must not be negative, got {self.dropout_hazard!r}.")

    @property
    def arms(self) -> int:
        """How many arms it has values for."""
        return len(self.hazards)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeamlessTrial:
    """A trial that chooses doses by an early outcome and confirms them by a final one.

    early        of each subject, by arm, the control first; its delay and missing outcomes are not read
    final        likewise
    correlation  of the normal scores of both outcomes within an arm, in the direction in which both are better
    n_stage_1    subjects of each arm randomized before the choice
    n_stage_2    subjects of the control and of each chosen arm randomized after it
    n_interim    of stage 1, those in each arm whose early outcome is known at the choice; None: all
    """

    early: NormalOutcome | BinaryOutcome
    final: NormalOutcome | FinalSurvival
    correlation: float
    n_stage_1: int
    n_stage_2: int
    n_interim: int | None = None

    def __post_init__(self) -> None:
        if self.early.arms != self.final.arms or not 2 <= self.early.arms <= MAX_HYPOTHESES + 1:
            raise DesignError(
                f"SeamlessTrial.early has {self.early.arms} arms and final {self.final.arms}. Give both the same 2 to "
                f"{MAX_HYPOTHESES + 1}, the control first."
            )
        if not -1 <= self.correlation <= 1:
            raise DesignError(f"SeamlessTrial.correlation must lie between -1 and 1, got {self.correlation!r}.")
        if min(self.n_stage_1, self.n_stage_2) < 2:
            raise DesignError(
                f"SeamlessTrial needs at least 2 subjects in each arm at each stage, got n_stage_1 = "
                f"{self.n_stage_1!r}, n_stage_2 = {self.n_stage_2!r}."
            )
        if self.n_interim is not None and not 1 <= self.n_interim <= self.n_stage_1:
            raise DesignError(
                f"SeamlessTrial.n_interim must lie between 1 and n_stage_1 = {self.n_stage_1!r}, got "
                f"{self.n_interim!r}: whoever is randomized before the choice is of stage 1, with an early outcome by "
                "then or not."
            )

    @property
    def hypotheses(self) -> int:
        """How many doses."""
        return self.early.arms - 1

    @property
    def effects(self) -> tuple[float, ...]:
        """True effect on the final outcome, positive where the dose is better: difference, or -ln(hazard ratio)."""
        final = self.final
        if isinstance(final, FinalSurvival):
            return tuple(math.log(final.hazards[0] / hazard) for hazard in final.hazards[1:])
        sign = -1.0 if final.better == "lower" else 1.0
        return tuple(sign * (mean - final.means[0]) for mean in final.means[1:])


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedSeamless:
    """What each trial has; stage 2 as it is when so many doses are chosen, since they share the accrual.

    early    trial, dose: difference from the control at the choice, positive where the dose is better
    stage_1  trial, dose: z of the final outcome of the subjects of stage 1
    stage_2  trial, number of doses chosen - 1, dose: likewise of stage 2
    pooled   trial, number of doses chosen - 1, dose: of all subjects together, as if nothing had been chosen
    """

    trial: SeamlessTrial
    seed: int
    early: Floats
    stage_1: Floats
    stage_2: Floats
    pooled: Floats

    @property
    def trials(self) -> int:
        """How many."""
        return len(self.early)


def simulate_seamless(
    trial: SeamlessTrial, *, trials: int, rng: np.random.Generator, execution: Execution = IN_THIS_PROCESS
) -> SimulatedSeamless:
    """Simulate so many trials; the same ones for a generator in the same state, wherever they run."""
    seed = new_seed(rng)
    blocks = simulate_in_blocks(partial(simulate_seamless_block, trial, seed=seed), trials, execution=execution)
    return SimulatedSeamless(
        trial=trial,
        seed=seed,
        early=np.concatenate([block.early for block in blocks]),
        stage_1=np.concatenate([block.stage_1 for block in blocks]),
        stage_2=np.concatenate([block.stage_2 for block in blocks]),
        pooled=np.concatenate([block.pooled for block in blocks]),
    )


def simulate_seamless_block(
    trial: SeamlessTrial, *, seed: int, block: int, trials: int = TRIALS_PER_BLOCK
) -> SimulatedSeamless:
    """The first `trials` trials of one block."""
    arms, first = trial.early.arms, trial.n_stage_1
    total = first + trial.n_stage_2

    def normal(purpose: Purpose) -> Floats:
        return draw_normal(seed, block, purpose, total * arms).reshape(total, arms, TRIALS_PER_BLOCK)[:, :, :trials]

    scores = normal(Purpose.SEAMLESS_EARLY)
    rho = trial.correlation
    latent = rho * scores + math.sqrt(1 - rho * rho) * normal(Purpose.SEAMLESS_FINAL)
    early = _better_values(trial.early, scores[: trial.n_interim or first]).mean(axis=0).T
    if isinstance(trial.final, FinalSurvival):
        stage_1, stage_2, pooled = _survival_scores(trial, trial.final, latent, seed, block, trials)
    else:
        values = _better_values(trial.final, latent)
        stage_1, second, both = (_mean_scores(trial.final, part) for part in (values[:first], values[first:], values))
        # The accrual does not matter to an outcome that everybody has.
        stage_2, pooled = (np.repeat(one[:, None], trial.hypotheses, axis=1) for one in (second, both))
    return SimulatedSeamless(
        trial=trial,
        seed=seed,
        early=early[:, 1:] - early[:, :1],
        stage_1=stage_1,
        stage_2=stage_2,
        pooled=pooled,
    )


def compute_seamless_operating_characteristics(
    simulated: SimulatedSeamless,
    *,
    test: CombinationTest,
    selection: SelectionRule,
    intersection: IntersectionTest = "joint",
    follows_dropped_doses: bool = True,
) -> SelectionCharacteristics:
    """How the closed test does if doses are chosen by a rule on the early effects.

    test                   of two stages, that rejects at the last alone: `compute_inverse_normal_test(efficacy=None,
                           ...)`, or Fisher's with "full level"
    follows_dropped_doses  False: the final outcomes of doses that were not chosen are unknown, and taken for as bad as
                           can be in stage 1, which keeps the error below alpha
    """
    decisions = decide_seamless(
        simulated,
        test=test,
        selection=selection,
        intersection=intersection,
        follows_dropped_doses=follows_dropped_doses,
    )
    trial, chosen = simulated.trial, decisions.selected[:, 1]
    control = trial.n_stage_1 + trial.n_stage_2 * chosen.any(axis=1)
    return characteristics_of(
        decisions,
        seed=simulated.seed,
        effects=trial.effects,
        subjects=np.column_stack([control, trial.n_stage_1 + trial.n_stage_2 * chosen]).astype(np.float64),
    )


def decide_seamless(
    simulated: SimulatedSeamless,
    *,
    test: CombinationTest,
    selection: SelectionRule,
    intersection: IntersectionTest,
    follows_dropped_doses: bool,
) -> Decisions:
    """What is chosen and rejected in each trial."""
    check_combination(test)
    if test.stages != 2 or not (math.isinf(test.critical_values[0]) or len(set(test.critical_values)) == 1):
        raise DesignError(
            f"A seamless trial has two stages and tests at the end alone, and this test has the critical values "
            f"{test.critical_values!r}. Use compute_inverse_normal_test(efficacy=None, information_fractions=(t, 1)), "
            'or compute_fisher_test(stages=2, method="full level").'
        )
    hypotheses = simulated.trial.hypotheses
    everyone = np.ones((simulated.trials, hypotheses), np.bool_)
    chosen = selection.select(simulated.early, everyone)
    sets = intersections_of(hypotheses)
    scores = np.full((simulated.trials, 2, len(sets)), np.nan)
    first = simulated.stage_1 if follows_dropped_doses else np.where(chosen, simulated.stage_1, _UNKNOWN)
    # The comparisons do not share an estimate of variance, so that t statistics enter by their p-values.
    joint = SharedControl(allocation_ratios=(1.0,) * hypotheses)
    for place, members in enumerate(sets):
        scores[:, 0, place] = intersection_scores(intersection, members=members, there=members, z=first, joint=joint)
    for there, rows in groups_of(chosen):
        second = simulated.stage_2[rows, len(there) - 1]
        for place, members in enumerate(sets):
            if left := tuple(one for one in members if one in there):
                scores[rows, 1, place] = intersection_scores(
                    intersection, members=members, there=left, z=second, joint=joint
                )
    rejected = np.zeros((simulated.trials, 2, hypotheses), np.bool_)
    rejected[:, 1] = closed_rejections(test, scores, sets)[:, 1] & chosen
    return Decisions(selected=np.stack([everyone, chosen], axis=1), rejected=rejected)


def compute_naive_seamless_rejections(
    simulated: SimulatedSeamless, *, alpha: float, selection: SelectionRule
) -> Booleans:
    """Trial, dose: rejected by a z test of all subjects at one-sided `alpha`, as if it had not been chosen.

    It shows by how much the error is inflated where the choice is ignored.
    """
    chosen = selection.select(simulated.early, np.ones(simulated.early.shape, np.bool_))
    rejected = np.zeros(chosen.shape, np.bool_)
    for there, rows in groups_of(chosen):
        rejected[rows] = simulated.pooled[rows, len(there) - 1] >= -float(ndtri(alpha))
    return np.asarray(rejected & chosen)


#: As bad as can be: a p-value of 1 but for 1e-9.
_UNKNOWN = -6.0


def _better_values(outcome: NormalOutcome | BinaryOutcome, scores: Floats) -> Floats:
    """Values in the direction in which higher is better: subject, arm, trial, from standard normal scores."""
    sign = -1.0 if outcome.better == "lower" else 1.0
    if isinstance(outcome, NormalOutcome):
        return np.asarray(sign * np.asarray(outcome.means)[:, None] + np.asarray(outcome.sds)[:, None] * scores)
    probabilities = np.asarray(outcome.probabilities)
    good = probabilities if outcome.better == "higher" else 1 - probabilities
    return np.asarray(scores >= -ndtri(good)[:, None], np.float64)


def _mean_scores(outcome: NormalOutcome, values: Floats) -> Floats:
    """Trial, dose: z against the control."""
    n, means = len(values), values.mean(axis=0).T
    difference = means[:, 1:] - means[:, :1]
    if outcome.known_variance:
        variances = np.asarray(outcome.sds) ** 2 / n
        return np.asarray(difference / np.sqrt(variances[1:] + variances[0]))
    squares = values.var(axis=0, ddof=1).T
    return scores_of_t(difference / np.sqrt((squares[:, 1:] + squares[:, :1]) / n), 2 * n - 2)


def _survival_scores(
    trial: SeamlessTrial, final: FinalSurvival, latent: Floats, seed: int, block: int, trials: int
) -> tuple[Floats, Floats, Floats]:
    total, arms, _ = latent.shape
    first = trial.n_stage_1
    survival = -log_ndtr(-latent) / np.asarray(final.hazards)[:, None]
    dropout = np.full(latent.shape, np.inf)
    if final.dropout_hazard > 0:
        losses = draw_exponential(seed, block, Purpose.SEAMLESS_LOSS, total * arms)
        dropout = losses.reshape(total, arms, TRIALS_PER_BLOCK)[:, :, :trials] / final.dropout_hazard
    gaps = draw_exponential(seed, block, Purpose.SEAMLESS_ENTRY, total * arms)
    gaps = gaps.reshape(total, arms, TRIALS_PER_BLOCK)[:, :, :trials] / final.accrual_rate

    def observe(part: slice, recruiting: int, followup: float) -> tuple[Floats, Booleans]:
        # Subjects come in rounds of one for each arm that recruits; the last of them closes the accrual.
        entry = np.cumsum(gaps[part, :recruiting].sum(axis=1), axis=0)
        left = (entry[-1] + followup - entry)[:, None]
        end = np.minimum(dropout[part], left)
        return np.minimum(survival[part], end), survival[part] <= end

    time_1, event_1 = observe(slice(0, first), arms, final.followup_stage_1)
    stage_1 = _logrank_scores(time_1, event_1)
    stage_2, pooled = [], []
    for count in range(1, arms):
        time_2, event_2 = observe(slice(first, total), count + 1, final.followup_stage_2)
        stage_2.append(_logrank_scores(time_2, event_2))
        pooled.append(_logrank_scores(np.concatenate([time_1, time_2]), np.concatenate([event_1, event_2])))
    return stage_1, np.stack(stage_2, axis=1), np.stack(pooled, axis=1)


def _logrank_scores(time: Floats, is_event: Booleans) -> Floats:
    """Trial, dose: log-rank z against the control, above 0 where the dose has fewer events than expected."""
    n, arms, trials = time.shape
    scores = np.empty((trials, arms - 1))
    risk = np.arange(2 * n, 0, -1, dtype=np.float64)[:, None]
    for arm in range(1, arms):
        times = np.concatenate([time[:, 0], time[:, arm]])
        order = np.argsort(times, axis=0, kind="stable")
        event = np.take_along_axis(np.concatenate([is_event[:, 0], is_event[:, arm]]), order, axis=0)
        is_dose = order >= n
        share = (n - np.cumsum(is_dose, axis=0) + is_dose) / risk
        observed = (event & is_dose).sum(axis=0)
        expected = np.where(event, share, 0.0).sum(axis=0)
        variance = np.where(event, share * (1 - share), 0.0).sum(axis=0)
        scores[:, arm - 1] = np.where(variance > 0, (expected - observed) / np.sqrt(np.maximum(variance, 1e-12)), 0.0)
    return scores
