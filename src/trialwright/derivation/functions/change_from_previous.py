"""Change from the previous record of a parameter, in the unit of the value or of its reference range."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trialwright.derivation.engine.expression_functions import round_half_away
from trialwright.derivation.engine.lineage import LINEAGE, merged_lineage

_PARAMETER = ("USUBJID", "PARAMCD")
#: So many digits behind those wanted are noise of binary arithmetic.
_GUARD_DIGITS = 8


def derive_change_from_previous(
    records: pl.DataFrame,
    *,
    name: str,
    value: str = "AVAL",
    by: Sequence[str] = _PARAMETER,
    order: Sequence[str] = ("ADT",),
    among: pl.Expr | None = None,
    low: str | None = None,
    high: str | None = None,
    digits: int | None = None,
) -> pl.DataFrame:
    """`records`, in their order, with `name`: the value less that of the record before, of the same `by`.

    order      which record is the one before; records that tie in it go by their order
    among      the records that are compared with each other; the others get a missing change; default: all
    low, high  limits of the reference range: with them the change is divided by half the width of the record's range,
               so that 1 is a change by half a range; missing if the range has no width
    digits     round to so many digits after the point, halves away from zero

    The record before counts even if it has no value: the change is missing then. The sources of the record before are
    sources of the change.

    Source: the CDISC SDTM/ADaM pilot (2012), ADLBC and ADLBH, parameters "change from previous visit, relative to
    normal range".
    """
    numbered = records.drop(name, strict=False).with_row_index("_row")
    compared = numbered if among is None else numbered.filter(among)
    keys = list(by)
    compared = compared.sort(keys + list(order), nulls_last=False, maintain_order=True)
    is_first = pl.struct(keys).ne_missing(pl.struct(keys).shift(1)).fill_null(value=True)
    change = pl.col(value) - pl.col(value).shift(1)
    if low is not None and high is not None:
        half = 0.5 * (pl.col(high) - pl.col(low))
        change = pl.when(half != 0).then(change / half)
    if digits is not None:
        # The difference of two decimals misses a half by more than its own last bit: 0.57 - 0.55 is below 0.02.
        change = round_half_away(change.round(digits + _GUARD_DIGITS), digits)
        change = pl.when(change != 0).then(change).when(change == 0).then(0.0)  # no -0
    made = [pl.when(~is_first).then(change).alias(name)]
    is_traced = LINEAGE in records.columns
    if is_traced:
        made.append(pl.when(~is_first & pl.col(name).is_not_null()).then(pl.col(LINEAGE).shift(1)).alias("_before"))
    of_change = compared.with_columns(made[0]).with_columns(made[1:]).select("_row", name, *(["_before"][:is_traced]))
    joined = numbered.join(of_change, on="_row", how="left", maintain_order="left").drop("_row")
    if not is_traced:
        return joined
    return joined.with_columns(
        pl.when(pl.col("_before").is_null())
        .then(pl.col(LINEAGE))
        .otherwise(merged_lineage(LINEAGE, "_before"))
        .alias(LINEAGE)
    ).drop("_before")
