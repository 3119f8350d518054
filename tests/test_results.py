"""The table of results: names, look-ups, the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.errors import ResultError
from trialwright.results import Result, Results, parse_result_id, read_results, write_results

MEAN = Result(
    analysis_id="adas.w24",
    stat_name="mean",
    stat=2.25,
    groups=(("TRT01P", "Placebo"), ("AVISIT", "Week 24")),
    variable="CHG",
    method="descriptive()",
    dataset="ADADAS",
    population="EFFFL = 'Y'",
    where="AVISITN = 24",
)
NOT_ESTIMABLE = Result(
    analysis_id="tte", stat_name="median", stat=None, variable="AVAL", stat_text="NE", warnings="no events"
)


def test_a_name_is_made_of_analysis_groups_variable_and_statistic() -> None:
    assert MEAN.result_id == "adas.w24/TRT01P=Placebo/AVISIT=Week 24/CHG/mean"


def test_separators_inside_a_part_are_escaped_and_come_back() -> None:
    result = Result(
        analysis_id="a", stat_name="n", stat=1, groups=(("UNIT", "mg/dL = 100%"),), variable="X", variable_level="1/2"
    )
    assert result.result_id == "a/UNIT=mg%2FdL %3D 100%25/X=1%2F2/n"
    assert parse_result_id(result.result_id) == ("a", ("UNIT=mg/dL = 100%", "X=1/2"), "n")


def test_results_are_found_by_name_and_by_what_they_are() -> None:
    results = Results.of([MEAN, NOT_ESTIMABLE])
    assert results[MEAN.result_id] == MEAN
    assert NOT_ESTIMABLE.result_id in results
    assert results.get("nothing/n") is None
    assert results.of_analysis("tte") == [NOT_ESTIMABLE]
    assert results.find("adas.w24", "mean", groups={"TRT01P": "Placebo", "AVISIT": "Week 24"}) == MEAN
    assert results.find("adas.w24", "mean", groups={"TRT01P": "Placebo"}) is None


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(ResultError, match=r"There is no result 'adas/n'"):
        Results.of([MEAN])["adas/n"]


def test_two_results_of_one_name_are_an_error() -> None:
    with pytest.raises(ResultError, match=r"Two results are named 'adas.w24/TRT01P=Placebo"):
        Results.of([MEAN, MEAN])


def test_an_ambiguous_look_up_is_an_error() -> None:
    both = [Result(analysis_id="a", stat_name="n", stat=1, variable=name) for name in ("AGE", "BMI")]
    with pytest.raises(ResultError, match="not one result but 2"):
        Results.of(both).find("a", "n")


def test_more_groups_than_columns_are_an_error() -> None:
    groups = tuple((f"G{number}", "x") for number in range(5))
    with pytest.raises(ResultError, match="at most 4"):
        Results.of([Result(analysis_id="a", stat_name="n", stat=1, groups=groups)])


def test_the_file_gives_the_same_results(tmp_path: Path) -> None:
    path = tmp_path / "results.parquet"
    write_results(Results.of([MEAN, NOT_ESTIMABLE]), path)
    assert read_results(path).rows() == [MEAN, NOT_ESTIMABLE]
    before = path.read_bytes()
    write_results(Results.of([MEAN, NOT_ESTIMABLE]), path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_table_of_results_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="There is no table of results"):
        read_results(tmp_path / "results.parquet")
    (tmp_path / "results.parquet").write_text("no parquet")
    with pytest.raises(ResultError, match="is no table of results"):
        read_results(tmp_path / "results.parquet")
    Results.of([MEAN]).frame.select("result_id", "stat").write_parquet(tmp_path / "results.parquet")
    with pytest.raises(ResultError, match="it lacks analysis_id"):
        read_results(tmp_path / "results.parquet")


part = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)


@settings(deadline=None)
@given(part, part, part, part, part)
def test_a_name_can_always_be_taken_apart(analysis: str, group: str, level: str, variable: str, value: str) -> None:
    result = Result(
        analysis_id=analysis, stat_name="n", stat=1, groups=((group, level),), variable=variable, variable_level=value
    )
    assert result.result_id.count("/") == 3
    assert parse_result_id(result.result_id) == (analysis, (f"{group}={level}", f"{variable}={value}"), "n")
