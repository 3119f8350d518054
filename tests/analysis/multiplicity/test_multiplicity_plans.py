"""Multiple test procedures in a plan: they read the p-values of analyses above."""

from __future__ import annotations

import polars as pl
import pytest

from trialwright.analysis import analyze, parse_plan
from trialwright.analysis.tracing import trace
from trialwright.errors import PlanError
from trialwright.results import Results
from trialwright.standards.datasets import Dataset

HEAD = """
plan: {title: T}
analysis_sets: {all: {label: All}}
groupings: {arm: {variable: ARM, levels: [P, L, H], reference: P}}
analyses:
  score: {method: ancova, dataset: ADSL, population: all, variables: [CHG], by: [arm],
          options: {covariates: [BASE], contrasts: [[H, P], [L, P]]}}
  ranks: {method: wilcoxon, dataset: ADSL, population: all, variables: [CHG, BASE], by: [arm],
          options: {contrasts: [[H, P]]}}
  t: {method: t_test, dataset: ADSL, population: all, variables: [CHG], by: [arm], options: {contrasts: [[H, P]]}}
  rate: {method: poisson_regression, dataset: ADSL, population: all, variables: [N], by: [arm],
         options: {contrasts: [[H, P], [L, P]]}}
"""
RESULTS = "dataset: ADSL, population: all, variables: [USUBJID]"
DATA = {
    "ADSL": Dataset(
        name="ADSL",
        frame=pl.DataFrame(
            {
                "USUBJID": [f"S{number:02d}" for number in range(18)],
                "ARM": ["P", "L", "H"] * 6,
                "BASE": [20.0 + number % 7 for number in range(18)],
                "CHG": [
                    -1.0,
                    -3.0,
                    -6.0,
                    0.5,
                    -2.0,
                    -7.5,
                    1.0,
                    -2.5,
                    -5.0,
                    -0.5,
                    -4.0,
                    -8.0,
                    0.0,
                    -1.0,
                    -6.5,
                    2.0,
                    -3.5,
                    -5.5,
                ],
                "N": [3, 2, 0, 4, 1, 0, 2, 3, 0, 5, 2, 0, 3, 1, 0, 2, 2, 0],
            }
        ),
    )
}


def run(analysis: str) -> Results:
    return analyze(parse_plan(HEAD + f"  m: {{{analysis}}}\n"), DATA)


def test_contrasts_of_one_analysis_by_holm() -> None:
    hypotheses = "{H1: {analysis: score, contrast: [H, P]}, H2: {analysis: score, contrast: [L, P]}}"
    results = run(f"method: holm, {RESULTS}, options: {{hypotheses: {hypotheses}}}")
    raw = [results[f"score/ARM={pair}/CHG/p_value"].stat for pair in ("H - P", "L - P")]
    assert [results[f"m/{name}/p_value"].stat for name in ("H1", "H2")] == raw
    small, large = sorted(value for value in raw if value is not None)
    assert results["m/H1/p_adjusted"].stat == pytest.approx(2 * small)
    assert results["m/H2/p_adjusted"].stat == pytest.approx(max(2 * small, large))
    assert results["m/H1/rejected"].stat == 1
    assert results["m/H1/alpha_share"].stat == pytest.approx(0.025)


def test_a_test_without_contrast_is_that_over_all_groups_and_a_level_is_not_taken_for_it() -> None:
    hypotheses = "{K: {analysis: ranks, variable: CHG}, T: {analysis: t, contrast: [H, P]}}"
    results = run(f"method: fixed_sequence, {RESULTS}, options: {{hypotheses: {hypotheses}}}")
    assert results["m/K/p_value"].stat == results["ranks/CHG/p_value"].stat
    assert results["m/T/p_value"].stat == results["t/ARM=H - P/CHG/p_value"].stat
    with_level = "{T: {analysis: t, contrast: [H, P], variable: CHG, level: equal variances}}"
    results = run(f"method: fixed_sequence, {RESULTS}, options: {{hypotheses: {with_level}}}")
    assert results["m/T/p_value"].stat == results["t/ARM=H - P/CHG=equal variances/p_value"].stat


def test_a_p_value_that_is_not_estimable_is_not_rejected_and_holds_up_a_sequence() -> None:
    hypotheses = "{R: {analysis: rate, contrast: [H, P]}, S: {analysis: score, contrast: [H, P]}}"
    results = run(f"method: fixed_sequence, {RESULTS}, options: {{hypotheses: {hypotheses}}}")
    for name in ("p_value", "p_adjusted"):
        assert results[f"m/R/{name}"].stat_text == "NE"
    assert "no events with ARM = H" in results["m/R/p_value"].warnings
    assert [results[f"m/{name}/rejected"].stat for name in ("R", "S")] == [0, 0]
    assert results["m/S/p_adjusted"].stat == 1
    ratio = "{R: {analysis: rate, contrast: [L, P]}}"
    results = run(f"method: bonferroni, {RESULTS}, options: {{hypotheses: {ratio}}}")
    assert results["m/R/p_value"].stat == results["rate/ARM=L %2F P/N/p_value"].stat


@pytest.mark.parametrize(
    ("hypothesis", "said"),
    [
        ("{analysis: nothing}", "does not stand above it in the plan. Above it stand: score, ranks, t, rate"),
        ("{analysis: score, contrast: [H, L]}", "no result fits. There are: score/ARM=H - P/CHG/p_value"),
        ("{analysis: score}", "2 results fit: score/ARM/p_value, score/BASE/p_value"),
        ("{analysis: ranks, contrast: [H, P]}", "2 results fit"),
        ("{analysis: score, contrast: [H, P], statistic: p_valeu}", "no result fits. There are: none"),
    ],
)
def test_hypotheses_that_name_no_result_or_several_are_told(hypothesis: str, said: str) -> None:
    with pytest.raises(PlanError) as caught:
        run(f"method: hommel, {RESULTS}, options: {{hypotheses: {{H1: {hypothesis}}}}}")
    assert said in str(caught.value)
    assert "The hypothesis H1 of the analysis m" in str(caught.value)


def test_an_analysis_below_is_not_above() -> None:
    first = f"  m: {{method: holm, {RESULTS}, options: {{hypotheses: {{H1: {{analysis: t, contrast: [H, P]}}}}}}}}\n"
    text = HEAD.replace("analyses:\n", f"analyses:\n{first}")
    with pytest.raises(PlanError, match="Above it stand: none"):
        analyze(parse_plan(text), DATA)


def test_a_graph_and_what_becomes_of_it() -> None:
    hypotheses = "{H1: {analysis: score, contrast: [H, P]}, H2: {analysis: score, contrast: [L, P]}}"
    options = f"{{hypotheses: {hypotheses}, weights: {{H1: 1}}, transitions: {{H1: {{H2: 1}}, H2: {{H1: 1}}}}}}"
    results = run(f"method: graphical, {RESULTS}, options: {options}")
    assert results["m/graph=H1 -> H2/transition"].stat == 1
    assert [results[f"m/{name}/alpha_share"].stat for name in ("H1", "H2")] == [0.05, 0]
    assert results["m/H1/order"].stat == 1
    assert results["m/STEP=1/graph/rejected_hypothesis"].stat_text == "H1"
    assert results["m/STEP=1/H2/updated_alpha_share"].stat == pytest.approx(0.05)
    assert results["m/H2/alpha_last"].stat == pytest.approx(0.05)


def test_gates_of_families() -> None:
    hypotheses = (
        "{A: {analysis: score, contrast: [H, P]}, B: {analysis: score, contrast: [L, P]}, "
        "C: {analysis: t, contrast: [H, P]}, D: {analysis: rate, contrast: [L, P]}}"
    )
    families = "[{hypotheses: [A, B], procedure: holm, truncation: 0.5}, {hypotheses: [C, D], procedure: hochberg}]"
    for kind in ("serial", "parallel"):
        options = f"{{hypotheses: {hypotheses}, kind: {kind}, families: {families}}}"
        results = run(f"method: gatekeeping, {RESULTS}, options: {options}")
        assert results["m/A/order"].stat == 1
        assert results["m/C/order"].stat == 2
        for name in "ABCD":
            adjusted, raw = results[f"m/{name}/p_adjusted"].stat, results[f"m/{name}/p_value"].stat
            assert adjusted is not None
            assert raw is not None
            assert adjusted >= raw
            assert results[f"m/{name}/rejected"].stat == float(adjusted <= 0.05)


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        ("graphical", "weights: {X: 1}", "is none of the hypotheses"),
        ("graphical", "weights: {A: 1, B: 1}", "add up to more than 1"),
        ("graphical", "weights: {A: 1}, transitions: {A: {A: 1}}", "transition to itself"),
        ("graphical", "weights: {A: 1}, transitions: {A: {B: 0.7}, B: {A: 1.2}}", "less than or equal to 1"),
        ("gatekeeping", "kind: serial, families: [{hypotheses: [A]}, {hypotheses: [A]}]", "must be in one family"),
        ("holm", "weights: {A: 1}", "a weight for each"),
        ("holm", "weights: {A: 0, B: 1}", "greater than 0"),
    ],
)
def test_procedures_that_make_no_sense_are_told_with_their_place(method: str, options: str, said: str) -> None:
    hypotheses = "{A: {analysis: score, contrast: [H, P]}, B: {analysis: score, contrast: [L, P]}}"
    text = HEAD + f"  m: {{method: {method}, {RESULTS}, options: {{hypotheses: {hypotheses}, {options}}}}}\n"
    with pytest.raises(PlanError, match=said) as caught:
        parse_plan(text)
    assert "line 13" in str(caught.value)


def test_an_adjusted_p_value_is_traced_to_its_analysis() -> None:
    hypotheses = "{H1: {analysis: score, contrast: [H, P]}}"
    plan = parse_plan(HEAD + f"  m: {{method: holm, {RESULTS}, options: {{hypotheses: {hypotheses}}}}}\n")
    results = analyze(plan, DATA)
    found = trace("m/H1/p_adjusted", plan, DATA, results)
    assert found.analysis.id == "m"
    assert found.rows.height == 0
    assert trace("score/ARM=H - P/CHG/p_value", plan, DATA, results).rows.height == 18
