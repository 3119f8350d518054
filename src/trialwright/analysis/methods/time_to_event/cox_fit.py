"""The proportional hazards model fitted: coefficients, covariances, tests and intervals by Wald, score and likelihood.

Sources: Therneau TM, Grambsch PM. Modeling Survival Data, 2000. Robust variance: Lin DY, Wei LJ. J Am Stat Assoc
1989;84:1074-1078. Profile likelihood: Venzon DJ, Moolgavkar SH. Appl Stat 1988;37:87-94.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import chi_square_upper_tail, normal_quantile
from trialwright.analysis.methods.time_to_event.partial_likelihood import (
    Evaluation,
    ExactLikelihood,
    Likelihood,
    PartialLikelihood,
    PenalizedLikelihood,
    RiskSets,
    Ties,
    make_risk_sets,
)
from trialwright.analysis.request import Booleans, Floats, Integers

#: A part of a column's variation, among those at risk, that no column before it explains: below it there is none.
_ALIASED = 1e-9
#: A step of a standardized coefficient, once the likelihood stands still, that shows that the coefficient has no limit.
_DIVERGES = 1e-3


class CoxError(Exception):
    """Why the model cannot be fitted, in words."""


@dataclass(frozen=True, kw_only=True)
class ChiSquareTest:
    """A chi-square statistic with its degrees of freedom; None where there is nothing to test."""

    statistic: float | None
    df: int
    p_value: float | None


@dataclass(frozen=True, kw_only=True)
class HazardRatio:
    """A ratio of hazards with interval and test; `warning` tells why numbers are missing.

    se_log      standard error of the logarithm
    statistic   chi-square with 1 degree of freedom, by the way in which the interval was made; of Wald's: z
    """

    value: float | None = None
    se_log: float | None = None
    lower: float | None = None
    upper: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    warning: str = ""


@dataclass(frozen=True, kw_only=True)
class CoxFit:
    """A fitted model.

    likelihood       of the standardized columns, in the sorted order of the risk sets
    coefficients     log hazard ratios per unit of each column; NaN without columns
    covariance       inverse of the information
    robust           sandwich covariance by cluster; None if no clusters were given
    log_likelihood, log_likelihood_null   at the estimate, and at 0
    step             the last step of the iterations: not near 0 for a coefficient that has no finite estimate
    scale            standard deviation of each column, by which it was divided
    iterations       that it took
    """

    likelihood: Likelihood
    partial: PartialLikelihood | None
    sets: RiskSets
    coefficients: Floats
    covariance: Floats
    robust: Floats | None
    log_likelihood: float
    log_likelihood_null: float
    score_test: ChiSquareTest
    step: Floats
    scale: Floats
    n: int
    events: int
    iterations: int

    @property
    def variance(self) -> Floats:
        """The robust covariance if there is one, else the inverse of the information."""
        return self.covariance if self.robust is None else self.robust

    def is_finite(self, function: Floats) -> bool:
        """Whether `function` @ coefficients has a finite estimate."""
        return abs(float(function @ self.step)) <= _DIVERGES * float(np.linalg.norm(function / self.scale))

    def wald_test(self, columns: Sequence[int]) -> ChiSquareTest:
        """Whether the coefficients of `columns` are all 0."""
        chosen = list(columns)
        if not chosen or not all(self.is_finite(np.eye(len(self.scale))[column]) for column in chosen):
            return ChiSquareTest(statistic=None, df=len(chosen), p_value=None)
        return self.wald_test_of(np.eye(len(self.scale))[chosen])

    def wald_test_of(self, functions: Floats) -> ChiSquareTest:
        """Whether each row of `functions` @ coefficients is 0; they must have finite estimates."""
        values = functions @ self.coefficients
        variance = functions @ self.variance @ functions.T
        # With fewer clusters than coefficients a robust covariance is singular.
        if np.linalg.matrix_rank(variance) < len(values):
            return ChiSquareTest(statistic=None, df=len(values), p_value=None)
        return chi_square(float(values @ np.linalg.solve(variance, values)), len(values))

    def score_and_likelihood_ratio(self, columns: Sequence[int]) -> tuple[ChiSquareTest, ChiSquareTest]:
        """Whether the coefficients of `columns` are all 0, beside the others; they need no finite estimates."""
        chosen = list(columns)
        if not chosen:
            nothing = ChiSquareTest(statistic=None, df=0, p_value=None)
            return nothing, nothing
        free = np.ones(len(self.scale), dtype=bool)
        free[chosen] = False
        restricted = maximize(self.likelihood, np.zeros(len(free)), free).evaluation
        ratio = 2 * (self.log_likelihood - restricted.log_likelihood)
        return (
            chi_square(_score_statistic(restricted, chosen), len(chosen)),
            chi_square(max(0.0, ratio), len(chosen)),
        )

    def hazard_ratio(self, function: Floats, conf_level: float, interval: str = "wald") -> HazardRatio:
        """exp(`function` @ coefficients), with its interval and test of no difference.

        interval  "wald"; "score": the values that a score test does not reject; "profile": those that a likelihood
                  ratio test does not
        """
        if not self.is_finite(function):
            return HazardRatio(warning="the hazard ratio has no finite estimate (monotone likelihood)")
        log_ratio = float(function @ self.coefficients)
        variance = float(function @ self.variance @ function)
        if not variance > 0:
            return HazardRatio(value=_exp(log_ratio), warning="the variance cannot be estimated (too few clusters)")
        se = math.sqrt(variance)
        z = normal_quantile((1 + conf_level) / 2)
        if interval == "wald":
            statistic = log_ratio / se
            limits: tuple[float | None, float | None] = (log_ratio - z * se, log_ratio + z * se)
            p_value = chi_square_upper_tail(statistic**2, 1)
        else:
            distance = self._distance(function, log_ratio, interval)
            limits = _limits(distance, log_ratio, se, z)
            statistic = distance(0.0)
            p_value = chi_square_upper_tail(statistic, 1)
        lower, upper = (None if limit is None else _exp(limit) for limit in limits)
        warning = "" if lower is not None and upper is not None else "a limit of the interval is not finite"
        return HazardRatio(
            value=_exp(log_ratio),
            se_log=se,
            lower=lower,
            upper=upper,
            statistic=statistic,
            p_value=p_value,
            warning=warning,
        )

    def _distance(self, function: Floats, log_ratio: float, interval: str) -> Callable[[float], float]:
        """The chi-square statistic of the hypothesis that `function` @ coefficients has a value.

        The columns are combined anew so that `function` @ coefficients is one coefficient, which is then held.
        """
        scaled = function / self.scale
        pivot = int(np.argmax(np.abs(scaled)))
        others = scaled / scaled[pivot]
        combine = np.eye(len(scaled))
        combine[pivot, :] = -others
        combine[pivot, pivot] = 1 / scaled[pivot]
        turned = _turned(self.likelihood, combine)
        free = np.ones(len(scaled), dtype=bool)
        free[pivot] = False
        start = self.coefficients * self.scale

        def statistic(value: float) -> float:
            held = start.copy()
            held[pivot] = value
            restricted = maximize(turned, held, free).evaluation
            if interval == "score":
                return _score_statistic(restricted, [pivot])
            return max(0.0, 2 * (self.log_likelihood - restricted.log_likelihood))

        return statistic


def compute_cox(
    design: Floats,
    stop: Floats,
    is_event: Booleans,
    *,
    start: Floats | None = None,
    strata: Integers | None = None,
    clusters: Integers | None = None,
    ties: Ties = "efron",
    is_penalized: bool = False,
    names: Sequence[str] = (),
) -> CoxFit:
    """The proportional hazards model of the columns of `design`; each row is observed over (start, stop].

    start         of each row; not given: observed from the beginning
    strata        rows with the same number share a baseline hazard
    clusters      rows with the same number belong together (a subject): gives the robust covariance
    is_penalized  Firth's penalty; not with exact ties
    names         of the columns, for messages

    Raises `CoxError` without events, with columns that depend on one another among those at risk, and for clusters or
    the penalty with exact ties.
    """
    if not is_event.any():
        raise CoxError("no events")
    if ties == "exact" and (clusters is not None or is_penalized):
        raise CoxError("exact ties have neither robust variance nor Firth's penalty")
    sets = make_risk_sets(stop, is_event, start, strata)
    size = design.shape[1]
    ordered = design[sets.order]
    ordered = ordered - ordered.mean(axis=0)
    spread = ordered.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    ordered = ordered / scale
    partial = PartialLikelihood(sets=sets, design=ordered, ties=ties)
    # Breslow's and the exact information are 0 in the same directions: where nobody at risk differs.
    refuse_aliased(partial.evaluate(np.zeros(size)).information, names)
    likelihood: Likelihood = partial
    if ties == "exact":
        likelihood = ExactLikelihood(sets=sets, design=ordered)
    elif is_penalized:
        likelihood = PenalizedLikelihood(partial=partial, log_unit=float(np.log(scale).sum()))
    free = np.ones(size, dtype=bool)
    null = likelihood.evaluate(np.zeros(size))
    if not np.isfinite(null.log_likelihood) or not np.isfinite(null.information).all():
        raise CoxError("the likelihood cannot be computed: too many events at one time for exact ties")
    found = maximize(likelihood, np.zeros(size), free)
    inverse = np.linalg.pinv(found.evaluation.information, hermitian=True) if size else np.zeros((0, 0))
    robust = None
    if clusters is not None:
        residuals = partial.score_residuals(found.coefficients)
        labels = np.unique(clusters, return_inverse=True)[1][sets.order]
        sums = np.zeros((int(labels.max()) + 1, size))
        np.add.at(sums, labels, residuals)
        influence = sums @ inverse / scale
        robust = influence.T @ influence
    return CoxFit(
        likelihood=likelihood,
        partial=None if ties == "exact" else partial,
        sets=sets,
        coefficients=found.coefficients / scale,
        covariance=inverse / np.outer(scale, scale),
        robust=robust,
        log_likelihood=found.evaluation.log_likelihood,
        log_likelihood_null=null.log_likelihood,
        score_test=chi_square(_score_statistic(null, range(size)), size),
        step=found.step / scale,
        scale=scale,
        n=len(stop),
        events=int(is_event.sum()),
        iterations=found.iterations,
    )


@dataclass(frozen=True, kw_only=True)
class Maximum:
    """Where a likelihood is largest, with the last step that led there."""

    coefficients: Floats
    evaluation: Evaluation
    step: Floats
    iterations: int


def maximize(likelihood: Likelihood, start: Floats, free: Booleans) -> Maximum:
    """Newton's method over the `free` coefficients, with halved steps where the likelihood would fall."""
    coefficients = start.copy()
    now = likelihood.evaluate(coefficients)
    step = np.zeros(len(start))
    chosen = np.flatnonzero(free)
    still = 0
    for iteration in range(1, 101):
        step = np.zeros(len(start))
        if len(chosen):
            block = now.information[np.ix_(chosen, chosen)]
            step[chosen] = _solved(block, now.score[chosen])
        if float(np.abs(step).max(initial=0.0)) < 1e-10:
            return Maximum(coefficients=coefficients, evaluation=now, step=step, iterations=iteration)
        factor = 1.0
        new = likelihood.evaluate(coefficients + step)
        while not _is_no_worse(new, now):
            factor /= 2
            if factor < 1e-6:
                # The end of what floats can hold, on the way to infinity: the last step shows which way.
                return Maximum(coefficients=coefficients, evaluation=now, step=step, iterations=iteration)
            new = likelihood.evaluate(coefficients + factor * step)
        # The likelihood stands still twice, whatever the step: at the maximum, or on the way to infinity.
        gain = abs(new.log_likelihood - now.log_likelihood)
        still = still + 1 if gain < 1e-11 * (1 + abs(now.log_likelihood)) else 0
        coefficients, now = coefficients + factor * step, new
        if still == 3:
            break
    return Maximum(coefficients=coefficients, evaluation=now, step=step, iterations=iteration)


def _is_no_worse(new: Evaluation, now: Evaluation) -> bool:
    """Whether a step may be taken; where risks are too far apart for floats, the likelihood is no number."""
    if not (math.isfinite(new.log_likelihood) and np.isfinite(new.information).all()):
        return False
    return new.log_likelihood >= now.log_likelihood - 1e-9 * (1 + abs(now.log_likelihood))


def refuse_aliased(information: Floats, names: Sequence[str]) -> None:
    """Raise `CoxError` if a column is a combination of those before it, among the subjects at risk."""
    size = len(information)
    remaining = information.copy()
    for column in range(size):
        left, whole = remaining[column, column], information[column, column]
        if not whole > _ALIASED or left <= _ALIASED * whole:
            name = names[column] if len(names) == size else f"column {column + 1}"
            raise CoxError(f"{name} does not vary among those at risk beside the other terms (collinear)")
        remaining = remaining - np.outer(remaining[:, column], remaining[column]) / left


def _turned(likelihood: Likelihood, combine: Floats) -> Likelihood:
    """The likelihood in other coefficients: its columns combined."""
    if isinstance(likelihood, PenalizedLikelihood):
        partial = likelihood.partial
        return PenalizedLikelihood(
            partial=PartialLikelihood(sets=partial.sets, design=partial.design @ combine, ties=partial.ties),
            log_unit=likelihood.log_unit - float(np.linalg.slogdet(combine)[1]),
        )
    if isinstance(likelihood, ExactLikelihood):
        return ExactLikelihood(sets=likelihood.sets, design=likelihood.design @ combine)
    assert isinstance(likelihood, PartialLikelihood)
    return PartialLikelihood(sets=likelihood.sets, design=likelihood.design @ combine, ties=likelihood.ties)


def _score_statistic(evaluation: Evaluation, columns: Sequence[int] | range) -> float:
    """The score statistic of the hypothesis that `columns` have the values that they are held at."""
    score = np.zeros(len(evaluation.score))
    score[list(columns)] = evaluation.score[list(columns)]
    return float(score @ _solved(evaluation.information, score))


def _solved(information: Floats, score: Floats) -> Floats:
    """information^-1 @ score; on the way to infinity the information may become singular."""
    try:
        return np.asarray(np.linalg.solve(information, score), np.float64)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(information, score, rcond=1e-14)[0], np.float64)


def _limits(
    distance: Callable[[float], float], center: float, se: float, z: float
) -> tuple[float | None, float | None]:
    """Where the distance from the estimate reaches z squared, on both sides; None where it does not."""
    from scipy.optimize import brentq

    def excess(value: float) -> float:
        return distance(value) - z * z

    found: list[float | None] = []
    for direction in (-1.0, 1.0):
        inner, outer = center, center + direction * z * se
        for _ in range(6):
            if excess(outer) > 0:
                break
            inner, outer = outer, center + 2 * (outer - center)
        else:
            found.append(None)
            continue
        found.append(float(brentq(excess, inner, outer, xtol=1e-12, rtol=1e-12)))
    return found[0], found[1]


def chi_square(statistic: float, df: int) -> ChiSquareTest:
    """The test with this statistic."""
    return ChiSquareTest(statistic=statistic, df=df, p_value=chi_square_upper_tail(statistic, df) if df else None)


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf
