"""Steps for measurements: reference ranges, shifts, criteria, extremes, changes between visits, Hy's law."""

from __future__ import annotations

from typing import Annotated, Literal

import polars as pl
from pydantic import Field, model_validator

from trialwright.derivation.engine.context import Context
from trialwright.derivation.engine.definitions import Step
from trialwright.derivation.functions.average_records import derive_average_records
from trialwright.derivation.functions.change_from_previous import derive_change_from_previous
from trialwright.derivation.functions.criteria import derive_criterion, derive_multiple_criterion
from trialwright.derivation.functions.end_of_treatment import derive_visit_copy
from trialwright.derivation.functions.hys_law import derive_hys_law
from trialwright.derivation.functions.reference_ranges import (
    derive_anrind,
    derive_range_ratios,
    derive_threshold_amount,
)
from trialwright.derivation.functions.shifts import derive_shift
from trialwright.derivation.functions.worst import derive_extreme_flag
from trialwright.derivation.steps.options import ConditionText, Keep, Names
from trialwright.derivation.steps.records import matching, need
from trialwright.marked_yaml import Border, Text

_PARAMETER = ["USUBJID", "PARAMCD"]
#: The y of the names CRITy and MCRITy.
Number = Annotated[int, Field(ge=1, le=99)]


class AnrindOptions(Border):
    """Options of `anrind`: the reference range indicator; see `derive_anrind`.

    collected  the variable that says it where there is no range
    low, high  variables with the limits, or the limits themselves
    texts      low, within, high
    """

    collected: str = ""
    name: str = "ANRIND"
    value: str = "AVAL"
    low: str | float = "ANRLO"
    high: str | float = "ANRHI"
    low_factor: Annotated[float, Field(gt=0)] = 1.0
    high_factor: Annotated[float, Field(gt=0)] = 1.0
    texts: Annotated[list[Text], Field(min_length=3, max_length=3)] = Field(
        default_factory=lambda: ["LOW", "NORMAL", "HIGH"]
    )
    of_missing_value: Text | None = None
    of_missing_range: Text | None = None


class RangeRatiosOptions(Border):
    """Options of `range_ratios`: AVAL / A1LO and AVAL / A1HI; see `derive_range_ratios`."""

    value: str = "AVAL"
    low: str = "A1LO"
    high: str = "A1HI"
    to_low: str = "R2A1LO"
    to_high: str = "R2A1HI"


class ThresholdAmountOptions(Border):
    """Options of `threshold_amount`: distance to the farther threshold; see `derive_threshold_amount`."""

    name: str
    value: str = "AVAL"
    low: str = "A1LO"
    high: str = "A1HI"
    low_factor: Annotated[float, Field(gt=0)] = 0.5
    high_factor: Annotated[float, Field(gt=0)] = 1.5


class ShiftOptions(Border):
    """Options of `shift`: from the category at baseline to the category now; see `derive_shift`."""

    name: str = "SHIFT1"
    base: str = "BNRIND"
    value: str = "ANRIND"
    between: Text = " to "
    words: dict[str, Text] | None = None
    number: str | None = None
    numbers: dict[str, float] = Field(default_factory=dict)
    only_numbered: bool = False


class CriterionOptions(Border):
    """Options of `criterion`: CRITy and its flags; see `derive_criterion`.

    fulfilled  the condition of the criterion
    evaluable  where it can be told whether it is fulfilled
    where      the records that have the criterion
    """

    text: Text
    fulfilled: ConditionText
    evaluable: ConditionText = ""
    where: ConditionText = ""
    number: Number = 1
    keeps_no: bool = True
    has_number: bool = False


class Level(Border):
    """A response of a criterion with several: its text, and where it is given."""

    text: Text
    when: ConditionText


class MultipleCriterionOptions(Border):
    """Options of `multiple_criterion`: MCRITy and its level; see `derive_multiple_criterion`."""

    text: Text
    levels: Annotated[list[Level], Field(min_length=1)]
    where: ConditionText = ""
    number: Number = 1


class ChangeFromPreviousOptions(Border):
    """Options of `change_from_previous`: the value less that of the record before; see `derive_change_from_previous`.

    where  the records that are compared
    """

    name: str
    value: str = "AVAL"
    by: Names = Field(default_factory=lambda: list(_PARAMETER))
    order: Names = Field(default_factory=lambda: ["ADT"])
    where: ConditionText = ""
    low: str | None = None
    high: str | None = None
    digits: Annotated[int, Field(ge=0, le=12)] | None = None

    @model_validator(mode="after")
    def _both_limits(self) -> ChangeFromPreviousOptions:
        if (self.low is None) != (self.high is None):
            raise ValueError("the range needs both limits: give 'low' and 'high', or neither.")
        return self


class VisitCopyOptions(Border):
    """Options of `visit_copy`: an analysis visit made of the last record of others; see `derive_visit_copy`.

    where  the records that can be copied
    """

    avisit: Text
    avisitn: float
    order: Names
    by: Names = Field(default_factory=lambda: list(_PARAMETER))
    where: ConditionText = ""
    keep: Keep = "last"
    dtype: Text | None = None
    flag: str | None = None


class ExtremeFlagOptions(Border):
    """Options of `extreme_flag`: `Y` on the most extreme record; see `derive_extreme_flag`.

    where  the records that can be it
    """

    name: str
    order: Names
    value: str = "AVAL"
    extreme: Literal["largest", "smallest", "farthest"] = "largest"
    by: Names = Field(default_factory=lambda: list(_PARAMETER))
    where: ConditionText = ""


class AverageRecordsOptions(Border):
    """Options of `average_records`: a record with the mean of several; see `derive_average_records`."""

    by: Names
    value: str = "AVAL"
    where: ConditionText = ""
    dtype: Text = "AVERAGE"
    least: Annotated[int, Field(ge=1)] = 1


class HysLawOptions(Border):
    """Options of `hys_law`: parameters that tell whether bilirubin and transaminases are high; see `derive_hys_law`."""

    transaminases: Names = Field(default_factory=lambda: ["ALT", "AST"])
    bilirubin: str = "BILI"
    transaminase_factor: Annotated[float, Field(gt=0)] = 3.0
    bilirubin_factor: Annotated[float, Field(gt=0)] = 2.0
    ratio: str = "R2A1HI"
    by: Names = Field(default_factory=lambda: ["USUBJID", "AVISITN"])
    keep: Names = Field(default_factory=list)


def run_anrind(records: pl.DataFrame, options: AnrindOptions, context: Context) -> pl.DataFrame:
    """`records` with the indicator."""
    named = (options.value, options.low, options.high, options.collected)
    need(records, [name for name in named if isinstance(name, str) and name], context)
    low, within, high = options.texts
    return derive_anrind(
        records,
        collected=options.collected,
        value=options.value,
        low=options.low,
        high=options.high,
        name=options.name,
        low_factor=options.low_factor,
        high_factor=options.high_factor,
        texts=(low, within, high),
        of_missing_value=options.of_missing_value,
        of_missing_range=options.of_missing_range,
    )


def run_range_ratios(records: pl.DataFrame, options: RangeRatiosOptions, context: Context) -> pl.DataFrame:
    """`records` with the ratios."""
    need(records, [options.value, options.low, options.high], context)
    return derive_range_ratios(
        records,
        value=options.value,
        low=options.low,
        high=options.high,
        to_low=options.to_low,
        to_high=options.to_high,
    )


def run_threshold_amount(records: pl.DataFrame, options: ThresholdAmountOptions, context: Context) -> pl.DataFrame:
    """`records` with the distance."""
    need(records, [options.value, options.low, options.high], context)
    return derive_threshold_amount(
        records,
        name=options.name,
        value=options.value,
        low=options.low,
        high=options.high,
        low_factor=options.low_factor,
        high_factor=options.high_factor,
    )


def run_shift(records: pl.DataFrame, options: ShiftOptions, context: Context) -> pl.DataFrame:
    """`records` with the shift."""
    need(records, [options.base, options.value], context)
    return derive_shift(
        records,
        base=options.base,
        value=options.value,
        name=options.name,
        between=options.between,
        words=options.words,
        number=options.number,
        numbers=options.numbers,
        only_numbered=options.only_numbered,
    )


def run_criterion(records: pl.DataFrame, options: CriterionOptions, context: Context) -> pl.DataFrame:
    """`records` with the criterion and its flags."""
    return derive_criterion(
        records,
        text=options.text,
        fulfilled=matching(records, options.fulfilled, context),
        evaluable=_among(records, options.evaluable, context),
        among=_among(records, options.where, context),
        number=options.number,
        keeps_no=options.keeps_no,
        has_number=options.has_number,
    )


def run_multiple_criterion(records: pl.DataFrame, options: MultipleCriterionOptions, context: Context) -> pl.DataFrame:
    """`records` with the criterion and its level."""
    return derive_multiple_criterion(
        records,
        text=options.text,
        levels=[(level.text, matching(records, level.when, context)) for level in options.levels],
        among=_among(records, options.where, context),
        number=options.number,
    )


def run_change_from_previous(
    records: pl.DataFrame, options: ChangeFromPreviousOptions, context: Context
) -> pl.DataFrame:
    """`records` with the change."""
    limits = [name for name in (options.low, options.high) if name is not None]
    need(records, [options.value, *options.by, *options.order, *limits], context)
    return derive_change_from_previous(
        records,
        name=options.name,
        value=options.value,
        by=options.by,
        order=options.order,
        among=_among(records, options.where, context),
        low=options.low,
        high=options.high,
        digits=options.digits,
    )


def run_visit_copy(records: pl.DataFrame, options: VisitCopyOptions, context: Context) -> pl.DataFrame:
    """`records` with the copies behind them."""
    need(records, ["AVISIT", "AVISITN", *options.by, *options.order], context)
    return derive_visit_copy(
        records,
        avisit=options.avisit,
        avisitn=options.avisitn,
        order=options.order,
        by=options.by,
        among=_among(records, options.where, context),
        keep=options.keep,
        dtype=options.dtype,
        flag=options.flag,
    )


def run_extreme_flag(records: pl.DataFrame, options: ExtremeFlagOptions, context: Context) -> pl.DataFrame:
    """`records` with the flag."""
    need(records, [options.value, *options.by, *options.order], context)
    return derive_extreme_flag(
        records,
        name=options.name,
        order=options.order,
        value=options.value,
        extreme=options.extreme,
        by=options.by,
        among=_among(records, options.where, context),
    )


def run_average_records(records: pl.DataFrame, options: AverageRecordsOptions, context: Context) -> pl.DataFrame:
    """`records` with the means behind them."""
    need(records, [options.value, *options.by], context)
    return derive_average_records(
        records,
        by=options.by,
        value=options.value,
        among=_among(records, options.where, context),
        dtype=options.dtype,
        least=options.least,
    )


def run_hys_law(records: pl.DataFrame, options: HysLawOptions, context: Context) -> pl.DataFrame:
    """`records` with the derived parameters behind them."""
    need(records, ["PARAMCD", "AVAL", options.ratio, *options.by, *options.keep], context)
    return derive_hys_law(
        records,
        transaminases=options.transaminases,
        bilirubin=options.bilirubin,
        transaminase_factor=options.transaminase_factor,
        bilirubin_factor=options.bilirubin_factor,
        ratio=options.ratio,
        by=options.by,
        keep=options.keep,
    )


def _among(records: pl.DataFrame, where: str, context: Context) -> pl.Expr | None:
    return matching(records, where, context) if where else None


STEPS: dict[str, Step] = {
    "anrind": Step(AnrindOptions, run_anrind, whole="collected"),
    "range_ratios": Step(RangeRatiosOptions, run_range_ratios),
    "threshold_amount": Step(ThresholdAmountOptions, run_threshold_amount),
    "shift": Step(ShiftOptions, run_shift),
    "criterion": Step(CriterionOptions, run_criterion),
    "multiple_criterion": Step(MultipleCriterionOptions, run_multiple_criterion),
    "change_from_previous": Step(ChangeFromPreviousOptions, run_change_from_previous),
    "visit_copy": Step(VisitCopyOptions, run_visit_copy),
    "extreme_flag": Step(ExtremeFlagOptions, run_extreme_flag),
    "average_records": Step(AverageRecordsOptions, run_average_records),
    "hys_law": Step(HysLawOptions, run_hys_law),
}
