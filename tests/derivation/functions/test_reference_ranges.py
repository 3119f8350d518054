"""Reference ranges: indicator, ratios, distance from thresholds; expected values worked out by hand."""

from __future__ import annotations

import polars as pl
import pytest

from trialwright.derivation.functions.reference_ranges import (
    derive_anrind,
    derive_range_ratios,
    derive_threshold_amount,
)


def values(*rows: tuple[float | None, float | None, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {"AVAL": [row[0] for row in rows], "ANRLO": [row[1] for row in rows], "ANRHI": [row[2] for row in rows]},
        schema={"AVAL": pl.Float64, "ANRLO": pl.Float64, "ANRHI": pl.Float64},
    )


def test_a_value_at_a_limit_is_within_the_range() -> None:
    records = values((134.0, 135.0, 145.0), (135.0, 135.0, 145.0), (145.0, 135.0, 145.0), (145.1, 135.0, 145.0))
    assert derive_anrind(records)["ANRIND"].to_list() == ["LOW", "NORMAL", "NORMAL", "HIGH"]


def test_a_missing_limit_is_not_crossed() -> None:
    records = values((0.0, None, 0.57), (0.6, None, 0.57), (1.0, 2.0, None), (9.0, 2.0, None))
    assert derive_anrind(records)["ANRIND"].to_list() == ["NORMAL", "HIGH", "LOW", "NORMAL"]


def test_without_value_or_range_there_is_no_indicator_unless_one_was_collected() -> None:
    records = values((None, 1.0, 2.0), (1.0, None, None)).with_columns(LBNRIND=pl.lit("ABNORMAL"))
    assert derive_anrind(records)["ANRIND"].to_list() == [None, None]
    assert derive_anrind(records, of_missing_value="N", of_missing_range="?")["ANRIND"].to_list() == ["N", "?"]
    assert derive_anrind(records, collected="LBNRIND", of_missing_value="N")["ANRIND"].to_list() == ["ABNORMAL"] * 2


def test_limits_may_be_widened_and_the_product_is_compared_as_decimals() -> None:
    # 1.5 x 34 = 51 and 0.5 x 9 = 4.5; 3 x 0.1 is 0.30000000000000004 in binary arithmetic.
    records = values((51.0, 9.0, 34.0), (51.1, 9.0, 34.0), (4.4, 9.0, 34.0), (4.5, 9.0, 34.0))
    widened = derive_anrind(records, low_factor=0.5, high_factor=1.5, texts=("L", "N", "H"))
    assert widened["ANRIND"].to_list() == ["N", "H", "L", "N"]
    tenths = values((0.3, 0.1, 9.0))
    assert derive_anrind(tenths, low_factor=3.0)["ANRIND"].to_list() == ["NORMAL"]


def test_limits_may_be_numbers() -> None:
    records = pl.DataFrame({"AVAL": [-1.1, -1.0, 1.0, 1.1]})
    assert derive_anrind(records, low=-1, high=1)["ANRIND"].to_list() == ["LOW", "NORMAL", "NORMAL", "HIGH"]


def test_ratios_to_the_limits() -> None:
    records = values((27.0, 6.0, 34.0), (0.1, 0.0, 0.5), (1.0, None, None), (None, 1.0, 2.0))
    derived = derive_range_ratios(records, low="ANRLO", high="ANRHI")
    assert derived["R2A1LO"].to_list() == [4.5, None, None, None]
    assert derived["R2A1HI"].to_list() == [pytest.approx(27 / 34), 0.2, None, None]


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (140.0, 135.0, 145.0, 77.5),  # max(217.5 - 140, 140 - 67.5)
        (40.0, 9.0, 34.0, 35.5),  # max(51 - 40, 40 - 4.5)
        (0.44, None, 0.57, 0.415),  # 0.855 - 0.44
        (5.0, None, None, None),
        (None, 1.0, 2.0, None),
    ],
)
def test_the_distance_is_that_to_the_farther_threshold(
    value: float | None, low: float | None, high: float | None, expected: float | None
) -> None:
    derived = derive_threshold_amount(values((value, low, high)), name="ALBTRVAL", low="ANRLO", high="ANRHI")
    assert derived["ALBTRVAL"].to_list() == [expected if expected is None else pytest.approx(expected)]
