"""Commands of adaptive designs: sizes at an interim analysis, combination tests, several arms. They need no study."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialwright.cli import _design_sequential as bounds
from trialwright.cli._design_sequential import Efficacy, Futility
from trialwright.cli._design_show import show
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.adaptive import CombinationTest
    from trialwright.design.adaptive.multi_arm import MultiArmEfficacy
    from trialwright.design.simulation.operating_characteristics import Estimate

app = typer.Typer(
    help="Adaptive designs: sizes at interim analyses, combination, several arms.",
    epilog="Example: trialwright design adaptive combine --z 1.2 --z 2.1",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class Rule(StrEnum):
    """Rules that change the size after an unblinded interim analysis."""

    CONDITIONAL_POWER = "conditional-power"
    PROMISING_ZONE = "promising-zone"
    GAMMA = "gamma"


class Bounds(StrEnum):
    """Bounds of designs with several arms."""

    TRIANGULAR = "triangular"
    POCOCK = "pocock"
    OBRIEN_FLEMING = "obrien-fleming"


class Measure(StrEnum):
    """How two proportions are compared."""

    DIFFERENCE = "difference"
    RISK_RATIO = "risk_ratio"
    ODDS_RATIO = "odds_ratio"


Alpha = Annotated[float, typer.Option(help="One-sided type I error.")]
Power = Annotated[float, typer.Option(help="Power to reach.")]
Json = Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")]
Ratio = Annotated[float, typer.Option("--allocation-ratio", help="Experimental subjects per control subject.")]
RuleArgument = Annotated[Rule, typer.Argument(help="conditional-power, promising-zone or gamma.")]
Maximum = Annotated[int, typer.Option(help="Most units of the whole trial.", min=1)]
Target = Annotated[float, typer.Option(help="Conditional power to reach.")]
Lower = Annotated[float, typer.Option(help="Conditional power at which the promising zone begins.")]
Gamma = Annotated[float | None, typer.Option(help="Of the gamma rule: conditional power a further unit must be worth.")]
Planned = Annotated[
    list[int], typer.Option(help="Units (subjects with an outcome, or events) of each stage alone, as planned.")
]


@app.command(
    "reestimate",
    epilog="\b\nExample: trialwright design adaptive reestimate promising-zone --z 1.4 --planned 208 --planned 234 "
    "--maximum 884 --target 0.8 --lower 0.36",
)
def reestimate(
    rule: RuleArgument,
    z: Annotated[list[float], typer.Option("--z", help="Statistic of each stage so far, of its own data alone.")],
    planned: Planned,
    maximum: Maximum,
    observed: Annotated[
        list[int] | None, typer.Option(help="Units of each stage so far; as planned, if not given.")
    ] = None,
    target: Target = 0.9,
    lower: Lower = 0.5,
    gamma: Gamma = None,
    effect: Annotated[
        float | None, typer.Option(help="Expected Z per root unit; what was observed, if not given.")
    ] = None,
    efficacy: bounds.EfficacyOption = Efficacy.OBRIEN_FLEMING,
    parameter: bounds.Parameter = None,
    only_final: Annotated[
        bool, typer.Option("--only-final", help="The null hypothesis is rejected at the end alone.")
    ] = False,
    alpha: Alpha = 0.025,
    json: Json = False,
) -> None:
    """The size of the next stage after an unblinded interim analysis.

    The trial is tested by the inverse normal combination, with the weights of the planned sizes.
    """
    from trialwright.design.adaptive import compute_reestimated_size

    test = _inverse_normal(planned, None if only_final else efficacy, parameter, alpha)
    found = compute_reestimated_size(
        _rule(rule, target=target, maximum=maximum, lower=lower, gamma=gamma, effect=effect),
        test,
        z=z,
        stage_units=observed or planned[: len(z)],
        planned_units=planned,
    )
    show(
        f"{found.next_units} units in the next stage, {found.total_units} in all",
        {"size": found, "test": test},
        facts=[
            *([("zone", found.zone)] if found.zone else []),
            ("planned for the next stage", found.planned_next),
            ("conditional power, new", found.conditional_power),
            ("conditional power, planned", found.conditional_power_planned),
            ("effect per root unit", found.effect),
        ],
        conventions=(
            "z is of the data of a stage alone, above 0 for a better outcome; units are of all arms together",
        ),
        json=json,
    )


@app.command(
    "reestimate-blinded",
    epilog="\b\nExample: trialwright design adaptive reestimate-blinded --response-effect 0.15 --subjects 100 "
    "--responses 38 --minimum 200 --maximum 600",
)
def reestimate_blinded(
    minimum: Annotated[int, typer.Option(help="Fewest subjects of the whole trial.", min=1)],
    maximum: Annotated[int, typer.Option(help="Most subjects of the whole trial.", min=1)],
    difference: Annotated[
        float | None, typer.Option(help="Of means, as planned; with --value for each pooled outcome.")
    ] = None,
    value: Annotated[list[float] | None, typer.Option(help="A pooled outcome, blinded.")] = None,
    response_effect: Annotated[
        float | None, typer.Option(help="Of proportions, as planned; with --subjects and --responses.")
    ] = None,
    measure: Annotated[Measure, typer.Option(help="What --response-effect is.")] = Measure.DIFFERENCE,
    subjects: Annotated[int, typer.Option(help="With an outcome, both groups together.", min=0)] = 0,
    responses: Annotated[int, typer.Option(help="Of these subjects.", min=0)] = 0,
    adjusted: Annotated[
        bool, typer.Option("--adjusted", help="The planned difference is taken off the pooled variance.")
    ] = False,
    alpha: Alpha = 0.025,
    power: Power = 0.9,
    allocation_ratio: Ratio = 1.0,
    json: Json = False,
) -> None:
    """The size of the trial from pooled outcomes, without unblinding.

    Of means with --difference and each --value; of proportions with --response-effect, --subjects and --responses.
    """
    from trialwright.design import adaptive

    shared: dict[str, Any] = {
        "alpha": alpha,
        "power": power,
        "minimum": minimum,
        "maximum": maximum,
        "allocation_ratio": allocation_ratio,
    }
    if difference is not None and response_effect is None:
        of_means = adaptive.BlindedVarianceRule(difference=difference, adjusted=adjusted, **shared)
        found = adaptive.compute_blinded_size(of_means, values=value or [])
        nuisance = "variance"
    elif response_effect is not None and difference is None:
        if responses > subjects:
            raise DesignError(f"--responses is {responses}, but there are {subjects} --subjects. Give at most as many.")
        of_rates = adaptive.BlindedProportionRule(effect=response_effect, measure=measure.value, **shared)
        outcomes = [1.0] * responses + [0.0] * (subjects - responses)
        found = adaptive.compute_blinded_size(of_rates, values=outcomes)
        nuisance = "pooled proportion"
    else:
        raise DesignError("Give --difference and --value for means, or --response-effect for proportions.")
    show(
        f"{found.total_units} subjects in all (one-sided alpha {alpha:g}, power {power:g})",
        found,
        facts=[(nuisance, found.nuisance)],
        conventions=("subjects are of both groups together, within the minimum and the maximum",),
        json=json,
    )


@app.command("combine", epilog="Example: trialwright design adaptive combine --z 1.2 --z 2.1")
def combine(
    z: Annotated[
        list[float] | None, typer.Option("--z", help="Statistic of each stage, of its own data alone.")
    ] = None,
    p_value: Annotated[
        list[float] | None, typer.Option(help="One-sided p-value of each stage, in place of --z.")
    ] = None,
    estimate: Annotated[
        list[float] | None, typer.Option(help="Effect found in each stage, in place of --z; with --standard-error.")
    ] = None,
    standard_error: Annotated[list[float] | None, typer.Option(help="Of each estimate.")] = None,
    fisher: Annotated[bool, typer.Option("--fisher", help="Fisher's product in place of the inverse normal.")] = False,
    looks: Annotated[int, typer.Option(help="Stages that are planned.", min=1)] = 2,
    at: bounds.At = None,
    efficacy: bounds.EfficacyOption = Efficacy.OBRIEN_FLEMING,
    parameter: bounds.Parameter = None,
    alpha: Alpha = 0.025,
    json: Json = False,
) -> None:
    """What a combination test says after one stage or more.

    It keeps its type I error whatever was changed between the stages.
    """
    from trialwright.design import adaptive

    given = [values for values in (z, p_value, estimate) if values]
    if len(given) != 1:
        raise DesignError("Give the stages as --z, as --p-value or as --estimate with --standard-error: one of them.")
    if len(estimate or []) != len(standard_error or []):
        raise DesignError(
            f"There are {len(estimate or [])} estimates and {len(standard_error or [])} standard errors. "
            "Give one --standard-error for each --estimate."
        )
    if fisher:
        test = adaptive.compute_fisher_test(stages=looks, alpha=alpha)
    else:
        test = adaptive.compute_inverse_normal_test(
            efficacy=bounds.efficacy_rule(efficacy, parameter),
            alpha=alpha,
            information_fractions=tuple(at) if at else tuple((look + 1) / looks for look in range(looks)),
        )
    stages = [
        adaptive.EstimateStage(estimate=one, standard_error=error)
        for one, error in zip(estimate or [], standard_error or [], strict=True)
    ]
    analysis = adaptive.compute_combination_analysis(
        test, z=[stage.z() for stage in stages] if stages else z or None, p_values=p_value or None
    )
    interval = adaptive.compute_combination_interval(test, stages=stages) if stages else None
    final = None
    if (
        stages and len(stages) <= 2 and (analysis.rejected_at or len(stages) == test.stages)
    ):  # inference is for one or two
        final = adaptive.compute_final_inference(test, stages=stages)
    rows = [
        (str(one.stage), one.z, one.p_value, one.statistic, one.critical_value, one.decision,
         one.conditional_rejection_probability, one.repeated_p_value)
        for one in analysis.stages
    ]  # fmt: skip
    facts: list[tuple[str, object]] = []
    if interval is not None:
        facts.append(
            (f"repeated {100 * interval.conf_level:g}% interval", _range(interval.ci_lower, interval.ci_upper))
        )
    if final is not None:
        facts += [
            ("p-value", final.p_value),
            ("median-unbiased estimate", final.median_unbiased_estimate),
            (f"its {100 * final.conf_level:g}% interval", _range(final.ci_lower, final.ci_upper)),
        ]
    told = "rejected at stage " + str(analysis.rejected_at) if analysis.rejected_at else "not rejected"
    show(
        f"The null hypothesis is {told}",
        {"test": test, "analysis": analysis, "repeated_interval": interval, "final": final},
        facts=facts,
        table=(
            ("stage", "Z", "p-value", "combined", "critical", "decision", "conditional error", "repeated p"),
            rows,
        ),
        conventions=analysis.conventions,
        json=json,
    )


@app.command(
    "multi-arm",
    epilog="\b\nExample: trialwright design adaptive multi-arm --arms 3 --effect 0.545 --uninteresting 0.178 --sd 1 "
    "--alpha 0.05",
)
def multi_arm(
    arms: Annotated[int, typer.Option(help="Experimental arms at the start.", min=1)],
    effect: Annotated[float, typer.Option(help="Worth finding, experimental - control.")],
    uninteresting: Annotated[float, typer.Option(help="Effect of the other arms, not worth finding.")],
    sd: Annotated[float, typer.Option(help="Standard deviation of all arms.")],
    stages: Annotated[int, typer.Option(help="Equal stages, the last included.", min=1, max=4)] = 2,
    efficacy: Annotated[Bounds, typer.Option(help="Rule of the efficacy bounds.")] = Bounds.TRIANGULAR,
    no_futility: Annotated[
        bool, typer.Option("--no-futility", help="No triangular futility bounds; arms go on to the end.")
    ] = False,
    binding: Annotated[
        bool, typer.Option("--binding/--non-binding", help="Whether the error rate counts on stopping for futility.")
    ] = True,
    true_effect: Annotated[
        list[float] | None, typer.Option(help="Of each arm: shows how the design behaves under these effects.")
    ] = None,
    alpha: Annotated[float, typer.Option(help="One-sided familywise error rate.")] = 0.025,
    power: Power = 0.9,
    json: Json = False,
) -> None:
    """Several arms and a control in stages: bounds, size and behavior."""
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.design.adaptive import (
        Triangular,
        compute_multi_arm_characteristics,
        compute_multi_arm_design,
    )
    from trialwright.execution import step_of_work

    rule = _multi_arm_rule(efficacy)
    steps = tuple(float(stage) for stage in range(1, stages + 1))
    with step_of_work("Computing the bounds", progress_on_stderr()):
        design = compute_multi_arm_design(
            arms=arms,
            alpha=alpha,
            power=power,
            effect=effect,
            uninteresting_effect=uninteresting,
            sd=sd,
            efficacy=rule,
            futility=None if no_futility else Triangular(),
            futility_is_binding=binding,
            experimental_ratios=steps,
            control_ratios=steps,
        )
        behavior = compute_multi_arm_characteristics(
            design, effects=tuple(true_effect) if true_effect else (effect, *(uninteresting,) * (arms - 1))
        )
    lower = design.futility_bounds or (None,) * design.stages
    rows = [
        (str(stage + 1), design.efficacy_bounds[stage], lower[stage], design.n_experimental[stage],
         design.n_control[stage], behavior.reached[stage])
        for stage in range(design.stages)
    ]  # fmt: skip
    show(
        f"{design.n_total} subjects at most (familywise alpha {alpha:g}, power {power:g})",
        {"design": design, "behavior": behavior},
        facts=[
            ("familywise error rate", design.familywise_error_rate),
            ("power at these sizes", design.power),
            ("effects", ", ".join(f"{one:g}" for one in behavior.effects)),
            ("expected subjects at these", behavior.expected_n_total),
            ("any arm is rejected", behavior.disjunctive_power),
        ],
        table=(("stage", "efficacy Z", "futility Z", "per arm", "control", "reached"), rows),
        conventions=design.conventions,
        json=json,
    )


@app.command(
    "simulate",
    epilog="\b\nExample: trialwright design adaptive simulate conditional-power --mean 0 --mean 0.3 --sd 1 --planned "
    "100 --planned 100 --maximum 400 --trials 2000",
)
def simulate(
    rule: RuleArgument,
    planned: Planned,
    maximum: Maximum,
    mean: Annotated[list[float] | None, typer.Option(help="Of the control, then of the experimental group.")] = None,
    sd: Annotated[float, typer.Option(help="Standard deviation of both groups.")] = 1.0,
    proportion: Annotated[
        list[float] | None, typer.Option(help="Of the control, then of the experimental group, in place of --mean.")
    ] = None,
    accrual_rate: Annotated[float, typer.Option(help="Subjects per unit of time.")] = 10.0,
    delay: Annotated[float, typer.Option(help="From randomization to the outcome.")] = 0.0,
    target: Target = 0.9,
    lower: Lower = 0.5,
    gamma: Gamma = None,
    effect: Annotated[
        float | None, typer.Option(help="Expected Z per root unit in the rule; what was observed, if not given.")
    ] = None,
    efficacy: bounds.EfficacyOption = Efficacy.OBRIEN_FLEMING,
    parameter: bounds.Parameter = None,
    conventional: Annotated[
        bool, typer.Option("--conventional", help="Test all data as if nothing had been changed.")
    ] = False,
    alpha: Alpha = 0.025,
    trials: Annotated[int, typer.Option(help="How many trials are simulated.", min=1)] = 10_000,
    seed: Annotated[int, typer.Option(help="Of all chance.", min=0)] = 1,
    json: Json = False,
) -> None:
    """Simulate a trial of two groups whose size is changed at its interim analyses."""
    import numpy as np

    from trialwright.cli._progress import progress_on_stderr
    from trialwright.design import adaptive, simulation
    from trialwright.execution import step_of_work

    outcome: simulation.NormalOutcome | simulation.BinaryOutcome
    if len(mean or []) == 2 and not proportion:  # two groups
        outcome = simulation.NormalOutcome(means=tuple(mean or []), sds=(sd, sd), delay=delay)
    elif len(proportion or []) == 2 and not mean:
        outcome = simulation.BinaryOutcome(probabilities=tuple(proportion or []), delay=delay)
    else:
        raise DesignError("Give --mean twice or --proportion twice: of the control, then of the experimental group.")
    if not accrual_rate > 0:
        raise DesignError(f"--accrual-rate must be above 0, got {accrual_rate!r}. It is subjects per unit of time.")
    plan = adaptive.AdaptivePlan(
        outcome=outcome,
        accrual=simulation.Accrual(subjects=max(maximum, sum(planned)), rate=simulation.constant_rate(accrual_rate)),
        test=_inverse_normal(planned, efficacy, parameter, alpha),
        planned_units=tuple(planned),
        rule=_rule(rule, target=target, maximum=maximum, lower=lower, gamma=gamma, effect=effect),
        final_test="conventional" if conventional else "combination",
    )
    with step_of_work("Simulating the trials (the first use compiles, up to half a minute)", progress_on_stderr()):
        simulated = adaptive.simulate_adaptive(plan, trials=trials, rng=np.random.default_rng(seed))
    behavior = adaptive.compute_adaptive_characteristics(simulated)
    rows = [
        (str(number), stage.reached.value, stage.rejected.value, stage.futile.value, stage.changed.value,
         stage.units.value)
        for number, stage in enumerate(behavior.stages, start=1)
    ]  # fmt: skip
    show(
        f"rejected in {_percent(behavior.power)}",
        {"seed": seed, "behavior": behavior},
        facts=[
            ("expected subjects", behavior.expected_subjects.value),
            ("expected duration", behavior.expected_time.value),
        ],
        table=(("stage", "reached", "rejects", "futile", "size changed", "units"), rows),
        conventions=behavior.conventions,
        json=json,
    )


def _inverse_normal(
    planned: list[int], efficacy: Efficacy | None, parameter: float | None, alpha: float
) -> CombinationTest:
    """The test whose weights are those of the planned sizes."""
    from trialwright.design.adaptive import compute_inverse_normal_test

    if len(planned) < 2 or min(planned) < 1:  # stages
        raise DesignError("Give --planned for each stage, two or more: the units of each alone, all above 0.")
    total = sum(planned)
    return compute_inverse_normal_test(
        efficacy=None if efficacy is None else bounds.efficacy_rule(efficacy, parameter),
        alpha=alpha,
        information_fractions=tuple(sum(planned[: stage + 1]) / total for stage in range(len(planned))),
        futility=bounds.futility_rule(Futility.NONE, None),
    )


def _rule(rule: Rule, *, target: float, maximum: int, lower: float, gamma: float | None, effect: float | None) -> Any:
    from trialwright.design import adaptive

    assumed: Any = "observed" if effect is None else effect
    match rule:
        case Rule.CONDITIONAL_POWER:
            return adaptive.ConditionalPowerRule(target=target, maximum=maximum, effect=assumed)
        case Rule.PROMISING_ZONE:
            return adaptive.PromisingZone(target=target, maximum=maximum, lower=lower, effect=assumed)
        case Rule.GAMMA:
            if gamma is None or effect is None:
                raise DesignError("The gamma rule needs --gamma and --effect. Give both: 0.001 and 0.1, for instance.")
            return adaptive.GammaRule(effect=effect, gamma=gamma, maximum=maximum)


def _multi_arm_rule(rule: Bounds) -> MultiArmEfficacy:
    from trialwright.design.adaptive import Triangular
    from trialwright.design.sequential import OBrienFleming, Pocock

    match rule:
        case Bounds.TRIANGULAR:
            return Triangular()
        case Bounds.POCOCK:
            return Pocock()
        case Bounds.OBRIEN_FLEMING:
            return OBrienFleming()


def _range(lower: float, upper: float) -> str:
    return f"{lower:.6g} to {upper:.6g}"


def _percent(estimate: Estimate) -> str:
    value, error = estimate.value or 0, estimate.standard_error or 0
    return f"{100 * value:.2f}% (Monte Carlo standard error {100 * error:.2f}%)"
