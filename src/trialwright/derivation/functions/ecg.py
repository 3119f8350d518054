"""Electrocardiograms: QT intervals corrected for the heart rate.

Sources: Fridericia LS. Acta Med Scand 1920;53:469-486 (cube root). Bazett HC. Heart 1920;7:353-370 (square root). ICH
E14 (2005), sections 3.1 and 3.2.2: both corrections are of interest; QTc above 450, 480 and 500 ms, and increases of
more than 30 and 60 ms, are shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import polars as pl

from trialwright.derivation.engine.lineage import LINEAGE, merged_lineage

Correction: TypeAlias = Literal["fridericia", "bazett"]

_EXPONENTS: Mapping[Correction, float] = {"fridericia": 1 / 3, "bazett": 1 / 2}
_MS_PER_MINUTE = 60_000
_MS_PER_SECOND = 1_000


def corrected_qt(qt: pl.Expr, rr: pl.Expr, correction: Correction) -> pl.Expr:
    """QTc in ms of `qt` and the interval `rr` between beats, both in ms: QT / RR^(1/3) or QT / RR^(1/2), RR in s.

    Missing where either is, or where RR is not above 0.
    """
    seconds = rr / _MS_PER_SECOND
    return pl.when(seconds > 0).then(qt / seconds ** _EXPONENTS[correction])


def derive_qtc(
    records: pl.DataFrame,
    *,
    parameters: Mapping[str, Correction],
    labels: Mapping[str, str],
    by: Sequence[str] = ("USUBJID", "VISITNUM", "ADT"),
    qt: str = "QTAG",
    rr: str = "RRAG",
    heart_rate: str = "EGHRMN",
    source_variables: Sequence[str] = (),
) -> pl.DataFrame:
    """`records` followed by those of corrected QT intervals, at each time at which QT was measured and they were not.

    parameters  PARAMCD of what is made and its correction
    labels      PARAM of each
    by          what tells one electrocardiogram from another
    qt, rr, heart_rate  PARAMCD of the interval (ms), of the interval between beats (ms) and of the rate (beats/min);
                RR counts where both are there, else it is 60,000 / rate
    source_variables  that name the record of QT (its sequence number): missing in what is made of several records

    Reads PARAMCD and AVAL. A new record is a copy of the record of QT with PARAMCD, PARAM and AVAL; without a rate
    there is none. If a value is measured twice at one time, the first record counts.
    """
    keys = list(by)

    def values(code: str, name: str) -> pl.DataFrame:
        chosen = records.filter(pl.col("PARAMCD") == code, pl.col("AVAL").is_not_null())
        sources = [pl.col(LINEAGE).alias(f"_of{name}")] if LINEAGE in records.columns else []
        return chosen.unique(keys, keep="first", maintain_order=True).select(
            *keys, pl.col("AVAL").alias(name), *sources
        )

    measured = (
        records.filter(pl.col("PARAMCD") == qt, pl.col("AVAL").is_not_null())
        .unique(keys, keep="first", maintain_order=True)
        .join(values(rr, "_rr"), on=keys, how="left", nulls_equal=True, maintain_order="left")
        .join(values(heart_rate, "_rate"), on=keys, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(_interval=pl.coalesce("_rr", pl.when(pl.col("_rate") > 0).then(_MS_PER_MINUTE / pl.col("_rate"))))
    )
    if LINEAGE in records.columns:
        other = pl.when(pl.col("_rr").is_not_null()).then("_of_rr").otherwise("_of_rate")
        measured = measured.with_columns(_other=other).with_columns(merged_lineage(LINEAGE, "_other").alias(LINEAGE))
    made = []
    for code, correction in parameters.items():
        there = records.filter(pl.col("PARAMCD") == code, pl.col("AVAL").is_not_null())
        made.append(
            measured.join(there, on=keys, how="anti", nulls_equal=True, maintain_order="left")
            .with_columns(
                PARAMCD=pl.lit(code),
                PARAM=pl.lit(labels[code]),
                AVAL=corrected_qt(pl.col("AVAL"), pl.col("_interval"), correction),
                **{name: pl.lit(None, dtype=records.schema[name]) for name in source_variables},
            )
            .filter(pl.col("AVAL").is_not_null())
            .select(pl.col(name).cast(dtype) for name, dtype in records.schema.items())
        )
    return pl.concat([records, *made])
