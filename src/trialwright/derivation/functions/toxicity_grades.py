"""Grades of toxicity of laboratory values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from trialwright.standards.toxicity_criteria import Bound, ToxicityCriterion, normal_unit

#: A product such as 3 x 0.1 is not the 0.3 that was measured: bounds are compared within this relative difference.
_EQUAL = 1e-9


def grade_toxicity(
    values: npt.NDArray[np.float64],
    criterion: ToxicityCriterion,
    *,
    lower: npt.NDArray[np.float64],
    upper: npt.NDArray[np.float64],
    baseline: npt.NDArray[np.float64],
    unit: str,
    has_symptoms: bool = False,
) -> npt.NDArray[np.float64]:
    """The grade of each value: 0 for none, NaN where it cannot be graded.

    values, lower, upper, baseline   in `unit`, each of shape (n,); NaN where missing
    unit          of the values; bounds that the criteria give in other units only are not reached
    has_symptoms  whether symptoms are assumed where the criteria ask for them

    A value cannot be graded if it is missing, if a bound needs a limit of the range that is missing and no bound that
    is known is reached, or if the criterion has values in other units only. The baseline is abnormal if it is beyond
    the range on the criterion's side; a missing baseline counts as normal.

    Source: Common Terminology Criteria for Adverse Events 5.0, 2017.
    """
    plain = criterion.symptoms if has_symptoms and criterion.symptoms else criterion.grades
    grades = _grade(values, plain, criterion.direction, lower=lower, upper=upper, baseline=baseline, unit=unit)
    if criterion.abnormal:
        with np.errstate(invalid="ignore"):
            abnormal = baseline > upper if criterion.direction == "high" else baseline < lower
        others = _grade(
            values, criterion.abnormal, criterion.direction, lower=lower, upper=upper, baseline=baseline, unit=unit
        )
        grades = np.where(abnormal, others, grades)
    return grades


def _grade(
    values: npt.NDArray[np.float64],
    bounds: Mapping[int, tuple[Bound, ...]],
    direction: str,
    *,
    lower: npt.NDArray[np.float64],
    upper: npt.NDArray[np.float64],
    baseline: npt.NDArray[np.float64],
    unit: str,
) -> npt.NDArray[np.float64]:
    written = normal_unit(unit)
    grades = np.zeros(len(values))
    unknown = np.isnan(values)
    for grade, alternatives in bounds.items():
        known = [bound for bound in alternatives if bound.unit in ("", written)]
        if not known:
            # The criteria do not give this bound in the unit of the values: how bad one is cannot be told.
            return np.full(len(values), np.nan)
        limits = [_limit(bound, lower=lower, upper=upper, baseline=baseline) for bound in known]
        for bound, limit in zip(known, limits, strict=True):
            grades = np.where(_reaches(values, limit, bound, direction), grade, grades)
        unknown = unknown | np.logical_and.reduce([np.isnan(limit) for limit in limits])
    return np.where(unknown & (grades == 0) | np.isnan(values), np.nan, grades)


def _limit(
    bound: Bound,
    *,
    lower: npt.NDArray[np.float64],
    upper: npt.NDArray[np.float64],
    baseline: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    bases = {"ULN": upper, "LLN": lower, "baseline": baseline, "": np.zeros(len(lower))}
    return bound.factor * bases[bound.base] + bound.added


def _reaches(
    values: npt.NDArray[np.float64], limit: npt.NDArray[np.float64], bound: Bound, direction: str
) -> npt.NDArray[np.bool_]:
    slack = _EQUAL * np.abs(limit) * (-1 if bound.is_inclusive else 1)
    with np.errstate(invalid="ignore"):
        return values > limit + slack if direction == "high" else values < limit - slack
