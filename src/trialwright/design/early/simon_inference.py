"""Inference after a two-stage trial that may have stopped for futility: estimates, p-value and confidence interval.

The naive proportion of responders is biased downwards, because low first stages are never carried on; the naive
p-value and interval ignore that. Outcomes are ordered stage-wise: a trial that stopped is below every one that did not,
and within a stage more responses are more; for these designs that is also the order of the unbiased estimates.

Sources: Jung SH, Kim KM. On the estimation of the binomial probability in multistage clinical trials. Stat Med
2004;23:881-896 (unbiased estimate of minimum variance, its order). Koyama T, Chen H. Proper inference from Simon's
two-stage designs. Stat Med 2008;27:3145-3154 (p-value, median-unbiased estimate, interval). Clopper CJ, Pearson ES.
Biometrika 1934;26:404-413 (the principle of the interval).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln
from scipy.stats import binom

from trialwright.design.early.requirements import probability
from trialwright.design.early.simon import SimonDesign
from trialwright.errors import DesignError

CONVENTIONS = (
    "the trial was run as designed: n_stage1 subjects, and n_total if more than r1 of the first responded",
    "outcomes are ordered stage-wise; a trial that stopped is below every one that did not",
    "p_value is one-sided, against response rates above null_rate, and exact",
    "the interval is two-sided with equal tails and covers at least conf_level",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimonInference:
    """What a finished trial says of the response rate.

    stage             1 if the trial stopped after its first stage, else 2
    n                 subjects observed; `responses` of them responded
    naive             responses / n, biased
    unbiased          unbiased estimate of minimum variance
    median_unbiased   the rate at which this outcome or a higher one has probability 1/2; 0 without any response
    p_value           at `null_rate`
    rejected          whether the design's own rule rejects
    """

    stage: int
    n: int
    responses: int
    null_rate: float
    naive: float
    unbiased: float
    median_unbiased: float
    p_value: float
    ci_lower: float
    ci_upper: float
    conf_level: float
    rejected: bool
    conventions: tuple[str, ...] = CONVENTIONS


def compute_simon_inference(
    design: SimonDesign, *, responses_stage1: int, responses: int | None = None, conf_level: float = 0.95
) -> SimonInference:
    """Estimates, p-value and confidence interval of a trial run as `design` says.

    responses_stage1   of the first n_stage1 subjects
    responses          of all n_total subjects; None if the trial stopped after the first stage
    """
    probability("conf_level", conf_level)
    stage = _stage(design, responses_stage1, responses)
    seen = responses_stage1 if responses is None else responses
    n = design.n_stage1 if stage == 1 else design.n_total

    def at_least(rate: float) -> float:
        return _probability_at_least(design, stage, seen, rate)

    def above(rate: float) -> float:
        return _probability_above(design, stage, seen, rate)

    tail = (1 - conf_level) / 2
    return SimonInference(
        stage=stage,
        n=n,
        responses=seen,
        null_rate=design.null_rate,
        naive=seen / n,
        unbiased=_unbiased(design, stage, seen),
        median_unbiased=_rate_where(at_least, 0.5),
        p_value=at_least(design.null_rate),
        ci_lower=_rate_where(at_least, tail),
        ci_upper=_rate_where(above, 1 - tail),
        conf_level=conf_level,
        rejected=stage == 2 and seen > design.r,
    )


def _stage(design: SimonDesign, first: int, responses: int | None) -> int:
    if not 0 <= first <= design.n_stage1:
        raise DesignError(f"responses_stage1 must lie between 0 and {design.n_stage1}, its subjects, got {first!r}.")
    if first <= design.r1:
        if responses is not None:
            raise DesignError(
                f"responses is {responses!r}, but with {first} responses in the first stage the design stops (r1 is "
                f"{design.r1}). Leave it out; a trial that went on against its rule has no valid inference."
            )
        return 1
    added = design.n_total - design.n_stage1
    if responses is None:
        raise DesignError(
            f"responses is missing: {first} responses in the first stage are more than r1 ({design.r1}), so the trial "
            f"goes on to {design.n_total} subjects. Give the responses of all of them."
        )
    if not first <= responses <= first + added:
        raise DesignError(
            f"responses counts both stages: it must lie between {first} and {first + added}, got {responses!r}."
        )
    return 2


def _probability_at_least(design: SimonDesign, stage: int, seen: int, rate: float) -> float:
    if stage == 1:
        return float(binom.sf(seen - 1, design.n_stage1, rate))
    first = np.arange(design.r1 + 1, design.n_stage1 + 1)
    rest = binom.sf(seen - 1 - first, design.n_total - design.n_stage1, rate)
    return float(binom.pmf(first, design.n_stage1, rate) @ rest)


def _probability_above(design: SimonDesign, stage: int, seen: int, rate: float) -> float:
    if stage == 1:  # whatever went on is above
        return float(binom.sf(seen, design.n_stage1, rate))
    return _probability_at_least(design, stage, seen + 1, rate)


def _rate_where(rising: Callable[[float], float], level: float) -> float:
    """The rate at which a probability that rises with it has this level; 0 or 1 where it never has."""
    if rising(0.0) >= level:
        return 0.0
    if rising(1.0) <= level:
        return 1.0
    return float(brentq(lambda rate: rising(rate) - level, 0.0, 1.0, xtol=1e-13))


def _unbiased(design: SimonDesign, stage: int, seen: int) -> float:
    if stage == 1:
        return seen / design.n_stage1
    added = design.n_total - design.n_stage1
    first = np.arange(max(design.r1 + 1, seen - added), min(design.n_stage1, seen) + 1)
    ways = _log_choose(design.n_stage1, first) + _log_choose(added, seen - first)
    weight = np.exp(ways - ways.max())
    # The mean of the first subject's response, given the sufficient statistic.
    return float(weight @ (first / design.n_stage1) / weight.sum())


def _log_choose(n: int, k: np.ndarray) -> np.ndarray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
