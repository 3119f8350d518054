"""Toxicity grades on the records of laboratory values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from trialwright.derivation.functions.toxicity_grades import grade_toxicity
from trialwright.standards.toxicity_criteria import toxicity_criteria

#: ADaM's names of grade and term, by the direction of the criterion.
_NAMES = {"high": ("ATOXGRH", "ATOXDSCH"), "low": ("ATOXGRL", "ATOXDSCL")}


def derive_toxicity_grades(
    records: pl.DataFrame,
    *,
    test: str = "PARAMCD",
    value: str = "AVAL",
    unit: str = "LBSTRESU",
    lower: str = "ANRLO",
    upper: str = "ANRHI",
    base: str = "BASE",
    has_symptoms: bool = False,
) -> pl.DataFrame:
    """`records` with ATOXGRL and ATOXGRH, the grades of low and of high values, and ATOXDSCL and ATOXDSCH, their terms.

    test   variable with the code of the test as controlled terminology has it (LBTESTCD): the criteria are found by it
    value, lower, upper, base  the value, its reference range and its baseline, in `unit`

    Grades are the texts `0` (none) to `4`; missing where the criteria do not know the test or its unit, or the value
    cannot be graded. The term stands wherever the criteria know the test. See `grade_toxicity` for the rules.

    Source: CTCAE 5.0, 2017; ADaMIG 1.3, toxicity grade variables (ATOXGRy, ATOXDSCy).
    """
    rows: dict[tuple[str | None, str | None], list[int]] = {}
    for position, pair in enumerate(records.select(test, unit).iter_rows()):
        rows.setdefault(pair, []).append(position)
    values, low, high, baseline = (_floats(records[name]) for name in (value, lower, upper, base))
    made: dict[str, list[str | None]] = {name: [None] * records.height for pair in _NAMES.values() for name in pair}
    for criterion in toxicity_criteria():
        grade_name, term_name = _NAMES[criterion.direction]
        for (code, written), positions in rows.items():
            if code not in criterion.tests:
                continue
            grades = grade_toxicity(
                values[positions],
                criterion,
                lower=low[positions],
                upper=high[positions],
                baseline=baseline[positions],
                unit=written or "",
                has_symptoms=has_symptoms,
            )
            for position, grade in zip(positions, grades, strict=True):
                made[term_name][position] = criterion.term
                made[grade_name][position] = None if np.isnan(grade) else str(int(grade))
    return records.with_columns(pl.Series(name, texts, dtype=pl.String) for name, texts in made.items())


def _floats(column: pl.Series) -> npt.NDArray[np.float64]:
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
