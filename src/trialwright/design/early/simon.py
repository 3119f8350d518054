"""Simon's two-stage designs: optimal, minimax and admissible, by an exact search.

Sources: Simon R. Optimal two-stage designs for phase II clinical trials. Control Clin Trials 1989;10:1-10 (design and
the two criteria). Jung SH, Lee T, Kim K, George SL. Admissible two-stage designs for phase II cancer clinical trials.
Stat Med 2004;23:561-569 (designs between the two).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from trialwright.design.early.requirements import count, ordered, probability
from trialwright.errors import DesignError

CONVENTIONS = (
    "a single group; response rates are proportions of subjects",
    "n_stage1 subjects first; the trial stops for futility if at most r1 respond",
    "otherwise n_total subjects in all; the null hypothesis is rejected if more than r respond",
    "alpha is one-sided, against response rates above the null one; no stop for efficacy",
    "type I error and power are exact binomial probabilities",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimonDesign:
    """A two-stage design for a response rate, with its exact operating characteristics.

    r1, n_stage1             stop after the first stage if at most r1 of n_stage1 respond
    r, n_total               reject the null hypothesis if more than r of n_total respond
    type_one_error, power    probability of rejecting at `null_rate` and at `alternative_rate`
    stopping_probability     of stopping after the first stage, at `null_rate`
    expected_n               expected number of subjects at `null_rate`
    stopping_probability_alternative, expected_n_alternative   the same at `alternative_rate`
    """

    null_rate: float
    alternative_rate: float
    r1: int
    n_stage1: int
    r: int
    n_total: int
    type_one_error: float
    power: float
    stopping_probability: float
    expected_n: float
    stopping_probability_alternative: float
    expected_n_alternative: float
    conventions: tuple[str, ...] = CONVENTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class SimonDesigns:
    """The designs found for one question.

    optimal      smallest expected number of subjects at the null rate
    minimax      smallest maximum number of subjects; of those, smallest expected number at the null rate
    admissible   every design that is best for some weight w in w * n_total + (1 - w) * expected_n, in order of
                 n_total; begins with the minimax and ends with the optimal design
    """

    null_rate: float
    alternative_rate: float
    alpha: float
    power: float
    optimal: SimonDesign
    minimax: SimonDesign
    admissible: tuple[SimonDesign, ...]
    conventions: tuple[str, ...] = CONVENTIONS


def compute_rejection_probability(rate: float, *, r1: int, n_stage1: int, r: int, n_total: int) -> float:
    """Probability that more than `r1` of the first and more than `r` of all subjects respond, at a response `rate`."""
    first = np.arange(r1 + 1, n_stage1 + 1)
    return float(binom.pmf(first, n_stage1, rate) @ binom.sf(r - first, n_total - n_stage1, rate))


def compute_simon_characteristics(
    *, null_rate: float, alternative_rate: float, r1: int, n_stage1: int, r: int, n_total: int
) -> SimonDesign:
    """The exact operating characteristics of a given two-stage design."""
    _check_rates(null_rate, alternative_rate)
    count("n_stage1", n_stage1)
    if n_total <= n_stage1:
        raise DesignError(
            f"n_total ({n_total!r}) must be above n_stage1 ({n_stage1!r}): it counts the subjects of both stages."
        )
    if not 0 <= r1 < n_stage1:
        raise DesignError(f"r1 must lie between 0 and {n_stage1 - 1} (n_stage1 - 1), got {r1!r}.")
    if not r1 <= r < n_total:
        raise DesignError(f"r must lie between {r1} (r1) and {n_total - 1} (n_total - 1), got {r!r}.")
    stops = [float(binom.cdf(r1, n_stage1, rate)) for rate in (null_rate, alternative_rate)]
    rejects = [
        compute_rejection_probability(rate, r1=r1, n_stage1=n_stage1, r=r, n_total=n_total)
        for rate in (null_rate, alternative_rate)
    ]
    expected = [n_stage1 + (1 - stop) * (n_total - n_stage1) for stop in stops]
    return SimonDesign(
        null_rate=null_rate,
        alternative_rate=alternative_rate,
        r1=r1,
        n_stage1=n_stage1,
        r=r,
        n_total=n_total,
        type_one_error=rejects[0],
        power=rejects[1],
        stopping_probability=stops[0],
        expected_n=expected[0],
        stopping_probability_alternative=stops[1],
        expected_n_alternative=expected[1],
    )


def compute_simon_designs(
    *, null_rate: float, alternative_rate: float, alpha: float, power: float, n_max: int = 100
) -> SimonDesigns:
    """Optimal, minimax and admissible two-stage designs of at most `n_max` subjects.

    alpha   one-sided type I error at `null_rate`, not exceeded
    power   at `alternative_rate`, at least attained

    Raises DesignError if no design of at most `n_max` subjects has both.
    """
    _check_rates(null_rate, alternative_rate)
    probability("alpha", alpha)
    probability("power", power)
    count("n_max", n_max, least=2)
    if power <= alpha:
        raise DesignError(f"power ({power!r}) must be above alpha ({alpha!r}). Usual are power 0.8 and alpha 0.05.")
    # Larger designs are worth keeping only if they have a smaller expected size than all before.
    improving: list[SimonDesign] = []
    best = np.inf
    for n_total in range(2, n_max + 1):
        found = _best_of_size(n_total, null_rate, alternative_rate, alpha, power, best)
        if found is not None:
            best = found.expected_n
            improving.append(found)
    if not improving:
        needed = single_stage_size(null_rate=null_rate, alternative_rate=alternative_rate, alpha=alpha, power=power)
        raise DesignError(
            f"No two-stage design of at most n_max = {n_max} subjects tells a response rate of {alternative_rate} from "
            f"{null_rate} with alpha {alpha} and power {power}. Raise n_max to about {needed}, which a single stage "
            "needs, or ask for a larger difference, a larger alpha or a smaller power."
        )
    return SimonDesigns(
        null_rate=null_rate,
        alternative_rate=alternative_rate,
        alpha=alpha,
        power=power,
        optimal=improving[-1],
        minimax=improving[0],
        admissible=tuple(_lower_hull(improving)),
    )


def single_stage_size(*, null_rate: float, alternative_rate: float, alpha: float, power: float) -> int:
    """Size of the smallest exact single stage: about that of the smallest two-stage design."""
    n = 1
    while binom.sf(binom.isf(alpha, n, null_rate), n, alternative_rate) < power:
        n += 1
    return n


def _check_rates(null_rate: float, alternative_rate: float) -> None:
    probability("null_rate", null_rate)
    probability("alternative_rate", alternative_rate)
    ordered("null_rate", null_rate, "alternative_rate", alternative_rate, why="a response is what one hopes for")


def _best_of_size(
    n_total: int, null_rate: float, alternative_rate: float, alpha: float, power: float, below: float
) -> SimonDesign | None:
    """The design of `n_total` subjects with the smallest expected size, if that is smaller than `below`."""
    # The two-stage power is at most that of one stage with the same r, so r has a highest value.
    highest_r = int(binom.ppf(1 - power, n_total, alternative_rate))
    if binom.sf(highest_r, n_total, alternative_rate) < power:
        highest_r -= 1
    if highest_r < 0:
        return None
    r = np.arange(highest_r + 1)
    best: SimonDesign | None = None
    for n_stage1 in range(1, n_total):
        if n_stage1 >= below:  # the expected size is at least the first stage
            break
        stops_alternative = binom.cdf(np.arange(n_stage1), n_stage1, alternative_rate)
        # Whoever stops can no longer reject: the first stage alone may not use up the type II error.
        candidates = int(np.searchsorted(stops_alternative, 1 - power, side="right"))
        if not candidates:
            continue
        stops = binom.cdf(np.arange(candidates), n_stage1, null_rate)
        expected = n_stage1 + (1 - stops) * (n_total - n_stage1)
        if expected[-1] >= below:
            continue
        rejects_null = _rejection_table(null_rate, n_stage1, n_total, r, candidates)
        rejects_alternative = _rejection_table(alternative_rate, n_stage1, n_total, r, candidates)
        fits = (rejects_null <= alpha) & (rejects_alternative >= power) & (expected < below)[:, None]
        feasible = np.flatnonzero(fits.any(axis=1))
        if not feasible.size:
            continue
        r1 = int(feasible[-1])  # for a given first stage the expected size falls with r1
        below = float(expected[r1])
        best = compute_simon_characteristics(
            null_rate=null_rate,
            alternative_rate=alternative_rate,
            r1=r1,
            n_stage1=n_stage1,
            r=max(r1, int(np.argmax(fits[r1]))),
            n_total=n_total,
        )
    return best


def _rejection_table(
    rate: float, n_stage1: int, n_total: int, r: np.ndarray[tuple[int], np.dtype[np.int_]], candidates: int
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Rejection probabilities of r1 = 0, 1, ... (rows, `candidates` of them) and each r (columns)."""
    first = np.arange(n_stage1 + 1)
    second = binom.sf(np.arange(-n_stage1 - 1, n_total + 1), n_total - n_stage1, rate)
    terms = binom.pmf(first, n_stage1, rate)[:, None] * second[r[None, :] - first[:, None] + n_stage1 + 1]
    from_top: np.ndarray[tuple[int, int], np.dtype[np.float64]] = np.cumsum(terms[::-1], axis=0)[::-1]
    return from_top[1 : candidates + 1]


def _lower_hull(designs: list[SimonDesign]) -> list[SimonDesign]:
    """The corners of the lower convex hull of (n_total, expected_n)."""
    hull: list[SimonDesign] = []
    for design in designs:
        while len(hull) >= 2 and _turns_down(hull[-2], hull[-1], design):
            hull.pop()
        hull.append(design)
    return hull


def _turns_down(a: SimonDesign, b: SimonDesign, c: SimonDesign) -> bool:
    """Whether `b` lies on or above the line from `a` to `c`."""
    return (b.expected_n - a.expected_n) * (c.n_total - a.n_total) >= (c.expected_n - a.expected_n) * (
        b.n_total - a.n_total
    )
