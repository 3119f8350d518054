"""Analysis visits: which planned visit a record stands for, and which of several records is analyzed.

A record of a scheduled visit belongs to that visit. An unscheduled one belongs to the visit whose window holds its
study day; the windows after baseline meet halfway between the planned days, so that no value is lost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from trialwright.derivation.functions.windows import day_distance

if TYPE_CHECKING:
    from trialwright.study import Study

_DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisVisit:
    """A planned visit as analyses know it.

    visitnum    VISITNUM in SDTM: the position of the visit in the schedule, from 1
    avisitn     planned week, 0 at baseline, negative before
    target_day  planned study day (there is no day 0)
    first_day, last_day  the window for unscheduled records after baseline, both included; None for visits that have
                none because they precede treatment
    """

    visitnum: float
    avisit: str
    avisitn: int
    target_day: int
    first_day: int | None
    last_day: int | None


def plan_analysis_visits(planned: Sequence[tuple[float, str, int]]) -> tuple[AnalysisVisit, ...]:
    """The analysis visits of (VISITNUM, label, planned study day), with windows that meet halfway.

    The window of the first visit after baseline begins on day 2, that of the last one has no end (9999). A day that
    lies just between two visits belongs to the earlier one.
    """
    days = [day for _, _, day in planned]
    after = sorted(day for day in days if day > 1)
    first_day, last_day = {}, {}
    for position, day in enumerate(after):
        first_day[day] = 2 if position == 0 else (after[position - 1] + day) // 2 + 1
        last_day[day] = 9999 if position == len(after) - 1 else (day + after[position + 1]) // 2
    return tuple(
        AnalysisVisit(
            visitnum=visitnum,
            avisit=label,
            avisitn=_planned_week(day),
            target_day=day,
            first_day=first_day.get(day),
            last_day=last_day.get(day),
        )
        for visitnum, label, day in planned
    )


def _planned_week(day: int) -> int:
    """Weeks since baseline: day 1 is week 0, day 15 week 2, day -14 week -2; rounded away from baseline."""
    if day >= 1:
        return math.ceil((day - 1) / _DAYS_PER_WEEK)
    return math.floor(day / _DAYS_PER_WEEK)


def analysis_visits(study: Study) -> tuple[AnalysisVisit, ...]:
    """The analysis visits of the study's schedule; visits without a planned day are left out."""
    return plan_analysis_visits(
        [
            (float(number), visit.label, visit.day)
            for number, visit in enumerate(study.visits(), start=1)
            if visit.day is not None
        ]
    )


def derive_avisit(records: pl.DataFrame, visits: Sequence[AnalysisVisit]) -> pl.DataFrame:
    """`records` with AVISIT, AVISITN, AWTARGET, AWTDIFF, and `Y` in `_AFTER` (baseline) and `_PLANNED` (scheduled).

    Reads VISITNUM, ADY, ABLFL. The baseline record (ABLFL `Y`) belongs to the baseline visit, wherever it was taken.
    A record of a visit before treatment that was taken after the first dose counts as unscheduled; one of a visit after
    baseline that was taken before the first dose belongs to no analysis visit. A record without a date is trusted to be
    of the visit it names.
    """
    table = pl.DataFrame(
        {
            "VISITNUM": [visit.visitnum for visit in visits],
            "_avisit": [visit.avisit for visit in visits],
            "_avisitn": [visit.avisitn for visit in visits],
            "_target": [visit.target_day for visit in visits],
            "_first": [visit.first_day for visit in visits],
        },
        schema={
            "VISITNUM": pl.Float64,
            "_avisit": pl.String,
            "_avisitn": pl.Int64,
            "_target": pl.Int64,
            "_first": pl.Int64,
        },
    )
    baseline = table.filter(pl.col("_target") == 1)
    windows = (
        table.filter(pl.col("_first").is_not_null())
        .sort("_first")
        .select(
            pl.col("_first"),
            pl.col("_avisit").alias("_w_avisit"),
            pl.col("_avisitn").alias("_w_avisitn"),
            pl.col("_target").alias("_w_target"),
        )
    )
    scheduled = (
        records.with_row_index("_row")
        .join(table.drop("_first"), on="VISITNUM", how="left", maintain_order="left")
        .sort("ADY", nulls_last=False)
        .join_asof(windows, left_on="ADY", right_on="_first", strategy="backward")
        .sort("_row")
        .drop("_row", "_first")
    )
    is_baseline = pl.col("ABLFL").eq_missing(pl.lit("Y"))
    is_after = pl.coalesce(pl.col("ADY") > 1, pl.col("_target") > 1)
    agrees = pl.col("_target").is_not_null() & ((pl.col("_target") > 1) == pl.col("_is_after"))

    def chosen(name: str) -> pl.Expr:
        at_baseline = baseline[f"_{name}"].item() if baseline.height == 1 else None
        return (
            pl.when(is_baseline)
            .then(pl.lit(at_baseline))
            .when(agrees)
            .then(pl.col(f"_{name}"))
            .when(pl.col("_is_after"))
            .then(pl.col(f"_w_{name}"))
        )

    return (
        scheduled.with_columns(_is_after=is_after)
        .with_columns(_AFTER=pl.when("_is_after").then(pl.lit("Y")), _PLANNED=pl.when(agrees).then(pl.lit("Y")))
        .with_columns(AVISIT=chosen("avisit"), AVISITN=chosen("avisitn"), AWTARGET=chosen("target"))
        .with_columns(AWTDIFF=day_distance(pl.col("ADY"), pl.col("AWTARGET")))
        .drop("_is_after", "_avisit", "_avisitn", "_target", "_w_avisit", "_w_avisitn", "_w_target")
    )


def derive_anl01fl(
    records: pl.DataFrame,
    *,
    sequence: str,
    among: pl.Expr | None = None,
    by: Sequence[str] = ("USUBJID", "PARAMCD"),
) -> pl.DataFrame:
    """`records` with ANL01FL: `Y` on the one record that is analysed for each `by` and AVISITN.

    Of the records with a value at an analysis visit (only those that fulfil `among`): at baseline the one with ABLFL
    `Y`; elsewhere first one of the scheduled visit, then the closest to the planned day, then the earliest, then the
    lowest `sequence`.
    """
    ranked = records.with_row_index("_row")
    chosen = (
        ranked.filter(pl.col("AVAL").is_not_null(), pl.col("AVISITN").is_not_null())
        .filter(pl.lit(value=True) if among is None else among)
        .with_columns(_is_base=pl.col("ABLFL").eq_missing(pl.lit("Y")))
        .filter(pl.col("_is_base") | (pl.col("AVISITN") != 0))
        .sort(
            [pl.col("_is_base"), pl.col("_PLANNED") == "Y", pl.col("AWTDIFF"), pl.col("ADT"), pl.col(sequence)],
            descending=[True, True, False, False, False],
            nulls_last=True,
            maintain_order=True,
        )
        .group_by([*by, "AVISITN"], maintain_order=True)
        .agg(pl.col("_row").first())
        .select("_row", ANL01FL=pl.lit("Y"))
    )
    return ranked.join(chosen, on="_row", how="left", maintain_order="left").drop("_row")
