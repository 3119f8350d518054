"""Shifts: the category at baseline beside the category now."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl


def derive_shift(
    records: pl.DataFrame,
    *,
    base: str = "BNRIND",
    value: str = "ANRIND",
    name: str = "SHIFT1",
    between: str = " to ",
    words: Mapping[str, str] | None = None,
    number: str | None = None,
    numbers: Mapping[str, float] | None = None,
    only_numbered: bool = False,
) -> pl.DataFrame:
    """`records` with the shift from `base` to `value`: `NORMAL to HIGH`.

    words          what to write for a category; numbers are looked up without point (`0`, `1`); default: as it is
    number         the variable with the number of the shift, e.g. SHIFT1N; needs `numbers`
    numbers        the number of each shift
    only_numbered  leave out shifts that `numbers` does not have

    Missing where either category is missing, or is none of `words`.

    Source: ADaMIG 1.3, section 3.3.4 (SHIFTy, SHIFTyN: a shift in values, one-to-one with each other).
    """
    shift = pl.concat_str(_category(records, base, words), pl.lit(between), _category(records, value, words))
    codes = dict(numbers or {})
    if only_numbered:
        shift = pl.when(shift.is_in(list(codes))).then(shift)
    shifted = records.with_columns(shift.alias(name))
    if number is None:
        return shifted
    return shifted.with_columns(
        pl.col(name)
        .replace_strict(list(codes), [float(code) for code in codes.values()], default=None, return_dtype=pl.Float64)
        .alias(number)
    )


def _category(records: pl.DataFrame, variable: str, words: Mapping[str, str] | None) -> pl.Expr:
    category = pl.col(variable)
    if records.schema[variable].is_numeric():
        number = category.cast(pl.Float64)
        whole = pl.when(number == number.round()).then(number.cast(pl.Int64, strict=False).cast(pl.String))
        category = pl.coalesce(whole, number.cast(pl.String))
    else:
        category = category.cast(pl.String)
    if words is None:
        return category
    return category.replace_strict(list(words), list(words.values()), default=None, return_dtype=pl.String)
