"""trialwright results: for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_results_are_printed_for_programs_with_all_that_is_known(trialwright: Run, finished_demo: Path) -> None:
    finished = trialwright("results", "population.itt/USUBJID/n", "--study", finished_demo, "--json")

    (row,) = json.loads(finished.out)
    assert row == {
        "result_id": "population.itt/USUBJID/n",
        "analysis_id": "population.itt",
        "stat_name": "n",
        "stat": 240.0,
        "groups": [],
        "variable": "USUBJID",
        "variable_level": None,
        "stat_text": None,
        "method": "population_size()",
        "dataset": "ADSL",
        "population": "ITTFL = 'Y'",
        "where": "",
        "warnings": "",
    }


def test_programs_get_an_empty_list_where_no_name_fits(trialwright: Run, finished_demo: Path) -> None:
    finished = trialwright("results", "nothing", "--study", finished_demo, "--json")

    assert json.loads(finished.out) == []
    assert finished.code == 1
