"""Operating characteristics against rpact 3.3.4's getSimulationSurvival (R 4), 50,000 simulated trials each.

Both sides have Monte Carlo error: they agree within three standard errors of the difference.

    design <- getDesignGroupSequential(kMax = 3, alpha = 0.025, sided = 1, typeOfDesign = "asOF",
        informationRates = c(0.5, 0.75, 1)[, futilityBounds = c(0, 0.5)])
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.validation import References

from trialwright.design.simulation import (
    Accrual,
    Allocation,
    Boundaries,
    Estimate,
    Look,
    OperatingCharacteristics,
    PiecewiseRate,
    TimeToEvent,
    TrialPlan,
    compute_operating_characteristics,
    constant_rate,
    hazard_of_median,
    proportional_hazard,
    simulate_trials,
)

TRIALS = 20_000
RPACT_TRIALS = 50_000
EFFICACY = (2.96258804, 2.35901771, 2.01408368)


def hold(reference: References, what: str, ours: Estimate, theirs: float, source: str) -> None:
    """Within three standard errors of the difference: rpact's error is as ours, with its number of trials."""
    assert ours.standard_error is not None
    error = ours.standard_error * math.sqrt(1 + TRIALS / RPACT_TRIALS)
    reference.holds(f"{what}, {TRIALS} trials", ours.value, theirs, tolerance=3 * error + 1e-9, source=source)


def look_by_look(
    reference: References, result: OperatingCharacteristics, theirs: dict[str, list[float]], source: str
) -> None:
    for number, look in enumerate(result.looks):
        hold(reference, f"rejection at look {number + 1}", look.first_rejection, theirs["reject"][number], source)
        if number < 2 and "futile" in theirs:
            hold(reference, f"futility at look {number + 1}", look.futilities[0], theirs["futile"][number], source)


@pytest.mark.validates("design.simulation")
def test_proportional_hazards(reference: References) -> None:
    source = (
        "rpact 3.3.4, getSimulationSurvival(design, directionUpper = FALSE, lambda2 = log(2)/12, hazardRatio = 0.7, "
        "accrualTime = c(0, 20), accrualIntensity = 25, plannedEvents = c(150, 225, 300), "
        "maxNumberOfIterations = 50000, seed = 2026)"
    )
    control = hazard_of_median(12)
    plan = TrialPlan(
        accrual=Accrual(subjects=500, rate=constant_rate(25), arrivals="even"),
        outcome=TimeToEvent(hazards=(control, proportional_hazard(control, hazard_ratio=0.7))),
        looks=tuple(Look(observed=events) for events in (150, 225, 300)),
    )
    simulated = simulate_trials(plan, trials=TRIALS, rng=np.random.default_rng(201))
    result = compute_operating_characteristics(simulated, Boundaries(efficacy=EFFICACY))
    hold(reference, "power, hazard ratio 0.7", result.power, 0.861420, source)
    look_by_look(reference, result, {"reject": [0.214440, 0.411960, 0.235020]}, source)
    hold(reference, "expected events", result.expected_observed, 236.937, source)
    hold(reference, "expected duration", result.expected_time, 24.462228, source)
    # rpact averages the times of looks over the trials that reach them, as we do.
    for number, time in enumerate((17.975426, 23.093868, 29.644936)):
        hold(reference, f"time of look {number + 1}", result.looks[number].time, time, source)
    hold(reference, "subjects at look 1", result.looks[0].subjects, 448.881720, source)


@pytest.mark.validates("design.simulation")
def test_delayed_effect_dropouts_futility_and_two_to_one(reference: References) -> None:
    source = (
        "rpact 3.3.4, getSimulationSurvival(design with futilityBounds, directionUpper = FALSE, "
        "piecewiseSurvivalTime = c(0, 4), lambda2 = c(0.06, 0.04), lambda1 = c(0.06, 0.024), allocation1 = 2, "
        "allocation2 = 1, accrualTime = c(0, 6, 24), accrualIntensity = c(10, 20), dropoutRate1 = 0.05, "
        "dropoutRate2 = 0.1, dropoutTime = 12, plannedEvents = c(120, 180, 240), "
        "maxNumberOfIterations = 50000, seed = 2027)"
    )
    control = PiecewiseRate(rates=(0.06, 0.04), changes=(4.0,))
    plan = TrialPlan(
        accrual=Accrual(subjects=420, rate=PiecewiseRate(rates=(10, 20), changes=(6,)), arrivals="even"),
        # The control first: one control subject per two experimental ones.
        allocation=Allocation(weights=(1, 2)),
        outcome=TimeToEvent(
            hazards=(control, proportional_hazard(control, hazard_ratio=0.6, delay=4.0)),
            dropout_hazards=tuple(constant_rate(-math.log(1 - share) / 12) for share in (0.1, 0.05)),
        ),
        looks=tuple(Look(observed=events) for events in (120, 180, 240)),
    )
    simulated = simulate_trials(plan, trials=TRIALS, rng=np.random.default_rng(202))
    result = compute_operating_characteristics(simulated, Boundaries(efficacy=EFFICACY, futility=(0.0, 0.5, None)))
    hold(reference, "power, effect after 4 months", result.power, 0.622480, source)
    theirs = {"reject": [0.032080, 0.229860, 0.360540], "futile": [0.150560, 0.039720]}
    look_by_look(reference, result, theirs, source)
    hold(reference, "expected events", result.expected_observed, 201.908420, source)
    hold(reference, "expected subjects", result.expected_subjects, 414.167110, source)
    hold(reference, "expected duration", result.expected_time, 35.265013, source)
    for number, time in enumerate((22.446621, 30.023537, 42.059784)):
        hold(reference, f"time of look {number + 1}", result.looks[number].time, time, source)
