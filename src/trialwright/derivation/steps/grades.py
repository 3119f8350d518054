"""Steps for grades of toxicity."""

from __future__ import annotations

import polars as pl

from trialwright.derivation.engine.context import Context
from trialwright.derivation.engine.definitions import Step
from trialwright.derivation.functions.graded_records import derive_toxicity_grades
from trialwright.derivation.steps.records import need
from trialwright.marked_yaml import Border


class ToxicityGradesOptions(Border):
    """Options of `toxicity_grades`: ATOXGRL, ATOXGRH and their terms by CTCAE 5.0; see `derive_toxicity_grades`.

    test          variable with the code of the test (LBTESTCD)
    has_symptoms  whether symptoms are assumed where the criteria ask for them
    """

    test: str = "PARAMCD"
    value: str = "AVAL"
    unit: str = "LBSTRESU"
    lower: str = "ANRLO"
    upper: str = "ANRHI"
    base: str = "BASE"
    has_symptoms: bool = False


def run_toxicity_grades(records: pl.DataFrame, options: ToxicityGradesOptions, context: Context) -> pl.DataFrame:
    """`records` with the grades."""
    need(records, [options.test, options.value, options.unit, options.lower, options.upper, options.base], context)
    return derive_toxicity_grades(
        records,
        test=options.test,
        value=options.value,
        unit=options.unit,
        lower=options.lower,
        upper=options.upper,
        base=options.base,
        has_symptoms=options.has_symptoms,
    )


STEPS: dict[str, Step] = {"toxicity_grades": Step(ToxicityGradesOptions, run_toxicity_grades)}
