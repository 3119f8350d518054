"""Adverse events in running text: what is named as more frequent than in the control, by the plan's thresholds."""

from __future__ import annotations

import pytest

from trialwright.analysis import FrequentEvents, parse_plan
from trialwright.errors import PlanError
from trialwright.writing.adverse_events import is_more_frequent


@pytest.mark.parametrize(
    ("limits", "share", "control", "expected"),
    [
        (FrequentEvents(percent=5), 0.05, 0.0, True),
        (FrequentEvents(percent=5), 0.049, 0.0, False),
        (FrequentEvents(percent=5), 0.10, 0.10, False),
        (FrequentEvents(percent=5), 0.10, 0.12, False),
        (FrequentEvents(percent=5, excess=2), 8 / 100, 6 / 100, True),  # 0.08 - 0.06 is a bit below 0.02
        (FrequentEvents(percent=5, excess=2), 0.0799, 0.06, False),
        (FrequentEvents(percent=5, times=2), 3 / 30, 3 / 60, True),
        (FrequentEvents(percent=5, times=2), 0.09, 0.05, False),
        (FrequentEvents(percent=5, times=2), 0.06, 0.0, True),
        (FrequentEvents(), None, 0.1, False),
        (FrequentEvents(), 0.1, None, False),
    ],
)
def test_an_event_is_more_frequent_by_all_thresholds(
    limits: FrequentEvents, share: float | None, control: float | None, expected: bool
) -> None:
    assert is_more_frequent(limits, share, control) is expected


@pytest.mark.parametrize("wrong", ["{percent: 0}", "{percent: 101}", "{times: 0.5}", "{excess: -1}", "{share: 5}"])
def test_a_threshold_that_makes_no_sense_is_an_error_at_its_line(wrong: str) -> None:
    text = f"""
plan: {{title: A, frequent_events: {wrong}}}
analysis_sets: {{all: {{label: All}}}}
analyses: {{a: {{method: count, dataset: ADSL, population: all, variables: [SEX]}}}}
"""
    with pytest.raises(PlanError, match="line 2"):
        parse_plan(text)
