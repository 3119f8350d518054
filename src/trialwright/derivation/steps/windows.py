"""Steps for analysis windows: the visit that a day belongs to, and the record that is analyzed."""

from __future__ import annotations

from typing import Annotated, Self

import polars as pl
from pydantic import Field, model_validator

from trialwright.derivation.engine.context import Context
from trialwright.derivation.engine.definitions import Step
from trialwright.derivation.functions.windows import (
    Choice,
    Tie,
    Window,
    check_windows,
    derive_analyzed,
    derive_windows,
)
from trialwright.derivation.steps.options import ConditionText, Names
from trialwright.derivation.steps.records import matching, need
from trialwright.errors import PlanError
from trialwright.marked_yaml import Border, Text


class WindowOption(Border):
    """An analysis visit and its days; see `Window`. `range` is AWRANGE where it is not to be made of the days."""

    avisit: Text
    avisitn: int | float
    target: int | None = None
    first: int | None = None
    last: int | None = None
    range: Text = ""

    def as_window(self) -> Window:
        """The window; raises `PlanError` if it ends before it begins."""
        return Window(
            avisit=self.avisit,
            avisitn=float(self.avisitn),
            target=self.target,
            first=self.first,
            last=self.last,
            range=self.range,
        )


class WindowsOptions(Border):
    """Options of `windows`: AVISIT, AVISITN and AWRANGE to AWU by the study day; see `derive_windows`.

    windows  which may not overlap
    day      the study day
    unit     AWU
    """

    windows: Annotated[list[WindowOption], Field(min_length=1)]
    day: str = "ADY"
    unit: Text = "DAYS"

    @model_validator(mode="after")
    def _no_day_is_in_two(self) -> Self:
        try:
            check_windows([window.as_window() for window in self.windows])
        except PlanError as error:
            raise ValueError(str(error)) from None
        return self


class AnalyzedOptions(Border):
    """Options of `analyzed`: `Y` on the one record of a window that is analyzed; see `derive_analyzed`.

    order   time, and what breaks its ties
    choice  closest to the target day, first or last
    tie     of records equally close the earlier or the later
    where   the records that can be analyzed
    value   a record without it cannot; "" if it can
    """

    order: Names
    by: Names = Field(default_factory=lambda: ["USUBJID", "PARAMCD", "AVISITN"])
    choice: Choice = "closest"
    tie: Tie = "earlier"
    where: ConditionText = ""
    flag: str = "ANL01FL"
    value: str = "AVAL"
    distance: str = "AWTDIFF"


def run_windows(records: pl.DataFrame, options: WindowsOptions, context: Context) -> pl.DataFrame:
    """`records` with their windows."""
    need(records, [options.day], context)
    return derive_windows(
        records, [window.as_window() for window in options.windows], day=options.day, unit=options.unit
    )


def run_analyzed(records: pl.DataFrame, options: AnalyzedOptions, context: Context) -> pl.DataFrame:
    """`records` with the flag."""
    distance = [options.distance] if options.choice == "closest" else []
    value = [options.value] if options.value else []
    need(records, [*options.by, *options.order, *value, *distance], context)
    return derive_analyzed(
        records,
        order=options.order,
        by=options.by,
        choice=options.choice,
        tie=options.tie,
        among=matching(records, options.where, context) if options.where else None,
        flag=options.flag,
        value=options.value or None,
        distance=options.distance,
    )


STEPS: dict[str, Step] = {
    "windows": Step(WindowsOptions, run_windows, whole="windows"),
    "analyzed": Step(AnalyzedOptions, run_analyzed, whole="order"),
}
