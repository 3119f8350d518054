"""Operating characteristics of dose escalation by a decision table, and the selection of the dose at the end.

The dose is selected by isotonic regression (pool adjacent violators) of the observed DLT rates, as Liu and Yuan
(J R Stat Soc C 2015;64:507-523) and Ji et al. (Clin Trials 2010;7:653-663) do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialwright.design.early.decision_tables import DecisionTable
from trialwright.design.early.requirements import count, toxicity_probabilities
from trialwright.errors import DesignError

Floats = NDArray[np.float64]
Integers = NDArray[np.int_]

CONVENTIONS = (
    "dose levels are counted from 1; level 0 stands for no dose selected",
    "n counts subjects; the trial ends after the last cohort, or when the lowest level is eliminated",
    "the selected level is the one, of those tried and not eliminated, whose isotonic estimate is closest to the "
    "target; of equally close ones the highest if they are below the target, else the lowest",
    "isotonic regression of (DLTs + 0.05) / (n + 0.1) with inverse variances as weights",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationCharacteristics:
    """How an escalation behaves if the DLT probabilities are `toxicities`; one value per dose level, lowest first.

    selection        probability that the level is selected as maximum tolerated dose
    none_selected    probability that none is
    expected_n       expected number of subjects at the level
    expected_dlts    expected number of subjects with a DLT at the level
    expected_total   expected number of subjects in the trial
    trials           number of simulated trials; None if the figures are exact
    standard_errors  Monte Carlo standard errors of `selection`; empty if the figures are exact
    """

    method: str
    toxicities: tuple[float, ...]
    selection: tuple[float, ...]
    none_selected: float
    expected_n: tuple[float, ...]
    expected_dlts: tuple[float, ...]
    expected_total: float
    trials: int | None
    standard_errors: tuple[float, ...]
    conventions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseSelection:
    """The dose chosen at the end of a trial.

    level       chosen dose level, counted from 1; None if all tried levels are too toxic
    estimates   isotonic estimates of the DLT probability; None for levels not tried or eliminated
    """

    level: int | None
    estimates: tuple[float | None, ...]
    conventions: tuple[str, ...] = CONVENTIONS


def select_dose(table: DecisionTable, *, n: Sequence[int], dlts: Sequence[int]) -> DoseSelection:
    """The maximum tolerated dose from the numbers of subjects and of DLTs at each level, lowest first."""
    if len(n) != len(dlts) or not n:
        raise DesignError(f"n has {len(n)} dose levels and dlts {len(dlts)}. Give one number of each per level.")
    for level, (subjects, toxic) in enumerate(zip(n, dlts, strict=True), start=1):
        count(f"n of dose level {level}", subjects, least=0)
        count(f"dlts of dose level {level}", toxic, least=0)
        if not 0 <= toxic <= subjects <= table.n_max:
            raise DesignError(
                f"At dose level {level} there are {toxic!r} DLTs of {subjects!r} subjects; needed are "
                f"0 <= DLTs <= subjects <= {table.n_max}, the size of the table."
            )
    sizes, events = np.asarray([n]), np.asarray([dlts])
    usable = usable_levels(sizes, events, decision_codes(table)) & (sizes > 0)
    estimates = compute_isotonic_estimates(sizes, events, usable)
    chosen = int(closest_level(estimates, usable, table.target)[0])
    return DoseSelection(
        level=chosen + 1 if chosen >= 0 else None,
        estimates=tuple(
            float(value) if use else None for value, use in zip(estimates[0].tolist(), usable[0].tolist(), strict=True)
        ),
    )


def simulate_escalation(
    table: DecisionTable,
    *,
    toxicities: Sequence[float],
    cohorts: int,
    cohort_size: int,
    rng: np.random.Generator,
    trials: int = 10_000,
    start_level: int = 1,
    stop_at_n: int | None = None,
) -> EscalationCharacteristics:
    """Operating characteristics by simulation, all trials at once.

    toxicities    true DLT probability of each level, lowest first
    cohorts       most cohorts of `cohort_size` subjects
    start_level   of the first cohort, counted from 1
    stop_at_n     the trial also ends once this many subjects were treated at a level and the decision is to stay there
    """
    truth = np.asarray(toxicity_probabilities("toxicities", toxicities))
    count("cohorts", cohorts)
    count("cohort_size", cohort_size)
    count("trials", trials)
    count("start_level", start_level)
    if stop_at_n is not None:
        count("stop_at_n", stop_at_n)
    levels = len(truth)
    if not 1 <= start_level <= levels:
        raise DesignError(f"start_level must lie between 1 and {levels}, the number of dose levels, got {start_level}.")
    if cohorts * cohort_size > table.n_max:
        raise DesignError(
            f"{cohorts} cohorts of {cohort_size} may put {cohorts * cohort_size} subjects on one dose level, but the "
            f"table ends at {table.n_max}. Compute it with n_max={cohorts * cohort_size}."
        )
    codes = decision_codes(table)
    n = np.zeros((trials, levels), dtype=np.int_)
    dlts = np.zeros_like(n)
    level = np.full(trials, start_level - 1)
    highest = np.full(trials, levels - 1)  # the highest level not eliminated; -1 if none is left
    running = np.arange(trials)
    for _ in range(cohorts):
        here = level[running]
        n[running, here] += cohort_size
        dlts[running, here] += rng.binomial(cohort_size, truth[here])
        following, highest[running] = next_table_levels(
            codes, n[running, here], dlts[running, here], here=here, highest=highest[running]
        )
        level[running] = following
        goes_on = highest[running] >= 0
        if stop_at_n is not None:
            goes_on &= ~((following == here) & (n[running, here] >= stop_at_n))
        running = running[goes_on]
        if not running.size:
            break
    usable = (np.arange(levels) <= highest[:, None]) & (n > 0)
    chosen = closest_level(compute_isotonic_estimates(n, dlts, usable), usable, table.target)
    return summarize_trials(
        method=table.method, toxicities=toxicities, chosen=chosen, n=n, dlts=dlts, conventions=CONVENTIONS
    )


def summarize_trials(
    *,
    method: str,
    toxicities: Sequence[float],
    chosen: Integers,
    n: Integers,
    dlts: Integers,
    conventions: tuple[str, ...],
) -> EscalationCharacteristics:
    """Averages over simulated trials; `chosen` counts levels from 0, with -1 where none was selected."""
    trials, levels = n.shape
    shares = np.bincount(chosen + 1, minlength=levels + 1) / trials
    return EscalationCharacteristics(
        method=method,
        toxicities=tuple(toxicities),
        selection=tuple(shares[1:].tolist()),
        none_selected=float(shares[0]),
        expected_n=tuple(n.mean(axis=0).tolist()),
        expected_dlts=tuple(dlts.mean(axis=0).tolist()),
        expected_total=float(n.sum(axis=1).mean()),
        trials=trials,
        standard_errors=tuple(math.sqrt(share * (1 - share) / trials) for share in shares[1:].tolist()),
        conventions=conventions,
    )


def compute_isotonic_estimates(n: Integers, dlts: Integers, usable: NDArray[np.bool_]) -> Floats:
    """Isotonic DLT probabilities, one row per trial and one column per level; nan where a level is not usable.

    Pool-adjacent-violators by its min-max formula: the estimate of level j is the largest, over a <= j, of the
    smallest, over b >= j, weighted mean of levels a to b.
    """
    trials, levels = n.shape
    rate = (dlts + 0.05) / (n + 0.1)
    weight = np.where(usable, (n + 0.1) ** 2 * (n + 1.1) / ((dlts + 0.05) * (n - dlts + 0.05)), 0.0)
    zero = np.zeros((trials, 1))
    weights = np.concatenate([zero, np.cumsum(weight, axis=1)], axis=1)
    sums = np.concatenate([zero, np.cumsum(weight * rate, axis=1)], axis=1)
    estimates = np.full((trials, levels), -np.inf)
    for a in range(levels):
        smallest = np.full(trials, np.inf)
        for b in range(levels - 1, a - 1, -1):
            total = weights[:, b + 1] - weights[:, a]
            has_weight = total > 0
            mean = np.divide(sums[:, b + 1] - sums[:, a], total, out=np.full(trials, np.inf), where=has_weight)
            smallest = np.minimum(smallest, mean)
            estimates[:, b] = np.maximum(estimates[:, b], smallest)
    return np.where(usable, estimates, np.nan)


def next_table_levels(
    codes: Integers, n: Integers, dlts: Integers, *, here: Integers, highest: Integers
) -> tuple[Integers, Integers]:
    """Each trial's next level and highest level not eliminated, from 0, by the numbers at the level it is at.

    The highest level is -1 where the lowest one is eliminated: the trial stops.
    """
    code = codes[n, dlts]
    left = np.where(code == -2, here - 1, highest)
    return np.clip(here + np.sign(code), 0, np.maximum(left, 0)), left


def decision_codes(table: DecisionTable) -> Integers:
    """Decisions by n (row) and DLTs (column): 1 escalate, 0 stay, -1 de-escalate, -2 eliminate."""
    codes = np.zeros((table.n_max + 1, table.n_max + 1), dtype=np.int_)
    value = {"escalate": 1, "stay": 0, "de-escalate": -1, "eliminate": -2}
    for n in range(1, table.n_max + 1):
        for dlts in range(n + 1):
            codes[n, dlts] = value[table.decide(n=n, dlts=dlts)]
    return codes


def usable_levels(n: Integers, dlts: Integers, codes: Integers) -> NDArray[np.bool_]:
    """Levels below the lowest one that the data eliminate."""
    usable: NDArray[np.bool_] = ~np.logical_or.accumulate(codes[n, dlts] == -2, axis=1)
    return usable


def closest_level(estimates: Floats, usable: NDArray[np.bool_], target: float) -> Integers:
    """Level (from 0) whose estimate is closest to the target; -1 where none is usable."""
    # Equal estimates are pooled levels: the small slope takes the highest below and the lowest above the target.
    sloped = estimates + 1e-10 * np.arange(estimates.shape[1])
    distance = np.where(usable, np.abs(np.where(usable, sloped, 0.0) - target), np.inf)
    return np.where(usable.any(axis=1), distance.argmin(axis=1), -1)
