"""Single-arm trials of a response rate, monitored by posterior or predictive probabilities, with exact characteristics.

A rule says for each look how many responses stop for futility or for efficacy. From there on the trial is a Markov
chain on the number of responses, so its operating characteristics are sums of binomial probabilities.

Sources: Thall PF, Simon R. Practical Bayesian guidelines for phase IIB clinical trials. Biometrics 1994;50:337-349
(posterior probabilities). Lee JJ, Liu DD. A predictive probability design for phase II cancer clinical trials. Clin
Trials 2008;5:93-106 (predictive probabilities; search for the cutoffs).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincc
from scipy.stats import binom

from trialwright.design.bayesian.beta_difference import compute_superiority_table
from trialwright.design.bayesian.posteriors import (
    beta_parameters,
    beta_weights,
    predictive_of_responses,
)
from trialwright.design.bayesian.priors import BetaBelief, as_beta_mixture
from trialwright.design.early.requirements import count, ordered, probability
from trialwright.design.early.requirements import responses as check_responses
from trialwright.design.sample_size.requirements import one_of
from trialwright.errors import DesignError

Floats = NDArray[np.float64]

CONVENTIONS = (
    "a single group; n and responses are cumulative over looks",
    "at a look, stop for futility if at most futility_at_most respond, for efficacy if at least efficacy_at_least do",
    "at the last look the trial is a success if at least efficacy_at_least respond, and none otherwise",
    "posterior probabilities are those of a response rate above the null rate; success needs at least the cutoff, "
    "futility less than the cutoff",
    "operating characteristics are frequentist and exact: binomial sums at a given true rate",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseLook:
    """One look: cumulative subjects, and the numbers of responses that end the trial; None where none does."""

    n: int
    futility_at_most: int | None
    efficacy_at_least: int | None

    def __post_init__(self) -> None:
        count("ResponseLook.n", self.n)
        low, high = self.futility_at_most, self.efficacy_at_least
        if low is not None and high is not None and low >= high:
            raise DesignError(
                f"ResponseLook at n = {self.n} stops for futility up to {low} responses and for efficacy from {high}: "
                "numbers between would be both. Give futility_at_most below efficacy_at_least."
            )
        for name, value in (("futility_at_most", low), ("efficacy_at_least", high)):
            if value is not None and value < 0:
                raise DesignError(f"ResponseLook.{name} is {value!r}. Responses are 0 or more; None never stops.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseCharacteristics:
    """What the looks do at a true response rate.

    success                  probability of declaring success, at any look: type I error at the null rate, else power
    futility                 probability of stopping for futility before the last look
    early_efficacy           probability of declaring success before the last look
    expected_n               expected number of subjects
    stopping_probabilities   probability of ending at each look; sums to 1
    """

    rate: float
    success: float
    futility: float
    early_efficacy: float
    expected_n: float
    stopping_probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleArmDesign:
    """A monitored single-arm design.

    rule                       "posterior" or "predictive"
    success_cutoff             of the posterior probability at the last look (theta_T of Lee and Liu)
    success_cutoff_range       all cutoffs above the first and up to the second give the same design
    futility_cutoff            stop if the posterior (predictive) probability is below it; 0 for never
    efficacy_cutoff            stop if the posterior (predictive) probability reaches it; None for never
    null, alternative          characteristics at the two rates; alternative None if no rate was given
    """

    rule: str
    null_rate: float
    n_total: int
    success_cutoff: float
    success_cutoff_range: tuple[float, float]
    futility_cutoff: float
    efficacy_cutoff: float | None
    looks: tuple[ResponseLook, ...]
    null: ResponseCharacteristics
    alternative: ResponseCharacteristics | None
    conventions: tuple[str, ...] = CONVENTIONS


def compute_posterior_probability(prior: BetaBelief, *, responses: int, n: int, null_rate: float) -> float:
    """Posterior probability of a response rate above `null_rate`, after `responses` of `n` subjects."""
    count("n", n, least=0)
    check_responses("responses", responses, n)
    probability("null_rate", null_rate)
    return float(_posterior_above(prior, n, null_rate)[responses])


def compute_predictive_probability(
    prior: BetaBelief, *, responses: int, n: int, n_total: int, null_rate: float, success_cutoff: float
) -> float:
    """Probability, after `responses` of `n`, that at `n_total` the posterior probability reaches `success_cutoff`."""
    count("n", n, least=0)
    check_responses("responses", responses, n)
    count("n_total", n_total)
    if n_total < n:
        raise DesignError(f"n_total ({n_total!r}) must not be below n ({n!r}): it counts all subjects.")
    probability("null_rate", null_rate)
    probability("success_cutoff", success_cutoff)
    least = _least_for_success(prior, n_total, null_rate, success_cutoff)
    return float(_at_least(_predictive_tails(prior, n, n_total), least)[responses])


def compute_posterior_monitoring(
    prior: BetaBelief,
    *,
    looks: Sequence[int],
    null_rate: float,
    success_cutoff: float,
    futility_cutoff: float = 0.0,
    efficacy_cutoff: float | None = None,
    control: BetaBelief | None = None,
    improvement: float = 0.0,
    alternative_rate: float | None = None,
) -> SingleArmDesign:
    """Thall and Simon's monitoring: at each look, the posterior probability that the response rate is high enough.

    looks       cumulative numbers of subjects, rising; the last one is the size of the trial
    null_rate   the rate to be beaten; where characteristics are computed
    control     what is believed of the standard treatment's rate: the probability is then that of a response rate above
                the standard one plus `improvement`; without it, of one above `null_rate` + `improvement`
    """
    sizes = _check_looks(looks)
    _check_cutoffs(null_rate, success_cutoff, futility_cutoff, efficacy_cutoff)
    if not -1 < improvement < 1 - null_rate:
        raise DesignError(
            f"improvement must lie between -1 and {1 - null_rate:g}, so that a rate can be that high, got "
            f"{improvement!r}."
        )

    def posterior(n: int) -> Floats:
        if control is None:
            return _posterior_above(prior, n, null_rate + improvement)
        return compute_superiority_table(prior, control, n_experimental=n, n_control=0, margin=improvement)[:, 0]

    rows = []
    for n in sizes[:-1]:
        values = posterior(n)
        rows.append(_look(n, values < futility_cutoff, values, efficacy_cutoff))
    final = posterior(sizes[-1])
    least = _first(final >= success_cutoff)
    rows.append(ResponseLook(n=sizes[-1], futility_at_most=least - 1 if least else None, efficacy_at_least=least))
    return _design(
        "posterior", rows, final, null_rate, alternative_rate, success_cutoff, futility_cutoff, efficacy_cutoff
    )


def compute_predictive_monitoring(
    prior: BetaBelief,
    *,
    looks: Sequence[int],
    null_rate: float,
    success_cutoff: float,
    futility_cutoff: float,
    efficacy_cutoff: float | None = None,
    alternative_rate: float | None = None,
) -> SingleArmDesign:
    """Lee and Liu's monitoring: at each look, the predictive probability that the trial succeeds at its last look.

    success_cutoff                     of the posterior probability at the last look (theta_T)
    futility_cutoff, efficacy_cutoff   of the predictive probability at the looks before (theta_L, theta_U)
    """
    sizes = _check_looks(looks)
    _check_cutoffs(null_rate, success_cutoff, futility_cutoff, efficacy_cutoff)
    final = _posterior_above(prior, sizes[-1], null_rate)
    least = _first(final >= success_cutoff)
    tails = [_predictive_tails(prior, n, sizes[-1]) for n in sizes[:-1]]
    rows = _predictive_rows(tails, sizes, least, futility_cutoff, efficacy_cutoff)
    return _design(
        "predictive", rows, final, null_rate, alternative_rate, success_cutoff, futility_cutoff, efficacy_cutoff
    )


def compute_predictive_design(
    prior: BetaBelief,
    *,
    null_rate: float,
    alternative_rate: float,
    alpha: float,
    power: float,
    n_first: int = 10,
    n_max: int = 100,
    cohort: int = 1,
    futility_cutoffs: Sequence[float] = (0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2),
    criterion: Literal["power", "expected_n"] = "power",
) -> SingleArmDesign:
    """Lee and Liu's search: the smallest trial, looked at after `n_first` subjects and every `cohort` further ones.

    alpha              one-sided type I error at `null_rate`, not exceeded
    futility_cutoffs   those tried for the predictive probability; the trial never stops for efficacy
    criterion          which of the designs of the smallest size: that with the highest power, or that with the smallest
                       expected number of subjects at `null_rate`

    The cutoff of the posterior probability matters only by the number of responses that it asks for:
    `success_cutoff_range` has all that give the design.
    """
    probability("null_rate", null_rate)
    probability("alternative_rate", alternative_rate)
    ordered("null_rate", null_rate, "alternative_rate", alternative_rate, why="a response is what one hopes for")
    probability("alpha", alpha)
    probability("power", power)
    count("n_first", n_first)
    count("cohort", cohort)
    count("n_max", n_max, least=n_first + 1)
    one_of("criterion", criterion, ("power", "expected_n"))
    for cutoff in futility_cutoffs:
        if not 0 <= cutoff < 1:
            raise DesignError(f"futility_cutoffs must lie from 0 to below 1, got {cutoff!r}.")
    for n_total in range(n_first + 1, n_max + 1):
        found = _best_of_size(
            prior, null_rate, alternative_rate, alpha, power, n_first, n_total, cohort, futility_cutoffs, criterion
        )
        if found is not None:
            return found
    raise DesignError(
        f"No predictive probability design of at most n_max = {n_max} subjects tells a response rate of "
        f"{alternative_rate} from {null_rate} with alpha {alpha} and power {power}. Raise n_max, or ask for a larger "
        "difference, a larger alpha or a smaller power."
    )


def compute_response_characteristics(looks: Sequence[ResponseLook], *, rate: float) -> ResponseCharacteristics:
    """Exact characteristics of any looks at a true response rate from 0 to 1."""
    if not 0 <= rate <= 1:
        raise DesignError(f"rate must lie between 0 and 1, got {rate!r}.")
    _check_looks([look.n for look in looks])
    going = np.ones(1)
    n_before = 0
    ends, successes, futilities = [], [], []
    for number, look in enumerate(looks, start=1):
        more = look.n - n_before
        going = np.convolve(going, binom.pmf(np.arange(more + 1), more, rate))
        n_before = look.n
        is_success = np.zeros(look.n + 1, bool)
        if look.efficacy_at_least is not None:
            is_success[look.efficacy_at_least :] = True
        stops = is_success.copy()
        if look.futility_at_most is not None:
            stops[: look.futility_at_most + 1] = True
        if number == len(looks):
            stops[:] = True
        successes.append(float(going[is_success].sum()))
        futilities.append(float(going[stops & ~is_success].sum()))
        ends.append(float(going[stops].sum()))
        going = np.where(stops, 0.0, going)
    return ResponseCharacteristics(
        rate=rate,
        success=sum(successes),
        futility=sum(futilities[:-1]),
        early_efficacy=sum(successes[:-1]),
        expected_n=sum(look.n * end for look, end in zip(looks, ends, strict=True)),
        stopping_probabilities=tuple(ends),
    )


def _best_of_size(
    prior: BetaBelief,
    null_rate: float,
    alternative_rate: float,
    alpha: float,
    power: float,
    n_first: int,
    n_total: int,
    cohort: int,
    futility_cutoffs: Sequence[float],
    criterion: str,
) -> SingleArmDesign | None:
    # Stopping for futility takes away power as well as type I error: without it the power must be there.
    highest = int(np.flatnonzero(binom.sf(np.arange(-1, n_total), n_total, alternative_rate) >= power)[-1])
    final = _posterior_above(prior, n_total, null_rate)
    sizes = (*range(n_first, n_total, cohort), n_total)
    tails = [_predictive_tails(prior, n, n_total) for n in sizes[:-1]]
    best: tuple[float, SingleArmDesign] | None = None
    seen: set[tuple[ResponseLook, ...]] = set()
    for least in range(highest, 0, -1):
        if binom.sf(least - 1, n_total, null_rate) > max(0.5, 5 * alpha):
            break
        for futility_cutoff in futility_cutoffs:
            rows = _predictive_rows(tails, sizes, least, futility_cutoff, None)
            if tuple(rows) in seen:
                continue
            seen.add(tuple(rows))
            null = compute_response_characteristics(rows, rate=null_rate)
            if null.success > alpha:
                continue
            alternative = compute_response_characteristics(rows, rate=alternative_rate)
            if alternative.success < power:
                continue
            score = alternative.success if criterion == "power" else -null.expected_n
            if best is None or score > best[0]:
                lowest_cutoff = float(final[least - 1])
                cutoff = (lowest_cutoff + float(final[least])) / 2
                best = (
                    score,
                    _design("predictive", rows, final, null_rate, alternative_rate, cutoff, futility_cutoff, None),
                )
    return None if best is None else best[1]


def _design(
    rule: str,
    rows: Sequence[ResponseLook],
    final: Floats,
    null_rate: float,
    alternative_rate: float | None,
    success_cutoff: float,
    futility_cutoff: float,
    efficacy_cutoff: float | None,
) -> SingleArmDesign:
    least = rows[-1].efficacy_at_least
    if least is None:
        raise DesignError(
            f"success_cutoff = {success_cutoff!r} is not reached at n = {rows[-1].n} even if all subjects respond "
            f"(posterior probability {float(final[-1]):.4g}). Take more subjects or a lower cutoff."
        )
    if alternative_rate is not None:
        probability("alternative_rate", alternative_rate)
    return SingleArmDesign(
        rule=rule,
        null_rate=null_rate,
        n_total=rows[-1].n,
        success_cutoff=success_cutoff,
        success_cutoff_range=(float(final[least - 1]) if least else 0.0, float(final[least])),
        futility_cutoff=futility_cutoff,
        efficacy_cutoff=efficacy_cutoff,
        looks=tuple(rows),
        null=compute_response_characteristics(rows, rate=null_rate),
        alternative=None if alternative_rate is None else compute_response_characteristics(rows, rate=alternative_rate),
    )


def _posterior_above(prior: BetaBelief, n: int, threshold: float) -> Floats:
    """Posterior probability of a rate above the threshold, for each number of responses of `n`."""
    mixture = as_beta_mixture(prior)
    a, b = (values[:, None] for values in beta_parameters(mixture))
    x = np.arange(n + 1)
    tails = betaincc(a + x, b + n - x, min(1.0, max(0.0, threshold)))
    result: Floats = (beta_weights(mixture, x, n) * tails).sum(axis=0)
    return result


def _least_for_success(prior: BetaBelief, n_total: int, null_rate: float, cutoff: float) -> int | None:
    return _first(_posterior_above(prior, n_total, null_rate) >= cutoff)


def _predictive_tails(prior: BetaBelief, n: int, n_total: int) -> Floats:
    """After each number of responses of `n` (row): predictive probability of at least 0, 1, ... more of the rest; the
    last column is 0."""
    chances = predictive_of_responses(prior, responses=np.arange(n + 1), n=n, more=n_total - n)
    tails = np.zeros((n + 1, n_total - n + 2))
    tails[:, :-1] = np.minimum(np.cumsum(chances[:, ::-1], axis=1)[:, ::-1], 1.0)
    return tails


def _at_least(tails: Floats, least: int | None) -> Floats:
    """Predictive probability of at least `least` responses in all, after each number so far."""
    if least is None:
        return np.zeros(len(tails))
    missing = np.clip(least - np.arange(len(tails)), 0, tails.shape[1] - 1)
    result: Floats = np.where(missing == 0, 1.0, tails[np.arange(len(tails)), missing])
    return result


def _predictive_rows(
    tails: Sequence[Floats],
    sizes: Sequence[int],
    least: int | None,
    futility_cutoff: float,
    efficacy_cutoff: float | None,
) -> list[ResponseLook]:
    rows = []
    for n, table in zip(sizes[:-1], tails, strict=True):
        values = _at_least(table, least)
        rows.append(_look(n, values < futility_cutoff, values, efficacy_cutoff))
    last = least - 1 if least else None
    rows.append(ResponseLook(n=sizes[-1], futility_at_most=last, efficacy_at_least=least))
    return rows


def _look(n: int, is_futile: NDArray[np.bool_], values: Floats, efficacy_cutoff: float | None) -> ResponseLook:
    futile = int(np.flatnonzero(is_futile)[-1]) if is_futile.any() else None
    return ResponseLook(
        n=n,
        futility_at_most=futile,
        efficacy_at_least=None if efficacy_cutoff is None else _first(values >= efficacy_cutoff),
    )


def _first(values: NDArray[np.bool_]) -> int | None:
    return int(np.argmax(values)) if values.any() else None


def _check_looks(looks: Sequence[int]) -> tuple[int, ...]:
    sizes = tuple(looks)
    if not sizes:
        raise DesignError("looks is empty. Give the cumulative number of subjects at each look, the last for the end.")
    for before, after in zip((0, *sizes), sizes, strict=False):
        if isinstance(after, bool) or not isinstance(after, int) or after <= before:
            raise DesignError(
                f"looks must be whole numbers that rise from above 0, but {after!r} comes after {before!r}. "
                "They are cumulative numbers of subjects."
            )
    return sizes


def _check_cutoffs(null_rate: float, success: float, futility: float, efficacy: float | None) -> None:
    probability("null_rate", null_rate)
    probability("success_cutoff", success)
    if not 0 <= futility < 1:
        raise DesignError(f"futility_cutoff must lie from 0 (never stop) to below 1, got {futility!r}.")
    if efficacy is not None and not futility < efficacy <= 1:
        raise DesignError(
            f"efficacy_cutoff must lie above futility_cutoff ({futility!r}) and be at most 1, got {efficacy!r}. "
            "Give None for no stop for efficacy."
        )
