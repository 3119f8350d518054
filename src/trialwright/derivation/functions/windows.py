"""Analysis windows: to which analysis visit a record belongs by its day, and which of several records is analyzed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

import polars as pl

from trialwright.errors import PlanError

#: Which of several records of a window is analyzed.
Choice: TypeAlias = Literal["closest", "first", "last"]

#: Which of two records that are equally close to the target is analyzed.
Tie: TypeAlias = Literal["earlier", "later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """An analysis visit, and the study days that belong to it.

    target      planned study day; None if the window has none
    first, last the days of the window, both included; None where it is open
    range       AWRANGE; made of the days if empty
    """

    avisit: str
    avisitn: float
    target: int | None = None
    first: int | None = None
    last: int | None = None
    range: str = ""

    def __post_init__(self) -> None:
        if self.first is not None and self.last is not None and self.first > self.last:
            raise PlanError(
                f"The window of {self.avisit!r} begins on day {self.first}, after its last day {self.last}. "
                "Exchange them."
            )

    @property
    def text(self) -> str:
        """`2-84`, `<=1`, `>140`; the range as it was given, if it was."""
        if self.range:
            return self.range
        if self.first is None:
            return "" if self.last is None else f"<={self.last}"
        return f">{_day_before(self.first)}" if self.last is None else f"{self.first}-{self.last}"


def check_windows(windows: Sequence[Window]) -> None:
    """Raise `PlanError` if two windows share a day."""
    ordered = sorted(windows, key=lambda window: (window.first is not None, window.first or 0))
    for earlier, later in pairwise(ordered):
        if earlier.last is None or later.first is None or earlier.last >= later.first:
            raise PlanError(
                f"The windows of {earlier.avisit!r} ({earlier.text}) and {later.avisit!r} ({later.text}) overlap, so a "
                "day would belong to two visits. Let each window end on the day before the next one begins."
            )


def derive_windows(
    records: pl.DataFrame, windows: Sequence[Window], *, day: str = "ADY", unit: str = "DAYS"
) -> pl.DataFrame:
    """`records` with the window that holds their day: AVISIT, AVISITN, AWRANGE, AWTARGET, AWTDIFF, AWLO, AWHI, AWU.

    day   study day; a record without one, or on a day outside all windows, has no analysis visit
    unit  AWU

    AWTDIFF is the number of days from the target, never negative; as there is no study day 0, day -1 is one day from
    day 1. The first day of the first window and the last of the last one are missing where these are open.
    Raises `PlanError` if windows overlap.

    Source: ADaMIG 1.3, section 3.3.3 (AVISIT, and AWRANGE to AWU, which describe the window of AVISIT).
    """
    check_windows(windows)
    inside = pl.lit(None, dtype=pl.UInt32)
    for position, window in enumerate(windows):
        mask = pl.col(day).is_not_null()
        if window.first is not None:
            mask = mask & (pl.col(day) >= window.first)
        if window.last is not None:
            mask = mask & (pl.col(day) <= window.last)
        inside = pl.when(mask).then(pl.lit(position, dtype=pl.UInt32)).otherwise(inside)
    table = window_table(windows, unit=unit).with_row_index("_window")
    made = [name for name in table.columns if name != "_window"]
    placed = (
        records.drop([*made, "AWTDIFF"], strict=False)
        .with_columns(inside.alias("_window"))
        .join(table, on="_window", how="left", maintain_order="left")
        .drop("_window")
    )
    return placed.with_columns(AWTDIFF=day_distance(pl.col(day), pl.col("AWTARGET")).cast(pl.Int64))


def window_table(windows: Sequence[Window], *, unit: str = "DAYS") -> pl.DataFrame:
    """The variables that a window gives its records, one row for each window."""
    schema = {
        "AVISIT": pl.String,
        "AVISITN": pl.Float64,
        "AWRANGE": pl.String,
        "AWTARGET": pl.Int64,
        "AWLO": pl.Int64,
        "AWHI": pl.Int64,
        "AWU": pl.String,
    }
    rows = [
        (one.avisit, float(one.avisitn), one.text or None, one.target, one.first, one.last, unit) for one in windows
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def day_distance(day: pl.Expr, target: pl.Expr) -> pl.Expr:
    """Days between two study days, none of which is 0; never negative."""

    def elapsed(of: pl.Expr) -> pl.Expr:
        return pl.when(of > 0).then(of - 1).otherwise(of)

    return (elapsed(day) - elapsed(target)).abs()


def derive_analyzed(
    records: pl.DataFrame,
    *,
    order: Sequence[str],
    by: Sequence[str] = ("USUBJID", "PARAMCD", "AVISITN"),
    choice: Choice = "closest",
    tie: Tie = "earlier",
    among: pl.Expr | None = None,
    flag: str = "ANL01FL",
    value: str | None = "AVAL",
    distance: str = "AWTDIFF",
) -> pl.DataFrame:
    """`records` with `flag`: `Y` on the one record of each `by` that is analyzed.

    order     time, and what breaks its ties: ADT, VISITNUM, sequence
    by        a record without a value in one of these is never analyzed
    choice    the record closest to the target day, the first or the last of the window
    tie       of records that are equally close the earlier or the later in `order`
    among     the records that can be analyzed; default: all
    value     a record without it is never analyzed; None: one may be

    A record without a distance comes behind those that have one.

    Source: ADaMIG 1.3, section 3.3.8 (ANLzzFL: which of several records of an analysis timepoint is analyzed).
    """
    candidates = records.with_row_index("_row").filter(
        pl.lit(value=True) if among is None else among,
        *(pl.col(name).is_not_null() for name in (*by, *([value] if value else []))),
    )
    from_end = choice == "last" or (choice == "closest" and tie == "later")
    ranked = candidates.sort(order, descending=from_end, nulls_last=True, maintain_order=True)
    if choice == "closest":
        ranked = ranked.sort(distance, nulls_last=True, maintain_order=True)
    chosen = ranked.unique(by, keep="first", maintain_order=True).select("_row", pl.lit("Y").alias(flag))
    return (
        records.drop(flag, strict=False)
        .with_row_index("_row")
        .join(chosen, on="_row", how="left", maintain_order="left")
        .drop("_row")
    )


def _day_before(day: int) -> int:
    """There is no day 0."""
    return -1 if day == 1 else day - 1
