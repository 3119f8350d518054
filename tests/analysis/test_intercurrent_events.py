"""Strategies for intercurrent events: what they do to the records of any method, and what results say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl
import pytest
from tests.analysis.imputation.test_multiple_imputation import make_trial, plan_for

from trialwright.analysis import AnalysisPlan, analyze, parse_plan, trace
from trialwright.analysis.estimands import IntercurrentEvent
from trialwright.conditions import parse_condition
from trialwright.errors import MissingVariableError, PlanError, VariableTypeError
from trialwright.results import Results
from trialwright.standards.datasets import Dataset

# Three subjects an arm, two visits each. S1 and S4 stop treatment on day 20; S6 stopped too, and has no week 8.
ADSL = pl.DataFrame(
    {
        "USUBJID": ["S1", "S2", "S3", "S4", "S5", "S6"],
        "ARM": ["A", "A", "A", "B", "B", "B"],
        "STOPDY": [20, None, None, 20, None, 25],
    }
)
ADXX = pl.DataFrame(
    {
        "USUBJID": ["S1", "S1", "S2", "S2", "S3", "S3", "S4", "S4", "S5", "S5", "S6"],
        "AVISITN": [4, 8, 4, 8, 4, 8, 4, 8, 4, 8, 4],
        "ADY": [15, 57, 14, 56, 16, 60, 15, 55, 15, 50, 22],
        "CHG": [1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0, 5.0, 50.0, 6.0],
        "RESP": ["N", "Y", "N", "Y", "N", "N", "N", "Y", "N", "Y", "N"],
    }
)
DATASETS = {"ADSL": Dataset(name="ADSL", frame=ADSL), "ADXX": Dataset(name="ADXX", frame=ADXX)}
HEAD = """
plan: {title: Events}
analysis_sets: {all: {label: Everybody}}
groupings: {arm: {variable: ARM, levels: [A, B]}}
analyses:
"""


def plan_of(rest: str, events: str) -> AnalysisPlan:
    return parse_plan(
        f"{HEAD}  a: {{dataset: ADXX, population: all, by: [arm], {rest},\n    intercurrent_events: {events}}}"
    )


def run_with(events: str, rest: str = 'method: descriptive, variables: [CHG], where: "AVISITN = 8"') -> Results:
    return analyze(plan_of(rest, events), DATASETS)


def values(results: Results, stats: Mapping[str, float | None]) -> None:
    for name, expected in stats.items():
        assert results[f"a/{name}"].stat == expected, (name, results[f"a/{name}"])


STOP = "event: stopping treatment"


def test_treatment_policy_keeps_every_record() -> None:
    results = run_with(f"[{{{STOP}, strategy: treatment_policy}}]")
    values(results, {"ARM=A/CHG/n": 3, "ARM=A/CHG/mean": 20, "ARM=B/CHG/mean": 45})
    row = results["a/ARM=A/CHG/mean"]
    assert row.method.endswith(", intercurrent events [stopping treatment: treatment policy]")
    assert row.warnings == ""


def test_hypothetical_counts_values_after_the_event_as_missing() -> None:
    results = run_with(f"[{{{STOP}, strategy: hypothetical, from: ADY > STOPDY}}]")
    values(results, {"ARM=A/CHG/n": 2, "ARM=A/CHG/n_missing": 1, "ARM=A/CHG/mean": 25, "ARM=B/CHG/mean": 50})
    row = results["a/ARM=A/CHG/mean"]
    assert row.method.endswith("[stopping treatment: hypothetical (CHG missing where ADY > STOPDY)]")
    assert row.warnings == "records after stopping treatment, CHG counted as missing (hypothetical): 2"
    assert row.where == "AVISITN = 8"


def test_composite_puts_the_value_of_a_failure_in_their_place() -> None:
    events = (
        f"[{{{STOP}, strategy: composite, from: ADY > STOPDY, failure_value: -1, subjects: STOPDY is not missing}}]"
    )
    results = run_with(events)
    values(results, {"ARM=A/CHG/n": 3, "ARM=A/CHG/min": -1, "ARM=A/CHG/mean": 49 / 3, "ARM=B/CHG/mean": 24.5})
    assert results["a/ARM=A/CHG/mean"].warnings.splitlines() == [
        "records after stopping treatment, CHG set to -1 (composite): 2",
        "subjects with stopping treatment and no record whose value could be set to a failure (composite): 1",
    ]


def test_composite_of_a_response_makes_failures_before_the_condition_counts_responders() -> None:
    events = f"[{{{STOP}, strategy: composite, from: ADY > STOPDY, failure_value: {{RESP: N}}}}]"
    rest = "method: count, variables: [USUBJID], where: \"AVISITN = 8 and RESP = 'Y'\""
    # Responders at week 8 are S1, S2, S4 and S5; two of them had stopped. Who has no record is a failure too: N counts.
    values(run_with(events, rest), {"ARM=A/USUBJID/n": 1, "ARM=A/USUBJID/N": 3, "ARM=B/USUBJID/n": 1})


def test_while_on_treatment_leaves_records_out_and_the_last_one_before_may_be_selected() -> None:
    events = f"[{{{STOP}, strategy: while_on_treatment, from: ADY > STOPDY}}]"
    results = run_with(events)
    values(results, {"ARM=A/CHG/n": 2, "ARM=B/CHG/n": 1})
    row = results["a/ARM=A/CHG/mean"]
    assert row.where == str(parse_condition("(AVISITN = 8) and not (ADY > STOPDY)"))
    assert row.warnings == "records after stopping treatment, left out (while on treatment): 2"
    last = run_with(events, "method: descriptive, variables: [CHG], select: {per: USUBJID, order: -AVISITN}")
    values(last, {"ARM=A/CHG/n": 3, "ARM=A/CHG/mean": (1 + 20 + 30) / 3, "ARM=B/CHG/mean": (4 + 50 + 6) / 3})


def test_the_first_event_in_the_plan_decides_about_a_record_after_several() -> None:
    first = "{event: stopping treatment, strategy: composite, from: ADY > STOPDY, failure_value: 0}"
    second = "{event: day 55, strategy: while_on_treatment, from: ADY > 55}"
    both, turned = (run_with(f"[{one}, {other}]") for one, other in ((first, second), (second, first)))
    # Week 8: S1 stopped, day 57; S2 day 56; S3 day 60; S4 stopped, day 55; S5 day 50.
    values(both, {"ARM=A/CHG/n": 1, "ARM=A/CHG/mean": 0, "ARM=B/CHG/mean": 25})
    values(turned, {"ARM=A/CHG/n": 0, "ARM=B/CHG/mean": 25})


def test_records_behind_a_result_are_found_again() -> None:
    for strategy, count in (("hypothetical", 2), ("while_on_treatment", 2)):
        plan = plan_of(
            'method: descriptive, variables: [CHG], where: "AVISITN = 8"',
            f"[{{{STOP}, strategy: {strategy}, from: ADY > STOPDY}}]",
        )
        results = analyze(plan, DATASETS)
        found = trace("a/ARM=A/CHG/mean", plan, DATASETS, results)
        assert found.rows["USUBJID"].to_list() == ["S2", "S3"][:count]
        assert {"ADY", "STOPDY"} <= set(found.rows.columns)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("{strategy: hypothetical, from: X = 1}", "the key 'event' is missing"),
        (f"{{{STOP}, strategy: hypothetic, from: X = 1}}", "'hypothetic' is no strategy. There are: treatment_policy"),
        (f"{{{STOP}, strategy: principal_stratum}}", "principal_stratum is not supported: no condition on observed"),
        (f"{{{STOP}, strategy: hypothetical}}", "the strategy hypothetical needs 'from'"),
        (f"{{{STOP}, strategy: composite, from: X = 1}}", "and no other, takes a 'failure_value'"),
        (f"{{{STOP}, strategy: hypothetical, from: X = 1, failure_value: 2}}", "takes a 'failure_value'"),
        (f"{{{STOP}, strategy: while_on_treatment, from: X = 1, variables: CHG}}", "takes 'variables'"),
        (f"{{{STOP}, strategy: hypothetical, from: X == 1}}", "goes wrong at its character 3"),
        (f"{{{STOP}, strategy: hypothetical, from: X = 1, subjects: Y =}}", "the condition 'Y ='"),
        (f"{{{STOP}, strategy: hypothetical, when: X = 1}}", "the key 'when' is not known here"),
    ],
)
def test_mistakes_are_told_where_they_stand(event: str, message: str) -> None:
    with pytest.raises(PlanError, match=r"plan.yaml, line 7, column \d+: ") as caught:
        plan_of("method: descriptive, variables: [CHG]", f"[{event}]")
    assert message in str(caught.value)


def test_the_subject_s_name_cannot_be_a_failure() -> None:
    with pytest.raises(PlanError, match="USUBJID cannot be changed: name the variables"):
        plan_of(
            "method: count, variables: [USUBJID]",
            f"[{{{STOP}, strategy: composite, from: X = 1, failure_value: 0}}]",
        )


def test_a_failure_must_be_of_the_variable_s_type() -> None:
    with pytest.raises(VariableTypeError, match="puts 'bad' in the place of its values"):
        run_with(f"[{{{STOP}, strategy: composite, from: ADY > STOPDY, failure_value: bad}}]")


def test_a_variable_that_is_not_there_is_an_error() -> None:
    with pytest.raises(MissingVariableError, match="ADXX has no variable PCHG"):
        run_with(f"[{{{STOP}, strategy: hypothetical, from: ADY > STOPDY, variables: [PCHG]}}]")


@pytest.mark.parametrize("method", ["mmrm", "multiple_imputation"])
def test_values_after_the_event_count_for_models_as_if_they_had_not_been_observed(method: str) -> None:
    records = make_trial(n=80).with_columns((pl.col("AVISITN") * 10).alias("ADY"))
    stopped = records["USUBJID"].unique().sort().to_list()[::3]
    subjects = records.select("USUBJID", "ARM").unique("USUBJID", maintain_order=True)
    subjects = subjects.with_columns(pl.when(pl.col("USUBJID").is_in(stopped)).then(25).alias("STOPDY"))
    plan = plan_for({} if method == "multiple_imputation" else {"structure": "toeplitz"}, method=method)
    event = IntercurrentEvent(event="stopping", strategy="hypothetical", after="ADY > STOPDY", missing=("CHG",))
    with_event = replace(plan, analyses={"a": replace(plan.analyses["a"], intercurrent_events=(event,))})

    def value(plan: AnalysisPlan, frame: pl.DataFrame) -> float | None:
        datasets = {"ADSL": Dataset(name="ADSL", frame=subjects), "ADXX": Dataset(name="ADXX", frame=frame.drop("ARM"))}
        return analyze(plan, datasets)["a/ARM=A - P/AVISITN=4/CHG/difference"].stat

    unobserved = records.filter(~((pl.col("ADY") > 25) & pl.col("USUBJID").is_in(stopped)))
    assert value(with_event, records) == pytest.approx(value(plan, unobserved), rel=1e-9)
    assert value(with_event, records) != pytest.approx(value(plan, records), rel=1e-3)
