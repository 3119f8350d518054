"""Durations, computed by hand and those of the CDISC pilot."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from trialwright.derivation.functions.durations import Unit, derive_duration


def events(*dates: tuple[date | None, date | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {"ASTDT": [start for start, _ in dates], "AENDT": [end for _, end in dates]},
        schema={"ASTDT": pl.Date, "AENDT": pl.Date},
    )


@pytest.mark.parametrize(
    ("unit", "both", "expected"),
    [("DAYS", True, 366), ("DAYS", False, 365), ("WEEKS", False, 365 / 7), ("YEARS", True, 366 / 365.25)],
)
def test_a_duration_has_the_unit_that_is_asked_for(unit: Unit, both: bool, expected: float) -> None:
    records = events((date(2023, 1, 1), date(2024, 1, 1)))
    derived = derive_duration(records, name="D", start="ASTDT", end="AENDT", unit=unit, counts_both_days=both)
    assert derived["D"].to_list() == [expected]


def test_missing_dates_and_ends_before_the_start() -> None:
    records = events((None, date(2024, 1, 1)), (date(2024, 1, 1), None), (date(2024, 1, 5), date(2024, 1, 2)))
    derived = derive_duration(records, name="ADURN", start="ASTDT", end="AENDT", counts_both_days=False)
    assert derived["ADURN"].to_list() == [None, None, -3]


def test_imputed_dates_can_leave_the_duration_open() -> None:
    records = events((date(2024, 1, 1), date(2024, 1, 2)), (date(2024, 1, 1), date(2024, 1, 2))).with_columns(
        ASTDTF=pl.Series([None, "D"], dtype=pl.String)
    )
    kept = derive_duration(records, name="ADURN", start="ASTDT", end="AENDT")
    assert kept["ADURN"].to_list() == [2, 2]
    left_open = derive_duration(records, name="ADURN", start="ASTDT", end="AENDT", unless_imputed=True)
    assert left_open["ADURN"].to_list() == [2, None]


def test_the_durations_of_the_pilot(shared: Path) -> None:
    """ADURN of the original ADAE, DURDIS (months, one decimal) of the original ADSL."""
    folder = shared / "data" / "cdiscpilot01" / "adam"
    adae = pl.read_parquet(folder / "adae.parquet").with_columns(pl.col("ASTDTF").replace("", None))
    derived = derive_duration(adae, name="OURS", start="ASTDT", end="AENDT", unless_imputed=True)
    assert derived["OURS"].to_list() == adae["ADURN"].to_list()
    adsl = pl.read_parquet(folder / "adsl.parquet")
    months = derive_duration(adsl, name="OURS", start="DISONSDT", end="VISIT1DT", unit="MONTHS")
    assert months.filter((pl.col("OURS") - pl.col("DURDIS")).abs() > 0.05 + 1e-9).is_empty()
