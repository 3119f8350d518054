"""Commands of group-sequential designs: their bounds, and how they behave when simulated. They need no study."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli._design_show import plain, show
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.sequential import EfficacyRule, FutilityRule, GroupSequentialDesign


class Efficacy(StrEnum):
    """Rules of efficacy bounds."""

    OBRIEN_FLEMING = "obrien-fleming"
    POCOCK = "pocock"
    WANG_TSIATIS = "wang-tsiatis"
    HAYBITTLE_PETO = "haybittle-peto"
    LAN_DEMETS_OBRIEN_FLEMING = "lan-demets-obrien-fleming"
    LAN_DEMETS_POCOCK = "lan-demets-pocock"
    KIM_DEMETS = "kim-demets"
    HWANG_SHIH_DECANI = "hwang-shih-decani"


class Futility(StrEnum):
    """Rules of futility bounds: spending functions of the type II error."""

    NONE = "none"
    LAN_DEMETS_OBRIEN_FLEMING = "lan-demets-obrien-fleming"
    LAN_DEMETS_POCOCK = "lan-demets-pocock"
    KIM_DEMETS = "kim-demets"
    HWANG_SHIH_DECANI = "hwang-shih-decani"


Looks = Annotated[int, typer.Option(help="Analyses at equal steps of information, the final one included.", min=1)]
At = Annotated[
    list[float] | None, typer.Option(help="Information fraction of each analysis in place of --looks; the last is 1.")
]
EfficacyOption = Annotated[Efficacy, typer.Option(help="Rule of the efficacy bounds.")]
Parameter = Annotated[
    float | None,
    typer.Option(help="Of the rule: gamma (hwang-shih-decani), rho (kim-demets), delta (wang-tsiatis), Z."),
]
FutilityOption = Annotated[Futility, typer.Option(help="Spending of the type II error.")]
FutilityParameter = Annotated[float | None, typer.Option(help="Of the futility rule: gamma or rho.")]
Binding = Annotated[
    bool, typer.Option("--binding/--non-binding", help="Whether the type I error counts on stopping for futility.")
]
Alpha = Annotated[float, typer.Option(help="Type I error, of one side or of both together as --sided says.")]
Sided = Annotated[int, typer.Option(help="1 or 2.", min=1, max=2)]
Power = Annotated[float, typer.Option(help="Power under the alternative.")]
Json = Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")]


def efficacy_rule(rule: Efficacy, parameter: float | None) -> EfficacyRule:
    """The rule that is named, with its parameter or the usual one."""
    from trialwright.design import sequential

    match rule:
        case Efficacy.OBRIEN_FLEMING:
            return sequential.OBrienFleming()
        case Efficacy.POCOCK:
            return sequential.Pocock()
        case Efficacy.WANG_TSIATIS:
            return sequential.WangTsiatis(delta=_needed(rule, "delta", parameter))
        case Efficacy.HAYBITTLE_PETO:
            return sequential.HaybittlePeto() if parameter is None else sequential.HaybittlePeto(interim_z=parameter)
        case _:
            return _spending(rule.value, parameter)


def futility_rule(rule: Futility, parameter: float | None) -> FutilityRule | None:
    """The rule that is named; None for none."""
    return None if rule is Futility.NONE else _spending(rule.value, parameter)


def _spending(rule: str, parameter: float | None) -> FutilityRule:
    from trialwright.design import sequential

    match rule:
        case "lan-demets-obrien-fleming":
            return sequential.LanDeMetsOBrienFleming()
        case "lan-demets-pocock":
            return sequential.LanDeMetsPocock()
        case "kim-demets":
            return sequential.KimDeMets(rho=_needed(rule, "rho", parameter))
        case _:
            return sequential.HwangShihDeCani(gamma=_needed(rule, "gamma", parameter))


def _needed(rule: str, name: str, parameter: float | None) -> float:
    if parameter is None:
        usual = {"gamma": "-4", "rho": "2", "delta": "0.25"}[name]
        raise DesignError(f"{rule} needs its parameter {name}. Usual is {usual}: give it as --parameter {usual}.")
    return parameter


def compute(
    *,
    looks: int,
    at: list[float] | None,
    efficacy: Efficacy,
    parameter: float | None,
    futility: Futility,
    futility_parameter: float | None,
    binding: bool,
    alpha: float,
    sided: int,
    power: float,
) -> GroupSequentialDesign:
    """The design that the options ask for."""
    from trialwright.design.sequential import compute_group_sequential_design

    return compute_group_sequential_design(
        efficacy=efficacy_rule(efficacy, parameter),
        alpha=alpha,
        sided=sided,
        power=power,
        information_fractions=tuple(at) if at else tuple((look + 1) / looks for look in range(looks)),
        futility=futility_rule(futility, futility_parameter),
        futility_is_binding=binding,
    )


def group_sequential(
    looks: Looks = 3,
    at: At = None,
    efficacy: EfficacyOption = Efficacy.LAN_DEMETS_OBRIEN_FLEMING,
    parameter: Parameter = None,
    futility: FutilityOption = Futility.NONE,
    futility_parameter: FutilityParameter = None,
    binding: Binding = False,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    json: Json = False,
) -> None:
    """Bounds of a group-sequential design, and how it behaves.

    Sizes are relative to a design without interim analyses: multiply its subjects or events by the inflation factor.
    """
    from trialwright.design.sequential import compute_operating_characteristics

    design = compute(
        looks=looks,
        at=at,
        efficacy=efficacy,
        parameter=parameter,
        futility=futility,
        futility_parameter=futility_parameter,
        binding=binding,
        alpha=alpha,
        sided=sided,
        power=power,
    )
    null = compute_operating_characteristics(design, drift=0.0)
    alternative = compute_operating_characteristics(design, drift=design.drift)
    spent, levels = design.cumulative_alpha_spent, design.stage_levels
    lower = design.futility_bounds or (None,) * design.looks
    rows = [
        (
            str(look + 1),
            design.information_fractions[look],
            design.efficacy_bounds[look],
            levels[look],
            lower[look],
            spent[look],
            alternative.rejection_by_look[look],
            alternative.futility_by_look[look],
        )
        for look in range(design.looks)
    ]
    sides = "one-sided" if sided == 1 else "two-sided"
    result = {
        "design": plain(design),
        "cumulative_alpha_spent": spent,
        "cumulative_beta_spent": design.cumulative_beta_spent,
        "stage_levels": levels,
        "inflation_factor": design.inflation_factor,
        "under_null": null,
        "under_alternative": alternative,
    }
    show(
        f"{design.looks} analyses ({sides} alpha {alpha:g}, power {power:g}): "
        f"inflation factor {design.inflation_factor:.6g}",
        result,
        facts=[
            ("expected size, no effect", null.expected_information_ratio),
            ("expected size, effect", alternative.expected_information_ratio),
            ("drift", design.drift),
        ],
        table=(
            ("analysis", "information", "efficacy Z", "nominal p", "futility Z", "alpha spent", "rejects", "futile"),
            rows,
        ),
        conventions=design.conventions,
        json=json,
    )


def simulate(
    control_median: Annotated[float, typer.Option(help="Median time to the event in the control group.")],
    hazard_ratio: Annotated[float, typer.Option(help="Experimental / control; 1 shows the type I error.")],
    subjects: Annotated[int, typer.Option(help="Both groups together.", min=2)],
    events: Annotated[int, typer.Option(help="At the final analysis.", min=1)],
    accrual_rate: Annotated[float, typer.Option(help="Subjects per unit of time.")],
    delay: Annotated[float, typer.Option(help="Time from randomization until the hazard ratio holds.")] = 0.0,
    dropout_rate: Annotated[float, typer.Option(help="Hazard of dropping out, both groups.")] = 0.0,
    looks: Looks = 1,
    at: At = None,
    efficacy: EfficacyOption = Efficacy.LAN_DEMETS_OBRIEN_FLEMING,
    parameter: Parameter = None,
    futility: FutilityOption = Futility.NONE,
    futility_parameter: FutilityParameter = None,
    binding: Binding = False,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    trials: Annotated[int, typer.Option(help="How many trials are simulated.", min=1)] = 10_000,
    seed: Annotated[int, typer.Option(help="Of all chance.", min=0)] = 1,
    json: Json = False,
) -> None:
    """Simulate a trial with a time to an event, subject by subject.

    Two arms, through all analyses. The bounds are those of `design group-sequential`. The first use after installation
    compiles the simulation, which takes up to half a minute.
    """
    import numpy as np

    from trialwright.cli._progress import progress_on_stderr
    from trialwright.design import simulation
    from trialwright.execution import step_of_work

    design = compute(
        looks=looks,
        at=at,
        efficacy=efficacy,
        parameter=parameter,
        futility=futility,
        futility_parameter=futility_parameter,
        binding=binding,
        alpha=alpha,
        sided=sided,
        power=0.9,  # bounds of efficacy do not depend on it; those of futility are for this power
    )
    if not accrual_rate > 0:
        raise DesignError(f"--accrual-rate must be above 0, got {accrual_rate!r}. It is subjects per unit of time.")
    control = simulation.hazard_of_median(control_median)
    dropout = simulation.constant_rate(dropout_rate)
    plan = simulation.TrialPlan(
        accrual=simulation.Accrual(subjects=subjects, rate=simulation.constant_rate(accrual_rate)),
        outcome=simulation.TimeToEvent(
            hazards=(control, simulation.proportional_hazard(control, hazard_ratio=hazard_ratio, delay=delay)),
            dropout_hazards=(dropout, dropout) if dropout_rate else (),
        ),
        looks=tuple(
            simulation.Look(observed=max(1, round(events * fraction))) for fraction in design.information_fractions
        ),
    )
    with step_of_work("Simulating the trials (the first use compiles, up to half a minute)", progress_on_stderr()):
        simulated = simulation.simulate_trials(plan, trials=trials, rng=np.random.default_rng(seed))
    futile = design.futility_bounds
    behavior = simulation.compute_operating_characteristics(
        simulated,
        simulation.Boundaries(
            efficacy=tuple(None if math.isinf(bound) else bound for bound in design.efficacy_bounds),
            futility=() if futile is None else tuple(None if math.isinf(bound) else bound for bound in futile),
            sided=sided,
        ),
    )
    power = behavior.power
    rows = [
        (
            str(number),
            look.reached.value,
            look.rejections[0].value,
            look.futilities[0].value,
            look.observed.value,
            look.subjects.value,
            look.time.value,
        )
        for number, look in enumerate(behavior.looks, start=1)
    ]
    show(
        f"rejected in {100 * (power.value or 0):.2f}% of {trials} trials "
        f"(Monte Carlo standard error {100 * (power.standard_error or 0):.2f}%)",
        {"seed": seed, "design": plain(design), "behavior": behavior},
        facts=[
            ("expected events", behavior.expected_observed.value),
            ("expected subjects", behavior.expected_subjects.value),
            ("expected duration", behavior.expected_time.value),
        ],
        table=(("analysis", "reached", "rejects", "futile", "events", "subjects", "time"), rows),
        conventions=behavior.conventions,
        json=json,
    )
