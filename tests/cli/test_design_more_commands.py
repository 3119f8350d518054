"""Commands of interim analyses, adaptive, Bayesian and dose-finding designs: what they print, and what they refuse."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import pytest

Run = Callable[..., Any]
NORMAL = NormalDist()
LATE = (
    "--control-median", "12", "--hazard-ratio", "1", "--hazard-ratio", "0.6", "--change", "4", "--accrual", "24",
    "--accrual-rate", "20", "--duration", "36",
)  # fmt: skip


@pytest.fixture
def printed(trialwright: Run) -> Callable[..., Any]:
    """What a command of design prints as JSON."""

    def run(words: str, *more: str) -> Any:
        finished = trialwright("design", *words.split(), *more, "--json")
        assert finished.code == 0, finished.err
        return json.loads(finished.out)

    return run


def test_an_interim_analysis_tells_the_power_that_is_left(printed: Run) -> None:
    found = printed("interim --looks 2 --z 1.5 --power 0.8")
    bound, drift = found["design"]["efficacy_bounds"][1], found["design"]["drift"]

    # By hand, of Brownian motion: what is left has mean drift * (1 - t) and variance 1 - t, at t = 0.5.
    def beyond(effect: float) -> float:
        return 1 - NORMAL.cdf((bound - 1.5 * math.sqrt(0.5) - effect / 2) / math.sqrt(0.5))

    assert found["decision"] == "go on"
    assert found["conditional_power_planned_effect"] == pytest.approx(beyond(drift), abs=1e-9)
    assert found["conditional_power_observed_effect"] == pytest.approx(beyond(1.5 / math.sqrt(0.5)), abs=1e-9)
    assert found["conditional_error"] == pytest.approx(beyond(0.0), abs=1e-9)


def test_other_information_than_planned_has_other_bounds(printed: Run) -> None:
    found = printed(
        "interim --looks 2 --z 1.5 --z 2.1 --observed 0.4 --observed 1.2 --final --estimate 3 --standard-error 1.4"
    )
    bounds = found["design"]["efficacy_bounds"]

    # Lan-DeMets, O'Brien-Fleming: 2 (1 - Phi(z / sqrt t)) at t = 0.4, from the fraction that was planned
    spent = 2 * (1 - NORMAL.cdf(NORMAL.inv_cdf(1 - 0.025 / 2) / math.sqrt(0.4)))
    assert bounds[0] == pytest.approx(-NORMAL.inv_cdf(spent), abs=1e-6)
    assert found["repeated_interval"]["ci_lower"] == pytest.approx(3 - 1.4 * bounds[1], abs=1e-9)
    assert found["decision"] == "reject the null hypothesis"


def test_an_analysis_that_should_have_ended_the_trial_is_named(printed: Run) -> None:
    assert printed("interim --looks 2 --efficacy pocock --z 2.5 --z 1.0")["decision"] == (
        "reject the null hypothesis (at analysis 1)"
    )


def test_survival_at_a_milestone_follows_the_hazards(printed: Run) -> None:
    found = printed("sample-size milestone --milestone 18", *LATE)

    hazard = math.log(2) / 12
    by_hand = math.exp(-hazard * (4 + 0.6 * 14)) - math.exp(-hazard * 18)
    assert found["difference"] == pytest.approx(by_hand, abs=1e-9)


def test_restricted_means_follow_the_hazards(printed: Run) -> None:
    found = printed("sample-size rmst --horizon 24", *LATE)

    control, late = math.log(2) / 12, 0.6 * math.log(2) / 12
    at_change = math.exp(-control * 4)
    by_hand = at_change * ((1 - math.exp(-late * 20)) / late - (1 - math.exp(-control * 20)) / control)
    assert found["difference"] == pytest.approx(by_hand, abs=1e-9)


def test_late_weights_need_fewer_subjects_where_the_effect_is_late(printed: Run) -> None:
    plain = printed("sample-size weighted-logrank --fleming-harrington 0,0", *LATE)
    late = printed("sample-size weighted-logrank --fleming-harrington 0,1", *LATE)
    modest = printed("sample-size weighted-logrank --magirr-burman 6", *LATE)

    assert late["n_total"] < modest["n_total"] < plain["n_total"]


def test_maxcombo_of_one_weight_is_its_test(printed: Run) -> None:
    found = printed("sample-size maxcombo --fleming-harrington 0,1", *LATE)

    assert found["critical_value"] == pytest.approx(NORMAL.inv_cdf(0.975), abs=1e-6)
    assert found["power"] == pytest.approx(NORMAL.cdf(found["drifts"][0] - NORMAL.inv_cdf(0.975)), abs=1e-6)


def test_stages_are_combined_with_the_planned_weights(printed: Run) -> None:
    by_z = printed("adaptive combine --z 1.2 --z 2.1")["analysis"]
    by_p = printed("adaptive combine --fisher --p-value 0.1 --p-value 0.02")["analysis"]

    assert by_z["stages"][1]["statistic"] == pytest.approx((1.2 + 2.1) / math.sqrt(2), abs=1e-12)
    assert by_z["rejected_at"] == 2
    assert by_p["stages"][1]["statistic"] == pytest.approx(0.1 * 0.02, abs=1e-12)
    # Bauer P, Koehne K. Biometrics 1994: exp(-chi2 quantile(0.975, 4 df) / 2) = 0.00380 without early stopping is the
    # largest critical value that two stages can have
    assert by_p["stages"][1]["critical_value"] < 0.0038


def test_estimates_of_stages_give_intervals(printed: Run) -> None:
    found = printed(
        "adaptive combine --estimate 0.6 --standard-error 0.4858 --estimate 0.8 --standard-error 0.4153 "
        "--at 0.4 --at 1 --efficacy lan-demets-obrien-fleming"
    )

    assert found["final"]["ci_lower"] < found["final"]["median_unbiased_estimate"] < found["final"]["ci_upper"]
    assert found["final"]["p_value"] < 0.025


def test_the_promising_zone_adds_what_the_formula_says(printed: Run) -> None:
    size = printed(
        "adaptive reestimate promising-zone --z 1.4 --planned 208 --planned 234 --maximum 884 --target 0.8 "
        "--lower 0.36 --only-final"
    )["size"]

    # Mehta and Pocock 2011, equation 7: what gives conditional power 0.8 at the effect that was observed
    planned = (NORMAL.inv_cdf(0.975) * math.sqrt(442) - 1.4 * math.sqrt(208)) / math.sqrt(234)
    by_hand = 208 / 1.4**2 * (planned + NORMAL.inv_cdf(0.8)) ** 2
    assert size["zone"] == "promising"
    assert size["next_units"] == math.ceil(by_hand)


def test_pooled_outcomes_give_the_size_without_unblinding(printed: Run) -> None:
    values = [word for value in (3, 5, 8, 10, 14) for word in ("--value", str(value))]
    found = printed("adaptive reestimate-blinded --difference 2 --minimum 20 --maximum 1000 --power 0.8", *values)

    # 4 s^2 (z_a + z_b)^2 / d^2 with s^2 = 74 / 4 = 18.5
    by_hand = 18.5 * (NORMAL.inv_cdf(0.975) + NORMAL.inv_cdf(0.8)) ** 2
    assert found["nuisance"] == pytest.approx(18.5, abs=1e-9)
    assert found["total_units"] == math.ceil(by_hand)


def test_one_stage_of_two_arms_has_dunnett_s_bound(printed: Run) -> None:
    found = printed(
        "adaptive multi-arm --arms 2 --stages 1 --efficacy pocock --no-futility --effect 0.5 --uninteresting 0 --sd 1 "
        "--alpha 0.05"
    )

    # Dunnett CW. JASA 1955;50:1096-1121, table 1a: 1.92 for two treatments, infinite degrees of freedom
    assert found["design"]["efficacy_bounds"][0] == pytest.approx(1.92, abs=5e-3)


def test_an_adaptive_trial_keeps_its_error(printed: Run) -> None:
    power = printed(
        "adaptive simulate conditional-power --mean 0 --mean 0 --planned 50 --planned 50 --maximum 300 --trials 4000 "
        "--seed 3"
    )["behavior"]["power"]

    assert abs(power["value"] - 0.025) <= 3 * power["standard_error"]


def test_lee_and_liu_s_search(printed: Run) -> None:
    found = printed("bayesian one-arm --null 0.2 --alternative 0.4 --largest 40")

    assert found["null"]["success"] <= 0.1
    assert found["alternative"]["success"] >= 0.9
    given = printed(
        "bayesian one-arm --null 0.2 --alternative 0.4 --success 0.9 --futility 0.001 --prior 0.2 0.8",
        *[word for n in range(10, 37) for word in ("--look", str(n))],
    )
    # Lee and Liu 2008: 0.088 and 0.906 (from memory; recomputed in tests/design/bayesian/test_bayesian_one_arm.py)
    assert given["null"]["success"] == pytest.approx(0.088, abs=5e-4)
    assert given["alternative"]["success"] == pytest.approx(0.906, abs=5e-4)


def test_two_arms_without_an_effect_keep_the_error_asked_for(printed: Run) -> None:
    found = printed(
        "bayesian two-arm --experimental 0.5 --control 0.25 --look 15 --look 30 --calibrate 0.05 --null-rate 0.25"
    )

    assert 0.02 < found["null"]["success"] <= 0.05
    assert found["calibrated"]["type_one_error"] == pytest.approx(found["null"]["success"], abs=1e-12)


def test_assurance_is_the_power_over_the_prior(printed: Run) -> None:
    found = printed("bayesian assurance --prior-mean 0.3 --prior-sd 0.15 --sd 1 --subjects 4000")

    # Normal test and normal prior, closed form; the t distribution with 3998 df is that near.
    error = 2 / math.sqrt(4000)
    by_hand = NORMAL.cdf((0.3 / error - NORMAL.inv_cdf(0.975)) / math.sqrt(1 + (0.15 / error) ** 2))
    assert found["assurance"] == pytest.approx(by_hand, abs=2e-4)


def test_assurance_gives_a_size_too(printed: Run) -> None:
    size = printed("bayesian assurance --prior-mean 0.3 --prior-sd 0.1 --sd 1 --assurance 0.7")
    back = printed(f"bayesian assurance --prior-mean 0.3 --prior-sd 0.1 --sd 1 --subjects {size['n_total']}")

    assert back["assurance"] == pytest.approx(size["attained_power"], abs=1e-6)


def test_equal_allocation_is_equal_and_thompson_sampling_favors_the_better_arm(printed: Run) -> None:
    words = "--response 0.2 --response 0.6 --subjects 60 --trials 500 --seed 5"

    equal = printed(f"bayesian allocation equal {words}")["behavior"]["shares"]
    better = printed(f"bayesian allocation thompson {words}")["behavior"]["shares"]

    assert abs(equal[1]["value"] - 0.5) <= 3 * equal[1]["standard_error"]
    assert better[1]["value"] > 0.6


def test_the_first_dose_is_the_lowest_and_toxicity_takes_the_next_one_down(printed: Run) -> None:
    doses = "--dose 10 --dose 20 --dose 40"
    before = printed(f"escalation ewoc --target 0.33 --max-dose 150 {doses}")["decision"]["dose"]
    blrm = f"escalation blrm --reference 20 {doses}"
    tolerated = printed(f"{blrm} --treated 3 --treated 6 --treated 0 --dlts 0 --dlts 0 --dlts 0")["decision"]["level"]
    toxic = printed(f"{blrm} --treated 3 --treated 6 --treated 0 --dlts 0 --dlts 4 --dlts 0")["decision"]["level"]

    assert before == 10
    assert (tolerated, toxic) == (3, 1)


@pytest.mark.parametrize("design", ["ewoc", "blrm --reference 20"])
def test_harmless_doses_lead_to_the_highest(printed: Run, design: str) -> None:
    target = " --target 0.33 --max-dose 150" if design == "ewoc" else ""
    found = printed(
        f"escalation {design}{target} --dose 10 --dose 20 --dose 40 --toxicity 0.001 --toxicity 0.002 "
        "--toxicity 0.003 --trials 50 --cohorts 8"
    )

    assert found["behavior"]["selection"][2] > 0.9


def test_utilities_of_boin12(printed: Run) -> None:
    found = printed(
        "escalation boin12 --toxicity-limit 0.35 --response-limit 0.25 --toxicity 0.05 --toxicity 0.15 "
        "--response 0.2 --response 0.4 --trials 200"
    )["behavior"]

    # 100: response alone; 60: with toxicity; 40: neither; 0: toxicity alone. So 40 + 60 p(response) - 40 p(DLT).
    assert found["utilities"] == pytest.approx([50, 58], abs=1e-9)


def test_pending_outcomes_save_time(printed: Run) -> None:
    words = "--target 0.25 --toxicity 0.1 --toxicity 0.25 --toxicity 0.4 --rate 6 --window 1 --trials 300"

    complete = printed(f"escalation timed boin {words}")["behavior"]["duration"]["value"]
    pending = printed(f"escalation timed tite-boin {words}")["behavior"]["duration"]["value"]
    skeleton = "--skeleton 0.1 --skeleton 0.25 --skeleton 0.4"
    without_waiting = printed(f"escalation timed tite-crm {words} {skeleton}")["behavior"]["duration"]["value"]

    assert without_waiting < pending < complete


def test_an_expansion_has_the_power_of_its_second_part(printed: Run) -> None:
    found = printed(
        "escalation expansion --target 0.3 --null 0.1 --alternative 0.3 --toxicity 0.001 --response 0.3 --trials 2000"
    )["behavior"]["active"]

    # Simon 1989, table 1: 1/10 and 5/29 has power 0.805
    assert abs(found["value"] - 0.805) <= 3 * found["standard_error"]


def test_two_endpoints_in_two_stages(printed: Run) -> None:
    found = printed("stages bryant-day --null 0.2 --alternative 0.45 --null-toxicity 0.45 --alternative-toxicity 0.2 "
                    "--largest 50")["optimal"]  # fmt: skip

    # Independent endpoints: the error of the response is its own chance times that of an acceptable toxicity, by sums.
    def binomial(k: int, n: int, p: float) -> float:
        return math.comb(n, k) * p**k * (1 - p) ** (n - k)

    n1, n2 = found["n_stage1"], found["n_total"] - found["n_stage1"]
    responds = sum(
        binomial(a, n1, 0.2) * binomial(b, n2, 0.2)
        for a in range(found["r1"] + 1, n1 + 1)
        for b in range(n2 + 1)
        if a + b > found["r"]
    )
    tolerated = sum(
        binomial(a, n1, 0.2) * binomial(b, n2, 0.2)
        for a in range(found["t1"] + 1)
        for b in range(n2 + 1)
        if a + b <= found["t"]
    )
    assert found["error_response"] == pytest.approx(responds * tolerated, abs=1e-9)


def test_bop2_keeps_its_error_for_one_endpoint_and_for_two(printed: Run) -> None:
    single = printed("stages bop2 --null 0.2 --alternative 0.4 --look 10 --look 20 --look 40 --alpha 0.1")
    pair = printed(
        "stages bop2 --null 0.45 --alternative 0.6 --pair efficacy-toxicity --second-null 0.3 --second-alternative 0.2 "
        "--look 20 --look 40 --alpha 0.2"
    )

    assert single["type_one_error"] <= 0.1
    assert pair["type_one_error"] <= 0.2
    assert len(pair["nulls"]) == 3


def test_the_result_of_simon_s_trial(printed: Run) -> None:
    found = printed(
        "stages simon-result --null 0.1 --alternative 0.3 --first 10 --r1 1 --total 29 --r 5 --responses-first 1"
    )

    # A trial that stopped after the first stage: its rate is unbiased.
    assert found["unbiased"] == pytest.approx(0.1, abs=1e-12)
    assert found["rejected"] is False


def test_contrasts_and_size_of_a_dose_response_trial(printed: Run) -> None:
    words = "dose-response mcp-mod --dose 0 --dose 10 --dose 30 --dose 60 --model linear --sd 1 --max-effect 0.6"
    sized = printed(words)
    powered = printed(f"{words} --subjects 41")

    # Of a straight line: the doses less their mean 25, to length 1 (2100 is the sum of their squares)
    by_hand = [(dose - 25) / math.sqrt(2100) for dose in (0, 10, 30, 60)]
    assert sized["contrasts"]["coefficients"][0] == pytest.approx(by_hand, abs=1e-9)
    assert sized["power"]["powers"][0]["value"] >= 0.8
    assert powered["power"]["n"] == [41] * 4


def test_the_same_seed_gives_the_same_bytes(trialwright: Run) -> None:
    words = (
        *("design", "bayesian", "allocation", "thompson", "--response", "0.3", "--response", "0.5"),
        *("--subjects", "40", "--trials", "100", "--json", "--seed"),
    )

    assert trialwright(*words, "3").out == trialwright(*words, "3").out
    assert trialwright(*words, "3").out != trialwright(*words, "4").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("interim --z 1 --z 2 --z 2.1 --z 2.2", "Give fewer --z"),
        ("interim --z 1 --z 2 --observed 0.3", "Give one for each"),
        ("interim --z 1 --estimate 2", "--standard-error"),
        ("interim --z 1 --efficacy pocock --observed 0.4", "spending function"),
        ("sample-size rmst --horizon 24 --control-median 12 --hazard-ratio 0.7 --hazard-ratio 1 --accrual 24 "
         "--accrual-rate 20 --duration 36", "Give one --change"),
        ("sample-size maxcombo --control-median 12 --hazard-ratio 0.7 --accrual 24 --accrual-rate 20 --duration 36",
         "needs weights"),
        ("sample-size weighted-logrank --control-median 12 --hazard-ratio 0.7 --accrual 24 --accrual-rate 20 "
         "--duration 36 --fleming-harrington 0;1", "rho,gamma"),
        ("adaptive combine", "one of them"),
        ("adaptive combine --estimate 0.3", "one --standard-error for each"),
        ("adaptive reestimate gamma --z 1 --planned 50 --planned 50 --maximum 200", "--gamma and --effect"),
        ("adaptive reestimate conditional-power --z 1 --planned 50 --maximum 200", "Give --planned for each stage"),
        ("adaptive reestimate-blinded --response-effect 0.1 --subjects 10 --responses 12 --minimum 50 --maximum 99",
         "at most as many"),
        ("adaptive simulate conditional-power --planned 50 --planned 50 --maximum 200", "--mean twice"),
        ("bayesian one-arm --null 0.4 --alternative 0.2", "alternative"),
        ("bayesian allocation thompson --response 0.3 --subjects 40", "arm"),
        ("escalation ewoc --target 0.3 --max-dose 60 --dose 10 --dose 20 --treated 3", "Give one for each dose"),
        ("escalation blrm --reference 20 --dose 10 --dose 20 --treated 3 --treated 1 --dlts 0 --dlts 2",
         "at most as many --dlts"),
        ("escalation timed crm --target 0.3 --toxicity 0.1 --rate 2 --window 1", "--skeleton"),
        ("escalation timed boin --target 0.3 --toxicity 0.1 --rate 2 --window 1 --pending 0.5", "complete data"),
        ("escalation boin12 --toxicity-limit 0.3 --response-limit 0.2 --toxicity 0.1", "Give both for each level"),
        ("stages bop2 --null 0.2 --alternative 0.4 --look 20 --second-null 0.2", "needs --pair"),
        ("stages bop2 --null 0.2 --alternative 0.4 --look 20 --pair nested", "Give both"),
        ("dose-response mcp-mod --dose 0 --dose 10 --model emax:much --sd 1 --max-effect 0.5", "a name and numbers"),
        ("dose-response mcp-mod --dose 0 --dose 10 --model waves --sd 1 --max-effect 0.5", "not known"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(trialwright: Run, words: str, said: str) -> None:
    finished = trialwright("design", *words.split())

    assert finished.code == 2
    assert finished.err.startswith("Error: ")
    assert said in finished.err
    assert "Traceback" not in finished.err
