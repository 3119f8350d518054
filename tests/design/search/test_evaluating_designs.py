"""How designs behave, against closed forms: power, size, duration, cost, enrollment, probability of success."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats
from tests.design.search.definitions import normal_definition, normal_scenario, survival_definition
from tests.validation import References

from trialwright.design.definition import EffectPrior, SiteGroup, TrialDesign
from trialwright.design.definition.planning import accrual_rate
from trialwright.design.search import (
    DesignEvaluation,
    compare_designs,
    compute_probability_of_success,
    evaluate_design,
)
from trialwright.design.search.costs import Quantities, compute_costs
from trialwright.design.search.forecast import forecast_enrollment
from trialwright.design.sequential import (
    HwangShihDeCani,
    LanDeMetsOBrienFleming,
    compute_group_sequential_design,
    compute_operating_characteristics,
)
from trialwright.design.simulation import Accrual, Estimate, PiecewiseRate
from trialwright.design.simulation.forecasting import simulate_enrollment
from trialwright.errors import DesignError
from trialwright.execution import Threads

TRIALS = 4_000
SIMULATED = f"{TRIALS:,} trials, seed 2026, tolerance 3 Monte Carlo errors"


def value(estimate: Estimate | None) -> float:
    assert estimate is not None
    assert estimate.value is not None
    return estimate.value


def three_errors(estimate: Estimate | None) -> float:
    assert estimate is not None
    assert estimate.standard_error is not None
    return 3 * estimate.standard_error


@pytest.fixture(scope="module")
def two_arms() -> dict[str, DesignEvaluation]:
    comparison = compare_designs(normal_definition(0.0, 6.0, delay=4.0), trials=TRIALS, seed=2026)
    return {one.design.id: one for one in comparison.evaluations}


@pytest.mark.validates("design.search")
def test_power_of_a_fixed_design_is_that_of_the_normal_distribution(
    two_arms: dict[str, DesignEvaluation], reference: References
) -> None:
    fixed = two_arms["fixed"]
    drift = 6.0 / (10.0 * math.sqrt(1 / 60 + 1 / 60))
    expected = float(stats.norm.cdf(drift - stats.norm.isf(0.025)))
    for scenario, power in zip(fixed.scenarios, (expected, 0.025), strict=True):
        reference.holds(
            f"power, fixed design, 60 + 60 subjects, difference 6 or none, known SD 10 ({scenario.scenario})",
            value(scenario.power),
            power,
            tolerance=three_errors(scenario.power),
            source=f"normal distribution, scipy.stats.norm; {SIMULATED}",
        )
    assert fixed.computed_power == pytest.approx(expected, abs=1e-12)
    assert fixed.planned_drift == pytest.approx(drift)
    assert fixed.efficacy_z == pytest.approx((1.959963985,))
    assert (fixed.bounds, fixed.futility_z) == (None, None)


@pytest.mark.validates("design.search")
def test_a_group_sequential_design_behaves_as_numerical_integration_says(
    two_arms: dict[str, DesignEvaluation], reference: References
) -> None:
    evaluation = two_arms["looks"]
    design = compute_group_sequential_design(
        efficacy=LanDeMetsOBrienFleming(),
        futility=HwangShihDeCani(gamma=-2.0),
        alpha=0.025,
        sided=1,
        power=0.9,
        information_fractions=(0.5, 0.75, 1.0),
    )
    assert evaluation.efficacy_z == design.efficacy_bounds
    assert evaluation.futility_z == design.futility_bounds
    drift = 6.0 / (10.0 * math.sqrt(1 / 60 + 1 / 60))
    for scenario, one in (("planned", drift), ("null", 0.0)):
        behavior = compute_operating_characteristics(design, drift=one)
        simulated = evaluation.scenario(scenario)
        reached = 1 - np.cumsum([0.0, *behavior.stop_by_look[:-1]])
        for quantity, estimate, expected in (
            ("power", simulated.power, behavior.power),
            ("observed", simulated.expected_observed, 120 * behavior.expected_information_fraction),
            ("reached 2", simulated.looks[1].reached, float(reached[1])),
            ("reached 3", simulated.looks[2].reached, float(reached[2])),
            ("efficacy 1", simulated.looks[0].efficacy, behavior.rejection_by_look[0]),
            ("efficacy 2", simulated.looks[1].efficacy, behavior.rejection_by_look[1]),
            ("futility 1", simulated.looks[0].futility, behavior.futility_by_look[0]),
            ("futility 2", simulated.looks[1].futility, behavior.futility_by_look[1]),
        ):
            reference.holds(
                f"{quantity}, looks at 1/2, 3/4 and 1 of 120 subjects, expected Z {one:.4g}",
                value(estimate),
                expected,
                # Where the event is rare the estimated error is poor; the expected one is not.
                tolerance=max(three_errors(estimate), 3 * math.sqrt(expected * abs(1 - expected) / TRIALS)),
                source=f"recursive numerical integration, held to rpact 3.3.4 elsewhere; {SIMULATED}",
            )
    assert evaluation.computed_power == pytest.approx(compute_operating_characteristics(design, drift=drift).power)


@pytest.mark.validates("design.search")
def test_duration_and_costs_are_those_of_a_poisson_process(
    two_arms: dict[str, DesignEvaluation], reference: References
) -> None:
    # One site from the beginning, 6 subjects a week: the 120th comes after 20 weeks on average; 4 weeks of follow-up.
    scenario = two_arms["fixed"].scenarios[0]
    error = 3 * math.sqrt(120) / 6 / math.sqrt(TRIALS)
    for quantity, estimate in (
        ("duration", scenario.expected_duration),
        ("site time", scenario.cost_parts["site_time"]),
    ):
        reference.holds(
            f"{quantity} in weeks, 120 subjects, 6 a week, followed for 4 weeks",
            value(estimate),
            24.0,
            tolerance=error,
            source=f"by hand: 120 / 6 + 4; {SIMULATED} of sqrt(120) / 6 / sqrt(trials)",
        )
    parts = {id: value(cost) for id, cost in scenario.cost_parts.items()}
    assert parts["time"] == value(scenario.expected_duration)
    assert (parts["trial"], parts["site"], parts["subject"], parts["interim"]) == (1, 1, 120, 0)
    assert parts["subject_time"] == pytest.approx(120 * 4)
    assert value(scenario.expected_cost) == pytest.approx(sum(parts.values()))
    assert value(two_arms["fixed"].maximum_cost) == value(scenario.expected_cost)


def test_costs_of_a_trial_that_stops_are_of_what_it_did(two_arms: dict[str, DesignEvaluation]) -> None:
    looks = two_arms["looks"]
    scenario = looks.scenario("null")
    interims = value(scenario.looks[0].reached) + value(scenario.looks[1].reached)
    assert value(scenario.cost_parts["interim"]) == pytest.approx(interims)
    assert value(scenario.cost_parts["subject"]) == value(scenario.expected_subjects)
    assert value(scenario.expected_cost) < value(looks.maximum_cost)
    # Subjects who are in before the last outcome of the look is: 4 weeks at 6 a week more.
    assert 60 < value(scenario.looks[0].observed) + 12 < value(scenario.looks[0].subjects) < 60 + 36


def test_costs_of_sites_are_from_their_openings() -> None:
    quantities = Quantities(
        time=np.array([2.0, 5.0, 10.0]),
        subjects=np.array([1.0, 2.0, 3.0]),
        followup=np.array([4.0, 5.0, 6.0]),
        interims=np.array([0.0, 1.0, 1.0]),
        site_openings=(0.0, 4.0, 8.0),
    )
    model = normal_definition(0.0, 1.0).cost
    assert model is not None
    costs = compute_costs(model, quantities)
    assert {id: list(map(float, cost)) for id, cost in costs.items()} == {
        "trial": [1, 1, 1],
        "site": [3, 3, 3],
        "site_time": [2, 5 + 1, 10 + 6 + 2],
        "subject": [1, 2, 3],
        "subject_time": [4, 5, 6],
        "time": [2, 5, 10],
        "interim": [0, 1, 1],
    }


@pytest.mark.validates("design.search")
def test_followup_of_times_to_an_event_is_events_over_hazard(reference: References) -> None:
    # Under a constant hazard the number of events is expected to be the hazard times the time under follow-up, also at
    # a stopping time such as the 120th event.
    definition = survival_definition(1.0)
    scenario = evaluate_design(definition, definition.designs["fixed"], trials=TRIALS, seed=2026).scenarios[0]
    reference.holds(
        "time under follow-up at 120 events, hazard 0.05",
        value(scenario.cost_parts["subject_time"]),
        120 / 0.05,
        tolerance=three_errors(scenario.cost_parts["subject_time"]),
        source=f"by hand: 120 / 0.05; {SIMULATED}",
    )
    assert value(scenario.expected_observed) == 120


@pytest.mark.validates("design.search")
def test_power_of_a_logrank_test_is_near_schoenfelds(reference: References) -> None:
    definition = survival_definition(0.6)
    evaluation = evaluate_design(definition, definition.designs["fixed"], trials=TRIALS, seed=2026)
    expected = float(stats.norm.cdf(-math.log(0.6) * math.sqrt(120) / 2 - stats.norm.isf(0.025)))
    reference.holds(
        "power of a log-rank test, 120 events, hazard ratio 0.6",
        value(evaluation.scenarios[0].power),
        expected,
        tolerance=three_errors(evaluation.scenarios[0].power) + 0.01,
        source=f"Schoenfeld's formula by hand, which is an approximation to about 0.01; {SIMULATED}",
    )


@pytest.mark.validates("design.search")
def test_enrollment_is_forecast_by_the_gamma_distribution(
    two_arms: dict[str, DesignEvaluation], reference: References
) -> None:
    forecast = two_arms["fixed"].scenarios[0].enrollment
    assert (forecast.subjects[0], forecast.subjects[-1], forecast.level) == (1, 120, 0.9)
    for name, quantile in (("median", 0.5), ("lower", 0.05), ("upper", 0.95)):
        reference.holds(
            f"{name} time of the 120th subject, 6 a week",
            getattr(forecast, name)[-1],
            float(stats.gamma.ppf(quantile, 120, scale=1 / 6)),
            tolerance=1e-9,
            relative=True,
            source=f"scipy.stats.gamma.ppf({quantile}, 120, scale=1/6)",
        )


def test_enrollment_waits_while_no_site_is_open() -> None:
    forecast = forecast_enrollment(PiecewiseRate(rates=(4.0, 0.0, 8.0), changes=(5.0, 10.0)), subjects=40)
    times = dict(zip(forecast.subjects, forecast.median, strict=True))
    # 20 are expected by week 5, none from then to week 10, 8 a week afterwards.
    assert times[10] == pytest.approx(float(stats.gamma.median(10)) / 4)
    assert times[40] == pytest.approx(10 + (float(stats.gamma.median(40)) - 20) / 8)
    assert not any(5 < time < 10 for time in times.values())


def test_enrollment_by_opening_sites_is_that_of_simulated_trials() -> None:
    definition = normal_definition(0.0, 6.0)
    sites = (SiteGroup(id="main", label="Main", sites=4, rate=1.5, first_opening=2.0, last_opening=8.0),)
    definition = replace(definition, sites=sites)
    scenario = evaluate_design(definition, definition.designs["fixed"], trials=TRIALS, seed=7).scenarios[0]
    # By week 8 sites open at 2, 4, 6 and 8 expect 1.5 * (6 + 4 + 2) = 18 subjects, then 6 a week.
    assert scenario.enrollment.median[-1] == pytest.approx(8 + (float(stats.gamma.median(120)) - 18) / 6, rel=1e-6)
    rate = accrual_rate(definition, definition.designs["fixed"], definition.planned)
    simulated = simulate_enrollment(Accrual(subjects=120, rate=rate), trials=TRIALS, rng=np.random.default_rng(7))
    quantiles = simulated.time_of(120).quantiles
    forecast = scenario.enrollment
    assert quantiles == pytest.approx((forecast.lower[-1], forecast.median[-1], forecast.upper[-1]), rel=0.005)
    assert value(scenario.expected_duration) == pytest.approx(8 + (120 - 18) / 6, abs=3 * math.sqrt(120 / TRIALS) / 6)


@pytest.mark.validates("design.search")
@pytest.mark.parametrize(("mean", "sd"), [(3.0, 1.0), (2.0, 3.0), (3.2, 0.01)])
def test_probability_of_success_is_the_integral_of_the_power(mean: float, sd: float, reference: References) -> None:
    design = compute_group_sequential_design(
        efficacy=LanDeMetsOBrienFleming(),
        futility=HwangShihDeCani(gamma=-2.0),
        alpha=0.025,
        sided=1,
        power=0.9,
        information_fractions=(0.5, 0.75, 1.0),
    )

    def integrand(drift: float) -> float:
        return float(stats.norm.pdf(drift, mean, sd)) * compute_operating_characteristics(design, drift=drift).power

    expected, _ = integrate.quad(integrand, mean - 9 * sd, mean + 9 * sd, epsabs=1e-10, limit=200)
    reference.holds(
        f"probability of success, three looks, prior of the expected Z with mean {mean} and SD {sd}",
        compute_probability_of_success(design, drift_mean=mean, drift_sd=sd),
        expected,
        tolerance=1e-8,
        source="scipy.integrate.quad of prior density times sequential power",
    )
    closed = float(stats.norm.cdf((mean - 1.96) / math.sqrt(1 + sd**2)))
    assert compute_probability_of_success(1.96, drift_mean=mean, drift_sd=sd) == pytest.approx(closed, abs=1e-12)


def test_the_prior_of_the_effect_becomes_one_of_the_expected_z() -> None:
    definition = replace(normal_definition(0.0, 6.0), prior=EffectPrior(mean=4.0, sd=2.0))
    evaluation = evaluate_design(definition, definition.designs["fixed"], trials=100, seed=1)
    per_unit = 1 / (10 * math.sqrt(1 / 60 + 1 / 60))
    expected = stats.norm.cdf((4.0 * per_unit - stats.norm.isf(0.025)) / math.sqrt(1 + (2.0 * per_unit) ** 2))
    assert evaluation.probability_of_success is not None
    assert evaluation.probability_of_success.value == pytest.approx(float(expected))
    assert evaluation.probability_of_success.standard_error == 0


def test_weights_of_scenarios_are_a_prior_too() -> None:
    definition = normal_definition(0.0, 6.0)
    scenarios = (
        normal_scenario("planned", 0.0, 6.0, weight=3.0),
        normal_scenario("small", 0.0, 3.0, weight=1.0),
        normal_scenario("null", 0.0, 0.0),
    )
    definition = replace(definition, scenarios=scenarios)
    evaluation = evaluate_design(definition, definition.designs["looks"], trials=500, seed=1)
    planned, small, null = (value(one.power) for one in evaluation.scenarios)
    assert value(evaluation.probability_of_success) == pytest.approx(0.75 * planned + 0.25 * small)
    # Trial by trial the scenarios share their random numbers: the error is not that of independent estimates.
    independent = math.hypot(
        0.75 * three_errors(evaluation.scenarios[0].power), 0.25 * three_errors(evaluation.scenarios[1].power)
    )
    assert three_errors(evaluation.probability_of_success) > independent
    assert value(evaluation.least_power) == small > null
    some = evaluate_design(definition, definition.designs["looks"], trials=100, seed=1, scenarios=["null"])
    assert [one.scenario for one in some.scenarios] == ["planned", "null"]
    assert some.probability_of_success is None


def test_answers_depend_on_the_seed_alone() -> None:
    definition = normal_definition(0.0, 3.0, 6.0, multiplicity="holm")
    design = definition.designs["looks"]
    once = evaluate_design(definition, design, trials=350, seed=5)
    assert evaluate_design(definition, design, trials=350, seed=5, execution=Threads(2)) == once
    assert evaluate_design(definition, design, trials=350, seed=6).scenarios != once.scenarios


def test_designs_and_scenarios_share_their_random_numbers() -> None:
    definition = normal_definition(0.0, 6.0)
    fixed, looks = compare_designs(definition, trials=200, seed=5).evaluations
    # The same subjects come at the same times, whatever their outcomes.
    assert len({value(one.expected_duration) for one in fixed.scenarios}) == 1
    assert looks.maximum_cost is not None
    assert fixed.maximum_cost is not None
    assert value(looks.maximum_cost) == pytest.approx(value(fixed.maximum_cost) + 2)


@pytest.mark.validates("design.search")
@pytest.mark.parametrize("multiplicity", ["fixed_sequence", "holm", "bonferroni"])
@pytest.mark.parametrize("sided", [1, 2])
def test_the_familywise_error_of_simulated_trials_is_kept(multiplicity: str, sided: int, reference: References) -> None:
    definition = normal_definition(0.0, 0.0, 0.0, multiplicity=multiplicity, sided=sided, alpha=0.025 * sided)  # type: ignore[arg-type] # literals
    design = replace(definition.designs["looks"], futility=None)
    scenario = evaluate_design(definition, design, trials=TRIALS, seed=2026, scenarios=[]).scenarios[0]
    error = 3 * math.sqrt(0.025 * sided / TRIALS)
    if multiplicity == "fixed_sequence":
        reference.holds(
            f"type I error, three arms in a sequence, three looks, {sided}-sided alpha {0.025 * sided}",
            value(scenario.any_rejection),
            0.025 * sided,
            tolerance=error,
            source=f"alpha itself; {SIMULATED}",
        )
    assert value(scenario.any_rejection) <= 0.025 * sided + error


def test_binding_futility_of_holm_keeps_the_error_at_each_level() -> None:
    definition = normal_definition(0.0, 0.0, 0.0, multiplicity="holm")
    design = replace(definition.designs["looks"], futility_is_binding=True)
    scenario = evaluate_design(definition, design, trials=TRIALS, seed=2026, scenarios=[]).scenarios[0]
    assert value(scenario.any_rejection) <= 0.025 + 3 * math.sqrt(0.025 / TRIALS)


def test_a_scenario_that_is_not_there_is_told() -> None:
    definition = normal_definition(0.0, 6.0)
    with pytest.raises(DesignError, match=r"There is no scenario 'bad'\. The definition has: planned, null"):
        evaluate_design(definition, definition.designs["fixed"], trials=10, seed=1, scenarios=["bad"])
    with pytest.raises(DesignError, match="seed must not be negative"):
        evaluate_design(definition, definition.designs["fixed"], trials=10, seed=-1)
    with pytest.raises(DesignError, match="trials must be at least 1"):
        evaluate_design(definition, definition.designs["fixed"], trials=0, seed=1)


def test_a_design_with_too_few_subjects_for_its_events_is_told() -> None:
    definition = survival_definition(0.7)
    design = TrialDesign(id="few", label="Few", endpoint="death", subjects=100, events=120, allocation=(1, 1))
    with pytest.raises(DesignError, match=r"designs\.few"):
        evaluate_design(definition, design, trials=10, seed=1)
