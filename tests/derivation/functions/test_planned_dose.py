"""Planned doses, computed by hand and those of the CDISC pilot."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from trialwright.derivation.functions.planned_dose import DoseInterval, derive_planned_dose

TITRATION = (DoseInterval(dose=54, until="V4"), DoseInterval(dose=81, until="V12"), DoseInterval(dose=54))


def one(start: date | None, end: date | None, visit4: date | None, visit12: date | None) -> pl.DataFrame:
    schema = dict.fromkeys(("TRTSDT", "TRTEDT", "V4", "V12"), pl.Date)
    return pl.DataFrame({"TRTSDT": [start], "TRTEDT": [end], "V4": [visit4], "V12": [visit12]}, schema=schema)


def day(number: int) -> date:
    return date(2024, 1, number)


@pytest.mark.parametrize(
    ("end", "visit4", "visit12", "expected"),
    [
        (day(5), day(10), day(20), 54 * 5),  # ends within the first interval
        (day(10), day(10), day(20), 54 * 10),  # on its last day
        (day(11), day(10), day(20), 54 * 10 + 81),
        (day(30), day(10), day(20), 54 * 10 + 81 * 10 + 54 * 10),
        (day(30), day(10), None, 54 * 10 + 81 * 20),  # the second interval was never completed
        (day(30), None, None, 54 * 30),
        (day(30), day(10), day(8), 54 * 10 + 54 * 20),  # an interval that ended before it began has no day
        (day(1), day(10), day(20), 54),
    ],
)
def test_the_dose_follows_the_schedule(end: date, visit4: date | None, visit12: date | None, expected: float) -> None:
    derived = derive_planned_dose(one(day(1), end, visit4, visit12), intervals=TITRATION)
    assert derived["CUMDOSE"].to_list() == [expected]


@pytest.mark.parametrize(("start", "end"), [(None, day(5)), (day(5), None), (day(6), day(5))])
def test_without_a_time_on_treatment_there_is_no_dose(start: date | None, end: date | None) -> None:
    derived = derive_planned_dose(one(start, end, None, None), intervals=TITRATION)
    assert derived["CUMDOSE"].to_list() == [None]


def test_records_that_are_not_concerned_keep_what_they_have() -> None:
    records = pl.concat([one(day(1), day(2), None, None)] * 2).with_columns(ARM=pl.Series(["A", "B"]))
    first = derive_planned_dose(records, intervals=[DoseInterval(dose=10)], where=pl.col("ARM") == "A")
    assert first["CUMDOSE"].to_list() == [20, None]
    second = derive_planned_dose(first, intervals=[DoseInterval(dose=1)], where=pl.col("ARM") == "B")
    assert second["CUMDOSE"].to_list() == [20, 2]


def test_the_titrated_dose_of_the_pilot(shared: Path) -> None:
    """CUMDOSE of the high-dose arm in the original ADSL, from the dates of visits 4 and 12."""
    folder = shared / "data" / "cdiscpilot01"
    visits = pl.read_parquet(folder / "sdtm" / "sv.parquet").with_columns(pl.col("SVSTDTC").str.to_date())
    adsl = pl.read_parquet(folder / "adam" / "adsl.parquet").filter(pl.col("TRT01PN") == 81)
    for number in (4, 12):
        dates = visits.filter(pl.col("VISITNUM") == number).select("USUBJID", pl.col("SVSTDTC").alias(f"V{number}"))
        adsl = adsl.join(dates, on="USUBJID", how="left", maintain_order="left")
    expected = adsl["CUMDOSE"].to_list()
    assert derive_planned_dose(adsl, intervals=TITRATION)["CUMDOSE"].to_list() == expected
