"""`proportional_hazards_test`: whether log hazard ratios have a slope over (a transform of) time.

Source: Grambsch PM, Therneau TM. Biometrika 1994;81:515-526, as a score test with the information at the times of the
events themselves (Therneau TM, Grambsch PM. Modeling Survival Data, 2000, section 6.2; R survival 3, `cox.zph`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import chi_square_upper_tail
from trialwright.analysis.methods.time_to_event.cox_fit import ChiSquareTest, CoxError, CoxFit, compute_cox
from trialwright.analysis.methods.time_to_event.data import codes_of, event_data, model_terms
from trialwright.analysis.methods.time_to_event.options import ProportionalHazardsOptions
from trialwright.analysis.methods.time_to_event.partial_likelihood import make_risk_sets
from trialwright.analysis.request import Booleans, Floats, Request
from trialwright.results import Result


@dataclass(frozen=True, kw_only=True)
class ProportionalHazardsTest:
    """The test of each term, and of all."""

    terms: Mapping[str, ChiSquareTest]
    overall: ChiSquareTest


def transformed_times(times: Floats, stop: Floats, is_event: Booleans, start: Floats | None, transform: str) -> Floats:
    """The transform of each of `times`, which are times of events.

    "km" is 1 - the Kaplan-Meier estimate just before the time, of all strata together; "rank" the rank among all times
    observed, with events or censored, the mean of ties.
    """
    if transform == "identity":
        return times
    if transform == "log":
        return np.asarray(np.log(times), np.float64)
    if transform == "rank":
        ordered = np.sort(stop)
        earlier, until = np.searchsorted(ordered, times, side="left"), np.searchsorted(ordered, times, side="right")
        return np.asarray((earlier + until + 1) / 2, np.float64)
    sets = make_risk_sets(stop, is_event, start, None)
    position = np.searchsorted(sets.time, times)
    at_risk = sets.at_risk(np.ones(len(stop)))
    before = np.concatenate([[1.0], np.cumprod(1 - sets.deaths / at_risk)[:-1]])
    return np.asarray(1 - before[position], np.float64)


def compute_proportional_hazards_test(
    fit: CoxFit,
    columns: Mapping[str, Sequence[int]],
    stop: Floats,
    is_event: Booleans,
    start: Floats | None,
    transform: str,
) -> ProportionalHazardsTest:
    """The score tests of no slope: of the columns of each term, and of all columns together.

    Raises `CoxError` where the transform is not defined (log of 0), or a coefficient has no finite estimate.
    """
    partial = fit.partial
    if partial is None:
        raise CoxError("the test is not made with exact ties")
    if not all(fit.is_finite(unit) for unit in np.eye(len(fit.scale))):
        raise CoxError("a hazard ratio has no finite estimate (monotone likelihood)")
    if transform == "log" and not (fit.sets.time > 0).all():
        raise CoxError("an event at time 0 has no logarithm")
    terms = partial.terms(fit.coefficients * fit.scale)
    values = transformed_times(fit.sets.time, stop, is_event, start, transform)
    values = values - values[fit.sets.death_time].mean()
    of_term = values[terms.time]
    score = values[fit.sets.death_time] @ partial.design[fit.sets.death_rows]
    score = score - (of_term * terms.count) @ terms.mean
    information = partial.weighted_information(terms, np.ones(len(of_term)))
    cross = partial.weighted_information(terms, of_term)
    square = partial.weighted_information(terms, of_term**2)
    residual = square - cross @ np.linalg.solve(information, cross)

    def test(chosen: Sequence[int]) -> ChiSquareTest:
        kept = list(chosen)
        block = residual[np.ix_(kept, kept)]
        if not kept or np.linalg.matrix_rank(block, tol=1e-9 * max(1.0, float(np.trace(square)))) < len(kept):
            return ChiSquareTest(statistic=None, df=len(kept), p_value=None)
        statistic = float(score[kept] @ np.linalg.solve(block, score[kept]))
        return ChiSquareTest(statistic=statistic, df=len(kept), p_value=chi_square_upper_tail(statistic, len(kept)))

    return ProportionalHazardsTest(
        terms={name: test(chosen) for name, chosen in columns.items()},
        overall=test(range(len(fit.scale))),
    )


def proportional_hazards_records(request: Request, options: ProportionalHazardsOptions) -> Booleans:
    """The records that the model is fitted to."""
    data = event_data(request, options, options.start)
    chosen = data.used & (codes_of(request, options.strata) >= 0)
    return model_terms(request, chosen, options.factors, options.covariates).used


def analyze_proportional_hazards_test(request: Request, options: ProportionalHazardsOptions) -> Iterator[Result]:
    """The global test, under the time's variable, and that of each term, under the term's."""
    data = event_data(request, options, options.start)
    request = data.request
    strata = codes_of(request, options.strata)
    variable = request.analysis.variables[0]
    for cell in request.cells(skip_first=True):
        terms = model_terms(request, cell.records & data.used & (strata >= 0), options.factors, options.covariates)
        stop, is_event = data.times[terms.used], data.is_event[terms.used]
        start = None if data.start is None else data.start[terms.used]
        nothing = ChiSquareTest(statistic=None, df=0, p_value=None)
        found = ProportionalHazardsTest(terms=dict.fromkeys(terms.columns, nothing), overall=nothing)
        warning = ""
        try:
            if not terms.names:
                raise CoxError("fewer than two groups have records")
            fit = compute_cox(
                terms.design,
                stop,
                is_event,
                start=start,
                strata=strata[terms.used],
                ties=options.ties,
                names=terms.names,
            )
            found = compute_proportional_hazards_test(fit, terms.columns, stop, is_event, start, options.transform)
        except CoxError as error:
            warning = str(error)
        for name, test in ((variable, found.overall), *found.terms.items()):
            stats: dict[str, float | str | None] = {
                "statistic": test.statistic,
                "df": test.df,
                "p_value": test.p_value,
            }
            if name == variable:
                stats |= {"n": int(terms.used.sum()), "events": int(is_event.sum())}
            said = warning
            if not said and test.statistic is None:
                said = "too few times of events for a slope" if test.df else f"only one level of {name} has records"
            yield from request.results(stats, groups=cell.groups, variable=name, warnings=said)
