"""The listings of the CDISC pilot: every appendix of ICH E3, every record, what is out of range."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from trialwright.analysis import AnalysisPlan, analyze, read_plan
from trialwright.displays import Table, compose
from trialwright.results import Results
from trialwright.standards import Dataset, read_datasets

PLAN = Path(__file__).resolve().parents[2] / "bench" / "pilot" / "plan.yaml"


@pytest.fixture(scope="module")
def data(shared: Path) -> dict[str, Dataset]:
    pilot = shared / "data" / "cdiscpilot01"
    return {**read_datasets(pilot / "sdtm"), **read_datasets(pilot / "adam_tdf")}


@pytest.fixture(scope="module")
def plan() -> AnalysisPlan:
    whole = read_plan(PLAN)
    listed = {id: one for id, one in whole.displays.items() if getattr(one, "analysis", "").startswith("listing.")}
    kept = {id: one for id, one in whole.analyses.items() if id.startswith("listing.")}
    return AnalysisPlan(
        title=whole.title,
        alpha=whole.alpha,
        analysis_sets=whole.analysis_sets,
        groupings={},
        analyses=kept,
        displays=listed,
    )


@pytest.fixture(scope="module")
def results(plan: AnalysisPlan, data: dict[str, Dataset]) -> Results:
    return analyze(plan, data)


@pytest.fixture(scope="module")
def listings(plan: AnalysisPlan, results: Results) -> dict[str, Table]:
    return {made.id: made for made in compose(plan, results) if isinstance(made, Table)}


def test_every_appendix_of_e3_has_a_listing(listings: dict[str, Table]) -> None:
    sections = {made.section for made in listings.values()}
    assert sections >= {"14.3.2", "14.3.4", *(f"16.2.{number}" for number in range(1, 9))}
    assert {id for id, made in listings.items() if made.is_separate} == {
        "16.2.4.2", "16.2.4.3", "16.2.6.3", "16.2.8.1", "16.2.8.2", "16.2.8.3", "16.2.9",
    }  # fmt: skip


def test_every_laboratory_value_of_the_safety_set_is_listed(
    listings: dict[str, Table], results: Results, data: dict[str, Dataset]
) -> None:
    safety = data["ADSL"].frame.filter(pl.col("SAFFL") == "Y").select("USUBJID")
    collected = data["LB"].frame.join(safety, on="USUBJID")
    counted = [results[f"listing.{name}/n_records"].stat for name in ("chemistry", "hematology", "urinalysis")]
    assert sum(count or 0 for count in counted) == collected.height

    chemistry = collected.filter((pl.col("LBCAT") == "CHEMISTRY") & pl.col("LBSTRESN").is_not_null())
    shown = [cell for row in listings["16.2.8.1"].rows if not row.is_group for cell in row.cells[2:] if cell.parts]
    # A value that could not be read back has its flag alone or nothing.
    assert len([cell for cell in shown if cell.text[0].isdigit()]) == chemistry.height
    flagged = chemistry.filter(pl.col("LBNRIND").is_in(["HIGH", "LOW"]))
    assert len([cell for cell in shown if cell.text.endswith((" H", " L"))]) == flagged.height


def test_one_subjects_first_sample_is_as_it_was_collected(listings: dict[str, Table]) -> None:
    table = listings["16.2.8.1"]
    assert table.rows[0].label.text == "Subject: 01-701-1015    Placebo    63 years, female"
    headers = [header.cell.text.split("\n")[0] for header in table.headers[0]]
    row = dict(zip(headers, (table.rows[1].label.text, *(cell.text for cell in table.rows[1].cells)), strict=True))
    # LB of 01-701-1015 at SCREENING 1: sodium 140 mmol/L, ALP 34 U/L (range 35 to 115), AST 40 U/L (11 to 36).
    assert (row["Visit"], row["Date"], row["Day"]) == ("SCREENING 1", "2013-12-26", "-7")
    assert (row["Sodium"], row["ALP"], row["AST"]) == ("140", "34 L", "40 H")


def test_abnormal_values_stand_beside_their_ranges(listings: dict[str, Table], data: dict[str, Dataset]) -> None:
    analyzed = data["ADLBC"].frame.filter(pl.col("ANRIND").is_in(["H", "L"]) & (pl.col("AVISITN").fill_null(-1) != 99))
    rows = [row for row in listings["14.3.4-1"].rows if not row.is_group]
    assert len(rows) == analyzed.height
    for row in rows:
        value, flag = row.cells[3].text.split()
        low, high = (float(limit) for limit in row.cells[4].text.split(" - "))
        assert float(value) > 1.5 * high if flag == "H" else float(value) < 0.5 * low


def test_deaths_and_serious_events_are_all_there(listings: dict[str, Table], data: dict[str, Dataset]) -> None:
    events = data["ADAE"].frame.filter((pl.col("AESER") == "Y") | (pl.col("AESDTH") == "Y"))
    assert len([row for row in listings["14.3.2"].rows if not row.is_group]) == events.height == 3 + 3


def test_who_left_for_a_deviation_is_listed_with_the_criterion(listings: dict[str, Table]) -> None:
    criteria = [row.cells[4].text for row in listings["16.2.2"].rows]
    assert sorted(criteria) == ["", "", "", "16", "16", "25"]
    assert "not collected" in "".join(str(part) for part in listings["16.2.2"].footnotes[0])
