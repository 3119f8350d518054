"""Repeated measurements laid out for imputation: one row for each subject, one column for each visit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from trialwright.analysis.methods.imputation.options import ImputationOptions
from trialwright.analysis.methods.imputation.regression import ImputationError
from trialwright.analysis.methods.linear_model import Factor, make_factor
from trialwright.analysis.methods.mmrm_model import find_visits
from trialwright.analysis.request import Booleans, Cell, Floats, Integers, Request, level_texts


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """The subjects of one analysis.

    rows        of each subject in the request's `subjects`
    arm         index of its level in `arms`
    values      (subject, visit), NaN where missing
    is_after    (subject, visit): after the intercurrent event; values observed there do not impute others
    covariates  of the analysis: (subject, covariate), less their mean by their SD
    predictors  further columns of the imputation model, beside those of covariates and factors
    n_left_out  subjects that lack a covariate or a factor, or have no record that tells it
    """

    rows: Integers
    arms: tuple[str, ...]
    arm: Integers
    visits: tuple[str, ...]
    values: Floats
    is_after: Booleans
    covariates: Floats
    factors: tuple[Factor, ...]
    predictors: Floats
    n_left_out: int

    @property
    def observed(self) -> Booleans:
        """(subject, visit): values that may impute others."""
        return ~np.isnan(self.values) & ~self.is_after

    @property
    def last(self) -> Integers:
        """For each subject the number of visits up to its last value before the event; 0 if it has none."""
        reached = np.where(self.observed, np.arange(1, len(self.visits) + 1), 0)
        last: Integers = reached.max(axis=1, initial=0)
        return last

    @property
    def present(self) -> list[int]:
        """The arms that have subjects, by their index."""
        return [arm for arm in range(len(self.arms)) if bool((self.arm == arm).any())]

    def standardized(self) -> tuple[Floats, float, float]:
        """The values that may impute others, less their mean by their SD and 0 elsewhere; this mean; this SD.

        Units and zero of the response must not matter for what counts as determined. Raises `ImputationError` if there
        is no such value.
        """
        known = self.values[self.observed]
        if not len(known):
            raise ImputationError("no value is observed")
        shift, scale = float(known.mean()), float(known.std()) or 1.0
        return np.where(self.observed, (self.values - shift) / scale, 0.0), shift, scale

    def imputation_design(self) -> Floats:
        """(subject, column): intercept, covariates, indicators of the factors but their first, predictors."""
        indicators = [factor.indicators()[:, 1:] for factor in self.factors]
        return np.hstack([np.ones((len(self.rows), 1)), self.covariates, *indicators, self.predictors])


def measure(request: Request, variable: str, options: ImputationOptions, cell: Cell) -> Measurements:
    """The measurements in one part of the data; raises `ImputationError` if there are none to impute from."""
    visits = find_visits(request, options)
    axis = request.compared
    index = request.subject_index
    at_visit = cell.records & (visits.codes >= 0)
    arm_of_record = request.level_codes(cell.records)
    arm = np.full(request.subjects.height, -1, dtype=np.int64)
    if axis.subjects is not None:
        for level, mask in enumerate(axis.subjects):
            arm[mask & cell.subjects] = level
    else:
        known = arm_of_record >= 0
        arm[index[known]] = arm_of_record[known]
    values = np.full((request.subjects.height, len(visits.levels)), np.nan)
    numbers = request.numbers(variable)
    given = at_visit & ~np.isnan(numbers) & (arm[index] >= 0)
    pairs = np.column_stack([index[given], visits.codes[given]])
    doubled = len(pairs) - len(np.unique(pairs, axis=0))
    if doubled:
        raise ImputationError(
            f"{doubled} records too many: some subjects have several at one visit; restrict them with 'where'"
        )
    values[pairs[:, 0], pairs[:, 1]] = numbers[given]
    is_after = np.zeros_like(values, dtype=bool)
    if options.event:
        after = np.asarray(request.holds(options.event), dtype=bool) & at_visit
        is_after[index[after], visits.codes[after]] = True
        is_after = np.logical_or.accumulate(is_after, axis=1)
    covariates = [_by_subject(request, name, at_visit, as_text=False) for name in options.covariates]
    factors = [_by_subject(request, name, at_visit, as_text=True) for name in options.factors]
    extra = [
        _by_subject(request, name, at_visit, as_text=not request.series(name).dtype.is_numeric())
        for name in options.predictors
    ]
    complete = arm >= 0
    for series in (*covariates, *factors, *extra):
        complete &= series.is_not_null().to_numpy()
    rows = np.flatnonzero(complete)
    if not len(rows) or np.isnan(values[rows]).all():
        raise ImputationError("no subject with a value and all covariates")
    columns = [_standardized(series.gather(rows)) for series in covariates]
    others: list[Floats] = []
    for series in extra:
        if series.dtype == pl.String:
            others.append(_factor("", series.gather(rows)).indicators()[:, 1:])
        else:
            others.append(_standardized(series.gather(rows)))
    empty = np.zeros((len(rows), 0))
    return Measurements(
        rows=rows,
        arms=axis.levels,
        arm=arm[rows],
        visits=visits.levels,
        values=values[rows],
        is_after=is_after[rows],
        covariates=np.hstack([empty, *columns]),
        factors=tuple(
            _factor(name, series.gather(rows)) for name, series in zip(options.factors, factors, strict=True)
        ),
        predictors=np.hstack([empty, *others]),
        n_left_out=int((arm >= 0).sum()) - len(rows),
    )


def _by_subject(request: Request, name: str, records: Booleans, *, as_text: bool) -> pl.Series:
    """One value for each subject: of its first of the records that has one, else of the subject dataset, else null."""
    if as_text:
        values = pl.Series(request.texts(name), dtype=pl.String)
    else:
        values = pl.Series(request.numbers(name), dtype=pl.Float64).fill_nan(None)
    present = np.flatnonzero(records & values.is_not_null().to_numpy())
    subjects, first = np.unique(request.subject_index[present], return_index=True)
    found: list[object] = [None] * request.subjects.height
    if name in request.subjects.columns and name not in request.frame.columns:
        own = request.subjects[name]
        found = [*level_texts(own)] if as_text else own.cast(pl.Float64).fill_nan(None).to_list()
    for subject, row in zip(subjects.tolist(), present[first].tolist(), strict=True):
        found[subject] = values[row]
    return pl.Series(name, found, dtype=values.dtype)


def _factor(name: str, series: pl.Series) -> Factor:
    return make_factor(name, [str(text) for text in series.to_list()])


def _standardized(series: pl.Series) -> Floats:
    values = series.to_numpy().astype(np.float64)
    centered = values - values.mean()
    spread = float(centered.std())
    scale = float(np.abs(values).max())
    if spread <= 1e-12 * scale:
        return np.zeros((len(values), 1))
    scaled: Floats = (centered / spread).reshape(-1, 1)
    return scaled
