"""Reporting events of the Analysis Results Standard: valid, complete, and read back as the plan they were made of."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.analysis.ars.ars_model import Model

from trialwright.analysis import AnalysisPlan, analyze, parse_plan
from trialwright.analysis.ars import RULES, ReportedDisplay, read_reporting_event, reporting_event
from trialwright.analysis.ars.conditions import condition_text, where_clause
from trialwright.conditions import parse_condition
from trialwright.errors import PlanError
from trialwright.results import Results
from trialwright.standards.datasets import Dataset, Datasets

PLAN = """
plan: {title: A trial, alpha: 0.025, frequent_events: {percent: 10, times: 2}}
event_groups:
  Skin / "itch" - all: {AEDECOD: [ITCH, RASH], AEBODSYS: [SKIN / HAIR]}
narratives: {serious: false, blinded: true, subjects: [S1, "007"], special_interest: "AEDECOD = 'RASH'"}
analysis_sets:
  safety: {label: Safety, condition: "SAFFL = 'Y'", description: All who took the drug.}
  everybody: {label: Everybody}
groupings:
  arm:
    {variable: TRT01A, label: Arm, reference: Placebo, total: Total,
     levels: [{value: Placebo}, {value: Drug, label: "The\\nDrug"}]}
analyses:
  demog:
    {method: descriptive, dataset: ADSL, population: safety, variables: [AGE, WEIGHTBL], by: [arm],
     label: Age and weight, purpose: demographics}
  sex:
    {method: count, dataset: ADSL, population: safety, variables: [SEX], by: [arm],
     where: "AGE >= 18 and not (SEX is missing)"}
  change:
    {method: ancova, dataset: ADQS, population: safety, variables: [CHG], by: [arm],
     where: "AVISITN = 8 or ADT > TRTSDT", options: {covariates: [BASE], contrasts: [[Drug, Placebo]]},
     purpose: primary_efficacy, endpoint: Endpoint_1, better: lower}
  ae:
    {method: incidence, dataset: ADAE, population: safety, variables: [AEBODSYS, AEDECOD], by: [arm],
     where: "TRTEMFL = 'Y'", options: {fisher: [[Drug, Placebo]]}, purpose: teae}
  aesi:
    {method: event_groups, dataset: ADAE, population: safety, variables: [AEDECOD], by: [arm]}
  first:
    {method: count, dataset: ADAE, population: safety, variables: [AEDECOD], by: [arm],
     select: {per: [USUBJID], order: [-AEBODSYS, AEDECOD]}}
"""


def datasets() -> Datasets:
    ids = [f"S{number}" for number in range(8)]
    subjects = pl.DataFrame(
        {
            "USUBJID": ids,
            "TRT01A": ["Placebo", "Drug"] * 4,
            "SAFFL": ["Y"] * 8,
            "SEX": ["F", "M", "M", "F"] * 2,
            "AGE": [20.0, 31.0, 40.0, 52.0, 60.0, 71.0, 33.0, 19.0],
            "WEIGHTBL": [60.5, 70.25, 80.0, 90.0, 55.0, 65.0, 75.0, 85.0],
            "TRTSDT": [1] * 8,
        }
    )
    scores = pl.DataFrame(
        {
            "USUBJID": ids,
            "AVISITN": [8.0] * 8,
            "ADT": [5] * 8,
            "BASE": [10.0, 12, 9, 14, 11, 13, 8, 15],
            "CHG": [-1.0, -4, -2, -5, 0, -3, -1, -6],
        }
    )
    events = pl.DataFrame(
        {
            "USUBJID": ["S0", "S1", "S1", "S3"],
            "TRTEMFL": ["Y"] * 4,
            "AEBODSYS": ["SKIN / HAIR", "SKIN / HAIR", "HEART", "HEART"],
            "AEDECOD": ["ITCH", "RASH", "SYNCOPE", "SYNCOPE"],
        }
    )
    frames = {"ADSL": subjects, "ADQS": scores, "ADAE": events}
    return {name: Dataset(name=name, frame=frame) for name, frame in frames.items()}


@pytest.fixture(scope="module")
def made() -> tuple[AnalysisPlan, Results, dict[str, Any]]:
    plan = parse_plan(PLAN)
    results = analyze(plan, datasets())
    shown = ReportedDisplay(
        id="14-1", title="Demographics", population="Safety", footnotes=("A note.",), analyses=("demog", "sex")
    )
    return plan, results, reporting_event(plan, results, [shown], id="TRIAL-1", version="1.0")


def written(event: dict[str, Any], folder: Path) -> Path:
    path = folder / "ars.json"
    path.write_text(json.dumps(event), encoding="utf-8")
    return path


def test_an_event_fits_the_standards_model(shared: Path, made: tuple[AnalysisPlan, Results, dict[str, Any]]) -> None:
    model = Model(shared / "data" / "ars" / "ars_ldm.yaml")

    assert model.violations(made[2], "ReportingEvent") == []


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda event: event.pop("name"), "lacks name"),
        (lambda event: event["analyses"][0].update(methodId="nothing"), "no id of AnalysisMethod"),
        (lambda event: event["analyses"][0].update(mood="good"), "has no attribute mood"),
        (lambda event: event["analyses"][0]["reason"].update(controlledTerm="FOR FUN"), "FOR FUN"),
        (lambda event: event["analysisSets"][0]["condition"].update(comparator="="), "ConditionComparatorEnum"),
        (lambda event: event["analysisSets"][0].update(level="1"), "is no integer"),
        (lambda event: event["methods"][0].update(operations=[]), "empty"),
    ],
)
def test_the_check_against_the_model_finds_what_does_not_fit(
    shared: Path,
    made: tuple[AnalysisPlan, Results, dict[str, Any]],
    damage: Callable[[dict[str, Any]], object],
    expected: str,
) -> None:
    event = copy.deepcopy(made[2])
    damage(event)

    violations = Model(shared / "data" / "ars" / "ars_ldm.yaml").violations(event, "ReportingEvent")

    assert any(expected in violation for violation in violations), violations


def test_every_result_is_in_the_event_unrounded(made: tuple[AnalysisPlan, Results, dict[str, Any]]) -> None:
    _, results, event = made
    values = [one["rawValue"] for analysis in event["analyses"] for one in analysis["results"]]

    assert sorted(values) == sorted(
        str(row.stat_text) if row.stat is None else repr(row.stat) for row in results.rows()
    )


def test_a_result_names_its_statistic_and_its_groups(made: tuple[AnalysisPlan, Results, dict[str, Any]]) -> None:
    _, results, event = made
    by_id = {analysis["id"]: analysis for analysis in event["analyses"]}

    mean = results["demog/TRT01A=Total/AGE/mean"].stat
    group = [{"groupingId": "arm", "groupId": "arm.Total"}]
    expected = {"operationId": "descriptive.mean", "resultGroups": group, "rawValue": repr(mean)}
    assert expected in by_id["demog:AGE"]["results"]
    term = [
        {"groupingId": "arm", "groupId": "arm.Drug"},
        {"groupingId": "data.ADAE.AEBODSYS", "groupValue": "SKIN / HAIR"},
        {"groupingId": "data.ADAE.AEDECOD", "groupValue": "RASH"},
    ]
    assert {"operationId": "incidence.n", "resultGroups": term, "rawValue": "1.0"} in by_id["ae:AEBODSYS"]["results"]
    contrast = {"groupingId": "arm", "groupValue": "Drug - Placebo"}
    assert any(contrast in one.get("resultGroups", []) for one in by_id["change:CHG"]["results"])


def test_no_two_results_of_an_analysis_have_the_same_statistic_and_groups(
    made: tuple[AnalysisPlan, Results, dict[str, Any]],
) -> None:
    for analysis in made[2]["analyses"]:
        names = [json.dumps([one["operationId"], one.get("resultGroups")]) for one in analysis["results"]]
        assert len(names) == len(set(names)), analysis["id"]


def test_an_event_is_read_back_as_the_plan_it_was_made_of(
    made: tuple[AnalysisPlan, Results, dict[str, Any]], tmp_path: Path
) -> None:
    plan, results, event = made

    read = read_reporting_event(written(event, tmp_path))

    assert dict(read.plan.analyses) == dict(plan.analyses)
    assert dict(read.plan.analysis_sets) == dict(plan.analysis_sets)
    assert dict(read.plan.groupings) == dict(plan.groupings)
    assert (read.plan.title, read.plan.alpha) == (plan.title, plan.alpha)
    assert read.plan.event_groups == plan.event_groups
    assert read.plan.narratives == plan.narratives
    assert read.plan.frequent_events == plan.frequent_events
    assert analyze(read.plan, datasets()).frame.equals(results.frame)
    assert [finding.rule for finding in read.findings] == ["ars.displays"]


def test_what_is_changed_in_the_event_is_changed_in_the_plan(
    made: tuple[AnalysisPlan, Results, dict[str, Any]], tmp_path: Path
) -> None:
    event = copy.deepcopy(made[2])
    event["analysisSets"][0]["condition"]["value"] = ["N"]

    read = read_reporting_event(written(event, tmp_path))

    assert read.plan.analysis_sets["safety"].condition == "SAFFL = 'N'"


def foreign() -> dict[str, Any]:
    """An event as another program writes it: no parameters of ours, methods by their own names."""

    def condition(variable: str, comparator: str, *values: str) -> dict[str, Any]:
        return {"dataset": "ADSL", "variable": variable, "comparator": comparator, "value": list(values)}

    def top(order: int) -> dict[str, Any]:
        return {"level": 1, "order": order}

    return {
        "id": "CSD",
        "name": "Common Safety Displays",
        "mainListOfContents": {"name": "LOPA", "contentsList": {"listItems": []}},
        "analysisSets": [
            {"id": "AnalysisSet_02", "name": "Safety", **top(1), "condition": condition("SAFFL", "EQ", "Y")}
        ],
        "dataSubsets": [
            {
                "id": "Dss01",
                "name": "Adults",
                "level": 1,
                "order": 1,
                "compoundExpression": {
                    "logicalOperator": "AND",
                    "whereClauses": [
                        {"level": 2, "order": 2, "condition": condition("SEX", "NE")},
                        {"level": 2, "order": 1, "condition": condition("AGE", "GE", "18")},
                    ],
                },
            }
        ],
        "analysisGroupings": [
            {
                "id": "AnlsGrouping_01",
                "name": "Treatment",
                "groupingDataset": "ADSL",
                "groupingVariable": "TRT01A",
                "dataDriven": False,
                "groups": [
                    {"id": "G1", "name": "Placebo", **top(1), "condition": condition("TRT01A", "EQ", "Placebo")},
                    {"id": "G2", "name": "Drug", **top(2), "condition": condition("TRT01A", "EQ", "Drug")},
                ],
            }
        ],
        "methods": [
            {"id": "Mth02", "name": "Summary by group of a continuous variable", "operations": [
                {"id": "Mth02_1", "name": "Mean", "order": 1}, {"id": "Mth02_2", "name": "SD", "order": 2}]},
            {"id": "Mth01", "name": "Summary by group of a categorical variable", "operations": [
                {"id": "Mth01_1", "name": "Count", "order": 1}, {"id": "Mth01_2", "name": "Percentage", "order": 2}]},
            {"id": "Mth99", "name": "Oracle", "operations": [{"id": "Mth99_1", "name": "Omen", "order": 1}]},
        ],
        "analyses": [
            analysis("An01", "AGE", "Mth02"), analysis("An02", "SEX", "Mth01"), analysis("An03", "SEX", "Mth99")
        ],
    }  # fmt: skip


def analysis(id: str, variable: str, method: str) -> dict[str, Any]:
    return {
        "id": id,
        "name": f"Summary of {variable}",
        "reason": {"controlledTerm": "SPECIFIED IN SAP"},
        "purpose": {"controlledTerm": "EXPLORATORY OUTCOME MEASURE"},
        "dataset": "ADSL",
        "variable": variable,
        "analysisSetId": "AnalysisSet_02",
        "dataSubsetId": "Dss01",
        "orderedGroupings": [{"order": 1, "groupingId": "AnlsGrouping_01", "resultsByGroup": True}],
        "methodId": method,
    }


def test_another_programs_event_is_read_as_a_plan_that_runs(shared: Path, tmp_path: Path) -> None:
    assert Model(shared / "data" / "ars" / "ars_ldm.yaml").violations(foreign(), "ReportingEvent") == []

    read = read_reporting_event(written(foreign(), tmp_path))

    assert {id: one.method for id, one in read.plan.analyses.items()} == {"An01": "descriptive", "An02": "count"}
    assert read.plan.analyses["An01"].where == "AGE >= 18 and SEX is not missing"
    assert [(finding.rule, finding.where) for finding in read.findings] == [
        ("ars.unknown-method", "ars.json: analysis An03")
    ]
    assert analyze(read.plan, datasets())["An01/TRT01A=Drug/AGE/mean"].stat == 43.25


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (lambda event: event["dataSubsets"][0]["compoundExpression"].update(logicalOperator="XOR"), "ars.condition"),
        (lambda event: event["analysisSets"][0]["condition"].update(value=["Y", "N"]), "ars.condition"),
        (lambda event: event["analysisGroupings"][0].pop("groupingVariable"), "ars.grouping"),
        (lambda event: event["analysisGroupings"][0]["groups"][0]["condition"].update(comparator="GT"), "ars.grouping"),
        (lambda event: event["analyses"][0].update(analysisSetId="AnalysisSet_77"), "ars.reference"),
        (lambda event: event["analyses"][0].update(dataSubsetId="Dss77"), "ars.reference"),
        (lambda event: event["methods"].pop(1), "ars.unknown-method"),
    ],
)
def test_what_cannot_be_read_is_a_finding(
    damage: Callable[[dict[str, Any]], object], rule: str, tmp_path: Path
) -> None:
    event = foreign()
    damage(event)

    found = [finding.rule for finding in read_reporting_event(written(event, tmp_path)).findings]

    assert found.count(rule) > (rule == "ars.unknown-method")
    assert set(found) <= {known.id for known in RULES}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": "x"}', '{"analyses": {}}'])
def test_a_file_that_is_no_event_is_an_error_that_says_so(text: str, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(PlanError, match=r"event\.json"):
        read_reporting_event(path)
    with pytest.raises(PlanError, match="no file"):
        read_reporting_event(tmp_path / "none.json")


@pytest.mark.parametrize(
    "text",
    [
        "SAFFL = 'Y'",
        "AVISITN in (0, 8) and not (DTYPE = 'LOCF')",
        "BASE is not missing or AGE < 65 and SEX = 'F'",
        "ADT >= date '2014-01-02'",
        "AVAL > 1.5 and PARAMCD not in ('A', 'B''C')",
    ],
)
def test_a_condition_is_the_same_after_the_way_there_and_back(text: str) -> None:
    condition = parse_condition(text)

    clause = where_clause(condition, lambda variable: "ADXX")

    assert condition_text(clause, {}, lambda dataset, variable: None) == str(condition)


def test_where_clauses_that_refer_in_a_circle_are_said() -> None:
    circle = {"a": {"subClauseId": "b"}, "b": {"subClauseId": "a"}}

    with pytest.raises(Exception, match="circle"):
        condition_text(circle["a"], circle, lambda dataset, variable: None)
