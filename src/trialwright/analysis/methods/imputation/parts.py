"""The parts of an analysis, completed: what `multiple_imputation` and `tipping_point` begin with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from trialwright.analysis.methods.imputation.chained import impute_chained
from trialwright.analysis.methods.imputation.monotone import impute_monotone
from trialwright.analysis.methods.imputation.options import ImputationOptions
from trialwright.analysis.methods.imputation.pooling import Pooled
from trialwright.analysis.methods.imputation.regression import ImputationError
from trialwright.analysis.methods.imputation.subjects import Measurements, measure
from trialwright.analysis.methods.mmrm_model import find_visits
from trialwright.analysis.request import Booleans, Cell, Floats, Groups, Request
from trialwright.errors import PlanError


@dataclass(frozen=True, kw_only=True)
class Imputed:
    """One response in one part of the data, completed.

    data     None if there are none to impute from
    values   (imputation, subject, visit); None if they could not be imputed
    warning  why not, and what else there is to say
    """

    request: Request
    options: ImputationOptions
    variable: str
    visits: tuple[str, ...]
    groups: Groups
    data: Measurements | None
    values: Floats | None
    warning: str

    @property
    def is_penalized(self) -> tuple[Booleans, Booleans]:
        """(subject, visit): imputed values after the last observed one, and those before it."""
        assert self.data is not None
        missing = np.isnan(self.data.values)
        is_after = np.arange(len(self.visits)) >= self.data.last[:, None]
        return missing & is_after, missing & ~is_after

    @property
    def conf_level(self) -> float:
        """Of the intervals."""
        return self.options.conf_level if self.options.conf_level is not None else 1 - self.request.alpha

    def named(self, arm: str | None, visit: str | None, *more: tuple[str, str]) -> Groups:
        """The levels of a result, in the order of the groupings; a visit that is no grouping comes last."""
        levels = dict(self.groups)
        if arm is not None:
            levels[self.request.compared.variable] = arm
        if visit is not None:
            levels[self.options.visit] = visit
        order = [grouping.variable for grouping in self.request.groupings]
        return (*((name, levels[name]) for name in dict.fromkeys([*order, *levels]) if name in levels), *more)

    def pooled_stats(self, found: Pooled | None, name: str) -> dict[str, float | str | None]:
        """The statistics of an LS mean or a difference."""
        interval = (None, None) if found is None else found.interval(self.conf_level)
        return {
            name: None if found is None else found.estimate,
            "se": None if found is None else found.se,
            "df": None if found is None else found.df,
            "ci_lower": interval[0],
            "ci_upper": interval[1],
            "conf_level": self.conf_level,
            "within_variance": None if found is None else found.within,
            "between_variance": None if found is None else found.between,
            "fraction_missing": None if found is None else found.fraction,
        }


def completed_parts(request: Request, options: ImputationOptions) -> Iterator[Imputed]:
    """The completed data of each variable, in each level of the further groupings but the visit.

    Raises `PlanError` if the options name a level that the treatment does not have.
    """
    reference = _reference(request, options)
    visits = find_visits(request, options)
    others = tuple(grouping for grouping in request.groupings[1:] if grouping.variable != options.visit)
    parted = replace(request, groupings=(request.groupings[0], *others)) if request.groupings else request
    number = 0
    for variable in request.analysis.variables:
        for cell in parted.cells(skip_first=True):
            # Each part has random numbers of its own: what it gives does not depend on the others.
            rng = np.random.default_rng([options.seed, number])
            number += 1
            data, values, warning = _impute(request, variable, options, reference, cell, rng)
            yield Imputed(
                request=request,
                options=options,
                variable=variable,
                visits=visits.levels,
                groups=cell.groups,
                data=data,
                values=values,
                warning=warning,
            )


def check_level(request: Request, level: str, option: str) -> None:
    """Raise `PlanError` if an option names a level that the treatment does not have."""
    if level not in request.compared.levels:
        raise PlanError(
            f"{request.user}: the option {option} names {level!r}, which is no level of the grouping "
            f"{request.compared.grouping.id}. Its levels are: {', '.join(request.compared.levels)}."
        )


def _reference(request: Request, options: ImputationOptions) -> str | None:
    if options.assumption == "missing_at_random":
        return None
    reference = options.reference or request.compared.grouping.reference
    if reference is None:
        raise PlanError(
            f"{request.user}: the assumption {options.assumption} follows a reference. Name its level as the option "
            f"'reference', or as the reference of the grouping {request.compared.grouping.id}."
        )
    check_level(request, reference, "reference")
    return reference


def _impute(
    request: Request,
    variable: str,
    options: ImputationOptions,
    reference: str | None,
    cell: Cell,
    rng: np.random.Generator,
) -> tuple[Measurements | None, Floats | None, str]:
    try:
        data = measure(request, variable, options, cell)
    except ImputationError as error:
        return None, None, str(error)
    warnings = _warnings(request, data)
    try:
        if options.model == "fully_conditional":
            values = impute_chained(
                data,
                imputations=options.imputations,
                burn_in=options.burn_in,
                by_arm=options.by_arm,
                rng=rng,
            )
        else:
            values = impute_monotone(
                data,
                imputations=options.imputations,
                burn_in=options.burn_in,
                by_arm=options.by_arm,
                assumption=options.assumption,
                reference=reference,
                rng=rng,
            )
    except ImputationError as error:
        return data, None, "; ".join([*warnings, f"nothing was imputed: {error}"])
    return data, values, "; ".join(warnings)


def _warnings(request: Request, data: Measurements) -> list[str]:
    found = []
    absent = [level for code, level in enumerate(data.arms) if not bool((data.arm == code).any())]
    if absent:
        found.append(f"no subjects with {request.compared.variable} = {', '.join(absent)}")
    if data.n_left_out:
        found.append(f"subjects without a covariate or factor, left out: {data.n_left_out}")
    return found
