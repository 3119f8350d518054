"""`interaction`: whether the effect of treatment differs between the levels of a subgroup.

For each subgroup two models are compared, both with treatment, subgroup, factors and covariates: one with the product
of treatment and subgroup, one without. Linear models by the F test of the additional sum of squares; logistic and
proportional hazards models (Efron's ties) by the likelihood ratio.

Sources: Pocock SJ, Assmann SE, Enos LE, Kasten LE. Stat Med 2002;21:2917-2930 (interaction tests rather than tests
within subgroups). EMA/CHMP/539146/2013, Guideline on the investigation of subgroups in confirmatory clinical trials,
2019.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.distributions import chi_square_upper_tail, f_upper_tail
from trialwright.analysis.methods.proportions.logistic_fit import fit_logistic
from trialwright.analysis.methods.subgroups.options import InteractionOptions
from trialwright.analysis.methods.survival import times_and_events
from trialwright.analysis.methods.time_to_event.cox_fit import CoxError, compute_cox
from trialwright.analysis.request import Booleans, Floats, Integers, Request
from trialwright.results import Result

#: Of a column the share that those before it leave unexplained, below which it adds nothing.
_DEPENDENT = 1e-9


@dataclass(frozen=True, kw_only=True)
class InteractionTest:
    """A test with its degrees of freedom (`df2` of an F test); `warning` tells why there is no number."""

    statistic: float | None = None
    df: int | None = None
    df2: int | None = None
    p_value: float | None = None
    warning: str = ""


def compute_linear_interaction(response: Floats, main: Floats, product: Floats) -> InteractionTest:
    """The F test that the columns of `product` add nothing to those of `main`, which hold the intercept."""
    full = independent_columns(np.hstack([main, product]))
    base = independent_columns(main)
    df, df2 = full.shape[1] - base.shape[1], len(response) - full.shape[1]
    if df <= 0:
        return InteractionTest(warning=_NOTHING_TO_COMPARE)
    if df2 <= 0:
        return InteractionTest(warning="too few records for the model")
    without, with_product = _residual_sum(response, base), _residual_sum(response, full)
    variation, size = float(np.square(response - response.mean()).sum()), float(np.square(response).sum())
    if variation <= 1e-20 * size or with_product <= 1e-12 * variation:
        return InteractionTest(warning="no residual variation")
    statistic = ((without - with_product) / df) / (with_product / df2)
    return InteractionTest(statistic=statistic, df=df, df2=df2, p_value=f_upper_tail(statistic, df, df2))


_NOTHING_TO_COMPARE = "fewer than two subgroups have records of two treatments"


def compute_logistic_interaction(response: Floats, main: Floats, product: Floats) -> InteractionTest:
    """The likelihood ratio test; `response` is 0 or 1, `main` holds the intercept."""
    if not 0 < response.sum() < len(response):
        return InteractionTest(warning="all subjects have the same response")
    base, full = (fit_logistic(design, response, is_firth=False) for design in (main, np.hstack([main, product])))
    df = full.rank - base.rank
    if df <= 0:
        return InteractionTest(warning=_NOTHING_TO_COMPARE)
    if full.parted or base.parted:
        # Separated subjects add nothing to the likelihood, but they take degrees of freedom away from one model only.
        return InteractionTest(warning="separation: a treatment in a subgroup has only responses, or none")
    statistic = max(0.0, 2 * (full.log_likelihood - base.log_likelihood))
    return InteractionTest(statistic=statistic, df=df, p_value=chi_square_upper_tail(statistic, df))


def compute_cox_interaction(times: Floats, is_event: Booleans, main: Floats, product: Floats) -> InteractionTest:
    """The likelihood ratio test of proportional hazards models; the columns of `main` have no intercept."""
    if not is_event.any():
        return InteractionTest(warning="no events")
    constant = np.ones((len(times), 1))
    full = independent_columns(np.hstack([constant, main, product]))[:, 1:]
    base = independent_columns(np.hstack([constant, main]))[:, 1:]
    df = full.shape[1] - base.shape[1]
    if df <= 0:
        return InteractionTest(warning=_NOTHING_TO_COMPARE)
    try:
        fits = [compute_cox(design, times, is_event, ties="efron") for design in (base, full)]
    except CoxError as error:
        return InteractionTest(warning=str(error))
    # A likelihood that has no largest value at a finite point still rises by the last step.
    if any(np.abs(fit.step).max(initial=0.0) > 1e-6 for fit in fits):
        return InteractionTest(
            warning="a treatment in a subgroup has no events: its hazard ratio has no finite estimate"
        )
    statistic = max(0.0, 2 * (fits[1].log_likelihood - fits[0].log_likelihood))
    return InteractionTest(statistic=statistic, df=df, p_value=chi_square_upper_tail(statistic, df))


def independent_columns(design: Floats) -> Floats:
    """The columns that are no combination of those before them."""
    kept: list[Floats] = []
    space = np.zeros((len(design), 0))
    for column in design.T:
        rest = column - space @ (space.T @ column)
        rest = rest - space @ (space.T @ rest)  # once more, for what rounding left
        length = float(np.linalg.norm(column))
        if length > 0 and float(np.linalg.norm(rest)) > _DEPENDENT * length:
            kept.append(column)
            space = np.hstack([space, (rest / np.linalg.norm(rest)).reshape(-1, 1)])
    return np.column_stack(kept) if kept else np.zeros((len(design), 0))


def _residual_sum(response: Floats, design: Floats) -> float:
    fitted = design @ np.linalg.lstsq(design, response, rcond=None)[0]
    return float(np.square(response - fitted).sum())


def analyze_interaction(request: Request, options: InteractionOptions) -> Iterator[Result]:
    """For each subgroup the test of its interaction with the treatment; the results' variable is the subgroup's.

    Records without a response, treatment, subgroup, factor or covariate are left out of the subgroup's models.
    """
    for name in options.subgroups:
        for cell in request.cells(skip_first=True):
            used = _complete(request, options, name) & cell.records
            codes = request.level_codes(used)
            chosen = codes >= 0
            test = _test(request, options, name, codes) if chosen.any() else InteractionTest(warning="no records")
            stats: dict[str, float | str | None] = {
                "n": int(chosen.sum()),
                "statistic": test.statistic,
                "df": test.df,
                "p_value": test.p_value,
            }
            if options.model == "linear":
                stats["df2"] = test.df2
            yield from request.results(stats, groups=cell.groups, variable=name, warnings=test.warning)


def _test(request: Request, options: InteractionOptions, name: str, codes: Integers) -> InteractionTest:
    rows = np.flatnonzero(codes >= 0)
    arm = _indicators([str(code) for code in codes[rows].tolist()])
    subgroup = _indicators([str(request.texts(name)[row]) for row in rows.tolist()])
    columns = [arm, subgroup]
    for factor in options.factors:
        texts = request.texts(factor)
        columns.append(_indicators([str(texts[row]) for row in rows.tolist()]))
    columns += [_standardized(request.numbers(covariate)[rows]) for covariate in options.covariates]
    main = np.hstack(columns)
    product = np.hstack([arm[:, [one]] * subgroup for one in range(arm.shape[1])]) if arm.shape[1] else arm
    if options.model == "cox":
        times, is_event, _ = times_and_events(request, request.analysis.variables[0], options.censor)
        return compute_cox_interaction(times[rows], is_event[rows], main, product)
    with_intercept = np.hstack([np.ones((len(rows), 1)), main])
    response = _responses(request, options)[rows]
    if options.model == "logistic":
        return compute_logistic_interaction(response, with_intercept, product)
    return compute_linear_interaction(response, with_intercept, product)


def _indicators(texts: Sequence[str]) -> Floats:
    """A column for each level but the first."""
    columns = np.zeros((len(texts), len(set(texts)) - 1))
    for number, level in enumerate(sorted(set(texts))[1:]):
        columns[:, number] = [text == level for text in texts]
    return columns


def _standardized(values: Floats) -> Floats:
    spread = float(values.std())
    scaled: Floats = (values - values.mean()) / (spread if spread > 0 else 1.0)
    return scaled.reshape(-1, 1)


def _responses(request: Request, options: InteractionOptions) -> Floats:
    if options.model == "logistic" and options.event is not None:
        return np.array(request.holds(options.event), dtype=np.float64)
    return request.numbers(request.analysis.variables[0])


def _complete(request: Request, options: InteractionOptions, name: str) -> Booleans:
    if options.model == "cox":
        used = times_and_events(request, request.analysis.variables[0], options.censor)[2]
    else:
        responses = _responses(request, options)
        used = ~np.isnan(responses)
        if options.model == "logistic" and options.event is None:
            used = used & np.isin(responses, (0.0, 1.0))
    for covariate in options.covariates:
        used = used & ~np.isnan(request.numbers(covariate))
    for text_variable in (name, *options.factors):
        used = used & np.array([text is not None for text in request.texts(text_variable)], dtype=bool)
    return used


def interaction_records(request: Request, options: InteractionOptions) -> Booleans:
    """The records of any of the subgroups' models."""
    used = np.logical_or.reduce([_complete(request, options, name) for name in options.subgroups])
    return np.asarray(used & (request.level_codes(used) >= 0), dtype=bool)
