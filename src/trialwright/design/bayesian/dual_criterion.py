"""Dual-criterion designs: go if the effect is significant and its estimate relevant.

"Go" asks for statistical significance, a posterior probability of at least 1 - alpha of an effect above the null
value, and for relevance, a posterior median of at least the decision value. If both fail it is "no-go", if one does,
the result is inconclusive. The smallest size at which relevance implies significance is where the decision value itself
is just significant.

Source: Roychoudhury S, Scheuer N, Neuenschwander B. Beyond p-values: a phase II dual-criterion design with statistical
significance and clinical relevance. Clin Trials 2018;15:452-461.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.stats import binom

from trialwright.design.bayesian.posteriors import beta_parameters, beta_weights
from trialwright.design.bayesian.priors import BetaBelief, as_beta_mixture
from trialwright.design.early.requirements import count, positive, probability
from trialwright.design.sample_size.priors import NormalPrior
from trialwright.errors import DesignError

CONVENTIONS = (
    "an effect above the null value is better; alpha is one-sided",
    "significant: posterior probability of an effect above null_value of at least 1 - alpha",
    "relevant: posterior median of at least decision_value",
    "go if both, no-go if neither, inconclusive otherwise",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DualCriterionCharacteristics:
    """Probabilities of the three decisions at a true effect; they sum to 1."""

    effect: float
    go: float
    inconclusive: float
    no_go: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DualCriterionDesign:
    """A dual-criterion design of a single size.

    go_at_least        smallest result that is a go: responses, or the estimate
    no_go_at_most      largest result that is a no-go, None where none is; of an estimate: all below it are
    minimum_n          smallest number of subjects at which whatever is relevant is significant
    null, decision     characteristics at the null value and at the decision value
    """

    null_value: float
    decision_value: float
    alpha: float
    n: int
    go_at_least: float
    no_go_at_most: float | None
    minimum_n: int
    null: DualCriterionCharacteristics
    decision: DualCriterionCharacteristics
    conventions: tuple[str, ...] = CONVENTIONS


def compute_dual_criterion_binary(
    prior: BetaBelief, *, n: int, null_rate: float, decision_rate: float, alpha: float
) -> DualCriterionDesign:
    """Dual-criterion design of a response rate in a single arm; exact."""
    count("n", n)
    probability("null_rate", null_rate)
    probability("decision_rate", decision_rate)
    probability("alpha", alpha)
    _check_order(null_rate, decision_rate)
    significant, relevant = _binary_criteria(prior, n, null_rate, decision_rate, alpha)
    if not (significant & relevant).any():
        raise DesignError(
            f"With n = {n} no number of responses is both significant at alpha = {alpha!r} and relevant. "
            "Take more subjects."
        )
    go_at_least = int(np.argmax(significant & relevant))
    no_go = np.flatnonzero(~significant & ~relevant)
    no_go_at_most = int(no_go[-1]) if no_go.size else None

    def at(rate: float) -> DualCriterionCharacteristics:
        go = float(binom.sf(go_at_least - 1, n, rate))
        none = 0.0 if no_go_at_most is None else float(binom.cdf(no_go_at_most, n, rate))
        return DualCriterionCharacteristics(effect=rate, go=go, inconclusive=max(0.0, 1 - go - none), no_go=none)

    return DualCriterionDesign(
        null_value=null_rate,
        decision_value=decision_rate,
        alpha=alpha,
        n=n,
        go_at_least=go_at_least,
        no_go_at_most=no_go_at_most,
        minimum_n=_minimum_n(prior, null_rate, decision_rate, alpha),
        null=at(null_rate),
        decision=at(decision_rate),
    )


def compute_dual_criterion_normal(
    *,
    n: int,
    subject_sd: float,
    null_value: float,
    decision_value: float,
    alpha: float,
    prior: NormalPrior | None = None,
) -> DualCriterionDesign:
    """Dual-criterion design of a normal estimate with standard error `subject_sd` / sqrt(`n`).

    subject_sd   of a single mean: one subject's; of a difference of two equal groups, with n subjects in all, twice
                 that; of a log hazard ratio turned so that above 0 is better, with n events: 2
    prior        flat if not given
    """
    count("n", n)
    positive("subject_sd", subject_sd)
    if not (math.isfinite(null_value) and math.isfinite(decision_value)):
        raise DesignError(f"null_value and decision_value must be finite, got {null_value!r} and {decision_value!r}.")
    probability("alpha", alpha)
    _check_order(null_value, decision_value)
    z = float(special.ndtri(1 - alpha))

    def bounds(size: int) -> tuple[float, float]:
        """The estimates that are just significant, and just relevant."""
        information = size / subject_sd**2
        before = 0.0 if prior is None else 1 / positive("NormalPrior.sd", prior.sd) ** 2
        center = 0.0 if prior is None else prior.mean
        total = information + before
        limits = (null_value + z / math.sqrt(total), decision_value)
        first, second = ((limit * total - before * center) / information for limit in limits)
        return first, second

    minimum_n = 1
    if bounds(1)[0] > bounds(1)[1]:
        # The distance of the two falls with n, and 0 is passed where total = (z / (decision - null))^2.
        before = 0.0 if prior is None else 1 / prior.sd**2
        exact = subject_sd**2 * ((z / (decision_value - null_value)) ** 2 - before)
        minimum_n = max(1, math.ceil(exact - 1e-9))
    significant, relevant = bounds(n)
    se = subject_sd / math.sqrt(n)
    high, low = max(significant, relevant), min(significant, relevant)

    def at(effect: float) -> DualCriterionCharacteristics:
        go, none = float(special.ndtr((effect - high) / se)), float(special.ndtr((low - effect) / se))
        return DualCriterionCharacteristics(effect=effect, go=go, inconclusive=max(0.0, 1 - go - none), no_go=none)

    return DualCriterionDesign(
        null_value=null_value,
        decision_value=decision_value,
        alpha=alpha,
        n=n,
        go_at_least=high,
        no_go_at_most=low,
        minimum_n=minimum_n,
        null=at(null_value),
        decision=at(decision_value),
    )


def _check_order(null_value: float, decision_value: float) -> None:
    if decision_value <= null_value:
        raise DesignError(
            f"The decision value ({decision_value!r}) must be above the null value ({null_value!r}): it is an effect "
            "that is worth having. Turn the sign where lower is better."
        )


def _binary_criteria(
    prior: BetaBelief, n: int, null_rate: float, decision_rate: float, alpha: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """For each number of responses: significant, relevant. The median is at least a value if half lies above it."""
    mixture = as_beta_mixture(prior)
    x = np.arange(n + 1)
    a, b = (values[:, None] for values in beta_parameters(mixture))
    weights = beta_weights(mixture, x, n)
    above_null = (weights * special.betaincc(a + x, b + n - x, null_rate)).sum(axis=0)
    above_decision = (weights * special.betaincc(a + x, b + n - x, decision_rate)).sum(axis=0)
    return above_null >= 1 - alpha, above_decision >= 0.5


def _minimum_n(prior: BetaBelief, null_rate: float, decision_rate: float, alpha: float, most: int = 2000) -> int:
    """The smallest size from which on, by a hundred more, relevance implies significance: counts are jagged."""
    smallest: int | None = None
    for n in range(1, most + 1):
        significant, relevant = _binary_criteria(prior, n, null_rate, decision_rate, alpha)
        if np.all(significant[relevant]):
            smallest = n if smallest is None else smallest
            if n - smallest >= 100:
                return smallest
        else:
            smallest = None
    raise DesignError(
        f"Even {most} subjects do not make a rate of {decision_rate!r} significant against {null_rate!r} at "
        f"alpha = {alpha!r}. Take a decision rate further from the null rate."
    )
