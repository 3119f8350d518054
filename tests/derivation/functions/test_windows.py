"""Analysis windows, and the record of a window that is analyzed."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from trialwright.derivation.functions.windows import Window, check_windows, derive_analyzed, derive_windows
from trialwright.errors import PlanError

#: The windows of the ADAS-Cog in the CDISC pilot (its analysis plan, section 8.2).
WINDOWS = (
    Window(avisit="Baseline", avisitn=0, target=1, last=1),
    Window(avisit="Week 8", avisitn=8, target=56, first=2, last=84),
    Window(avisit="Week 16", avisitn=16, target=112, first=85, last=140),
    Window(avisit="Week 24", avisitn=24, target=168, first=141),
)


def placed(*days: int | None) -> pl.DataFrame:
    return derive_windows(pl.DataFrame({"ADY": list(days)}, schema={"ADY": pl.Int64}), WINDOWS)


def test_the_first_and_the_last_day_of_a_window_belong_to_it() -> None:
    assert placed(1, 2, 84, 85, 140, 141, 400)["AVISITN"].to_list() == [0, 8, 8, 16, 16, 24, 24]


def test_a_window_is_described_as_adam_has_it() -> None:
    rows = placed(-3, 63, 200).select("AWRANGE", "AWTARGET", "AWTDIFF", "AWLO", "AWHI", "AWU").rows()

    # There is no day 0: day -3 is 3 days before day 1.
    assert rows == [
        ("<=1", 1, 3, None, 1, "DAYS"),
        ("2-84", 56, 7, 2, 84, "DAYS"),
        (">140", 168, 32, 141, None, "DAYS"),
    ]


def test_a_record_without_a_day_has_no_analysis_visit() -> None:
    assert placed(None).select("AVISIT", "AVISITN", "AWTDIFF").row(0) == (None, None, None)


def test_a_day_between_two_windows_belongs_to_neither() -> None:
    windows = (WINDOWS[0], Window(avisit="Week 4", avisitn=4, target=29, first=22, last=35))
    assert derive_windows(pl.DataFrame({"ADY": [10]}), windows)["AVISIT"].to_list() == [None]


def test_a_range_can_be_given() -> None:
    window = Window(avisit="Week 2", avisitn=2, target=14, first=2, last=21, range="2 - 21")
    assert derive_windows(pl.DataFrame({"ADY": [14]}), [window])["AWRANGE"].item() == "2 - 21"


def test_windows_that_overlap_are_refused() -> None:
    with pytest.raises(PlanError, match=r"'Week 8' \(2-84\) and 'Week 16' \(84-140\) overlap"):
        check_windows([WINDOWS[1], Window(avisit="Week 16", avisitn=16, first=84, last=140)])


def test_an_open_window_ends_at_no_other() -> None:
    with pytest.raises(PlanError, match="overlap"):
        check_windows([WINDOWS[3], Window(avisit="Week 26", avisitn=26, first=176)])


def test_a_window_does_not_end_before_it_begins() -> None:
    with pytest.raises(PlanError, match="begins on day 9, after its last day 2"):
        Window(avisit="Week 1", avisitn=1, first=9, last=2)


def records(*rows: tuple[int, float | None]) -> pl.DataFrame:
    """Records of one subject at Week 14 (day 98): day and value."""
    return pl.DataFrame(
        {
            "USUBJID": ["01"] * len(rows),
            "PARAMCD": ["NPTOT"] * len(rows),
            "AVISITN": [14.0] * len(rows),
            "ADY": [day for day, _ in rows],
            "ADT": [date(2024, 1, 1).replace(day=day - 90) for day, _ in rows],
            "AWTDIFF": [abs(day - 98) for day, _ in rows],
            "AVAL": [value for _, value in rows],
        },
        schema_overrides={"AVAL": pl.Float64},
    )


def flagged(frame: pl.DataFrame) -> list[int]:
    return frame.filter(pl.col("ANL01FL") == "Y")["ADY"].to_list()


def test_the_record_closest_to_the_target_is_analyzed() -> None:
    assert flagged(derive_analyzed(records((92, 1), (99, 2), (105, 3)), order=["ADT"])) == [99]


def test_of_records_equally_close_the_earlier_or_the_later_is_analyzed() -> None:
    # As subject 01-701-1203 of the CDISC pilot: days 97 and 99, target 98; the original flags day 97.
    both = records((99, 2), (97, 1))
    assert flagged(derive_analyzed(both, order=["ADT"])) == [97]
    assert flagged(derive_analyzed(both, order=["ADT"], tie="later")) == [99]


def test_the_last_or_the_first_record_can_be_analyzed() -> None:
    three = records((99, 2), (92, 1), (105, 3))
    assert flagged(derive_analyzed(three, order=["ADT"], choice="last")) == [105]
    assert flagged(derive_analyzed(three, order=["ADT"], choice="first")) == [92]


def test_a_record_without_value_or_outside_the_condition_is_not_analyzed() -> None:
    assert flagged(derive_analyzed(records((98, None), (92, 1)), order=["ADT"])) == [92]
    assert flagged(derive_analyzed(records((98, 5), (92, 1)), order=["ADT"], among=pl.col("ADY") < 98)) == [92]


def test_a_record_without_value_can_be_analyzed_if_the_plan_says_so() -> None:
    assert flagged(derive_analyzed(records((98, None), (92, 1)), order=["ADT"], value=None)) == [98]


def test_a_record_of_no_visit_is_not_analyzed() -> None:
    lost = records((98, 1)).with_columns(AVISITN=pl.lit(None, dtype=pl.Float64))
    assert flagged(derive_analyzed(lost, order=["ADT"])) == []


def test_a_record_without_a_date_comes_last() -> None:
    undated = records((98, 1), (105, 2)).with_columns(
        ADT=pl.when(pl.col("ADY") == 105).then(pl.col("ADT")),
        AWTDIFF=pl.when(pl.col("ADY") == 105).then(pl.col("AWTDIFF")),
    )
    for choice in ("closest", "first", "last"):
        assert flagged(derive_analyzed(undated, order=["ADT"], choice=choice)) == [105]
