"""Criteria: whether a record fulfils what was specified beforehand, as flags."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def derive_criterion(
    records: pl.DataFrame,
    *,
    text: str,
    fulfilled: pl.Expr,
    evaluable: pl.Expr | None = None,
    among: pl.Expr | None = None,
    number: int = 1,
    keeps_no: bool = True,
    has_number: bool = False,
) -> pl.DataFrame:
    """`records` with CRITy (`text`), CRITyFL (Y, N) and, if `has_number`, CRITyFN (1, 0).

    fulfilled  whether the record fulfils the criterion; missing counts as no
    evaluable  whether that can be told: the flags are missing where it cannot; default: always
    among      the records that the criterion is for; the others have none of the variables, or keep those they have
    number     the y of the names
    keeps_no   whether N is written; without it, flags are Y or missing

    Source: ADaMIG 1.3, section 3.3.5 (CRITy, CRITyFL, CRITyFN; CRITy is the text of the criterion of the record's
    parameter, CRITyFL is Y or null, or Y, N and null).
    """
    names = (f"CRIT{number}", f"CRIT{number}FL", f"CRIT{number}FN")
    meant = pl.lit(value=True) if among is None else among.fill_null(value=False)
    known = pl.lit(value=True) if evaluable is None else evaluable.fill_null(value=False)
    yes = fulfilled.fill_null(value=False)
    no_text, no_number = ("N", 0.0) if keeps_no else (None, None)
    written = {
        names[0]: pl.lit(text),
        names[1]: pl.when(known).then(pl.when(yes).then(pl.lit("Y")).otherwise(pl.lit(no_text, dtype=pl.String))),
        names[2]: pl.when(known).then(pl.when(yes).then(1.0).otherwise(pl.lit(no_number, dtype=pl.Float64))),
    }
    if not has_number:
        del written[names[2]]
    return records.with_columns(
        pl.when(meant).then(value).otherwise(pl.col(name) if name in records.columns else pl.lit(None)).alias(name)
        for name, value in written.items()
    )


def derive_multiple_criterion(
    records: pl.DataFrame,
    *,
    text: str,
    levels: Sequence[tuple[str, pl.Expr]],
    among: pl.Expr | None = None,
    number: int = 1,
) -> pl.DataFrame:
    """`records` with MCRITy (`text`), MCRITyML (the first level that is fulfilled) and MCRITyMN (its position, from 1).

    A record that fulfils no level has MCRITy only; one that is not `among` has none of them.

    Source: ADaMIG 1.3, section 3.3.5 (MCRITy, MCRITyML, MCRITyMN: criteria with more than two responses).
    """
    meant = pl.lit(value=True) if among is None else among.fill_null(value=False)
    level: pl.Expr = pl.lit(None, dtype=pl.String)
    position: pl.Expr = pl.lit(None, dtype=pl.Float64)
    for rank, (name, fulfilled) in reversed(list(enumerate(levels, start=1))):
        holds = fulfilled.fill_null(value=False)
        level = pl.when(holds).then(pl.lit(name)).otherwise(level)
        position = pl.when(holds).then(pl.lit(float(rank))).otherwise(position)
    return records.with_columns(
        pl.when(meant).then(pl.lit(text)).alias(f"MCRIT{number}"),
        pl.when(meant).then(level).alias(f"MCRIT{number}ML"),
        pl.when(meant).then(position).alias(f"MCRIT{number}MN"),
    )
