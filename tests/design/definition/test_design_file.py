"""design.yaml: what it says, and how it says what is wrong."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from tests.design.definition.definition_texts import TEXT, changed

from trialwright.design.definition import (
    DesignDefinition,
    compute_planned_power,
    design_words,
    parse_design,
    read_design,
)
from trialwright.design.sequential import (
    GivenBounds,
    HaybittlePeto,
    HwangShihDeCani,
    KimDeMets,
    LanDeMetsOBrienFleming,
    LanDeMetsPocock,
    OBrienFleming,
    OptimumWangTsiatis,
    Pocock,
    UserSpending,
    WangTsiatis,
)
from trialwright.design.simulation import BinaryOutcome, NormalOutcome, PiecewiseRate, TimeToEvent
from trialwright.errors import DesignError
from trialwright.study import example_path


@pytest.fixture(scope="module")
def definition() -> DesignDefinition:
    return parse_design(TEXT).definition


def refusal(text: str) -> str:
    with pytest.raises(DesignError) as caught:
        parse_design(text)
    return str(caught.value)


def test_a_file_says_all_of_a_definition(definition: DesignDefinition) -> None:
    assert [arm.id for arm in definition.arms] == ["C", "A", "B"]
    assert definition.arms[2].usdm == "StudyArm_9"
    assert definition.test.comparisons == ("B", "A")
    assert definition.test.multiplicity == "fixed_sequence"
    assert definition.planned.outcomes["score"] == NormalOutcome(
        means=(0, -2, -3.5), sds=(7, 7, 7), delay=3, missing=(0.2, 0.2, 0.2), better="lower"
    )
    assert definition.planned.outcomes["response"] == BinaryOutcome(probabilities=(0.28, 0.37, 0.46), delay=3)
    assert definition.sites[1].last_opening == definition.sites[1].first_opening == 0
    assert definition.cost is not None
    assert [(part.id, part.label, part.amount) for part in definition.cost.parts] == [
        ("setup", "Setup", 10),
        ("visits", "visits", 0.5),
    ]


def test_times_to_an_event_are_said_in_several_ways(definition: DesignDefinition) -> None:
    by_id = {one.id: one.outcomes["death"] for one in definition.scenarios}
    planned, late, null = by_id["planned"], by_id["variable"], by_id["null"]
    assert isinstance(planned, TimeToEvent)
    hazard = math.log(2) / 12
    assert planned.hazards[2].rates == pytest.approx((0.7 * hazard,))
    # A tenth has dropped out at the end of follow-up, 12 months, where no other time is given.
    assert planned.dropout_hazards[0].rates == pytest.approx((-math.log(0.9) / 12,))
    assert isinstance(late, TimeToEvent)
    assert late.hazards[2].changes == (3,)
    assert late.hazards[2].rates == pytest.approx((hazard, 0.7 * hazard))
    assert late.dropout_hazards[0].rates == pytest.approx((-math.log(0.9) / 6,))
    assert isinstance(null, TimeToEvent)
    assert null.hazards[0] == PiecewiseRate(rates=(0.05, 0.1), changes=(6,))


def test_a_delay_may_be_of_one_arm() -> None:
    read = parse_design(changed("{delay: 3, ", "{delay: {B: 3}, ")).definition
    outcome = read.scenarios[1].outcomes["death"]
    assert isinstance(outcome, TimeToEvent)
    assert [one.changes for one in outcome.hazards] == [(), (), (3,)]


def test_scenarios_have_what_their_base_has_key_by_key(definition: DesignDefinition) -> None:
    variable, null = definition.scenarios[1:]
    assert variable.outcomes["score"] == NormalOutcome(
        means=(0, -1, -3.5), sds=(7, 8, 9), delay=3, missing=(0.2,) * 3, better="lower"
    )
    # Label and weight are a scenario's own.
    assert (variable.weight, null.weight, null.label, null.enrollment_factor) == (2, 0, "null", 0.5)


def test_designs_have_what_their_base_has(definition: DesignDefinition) -> None:
    looks = definition.designs["looks"]
    assert (looks.label, looks.information_fractions) == ("Looks", (1 / 3, 2 / 3, 1))
    assert looks.efficacy == LanDeMetsOBrienFleming()
    assert definition.designs["fixed"].label == "fixed"
    assert definition.designs["responders"].allocation == (2, 1, 2)
    assert definition.designs["both"].sites == {"far": 5}
    assert definition.designs["futility"].futility == HwangShihDeCani(gamma=-2)
    assert definition.designs["futility"].computed == ()


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("pocock", Pocock()),
        ("obrien_fleming", OBrienFleming()),
        ("{rule: wang_tsiatis, delta: 0.25}", WangTsiatis(delta=0.25)),
        ("optimum_wang_tsiatis", OptimumWangTsiatis()),
        ("{rule: haybittle_peto, interim_z: 3.29}", HaybittlePeto(interim_z=3.29)),
        ("haybittle_peto", HaybittlePeto()),
        ("lan_demets_obrien_fleming", LanDeMetsOBrienFleming()),
        ("lan_demets_pocock", LanDeMetsPocock()),
        ("{rule: kim_demets, rho: 2}", KimDeMets(rho=2)),
        ("{rule: hwang_shih_decani, gamma: -4}", HwangShihDeCani(gamma=-4)),
        ("{rule: given, z: [null, 2.8, 2]}", GivenBounds(z=(math.inf, 2.8, 2))),
        ("{rule: user, cumulative: [0, 0.01, 0.05]}", UserSpending(cumulative=(0, 0.01, 0.05))),
        (
            "{rule: user, cumulative: [0.01, 0.05], fractions: [0.5, 1]}",
            UserSpending(cumulative=(0.01, 0.05), fractions=(0.5, 1)),
        ),
    ],
)
def test_rules_go_by_their_names(words: str, rule: object) -> None:
    read = parse_design(changed("efficacy: lan_demets_obrien_fleming", f"efficacy: {words}")).definition
    assert read.designs["looks"].efficacy == rule
    assert parse_design(json.dumps(design_words(read))).definition == read


def test_what_is_written_is_read_back_as_the_same(definition: DesignDefinition) -> None:
    assert parse_design(json.dumps(design_words(definition))).definition == definition


def test_the_example_is_what_the_protocol_plans_with() -> None:
    file = read_design(example_path("calm12", "design.yaml"))
    chosen = file.definition.designs[file.definition.chosen]
    assert (chosen.subjects, chosen.allocation, chosen.looks) == (240, (1, 1, 1), 1)
    assert compute_planned_power(file.definition, chosen) >= file.definition.test.target_power
    assert len(file.digest) == 64


def test_the_search_is_handed_on() -> None:
    assert parse_design(TEXT).search_node is None
    file = parse_design(TEXT + "search: {anything: [1, 2]}\n")
    assert file.search_node is not None
    assert file.search_node.plain() == {"anything": [1, 2]}


def test_all_problems_are_told_together_each_at_its_place() -> None:
    text = changed("kind: normal", "kind: gaussian").replace("rate: 2,", "rate: 0,").replace("alpha: 0.05", "alpha: 5")
    lines = refusal(text).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "design.yaml, line 4, column 31",
        "design.yaml, line 7, column 15",
        "design.yaml, line 28, column 39",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title: Test, ", "", "line 1, column 9: the key 'title' is missing"),
        ("chosen: fixed", "chosen: other", "there is no design 'other'. There are: fixed, looks, "),
        ("prior:", "priors:", "the key 'priors' is not known here. Known are: design, arms,"),
        ("arms: {C: Control, A: Low, B: {name: High, usdm: StudyArm_9}}", "arms: {B: High}", "there is one arm alone"),
        ("better: lower", "better: longer", "of a normal endpoint 'longer' is not better. Give higher or lower"),
        ("alpha: 0.05", "alpha: 5", "test.alpha must lie between 0 and 1, got 5"),
        ("sided: 2", "sided: 3", "this must be 1 or 2. Found '3'"),
        ("power: 0.8", "power: 1", "test.power must lie between alpha (0.05) and 1, got 1"),
        ("power: 0.8", "power: 80", "test.power must lie between alpha (0.05) and 1, got 80"),
        ("comparisons: [B, A]", "comparisons: [C]", "'C' is the control, with which the others are compared"),
        ("comparisons: [B, A]", "comparisons: [D]", "'D' is no arm. Comparisons can be of: A, B"),
        ("comparisons: [B, A]", "comparisons: [B, B]", "test.comparisons must name each experimental arm once"),
        (
            "comparisons: [B, A]}",
            "comparisons: [B, A], multiplicity: none}",
            "test.multiplicity is none, but there are",
        ),
        ("{C: 0, A: -2, B: -3.5}", "{C: 0, B: -3.5}", "there is no value for A. Give one for each arm"),
        ("{C: 0, A: -2, B: -3.5}", "{C: 0, A: -2, B: -3.5, D: 1}", "there is no arm 'D'. There are: C, A, B"),
        ("sd: 7, ", "", "give either sd, one for all arms, or sds, one for each"),
        ("sd: 7,", "sd: -7,", "NormalOutcome.sds must be above 0"),
        ("missing: 0.2", "missing: 20", "missing must lie between 0 and 1"),
        ("{C: 0.28, A: 0.37, B: 0.46}", "{C: 28, A: 37, B: 46}", "must lie between 0 and 1"),
        ("medians: {C: 12}", "medians: {C: -12}", "median must be above 0, got -12"),
        ("medians: {C: 12}", "medians: {A: 12}", "there is no value for the control, C"),
        ("medians: {C: 12}", "medians: {C: 12, A: 9}", "both medians and hazard_ratios say what the hazard of A is"),
        ("hazard_ratios: {A: 0.8, B: 0.7}", "hazard_ratios: {A: 0.8}", "neither medians nor hazard_ratios says what"),
        ("hazard_ratios: {A: 0.8, B: 0.7}", "hazard_ratios: {A: 0.8, B: 0}", "hazard_ratio must be above 0, got 0"),
        (
            "hazard_ratios: {A: 0.8, B: 0.7}",
            "hazard_ratios: {A: 0.8, B: 1}",
            "designs.survival has no power: in death, B is no better than C in the planned scenario, planned "
            "(a hazard ratio of 1)",
        ),
        ("hazard_ratios: {A: 0.8, B: 0.7}", "hazard_ratios: {A: 0.8, B: 1.2}", "B is worse than C"),
        ("{C: 0, A: -2, B: -3.5}", "{C: 0, A: -2, B: 3.5}", "in score, B is worse than C in the planned scenario"),
        ("medians: {C: 12}, ", "", "give either medians or hazards, at least of the control"),
        ("{C: 0.1, A: 0.1, B: 0.1}", "{C: 10, A: 10, B: 10}", "a dropout of 10 is no probability"),
        ("better: longer, followup: 12", "better: longer", "a probability of dropout needs dropout_by"),
        ("better: lower, followup: 3", "better: lower, followup: -3", "greater than or equal to 0"),
        ("better: lower, followup: 3", "better: lower", "the key 'followup' is missing: the time from randomization"),
        ("title: Test,", "title: '',", "this must not be empty. Found ''"),
        ("time_unit: months", "time_unit: ''", "this must not be empty. Found ''"),
        ("name: High,", "", "the key 'name' is missing"),
        ("A: Low,", "A: ,", "this must be a mapping. Found nothing"),
        ("dropout_by: 6", "dropout_by: -6", "above 0; got -6"),
        ("delay: 3", "delay: -3", "delay must not be negative, got -3"),
        ("changes: [6]", "changes: [-6]", "PiecewiseRate.changes must be above 0 and increase"),
        ("base: variable", "base: other", "there is no 'other' that this could be based on"),
        ("base: planned\n", "base: 'null'\n", "is based on"),
        ("enrollment_factor: 0.5", "enrollment_factor: 0", "scenarios.null.enrollment_factor must be above 0"),
        ("weight: 2", "weight: -2", "scenarios.variable.weight must not be negative"),
        ("      response:", "      other:", "there is no endpoint 'other'. There are: score, response, death"),
        ("      response: {probabilities: {C: 0.28, A: 0.37, B: 0.46}}\n", "", "says nothing of response, on which"),
        ("first_opening: 1,", "first_opening: 4,", "opens its first site at 4"),
        ("first_opening: 1,", "first_opening: -1,", "Give times from 0 on"),
        ("sites: 3", "sites: -3", "enrollment.near.sites must not be negative"),
        ("amount: 10", "amount: -10", "cost.parts.setup.amount must not be negative"),
        ("per: trial", "per: moon", "Found 'moon'"),
        ("sd: 2}", "sd: 0}", "prior must have a finite mean and an sd above 0"),
        ("looks: [0.5, 1]", "looks: [0.7, 0.5, 1]", "designs.futility.looks must increase"),
        ("looks: [0.5, 1]", "looks: [0.5, 0.9]", "designs.futility.looks must be above 0 and end in 1"),
        ("looks: 3", "looks: 0", "designs.looks.looks must be above 0 and end in 1"),
        (", efficacy: lan_demets_obrien_fleming", "", "has 3 looks, but neither efficacy nor futility says what they"),
        ("lan_demets_obrien_fleming", "obrien", "'obrien' is no rule that serves here. Known are: pocock,"),
        ("lan_demets_obrien_fleming", "kim_demets", "the key 'rho' is missing"),
        ("lan_demets_obrien_fleming", "{rule: kim_demets, rho: -1}", "KimDeMets.rho must be above 0, got -1"),
        ("lan_demets_obrien_fleming", "3", "a rule of bounds must be a name, or {rule: NAME}"),
        (
            "lan_demets_obrien_fleming",
            "{rule: user, cumulative: [0.02, 0.01, 0.05]}",
            "UserSpending.cumulative must not decrease",
        ),
        (
            "lan_demets_obrien_fleming",
            "{rule: user, cumulative: [0.01, 0.02, 0.025]}",
            "designs.looks: The efficacy spending ends at 0.025, but alpha is 0.05",
        ),
        ("lan_demets_obrien_fleming", "{rule: given, z: [3, 3]}", "efficacy has 2 bounds for 3 looks"),
        ("{rule: hwang_shih_decani, gamma: -2}", "pocock", "'pocock' is no rule that serves here"),
        ("subjects: 240", "subjects: 1", "designs.futility.subjects must be at least 2, got 1"),
        ("subjects: 240", "subjects: 2000000", "less than or equal to 1000000"),
        ("looks: 3", "looks: 3000000000", "less than or equal to 100"),
        ("sites: 3", "sites: 3000000000", "less than or equal to 10000"),
        ("{far: 5}", "{far: -5}", "greater than or equal to 0"),
        ("subjects: 240", "subjects: 240, events: 100", "events is for a time to an event, which score is not"),
        ("{delay: 3, ", "{delay: {D: 3}, ", "there is no arm 'D'"),
        ("subjects: 240", "subjects: some", "this must be a valid integer, or be 'computed'. Found 'some'"),
        ("allocation: {B: 2, C: 2, A: 1}", "allocation: {B: 2, C: 2}", "an allocation must have a weight for each arm"),
        ("allocation: {B: 2, C: 2, A: 1}", "allocation: [1, 1]", "there are 2 weights for 3 arms"),
        ("allocation: {B: 2, C: 2, A: 1}", "allocation: [1, 0, 1]", "must have a whole number from 1 for each arm"),
        ("allocation: {B: 2, C: 2, A: 1}", "allocation: [1, 1000000000, 1]", "less than or equal to 1000"),
        ("endpoint: response,", "endpoint: other,", "there is no endpoint 'other'"),
        ("{far: 5}", "{moon: 5}", "there is no group of sites 'moon'. There are: near, far"),
        ("{far: 5}", "{far: 0, near: 0}", "designs.survival has no site that enrolls"),
        ("subjects: 900, events: computed", "subjects: 900, events: 890", "looks asks for 890 events, but of 900"),
        ("subjects: 900, events: computed", "subjects: 90, events: computed", "power 0.8 cannot be reached"),
        ("  fixed: {", "  a/b: {", "'a/b' is no id. Use letters, digits, _ and - alone"),
    ],
)
def test_what_cannot_be_is_said_with_its_place_and_what_would_work(old: str, new: str, said: str) -> None:
    message = refusal(changed(old, new))
    assert said in message
    assert message.startswith("design.yaml, line ")
    assert "Traceback" not in message


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DesignError, match=r"There is no file .*design\.yaml"):
        read_design(tmp_path / "design.yaml")


@pytest.mark.parametrize("text", ["", "a: ]", "- 1\n", "design: 3\n"])
def test_what_is_no_design_is_said(text: str) -> None:
    assert "design.yaml, line 1" in refusal(text) or "the key" in refusal(text)


def test_a_hazard_ratio_of_one_after_a_delay_is_no_effect() -> None:
    file = parse_design(changed("{rates: [0.05, 0.1], changes: [6]}}, hazard_ratios", "0.05}, delay: 2, hazard_ratios"))

    null, planned = file.definition.scenarios[2], file.definition.planned

    assert len(null.outcomes["death"].hazards[1].rates) == 2  # type: ignore[union-attr]  # a time to an event
    assert null.is_null("death")
    assert not planned.is_null("death")


def test_an_effect_that_begins_after_the_first_events_has_a_size() -> None:
    text = changed("sites: 3, rate: 2", "sites: 3, rate: 200").replace(
        "hazard_ratios: {A: 0.8, B: 0.7}", "hazard_ratios: {A: 0.8, B: 0.7}, delay: 2"
    )

    survival = parse_design(text).definition.designs["survival"]

    # At a hazard ratio of 0.7 throughout, Schoenfeld's formula gives 247 events of the two arms (power 0.8, two-sided
    # 0.05), 370 with the third.
    assert survival.events is not None
    assert survival.events > 370
