"""`toxicity_grades`: the worst grade of toxicity of each subject by laboratory parameter, and its shift from baseline.

Source: Common Terminology Criteria for Adverse Events 5.0, U.S. National Cancer Institute, 27 November 2017; the
laboratory criteria are data of the package.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.counts import empty_group, proportion
from trialwright.analysis.methods.safety.options import ToxicityOptions
from trialwright.analysis.request import Booleans, Cell, Floats, Request
from trialwright.derivation.functions.toxicity_grades import grade_toxicity
from trialwright.results import Result
from trialwright.standards.toxicity_criteria import ToxicityCriterion, toxicity_criteria

_GRADES = (0, 1, 2, 3, 4)
#: ADaM's names of the grades: of high and of low values, at the visit and at baseline.
_NAMES = {"high": ("ATOXGRH", "BTOXGRH"), "low": ("ATOXGRL", "BTOXGRL")}


@dataclass(frozen=True, kw_only=True)
class GradedRecords:
    """The grades of one parameter's records in one direction; NaN where a record is not of it or cannot be graded."""

    parameter: str
    criterion: ToxicityCriterion
    grades: Floats
    baseline: Floats
    reason: str


def grade_records(request: Request, options: ToxicityOptions) -> Iterator[GradedRecords]:
    """The grades of every parameter that the criteria know, in each direction that they grade."""
    parameters = request.texts(options.parameter)
    units = [_unit(text) for text in request.texts(options.unit)]
    values = request.numbers(request.analysis.variables[0])
    lower, upper, baseline = (request.numbers(name) for name in (options.lower, options.upper, options.baseline))
    for parameter in sorted({name for name in parameters if name is not None}):
        here = np.array([name == parameter for name in parameters], dtype=bool)
        test = options.tests.get(parameter, parameter)
        for criterion in toxicity_criteria():
            if test not in criterion.tests:
                continue
            grades, baseline_grades = (np.full(len(values), np.nan) for _ in range(2))
            for unit in sorted({units[row] for row in np.flatnonzero(here).tolist()}):
                rows = here & np.array([one == unit for one in units], dtype=bool)
                ranges = {"lower": lower[rows], "upper": upper[rows], "unit": unit}
                grades[rows] = grade_toxicity(
                    values[rows], criterion, baseline=baseline[rows], has_symptoms=options.has_symptoms, **ranges
                )
                # At baseline itself nothing is known of an earlier one.
                none = np.full(int(rows.sum()), np.nan)
                baseline_grades[rows] = grade_toxicity(
                    baseline[rows], criterion, baseline=none, has_symptoms=options.has_symptoms, **ranges
                )
            known = bool((~np.isnan(grades)).any())
            reason = "" if known else f"no {parameter} can be graded: its limits or unit are not those of the criteria"
            yield GradedRecords(
                parameter=parameter, criterion=criterion, grades=grades, baseline=baseline_grades, reason=reason
            )


def _unit(text: str | None) -> str:
    """The unit in `text`: what stands in its last parentheses, else all of it."""
    if text is None:
        return ""
    _, opened, inside = text.rpartition("(")
    return inside.rstrip(" )") if opened and inside.rstrip().endswith(")") else text


def analyze_toxicity(request: Request, options: ToxicityOptions) -> Iterator[Result]:
    """Subjects by worst grade (0 to 4), those of grade 3 or 4 and above 0, and by the grade at baseline.

    `N` is the number of subjects with a value that can be graded (of a shift: with that grade at baseline, too). Which
    records count, such as those after baseline, is for `where` to say.
    """
    for graded in grade_records(request, options):
        at_visit, at_baseline = _NAMES[graded.criterion.direction]
        for cell in request.cells(totals=True):
            worst, first = _by_subject(request, cell, graded)
            groups = (*cell.groups, (options.parameter, graded.parameter))
            warning = "\n".join(text for text in (empty_group(cell), graded.reason) if text)
            counted = {str(grade): [grade] for grade in _GRADES} | {"1-4": [1, 2, 3, 4], "3-4": [3, 4]}
            for name, grades in counted.items():
                n = int(np.isin(worst, grades).sum())
                yield from request.results(
                    {"n": n, "N": len(worst), "p": proportion(n, len(worst))},
                    groups=groups,
                    variable=at_visit,
                    level=name,
                    warnings=warning,
                )
            for start in _GRADES:
                shifted = worst[first == start]
                for grade in _GRADES:
                    n = int((shifted == grade).sum())
                    yield from request.results(
                        {"n": n, "N": len(shifted), "p": proportion(n, len(shifted))},
                        groups=(*groups, (at_baseline, str(start))),
                        variable=at_visit,
                        level=str(grade),
                        warnings=warning,
                    )


def _by_subject(request: Request, cell: Cell, graded: GradedRecords) -> tuple[Floats, Floats]:
    """The worst grade of each subject with one, and its grade at baseline (NaN if there is none)."""
    used = cell.records & ~np.isnan(graded.grades)
    owners, where = np.unique(request.subject_index[used], return_inverse=True)
    worst, first = np.zeros(len(owners)), np.full(len(owners), np.nan)
    np.maximum.at(worst, where, graded.grades[used])
    np.fmax.at(first, where, graded.baseline[used])
    return worst, first


def graded_records(request: Request, options: ToxicityOptions) -> Booleans:
    """The records that have a grade."""
    used = np.zeros(request.frame.height, dtype=bool)
    for graded in grade_records(request, options):
        used = used | ~np.isnan(graded.grades)
    return used
