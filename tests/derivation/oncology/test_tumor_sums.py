"""Sums of target lesions and times to progression: RECIST 1.1's rules on courses worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from trialwright.derivation.functions.oncology import (
    EMA_RULES,
    derive_target_response,
    derive_time_to_progression,
    derive_tumor_sums,
)

START = date(2024, 1, 15)


def _lesions(rows: Sequence[tuple[str, int, int, float | None, str | None]]) -> pl.DataFrame:
    """Of one subject: lesion, visit, day from the start, diameter, whether it is a node."""
    return pl.DataFrame(
        {
            "USUBJID": ["A"] * len(rows),
            "LESION": [row[0] for row in rows],
            "VISITNUM": [float(row[1]) for row in rows],
            "ADT": [START + timedelta(row[2]) for row in rows],
            "AVAL": [row[3] for row in rows],
            "NODEFL": [row[4] for row in rows],
            "_REFDT": START,
        },
        schema_overrides={"AVAL": pl.Float64, "NODEFL": pl.String},
    )


def test_the_sum_needs_all_lesions_of_baseline() -> None:
    sums = derive_tumor_sums(
        _lesions(
            [
                ("T1", 1, -14, 50.0, None),
                ("T2", 1, -12, 30.0, None),  # two days later, same assessment
                ("T1", 2, 56, 30.0, None),
                ("T2", 2, 56, None, None),  # not measured
                ("T1", 3, 112, 28.0, None),
                ("T2", 3, 113, 20.0, None),
                ("T3", 3, 113, 11.0, None),  # no lesion of baseline
            ]
        )
    )

    assert sums.select("VISITNUM", "ADT", "AVAL", "NLESION", "NEXPECT", "ABLFL", "CRFL").rows() == [
        (1.0, START - timedelta(12), 80.0, 2, 2, "Y", "N"),
        (2.0, START + timedelta(56), None, 1, 2, None, None),
        (3.0, START + timedelta(113), 48.0, 2, 2, None, "N"),
    ]


def test_normal_nodes_are_complete_response_though_their_sum_is_not_0() -> None:
    # RECIST 1.1, section 4.3.2: nodes below 10 mm are normal; the sum may then be above 0 in complete response.
    sums = derive_tumor_sums(
        _lesions(
            [
                ("T1", 1, -5, 20.0, None),
                ("N1", 1, -5, 18.0, "Y"),
                ("T1", 2, 56, 0.0, None),
                ("N1", 2, 56, 9.0, "Y"),
                ("T1", 3, 112, 0.0, None),
                ("N1", 3, 112, 10.0, "Y"),  # at 10 mm the node is no longer normal
            ]
        )
    )

    judged = derive_target_response(sums)

    assert judged.select("AVAL", "CRFL", "TRGRESP").rows() == [(38.0, "N", None), (9.0, "Y", "CR"), (10.0, "N", "PD")]


def test_progression_is_measured_from_the_nadir() -> None:
    # Baseline 80; 50 is -37.5%: PR; 48 is -40%: PR; 60 is 12 mm and 25% above the nadir of 48: PD, though -25% of 80.
    visits = [(1, -5, 50.0, 30.0), (2, 56, 30.0, 20.0), (3, 112, 28.0, 20.0), (4, 168, 40.0, 20.0)]
    lesions = [
        row
        for visit, day, first, second in visits
        for row in (("T1", visit, day, first, None), ("T2", visit, day, second, None))
    ]

    judged = derive_target_response(derive_tumor_sums(_lesions(lesions)))

    assert judged.select("AVAL", "PCHG", "NADIR", "CHGNAD", "PCHGNAD", "TRGRESP").rows() == [
        (80.0, None, None, None, None, None),
        (50.0, -37.5, 80.0, -30.0, -37.5, "PR"),
        (48.0, -40.0, 50.0, -2.0, -4.0, "PR"),
        (60.0, -25.0, 48.0, 12.0, 25.0, "PD"),
    ]


def test_without_a_measurement_before_treatment_there_is_no_sum() -> None:
    assert derive_tumor_sums(_lesions([("T1", 2, 56, 30.0, None)])).is_empty()


def test_a_sum_is_traced_to_its_lesions() -> None:
    lesions = _lesions([("T1", 1, -5, 20.0, None), ("T2", 1, -5, 18.0, None)]).with_columns(
        _LINEAGE=pl.Series([[3], [4]], dtype=pl.List(pl.UInt32))
    )

    assert derive_tumor_sums(lesions)["_LINEAGE"].to_list() == [[3, 4]]


def test_death_does_not_end_the_time_to_progression() -> None:
    responses = pl.DataFrame(
        {
            "USUBJID": ["A", "B", "B"],
            "ADT": [START + timedelta(56), START + timedelta(56), START + timedelta(112)],
            "AVALC": ["SD", "SD", "PD"],
        }
    )
    subjects = pl.DataFrame({"USUBJID": ["A", "B"], "STARTDT": START, "DTHDT": [START + timedelta(80), None]})

    times = derive_time_to_progression(responses, subjects, EMA_RULES)

    assert times.select("PARAMCD", "AVAL", "CNSR", "EVNTDESC").rows() == [
        ("TTP", 57.0, 1, "No progression"),
        ("TTP", 113.0, 0, "Documented progression"),
    ]
