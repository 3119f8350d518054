"""Trials whose allocation follows the outcomes so far: simulated subject by subject.

Subjects come in over calendar time and their outcomes `delay` later; the rule knows those that are there when the next
subject comes. Draws are those of all simulated trials: the same seed has the same arrivals and the same outcomes for
rules of any kind, so rules are compared on the same subjects.

Three analyses: the usual comparison of means, which takes allocation as given; the comparison within the strata between
two computations of the probabilities, in which allocation does not depend on outcomes; and the randomization test,
which allocates the same subjects with the same outcomes anew. If outcomes drift while the trial runs, allocation drifts
with them, and the usual comparison takes time for treatment; the other two do not. Strata are combined with fixed
weights: those of Cochran, Mantel and Haenszel would depend on the allocation, which stops telling when one arm is far
ahead, and inflate the type I error (8% instead of 5% in a trial of the tests).

Sources: Simon R, Simon NR. Using randomization tests to preserve type I error with response adaptive and covariate
adaptive randomization. Stat Probab Lett 2011;81:767-772. Robertson DS, Lee KM, Lopez-Kolkovska BC, Villar SS.
Response-adaptive randomization in clinical trials: from myths to practical considerations. Stat Sci 2023;38:185-208.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialwright.design.bayesian.allocation_rules import (
    AllocationRule,
    BiasedCoin,
    DoublyAdaptiveBiasedCoin,
    DropTheLoser,
    EqualAllocation,
    RandomizedPlayTheWinner,
    ThompsonSampling,
)
from trialwright.design.early.requirements import count
from trialwright.design.simulation.blocks import simulate_in_blocks
from trialwright.design.simulation.drawing import (
    TRIALS_PER_BLOCK,
    Purpose,
    draw_exponential,
    draw_normal,
    draw_uniform,
    new_seed,
)
from trialwright.design.simulation.plans import Accrual, BinaryOutcome, NormalOutcome
from trialwright.design.simulation.statistics import difference_of_means, difference_of_proportions
from trialwright.errors import DesignError
from trialwright.execution import IN_THIS_PROCESS, Counting, Execution

if TYPE_CHECKING:
    from trialwright.design.bayesian.allocation_kernel import Rule

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CONVENTIONS = (
    "arms are numbered from 0, the control",
    "z compares each experimental arm with the control; above 0 favors the experimental arm",
    "successes are good outcomes: responses, or their absence where lower proportions are better",
    "the randomization test tests that no subject's outcome depends on the arm; it holds for any drift of the outcomes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveRandomizationPlan:
    """A response-adaptive trial.

    accrual              subjects in all, and when they come in
    outcome              of each arm, the control first; with its delay
    rule                 how probably the next subject goes to each arm
    burn_in              subjects of each arm in permuted blocks, before the rule is used
    minimum_allocation   smallest probability of an arm once the rule is used
    update_every         subjects from one computation of the probabilities to the next; these groups are the strata
    drift                added to the response rate (mean) of every arm over the trial: nothing for the first subject,
                         all for the last, in proportion to the order of entry. The same in all arms: no effect
    """

    accrual: Accrual
    outcome: BinaryOutcome | NormalOutcome
    rule: AllocationRule
    burn_in: int = 0
    minimum_allocation: float = 0.0
    update_every: int = 1
    drift: float = 0.0

    def __post_init__(self) -> None:
        arms, subjects = self.outcome.arms, self.accrual.subjects
        if arms < 2:
            raise DesignError(f"AdaptiveRandomizationPlan.outcome has {arms} arm; give two or more, the control first.")
        if len(self.outcome.missing) not in (0, arms):
            raise DesignError(
                f"AdaptiveRandomizationPlan.outcome.missing has {len(self.outcome.missing)} values for {arms} arms. "
                "Give one for each, or none."
            )
        count("AdaptiveRandomizationPlan.burn_in", self.burn_in, least=0)
        count("AdaptiveRandomizationPlan.update_every", self.update_every)
        if self.burn_in * arms >= subjects:
            raise DesignError(
                f"AdaptiveRandomizationPlan.burn_in of {self.burn_in} subjects in each of {arms} arms leaves none of "
                f"{subjects} to the rule. Give at most {(subjects - 1) // arms}."
            )
        if not 0 <= self.minimum_allocation <= 1 / arms:
            raise DesignError(
                f"AdaptiveRandomizationPlan.minimum_allocation must lie between 0 and 1/{arms}, got "
                f"{self.minimum_allocation!r}. Usual is 0.1 or 0.2 for two arms."
            )
        self._check_drift()
        self._check_rule()

    def _check_drift(self) -> None:
        if not math.isfinite(self.drift):
            raise DesignError(f"AdaptiveRandomizationPlan.drift must be finite, got {self.drift!r}.")
        if isinstance(self.outcome, BinaryOutcome):
            ends = [rate + self.drift for rate in self.outcome.probabilities]
            if not all(0 <= end <= 1 for end in ends):
                raise DesignError(
                    f"AdaptiveRandomizationPlan.drift of {self.drift!r} takes response rates to {ends}, out of 0 to 1. "
                    "Give a smaller drift."
                )

    def _check_rule(self) -> None:
        arms, is_normal = self.outcome.arms, isinstance(self.outcome, NormalOutcome)
        match self.rule:
            case BiasedCoin() if arms != 2:
                raise DesignError(f"BiasedCoin is for two arms, got {arms}. Take EqualAllocation.")
            case RandomizedPlayTheWinner() | DropTheLoser() if is_normal:
                raise DesignError(
                    f"{type(self.rule).__name__} is for binary outcomes, got a NormalOutcome. "
                    "Take ThompsonSampling or DoublyAdaptiveBiasedCoin(target='neyman')."
                )
            case DropTheLoser() if self.update_every != 1 or self.minimum_allocation:
                raise DesignError(
                    "DropTheLoser changes its urn with every subject: update_every must be 1 and minimum_allocation 0."
                )
            case DoublyAdaptiveBiasedCoin():
                if is_normal and self.rule.target == "rsihr":
                    raise DesignError("target 'rsihr' is for binary outcomes, got a NormalOutcome. Take 'neyman'.")
                if self.burn_in < (2 if is_normal else 1):
                    raise DesignError(
                        f"DoublyAdaptiveBiasedCoin needs estimates to begin with: burn_in must be at least "
                        f"{2 if is_normal else 1}, got {self.burn_in}. Usual is 5 to 10."
                    )
            case ThompsonSampling(normal_prior=None) if is_normal:
                raise DesignError(
                    "ThompsonSampling.normal_prior is needed for a NormalOutcome. "
                    "Give NormalPrior(mean=..., sd=...) of an arm's mean."
                )


@dataclass(frozen=True, kw_only=True, eq=False)
class AdaptiveTrials:
    """What came of each simulated trial.

    subjects     trial, arm: allocated
    counts       trial, arm: with an outcome
    sums         trial, arm: of outcomes: successes, or values (turned where lower is better)
    z            trial, experimental arm: the usual statistic, as of `TrialPlan`: pooled variance of proportions, t test
                 of means (as the z of the same p-value); NaN where there is none
    stratified   the statistics within the strata of the plan, each with variance 1 given what was before, combined with
                 weights fixed by the strata's sizes; strata without a comparison count 0
    p_upper, p_two_sided   trial, experimental arm: p-values of the randomization test; no trials if not asked for
    """

    plan: AdaptiveRandomizationPlan
    seed: int
    subjects: Integers
    counts: Integers
    sums: Floats
    z: Floats
    stratified: Floats
    p_upper: Floats
    p_two_sided: Floats
    conventions: tuple[str, ...] = CONVENTIONS

    @property
    def trials(self) -> int:
        """How many."""
        return len(self.z)


def simulate_adaptive_randomization(
    plan: AdaptiveRandomizationPlan,
    *,
    trials: int,
    rng: np.random.Generator,
    reruns: int = 0,
    execution: Execution = IN_THIS_PROCESS,
    progress: Counting | None = None,
) -> AdaptiveTrials:
    """Simulate so many trials.

    reruns   allocations drawn for the randomization test of each trial; 0 for no such test. 199 or 999 are usual: with
             alpha * (1 + reruns) a whole number the test has level alpha exactly.

    A generator in the same state gives the same trials wherever they run. The first call on a computer compiles the
    kernel, in about ten seconds; it is then kept on disk.
    """
    count("trials", trials)
    count("reruns", reruns, least=0)
    seed = new_seed(rng)
    work = partial(simulate_adaptive_block, plan, seed=seed, reruns=reruns)
    blocks = simulate_in_blocks(work, trials, execution=execution, progress=progress)

    def joined(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(block, name) for block in blocks])

    names = ("subjects", "counts", "sums", "z", "stratified", "p_upper", "p_two_sided")
    return AdaptiveTrials(plan=plan, seed=seed, **{name: joined(name) for name in names})  # type: ignore[arg-type]


def simulate_adaptive_block(
    plan: AdaptiveRandomizationPlan, *, seed: int, reruns: int = 0, block: int, trials: int = TRIALS_PER_BLOCK
) -> AdaptiveTrials:
    """The first `trials` trials of one block: a piece of work that depends on its arguments alone."""
    from trialwright.design.bayesian.allocation_kernel import allocate, compare, rerandomize

    subjects, arms = plan.accrual.subjects, plan.outcome.arms
    entries = _entries(plan.accrual, seed, block)
    draws = draw_uniform(seed, block, Purpose.ARM, subjects)
    values, is_missing = _potential_outcomes(plan, seed, block)
    rule, delay = rule_of(plan), float(plan.outcome.delay)
    strata = strata_of(plan)
    squares = np.zeros((trials, arms))
    allocated, counts = np.zeros((trials, arms), np.int64), np.zeros((trials, arms), np.int64)
    sums = np.zeros((trials, arms))
    exchanged, stratified = np.empty((trials, arms - 1)), np.empty((trials, arms - 1))
    tested = trials if reruns else 0
    p_upper, p_two_sided = np.empty((tested, arms - 1)), np.empty((tested, arms - 1))
    centers = goodness(plan.outcome)
    every, arm = np.arange(subjects), np.empty(subjects, np.int64)
    for trial in range(trials):
        entry = np.ascontiguousarray(entries[:, trial])
        allocate(rule, entry, delay, np.ascontiguousarray(draws[:, trial]), values[trial], is_missing[trial], arm)
        value, lost = values[trial][every, arm], is_missing[trial][every, arm]
        allocated[trial] = np.bincount(arm, minlength=arms)
        counts[trial] = np.bincount(arm, weights=1 - lost, minlength=arms)
        sums[trial] = np.bincount(arm, weights=value * (1 - lost), minlength=arms)
        squares[trial] = np.bincount(arm, weights=(value - centers[arm]) ** 2 * (1 - lost), minlength=arms)
        compare(value, lost, arm, strata, arms, exchanged[trial], stratified[trial])
        if reruns:
            above, beyond = np.zeros(arms - 1, np.int64), np.zeros(arms - 1, np.int64)
            again = _rerun_draws(seed, block * TRIALS_PER_BLOCK + trial, reruns, subjects)
            fixed = np.repeat(value[:, None], arms, axis=1), np.repeat(lost[:, None], arms, axis=1)
            rerandomize(rule, entry, delay, again, *fixed, strata, exchanged[trial], above, beyond)
            p_upper[trial], p_two_sided[trial] = (1 + above) / (1 + reruns), (1 + beyond) / (1 + reruns)
    return AdaptiveTrials(
        plan=plan,
        seed=seed,
        subjects=allocated,
        counts=counts,
        sums=sums,
        z=_usual_statistic(plan.outcome, counts, sums, squares),
        stratified=stratified,
        p_upper=p_upper,
        p_two_sided=p_two_sided,
    )


def rule_of(plan: AdaptiveRandomizationPlan) -> Rule:
    """The rule of a plan as the compiled code reads it."""
    from trialwright.design.bayesian import allocation_kernel as kernel

    grid: Floats = np.empty(0)
    match plan.rule:
        case EqualAllocation():
            kind, parameters = kernel.EQUAL, []
        case BiasedCoin(probability=chance):
            kind, parameters = kernel.COIN, [chance]
        case ThompsonSampling(power=power, prior=prior, normal_prior=normal):
            first, second = (prior.a, prior.b) if normal is None else (normal.mean, normal.sd)
            if isinstance(plan.outcome, BinaryOutcome):
                first, second = (prior.a, prior.b) if plan.outcome.better == "higher" else (prior.b, prior.a)
                # Steps of half the smallest standard deviation that a posterior can have on the scale of the angle.
                points = max(96, math.ceil(2 * math.pi * math.sqrt(plan.accrual.subjects + prior.a + prior.b)))
                grid = np.asarray((np.arange(points) + 0.5) * (math.pi / 2 / points), np.float64)
            elif plan.outcome.better == "lower":
                first = -first
            kind, parameters = kernel.THOMPSON, [-1.0 if power is None else power, first, second]
        case DoublyAdaptiveBiasedCoin(target=target, gamma=gamma):
            kind = kernel.BIASED_COIN
            parameters = [gamma, kernel.RSIHR if target == "rsihr" else kernel.NEYMAN]
        case RandomizedPlayTheWinner(balls=balls, reward=reward):
            kind, parameters = kernel.PLAY_THE_WINNER, [balls, reward]
        case DropTheLoser(balls=start, immigration=immigration):
            kind, parameters = kernel.DROP_THE_LOSER, [float(start), float(immigration)]
    return kernel.Rule(
        kind,
        np.asarray(parameters, np.float64),
        np.asarray(plan.outcome.sds if isinstance(plan.outcome, NormalOutcome) else (), np.float64),
        plan.burn_in,
        float(plan.minimum_allocation),
        plan.update_every,
        np.log(np.sin(grid)),
        np.log(np.cos(grid)),
    )


def strata_of(plan: AdaptiveRandomizationPlan) -> Integers:
    """Of each subject: 0 in the burn-in, then the number of the group with the same probabilities."""
    start = plan.burn_in * plan.outcome.arms
    order = np.arange(plan.accrual.subjects) - start
    return np.where(order < 0, 0, order // plan.update_every + (1 if start else 0)).astype(np.int64)


def goodness(outcome: BinaryOutcome | NormalOutcome) -> Floats:
    """Of each arm: its rate of successes, or its mean, turned where lower is better."""
    if isinstance(outcome, BinaryOutcome):
        rates = np.asarray(outcome.probabilities, float)
        return rates if outcome.better == "higher" else 1 - rates
    means = np.asarray(outcome.means, float)
    return means if outcome.better == "higher" else -means


def _usual_statistic(outcome: BinaryOutcome | NormalOutcome, counts: Integers, sums: Floats, squares: Floats) -> Floats:
    if isinstance(outcome, BinaryOutcome):
        return difference_of_proportions(counts, sums)[0]
    # Deviations from the arms' means are what it takes; turned values have turned means.
    turned = replace(outcome, means=tuple(float(mean) for mean in goodness(outcome)))
    return difference_of_means(counts, sums - counts * goodness(outcome), squares, turned)[0]


def _entries(accrual: Accrual, seed: int, block: int) -> Floats:
    """Calendar times of randomization: subject, trial."""
    from trialwright.design.simulation.enrollment_kernel import invert_total
    from trialwright.design.simulation.kernel_inputs import rates_of

    shape = (accrual.subjects, TRIALS_PER_BLOCK)
    is_even = accrual.arrivals == "even"
    gaps = np.ones(shape) if is_even else draw_exponential(seed, block, Purpose.ENTRY, accrual.subjects)
    totals = np.cumsum(gaps, axis=0)
    if len(accrual.rate.rates) == 1:
        return totals / accrual.rate.rates[0]
    table = rates_of((accrual.rate,))
    return np.asarray([invert_total(float(total), table, 0) for total in totals.ravel()]).reshape(shape)


def _potential_outcomes(plan: AdaptiveRandomizationPlan, seed: int, block: int) -> tuple[Floats, Integers]:
    """Trial, subject, arm: what the outcome would be, higher being better, and whether it is missing."""
    outcome, subjects = plan.outcome, plan.accrual.subjects
    course = plan.drift * (np.arange(subjects) / max(subjects - 1, 1))[:, None, None]
    if isinstance(outcome, BinaryOutcome):
        uniform = draw_uniform(seed, block, Purpose.OUTCOME, subjects)[:, :, None]
        values = (uniform < np.asarray(outcome.probabilities) + course).astype(np.float64)
        values = values if outcome.better == "higher" else 1 - values
    else:
        draws = draw_normal(seed, block, Purpose.OUTCOME, subjects)[:, :, None]
        values = np.asarray(outcome.means) + course + np.asarray(outcome.sds) * draws
        values = values if outcome.better == "higher" else -values
    lost = np.zeros(values.shape, np.int64)
    if outcome.missing:
        chances = draw_uniform(seed, block, Purpose.LOSS, subjects)[:, :, None]
        lost = (chances < np.asarray(outcome.missing)).astype(np.int64)
    return np.ascontiguousarray(values.transpose(1, 0, 2)), np.ascontiguousarray(lost.transpose(1, 0, 2))


def _rerun_draws(seed: int, trial: int, reruns: int, subjects: int) -> Floats:
    rows = math.ceil(reruns * subjects / TRIALS_PER_BLOCK)
    return draw_uniform(seed, trial, Purpose.RERANDOMIZATION, rows).ravel()[: reruns * subjects].reshape(-1, subjects)
