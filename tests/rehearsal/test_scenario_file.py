"""Scenario files: what is wrong is said with file, line and column."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from trialwright.errors import TrialwrightError
from trialwright.rehearsal import Scenario, ScenarioError, ScreenFailure, example_scenario, read_scenario
from trialwright.study import example_path


def changed(folder: Path, old: str, new: str) -> tuple[Path, int]:
    """The example's scenario with one text replaced, and the line at which the change stands."""
    text = example_path("calm12", "scenario.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = folder / "scenario.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path, text[: text.index(old)].count("\n") + 1


def test_the_example_says_what_the_trial_assumes(scenario: Scenario) -> None:
    assert {name: arm.effect for name, arm in scenario.arms.items()} == {
        "Placebo": 0.0,
        "TWX-101 10 mg": -1.8,
        "TWX-101 30 mg": -3.8,
    }
    assert sum(country.sites for country in scenario.enrollment.countries) == 12
    assert {country.region for country in scenario.enrollment.countries} == {"North America", "Europe"}
    assert scenario.efficacy is not None
    assert scenario.efficacy.scale.maximum == 56


def test_reading_twice_gives_equal_scenarios(scenario: Scenario) -> None:
    assert example_scenario() == scenario


@pytest.mark.parametrize(
    ("old", "new", "column", "expected"),
    [
        ("  rate_per_month: 2.9 ", "  rate_per_mnth: 2.9 ", 3, "'rate_per_mnth' is not known"),
        ("  baseline_sd: 4.2", "  baseline_sd: wide", 16, "Found 'wide'"),
        ("  baseline_sd: 4.2", "  baseline_sd: -4.2", 16, "greater than 0"),
        ("  missed: 0.02", "  missed: 1.5", 11, "less than 1"),
        ("control_arm: Placebo", "control_arm: Placbo", 14, "'Placbo', but the arms of the scenario are: Placebo"),
        ("  start: 2025-01-13", "  start: soon", 10, "date"),
        ("block_sizes: [1, 2]", "block_sizes: [1, 0]", 18, "greater than or equal to 1"),
        (
            "rate_by_arm: {TWX-101 10 mg: 0.10, TWX-101 30 mg: 0.20}",
            "rate_by_arm: {TWX-101 10 mg: 0.10, TWX-101 40 mg: 0.20}",
            57,
            "'TWX-101 40 mg' is no arm of the scenario, whose arms are: Placebo, TWX-101 10 mg, TWX-101 30 mg",
        ),
        ("  age_minimum: 18", "  age_minimum: 70", 16, "must lie below age_maximum"),
    ],
)
def test_a_wrong_value_is_named_with_line_and_column(
    tmp_path: Path, old: str, new: str, column: int, expected: str
) -> None:
    path, line = changed(tmp_path, old, new)
    with pytest.raises(ScenarioError) as raised:
        read_scenario(path)
    assert f"{path}, line {line}, column {column}: " in str(raised.value)
    assert expected in str(raised.value)


def test_a_missing_key_is_named_with_its_place(tmp_path: Path) -> None:
    path, line = changed(tmp_path, "  age_mean: 41\n", "")
    with pytest.raises(ScenarioError, match=f"line {line}, column 3: the key 'age_mean' is missing"):
        read_scenario(path)


def test_all_problems_are_reported_together_in_the_order_of_the_file(tmp_path: Path) -> None:
    path, _ = changed(tmp_path, "  age_mean: 41\n", "  age_mean: old\n")
    text = path.read_text(encoding="utf-8").replace("  missed: 0.02", "  missed: often")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as raised:
        read_scenario(path)
    first, second = str(raised.value).splitlines()
    assert "'old'" in first
    assert "'often'" in second


def test_a_file_that_is_no_yaml_says_where(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text("arms: [\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="no YAML"):
        read_scenario(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="There is no file"):
        read_scenario(tmp_path / "nowhere.yaml")


def test_numbers_are_held_to_their_bounds_without_a_file_too(scenario: Scenario) -> None:
    with pytest.raises(ScenarioError, match=r"ScreenFailure.probability is 1.5, but must be below 1"):
        ScreenFailure(probability=1.5, reasons=())
    assert scenario.adverse_events is not None
    term = scenario.adverse_events.terms[0]
    with pytest.raises(ScenarioError, match=r"AdverseEventTerm.rate_by_arm.Placebo is -1, but must be at least 0"):
        replace(term, rate_by_arm={"Placebo": -1})


def test_a_scenario_error_is_one_of_ours() -> None:
    assert issubclass(ScenarioError, TrialwrightError)
