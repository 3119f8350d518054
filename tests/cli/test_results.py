"""trialwright results and trace: for programs."""

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


def test_a_trace_is_printed_for_programs_with_its_rows_and_sdtm_records(trialwright: Run, finished_demo: Path) -> None:
    name = "population.itt/TRT01P=Placebo/USUBJID/n"

    told = json.loads(trialwright("trace", name, "--study", finished_demo, "--to", "sdtm", "--rows", "--json").out)

    assert told["result"]["result_id"] == name
    assert told["result"]["stat"] == told["row_count"] == told["subject_count"] == len(told["rows"])
    assert told["dataset"] == "ADSL"
    assert told["sdtm"]["counts"]["DM"] == len(told["sdtm_records"]["DM"]) == len(told["rows"])


def test_a_datum_of_a_narrative_is_printed_for_programs(trialwright: Run, finished_demo: Path) -> None:
    manifest = json.loads((finished_demo / "documents" / "csr.en.manifest.json").read_text(encoding="utf-8"))
    control = next(one["id"] for one in manifest["references"] if one["source"].startswith("record/AE/"))

    (told,) = json.loads(trialwright("trace", control, "--study", finished_demo, "--json").out)

    assert told["dataset"] == "AE"
    assert told["record"]["USUBJID"].startswith("TW101-201")
