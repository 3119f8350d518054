"""Small sites are pooled by the rule that the analysis plan states."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from trialwright.derivation.functions.pooled_sites import derive_pooled_sites


def subjects(*sites: tuple[str | None, str, int]) -> pl.DataFrame:
    """So many subjects of each site and arm."""
    rows = [(site, arm) for site, arm, number in sites for _ in range(number)]
    return pl.DataFrame(
        {"SITEID": [site for site, _ in rows], "TRT01P": [arm for _, arm in rows]},
        schema={"SITEID": pl.String, "TRT01P": pl.String},
    )


def groups(records: pl.DataFrame) -> dict[str | None, str | None]:
    return dict(records.select("SITEID", "SITEGR1").unique().iter_rows())


def test_a_site_is_pooled_if_one_of_its_arms_is_small() -> None:
    records = subjects(("701", "A", 3), ("701", "B", 4), ("702", "A", 9), ("702", "B", 2))
    assert groups(derive_pooled_sites(records)) == {"701": "701", "702": "900"}


def test_an_arm_without_a_subject_at_the_site_has_none_there() -> None:
    records = subjects(("701", "A", 3), ("701", "B", 3), ("702", "A", 9))
    assert groups(derive_pooled_sites(records)) == {"701": "701", "702": "900"}


def test_an_arm_that_nobody_has_can_be_named() -> None:
    records = subjects(("701", "A", 3), ("701", "B", 3))
    assert groups(derive_pooled_sites(records, arms=["A", "B", "C"])) == {"701": "900"}


def test_rows_keep_their_order_and_a_missing_site_stays_missing() -> None:
    records = subjects(("702", "A", 1), (None, "A", 1), ("701", "A", 2))
    derived = derive_pooled_sites(records, minimum=2, pooled="X")
    assert derived["SITEGR1"].to_list() == ["X", None, "701", "701"]
    assert derived.columns == ["SITEID", "TRT01P", "SITEGR1"]


def test_nobody_has_an_arm() -> None:
    records = pl.DataFrame({"SITEID": ["701"], "TRT01P": pl.Series([None], dtype=pl.String)})
    assert groups(derive_pooled_sites(records)) == {"701": "900"}


def test_the_pilot_pools_the_sites_that_its_adsl_has_pooled(shared: Path) -> None:
    """SITEGR1 of the original ADSL of the CDISC pilot, from SITEID and TRT01P."""
    adsl = pl.read_parquet(shared / "data" / "cdiscpilot01" / "adam" / "adsl.parquet")
    derived = derive_pooled_sites(adsl.select("SITEID", "TRT01P"))
    assert derived["SITEGR1"].to_list() == adsl["SITEGR1"].to_list()
