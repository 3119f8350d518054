"""`multiple_imputation`: analysis of covariance at each visit of multiply imputed data, pooled by Rubin's rules.

Source: Rubin DB. Multiple Imputation for Nonresponse in Surveys, 1987. Barnard J, Rubin DB. Biometrika 1999;86:948-955.
Carpenter JR, Roger JH, Kenward MG. J Biopharm Stat 2013;23:1352-1371 (reference-based imputation).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from trialwright.analysis.methods.imputation.completed import CompletedAnalysis, prepare
from trialwright.analysis.methods.imputation.options import Delta, MultipleImputationOptions
from trialwright.analysis.methods.imputation.parts import Imputed, check_level, completed_parts
from trialwright.analysis.request import Floats, Request, contrast_level
from trialwright.errors import PlanError
from trialwright.results import Result


def analyze_multiple_imputation(request: Request, options: MultipleImputationOptions) -> Iterator[Result]:
    """LS means and contrasts of each variable at each visit, over all subjects of the analysis set with covariates.

    Covariates, factors and predictors are those of a subject's first record that has them, else those of the subject
    dataset. LS means are taken at the mean of each covariate over these subjects.
    """
    for delta in options.delta:
        for level in delta.levels:
            check_level(request, level, "delta")
    for part in completed_parts(request, options):
        _check_visits(part, options.delta)
        yield from sizes(part)
        values = None if part.values is None else part.values + total_shift(part, options.delta)
        analysis = None if part.data is None else prepare(part.data, options.weights)
        for index, visit in enumerate(part.visits):
            responses = None if values is None else values[:, :, index]
            for arm in request.compared.levels:
                yield from _mean(part, analysis, responses, arm, visit)
            for first, second in options.contrasts:
                yield from difference(part, analysis, responses, (first, second), visit)


def _check_visits(part: Imputed, deltas: Sequence[Delta]) -> None:
    for name in (name for delta in deltas for name in delta.visits):
        if name not in part.visits:
            raise PlanError(
                f"{part.request.user}: the option delta names the visit {name!r}. The visits are: "
                f"{', '.join(part.visits)}."
            )


def total_shift(part: Imputed, deltas: Sequence[Delta]) -> Floats:
    """(subject, visit): what the deltas add to the imputed values."""
    shift = np.zeros((0, 0)) if part.data is None else np.zeros(part.data.values.shape)
    for delta in deltas:
        shift = shift + delta.value * times_shifted(part, delta)
    return shift


def times_shifted(part: Imputed, delta: Delta) -> Floats:
    """(subject, visit): how often a delta's value is added."""
    assert part.data is not None
    after, before = part.is_penalized
    visits = np.arange(len(part.visits))
    times = np.where(after, visits - part.data.last[:, None] + 1 if delta.accumulates else 1, 0).astype(np.float64)
    if delta.intermittent:
        times = times + before
    if delta.levels:
        times = times * np.isin([part.data.arms[code] for code in part.data.arm], delta.levels)[:, None]
    if delta.visits:
        times = times * np.isin(part.visits, delta.visits)
    return times


def sizes(part: Imputed) -> Iterator[Result]:
    """Subjects, values observed and imputed."""
    data = part.data
    stats: dict[str, float | str | None] = {"n_subjects": 0, "n": 0, "n_imputed": 0, "n_missing": None}
    if data is not None:
        observed = int((~np.isnan(data.values)).sum())
        imputed = data.values.size - observed if part.values is not None else 0
        stats = {
            "n_subjects": len(data.rows),
            "n": observed,
            "n_imputed": imputed,
            "n_missing": data.n_left_out,
        }
    stats["imputations"] = part.options.imputations if part.values is not None else 0
    yield from part.request.results(stats, groups=part.named(None, None), variable=part.variable, warnings=part.warning)


def _counts(part: Imputed, arm: str, visit: str) -> dict[str, float | str | None]:
    if part.data is None or arm not in part.data.arms:
        return {"n": 0, "n_imputed": 0}
    here = part.data.values[part.data.arm == part.data.arms.index(arm), part.visits.index(visit)]
    observed = int((~np.isnan(here)).sum())
    return {"n": observed, "n_imputed": len(here) - observed if part.values is not None else 0}


def _mean(
    part: Imputed, analysis: CompletedAnalysis | None, responses: Floats | None, arm: str, visit: str
) -> Iterator[Result]:
    function = None if analysis is None else analysis.functions.get(arm)
    found = None
    if analysis is not None and responses is not None and function is not None:
        found = analysis.pool(responses, function)
    yield from part.request.results(
        {**_counts(part, arm, visit), **part.pooled_stats(found, "lsmean")},
        groups=part.named(arm, visit),
        variable=part.variable,
        warnings=_why(part, found is None),
    )


def difference(
    part: Imputed,
    analysis: CompletedAnalysis | None,
    responses: Floats | None,
    pair: tuple[str, str],
    visit: str,
    *more: tuple[str, str],
) -> list[Result]:
    """The contrast of two levels at a visit; `more` are further groups of its name."""
    found = None
    if analysis is not None and responses is not None:
        left, right = (analysis.functions.get(level) for level in pair)
        if left is not None and right is not None:
            found = analysis.pool(responses, left - right)
    stats = part.pooled_stats(found, "difference")
    stats |= {
        "statistic": None if found is None else found.statistic,
        "p_value": None if found is None else found.p_value,
    }
    return part.request.results(
        stats,
        groups=part.named(contrast_level(*pair), visit, *more),
        variable=part.variable,
        warnings=_why(part, found is None),
    )


def _why(part: Imputed, is_missing: bool) -> str:
    more = "not estimable from these subjects" if is_missing and part.values is not None else ""
    return "; ".join(text for text in (part.warning, more) if text)
