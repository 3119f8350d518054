"""Reading a plan: what comes out, and where each mistake is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialwright.analysis import AnalysisPlan, parse_plan, read_plan
from trialwright.analysis.methods.specs import METHOD_SPECS
from trialwright.analysis.plan import Level
from trialwright.errors import PlanError
from trialwright.marked_yaml import parse_yaml

PLAN = """\
plan: {title: A trial, alpha: 0.05}
analysis_sets:
  itt: {label: Intent-to-Treat, condition: "ITTFL = 'Y'"}
groupings:
  treatment:
    variable: TRT01P
    reference: Placebo
    total: Total
    levels: [Placebo, {value: High, label: "High\\nDose"}]
  dose: {variable: TRTPN, levels: [0, 54.0]}
analyses:
  age: {method: descriptive, dataset: ADSL, population: itt, variables: AGE, by: treatment, purpose: demographics}
  adas:
    method: ancova
    dataset: ADADAS
    population: itt
    where: "PARAMCD = 'ACTOT' and AVISITN = 24"
    variables: [CHG]
    by: [treatment]
    options: {covariates: [BASE], weights: observed, contrasts: [[High, Placebo]]}
    endpoint: Endpoint_1
displays: {}
"""


def test_a_plan_is_read_as_it_is_written() -> None:
    plan = parse_plan(PLAN)
    assert isinstance(plan, AnalysisPlan)
    assert (plan.title, plan.alpha, plan.subject_dataset) == ("A trial", 0.05, "ADSL")
    assert plan.analysis_sets["itt"].condition == "ITTFL = 'Y'"
    assert plan.groupings["treatment"].levels == (
        Level(value="Placebo", label="Placebo"),
        Level(value="High", label="High\nDose"),
    )
    assert [level.value for level in plan.groupings["dose"].levels] == ["0", "54.0"]
    adas = plan.analyses["adas"]
    assert adas.options == {"covariates": ("BASE",), "weights": "observed", "contrasts": (("High", "Placebo"),)}
    assert (adas.variables, adas.by, adas.endpoint) == (("CHG",), ("treatment",), "Endpoint_1")
    assert len(plan.digest) == 64


def test_the_digest_is_of_the_text() -> None:
    assert parse_plan(PLAN).digest == parse_plan(PLAN).digest != parse_plan(PLAN + "# changed\n").digest


#: Stands in a replaced text where the error must point.
HERE = "⌖"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        # One mistake each: what is replaced, by what, and what is said.
        ("alpha: 0.05", "alpha: ⌖2", "this must be less than 1"),
        ("alpha: 0.05", "alpha: ⌖high", "valid number"),
        ("plan: {title: A trial,", "plan: ⌖{", "'title' is missing"),
        ("plan: {title", "⌖extra: {}\nplan: {title", "no section 'extra'"),
        ("ITTFL = 'Y'", "ITTFL ⌖== 'Y'", "one ="),
        ("condition:", "⌖conditions:", "'conditions' is not known here. Known are: label, condition"),
        ("reference: Placebo", "reference: ⌖Plac", "'Plac' is none of the levels: Placebo, High"),
        ("total: Total", "total: ⌖High", "Give it another name"),
        ("[0, 54.0]", "[0, ⌖0]", "a second time"),
        ("[0, 54.0]", "⌖[]", "this must have at least 1 item"),
        ("[0, 54.0]", "[0, ⌖[1]]", "valid string"),
        ("method: descriptive", "method: ⌖descriptve", "no method 'descriptve'. There are: count, descriptive"),
        ("population: itt, var", "population: ⌖safety, var", "no analysis set 'safety'. There are: itt"),
        ("by: treatment,", "by: ⌖arm,", "no grouping 'arm'. There are: dose, treatment"),
        ("dataset: ADSL", "dataset: ⌖adsl.xpt", "'adsl.xpt' is no name of a dataset"),
        ("variables: AGE", "variables: ⌖[]", "at least 1"),
        ("variables: AGE", "variables: ⌖8AGE", "the name of a variable"),
        ("purpose: demographics", "purpose: ⌖demography", "no purpose. Known are: analysis_sets"),
        ("AVISITN = 24", "AVISITN = ⌖'24", "no closing quote"),
        ("covariates: [BASE]", "⌖covariate: [BASE]", "'covariate' is not known here. Known are: conf_level"),
        ("weights: observed", "weights: ⌖om", "'observed' or 'equal'"),
        ("[[High, Placebo]]", "[[High, ⌖Low]]", "'Low' is no level of treatment. Its levels are: Placebo, High"),
        ("[[High, Placebo]]", "[⌖[High]]", "at least 2"),
        ("    method: ancova\n", "    ⌖method: anova\n", "compares the levels of a grouping: name it under 'by'"),
        ("  adas:\n", "  ⌖population.itt:\n", "those of the analysis sets' sizes"),
        ("  adas:\n", "  ⌖age:\n", "'age' stands here a second time (first in line 12)"),
        ("variables: AGE", "variables: ⌖[AGE, AGE]", "AGE is analysed twice"),
        ("by: treatment,", "by: ⌖[treatment, treatment],", "two groupings part the records by TRT01P"),
        ("options: {covariates: [BASE]", "options: ⌖{covariates: [BASE, BASE]", "BASE is a term of the model twice"),
        ("options: {covariates: [BASE]", "options: ⌖{factors: [TRT01P]", "TRT01P is a term of the model twice"),
        ("options: {covariates: [BASE]", "options: ⌖{covariates: [CHG]", "CHG is both response and term"),
        (
            "options: {covariates: [BASE], weights: observed, contrasts: [[High, Placebo]]",
            "options: ⌖{contrasts: [[High, High]]",
            "High is compared with itself",
        ),
        (
            "options: {covariates: [BASE], weights: observed, contrasts: [[High, Placebo]]",
            "options: ⌖{contrasts: [[High, Placebo], [High, Placebo]]",
            "the comparison High - Placebo stands here twice",
        ),
        ("displays: {}", "displays: {t1: {kind: ⌖tabel}}", "no kind of display"),
        ("displays: {}", "displays: ⌖[]", "mapping"),
        ("label: Intent-to-Treat", "label: @⌖", "no YAML"),
    ],
)
def test_each_mistake_is_reported_at_its_line_and_column(old: str, new: str, message: str) -> None:
    if "name it under" in message:
        text = PLAN.replace("    by: [treatment]\n", "").replace(", contrasts: [[High, Placebo]]", "")
        text = text.replace("    options: {covariates: [BASE], weights: observed}\n", "").replace(old, new, 1)
    else:
        text = PLAN.replace(old, new, 1)
    before, after = text.split(HERE)
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    with pytest.raises(PlanError) as caught:
        parse_plan(before + after, file="plan.yaml")
    if message == "no YAML":
        column -= 1  # the sign that begins no token
    reported = str(caught.value).splitlines()
    assert len(reported) == 1
    assert reported[0].startswith(f"plan.yaml, line {line}, column {column}: ")
    assert message in reported[0]


@pytest.mark.parametrize("method", METHOD_SPECS)
def test_an_analysis_without_options_is_read_or_told_which_it_needs(method: str) -> None:
    sets = "analysis_sets: {all: {label: All}}"
    groupings = "groupings: {arm: {variable: ARM, reference: P, levels: [P, A]}}"
    text = (
        f"plan: {{title: Small}}\n{sets}\n{groupings}\n"
        f"analyses:\n  a: {{method: {method}, dataset: ADSL, population: all, variables: [AVAL], by: [arm]}}\n"
    )
    required = [name for name, info in METHOD_SPECS[method].options.model_fields.items() if info.is_required()]
    if not required:
        try:
            parse_plan(text)
        except PlanError as error:
            assert "line 5, column" in str(error)
        return
    with pytest.raises(PlanError, match=rf"line 5, column 15: {method} needs options; .*{required[0]}"):
        parse_plan(text)


def test_a_display_that_names_an_unknown_analysis_is_reported_at_its_place() -> None:
    display = (
        "displays:\n"
        "  t1:\n"
        "    kind: table\n"
        "    title: Age\n"
        "    columns: [{by: treatment}]\n"
        "    rows: [{label: Mean, analysis: agee, show: '{mean:5.1}'}]\n"
    )
    with pytest.raises(PlanError, match="agee") as caught:
        parse_plan(PLAN.replace("displays: {}\n", display), file="plan.yaml")
    assert str(caught.value).startswith("plan.yaml, line 27, column ")


def test_all_mistakes_are_reported_together_in_the_order_of_the_file() -> None:
    broken = PLAN.replace("weights: observed", "weights: om").replace("ITTFL = 'Y'", "ITTFL == 'Y'")
    with pytest.raises(PlanError) as caught:
        parse_plan(broken.replace("by: treatment,", "by: arm,"))
    lines = [int(line.split(", ")[1].removeprefix("line ")) for line in str(caught.value).splitlines()]
    assert lines == [3, 12, 20]


@pytest.mark.parametrize("name", ["plan", "analysis_sets", "analyses"])
def test_a_section_that_a_plan_must_have_is_missed(name: str) -> None:
    kept = {"plan": "plan: {title: T}\n", "analysis_sets": "analysis_sets: {}\n", "analyses": "analyses: {}\n"}
    del kept[name]
    with pytest.raises(PlanError, match=f"the section '{name}' is missing"):
        parse_plan("".join(kept.values()))


def test_a_file_is_named_in_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    with pytest.raises(PlanError, match="There is no analysis plan at"):
        read_plan(path)
    path.write_text(PLAN)
    assert read_plan(path).title == "A trial"
    path.write_bytes(b"plan: {title: \xff}")
    with pytest.raises(PlanError, match="UTF-8"):
        read_plan(path)
    path.write_text("")
    with pytest.raises(PlanError, match="the file is empty"):
        read_plan(path)
    path.write_text("- a list")
    with pytest.raises(PlanError, match="a plan is a mapping"):
        read_plan(path)


def test_scalars_follow_yaml_1_2() -> None:
    plain = parse_yaml("{a: No, b: off, c: 14:30, d: 010, e: 2014-01-02, f: true, g: null, h: 1.50, i: '8'}").plain()
    assert plain == {
        "a": "No",
        "b": "off",
        "c": "14:30",
        "d": 10,
        "e": "2014-01-02",
        "f": True,
        "g": None,
        "h": 1.5,
        "i": "8",
    }


def test_a_number_that_names_something_keeps_its_spelling() -> None:
    plan = parse_plan(PLAN.replace("[0, 54.0]", "[{value: 1.50, label: 1.50}]"))
    assert plan.groupings["dose"].levels == (Level(value="1.50", label="1.50"),)


def test_anchors_and_merge_keys_work_and_what_stands_in_the_mapping_itself_wins() -> None:
    root = parse_yaml("base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}\nboth: {<<: [{x: 5}, *b]}")
    assert root["own"].plain() == {"x": 1, "y": 3}
    assert root["both"].plain() == {"x": 5, "y": 2}


def test_an_anchor_around_its_own_alias_is_an_error() -> None:
    with pytest.raises(PlanError, match=r"plan\.yaml: this is nested too deeply"):
        parse_plan(PLAN + "patterns: &loop {again: *loop}\n", file="plan.yaml")
