"""Rates of response and times to progression of a small study worked by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from trialwright.analysis import analyze, parse_plan, trace
from trialwright.displays import Figure, Table, compose
from trialwright.displays.model import Lanes
from trialwright.errors import DataError, MissingVariableError, PlanError, VariableTypeError
from trialwright.results import Results
from trialwright.standards import Dataset

START = date(2024, 1, 1)

#: Arm, responses by days after the start, death, new therapy; assessments every 8 weeks.
COURSES: dict[str, tuple[str, list[tuple[int, str]], int | None, int | None]] = {
    "A1": ("A", [(56, "PR"), (112, "CR"), (168, "CR"), (224, "PD")], 300, None),  # CR
    "A2": ("A", [(56, "PR"), (112, "PR"), (168, "SD")], None, None),  # PR, no event until 168
    "A3": ("A", [(56, "PR"), (112, "SD")], None, 120),  # SD: not confirmed; new therapy
    "A4": ("A", [(56, "SD"), (112, "PD")], None, None),  # SD
    "A5": ("A", [(56, "PD")], 90, None),  # PD
    "B1": ("B", [(56, "PR"), (112, "PR"), (400, "PD")], None, None),  # PR; progression after missed assessments
    "B2": ("B", [(56, "PD")], None, None),  # PD
    "B3": ("B", [(28, "SD"), (56, "PD")], None, None),  # PD: SD too early
    "B4": ("B", [(56, "NE")], None, None),  # NE
    "B5": ("B", [], 30, None),  # NE, death
}


def day(days: int | None) -> date | None:
    return None if days is None else START + timedelta(days=days)


def datasets(**changes: pl.Series) -> dict[str, Dataset]:
    subjects = pl.DataFrame(
        {
            "USUBJID": list(COURSES),
            "TRT01P": [arm for arm, _, _, _ in COURSES.values()],
            "RANDDT": [START] * len(COURSES),
            "DTHDT": [day(death) for _, _, death, _ in COURSES.values()],
            "NEWTRTDT": [day(therapy) for _, _, _, therapy in COURSES.values()],
            "LSTALVDT": [day(death or 365) for _, _, death, _ in COURSES.values()],
        }
    ).with_columns(**changes)
    rows = [(id, day(when), response) for id, (_, course, _, _) in COURSES.items() for when, response in course]
    responses = pl.DataFrame(rows, schema=["USUBJID", "ADT", "AVALC"], orient="row")
    return {
        "ADSL": Dataset(name="ADSL", frame=subjects),
        "ADRS": Dataset(name="ADRS", frame=responses.with_columns(PARAMCD=pl.lit("OVRLRESP"))),
    }


PLAN = """
plan: {title: T}
analysis_sets: {all: {label: All randomised}}
groupings: {treatment: {variable: TRT01P, levels: [A, B], reference: B, total: Total}}
analyses:
  patterns: &adrs {method: best_overall_response, dataset: ADRS, population: all, variables: [AVALC], by: [treatment],
    where: "PARAMCD = 'OVRLRESP'", options: {new_therapy: NEWTRTDT}}
  bor: *adrs
  orr: {<<: *adrs, method: objective_response}
  dcr: {<<: *adrs, method: disease_control}
  pfs.fda: {<<: *adrs, method: progression_free_survival,
    options: {rules: fda, assessment_days: 56, window_days: 7, new_therapy: NEWTRTDT}}
  pfs.ema: {<<: *adrs, method: progression_free_survival, options: {rules: ema, unit: weeks}}
  pfs.cox: {<<: *adrs, method: progression_free_survival,
    options: {rules: ema, estimate: cox, estimate_options: {contrasts: [[A, B]]}}}
  pfs.logrank: {<<: *adrs, method: progression_free_survival, options: {rules: ema, estimate: logrank}}
  dor: {<<: *adrs, method: duration_of_response,
    options: {rules: fda, assessment_days: 56, window_days: 7, new_therapy: NEWTRTDT}}
  os: {method: overall_survival, dataset: ADSL, population: all, variables: [DTHDT], by: [treatment]}
displays:
  "14.2.1":
    kind: table
    title: Objective Response
    columns: [{by: treatment, header: "${label}"}]
    rows:
      - {label: Best overall response, analysis: bor, variable: BOR, rows: [{levels: BOR, show: "{n} ({p:%3.0}%)"}]}
      - {label: Objective response rate, analysis: orr, show: "{n} ({p:%3.0}%)"}
      - {label: 95% CI, analysis: orr, show: "{ci_lower:%.1}, {ci_upper:%.1}"}
      - {label: Median duration of response, analysis: dor, show: "{median:.0}"}
  "14.2.2": {kind: kaplan_meier, title: Progression-free survival, analysis: pfs.fda, by: treatment}
  "14.2.3":
    kind: swimmer
    title: Time to progression
    analysis: pfs.fda
    x: {variable: AVAL, label: Days}
    color: {analysis: bor, variable: BOR, only: [CR, PR, SD, PD, NE]}
    events:
      - {analysis: bor, at: RSPDY, label: Response}
      - {analysis: pfs.fda, at: AVAL, kind: EVNTDESC, only: {Documented progression: Progression, Death: Death}}
""".replace("patterns: &adrs", "first: &adrs")


@pytest.fixture(scope="module")
def results() -> Results:
    return analyze(parse_plan(PLAN), datasets())


def times(results: Results, analysis: str) -> dict[str, tuple[float | None, float | None]]:
    return {
        id: (results[f"{analysis}/USUBJID={id}/AVAL/value"].stat, results[f"{analysis}/USUBJID={id}/CNSR/value"].stat)
        for id in COURSES
        if f"{analysis}/USUBJID={id}/AVAL/value" in results
    }


@pytest.mark.validates("best_overall_response")
def test_best_responses_are_those_worked_by_hand(results: Results, reference: Any) -> None:
    shown = {id: results[f"bor/USUBJID={id}/BOR/value"].stat_text for id in COURSES}
    assert shown == {
        "A1": "CR", "A2": "PR", "A3": "SD", "A4": "SD", "A5": "PD",
        "B1": "PR", "B2": "PD", "B3": "PD", "B4": "NE", "B5": "NE",
    }  # fmt: skip
    # The assessment 56 days after the start is on day 57.
    assert (results["bor/USUBJID=A1/BORDY/value"].stat, results["bor/USUBJID=A1/RSPDY/value"].stat) == (113, 57)
    assert "bor/USUBJID=A4/RSPDY/value" not in results
    for arm, counts in (("A", (1, 1, 2, 1, 0)), ("B", (0, 1, 0, 2, 2)), ("Total", (1, 2, 2, 3, 2))):
        for level, count in zip(("CR", "PR", "SD", "PD", "NE"), counts, strict=True):
            reference.holds(
                f"subjects with {level}, {arm}",
                results[f"bor/TRT01P={arm}/BOR={level}/n"].stat,
                count,
                tolerance=0,
                source="by hand, from RECIST 1.1 (Eur J Cancer 2009;45:228-247), table 3",
            )


@pytest.mark.validates("objective_response", "disease_control")
def test_rates_have_the_limits_of_clopper_and_pearson(results: Results, reference: Any) -> None:
    # R 4.2.2, stats: binom.test(2, 5)$conf.int 0.05274495 0.85336720; binom.test(1, 5) 0.005050763 0.716417937;
    # binom.test(4, 5) 0.283582063 0.994949237.
    for analysis, arm, n, limits in (
        ("orr", "A", 2, (0.05274495, 0.85336720)),
        ("orr", "B", 1, (0.005050763, 0.716417937)),
        ("dcr", "A", 4, (0.283582063, 0.994949237)),
    ):
        place = f"{analysis}/TRT01P={arm}/AVALC"
        assert (results[f"{place}/n"].stat, results[f"{place}/N"].stat) == (n, 5)
        for stat, expected in zip(("ci_lower", "ci_upper"), limits, strict=True):
            reference.holds(
                f"{stat} of {n}/5",
                results[f"{place}/{stat}"].stat,
                expected,
                tolerance=1e-8,
                source=f"R 4.2.2, stats: binom.test({n}, 5)$conf.int",
            )


@pytest.mark.validates("progression_free_survival")
def test_progression_free_survival_follows_the_named_rules(results: Results, reference: Any) -> None:
    worked = {
        # By the FDA's table A: A3 censored before new therapy, B1 before missed assessments; B4 on the first day.
        "pfs.fda": {"A1": (225, 0), "A2": (169, 1), "A3": (113, 1), "A4": (113, 0), "A5": (57, 0),
                    "B1": (113, 1), "B2": (57, 0), "B3": (57, 0), "B4": (1, 1), "B5": (31, 0)},
        # By the EMA's appendix: B1 progressed on day 401.
        "pfs.ema": {"A1": (225, 0), "A2": (169, 1), "A3": (113, 1), "A4": (113, 0), "A5": (57, 0),
                    "B1": (401, 0), "B2": (57, 0), "B3": (57, 0), "B4": (1, 1), "B5": (31, 0)},
    }  # fmt: skip
    for analysis, expected in worked.items():
        unit = 7 if analysis == "pfs.ema" else 1
        for id, (days, censored) in expected.items():
            time, censor = times(results, analysis)[id]
            assert censor == censored, id
            reference.holds(
                f"days of {id}, {analysis}",
                None if time is None else time * unit,
                days,
                tolerance=1e-9,
                source="by hand: FDA 2018, appendix 3, table A; EMA/CHMP/27994/2008/Rev.1",
            )
    assert results["pfs.fda/USUBJID=A3/EVNTDESC/value"].stat_text == "New anticancer therapy before the event"
    # Kaplan-Meier by hand, arm A, FDA: events on 57, 113 (2 at 113: one event, one censored), 225.
    assert results["pfs.fda/TRT01P=A/AVAL=57/survival"].stat == pytest.approx(4 / 5)
    assert results["pfs.fda/TRT01P=A/AVAL=113/survival"].stat == pytest.approx(4 / 5 * 3 / 4)
    assert results["pfs.fda/TRT01P=A/AVAL/median"].stat == 225


@pytest.mark.validates("duration_of_response", "overall_survival")
def test_duration_of_response_and_survival_are_those_worked_by_hand(results: Results, reference: Any) -> None:
    # From the first response on day 57 to the end of progression-free survival.
    expected = {
        "dor": {"A1": (169, 0), "A2": (113, 1), "B1": (57, 1)},
        "os": {"A1": (301, 0), "B5": (31, 0), "B2": (366, 1)},
    }
    for analysis, worked in expected.items():
        found = times(results, analysis)
        for id, (days, censored) in worked.items():
            assert found[id][1] == censored
            reference.holds(
                f"days of {id}, {analysis}",
                found[id][0],
                days,
                tolerance=0,
                source="by hand: RECIST 1.1, section 4.6.2; date of death",
            )
    assert set(times(results, "dor")) == {"A1", "A2", "B1"}


@pytest.mark.validates("progression_free_survival")
def test_derived_times_are_handed_to_other_methods(results: Results, reference: Any) -> None:
    # R 4.2.2, survival 3.5.3: exp(coef(coxph(Surv(t, e) ~ a))), Efron, of the ten times under the EMA's rules:
    # t = c(225,169,113,113,57,401,57,57,1,31), e = c(1,0,0,1,1,1,1,1,0,1), a = c(1,1,1,1,1,0,0,0,0,0).
    reference.holds(
        "hazard ratio A / B of the ten times, EMA",
        results["pfs.cox/TRT01P=A %2F B/AVAL/hazard_ratio"].stat,
        0.5346810252,
        tolerance=1e-9,
        source="R 4.2.2, survival 3.5.3: coxph(Surv(t, e) ~ a)",
    )
    assert results["pfs.logrank/TRT01P=A/AVAL/events"].stat == 3
    assert "pfs.cox/USUBJID=A1/AVAL/value" not in results


def test_a_plan_makes_the_table_the_curves_and_the_swimmer_plot(results: Results) -> None:
    table, curves, swimmer = compose(parse_plan(PLAN), results)

    assert isinstance(table, Table)
    rows = {row.label.text.strip(): [cell.text.strip() for cell in row.cells] for row in table.rows}
    assert rows["CR"] == ["1 ( 20%)", "0 (  0%)"]
    assert rows["Objective response rate"] == ["2 ( 40%)", "1 ( 20%)"]
    assert rows["95% CI"] == ["5.3, 85.3", "0.5, 71.6"]
    assert rows["Median duration of response"] == ["169", "NE"]
    assert isinstance(curves, Figure)
    assert curves.series[0].x[:2] == (0.0, 57.0)
    assert isinstance(swimmer, Figure) and isinstance(swimmer.content, Lanes)
    assert [lane.subject for lane in swimmer.content.lanes][:2] == ["A1", "A2"]
    assert swimmer.content.lanes[0].events == ((57.0, 0), (225.0, 1))
    assert swimmer.content.events == ("Response", "Progression", "Death")


def test_nobody_without_a_start_is_silently_left_out() -> None:
    starts = pl.Series([None, *[START] * 9], dtype=pl.Date)
    results = analyze(parse_plan(PLAN), datasets(RANDDT=starts))

    warning = results["pfs.fda/TRT01P=A/AVAL/n"].warnings
    assert warning == "subjects without a date on which the time at risk starts, left out: 1"
    assert results["bor/TRT01P=A/BOR=NE/n"].stat == 1
    assert "left out: 1" in results["orr/TRT01P=A/AVALC/n"].warnings


def test_dates_that_cannot_be_used_are_said() -> None:
    data = datasets(DTHDT=pl.Series([START - timedelta(days=1), *[None] * 9], dtype=pl.Date))
    responses = data["ADRS"].frame
    undated = responses.with_columns(ADT=pl.when(pl.int_range(pl.len()) < 2).then(None).otherwise(pl.col("ADT")))

    results = analyze(parse_plan(PLAN), {**data, "ADRS": Dataset(name="ADRS", frame=undated)})

    death = "deaths before the time at risk starts, not counted: 1"
    lost = "assessments without a date, left out: 2"
    assert results["bor/TRT01P=A/BOR=NE/n"].warnings == lost
    assert results["pfs.ema/TRT01P=A/AVAL/n"].warnings == f"{death}\n{lost}"
    assert death in results["os/TRT01P=A/AVAL/n"].warnings


def test_an_arm_without_subjects_has_no_rate() -> None:
    results = analyze(parse_plan(PLAN.replace("levels: [A, B]", "levels: [A, B, C]")), datasets())

    assert results["orr/TRT01P=C/AVALC/p"].stat_text == "NE"
    assert results["orr/TRT01P=C/AVALC/p"].warnings == "no subjects with TRT01P = C"
    assert results["pfs.fda/TRT01P=C/AVAL/median"].stat_text == "NE"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{rules: ema, unit: weeks}", "{unit: weeks}", "does not say by which rules times are censored"),
        ("assessment_days: 56, ", "", "the rules of the FDA censor events after missed assessments"),
        ("estimate: logrank", "estimate: ancova", "'ancova' is no method for times to an event"),
        (
            "estimate: logrank",
            "estimate: logrank, estimate_options: {strat: [A]}",
            "estimate_options of logrank: strat",
        ),
        ("estimate: logrank", "estimate: logrank, estimate_options: {censor: C}", "take 'censor' out"),
    ],
)
def test_what_a_plan_gets_wrong_is_said(old: str, new: str, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        analyze(parse_plan(PLAN.replace(old, new)), datasets())


def test_data_that_do_not_fit_are_named() -> None:
    texts = pl.Series(["2024-01-01"] * 10)
    with pytest.raises(VariableTypeError, match="RANDDT"):
        analyze(parse_plan(PLAN), datasets(RANDDT=texts))
    with pytest.raises(MissingVariableError, match="TRTSDT"):
        analyze(parse_plan(PLAN.replace("{new_therapy: NEWTRTDT}", "{start: TRTSDT}")), datasets())
    sums = datasets()
    strange = sums["ADRS"].frame.with_columns(AVALC=pl.lit("35 mm"))
    with pytest.raises(DataError, match="no responses of RECIST"):
        analyze(parse_plan(PLAN), {**sums, "ADRS": Dataset(name="ADRS", frame=strange)})


@pytest.mark.parametrize(
    ("result", "count"),
    [
        ("bor/TRT01P=A/BOR=SD/n", 12),
        ("bor/USUBJID=A1/BOR/value", 4),
        ("pfs.fda/TRT01P=A/AVAL/median", 12),
        ("pfs.cox/TRT01P=A %2F B/AVAL/hazard_ratio", 19),
    ],
)
def test_a_result_is_traced_to_the_assessments_behind_it(results: Results, result: str, count: int) -> None:
    assert trace(result, parse_plan(PLAN), datasets(), results).rows.height == count
