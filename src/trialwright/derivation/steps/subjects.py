"""Steps for the dataset of subjects: pooled sites, planned doses, durations."""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import BeforeValidator, Field

from trialwright.derivation.engine.context import Context
from trialwright.derivation.engine.definitions import Step
from trialwright.derivation.functions.durations import Unit, derive_duration
from trialwright.derivation.functions.planned_dose import DoseInterval, derive_planned_dose
from trialwright.derivation.functions.pooled_sites import derive_pooled_sites
from trialwright.derivation.steps.options import ConditionText
from trialwright.derivation.steps.records import matching, need
from trialwright.marked_yaml import Border, Text


def _in_capitals(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class PooledSitesOptions(Border):
    """Options of `pooled_sites`: small sites become one group; see `derive_pooled_sites`."""

    name: str = "SITEGR1"
    site: str = "SITEID"
    arm: str = "TRT01P"
    arms: list[Text] | None = None
    minimum: Annotated[int, Field(ge=1)] = 3
    pooled: Text = "900"


class Interval(Border):
    """A daily dose, and the variable with its last day; without one to the end of treatment."""

    dose: int | float
    until: str | None = None


class PlannedDoseOptions(Border):
    """Options of `planned_dose`: the sum of a schedule of daily doses; see `derive_planned_dose`.

    where  the records concerned; others keep what they have
    """

    intervals: Annotated[list[Interval], Field(min_length=1)]
    name: str = "CUMDOSE"
    start: str = "TRTSDT"
    end: str = "TRTEDT"
    where: ConditionText = ""


class DurationOptions(Border):
    """Options of `duration`: how long it is from one date to another; see `derive_duration`."""

    name: str
    start: str
    end: str
    unit: Annotated[Unit, BeforeValidator(_in_capitals)] = "DAYS"
    counts_both_days: bool = True
    unless_imputed: bool = False


def run_pooled_sites(records: pl.DataFrame, options: PooledSitesOptions, context: Context) -> pl.DataFrame:
    """`records` with the groups of sites."""
    need(records, [options.site, options.arm], context)
    return derive_pooled_sites(
        records,
        name=options.name,
        site=options.site,
        arm=options.arm,
        arms=options.arms,
        minimum=options.minimum,
        pooled=options.pooled,
    )


def run_planned_dose(records: pl.DataFrame, options: PlannedDoseOptions, context: Context) -> pl.DataFrame:
    """`records` with the dose."""
    ends = [interval.until for interval in options.intervals if interval.until is not None]
    need(records, [options.start, options.end, *ends], context)
    return derive_planned_dose(
        records,
        name=options.name,
        start=options.start,
        end=options.end,
        intervals=[DoseInterval(dose=float(one.dose), until=one.until) for one in options.intervals],
        where=matching(records, options.where, context) if options.where else None,
    )


def run_duration(records: pl.DataFrame, options: DurationOptions, context: Context) -> pl.DataFrame:
    """`records` with the duration."""
    need(records, [options.start, options.end], context)
    return derive_duration(
        records,
        name=options.name,
        start=options.start,
        end=options.end,
        unit=options.unit,
        counts_both_days=options.counts_both_days,
        unless_imputed=options.unless_imputed,
    )


STEPS: dict[str, Step] = {
    "pooled_sites": Step(PooledSitesOptions, run_pooled_sites),
    "planned_dose": Step(PlannedDoseOptions, run_planned_dose),
    "duration": Step(DurationOptions, run_duration),
}
