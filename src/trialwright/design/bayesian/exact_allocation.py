"""Exact distribution of a response-adaptive trial with two arms and binary outcomes that are known at once.

What a rule does next depends on the subjects and successes of both arms alone, so the probability of a result (subjects
and successes of each arm) is a sum over the orders in which it can come about: the probability of the allocations,
which the rates do not enter, times that of the outcomes. The first sum is computed once; any rates follow by a product.
With it a critical value can be found that keeps the type I error whatever the common rate.

Source: Wei LJ, Smythe RT, Lin DY, Park TS. Statistical inference with data-dependent treatment allocation rules. J Am
Stat Assoc 1990;85:156-162 (the recursion).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from trialwright.design.bayesian.adaptive_randomization import AdaptiveRandomizationPlan, rule_of
from trialwright.design.bayesian.allocation_rules import DropTheLoser
from trialwright.design.sample_size.requirements import error_rate
from trialwright.design.simulation.plans import BinaryOutcome
from trialwright.errors import DesignError

Floats = NDArray[np.float64]

_MOST_SUBJECTS = 120
_NULL_RATES = tuple(float(rate) for rate in np.round(np.arange(0.02, 0.981, 0.02), 2))

CONVENTIONS = (
    "arm 1 is experimental, arm 0 the control; successes are good outcomes",
    "probabilities are exact: no Monte Carlo error",
    "z is the difference of proportions over its standard error from the pooled proportion; 0 where there is none",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactCharacteristics:
    """At true success rates.

    rejection             probability that z (or |z|) reaches the critical value
    subjects              probability of 0, 1, ... subjects in the experimental arm
    expected_share, share_sd   of the experimental arm in all subjects
    expected_successes    in both arms together
    bias                  mean estimated difference minus the true one, of trials with subjects in both arms
    """

    rate_experimental: float
    rate_control: float
    rejection: float
    subjects: tuple[float, ...]
    expected_share: float
    share_sd: float
    expected_successes: float
    bias: float
    conventions: tuple[str, ...] = CONVENTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalValue:
    """The smallest critical value of z whose type I error is at most alpha at all common rates that were looked at."""

    value: float
    alpha: float
    sided: int
    type_one_error: float
    at_rate: float
    conventions: tuple[str, ...] = CONVENTIONS


@dataclass(frozen=True, kw_only=True, eq=False)
class ExactAllocation:
    """The exact distribution of a plan; the outcome's rates in it do not matter, its `better` does.

    weights   experimental subjects, their successes, the control's successes: summed probability of the allocations
    """

    plan: AdaptiveRandomizationPlan
    weights: Floats

    def compute_characteristics(
        self, *, rate_experimental: float, rate_control: float, critical_value: float, sided: Literal[1, 2]
    ) -> ExactCharacteristics:
        """At true success rates from 0 to 1."""
        for name, rate in (("rate_experimental", rate_experimental), ("rate_control", rate_control)):
            if not 0 <= rate <= 1:
                raise DesignError(f"{name} must lie between 0 and 1, got {rate!r}.")
        n, s, t = self._axes()
        subjects = self.plan.accrual.subjects
        chances = self._probabilities(rate_experimental, rate_control)
        by_subjects = chances.sum(axis=(1, 2))
        share = np.arange(subjects + 1) / subjects
        expected = float(by_subjects @ share)
        with np.errstate(divide="ignore", invalid="ignore"):
            difference = s / n - t / (subjects - n)
        both = chances[1:subjects]
        is_rejected = self._statistic(sided) >= critical_value - 1e-9
        return ExactCharacteristics(
            rate_experimental=rate_experimental,
            rate_control=rate_control,
            rejection=float(chances[is_rejected].sum()),
            subjects=tuple(float(value) for value in by_subjects),
            expected_share=expected,
            share_sd=float(np.sqrt(max(0.0, by_subjects @ share**2 - expected**2))),
            expected_successes=float((chances * (s + t)).sum()),
            bias=float((both * difference[1:subjects]).sum() / both.sum()) - (rate_experimental - rate_control),
        )

    def compute_critical_value(
        self, *, alpha: float, sided: Literal[1, 2], null_rates: Sequence[float] = _NULL_RATES
    ) -> CriticalValue:
        """The smallest value whose type I error is at most `alpha` at each of the common rates."""
        error_rate(alpha, sided)
        if not null_rates or not all(0 < rate < 1 for rate in null_rates):
            raise DesignError(
                f"null_rates must be rates between 0 and 1, got {tuple(null_rates)!r}. Give at least one."
            )
        statistic = self._statistic(sided)
        possible = self.weights > 0
        values, which = np.unique(np.round(statistic[possible], 9), return_inverse=True)
        tails = []
        for rate in null_rates:
            chances = self._probabilities(rate, rate)[possible]
            tails.append(np.cumsum(np.bincount(which, weights=chances, minlength=len(values))[::-1])[::-1])
        largest = np.max(tails, axis=0)
        fits = np.flatnonzero((largest <= alpha) & (values > 0))
        if not fits.size:
            raise DesignError(
                f"No critical value keeps a type I error of {alpha!r} with {self.plan.accrual.subjects} subjects. "
                "Take more subjects or a larger alpha."
            )
        first = int(fits[0])
        at = int(np.argmax([tail[first] for tail in tails]))
        return CriticalValue(
            value=float(values[first]),
            alpha=alpha,
            sided=sided,
            type_one_error=float(largest[first]),
            at_rate=float(null_rates[at]),
        )

    def _axes(self) -> tuple[Floats, Floats, Floats]:
        axis = np.arange(self.plan.accrual.subjects + 1, dtype=float)
        return axis[:, None, None], axis[None, :, None], axis[None, None, :]

    def _probabilities(self, rate_experimental: float, rate_control: float) -> Floats:
        n, s, t = self._axes()
        m = self.plan.accrual.subjects - n
        logs = (
            special.xlogy(s, rate_experimental)
            + special.xlogy(np.maximum(n - s, 0), 1 - rate_experimental)
            + special.xlogy(t, rate_control)
            + special.xlogy(np.maximum(m - t, 0), 1 - rate_control)
        )
        return np.asarray(self.weights * np.exp(logs), np.float64)

    def _statistic(self, sided: int) -> Floats:
        n, s, t = self._axes()
        subjects = self.plan.accrual.subjects
        m = subjects - n
        with np.errstate(divide="ignore", invalid="ignore"):
            pooled = (s + t) / subjects
            z = (s / n - t / m) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        z = np.where(np.isfinite(z), z, 0.0)
        return np.abs(z) if sided == 2 else z


def compute_exact_allocation(plan: AdaptiveRandomizationPlan) -> ExactAllocation:
    """The exact distribution of a plan with two arms, binary outcomes, no delay, no missing outcomes and no drift.

    Probabilities are computed anew for each subject; there are at most 120.
    """
    outcome = plan.outcome
    reasons = (
        (not isinstance(outcome, BinaryOutcome), "outcomes that are not binary"),
        (outcome.arms != 2, f"{outcome.arms} arms"),
        (outcome.delay > 0, "a delay of outcomes"),
        (any(outcome.missing), "missing outcomes"),
        (plan.drift != 0, "a drift"),
        (plan.update_every != 1, f"update_every of {plan.update_every}"),
        (isinstance(plan.rule, DropTheLoser), "the drop-the-loser urn, which remembers more than the results"),
        (plan.accrual.subjects > _MOST_SUBJECTS, f"more than {_MOST_SUBJECTS} subjects"),
    )
    found = [reason for is_so, reason in reasons if is_so]
    if found:
        raise DesignError(
            f"There is no exact distribution for a plan with {', '.join(found)}. Simulate it with "
            "simulate_adaptive_randomization, or take that away."
        )
    from trialwright.design.bayesian.allocation_kernel import path_weights

    return ExactAllocation(plan=plan, weights=path_weights(rule_of(plan), plan.accrual.subjects))
