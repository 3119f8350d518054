"""Bryant and Day's two-stage designs for response and toxicity, by an exact search.

Source: Bryant J, Day R. Incorporating toxicity considerations into the design of two-stage phase II clinical trials.
Biometrics 1995;51:1372-1383.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from trialwright.design.early.joint_counts import JointRates, follow_counts, joint_rates
from trialwright.design.early.requirements import count, ordered, probability
from trialwright.design.early.simon import single_stage_size
from trialwright.errors import DesignError

Floats = NDArray[np.float64]

CONVENTIONS = (
    "a single group; null rates are those that are not acceptable: a low response rate, a high toxicity rate",
    "the trial goes on after n_stage1 subjects with more than r1 responses and at most t1 toxicities",
    "the treatment is promising with more than r responses and at most t toxicities of n_total",
    "error_response is at the null response and acceptable toxicity rate, error_toxicity the other way round",
    "optimal: the larger of the expected numbers of subjects at these two is smallest; minimax: n_total is, then that",
    "searched with response and toxicity independent; probabilities are exact, with the odds ratio asked for",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BryantDayDesign:
    """A design with its exact operating characteristics; rates and rules as CONVENTIONS say.

    error_both                 probability of a promising result if both rates are not acceptable
    expected_n_response        expected subjects at the null response and acceptable toxicity rate
    expected_n_toxicity        the other way round
    expected_n_both            if both are not acceptable
    expected_n_alternative     if both are acceptable
    """

    null_response: float
    alternative_response: float
    null_toxicity: float
    alternative_toxicity: float
    odds_ratio: float
    n_stage1: int
    r1: int
    t1: int
    n_total: int
    r: int
    t: int
    error_response: float
    error_toxicity: float
    error_both: float
    power: float
    expected_n_response: float
    expected_n_toxicity: float
    expected_n_both: float
    expected_n_alternative: float
    conventions: tuple[str, ...] = CONVENTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class BryantDayDesigns:
    """The designs found for one question."""

    optimal: BryantDayDesign
    minimax: BryantDayDesign
    alpha_response: float
    alpha_toxicity: float
    power: float
    conventions: tuple[str, ...] = CONVENTIONS


def compute_bryant_day_characteristics(
    *,
    null_response: float,
    alternative_response: float,
    null_toxicity: float,
    alternative_toxicity: float,
    n_stage1: int,
    r1: int,
    t1: int,
    n_total: int,
    r: int,
    t: int,
    odds_ratio: float = 1.0,
) -> BryantDayDesign:
    """The exact operating characteristics of a given design; `odds_ratio` between response and toxicity."""
    _check_rates(null_response, alternative_response, null_toxicity, alternative_toxicity)
    if not 1 <= n_stage1 < n_total:
        raise DesignError(f"n_stage1 must lie between 1 and {n_total - 1} (n_total - 1), got {n_stage1!r}.")
    if not (0 <= r1 < n_stage1 and r1 <= r < n_total):
        raise DesignError(f"r1 must be below n_stage1, and r from r1 to n_total - 1; got r1 {r1!r} and r {r!r}.")
    if not (0 <= t1 <= n_stage1 and t1 <= t <= n_total):
        raise DesignError(f"t1 must be at most n_stage1, and t from t1 to n_total; got t1 {t1!r} and t {t!r}.")
    rules = [_goes_on(n_stage1, r1, t1), _goes_on(n_total, r, t)]

    def follow(response: float, toxicity: float) -> tuple[float, float]:
        rates: JointRates = joint_rates(response, toxicity, odds_ratio=odds_ratio)
        passed = follow_counts(rates, (n_stage1, n_total), rules)[0]
        return float(passed[1]), float(n_stage1 + passed[0] * (n_total - n_stage1))

    low, high = follow(null_response, alternative_toxicity), follow(alternative_response, null_toxicity)
    worst, best = follow(null_response, null_toxicity), follow(alternative_response, alternative_toxicity)
    return BryantDayDesign(
        null_response=null_response,
        alternative_response=alternative_response,
        null_toxicity=null_toxicity,
        alternative_toxicity=alternative_toxicity,
        odds_ratio=odds_ratio,
        n_stage1=n_stage1,
        r1=r1,
        t1=t1,
        n_total=n_total,
        r=r,
        t=t,
        error_response=low[0],
        error_toxicity=high[0],
        error_both=worst[0],
        power=best[0],
        expected_n_response=low[1],
        expected_n_toxicity=high[1],
        expected_n_both=worst[1],
        expected_n_alternative=best[1],
    )


def compute_bryant_day_designs(
    *,
    null_response: float,
    alternative_response: float,
    null_toxicity: float,
    alternative_toxicity: float,
    alpha_response: float,
    alpha_toxicity: float,
    power: float,
    n_max: int = 100,
) -> BryantDayDesigns:
    """Optimal and minimax design of at most `n_max` subjects.

    alpha_response   largest probability of a promising result at the null response rate
    alpha_toxicity   the same at the null toxicity rate
    power            least probability of it if both rates are acceptable

    Raises DesignError if there is none, saying how the largest size fails.
    """
    _check_rates(null_response, alternative_response, null_toxicity, alternative_toxicity)
    for name, value in (("alpha_response", alpha_response), ("alpha_toxicity", alpha_toxicity), ("power", power)):
        probability(name, value)
    if power <= max(alpha_response, alpha_toxicity):
        raise DesignError(f"power ({power!r}) must be above alpha_response and alpha_toxicity.")
    best, best_size = None, float("inf")
    minimax, minimax_size, minimax_n = None, float("inf"), 0
    for n_total in range(2, count("n_max", n_max, least=2) + 1):
        for n_stage1 in range(1, n_total):
            if n_stage1 >= best_size and minimax_n < n_total:
                break
            found = _best_split(
                n_stage1,
                n_total,
                (null_response, alternative_response),
                # Subjects without toxicity are counted as responses are.
                (1 - null_toxicity, 1 - alternative_toxicity),
                (alpha_response, alpha_toxicity),
                power,
            )
            if found is None:
                continue
            size, bounds = found
            if size < best_size:
                best, best_size = (n_stage1, n_total, bounds), size
            if minimax is None or (n_total == minimax_n and size < minimax_size):
                minimax, minimax_size, minimax_n = (n_stage1, n_total, bounds), size, n_total
    if best is None or minimax is None:
        rates = ((null_response, alternative_response), (1 - null_toxicity, 1 - alternative_toxicity))
        raise DesignError(
            f"No two-stage design of at most n_max = {n_max} subjects tells response rates {null_response} and "
            f"{alternative_response} and toxicity rates {null_toxicity} and {alternative_toxicity} apart with errors "
            f"of {alpha_response} and {alpha_toxicity} and power {power}. Raise n_max, to somewhat more than "
            f"{_single_endpoint_size(rates, (alpha_response, alpha_toxicity), power)}, which the harder endpoint alone "
            "needs in one stage; or ask for larger differences, larger errors or less power."
        )

    def described(design: tuple[int, int, tuple[int, int, int, int]]) -> BryantDayDesign:
        n_stage1, n_total, (r1, r, well1, well) = design
        return compute_bryant_day_characteristics(
            null_response=null_response,
            alternative_response=alternative_response,
            null_toxicity=null_toxicity,
            alternative_toxicity=alternative_toxicity,
            n_stage1=n_stage1,
            r1=r1,
            t1=n_stage1 - well1 - 1,
            n_total=n_total,
            r=r,
            t=n_total - well - 1,
        )

    return BryantDayDesigns(
        optimal=described(best),
        minimax=described(minimax),
        alpha_response=alpha_response,
        alpha_toxicity=alpha_toxicity,
        power=power,
    )


def _single_endpoint_size(rates: tuple[tuple[float, float], ...], alphas: tuple[float, float], power: float) -> int:
    return max(
        single_stage_size(null_rate=null, alternative_rate=good, alpha=alpha, power=power)
        for (null, good), alpha in zip(rates, alphas, strict=True)
    )


def _check_rates(null_response: float, alternative_response: float, null_toxicity: float, safe: float) -> None:
    for name, value in (
        ("null_response", null_response),
        ("alternative_response", alternative_response),
        ("null_toxicity", null_toxicity),
        ("alternative_toxicity", safe),
    ):
        probability(name, value)
    ordered("null_response", null_response, "alternative_response", alternative_response, why="it is hoped for")
    ordered("alternative_toxicity", safe, "null_toxicity", null_toxicity, why="toxicity is feared")


def _goes_on(n: int, r: int, t: int) -> NDArray[np.bool_]:
    seen = np.arange(n + 1)
    return np.asarray((seen > r)[None, :, None] & (seen <= t)[None, None, :])


@dataclass(frozen=True, slots=True)
class _Rules:
    """Bounds (first stage, all) of one endpoint, with what they let pass at the null and alternative rate."""

    first: NDArray[np.int_]
    last: NDArray[np.int_]
    goes: Floats
    passes: Floats


def _rules(n_stage1: int, n_total: int, rates: tuple[float, float], alpha: float, power: float) -> _Rules:
    """Bounds of one endpoint that can be part of a design.

    The other endpoint lets at most everyone pass and, for the power, at least `power` of those with good rates.
    """
    seen = np.arange(n_stage1 + 1)
    last = np.arange(n_total)
    goes, passes = [], []
    for rate in rates:
        start = binom.pmf(seen, n_stage1, rate)
        # Responses above the last bound, by those of the first stage; added up from above the first bound.
        rest = start[:, None] * binom.sf(last[None, :] - seen[:, None], n_total - n_stage1, rate)
        passes.append(rest[::-1].cumsum(axis=0)[::-1][1:])
        goes.append(start[::-1].cumsum()[::-1][1:])
    usable = (passes[1] >= power) & (passes[0] * power <= alpha) & (last[None, :] >= seen[:-1, None])
    first, at = np.nonzero(usable)
    return _Rules(
        first=first,
        last=last[at],
        goes=np.stack([values[first] for values in goes]),
        passes=np.stack([values[first, at] for values in passes]),
    )


def _best_split(
    n_stage1: int,
    n_total: int,
    response: tuple[float, float],
    well: tuple[float, float],
    alphas: tuple[float, float],
    power: float,
) -> tuple[float, tuple[int, int, int, int]] | None:
    """The larger expected size and the bounds (responses, then subjects without toxicity) that make it smallest."""
    hits = _rules(n_stage1, n_total, response, alphas[0], power)
    if not hits.first.size:
        return None
    free = _rules(n_stage1, n_total, well, alphas[1], power)
    if not free.first.size:
        return None
    allowed = np.outer(hits.passes[1], free.passes[1]) >= power
    allowed &= np.outer(hits.passes[0], free.passes[1]) <= alphas[0]
    allowed &= np.outer(hits.passes[1], free.passes[0]) <= alphas[1]
    if not allowed.any():
        return None
    goes = np.maximum(np.outer(hits.goes[0], free.goes[1]), np.outer(hits.goes[1], free.goes[0]))
    size = np.where(allowed, n_stage1 + (n_total - n_stage1) * goes, np.inf)
    i, j = np.unravel_index(int(size.argmin()), size.shape)
    return float(size[i, j]), (int(hits.first[i]), int(hits.last[i]), int(free.first[j]), int(free.last[j]))
