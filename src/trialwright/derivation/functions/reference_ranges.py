"""Values against their reference range: indicator, ratios to the limits, distance from a threshold.

A limit is compared within a relative difference of 1e-9: a product such as 3 x 0.1 is not the 0.3 that was measured.
"""

from __future__ import annotations

import polars as pl

_EQUAL = 1e-9


def derive_anrind(
    records: pl.DataFrame,
    *,
    collected: str = "",
    value: str = "AVAL",
    low: str | float = "ANRLO",
    high: str | float = "ANRHI",
    name: str = "ANRIND",
    low_factor: float = 1.0,
    high_factor: float = 1.0,
    texts: tuple[str, str, str] = ("LOW", "NORMAL", "HIGH"),
    of_missing_value: str | None = None,
    of_missing_range: str | None = None,
) -> pl.DataFrame:
    """`records` with the reference range indicator: where `value` lies.

    collected    the variable with the collected indicator, which holds for records without value or without any limit
    low, high    the limits of the range: variables, or the same number for all records
    low_factor, high_factor  the value is low below `low_factor` times the lower limit, high above `high_factor` times
                 the upper limit; at the limit itself it is within
    texts        low, within, high
    of_missing_value, of_missing_range  of records without value, and of those with a value but without any limit, that
                 have no collected indicator

    With one limit missing, the value is judged by the other one. With `value="BASE", name="BNRIND"` it is the
    baseline's indicator by the limits of the record.

    Source: ADaMIG 1.3, section 3.3.6 (ANRIND, where AVAL falls with respect to ANRLO and ANRHI).
    """
    lower, upper = _limit(low) * low_factor, _limit(high) * high_factor
    below, within, above = texts
    measured = pl.col(value)
    known = pl.col(collected) if collected else pl.lit(None, dtype=pl.String)
    indicator = (
        pl.when(measured.is_null())
        .then(pl.coalesce(known, pl.lit(of_missing_value, dtype=pl.String)))
        .when(lower.is_null() & upper.is_null())
        .then(pl.coalesce(known, pl.lit(of_missing_range, dtype=pl.String)))
        .when(measured < lower - _EQUAL * lower.abs())
        .then(pl.lit(below))
        .when(measured > upper + _EQUAL * upper.abs())
        .then(pl.lit(above))
        .otherwise(pl.lit(within))
    )
    return records.with_columns(indicator.alias(name))


def derive_range_ratios(
    records: pl.DataFrame,
    *,
    value: str = "AVAL",
    low: str = "A1LO",
    high: str = "A1HI",
    to_low: str = "R2A1LO",
    to_high: str = "R2A1HI",
) -> pl.DataFrame:
    """`records` with R2A1LO = AVAL / A1LO and R2A1HI = AVAL / A1HI; missing where the limit is 0 or missing.

    Source: ADaMIG 1.3, section 3.3.6 (R2AyLO, R2AyHI).
    """
    return records.with_columns(
        pl.when(pl.col(limit) != 0).then(pl.col(value).cast(pl.Float64) / pl.col(limit)).alias(name)
        for limit, name in ((low, to_low), (high, to_high))
    )


def derive_threshold_amount(
    records: pl.DataFrame,
    *,
    name: str,
    value: str = "AVAL",
    low: str = "A1LO",
    high: str = "A1HI",
    low_factor: float = 0.5,
    high_factor: float = 1.5,
) -> pl.DataFrame:
    """`records` with the larger of `high_factor` x upper limit - value and value - `low_factor` x lower limit.

    The distance to the farther of two thresholds, in the unit of the value. With one limit missing it is the distance
    to the threshold of the other; it is missing without value or without any limit.

    Source: the CDISC SDTM/ADaM pilot (2012), ADLBC and ADLBH, ALBTRVAL. Its define.xml writes the differences with the
    opposite signs; the data have them as here.
    """
    return records.with_columns(
        pl.max_horizontal(pl.col(high) * high_factor - pl.col(value), pl.col(value) - pl.col(low) * low_factor).alias(
            name
        )
    )


def _limit(limit: str | float) -> pl.Expr:
    return pl.col(limit) if isinstance(limit, str) else pl.lit(float(limit))
