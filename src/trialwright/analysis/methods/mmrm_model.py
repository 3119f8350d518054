"""The fixed effects of an MMRM: from records to a design, and the functions of its coefficients that are LS means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from trialwright.analysis.methods.linear_model import Factor, make_factor
from trialwright.analysis.methods.mmrm_inference import varies_within
from trialwright.analysis.methods.mmrm_tests import reduced_rows, type_iii_functions
from trialwright.analysis.methods.options import MmrmOptions
from trialwright.analysis.request import Booleans, Floats, Integers, Request


@dataclass(frozen=True, kw_only=True)
class Visits:
    """The levels of the visit variable in their order, and for each record the index of its level; -1 for none."""

    variable: str
    levels: tuple[str, ...]
    codes: Integers


@dataclass(frozen=True, kw_only=True)
class FixedEffects:
    """The model of one response in one part of the data.

    rows       positions of the records fitted
    subjects   of each record, numbered from 0
    terms      for each term the columns of the design that are its own; "" is the intercept
    is_within  which terms vary within a subject
    uncentered the design times this is the design with covariates as they are, not less their mean
    units      what each column of the design was divided by
    """

    rows: Integers
    response: Floats
    subjects: Integers
    arm: Factor
    visit: Factor
    factors: tuple[Factor, ...]
    design: Floats
    terms: Mapping[str, tuple[int, ...]]
    is_within: Mapping[str, bool]
    uncentered: Floats
    units: Floats

    @property
    def n_subjects(self) -> int:
        """Number of subjects with a record in the model."""
        return int(self.subjects.max()) + 1 if len(self.subjects) else 0

    def doubled(self) -> int:
        """Number of records beyond a subject's first at a visit."""
        pairs = np.column_stack([self.subjects, np.asarray(self.visit.codes, dtype=np.int64)])
        return len(pairs) - len(np.unique(pairs, axis=0))

    def count(self, arm: str, visit: str | None) -> int:
        """Subjects with a record of the arm, at the visit or (None) at any."""
        if arm not in self.arm.levels or not (visit is None or visit in self.visit.levels):
            return 0
        has = np.asarray(self.arm.codes) == self.arm.levels.index(arm)
        if visit is not None:
            has = has & (np.asarray(self.visit.codes) == self.visit.levels.index(visit))
        return len(np.unique(self.subjects[has]))

    def ls_mean(self, arm: str, visit: str | None, weights: str) -> Floats | None:
        """The coefficients of the LS mean at a visit, or (None) of the mean over visits; None for levels not there.

        Covariates are centered at their mean, where LS means are taken.
        """
        if arm not in self.arm.levels or not (visit is None or visit in self.visit.levels):
            return None
        function = np.zeros(self.design.shape[1])
        function[0] = 1
        arm_index = self.arm.levels.index(arm)
        function[self.terms[_ARM][arm_index]] = 1
        n_visits = len(self.visit.levels)
        share = np.full(n_visits, 1 / n_visits)
        if visit is not None:
            share = np.eye(n_visits)[self.visit.levels.index(visit)]
        if _VISIT in self.terms:
            function[list(self.terms[_VISIT])] = share
        if _INTERACTION in self.terms:
            start = arm_index * n_visits
            function[list(self.terms[_INTERACTION][start : start + n_visits])] = share
        for factor in self.factors:
            each = np.full(len(factor.levels), 1 / len(factor.levels))
            if weights == "observed":
                each = factor.indicators().mean(axis=0)
            function[list(self.terms[f"factor {factor.name}"])] = each
        return function

    def hypotheses(self, row_space: Floats) -> dict[str, Floats]:
        """For each term but the intercept the functions of the coefficients that its type III test compares with 0.

        row_space  projector on the estimable functions of the design's columns
        """
        _, vectors = np.linalg.eigh(row_space)
        rank = round(float(np.trace(row_space)))
        basis = vectors[:, row_space.shape[0] - rank :].T @ self.uncentered
        basis = np.linalg.svd(basis, full_matrices=False)[2]
        containing = {name: [f"{name}{_BY_VISIT}"] for name in self.terms if f"{name}{_BY_VISIT}" in self.terms}
        if _INTERACTION in self.terms:
            containing |= {_ARM: [_INTERACTION], _VISIT: [_INTERACTION]}
        back = np.linalg.inv(self.uncentered)
        return {
            name: reduced_rows(type_iii_functions(basis, self.terms, name, containing)) @ back
            for name in self.terms
            if name
        }


_ARM, _VISIT, _INTERACTION, _BY_VISIT = "arm", "visit", "arm*visit", " by visit"


def term_names(model: FixedEffects, arm: str, visit: str) -> dict[str, str]:
    """What the terms of a model are called in results: by their variables, those of an interaction with * between."""
    words = {_ARM: arm, _VISIT: visit, _INTERACTION: f"{arm}*{visit}"}
    names = {}
    for term in model.terms:
        name = term.removeprefix("factor ").removeprefix("covariate ")
        names[term] = words.get(term) or (
            f"{name.removesuffix(_BY_VISIT)}*{visit}" if term.endswith(_BY_VISIT) else name
        )
    return names


class VisitOptions(Protocol):
    """Options that name the visits of an analysis."""

    @property
    def visit(self) -> str:
        """The variable that tells a subject's measurements apart."""

    @property
    def visits(self) -> list[str]:
        """Its levels in their order; empty for those of the grouping, or all."""


def find_visits(request: Request, options: VisitOptions) -> Visits:
    """The visits: the option's, else those of the grouping on the variable, else all that occur, sorted."""
    variable = options.visit
    for grouping in request.groupings[1:]:
        if grouping.variable == variable and not options.visits:
            axis = request.axis(grouping)
            codes = np.full(request.frame.height, -1, dtype=np.int64)
            for index, mask in enumerate(axis.records):
                codes[mask] = index
            return Visits(variable=variable, levels=axis.levels, codes=codes)
    levels = tuple(options.visits) or tuple(request.levels(variable))
    place = {level: index for index, level in enumerate(levels)}
    codes = np.array([-1 if text is None else place.get(text, -1) for text in request.texts(variable)], dtype=np.int64)
    return Visits(variable=variable, levels=levels, codes=codes)


def needs_times(options: MmrmOptions) -> bool:
    """Whether a structure that may be fitted has distances in time."""
    return "spatial_power" in (options.structure, *(options.fallback or ()))


def times_of(request: Request, options: MmrmOptions) -> Floats:
    """(record, coordinate): the numbers between which distances in time are taken."""
    return np.column_stack([request.numbers(name) for name in options.times or [options.visit]])


def records_at_visits(request: Request, options: MmrmOptions, records: Booleans) -> Booleans:
    """Which records are at one of the model's visits in a level of the treatment."""
    return (request.level_codes(records) >= 0) & (find_visits(request, options).codes >= 0)


def modeled_records(request: Request, variable: str, options: MmrmOptions, records: Booleans) -> Booleans:
    """Of `records_at_visits` those with all of the model's values."""
    used = records_at_visits(request, options, records)
    for name in (variable, *options.covariates, *options.covariates_by_visit):
        used = used & ~np.isnan(request.numbers(name))
    for name in options.factors:
        used = used & np.array([text is not None for text in request.texts(name)], dtype=bool)
    if needs_times(options):
        used = used & ~np.isnan(times_of(request, options)).any(axis=1)
    return used


def build_model(
    request: Request, variable: str, options: MmrmOptions, visits: Visits, records: Booleans
) -> FixedEffects:
    """The model of one response over these records."""
    rows = np.flatnonzero(modeled_records(request, variable, options, records))
    axis = request.compared
    arm_codes = request.level_codes(records)
    subjects = np.unique(request.subject_index[rows], return_inverse=True)[1].astype(np.int64)
    arm = make_factor(_ARM, [axis.levels[arm_codes[row]] for row in rows], axis.levels)
    visit = make_factor(_VISIT, [visits.levels[visits.codes[row]] for row in rows], visits.levels)
    parts: list[Floats] = [np.ones((len(rows), 1))]
    terms: dict[str, tuple[int, ...]] = {"": (0,)}

    def add(name: str, columns: Floats) -> None:
        start = sum(part.shape[1] for part in parts)
        parts.append(columns)
        terms[name] = tuple(range(start, start + columns.shape[1]))

    add(_ARM, arm.indicators())
    if options.effects != "arm":
        add(_VISIT, visit.indicators())
    if options.effects == "arm*visit":
        add(_INTERACTION, _products(arm.indicators(), visit.indicators()))
    factors = []
    shifts: dict[str, float] = {}
    spreads: dict[str, float] = {}
    for name in options.factors:
        texts = request.texts(name)
        factor = make_factor(name, [text for row in rows if (text := texts[row]) is not None])
        factors.append(factor)
        add(f"factor {name}", factor.indicators())
    for name in dict.fromkeys([*options.covariates, *options.covariates_by_visit]):
        column, shifts[name], spreads[name] = _standardized(request.numbers(name)[rows])
        add(f"covariate {name}", column)
        if name in options.covariates_by_visit:
            add(f"covariate {name}{_BY_VISIT}", _products(column, visit.indicators()))
    design = np.hstack(parts)
    return FixedEffects(
        rows=rows,
        response=request.numbers(variable)[rows],
        subjects=subjects,
        arm=arm,
        visit=visit,
        factors=tuple(factors),
        design=design,
        terms=terms,
        is_within={name: varies_within(design[:, list(columns)], subjects) for name, columns in terms.items()},
        uncentered=_uncentered(terms, shifts),
        units=_units(terms, spreads),
    )


def _uncentered(terms: Mapping[str, tuple[int, ...]], shifts: Mapping[str, float]) -> Floats:
    """What turns standardized covariates back: each column gets the mean that it lost, in standard deviations.

    A slope by visit without visits in the model stays centered: its columns do not span those of the visits.
    """
    size = 1 + max(column for columns in terms.values() for column in columns)
    turn = np.eye(size)
    for name, shift in shifts.items():
        turn[0, list(terms[f"covariate {name}"])] = shift
        by_visit = terms.get(f"covariate {name}{_BY_VISIT}", ())
        if by_visit and _VISIT in terms:
            turn[list(terms[_VISIT]), list(by_visit)] = shift
    return turn


def _units(terms: Mapping[str, tuple[int, ...]], spreads: Mapping[str, float]) -> Floats:
    """What each column was divided by."""
    units = np.ones(1 + max(column for columns in terms.values() for column in columns))
    for name, spread in spreads.items():
        for term in (f"covariate {name}", f"covariate {name}{_BY_VISIT}"):
            units[list(terms.get(term, ()))] = spread
    return units


def _products(left: Floats, right: Floats) -> Floats:
    """Every column of the left times every column of the right, the right ones varying fastest."""
    n, columns = len(left), left.shape[1] * right.shape[1]
    products: Floats = (left[:, :, None] * right[:, None, :]).reshape(n, columns)
    return products


def _standardized(values: Floats) -> tuple[Floats, float, float]:
    """A column of `values` less their mean, divided by their standard deviation; the mean so divided; and the latter.

    Zeros for a constant.
    """
    if not len(values):
        return values.reshape(-1, 1), 0.0, 1.0
    centered = values - values.mean()
    spread = float(centered.std())
    if spread <= 1e-12 * float(np.abs(values).max()):
        return np.zeros((len(values), 1)), 0.0, 1.0
    return (centered / spread).reshape(-1, 1), float(values.mean()) / spread, spread
