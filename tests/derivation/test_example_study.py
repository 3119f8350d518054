"""The example study as it is rehearsed: its SDTM becomes ADaM, and its plan asks only for what is there."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest

from trialwright.analysis import AnalysisPlan, analyze, read_plan
from trialwright.derivation import derive, read_definitions
from trialwright.displays import compose
from trialwright.rehearsal import read_scenario, simulate_trial
from trialwright.results import Results
from trialwright.standards import Dataset
from trialwright.study import Study, example_path, example_study


@pytest.fixture(scope="module")
def study() -> Study:
    return example_study()


@pytest.fixture(scope="module")
def domains(study: Study) -> dict[str, Dataset]:
    scenario = read_scenario(example_path("calm12", "scenario.yaml"))
    return dict(simulate_trial(study, scenario, np.random.default_rng(20250113)).domains)


@pytest.fixture(scope="module")
def example_adam(study: Study, domains: dict[str, Dataset]) -> dict[str, Dataset]:
    definitions = read_definitions(example_path("calm12", "derivation.yaml"))
    return dict(derive(study, domains, definitions=definitions).datasets)


@pytest.fixture(scope="module")
def plan() -> AnalysisPlan:
    return read_plan(example_path("calm12", "plan.yaml"))


@pytest.fixture(scope="module")
def results(plan: AnalysisPlan, domains: dict[str, Dataset], example_adam: dict[str, Dataset]) -> Results:
    return analyze(plan, domains | example_adam)


def test_analysis_sets_are_nested(example_adam: dict[str, Dataset]) -> None:
    adsl = example_adam["ADSL"].frame

    def members(flag: str) -> set[str]:
        return set(adsl.filter(pl.col(flag) == "Y")["USUBJID"])

    assert members("EFFFL") <= members("SAFFL") <= members("ITTFL") <= members("SCRNFL")
    assert members("COMPLFL") <= members("SAFFL")
    assert members("SCRFFL") == members("SCRNFL") - members("ITTFL")
    assert adsl.filter((pl.col("EFFFL") == "N") & (pl.col("ITTFL") == "Y"))["EFFEXCL"].null_count() == 0


def test_what_sdtm_says_of_study_days_and_baseline_is_derived_again(
    domains: dict[str, Dataset], example_adam: dict[str, Dataset]
) -> None:
    treated = example_adam["ADSL"].frame.filter(pl.col("SAFFL") == "Y").select("USUBJID")
    for name, domain in (("ADVS", "VS"), ("ADLB", "LB")):
        source = domains[domain].frame.select("USUBJID", f"{domain}SEQ", f"{domain}DY", f"{domain}BLFL")
        derived = (
            example_adam[name]
            .frame.join(treated, on="USUBJID")
            .with_columns(pl.col(f"{domain}SEQ").cast(pl.Float64))
            .join(source, on=["USUBJID", f"{domain}SEQ"], how="left")
        )
        assert derived["ADY"].cast(pl.Float64).to_list() == derived[f"{domain}DY"].to_list()
        assert derived["ABLFL"].to_list() == derived[f"{domain}BLFL"].to_list()


def test_everybody_in_the_efficacy_set_has_one_analyzed_score_at_week_12(example_adam: dict[str, Dataset]) -> None:
    efficacy = example_adam["ADSL"].frame.filter(pl.col("EFFFL") == "Y")
    week_12 = example_adam["ADHAMA"].frame.filter(pl.col("ANL01FL") == "Y", pl.col("AVISITN") == 12)

    assert sorted(week_12["USUBJID"]) == sorted(efficacy["USUBJID"])


def test_datasets_are_sorted_by_keys_that_identify_their_records(example_adam: dict[str, Dataset]) -> None:
    keys = {
        "ADSL": ["USUBJID"],
        "ADAE": ["USUBJID", "AESEQ"],
        "ADVS": ["USUBJID", "VSSEQ"],
        "ADLB": ["USUBJID", "LBSEQ"],
        "ADHAMA": ["USUBJID", "AVISITN", "QSSEQ"],
        "ADTTE": ["USUBJID", "PARAMCD"],
        "ADCM": ["USUBJID", "CMSEQ"],
        "ADMH": ["USUBJID", "MHSEQ"],
        "ADEX": ["USUBJID", "PARAMCD", "EXSEQ"],
    }
    for name, dataset in example_adam.items():
        assert not dataset.frame.select(keys[name]).is_duplicated().any(), name
        assert dataset.frame["USUBJID"].is_sorted(), name


def test_every_analysis_of_the_plan_has_results(plan: AnalysisPlan, results: Results) -> None:
    empty = [id for id in plan.analyses if not results.of_analysis(id)]
    # A listing lists nothing where nothing happened: that is the data's doing.
    assert [id for id in empty if plan.analyses[id].method != "listing"] == []


def test_every_display_of_the_plan_can_be_composed(plan: AnalysisPlan, results: Results) -> None:
    displays = compose(plan, results)

    assert [display.id for display in displays] == list(plan.displays)
    for display in displays:
        assert re.fullmatch(r"10\.1|14\.[1-3](\.\d)?|16\.2\.\d", display.section), display.id
        assert display.purpose, display.id
        assert display.population, display.id


def test_every_analysis_is_shown_in_a_display_or_used_by_the_text(plan: AnalysisPlan, results: Results) -> None:
    shown = {
        reference.result_id.split("/")[0]
        for display in compose(plan, results)
        if hasattr(display, "rows")
        for row in display.rows
        for cell in (row.label, *row.cells)
        for reference in cell.refs
    }
    figures = {"hama.visits.change", "ttresp.km"}
    told = {id for id, analysis in plan.analyses.items() if analysis.purpose not in ("other", "listing")}

    listings = {id for id, analysis in plan.analyses.items() if analysis.method == "listing"}
    assert set(plan.analyses) - shown - figures - told - listings == set()


def test_endpoints_of_the_plan_are_those_of_the_study(plan: AnalysisPlan, study: Study) -> None:
    known = {endpoint.id for endpoint in study.endpoints}
    answered = {analysis.endpoint for analysis in plan.analyses.values()} - {None}

    assert answered == known


def test_levels_of_the_arms_are_those_of_the_study(plan: AnalysisPlan, study: Study) -> None:
    arms = {arm.label for arm in study.arms} | {arm.name for arm in study.arms}

    assert {level.value for level in plan.groupings["treatment"].levels} <= arms
