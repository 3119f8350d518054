"""Corrected QT intervals, by hand."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from trialwright.derivation.functions.ecg import corrected_qt, derive_qtc

LABELS = {"QTCFAG": "QTcF", "QTCBAG": "QTcB"}


@pytest.mark.parametrize(
    ("qt", "rate", "fridericia", "bazett"),
    [
        # RR = 1 s: both are QT. RR = 0.512 s = 0.8^3 s: 320 / 0.8. RR = 0.64 s = 0.8^2 s: 320 / 0.8.
        (400.0, 60.0, 400.0, 400.0),
        (320.0, 60 / 0.512, 400.0, 320 / 0.512**0.5),
        (320.0, 60 / 0.64, 320 / 0.64 ** (1 / 3), 400.0),
    ],
)
def test_qt_is_divided_by_the_root_of_the_interval(qt: float, rate: float, fridericia: float, bazett: float) -> None:
    beats = pl.DataFrame({"QT": [qt], "RR": [60_000 / rate]})

    corrected = beats.select(
        F=corrected_qt(pl.col("QT"), pl.col("RR"), "fridericia"), B=corrected_qt(pl.col("QT"), pl.col("RR"), "bazett")
    )

    assert corrected.row(0) == pytest.approx((fridericia, bazett), rel=1e-12)


def test_without_an_interval_there_is_no_correction() -> None:
    beats = pl.DataFrame({"QT": [400.0, 400.0, None], "RR": [None, 0.0, 1000.0]})

    assert beats.select(corrected_qt(pl.col("QT"), pl.col("RR"), "bazett")).to_series().to_list() == [None] * 3


def _records(rows: list[tuple[int, str, float | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "USUBJID": ["A"] * len(rows),
            "VISITNUM": [float(row[0]) for row in rows],
            "ADT": [date(2024, 1, row[0]) for row in rows],
            "PARAMCD": [row[1] for row in rows],
            "PARAM": [row[1] for row in rows],
            "AVAL": [row[2] for row in rows],
            "EGSEQ": [float(number) for number in range(1, len(rows) + 1)],
        },
        schema_overrides={"AVAL": pl.Float64},
    )


def test_what_was_recorded_is_not_computed_again() -> None:
    records = _records(
        [
            (1, "QTAG", 320.0),
            (1, "EGHRMN", 60 / 0.64),
            (1, "QTCBAG", 399.0),
            (2, "QTAG", 400.0),
            (2, "RRAG", 1000.0),
            (2, "EGHRMN", 75.0),  # the interval was measured: the rate does not count
            (3, "QTAG", 400.0),  # neither rate nor interval
            (4, "QTAG", None),
            (4, "EGHRMN", 60.0),
        ]
    )

    made = derive_qtc(
        records, parameters={"QTCFAG": "fridericia", "QTCBAG": "bazett"}, labels=LABELS, source_variables=["EGSEQ"]
    )

    new = made.slice(records.height)
    assert made.head(records.height).equals(records)
    assert new.select("VISITNUM", "PARAMCD", "PARAM", "EGSEQ").rows() == [
        (1.0, "QTCFAG", "QTcF", None),
        (2.0, "QTCFAG", "QTcF", None),
        (2.0, "QTCBAG", "QTcB", None),
    ]
    assert new["AVAL"].to_list() == pytest.approx([320 / 0.64 ** (1 / 3), 400.0, 400.0], rel=1e-12)


def test_a_corrected_interval_is_traced_to_both_measurements() -> None:
    records = _records([(1, "QTAG", 400.0), (1, "EGHRMN", 60.0)]).with_columns(
        _LINEAGE=pl.Series([[7], [8]], dtype=pl.List(pl.UInt32))
    )

    made = derive_qtc(records, parameters={"QTCFAG": "fridericia"}, labels=LABELS)

    assert made["_LINEAGE"].to_list() == [[7], [8], [7, 8]]
