"""The partial likelihood of the proportional hazards model, with its derivatives, from sums over sorted risk sets.

Sources: Cox DR. J R Stat Soc B 1972;34:187-220. Ties: Breslow N. Biometrics 1974;30:89-99; Efron B. J Am Stat Assoc
1977;72:557-565; exact (discrete): Gail MH, Lubin JH, Rubinstein LV. Biometrika 1981;68:703-707. Firth's penalty:
Heinze G, Schemper M. Biometrics 2001;57:114-119.

A subject is at risk at t if start < t <= stop. Each death is a term of the likelihood; with Efron's ties the k-th of d
deaths at one time counts the dying with the weight 1 - k/d.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np

from trialwright.analysis.request import Booleans, Floats, Integers

Ties: TypeAlias = Literal["efron", "breslow", "exact"]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The log-likelihood with its gradient and minus its second derivatives."""

    log_likelihood: float
    score: Floats
    information: Floats


class Likelihood(Protocol):
    """What can be maximized."""

    @property
    def size(self) -> int:
        """Number of coefficients."""
        ...

    def evaluate(self, coefficients: Floats) -> Evaluation:
        """Value and derivatives."""
        ...


#: Far from the maximum risks may be too far apart for floats: then the value is no number, which maximizing takes for a
#: step too far.
beyond_floats = np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore")


@dataclass(frozen=True, kw_only=True)
class RiskSets:
    """The subjects sorted by stratum and stop time, and where each risk set begins and ends among them.

    order        position of each sorted row among the rows given
    is_event     of each sorted row
    time         of each distinct time of an event in a stratum
    deaths       number of events at it
    first, end   rows of the stratum that stop at it or later
    entering     rows by start time, and from which to which of them start at it or later (not yet at risk)
    from_time, to_time   of each row: the event times at which it is at risk, as positions among `time`
    death_rows, death_time   the rows with an event, sorted, and the position of their time
    """

    order: Integers
    is_event: Booleans
    time: Floats
    deaths: Integers
    first: Integers
    end: Integers
    entering: Integers | None
    first_entering: Integers
    end_entering: Integers
    from_time: Integers
    to_time: Integers
    death_rows: Integers
    death_time: Integers

    def at_risk(self, values: Floats) -> Floats:
        """For each event time the sum over the subjects at risk of the rows of `values` (rows sorted)."""
        total = _tail_sums(values)
        result: Floats = total[self.first] - total[self.end]
        if self.entering is not None:
            later = _tail_sums(values[self.entering])
            result -= later[self.first_entering] - later[self.end_entering]
        return result

    def members(self, position: int) -> Integers:
        """The rows at risk at an event time."""
        rows = np.arange(self.first[position], self.end[position])
        if self.entering is None:
            return rows
        late = self.entering[self.first_entering[position] : self.end_entering[position]]
        members: Integers = np.setdiff1d(rows, late)
        return members

    def of_deaths(self, values: Floats) -> Floats:
        """For each event time the sum over those with the event."""
        starts = np.cumsum(self.deaths) - self.deaths
        sums: Floats = np.add.reduceat(values[self.death_rows], starts, axis=0)
        return sums

    def until(self, increments: Floats) -> Floats:
        """For each row the sum of what each event time adds, over those at which the row is at risk."""
        total: Floats = np.concatenate([np.zeros((1, *increments.shape[1:])), np.cumsum(increments, axis=0)])
        return total[self.to_time] - total[self.from_time]


def _tail_sums(values: Floats) -> Floats:
    """The sums from each row to the last, and 0 after it."""
    result = np.zeros((len(values) + 1, *values.shape[1:]))
    result[:-1] = np.cumsum(values[::-1], axis=0)[::-1]
    return result


def make_risk_sets(stop: Floats, is_event: Booleans, start: Floats | None, strata: Integers | None) -> RiskSets:
    """The risk sets of subjects observed over (start, stop]; without `start` from the beginning."""
    n = len(stop)
    stratum = np.zeros(n, dtype=np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
    every = stop if start is None else np.concatenate([start, stop])
    distinct, rank = np.unique(every, return_inverse=True)
    count = len(distinct) + 1
    key: Integers = stratum * count + rank[len(every) - n :]
    order = np.argsort(key, kind="stable")
    key, event, stratum = key[order], is_event[order], stratum[order]
    death_rows = np.flatnonzero(event)
    time_key, death_time, deaths = np.unique(key[death_rows], return_inverse=True, return_counts=True)
    next_stratum = (time_key // count + 1) * count
    entering: Integers | None = None
    entry_key: Integers = stratum * count - 1
    first_entering: Integers = np.zeros(len(time_key), dtype=np.int64)
    end_entering: Integers = first_entering
    if start is not None:
        entry_key = stratum * count + rank[:n][order]
        entering = np.argsort(entry_key, kind="stable")
        first_entering = np.searchsorted(entry_key[entering], time_key, side="left")
        end_entering = np.searchsorted(entry_key[entering], next_stratum, side="left")
    return RiskSets(
        order=order,
        is_event=event,
        time=distinct[time_key % count],
        deaths=deaths.astype(np.int64),
        first=np.searchsorted(key, time_key, side="left"),
        end=np.searchsorted(key, next_stratum, side="left"),
        entering=entering,
        first_entering=first_entering,
        end_entering=end_entering,
        from_time=np.searchsorted(time_key, entry_key, side="right"),
        to_time=np.searchsorted(time_key, key, side="right"),
        death_rows=death_rows,
        death_time=death_time.astype(np.int64),
    )


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The terms of the likelihood at some coefficients: one for each event (Breslow: for each time).

    time       position of its event time
    fraction   of the dying that no longer counts as at risk
    count      how often the term counts
    risk       of each row, up to a factor common to all
    total      sum of the risks in the risk set
    mean       of the covariates in the risk set, weighted by risk
    """

    time: Integers
    fraction: Floats
    count: Floats
    risk: Floats
    total: Floats
    mean: Floats

    @property
    def hazard(self) -> Floats:
        """What each term adds to the cumulative baseline hazard (in units of the common factor)."""
        hazard: Floats = self.count / self.total
        return hazard


@dataclass(frozen=True, kw_only=True)
class PartialLikelihood:
    """The partial likelihood with Breslow's or Efron's ties; the rows of `design` are sorted as the risk sets are."""

    sets: RiskSets
    design: Floats
    ties: Ties

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return int(self.design.shape[1])

    @beyond_floats
    def terms(self, coefficients: Floats) -> Terms:
        """The terms at these coefficients."""
        linear = self.design @ coefficients
        risk = np.exp(linear - linear.max(initial=-np.inf))
        values = np.column_stack([risk, risk[:, None] * self.design])
        sums = self.sets.at_risk(values)
        if self.ties == "efron":
            time = self.sets.death_time
            starts = np.cumsum(self.sets.deaths) - self.sets.deaths
            fraction = (np.arange(len(time)) - starts[time]) / self.sets.deaths[time]
            sums = sums[time] - fraction[:, None] * self.sets.of_deaths(values)[time]
            count = np.ones(len(time))
        else:
            time = np.arange(len(self.sets.time))
            fraction, count = np.zeros(len(time)), self.sets.deaths.astype(np.float64)
        mean = sums[:, 1:] / sums[:, :1]
        return Terms(time=time, fraction=fraction, count=count, risk=risk, total=sums[:, 0], mean=mean)

    def sum_over_terms(self, terms: Terms, amounts: Floats) -> Floats:
        """For each row the sum of `amounts` of the terms in whose risk set it is, less the fraction that is not."""
        fraction = terms.fraction.reshape(-1, *(1 for _ in amounts.shape[1:]))
        at_own = self._by_time(terms, amounts * fraction)
        result = self.sets.until(self._by_time(terms, amounts))
        result[self.sets.death_rows] -= at_own[self.sets.death_time]
        return result

    def _by_time(self, terms: Terms, amounts: Floats) -> Floats:
        """The sum of `amounts` over the terms of each event time."""
        if len(terms.time) == len(self.sets.time):
            return amounts
        starts = np.cumsum(self.sets.deaths) - self.sets.deaths
        return np.add.reduceat(amounts, starts, axis=0)

    @beyond_floats
    def weighted_information(self, terms: Terms, weights: Floats) -> Floats:
        """The sum over the terms of weight x covariance of the covariates in the risk set."""
        exposure = terms.risk * self.sum_over_terms(terms, terms.hazard * weights)
        outer: Floats = (terms.mean * (terms.count * weights)[:, None]).T @ terms.mean
        return (self.design * exposure[:, None]).T @ self.design - outer

    @beyond_floats
    def evaluate(self, coefficients: Floats) -> Evaluation:
        """Value and derivatives."""
        terms = self.terms(coefficients)
        linear = self.design @ coefficients
        shift = float(linear.max(initial=-np.inf))
        rows = self.sets.death_rows
        value = float((linear[rows] - shift).sum() - (terms.count * np.log(terms.total)).sum())
        exposure = terms.risk * self.sum_over_terms(terms, terms.hazard)
        score = self.design.T @ (self.sets.is_event - exposure)
        outer = (terms.mean * terms.count[:, None]).T @ terms.mean
        information = (self.design * exposure[:, None]).T @ self.design - outer
        return Evaluation(log_likelihood=value, score=score, information=information)

    @beyond_floats
    def score_residuals(self, coefficients: Floats) -> Floats:
        """What each row contributes to the score, in the sorted order (Therneau and Grambsch 2000, section 4.2)."""
        terms = self.terms(coefficients)
        exposure = terms.risk * self.sum_over_terms(terms, terms.hazard)
        spread = terms.risk[:, None] * self.sum_over_terms(terms, terms.hazard[:, None] * terms.mean)
        residuals = spread - self.design * exposure[:, None]
        means = self._by_time(terms, terms.mean * terms.count[:, None]) / self.sets.deaths[:, None]
        rows = self.sets.death_rows
        residuals[rows] += self.design[rows] - means[self.sets.death_time]
        return residuals


@dataclass(frozen=True, kw_only=True)
class ExactLikelihood:
    """The exact likelihood of discrete times: of all sets of d subjects at risk, that just these have the event.

    The denominator is an elementary symmetric function of the risks; adding one subject at a time gives it together
    with its derivatives, and without delayed entry the risk sets of one stratum are nested, so that one pass
    serves all.
    """

    sets: RiskSets
    design: Floats

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return int(self.design.shape[1])

    @beyond_floats
    def evaluate(self, coefficients: Floats) -> Evaluation:
        """Value and derivatives."""
        linear = self.design @ coefficients
        rows = self.sets.death_rows
        value = float(linear[rows].sum())
        score = self.design[rows].sum(axis=0)
        information = np.zeros((self.size, self.size))
        for position, functions in self._denominators(linear):
            log_total, first, second = functions.derivatives(int(self.sets.deaths[position]))
            value -= log_total
            score = score - first
            information += second - np.outer(first, first)
        return Evaluation(log_likelihood=value, score=score, information=information)

    def _denominators(self, linear: Floats) -> list[tuple[int, _SymmetricFunctions]]:
        """The functions of each risk set, in an order in which nested ones follow one another."""
        result: list[tuple[int, _SymmetricFunctions]] = []
        if self.sets.entering is not None:
            for position, deaths in enumerate(self.sets.deaths.tolist()):
                members = self.sets.members(position)
                functions = _SymmetricFunctions(deaths, self.size, linear[members])
                for row in members.tolist():
                    functions.add(linear[row], self.design[row])
                result.append((position, functions))
            return result
        for end in np.unique(self.sets.end).tolist():
            positions = np.flatnonzero(self.sets.end == end)[::-1]
            lowest = int(self.sets.first[positions].min())
            functions = _SymmetricFunctions(int(self.sets.deaths[positions].max()), self.size, linear[lowest:end])
            reached = end
            for position in positions.tolist():
                first = int(self.sets.first[position])
                for row in range(reached - 1, first - 1, -1):
                    functions.add(linear[row], self.design[row])
                reached = first
                result.append((position, functions.copy(int(self.sets.deaths[position]))))
        return result


class _SymmetricFunctions:
    """The elementary symmetric functions of orders 0 to `order` of exp(linear), with first and second derivatives."""

    def __init__(self, order: int, size: int, linear: Floats) -> None:
        # Risks are divided by a number that keeps the functions of many subjects within the range of floats.
        self.shift = float(linear.max()) + float(np.log(max(1.0, len(linear) / 300)))
        self.value = np.zeros(order + 1)
        self.value[0] = 1
        self.first = np.zeros((order + 1, size))
        self.second = np.zeros((order + 1, size, size))

    def add(self, linear: float, x: Floats) -> None:
        """Let one subject more be at risk."""
        risk = float(np.exp(linear - self.shift))
        cross = self.first[:-1, :, None] * x
        outer = x[:, None] * x
        both = cross + cross.transpose(0, 2, 1) + self.value[:-1, None, None] * outer
        self.second[1:] += risk * (self.second[:-1] + both)
        self.first[1:] += risk * (self.first[:-1] + self.value[:-1, None] * x)
        self.value[1:] += risk * self.value[:-1]

    def copy(self, order: int) -> _SymmetricFunctions:
        """The functions up to an order, as they now are."""
        result = object.__new__(_SymmetricFunctions)
        result.shift = self.shift
        result.value = self.value[: order + 1].copy()
        result.first, result.second = self.first[: order + 1].copy(), self.second[: order + 1].copy()
        return result

    def derivatives(self, order: int) -> tuple[float, Floats, Floats]:
        """Logarithm of the function of this order; first and second derivatives, divided by it."""
        total = float(self.value[order])
        return float(np.log(total)) + order * self.shift, self.first[order] / total, self.second[order] / total


@dataclass(frozen=True, kw_only=True)
class PenalizedLikelihood:
    """The partial likelihood times the root of the determinant of the information (Firth's penalty).

    The score has the exact derivative of the penalty; the information is that without it, as is usual.

    log_unit  added, for columns in other units than those that the penalty is of
    """

    partial: PartialLikelihood
    log_unit: float = 0.0

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return self.partial.size

    @beyond_floats
    def evaluate(self, coefficients: Floats) -> Evaluation:
        """Value and derivatives."""
        plain = self.partial.evaluate(coefficients)
        if not self.size:
            return plain
        sign, log_determinant = np.linalg.slogdet(plain.information)
        if sign <= 0:
            return Evaluation(log_likelihood=-np.inf, score=plain.score, information=plain.information)
        return Evaluation(
            log_likelihood=plain.log_likelihood + float(log_determinant) / 2 + self.log_unit,
            score=plain.score + self._slope(coefficients, np.asarray(np.linalg.inv(plain.information), np.float64)) / 2,
            information=plain.information,
        )

    def _slope(self, coefficients: Floats, inverse: Floats) -> Floats:
        """The derivative of log |information|: the trace of inverse x third cumulants of the covariates at risk."""
        design, sets, terms = self.partial.design, self.partial.sets, self.partial.terms(coefficients)
        size = self.size
        length = ((design @ inverse) * design).sum(axis=1)
        square = (design[:, :, None] * design[:, None, :]).reshape(len(design), size * size)
        values = terms.risk[:, None] * np.column_stack([length, length[:, None] * design, square])
        sums = sets.at_risk(values)[terms.time] - terms.fraction[:, None] * sets.of_deaths(values)[terms.time]
        means = sums / terms.total[:, None]
        mean_length, mean_cross = means[:, 0], means[:, 1 : 1 + size]
        covariance = means[:, 1 + size :].reshape(-1, size, size) - terms.mean[:, :, None] * terms.mean[:, None, :]
        toward = np.einsum("mij,mj->mi", covariance, terms.mean @ inverse)
        third = mean_cross - mean_length[:, None] * terms.mean - 2 * toward
        slope: Floats = (terms.count[:, None] * third).sum(axis=0)
        return slope
