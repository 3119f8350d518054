"""One rehearsal of the example study, shared by the tests that only look at it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trialwright.rehearsal import Rehearsal, Scenario, example_scenario, simulate_trial
from trialwright.study import Study, example_study


@pytest.fixture(scope="session")
def calm12() -> Study:
    return example_study()


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return example_scenario()


@pytest.fixture(scope="session")
def rehearsal(calm12: Study, scenario: Scenario) -> Rehearsal:
    return simulate_trial(calm12, scenario, np.random.default_rng(20250113))


@pytest.fixture(scope="session")
def harsh(calm12: Study, scenario: Scenario) -> Rehearsal:
    """A trial in which much goes wrong: many leave for every cause, die, are never treated or miss visits."""
    assert scenario.dropout is not None
    assert scenario.visits is not None
    assert scenario.adverse_events is not None
    troubled = replace(
        scenario,
        enrollment=replace(scenario.enrollment, target=400),
        dropout=replace(
            scenario.dropout,
            withdrawal=0.8,
            lost_to_follow_up=0.8,
            lack_of_efficacy=0.6,
            death=0.5,
            not_treated=0.05,
        ),
        visits=replace(scenario.visits, out_of_window=0.3, out_of_window_days=8.0, missed=0.2),
        adverse_events=replace(
            scenario.adverse_events, withdrawn={"MILD": 0.1, "MODERATE": 0.2, "SEVERE": 0.5}, frailty_shape=0.8
        ),
    )
    return simulate_trial(calm12, troubled, np.random.default_rng(7))
