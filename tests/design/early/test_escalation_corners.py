"""What escalations refuse: levels and numbers of subjects that cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from trialwright.design.early import (
    CrmModel,
    EwocDesign,
    LogisticEscalation,
    LogisticPrior,
    compute_boin_design,
    compute_tite_weights,
    decide_crm,
    decide_logistic,
    select_dose,
    simulate_escalation,
)
from trialwright.errors import DesignError

TABLE = compute_boin_design(target=0.3).table
VAGUE = LogisticPrior(mean_log_alpha=0, sd_log_alpha=2, mean_log_beta=0, sd_log_beta=1)
MODEL = CrmModel(skeleton=(0.1, 0.2, 0.3), target=0.25)


@pytest.mark.parametrize("stop_at_n", [0, -3])
def test_a_number_that_stops_at_once_is_refused(stop_at_n: int) -> None:
    with pytest.raises(DesignError, match="stop_at_n must be a whole number of at least 1"):
        simulate_escalation(
            TABLE, toxicities=[0.1, 0.3], cohorts=3, cohort_size=3, rng=np.random.default_rng(1), stop_at_n=stop_at_n
        )
    with pytest.raises(DesignError, match="stop_at_n must be a whole number of at least 1"):
        decide_crm(MODEL, levels=[1], has_dlt=[False], stop_at_n=stop_at_n)


def test_parts_of_levels_and_subjects_are_refused() -> None:
    with pytest.raises(DesignError, match="start_level must be a whole number"):
        simulate_escalation(
            TABLE,
            toxicities=[0.1, 0.3],
            cohorts=3,
            cohort_size=3,
            rng=np.random.default_rng(1),
            start_level=1.5,  # type: ignore[arg-type]
        )
    with pytest.raises(DesignError, match="n of dose level 2 must be a whole number"):
        select_dose(TABLE, n=[3, 3.5], dlts=[0, 1])  # type: ignore[list-item]


@pytest.mark.parametrize("start_level", [0, 4])
def test_a_crm_starts_at_a_level_of_its_skeleton(start_level: int) -> None:
    with pytest.raises(DesignError, match="start_level must"):
        decide_crm(MODEL, levels=[], has_dlt=[], start_level=start_level)


def test_a_followup_that_is_no_number_is_refused() -> None:
    with pytest.raises(DesignError, match="followup must be 0 or more, got nan"):
        compute_tite_weights(followup=[10.0, float("nan")], has_dlt=[False, False], window=28.0)


def test_all_levels_toxic_ends_after_the_first_cohort() -> None:
    # By hand: three DLTs of three have P(p > 0.3) = 1 - 0.3^4 = 0.9919 > 0.95, which eliminates the lowest level.
    found = simulate_escalation(
        TABLE, toxicities=[1.0, 1.0], cohorts=5, cohort_size=3, rng=np.random.default_rng(1), trials=50
    )
    assert (found.none_selected, found.expected_n, found.expected_total) == (1.0, (3.0, 0.0), 3.0)


def test_a_range_of_doses_without_an_end_is_refused() -> None:
    with pytest.raises(DesignError, match="dose_min and dose_max must be finite"):
        EwocDesign(target=0.33, dose_min=0.0, dose_max=float("inf"))


def test_whole_numbers_of_numpy_are_whole_numbers() -> None:
    assert select_dose(TABLE, n=[np.int64(3)], dlts=[np.int64(0)]).level == 1  # type: ignore[list-item]


def test_logistic_escalation_begins_at_the_lowest_level_whatever_the_prior_says() -> None:
    design = LogisticEscalation(doses=(1.0, 2.0), reference=2.0, prior=VAGUE)

    assert decide_logistic(design, n=(0, 0), dlts=(0, 0)).level == 1
