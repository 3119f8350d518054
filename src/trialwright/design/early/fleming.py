"""Fleming's one-sample designs with one or several stages, which stop for futility and for efficacy.

Source: Fleming TR. One-sample multiple testing procedure for phase II clinical trials. Biometrics 1982;38:143-151:
acceptance and rejection points of section 2 with the rate p~A at which they are symmetric; [x] is the nearest integer.
The single stage is A'Hern RP. Sample size tables for exact single-stage phase II designs. Stat Med 2001;20:859-866.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, norm

from trialwright.design.early.requirements import count, ordered, probability
from trialwright.errors import DesignError

CONVENTIONS = (
    "a single group; response rates are proportions of subjects; n and responses are cumulative over stages",
    "at a stage, accept the null hypothesis (futility) if at most accept_at_most respond",
    "and reject it if at least reject_at_least respond; the last stage always decides",
    "alpha is one-sided, against response rates above the null one",
    "type I error and power are exact binomial probabilities",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlemingStage:
    """One look: cumulative number of subjects, and the numbers of responses that end the trial.

    accept_at_most    None where no number of responses stops for futility
    reject_at_least   None where no number of responses stops for efficacy
    """

    n: int
    accept_at_most: int | None
    reject_at_least: int | None
    accept_probability_null: float
    reject_probability_null: float
    accept_probability_alternative: float
    reject_probability_alternative: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FlemingDesign:
    """A design with its exact operating characteristics.

    type_one_error, power   probability of rejecting at `null_rate` and at `alternative_rate`, over all stages
    expected_n, expected_n_alternative   expected number of subjects at the two rates
    """

    null_rate: float
    alternative_rate: float
    stages: tuple[FlemingStage, ...]
    n_total: int
    type_one_error: float
    power: float
    expected_n: float
    expected_n_alternative: float
    conventions: tuple[str, ...] = CONVENTIONS


def compute_fleming_design(
    *, null_rate: float, alternative_rate: float, alpha: float, n_per_stage: Sequence[int]
) -> FlemingDesign:
    """Fleming's stopping points for stages of the given sizes.

    n_per_stage   subjects added at each stage
    alpha         one-sided; the points are normal approximations, so read `type_one_error` for the exact one

    Raises DesignError on sizes so small that a stage before the last could not go on, or the test never rejects.
    """
    _check_rates(null_rate, alternative_rate)
    if not 0 < alpha < 0.5:
        raise DesignError(f"alpha must lie between 0 and 0.5, got {alpha!r}. It is one-sided; usual is 0.05.")
    if not n_per_stage:
        raise DesignError("n_per_stage is empty; give the number of subjects of each stage, such as (20, 20).")
    for stage, n in enumerate(n_per_stage, start=1):
        count(f"n_per_stage of stage {stage}", n)
    n_total, z = sum(n_per_stage), float(norm.isf(alpha))
    symmetric = (math.sqrt(n_total * null_rate) + math.sqrt(1 - null_rate) * z) ** 2 / (n_total + z**2)
    margin_null = z * math.sqrt(n_total * null_rate * (1 - null_rate))
    margin_symmetric = z * math.sqrt(n_total * symmetric * (1 - symmetric))
    accept: list[int] = []
    reject: list[int] = []
    for n in np.cumsum(n_per_stage).tolist():
        reject.append(_nearest(n * null_rate + margin_null) + 1)
        accept.append(_nearest(n * symmetric - margin_symmetric))
    accept[-1] = reject[-1] - 1
    if reject[-1] > n_total:
        raise DesignError(
            f"With {n_total} subjects no number of responses rejects a rate of {null_rate} at alpha {alpha}. "
            "Add subjects, or raise alpha."
        )
    return compute_fleming_characteristics(
        null_rate=null_rate,
        alternative_rate=alternative_rate,
        n_per_stage=n_per_stage,
        accept_at_most=accept,
        reject_at_least=reject,
    )


def compute_fleming_characteristics(
    *,
    null_rate: float,
    alternative_rate: float,
    n_per_stage: Sequence[int],
    accept_at_most: Sequence[int | None],
    reject_at_least: Sequence[int | None],
) -> FlemingDesign:
    """The exact operating characteristics of given stopping points (cumulative numbers of responses)."""
    _check_rates(null_rate, alternative_rate)
    if not len(n_per_stage) == len(accept_at_most) == len(reject_at_least):
        raise DesignError(
            f"n_per_stage, accept_at_most and reject_at_least have {len(n_per_stage)}, {len(accept_at_most)} and "
            f"{len(reject_at_least)} stages. Give one value of each per stage."
        )
    sizes = [int(n) for n in np.cumsum(n_per_stage)]
    lower = [-1 if a is None else max(a, -1) for a in accept_at_most]
    upper = [n + 1 if b is None else min(b, n + 1) for b, n in zip(reject_at_least, sizes, strict=True)]
    for stage, (a, b) in enumerate(zip(lower, upper, strict=True), start=1):
        if a >= b:
            raise DesignError(
                f"At stage {stage} {a} responses would accept and {b} reject. accept_at_most must be below "
                "reject_at_least; larger stages set them apart."
            )
    if upper[-1] != lower[-1] + 1:
        raise DesignError(
            f"The last stage leaves {lower[-1] + 1} to {upper[-1] - 1} responses undecided. "
            "Its reject_at_least must be accept_at_most + 1."
        )
    null = _walk(null_rate, n_per_stage, lower, upper)
    alternative = _walk(alternative_rate, n_per_stage, lower, upper)
    return FlemingDesign(
        null_rate=null_rate,
        alternative_rate=alternative_rate,
        stages=tuple(
            FlemingStage(
                n=sizes[k],
                accept_at_most=lower[k] if lower[k] >= 0 else None,
                reject_at_least=upper[k] if upper[k] <= sizes[k] else None,
                accept_probability_null=null[k][0],
                reject_probability_null=null[k][1],
                accept_probability_alternative=alternative[k][0],
                reject_probability_alternative=alternative[k][1],
            )
            for k in range(len(sizes))
        ),
        n_total=sizes[-1],
        type_one_error=math.fsum(rejected for _, rejected in null),
        power=math.fsum(rejected for _, rejected in alternative),
        expected_n=math.fsum(n * sum(ends) for n, ends in zip(sizes, null, strict=True)),
        expected_n_alternative=math.fsum(n * sum(ends) for n, ends in zip(sizes, alternative, strict=True)),
    )


def compute_single_stage_design(
    *, null_rate: float, alternative_rate: float, alpha: float, power: float, n_max: int = 1000
) -> FlemingDesign:
    """The smallest single stage whose exact binomial test has `alpha` and `power` (A'Hern 2001).

    Raises DesignError if no size of at most `n_max` has both.
    """
    _check_rates(null_rate, alternative_rate)
    probability("alpha", alpha)
    probability("power", power)
    n = np.arange(1, count("n_max", n_max) + 1)
    # The fewest responses whose probability under the null hypothesis is at most alpha.
    accept = np.asarray(binom.isf(alpha, n, null_rate)).astype(int)
    fits = np.flatnonzero((binom.sf(accept, n, alternative_rate) >= power) & (accept < n))
    if not fits.size:
        raise DesignError(
            f"No single stage of at most n_max = {n_max} subjects tells a response rate of {alternative_rate} from "
            f"{null_rate} with alpha {alpha} and power {power}. Raise n_max, or ask for a larger difference."
        )
    chosen = int(fits[0])
    return compute_fleming_characteristics(
        null_rate=null_rate,
        alternative_rate=alternative_rate,
        n_per_stage=(int(n[chosen]),),
        accept_at_most=(int(accept[chosen]),),
        reject_at_least=(int(accept[chosen]) + 1,),
    )


def _check_rates(null_rate: float, alternative_rate: float) -> None:
    probability("null_rate", null_rate)
    probability("alternative_rate", alternative_rate)
    ordered("null_rate", null_rate, "alternative_rate", alternative_rate, why="a response is what one hopes for")


def _nearest(value: float) -> int:
    return math.floor(value + 0.5)


def _walk(rate: float, n_per_stage: Sequence[int], lower: list[int], upper: list[int]) -> list[tuple[float, float]]:
    """Probabilities of accepting and of rejecting at each stage."""
    going = np.array([1.0])
    ends: list[tuple[float, float]] = []
    for n, a, b in zip(n_per_stage, lower, upper, strict=True):
        going = np.convolve(going, binom.pmf(np.arange(n + 1), n, rate))
        ends.append((float(going[: a + 1].sum()), float(going[b:].sum())))
        going[: a + 1] = 0.0
        going[b:] = 0.0
    return ends
