"""Changes from the previous record, with values of the CDISC pilot and made by hand."""

from __future__ import annotations

import polars as pl

from trialwright.derivation.functions.change_from_previous import derive_change_from_previous


def of_one(visits: list[float], values: list[float | None], low: float = 33.0, high: float = 49.0) -> pl.DataFrame:
    count = len(visits)
    return pl.DataFrame(
        {"USUBJID": ["A"] * count, "PARAMCD": ["ALB"] * count, "VISITNUM": visits, "AVAL": values},
        schema_overrides={"AVAL": pl.Float64},
    ).with_columns(A1LO=pl.lit(low), A1HI=pl.lit(high))


def changes(records: pl.DataFrame, **options: object) -> list[float | None]:
    derived = derive_change_from_previous(records, name="C", order=["VISITNUM"], **options)  # type: ignore[arg-type]
    return list(derived["C"])


def test_a_change_counts_in_halves_of_the_range() -> None:
    # Subject 01-701-1015 of the pilot, albumin: half of 49 - 33 is 8; 1 / 8 = 0.125.
    records = of_one([1, 4, 5, 7], [38, 39, 38, 37])
    assert changes(records, low="A1LO", high="A1HI") == [None, 0.125, -0.125, -0.125]
    assert changes(records, low="A1LO", high="A1HI", digits=1) == [None, 0.1, -0.1, -0.1]
    assert changes(records) == [None, 1.0, -1.0, -1.0]


def test_the_order_is_that_of_the_visits_not_of_the_records() -> None:
    assert changes(of_one([5, 1, 4], [38, 30, 34])) == [4.0, None, 4.0]


def test_a_record_before_without_value_gives_no_change() -> None:
    assert changes(of_one([1, 2, 3, 4], [5, None, 7, 8])) == [None, None, None, 1.0]


def test_records_that_are_not_compared_neither_have_nor_give_a_change() -> None:
    records = of_one([1.0, 1.1, 4.0], [5, 50, 7])
    planned = pl.col("VISITNUM") == pl.col("VISITNUM").floor()
    assert changes(records, among=planned) == [None, None, 2.0]


def test_subjects_and_parameters_do_not_mix() -> None:
    two = pl.concat([of_one([1, 2], [1, 2]), of_one([1, 2], [10, 30]).with_columns(PARAMCD=pl.lit("ALP"))])
    assert changes(two) == [None, 1.0, None, 20.0]


def test_halves_are_rounded_away_from_zero_and_zero_has_no_sign() -> None:
    # 0.57 - 0.55 is 0.01999999999999991 in binary arithmetic, less than a half of 0.4, which is half the range.
    records = of_one([1, 2, 3, 4], [0.55, 0.57, 0.55, 0.54999], low=0.12, high=0.92)
    rounded = changes(records, low="A1LO", high="A1HI", digits=1)
    assert rounded == [None, 0.1, -0.1, 0.0]
    assert str(rounded[3]) == "0.0"


def test_a_range_without_width_gives_no_change() -> None:
    assert changes(of_one([1, 2], [1, 2], low=3.0, high=3.0), low="A1LO", high="A1HI") == [None, None]


def test_the_record_before_is_a_source_of_the_change() -> None:
    records = of_one([1, 2, 3], [1, None, 3]).with_columns(
        _LINEAGE=pl.Series([[10], [20], [30]], dtype=pl.List(pl.UInt32))
    )
    later = of_one([4], [4]).with_columns(_LINEAGE=pl.Series([[40]], dtype=pl.List(pl.UInt32)))
    derived = derive_change_from_previous(pl.concat([records, later]), name="C", order=["VISITNUM"])
    assert derived["C"].to_list() == [None, None, None, 1.0]
    assert derived["_LINEAGE"].to_list() == [[10], [20], [30], [40, 30]]
