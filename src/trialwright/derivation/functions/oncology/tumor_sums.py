"""Sums of the diameters of target lesions, from their measurements.

Source: RECIST 1.1 (Eisenhauer EA et al. Eur J Cancer 2009;45:228-247), sections 4.1 (sum of the longest diameters of
tumours and the short axes of nodes), 4.3.1 and 4.3.2 (nodes below 10 mm are normal).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trialwright.derivation.engine.lineage import LINEAGE, union_lineage

#: A lymph node with a short axis below this, in mm, is normal.
_NORMAL_NODE_MM = 10.0


def derive_tumor_sums(
    lesions: pl.DataFrame, *, reference: str = "_REFDT", assessment: Sequence[str] = ("USUBJID", "VISITNUM")
) -> pl.DataFrame:
    """One record per subject and assessment: ADT, AVAL (sum in mm), NLESION, NEXPECT, ABLFL and CRFL.

    lesions     one record per target lesion and assessment: USUBJID, `assessment`, ADT, LESION (its identifier), AVAL
                (diameter in mm, missing if not measured), NODEFL (`Y` for a lymph node), `reference` (a date)
    assessment  what tells one assessment from another

    The baseline is the last assessment on or before `reference`; NEXPECT is the number of lesions measured there. AVAL
    is missing if one of these was not measured (NLESION counts those that were). ADT is the last date of an
    assessment. CRFL is `Y` if all have disappeared (0 mm) and all nodes are below 10 mm, `N` if not, missing without
    AVAL. A lesion measured twice counts with the larger diameter. An assessment without any date is left out.
    """
    keys = list(assessment)
    first = {name: pl.col(name).first() for name in lesions.columns if name not in (*keys, "ADT", "AVAL", LINEAGE)}
    single = (
        lesions.filter(pl.col("LESION").is_not_null())
        .group_by([*keys, "LESION"], maintain_order=True)
        .agg(
            pl.col("ADT").max(),
            pl.col("AVAL").max(),
            *(value for name, value in first.items() if name != "LESION"),
            *([union_lineage()] if LINEAGE in lesions.columns else []),
        )
    )
    dated = single.with_columns(ADT=pl.col("ADT").max().over(keys)).filter(pl.col("ADT").is_not_null())
    before = dated.filter(pl.col("ADT") <= pl.col(reference), pl.col("AVAL").is_not_null())
    at_baseline = before.filter(pl.col("ADT") == pl.col("ADT").max().over("USUBJID"))
    expected = at_baseline.select("USUBJID", "LESION", _is_expected=pl.lit(value=True)).unique(maintain_order=True)
    numbers = expected.group_by("USUBJID", maintain_order=True).agg(NEXPECT=pl.len().cast(pl.Int64))
    baselines = at_baseline.select(*keys, ABLFL=pl.lit("Y")).unique(maintain_order=True)
    counted = dated.join(expected, on=["USUBJID", "LESION"], how="inner", maintain_order="left")
    measured = pl.col("AVAL").is_not_null()
    is_node = pl.col("NODEFL").eq_missing(pl.lit("Y"))
    is_gone = pl.when(is_node).then(pl.col("AVAL") < _NORMAL_NODE_MM).otherwise(pl.col("AVAL") == 0)
    return (
        counted.group_by(keys, maintain_order=True)
        .agg(
            pl.col("ADT").first(),
            _sum=pl.col("AVAL").sum(),
            NLESION=measured.sum().cast(pl.Int64),
            _is_gone=is_gone.fill_null(value=False).all(),
            **({LINEAGE: union_lineage()} if LINEAGE in counted.columns else {}),
        )
        .join(numbers, on="USUBJID", how="left", maintain_order="left")
        .join(baselines, on=keys, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(AVAL=pl.when(pl.col("NLESION") == pl.col("NEXPECT")).then("_sum"))
        .with_columns(
            CRFL=pl.when(pl.col("AVAL").is_not_null()).then(
                pl.when("_is_gone").then(pl.lit("Y")).otherwise(pl.lit("N"))
            )
        )
        .drop("_sum", "_is_gone")
    )
