"""Pooled sites: small sites count as one in analyses that adjust for the site."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def derive_pooled_sites(
    subjects: pl.DataFrame,
    *,
    name: str = "SITEGR1",
    site: str = "SITEID",
    arm: str = "TRT01P",
    arms: Sequence[str] | None = None,
    minimum: int = 3,
    pooled: str = "900",
) -> pl.DataFrame:
    """`subjects` with `name`: the site, or `pooled` where some arm has fewer than `minimum` subjects at the site.

    subjects  one record per subject: the population in which subjects are counted
    arms      the arms that count; if None, those that occur. An arm without a subject at a site has 0 there

    A subject without an arm is not counted, but gets the group of its site; a missing site stays missing. The sites
    that are pooled make one group, however small it is: whether it is large enough is for the analysis to judge.

    Source: ICH E9, section 3.2 (centers with few subjects are combined by a rule stated in advance); ADaMIG 1.3,
    section 3.2 (SITEGRy).
    """
    counted = list(arms) if arms is not None else subjects[arm].drop_nulls().unique().to_list()
    smallest = subjects.group_by(site).agg(
        _smallest=pl.min_horizontal((pl.col(arm) == one).sum() for one in counted) if counted else pl.lit(0)
    )
    return (
        subjects.join(smallest, on=site, how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col(site).is_null())
            .then(None)
            .when(pl.col("_smallest") < minimum)
            .then(pl.lit(pooled))
            .otherwise(pl.col(site))
            .alias(name)
        )
        .drop("_smallest")
    )
