"""A plan in several files: what comes out, and in which file each mistake is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialwright.analysis import parse_plan, plan_parts, read_plan
from trialwright.errors import PlanError

PLAN = """\
plan: {title: A trial}
parts: [safety.yaml]
analysis_sets:
  itt: {label: Intent-to-Treat, condition: "ITTFL = 'Y'"}
groupings:
  treatment: {variable: TRT01P, levels: [Placebo, High]}
analyses:
  age: {method: descriptive, dataset: ADSL, population: itt, variables: AGE, by: treatment}
displays:
  patterns: {one: 1}
  "1": {kind: table, title: Age, columns: [{by: treatment}], rows: [{label: n, analysis: age, show: "{n}"}]}
"""
PART = """\
patterns:
  vital: &vital {method: descriptive, dataset: ADVS, population: safety, by: actual}
analysis_sets:
  safety: {label: Safety, condition: "SAFFL = 'Y'"}
groupings:
  actual: {variable: TRT01A, levels: [Placebo, High]}
analyses:
  pulse: {<<: *vital, variables: AVAL}
displays:
  patterns: {two: 2}
  "2": {kind: table, title: Pulse, columns: [{by: actual}], rows: [{label: n, analysis: pulse, show: "{n}"}]}
"""


def test_what_a_part_defines_stands_behind_what_the_plan_defines() -> None:
    plan = parse_plan(PLAN, parts={"safety.yaml": PART})
    assert list(plan.analysis_sets) == ["itt", "safety"]
    assert list(plan.groupings) == ["treatment", "actual"]
    assert list(plan.analyses) == ["age", "pulse"]
    assert plan.analyses["pulse"].dataset == "ADVS"
    assert list(plan.displays) == ["1", "2"]


def test_the_digest_covers_the_parts() -> None:
    first = parse_plan(PLAN, parts={"safety.yaml": PART}).digest
    assert first == parse_plan(PLAN, parts={"safety.yaml": PART}).digest
    assert first != parse_plan(PLAN, parts={"safety.yaml": PART + "# changed\n"}).digest


def test_a_part_may_hold_all_analyses_and_a_plan_may_have_several_parts() -> None:
    head = "plan: {title: T}\nparts: [a.yaml, more/b.yaml]\n"
    sets = "analysis_sets: {all: {label: All}}\nanalyses: {}\n"
    plan = parse_plan(
        head,
        parts={
            "a.yaml": sets,
            "more/b.yaml": "analyses: {age: {method: count, dataset: ADSL, population: all, variables: SEX}}\n",
        },
    )
    assert list(plan.analyses) == ["age"]


@pytest.mark.parametrize(
    ("section", "what", "first"),
    [
        ("analysis_sets: {itt: {label: Again}}", "analysis set 'itt'", "line 4, column 3"),
        ("groupings: {treatment: {variable: X, levels: [a]}}", "grouping 'treatment'", "line 6, column 3"),
        (
            "analyses: {age: {method: count, dataset: ADSL, population: itt, variables: SEX}}",
            "analysis 'age'",
            "line 8, column 3",
        ),
        ('displays: {"1": {kind: table}}', "display '1'", "line 11, column 3"),
    ],
)
def test_an_id_given_twice_names_both_files_and_lines(section: str, what: str, first: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(PLAN, file="study/plan.yaml", parts={"safety.yaml": f"# a comment\n{section}\n"})
    place = f"study/safety.yaml, line 2, column {section.index('{') + 2}: "
    assert str(caught.value) == (
        f"{place}the {what} is defined a second time: the first one is in study/plan.yaml, {first}."
    )


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            "plan: {title: B}\n",
            "safety.yaml, line 1, column 1: title and conventions stand in the plan itself",
        ),
        (
            "parts: [c.yaml]\n",
            "safety.yaml, line 1, column 1: a part has no parts of its own: name all of them",
        ),
        ("analyzes: {}\n", "safety.yaml, line 1, column 1: a plan has no section 'analyzes'"),
        ("- 1\n", "safety.yaml, line 1, column 1: a plan is a mapping"),
        ("analyses: [1]\n", "safety.yaml, line 1, column 11: 'analyses' must be a mapping"),
        ("analyses: {\n", "safety.yaml, line 2, column 1: this is no YAML"),
        ("", "safety.yaml, line 1, column 1: the file is empty"),
        (
            "analyses:\n  x: {method: count, dataset: ADSL, population: everybody, variables: SEX}\n",
            "safety.yaml, line 2, column 49: there is no analysis set 'everybody'",
        ),
        (
            'analyses:\n  x: {method: count, dataset: ADSL, population: itt, variables: SEX, where: "A == 1"}\n',
            "safety.yaml, line 2, column 80: the condition 'A == 1'",
        ),
    ],
)
def test_a_mistake_in_a_part_is_reported_there(part: str, message: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(PLAN, parts={"safety.yaml": part})
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("safety.yaml", "line 2, column 8: 'parts' must be a list of files"),
        ("[safety.txt]", "line 2, column 9: a part must be the name of a file that ends with .yaml"),
        ("[8]", "line 2, column 9: a part must be the name of a file"),
        ("[/etc/safety.yaml]", "line 2, column 9: the part '/etc/safety.yaml' must lie beside the plan or below it"),
        ("[../safety.yaml]", "line 2, column 9: the part '../safety.yaml' must lie beside the plan"),
        ("[safety.yaml, safety.yaml]", "line 2, column 22: the part 'safety.yaml' is named a second time"),
        ("[efficacy.yaml]", "line 2, column 9: the text of the part 'efficacy.yaml' is not given"),
    ],
)
def test_a_part_that_cannot_be_one_is_reported_where_it_is_named(named: str, message: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(PLAN.replace("[safety.yaml]", named), parts={"safety.yaml": PART})
    assert str(caught.value).startswith(f"plan.yaml, {message}")


def test_parts_are_files_beside_the_plan(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    assert plan_parts(path) == (tmp_path / "safety.yaml",)
    with pytest.raises(PlanError) as caught:
        read_plan(path)
    assert str(caught.value) == f"{path}, line 2, column 9: there is no file {tmp_path / 'safety.yaml'}."

    (tmp_path / "safety.yaml").write_text(PART)
    assert list(read_plan(path).analyses) == ["age", "pulse"]

    (tmp_path / "safety.yaml").write_bytes(b"\xff")
    with pytest.raises(PlanError, match="cannot be read as text in UTF-8"):
        read_plan(path)


def test_a_plan_that_cannot_be_read_has_no_parts_to_follow(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    assert plan_parts(path) == ()
    path.write_text("parts: [")
    assert plan_parts(path) == ()
    path.write_text("plan: {title: no others}")
    assert plan_parts(path) == ()
