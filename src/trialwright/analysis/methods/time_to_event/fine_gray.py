"""`fine_gray`: the proportional hazards model of the subdistribution, with competing events.

Source: Fine JP, Gray RJ. J Am Stat Assoc 1999;94:496-509. A subject with a competing event stays in the risk set, with
the probability of not having been censored since: the Kaplan-Meier estimate G of censoring, G(t-) / G(T-). Where a
group with a censoring distribution of its own ends with a censored time, G is 0 and its subjects leave the risk set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.time_to_event.competing import competing_data
from trialwright.analysis.methods.time_to_event.cox_fit import (
    CoxError,
    CoxFit,
    chi_square,
    maximize,
    refuse_aliased,
)
from trialwright.analysis.methods.time_to_event.data import codes_of, model_terms, ratio_groups
from trialwright.analysis.methods.time_to_event.model_results import (
    NOTHING,
    Stats,
    other_terms,
    ratio_stats,
    test_stats,
)
from trialwright.analysis.methods.time_to_event.options import FineGrayOptions
from trialwright.analysis.methods.time_to_event.partial_likelihood import Evaluation, beyond_floats, make_risk_sets
from trialwright.analysis.request import Booleans, Floats, Integers, Request
from trialwright.results import Result


@dataclass(frozen=True, kw_only=True)
class Subdistribution:
    """The weighted partial likelihood of cause 1, with Breslow's ties; rows are sorted by time.

    at, deaths       the distinct times of the event, and how many have it
    group            of each row, which censoring distribution it has
    at_times         G(t-) of each group (rows) at the times of the event
    own              G(T-) of each row at its own time
    """

    times: Floats
    causes: Integers
    design: Floats
    group: Integers
    at: Floats
    deaths: Floats
    at_times: Floats
    own: Floats

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return int(self.design.shape[1])

    def risk_sums(self, values: Floats) -> Floats:
        """For each time of the event the weighted sum of the rows of `values` over the risk set."""
        zero = np.zeros((1, values.shape[1]))
        tail = np.concatenate([np.cumsum(values[::-1], axis=0)[::-1], zero])
        result = tail[np.searchsorted(self.times, self.at, side="left")]
        for group, remaining in enumerate(self.at_times):
            rows = np.flatnonzero((self.causes > 1) & (self.group == group))
            total = np.concatenate([zero, np.cumsum(values[rows] / self.own[rows, None], axis=0)])
            passed = np.searchsorted(self.times[rows], self.at, side="left")
            result = result + remaining[:, None] * total[passed]
        return np.asarray(result, np.float64)

    @beyond_floats
    def moments(self, coefficients: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """The risk of each row; total, mean and covariance of the covariates in each risk set."""
        linear = self.design @ coefficients
        risk = np.exp(linear - linear.max(initial=-np.inf))
        square = (self.design[:, :, None] * self.design[:, None, :]).reshape(len(risk), -1)
        sums = self.risk_sums(risk[:, None] * np.column_stack([np.ones(len(risk)), self.design, square]))
        total = sums[:, 0]
        mean = sums[:, 1 : 1 + self.size] / total[:, None]
        second = (sums[:, 1 + self.size :] / total[:, None]).reshape(-1, self.size, self.size)
        return risk, total, mean, second - mean[:, :, None] * mean[:, None, :]

    @beyond_floats
    def evaluate(self, coefficients: Floats) -> Evaluation:
        """Value and derivatives."""
        linear = self.design @ coefficients
        shift = float(linear.max(initial=-np.inf))
        _, total, mean, covariance = self.moments(coefficients)
        own = self.causes == 1
        return Evaluation(
            log_likelihood=float((linear[own] - shift).sum() - self.deaths @ np.log(total)),
            score=self.design[own].sum(axis=0) - self.deaths @ mean,
            information=np.asarray((self.deaths[:, None, None] * covariance).sum(axis=0), np.float64),
        )

    @beyond_floats
    def influence(self, coefficients: Floats) -> Floats:
        """What each row contributes to the score, with its part in the estimate of censoring (Fine and Gray, eq. 7)."""
        risk, total, mean, _ = self.moments(coefficients)
        hazard = self.deaths / total
        upto = np.searchsorted(self.at, self.times, side="right")
        cumulative, toward = _from_zero(hazard[:, None]), _from_zero(hazard[:, None] * mean)
        result = -risk[:, None] * (self.design * cumulative[upto] - toward[upto])
        position = np.searchsorted(self.at, self.times)
        own = self.causes == 1
        result[own] += self.design[own] - mean[position[own]]
        for group, remaining in enumerate(self.at_times):
            weighted = (remaining * hazard)[:, None]
            later, later_mean = _to_end(weighted), _to_end(weighted * mean)
            rows = np.flatnonzero((self.causes > 1) & (self.group == group))
            factor = (risk[rows] / self.own[rows])[:, None]
            result[rows] -= factor * (self.design[rows] * later[upto[rows]] - later_mean[upto[rows]])
            members = np.flatnonzero(self.group == group)
            result[members] += self._of_censoring(members, rows, factor, later, later_mean)
        return np.asarray(result, np.float64)

    def _of_censoring(
        self, members: Integers, rows: Integers, factor: Floats, later: Floats, later_mean: Floats
    ) -> Floats:
        """The martingale of each member's censoring, weighted by what G at that time does to the score."""
        times = self.times[members]
        is_censored = self.causes[members] == 0
        points, counts = np.unique(times[is_censored], return_counts=True)
        if not len(points):
            return np.zeros((len(members), self.size))
        at_risk = len(times) - np.searchsorted(times, points, side="left")
        before = np.searchsorted(self.times[rows], points, side="left")
        after = np.searchsorted(self.at, points, side="left")
        sums, risks = _from_zero(factor * self.design[rows]), _from_zero(factor)
        effect = (sums[before] * later[after] - risks[before] * later_mean[after]) / at_risk[:, None]
        compensator = _from_zero(effect * (counts / at_risk)[:, None])
        result = -compensator[np.searchsorted(points, times, side="right")]
        result[is_censored] += effect[np.searchsorted(points, times[is_censored])]
        return np.asarray(result, np.float64)


def _from_zero(values: Floats) -> Floats:
    return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])


def _to_end(values: Floats) -> Floats:
    """The sums from each row on, and 0 after the last."""
    return np.concatenate([np.cumsum(values[::-1], axis=0)[::-1], np.zeros((1, values.shape[1]))])


def compute_fine_gray(
    design: Floats, times: Floats, causes: Integers, *, censoring: Integers | None = None, names: tuple[str, ...] = ()
) -> CoxFit:
    """The model of cause 1 (0 is a censored time, 2 and above are competing events), with the robust variance.

    censoring  rows with the same number have the same distribution of censoring; not given: all have

    Raises `CoxError` without events, or with columns that depend on one another.
    """
    if not (causes == 1).any():
        raise CoxError("no events")
    order = np.argsort(times, kind="stable")
    scale = design.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    ordered = ((design - design.mean(axis=0)) / scale)[order]
    times, causes = times[order], causes[order]
    group = np.zeros(len(times), dtype=np.int64)
    if censoring is not None:
        group = np.unique(censoring, return_inverse=True)[1][order].astype(np.int64)
    at, deaths = np.unique(times[causes == 1], return_counts=True)
    remaining = [_censoring(times[group == one], causes[group == one] == 0) for one in range(int(group.max()) + 1)]
    own = np.ones(len(times))
    for one, (points, values) in enumerate(remaining):
        own[group == one] = values[np.searchsorted(points, times[group == one], side="left")]
    likelihood = Subdistribution(
        times=times,
        causes=causes,
        design=ordered,
        group=group,
        at=at,
        deaths=deaths.astype(np.float64),
        at_times=np.array([values[np.searchsorted(points, at, side="left")] for points, values in remaining]),
        own=own,
    )
    size = design.shape[1]
    null = likelihood.evaluate(np.zeros(size))
    refuse_aliased(null.information, names)
    found = maximize(likelihood, np.zeros(size), np.ones(size, dtype=bool))
    inverse = np.asarray(np.linalg.pinv(found.evaluation.information, hermitian=True), np.float64)
    influence = likelihood.influence(found.coefficients) @ inverse / scale
    score = float(null.score @ np.linalg.pinv(null.information) @ null.score)
    return CoxFit(
        likelihood=likelihood,
        partial=None,
        sets=make_risk_sets(times, causes == 1, None, None),
        coefficients=found.coefficients / scale,
        covariance=inverse / np.outer(scale, scale),
        robust=influence.T @ influence,
        log_likelihood=found.evaluation.log_likelihood,
        log_likelihood_null=null.log_likelihood,
        score_test=chi_square(score, size),
        step=found.step / scale,
        scale=scale,
        n=len(times),
        events=int((causes == 1).sum()),
        iterations=found.iterations,
    )


def _censoring(times: Floats, is_censored: Booleans) -> tuple[Floats, Floats]:
    """The times of censoring, and the Kaplan-Meier estimate of it before the first and after each.

    `values[searchsorted(points, t)]` is G(t-).
    """
    points, counts = np.unique(times[is_censored], return_counts=True)
    at_risk = len(times) - np.searchsorted(np.sort(times), points, side="left")
    return points, np.concatenate([[1.0], np.cumprod(1 - counts / at_risk)])


def fine_gray_records(request: Request, options: FineGrayOptions) -> Booleans:
    """The records that the model is fitted to."""
    chosen = competing_data(request, options).data.used & (codes_of(request, options.censoring) >= 0)
    return model_terms(request, chosen, options.factors, options.covariates).used


def analyze_fine_gray(request: Request, options: FineGrayOptions) -> Iterator[Result]:
    """Subdistribution hazard ratios of the contrasts and of each other term, with Wald's tests and intervals."""
    found = competing_data(request, options)
    data = found.data
    request = data.request
    groups = codes_of(request, options.censoring)
    variable, axis = request.analysis.variables[0], request.compared
    conf_level = options.conf_level if options.conf_level is not None else 1 - request.alpha
    for cell in request.cells(skip_first=True):
        terms = model_terms(request, cell.records & data.used & (groups >= 0), options.factors, options.covariates)
        causes = found.causes[terms.used]
        codes = request.level_codes(terms.used)
        fit: CoxFit | None = None
        warning = ""
        try:
            if len(terms.arms) < 2:
                raise CoxError("fewer than two groups have records")
            fit = compute_fine_gray(
                terms.design, data.times[terms.used], causes, censoring=groups[terms.used], names=terms.names
            )
        except CoxError as error:
            warning = str(error)
        test = NOTHING if fit is None else fit.wald_test(terms.columns[axis.variable])
        without = [
            level
            for index, level in enumerate(axis.levels)
            if level in terms.arms and not (found.causes[codes == index] == 1).any()
        ]
        lacking = f"no events with {axis.variable} = {', '.join(without)}" if without else ""
        stats: Stats = {
            "n": int(terms.used.sum()),
            "events": int((causes == 1).sum()),
            "competing": int((causes > 1).sum()),
            "log_likelihood": None if fit is None else fit.log_likelihood,
            **test_stats("", test),
        }
        yield from request.results(stats, groups=cell.groups, variable=variable, warnings=warning or lacking)
        for first, second in options.contrasts:
            absent = [level for level in (first, second) if level not in terms.arms]
            ratio, said = ratio_stats(None, np.zeros(0), conf_level, "wald", warning)
            if absent:
                said = f"no records with {axis.variable} = {', '.join(absent)}"
            elif fit is not None:
                ratio, said = ratio_stats(fit, terms.arm_function(first, second), conf_level, "wald", "")
                said = lacking if said and lacking else said
            yield from request.results(
                ratio, groups=ratio_groups(request, cell, first, second), variable=variable, warnings=said
            )
        yield from other_terms(request, cell, fit, terms, conf_level, "wald", warning)
