"""Hy's law: a transaminase and total bilirubin that are both elevated at one visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from trialwright.derivation.engine.lineage import LINEAGE, union_lineage

#: Names of the parameters that are made: bilirubin, transaminases, both.
PARAMETERS = ("BILIHY", "TRANSHY", "HYLAW")


def derive_hys_law(
    records: pl.DataFrame,
    *,
    transaminases: Sequence[str] = ("ALT", "AST"),
    bilirubin: str = "BILI",
    transaminase_factor: float = 3.0,
    bilirubin_factor: float = 2.0,
    ratio: str = "R2A1HI",
    by: Sequence[str] = ("USUBJID", "AVISITN"),
    keep: Sequence[str] = (),
    parameters: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """`records` followed by three for each `by` that has any of the tests: is bilirubin, a transaminase, are both high.

    ratio       value / upper limit of normal of the record
    transaminase_factor, bilirubin_factor  how many times the upper limit must be exceeded
    keep        variables that the new records take from the visit's first record (treatment, flags, AVISIT)
    parameters  PARAMCD of the new records by BILIHY, TRANSHY and HYLAW; default: these

    AVAL is 1 if the limit is exceeded, 0 if not. It is missing for bilirubin or transaminases if none of their ratios
    is known; one transaminase that is high, or the one that is known, is enough. HYLAW is 1 if both are 1, else 0: a
    visit without bilirubin is no case. PARAMTYP is DERIVED. All other variables are missing. The lineage of a record is
    that of the tests that it is made of.

    Source: FDA, Guidance for Industry, Drug-Induced Liver Injury: Premarketing Clinical Evaluation, July 2009 (3 x ULN
    of ALT or AST and 2 x ULN of total bilirubin); the CDISC SDTM/ADaM pilot (2012), ADLBHY, uses 1.5 for both.
    """
    names = {name: name for name in PARAMETERS} | dict(parameters or {})
    is_bilirubin = pl.col("PARAMCD") == bilirubin
    is_transaminase = pl.col("PARAMCD").is_in(list(transaminases))
    tests = records.filter(is_bilirubin | is_transaminase)
    keys = list(by)

    def exceeds(which: pl.Expr, factor: float) -> pl.Expr:
        known = pl.col(ratio).filter(which).drop_nulls()
        return pl.when(known.len() > 0).then((known > factor).any().cast(pl.Float64))

    is_traced = LINEAGE in records.columns
    sources = {"BILIHY": is_bilirubin, "TRANSHY": is_transaminase, "HYLAW": pl.lit(value=True)}
    visits = tests.group_by(keys, maintain_order=True).agg(
        *(pl.col(name).first() for name in keep),
        exceeds(is_bilirubin, bilirubin_factor).alias("BILIHY"),
        exceeds(is_transaminase, transaminase_factor).alias("TRANSHY"),
        *(
            pl.col(LINEAGE).filter(which).explode().drop_nulls().unique(maintain_order=True).alias(f"_of_{name}")
            for name, which in (sources.items() if is_traced else ())
            if name != "HYLAW"
        ),
        *([union_lineage().alias("_of_HYLAW")] if is_traced else []),
    )
    visits = visits.with_columns(
        HYLAW=((pl.col("BILIHY") == 1) & (pl.col("TRANSHY") == 1)).fill_null(value=False).cast(pl.Float64)
    )
    derived = [
        visits.select(
            *keys,
            *keep,
            pl.lit(names[name]).alias("PARAMCD"),
            pl.lit("DERIVED").alias("PARAMTYP"),
            pl.col(name).alias("AVAL"),
            *([pl.col(f"_of_{name}").alias(LINEAGE)] if is_traced else []),
        )
        for name in PARAMETERS
    ]
    if "PARAMTYP" not in records.columns:
        records = records.with_columns(PARAMTYP=pl.lit(None, dtype=pl.String))
    return pl.concat([records, *derived], how="diagonal_relaxed")
