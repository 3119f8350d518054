"""Two-arm trials of response rates, monitored by posterior or predictive probabilities, with exact characteristics.

At each look the posterior probability of a higher experimental rate is a table over the responses of both arms, and the
decision is a region of it. The trial is a Markov chain on the two numbers of responses, so type I error and power are
sums of binomial probabilities, for any rates; a cutoff is calibrated by bisection on the largest type I error over a
grid of common rates.

Sources: Thall PF, Simon R. Biometrics 1994;50:337-349. Berry SM, Carlin BP, Lee JJ, Muller P. Bayesian Adaptive
Methods for Clinical Trials. CRC Press, 2011, chapters 2 and 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from trialwright.design.bayesian.beta_difference import compute_superiority_table
from trialwright.design.bayesian.posteriors import predictive_of_responses
from trialwright.design.bayesian.priors import BetaBelief
from trialwright.design.early.requirements import count, probability
from trialwright.design.early.requirements import responses as check_responses
from trialwright.design.sample_size.requirements import one_of
from trialwright.errors import DesignError

Floats = NDArray[np.float64]
Region = tuple[NDArray[np.bool_], NDArray[np.bool_]]

CONVENTIONS = (
    "a higher response rate is better; the margin is added to the control rate: below 0 it is a non-inferiority margin",
    "n of each look is cumulative, (experimental, control)",
    "success if the posterior probability of experimental > control + margin reaches the cutoff of the look",
    "futility if the posterior (predictive) probability is below the futility cutoff at a look before the last",
    "the predictive probability is that of success at the last look",
    "operating characteristics are frequentist and exact: binomial sums at given true rates",
)

#: Common rates over which the type I error is held; the largest is between two of them at most a little higher.
_NULL_RATES = tuple(float(rate) for rate in np.round(np.arange(0.02, 0.981, 0.02), 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoArmMonitoring:
    """A rule for a two-arm trial.

    looks             (experimental, control) numbers of subjects, cumulative; the last one is the size of the trial
    success_cutoffs   of the posterior probability, one for each look; None at a look without a stop for efficacy
    futility_cutoff   0 for no stop for futility
    futility_rule     what is held to it: the "posterior" or the "predictive" probability
    """

    experimental_prior: BetaBelief
    control_prior: BetaBelief
    looks: tuple[tuple[int, int], ...]
    success_cutoffs: tuple[float | None, ...]
    margin: float = 0.0
    futility_cutoff: float = 0.0
    futility_rule: Literal["posterior", "predictive"] = "predictive"

    def __post_init__(self) -> None:
        if not self.looks:
            raise DesignError("TwoArmMonitoring.looks is empty. Give (experimental, control) subjects of each look.")
        for before, after in zip(((0, 0), *self.looks), self.looks, strict=False):
            if any(isinstance(n, bool) or not isinstance(n, int) for n in after) or not (
                after[0] > before[0] and after[1] > before[1]
            ):
                raise DesignError(
                    f"TwoArmMonitoring.looks must rise in both arms, but {after!r} comes after {before!r}. "
                    "They are cumulative numbers of subjects, (experimental, control)."
                )
        if len(self.success_cutoffs) != len(self.looks):
            raise DesignError(
                f"TwoArmMonitoring.success_cutoffs has {len(self.success_cutoffs)} values for {len(self.looks)} looks. "
                "Give one for each, None where there is no stop for efficacy."
            )
        if self.success_cutoffs[-1] is None:
            raise DesignError("TwoArmMonitoring.success_cutoffs ends in None: the last look must be able to succeed.")
        for cutoff in self.success_cutoffs:
            if cutoff is not None:
                probability("TwoArmMonitoring.success_cutoffs", cutoff)
        if not 0 <= self.futility_cutoff < 1:
            raise DesignError(
                f"TwoArmMonitoring.futility_cutoff must lie from 0 (never stop) to below 1, got "
                f"{self.futility_cutoff!r}."
            )
        one_of("TwoArmMonitoring.futility_rule", self.futility_rule, ("posterior", "predictive"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoArmCharacteristics:
    """What a rule does at true rates.

    success                  probability of declaring success: type I error where the rates differ by the margin or less
    futility                 probability of stopping for futility before the last look
    success_by_look          probability of declaring success at each look
    stopping_probabilities   probability of ending at each look; sums to 1
    expected_n               expected number of subjects, both arms
    expected_difference      mean observed difference of proportions at the end of the trials that succeed, experimental
                             - control; None where none does. Above the true difference: selection makes it so.
    """

    rate_experimental: float
    rate_control: float
    success: float
    futility: float
    success_by_look: tuple[float, ...]
    stopping_probabilities: tuple[float, ...]
    expected_n: float
    expected_difference: float | None
    conventions: tuple[str, ...] = CONVENTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibratedTwoArmMonitoring:
    """A rule whose largest type I error is at most alpha.

    cutoff            the same at all looks that have one
    type_one_error    largest over the common rates that were looked at
    at_rate           the common rate (of the control, where there is a margin) where it is so large
    """

    rule: TwoArmMonitoring
    alpha: float
    cutoff: float
    type_one_error: float
    at_rate: float
    conventions: tuple[str, ...] = (*CONVENTIONS, "alpha is one-sided")


def compute_two_arm_predictive_probability(
    rule: TwoArmMonitoring,
    *,
    responses_experimental: int,
    n_experimental: int,
    responses_control: int,
    n_control: int,
) -> float:
    """Probability, after so many responses, of success at the last look; by enumeration of what is still to come."""
    last = rule.looks[-1]
    count("n_experimental", n_experimental, least=0)
    count("n_control", n_control, least=0)
    check_responses("responses_experimental", responses_experimental, n_experimental)
    check_responses("responses_control", responses_control, n_control)
    if n_experimental > last[0] or n_control > last[1]:
        raise DesignError(
            f"n_experimental and n_control ({n_experimental}, {n_control}) are above those of the last look, {last}."
        )
    table = _success_at_end(rule)
    first = predictive_of_responses(
        rule.experimental_prior, responses=[responses_experimental], n=n_experimental, more=last[0] - n_experimental
    )[0]
    second = predictive_of_responses(
        rule.control_prior, responses=[responses_control], n=n_control, more=last[1] - n_control
    )[0]
    part = table[
        responses_experimental : responses_experimental + len(first),
        responses_control : responses_control + len(second),
    ]
    return float(first @ part @ second)


def compute_two_arm_characteristics(
    rule: TwoArmMonitoring, *, rate_experimental: float, rate_control: float
) -> TwoArmCharacteristics:
    """Exact characteristics at true rates from 0 to 1."""
    for name, rate in (("rate_experimental", rate_experimental), ("rate_control", rate_control)):
        if not 0 <= rate <= 1:
            raise DesignError(f"{name} must lie between 0 and 1, got {rate!r}.")
    return _run(rule, _regions(rule, _Tables(rule)), rate_experimental, rate_control)


def calibrate_two_arm_monitoring(
    rule: TwoArmMonitoring, *, alpha: float, null_rates: Sequence[float] = _NULL_RATES
) -> CalibratedTwoArmMonitoring:
    """The smallest common cutoff at which the type I error is at most `alpha` at all `null_rates`.

    The cutoffs of `rule` are replaced, None stays None. `null_rates` are the control's; the experimental rate is the
    control's plus the margin, and rates that this takes out of (0, 1) are left out. Futility is taken as binding.
    """
    probability("alpha", alpha)
    pairs = [(rate + rule.margin, rate) for rate in null_rates if 0 < rate < 1 and 0 < rate + rule.margin < 1]
    if not pairs:
        raise DesignError(
            f"null_rates has no rate between 0 and 1 that stays there with the margin of {rule.margin!r}. "
            "Give control rates such as (0.1, 0.2, 0.3)."
        )
    tables = _Tables(rule)

    def largest(cutoff: float) -> tuple[float, float]:
        tried = with_cutoff(rule, cutoff)
        regions = _regions(tried, tables)
        return max((_run(tried, regions, *pair).success, pair[1]) for pair in pairs)

    low, high = 0.5, 1 - 1e-9
    if largest(high)[0] > alpha:
        raise DesignError(
            f"alpha = {alpha!r} is exceeded even with a cutoff of {high!r}: the priors favor the experimental arm too "
            "much. Take a prior that is centered at no difference, or a larger alpha."
        )
    # The table has finitely many values: between two of them all cutoffs are one rule.
    for _ in range(34):
        middle = 1 - ((1 - low) * (1 - high)) ** 0.5
        if largest(middle)[0] <= alpha:
            high = middle
        else:
            low = middle
        if high - low < 1e-7:
            break
    error, at_rate = largest(high)
    return CalibratedTwoArmMonitoring(
        rule=with_cutoff(rule, high), alpha=alpha, cutoff=high, type_one_error=error, at_rate=at_rate
    )


def compute_two_arm_probability_of_success(
    rule: TwoArmMonitoring, *, experimental_prior: BetaBelief, control_prior: BetaBelief
) -> float:
    """Probability of success over what is believed of both rates (assurance); these priors, of the design, may differ
    from those of the analysis. Exact: the responses of a stage are beta-binomial, given those before."""
    regions = _regions(rule, _Tables(rule))
    steps = [
        (_spread(experimental_prior, n, after).T, _spread(control_prior, m, later).T)
        for (n, m), (after, later) in zip(((0, 0), *rule.looks), rule.looks, strict=False)
    ]
    return sum(float(going[success].sum()) for going, (success, _) in _looks(regions, steps))


def with_cutoff(rule: TwoArmMonitoring, cutoff: float) -> TwoArmMonitoring:
    """The rule with the cutoff at all looks that have one."""
    return replace(rule, success_cutoffs=tuple(None if before is None else cutoff for before in rule.success_cutoffs))


class _Tables:
    """Posterior probabilities at each look, and what is to come from each: they do not depend on cutoffs."""

    def __init__(self, rule: TwoArmMonitoring) -> None:
        self.posterior = [
            compute_superiority_table(
                rule.experimental_prior,
                rule.control_prior,
                n_experimental=first,
                n_control=second,
                margin=rule.margin,
            )
            for first, second in rule.looks
        ]
        self.to_come = []
        if rule.futility_cutoff > 0 and rule.futility_rule == "predictive":
            last = rule.looks[-1]
            for first, second in rule.looks[:-1]:
                self.to_come.append(
                    (
                        _spread(rule.experimental_prior, first, last[0]),
                        _spread(rule.control_prior, second, last[1]),
                    )
                )


def _spread(prior: BetaBelief, n: int, n_total: int) -> Floats:
    """Responses of `n` (row), responses of `n_total` (column): predictive probability."""
    chances = predictive_of_responses(prior, responses=np.arange(n + 1), n=n, more=n_total - n)
    spread = np.zeros((n + 1, n_total + 1))
    for responses in range(n + 1):
        spread[responses, responses : responses + n_total - n + 1] = chances[responses]
    return spread


def _regions(rule: TwoArmMonitoring, tables: _Tables) -> list[Region]:
    """At each look: where the trial succeeds, where it stops for futility."""
    regions = []
    final_cutoff = rule.success_cutoffs[-1]
    assert final_cutoff is not None
    at_end = (tables.posterior[-1] >= final_cutoff).astype(float)
    for look, (table, cutoff) in enumerate(zip(tables.posterior, rule.success_cutoffs, strict=True)):
        success = np.zeros(table.shape, bool) if cutoff is None else table >= cutoff
        futile = np.zeros(table.shape, bool)
        if look < len(rule.looks) - 1 and rule.futility_cutoff > 0:
            if tables.to_come:
                first, second = tables.to_come[look]
                futile = first @ at_end @ second.T < rule.futility_cutoff
            else:
                futile = table < rule.futility_cutoff
        regions.append((success, futile & ~success))
    return regions


def _run(
    rule: TwoArmMonitoring,
    regions: Sequence[Region],
    rate_experimental: float,
    rate_control: float,
) -> TwoArmCharacteristics:
    steps = [
        (_step(after - n, n, rate_experimental), _step(later - m, m, rate_control))
        for (n, m), (after, later) in zip(((0, 0), *rule.looks), rule.looks, strict=False)
    ]
    successes, futilities, ends, differences = [], [], [], 0.0
    for sizes, (going, (success, futile)) in zip(rule.looks, _looks(regions, steps), strict=True):
        succeeds = np.where(success, going, 0.0)
        successes.append(float(succeeds.sum()))
        observed = np.arange(sizes[0] + 1)[:, None] / sizes[0] - np.arange(sizes[1] + 1)[None, :] / sizes[1]
        differences += float((succeeds * observed).sum())
        futilities.append(float(going[futile].sum()))
        ends.append(successes[-1] + futilities[-1])
    total = sum(successes)
    ends[-1] = 1 - sum(ends[:-1])
    return TwoArmCharacteristics(
        rate_experimental=rate_experimental,
        rate_control=rate_control,
        success=total,
        futility=sum(futilities),
        success_by_look=tuple(successes),
        stopping_probabilities=tuple(ends),
        expected_n=sum(sum(sizes) * end for sizes, end in zip(rule.looks, ends, strict=True)),
        expected_difference=differences / total if total > 0 else None,
    )


def _looks(regions: Sequence[Region], steps: Sequence[tuple[Floats, Floats]]) -> Iterator[tuple[Floats, Region]]:
    """At each look: the probability of both numbers of responses in trials that get there, and the regions."""
    going = np.ones((1, 1))
    for (success, futile), (first, second) in zip(regions, steps, strict=True):
        going = first @ going @ second.T
        yield going, (success, futile)
        going = np.where(success | futile, 0.0, going)


def _step(more: int, n: int, rate: float) -> Floats:
    """Responses after (row) from responses before (column): probability."""
    chances = binom.pmf(np.arange(more + 1), more, rate)
    step = np.zeros((n + more + 1, n + 1))
    for responses in range(n + 1):
        step[responses : responses + more + 1, responses] = chances
    return step


def _success_at_end(rule: TwoArmMonitoring) -> Floats:
    last, cutoff = rule.looks[-1], rule.success_cutoffs[-1]
    assert cutoff is not None
    table = compute_superiority_table(
        rule.experimental_prior, rule.control_prior, n_experimental=last[0], n_control=last[1], margin=rule.margin
    )
    return (table >= cutoff).astype(float)
