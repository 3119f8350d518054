"""Hy's law: each combination of transaminases and bilirubin, by hand."""

from __future__ import annotations

import polars as pl
import pytest

from trialwright.derivation.functions.hys_law import derive_hys_law


def visit(alt: float | None, ast: float | None, bilirubin: float | None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "USUBJID": ["A"] * 3,
            "AVISITN": [2.0] * 3,
            "PARAMCD": ["ALT", "AST", "BILI"],
            "AVAL": [1.0] * 3,
            "R2A1HI": [alt, ast, bilirubin],
            "TRTP": ["Placebo"] * 3,
            "_LINEAGE": [[1], [2], [3]],
        },
        schema_overrides={"R2A1HI": pl.Float64, "_LINEAGE": pl.List(pl.UInt32)},
    )


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        ((1.6, 1.0, 1.6), [1.0, 1.0, 1.0]),
        ((1.0, 1.6, 1.5), [0.0, 1.0, 0.0]),
        ((1.5, 1.5, 1.6), [1.0, 0.0, 0.0]),
        ((1.6, None, None), [None, 1.0, 0.0]),
        ((None, None, 9.0), [1.0, None, 0.0]),
        ((None, 9.0, 9.0), [1.0, 1.0, 1.0]),
    ],
)
def test_a_case_needs_bilirubin_and_one_transaminase(
    ratios: tuple[float | None, float | None, float | None], expected: list[float | None]
) -> None:
    derived = derive_hys_law(visit(*ratios), transaminase_factor=1.5, bilirubin_factor=1.5, keep=["TRTP"])
    made = derived.tail(3)
    assert made["PARAMCD"].to_list() == ["BILIHY", "TRANSHY", "HYLAW"]
    assert made["AVAL"].to_list() == expected
    assert made["PARAMTYP"].to_list() == ["DERIVED"] * 3
    assert made["TRTP"].to_list() == ["Placebo"] * 3
    assert derived.head(3)["PARAMTYP"].null_count() == 3


def test_the_limits_are_three_and_two_times_the_upper_limit_if_nothing_else_is_said() -> None:
    assert derive_hys_law(visit(3.0, 3.1, 2.1)).tail(3)["AVAL"].to_list() == [1.0, 1.0, 1.0]
    assert derive_hys_law(visit(3.0, 2.9, 2.0)).tail(3)["AVAL"].to_list() == [0.0, 0.0, 0.0]


def test_the_tests_behind_a_derived_record_are_its_sources() -> None:
    assert derive_hys_law(visit(1.0, 1.0, 1.0))["_LINEAGE"].to_list()[3:] == [[3], [1, 2], [1, 2, 3]]


def test_a_visit_without_any_of_the_tests_gets_no_record() -> None:
    records = visit(1.0, 1.0, 1.0).with_columns(PARAMCD=pl.lit("CK"))
    assert derive_hys_law(records).height == 3


def test_parameters_can_have_other_names() -> None:
    made = derive_hys_law(visit(1.0, 1.0, 1.0), parameters={"HYLAW": "HYCASE"}).tail(3)
    assert made["PARAMCD"].to_list() == ["BILIHY", "TRANSHY", "HYCASE"]
