"""`simulate_trial` as a whole: reproducible, its components independent, fit for other studies, quick."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.rehearsal import (
    ActivityNames,
    ArmAssumption,
    Rehearsal,
    Scenario,
    ScenarioError,
    example_scenario,
    simulate_trial,
)
from trialwright.rehearsal.streams import Component, Streams
from trialwright.standards import Dataset, write_datasets
from trialwright.study import Study, example_study, read_usdm


def digests(domains: Mapping[str, Dataset], folder: Path) -> dict[str, str]:
    """SHA-256 of each domain's file."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in write_datasets(domains, folder)}


def arms_of(study: Study, kept: set[str]) -> Study:
    """The study with only these arms (by name), and their cells and elements."""
    tree: dict[str, Any] = study.to_json()
    design = tree["study"]["versions"][0]["studyDesigns"][0]
    design["arms"] = [arm for arm in design["arms"] if arm["name"] in kept]
    ids = {arm["id"] for arm in design["arms"]}
    design["studyCells"] = [cell for cell in design["studyCells"] if cell["armId"] in ids]
    needed = {element for cell in design["studyCells"] for element in cell["elementIds"]}
    design["elements"] = [element for element in design["elements"] if element["id"] in needed]
    return Study.of(tree)


def without(scenario: Scenario, arm: str) -> Scenario:
    """The scenario with an arm taken out wherever it is named."""
    assert scenario.adverse_events is not None
    assert scenario.laboratory is not None
    assert scenario.vital_signs is not None

    def rest(values: Mapping[str, float]) -> dict[str, float]:
        return {name: value for name, value in values.items() if name != arm}

    terms = tuple(replace(term, rate_by_arm=rest(term.rate_by_arm)) for term in scenario.adverse_events.terms)
    analytes = tuple(replace(one, drift_by_arm=rest(one.drift_by_arm)) for one in scenario.laboratory.analytes)
    tests = tuple(replace(one, shift_by_arm=rest(one.shift_by_arm)) for one in scenario.vital_signs.tests)
    return replace(
        scenario,
        arms={name: one for name, one in scenario.arms.items() if name != arm},
        adverse_events=replace(scenario.adverse_events, terms=terms),
        laboratory=replace(scenario.laboratory, analytes=analytes),
        vital_signs=replace(scenario.vital_signs, tests=tests),
    )


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    calm12: Study, scenario: Scenario, rehearsal: Rehearsal, tmp_path: Path
) -> None:
    again = simulate_trial(calm12, scenario, np.random.default_rng(20250113))
    other = simulate_trial(calm12, scenario, np.random.default_rng(20250114))
    first = digests(rehearsal.domains, tmp_path / "first")
    assert digests(again.domains, tmp_path / "again") == first
    differing = {name for name, digest in digests(other.domains, tmp_path / "other").items() if digest != first[name]}
    assert differing == {
        f"{name}.parquet" for name in ["dm", "ds", "ex", "sv", "dv", "ae", "cm", "mh", "vs", "lb", "qs"]
    }
    for name, truth in again.truth.items():
        assert truth.equals(rehearsal.truth[name])


def test_a_generator_gives_one_trial_after_another(calm12: Study, scenario: Scenario) -> None:
    rng = np.random.default_rng(3)
    small = replace(scenario, enrollment=replace(scenario.enrollment, target=12))
    first, second = simulate_trial(calm12, small, rng), simulate_trial(calm12, small, rng)
    assert first.domains["DM"].digest() != second.domains["DM"].digest()


OFF: Mapping[str, Callable[[Scenario], Scenario]] = {
    "dropout": lambda scenario: replace(scenario, dropout=None),
    "adverse_events": lambda scenario: replace(scenario, adverse_events=None),
    "laboratory": lambda scenario: replace(scenario, laboratory=None),
    "vital_signs": lambda scenario: replace(scenario, vital_signs=None),
    "medical_history": lambda scenario: replace(scenario, medical_history=None),
    "efficacy": lambda scenario: replace(scenario, efficacy=None),
    "deviations": lambda scenario: replace(scenario, deviations=None),
}


def test_each_component_has_a_stream_of_its_own() -> None:
    streams = Streams(np.random.default_rng(1))
    first = {component: streams.of(component).random(4).tolist() for component in Component}
    assert len({tuple(draws) for draws in first.values()}) == len(Component)
    assert streams.of(Component.DROPOUT).random(4).tolist() == first[Component.DROPOUT]


def test_a_generator_without_a_seed_sequence_is_refused() -> None:
    with pytest.raises(TypeError, match="no SeedSequence"):
        # numpy takes any ISeedSequence, its stubs know SeedSequence only.
        Streams(np.random.Generator(np.random.MT19937(_OwnSeed())))  # type: ignore[arg-type]


class _OwnSeed(np.random.bit_generator.ISeedSequence):
    """A seed that cannot spawn."""

    def generate_state(self, n_words: int, dtype: object = np.uint32) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
        return np.arange(n_words, dtype=np.uint32)


@pytest.mark.parametrize("component", list(OFF))
def test_switching_a_component_off_moves_no_other_draws(
    calm12: Study, scenario: Scenario, rehearsal: Rehearsal, component: str
) -> None:
    less = simulate_trial(calm12, OFF[component](scenario), np.random.default_rng(20250113))
    # Who takes part, in which arm, is the same.
    for name in ("USUBJID", "AGE", "SEX", "RACE", "ARM", "RFICDTC", "COUNTRY"):
        assert less.domains["DM"].frame[name].equals(rehearsal.domains["DM"].frame[name]), name
    # Every measurement that was made in both trials is the same; fewer or more may have been made.
    for name in ("VS", "LB", "QS"):
        if less.domains[name].frame.is_empty():
            continue
        keys = ["USUBJID", "VISITNUM", f"{name}TESTCD"]
        values = [*keys, f"{name}ORRES", f"{name}DTC"]
        both = less.domains[name].frame.select(values).join(rehearsal.domains[name].frame.select(values), on=keys)
        assert both.height > 0.8 * rehearsal.domains[name].frame.height
        assert both[f"{name}ORRES"].equals(both[f"{name}ORRES_right"])
        assert both[f"{name}DTC"].equals(both[f"{name}DTC_right"])
    # What would have happened had nobody left is the same altogether.
    for name in ("course", "adverse_events"):
        if name in less.truth:
            columns = [one for one in less.truth[name].columns if one not in ("ATTENDED", "REPORTED")]
            assert less.truth[name].select(columns).equals(rehearsal.truth[name].select(columns))


def test_the_truth_agrees_with_what_was_collected(rehearsal: Rehearsal) -> None:
    seen = rehearsal.truth["course"].filter(pl.col("ATTENDED"))
    rated = rehearsal.domains["QS"].frame.filter(pl.col("QSTESTCD") == "HAMATOT")
    joined = rated.join(seen, on=["USUBJID", "VISITNUM"], how="left")
    assert (joined["QSSTRESN"] == joined["TOTAL"]).all()
    reported = rehearsal.truth["adverse_events"].filter(pl.col("REPORTED"))
    fatal = rehearsal.domains["AE"].frame.filter(pl.col("AEOUT") == "FATAL").height
    assert reported.height == rehearsal.domains["AE"].frame.height - fatal


def test_the_trial_has_the_size_and_the_balance_that_were_planned(rehearsal: Rehearsal) -> None:
    subjects = rehearsal.domains["DM"].frame
    counts = dict(subjects.filter(pl.col("ARMCD").is_not_null()).group_by("ARMCD").len().iter_rows())
    assert sum(counts.values()) == 240
    # Two strata, blocks of at most 6: an incomplete block leaves an arm at most 2 ahead of another in each stratum.
    assert max(counts.values()) - min(counts.values()) <= 4


def test_everything_off_still_makes_a_trial(calm12: Study, scenario: Scenario) -> None:
    bare = replace(scenario, visits=None, screen_failure=None)
    for switch_off in OFF.values():
        bare = switch_off(bare)
    found = simulate_trial(calm12, bare, np.random.default_rng(1))
    subjects = found.domains["DM"].frame
    assert subjects.height == 240
    assert subjects["ARMNRS"].is_null().all()
    visits = found.domains["SV"].frame
    assert visits.height == 240 * 8
    assert (visits["SVSTDY"] == visits["VISITDY"]).all()
    for name in ("AE", "VS", "LB", "QS", "MH", "CM", "DV"):
        assert found.domains[name].frame.height == 0
        assert found.domains[name].frame.width > 5


def test_a_study_with_two_arms_can_be_rehearsed(calm12: Study, scenario: Scenario) -> None:
    study = arms_of(calm12, {"PBO", "HIGH"})
    found = simulate_trial(study, without(scenario, "TWX-101 10 mg"), np.random.default_rng(5))
    counts = dict(found.domains["DM"].frame.filter(pl.col("ARM").is_not_null()).group_by("ARM").len().iter_rows())
    assert set(counts) == {"Placebo", "TWX-101 30 mg"}
    assert abs(counts["Placebo"] - counts["TWX-101 30 mg"]) <= 4
    assert found.domains["TA"].frame["ARMCD"].unique().sort().to_list() == ["HIGH", "PBO"]


def test_an_unequal_ratio_is_kept(calm12: Study, scenario: Scenario) -> None:
    arms = {**scenario.arms, "TWX-101 30 mg": replace(scenario.arms["TWX-101 30 mg"], ratio=2)}
    found = simulate_trial(calm12, replace(scenario, arms=arms), np.random.default_rng(5))
    counts = dict(found.domains["DM"].frame.group_by("ARMCD").len().iter_rows())
    assert abs(counts["HIGH"] - 120) <= 4
    assert abs(counts["PBO"] - 60) <= 4


def test_an_arm_that_the_scenario_lacks_is_named(calm12: Study, scenario: Scenario) -> None:
    with pytest.raises(ScenarioError, match="says nothing of the arm 'TWX-101 10 mg'"):
        simulate_trial(calm12, without(scenario, "TWX-101 10 mg"), np.random.default_rng(1))


def test_an_arm_that_the_study_lacks_is_named(calm12: Study, scenario: Scenario) -> None:
    with pytest.raises(ScenarioError, match="names the arm 'TWX-101 10 mg', which the study does not have"):
        simulate_trial(arms_of(calm12, {"PBO", "HIGH"}), scenario, np.random.default_rng(1))


def test_an_activity_that_no_visit_has_is_named(calm12: Study, scenario: Scenario) -> None:
    wrong = replace(scenario, activities=replace(scenario.activities, laboratory="Bloods"))
    with pytest.raises(ScenarioError, match=r"activities\.laboratory is 'Bloods', which no visit of the study has"):
        simulate_trial(calm12, wrong, np.random.default_rng(1))


def test_a_region_without_population_is_named(calm12: Study, scenario: Scenario) -> None:
    wrong = replace(scenario, population=replace(scenario.population, races={"Europe": {"WHITE": 1.0}}))
    with pytest.raises(ScenarioError, match="says nothing of the region 'North America'"):
        simulate_trial(calm12, wrong, np.random.default_rng(1))


def test_a_trial_that_never_fills_is_an_error(calm12: Study, scenario: Scenario) -> None:
    slow = replace(scenario, enrollment=replace(scenario.enrollment, rate_per_month=0.001))
    with pytest.raises(ScenarioError, match="takes more than 20 years"):
        simulate_trial(calm12, slow, np.random.default_rng(1))


def test_the_pilot_can_be_rehearsed_from_its_definition(shared: Path, scenario: Scenario) -> None:
    study = read_usdm(shared / "data" / "usdm" / "CDISC_Pilot_Study.json")
    plan = replace(
        scenario,
        activities=ActivityNames(
            randomization="Patient randomised",
            dispensing="Study drug record , Medications dispensed, Medications returned",
            accountability=None,
            efficacy="ADAS-Cog",
            laboratory="Chemistry",
            vital_signs="Vital Signs and Temperature",
            medical_history="Medical history",
        ),
        arms={
            "Placebo": ArmAssumption(treatment="PLACEBO", dose_mg=0, code="Pbo"),
            "Xanomeline Low Dose": ArmAssumption(treatment="XANOMELINE", dose_mg=54, code="Xan_Lo"),
            "Xanomeline High Dose": ArmAssumption(treatment="XANOMELINE", dose_mg=81, code="Xan_Hi"),
        },
        adverse_events=None,
        laboratory=None,
        vital_signs=None,
    )
    found = simulate_trial(study, plan, np.random.default_rng(1))
    assert found.domains["DM"].frame["ARMCD"].drop_nulls().len() == 300
    assert found.domains["TV"].frame.height == 16
    visits = found.domains["QS"].frame["VISIT"].unique().to_list()
    assert sorted(visits) == ["Baseline", "Screening 1", "Week 16", "Week 24", "Week 8"]


#: Not fixtures: hypothesis prints the arguments of a test.
CALM12, AS_PLANNED = example_study(), example_scenario()


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**63),
    target=st.integers(1, 25),
    rates=st.tuples(*[st.floats(0, 6)] * 4),
    not_treated=st.floats(0, 1),
    missed=st.floats(0, 0.95),
    out_of_window=st.floats(0, 1),
    out_of_window_days=st.floats(0.5, 60),
    failure=st.floats(0, 0.8),
)
def test_whatever_the_assumptions_nothing_happens_outside_participation(
    seed: int,
    target: int,
    rates: tuple[float, float, float, float],
    not_treated: float,
    missed: float,
    out_of_window: float,
    out_of_window_days: float,
    failure: float,
) -> None:
    scenario = AS_PLANNED
    assert scenario.dropout is not None
    assert scenario.visits is not None
    assert scenario.screen_failure is not None
    withdrawal, lost, lack, death = rates
    assumed = replace(
        scenario,
        enrollment=replace(scenario.enrollment, target=target),
        screen_failure=replace(scenario.screen_failure, probability=failure),
        dropout=replace(
            scenario.dropout,
            withdrawal=withdrawal,
            lost_to_follow_up=lost,
            lack_of_efficacy=lack,
            death=death,
            not_treated=not_treated,
        ),
        visits=replace(
            scenario.visits, missed=missed, out_of_window=out_of_window, out_of_window_days=out_of_window_days
        ),
    )
    found = simulate_trial(CALM12, assumed, np.random.default_rng(seed))
    subjects = found.domains["DM"].frame.select("USUBJID", "RFICDTC", "RFXSTDTC", "RFXENDTC", "RFPENDTC", "DTHDTC")
    assert subjects.select((pl.col("RFXSTDTC") <= pl.col("RFXENDTC")).all()).item() is not False
    assert subjects.select((pl.col("RFXENDTC") <= pl.col("RFPENDTC")).all()).item() is not False
    assert subjects.filter(pl.col("DTHDTC") != pl.col("RFPENDTC")).height == 0
    dates = {
        "DS": "DSSTDTC",
        "SV": "SVSTDTC",
        "AE": "AESTDTC",
        "EX": "EXENDTC",
        "VS": "VSDTC",
        "LB": "LBDTC",
        "QS": "QSDTC",
    }
    for name, date in dates.items():
        records = found.domains[name].frame.join(subjects, on="USUBJID")
        assert records.filter(pl.col(date) < pl.col("RFICDTC")).height == 0, name
        assert records.filter(pl.col(date) > pl.col("RFPENDTC")).height == 0, name
    steps = (
        found.domains["SV"]
        .frame.sort("USUBJID", "VISITNUM")
        .select(later=pl.col("SVSTDTC").str.to_date() > pl.col("SVSTDTC").str.to_date().shift(1).over("USUBJID"))
    )
    assert steps["later"].drop_nulls().all()
    assert found.domains["DS"].frame.filter(pl.col("DSDECOD") == "RANDOMIZED").height == target
