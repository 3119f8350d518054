"""Commands of Bayesian designs: one arm and two, assurance, adaptive allocation. They need no study."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialwright.cli._design_show import show
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.bayesian import ResponseLook
    from trialwright.design.sample_size import BetaPrior

app = typer.Typer(
    help="Bayesian designs: monitoring, assurance, response-adaptive allocation.",
    epilog="Example: trialwright design bayesian one-arm --null 0.2 --alternative 0.4 --largest 40",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class Allocation(StrEnum):
    """Rules of response-adaptive randomization."""

    EQUAL = "equal"
    THOMPSON = "thompson"
    PLAY_THE_WINNER = "play-the-winner"
    DROP_THE_LOSER = "drop-the-loser"
    BIASED_COIN = "biased-coin"


class AllocationTest(StrEnum):
    """How the arms are compared at the end."""

    USUAL = "usual"
    STRATIFIED = "stratified"
    RANDOMIZATION = "randomization"


Json = Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")]
Alpha = Annotated[float, typer.Option(help="One-sided type I error.")]
Power = Annotated[float, typer.Option(help="Power to reach.")]
Prior = Annotated[tuple[float, float], typer.Option(metavar="A B", help="Beta prior of the response rate.")]
Sided = Annotated[int, typer.Option(help="1 or 2.", min=1, max=2)]
Ratio = Annotated[float, typer.Option("--allocation-ratio", help="Experimental subjects per control subject.")]


@app.command(
    "one-arm",
    epilog="\b\nExample: trialwright design bayesian one-arm --null 0.2 --alternative 0.4 --largest 40",
)
def one_arm(
    null: Annotated[float, typer.Option(help="Response rate that is of no interest.")],
    alternative: Annotated[float, typer.Option(help="Response rate that is worth finding.")],
    prior: Prior = (1.0, 1.0),
    alpha: Alpha = 0.1,
    power: Power = 0.9,
    first: Annotated[int, typer.Option(help="Subjects at the first look.", min=1)] = 10,
    every: Annotated[int, typer.Option(help="Subjects between looks.", min=1)] = 5,
    largest: Annotated[int, typer.Option(help="Most subjects.", min=2)] = 60,
    smallest_expected: Annotated[
        bool, typer.Option("--smallest-expected", help="The fewest subjects under the null rate, not the most power.")
    ] = False,
    look: Annotated[
        list[int] | None, typer.Option(help="Subjects at each look: a given design in place of a search.")
    ] = None,
    success: Annotated[float, typer.Option(help="Of a given design: posterior probability of success.")] = 0.95,
    futility: Annotated[float, typer.Option(help="Of a given design: it stops below this probability.")] = 0.05,
    posterior: Annotated[
        bool, typer.Option("--posterior", help="A given design looks at the posterior, not the predictive probability.")
    ] = False,
    json: Json = False,
) -> None:
    """One arm, monitored by the predictive probability of success.

    Lee and Liu's search for the smallest trial; or, with each --look, how a given design behaves.
    """
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.design import bayesian
    from trialwright.execution import step_of_work

    belief = _beta(prior)
    if look:
        computing: Any = bayesian.compute_posterior_monitoring if posterior else bayesian.compute_predictive_monitoring
        found = computing(
            belief,
            looks=look,
            null_rate=null,
            success_cutoff=success,
            futility_cutoff=futility,
            alternative_rate=alternative,
        )
    else:
        with step_of_work("Searching the designs", progress_on_stderr()):
            found = bayesian.compute_predictive_design(
                belief,
                null_rate=null,
                alternative_rate=alternative,
                alpha=alpha,
                power=power,
                n_first=first,
                n_max=largest,
                cohort=every,
                criterion="expected_n" if smallest_expected else "power",
            )
    behavior = found.alternative
    rows = [(str(one.n), one.futility_at_most, one.efficacy_at_least) for one in _shown_looks(found.looks)]
    show(
        f"{found.n_total} subjects at most: rejects {null:g} with probability {found.null.success:.4g}, "
        f"{0 if behavior is None else behavior.success:.4g} at {alternative:g}",
        found,
        facts=[
            ("posterior probability", found.success_cutoff),
            ("futile below", found.futility_cutoff),
            ("expected subjects, null", found.null.expected_n),
            ("expected subjects, effect", None if behavior is None else behavior.expected_n),
        ],
        table=(("subjects", "stop if at most", "success if at least"), rows),
        conventions=found.conventions,
        json=json,
    )


@app.command(
    "two-arm",
    epilog="\b\nExample: trialwright design bayesian two-arm --experimental 0.5 --control 0.25 --look 20 --look 40 "
    "--cutoff 0.985",
)
def two_arm(
    experimental: Annotated[float, typer.Option(help="True response rate.")],
    control: Annotated[float, typer.Option(help="True response rate.")],
    look: Annotated[list[int], typer.Option(help="Subjects per arm at each look, the last included.")],
    cutoff: Annotated[
        float, typer.Option(help="Posterior probability of a better experimental arm that is success.")
    ] = 0.975,
    only_final: Annotated[bool, typer.Option("--only-final", help="No success before the last look.")] = False,
    futility: Annotated[float, typer.Option(help="Predictive probability below which the trial stops; 0: none.")] = 0.0,
    margin: Annotated[float, typer.Option(help="By how much the experimental arm must be better.")] = 0.0,
    prior: Prior = (1.0, 1.0),
    control_prior: Annotated[tuple[float, float], typer.Option(metavar="A B", help="Beta prior of the control.")] = (
        1.0,
        1.0,
    ),
    calibrate: Annotated[
        float | None, typer.Option(help="Type I error to keep: finds the cutoff in place of --cutoff.")
    ] = None,
    null_rate: Annotated[
        list[float] | None, typer.Option(help="Common rates at which it is kept; 0.02 to 0.98 if none is given.")
    ] = None,
    json: Json = False,
) -> None:
    """Two arms, responses monitored by posterior probabilities.

    How the design behaves is exact, by sums over all outcomes.
    """
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.design import bayesian
    from trialwright.execution import step_of_work

    if not look:
        raise DesignError("Give --look for each look: the subjects per arm by then.")
    rule = bayesian.TwoArmMonitoring(
        experimental_prior=_beta(prior),
        control_prior=_beta(control_prior),
        looks=tuple((n, n) for n in look),
        success_cutoffs=((None if only_final else cutoff),) * (len(look) - 1) + (cutoff,),
        margin=margin,
        futility_cutoff=futility,
    )
    calibrated = None
    with step_of_work("Computing the design", progress_on_stderr()):
        if calibrate is not None:
            rates: dict[str, Any] = {"null_rates": null_rate} if null_rate else {}
            calibrated = bayesian.calibrate_two_arm_monitoring(rule, alpha=calibrate, **rates)
            rule = calibrated.rule
        behavior = bayesian.compute_two_arm_characteristics(rule, rate_experimental=experimental, rate_control=control)
        null = bayesian.compute_two_arm_characteristics(
            rule, rate_experimental=min(1.0, max(0.0, control + margin)), rate_control=control
        )
    rows = [
        (str(n), rule.success_cutoffs[number], behavior.success_by_look[number], null.success_by_look[number])
        for number, n in enumerate(look)
    ]
    facts: list[tuple[str, object]] = [
        ("expected subjects", behavior.expected_n),
        ("type I error, this control", null.success),
    ]
    if calibrated is not None:
        facts += [
            ("cutoff found", calibrated.cutoff),
            ("largest type I error", f"{calibrated.type_one_error:.6g} at {calibrated.at_rate:g}"),
        ]
    show(
        f"success with probability {behavior.success:.4g} at {experimental:g} against {control:g}",
        {"rule": rule, "calibrated": calibrated, "behavior": behavior, "null": null},
        facts=facts,
        table=(("per arm", "success from", "succeeds", "succeeds, no effect"), rows),
        conventions=behavior.conventions,
        json=json,
    )


@app.command(
    "assurance",
    epilog="\b\nExample: trialwright design bayesian assurance --prior-mean 0.3 --prior-sd 0.15 --sd 1 --subjects 240",
)
def assurance(
    prior_mean: Annotated[float, typer.Option(help="Of the effect: the expected difference, experimental - control.")],
    prior_sd: Annotated[float, typer.Option(help="Of the effect: how uncertain it is.")],
    sd: Annotated[float, typer.Option(help="Standard deviation of both groups.")],
    subjects: Annotated[
        int | None, typer.Option(help="Both groups; if not given, those that reach --assurance.", min=2)
    ] = None,
    assurance: Annotated[float, typer.Option(help="Probability of success to reach.")] = 0.7,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    allocation_ratio: Ratio = 1.0,
    json: Json = False,
) -> None:
    """Probability of success over a prior of the difference of two means.

    Of a size (--subjects), or the size that reaches --assurance.
    """
    from trialwright.design import sample_size as sizes

    belief = sizes.NormalPrior(mean=prior_mean, sd=prior_sd)
    if subjects is None:
        found = sizes.compute_sample_size_assurance_two_means(
            prior=belief, sd=sd, alpha=alpha, sided=sided, assurance=assurance, allocation_ratio=allocation_ratio
        )
        show(
            f"{found.n_total} subjects (assurance {assurance:g})",
            found,
            facts=[
                ("experimental", found.n_experimental),
                ("control", found.n_control),
                ("assurance at these sizes", found.attained_power),
            ],
            conventions=found.conventions,
            json=json,
        )
        return
    if not (math.isfinite(allocation_ratio) and allocation_ratio > 0):
        raise DesignError(f"--allocation-ratio must be above 0, got {allocation_ratio!r}. Give 1 for equal groups.")
    n_control = round(subjects / (1 + allocation_ratio))
    if not 0 < n_control < subjects:
        raise DesignError(f"{subjects} subjects leave a group empty at a ratio of {allocation_ratio:g}. Give more.")

    def power_at(difference: Any) -> Any:
        return sizes.compute_power_two_means(
            difference=difference,
            sd=sd,
            alpha=alpha,
            sided=sided,
            n_experimental=subjects - n_control,
            n_control=n_control,
        )

    value = float(sizes.compute_assurance(power_at, belief))
    planned = float(power_at(prior_mean))
    show(
        f"probability of success {value:.6g} with {subjects} subjects",
        {"assurance": value, "power_at_prior_mean": planned, "subjects": subjects, "prior": belief},
        facts=[("power at the prior mean", planned)],
        conventions=("the mean of the power over a normal prior of the difference",),
        json=json,
    )


@app.command(
    "allocation",
    epilog="\b\nExample: trialwright design bayesian allocation thompson --response 0.3 --response 0.5 --subjects 100 "
    "--burn-in 10 --trials 500",
)
def allocation(
    rule: Annotated[
        Allocation,
        typer.Argument(help="equal, thompson, play-the-winner, drop-the-loser or biased-coin."),
    ],
    response: Annotated[list[float], typer.Option(help="True response rate of each arm, the control first.")],
    subjects: Annotated[int, typer.Option(help="All arms together.", min=2)],
    accrual_rate: Annotated[float, typer.Option(help="Subjects per unit of time.")] = 10.0,
    delay: Annotated[float, typer.Option(help="From randomization to the outcome.")] = 0.0,
    burn_in: Annotated[int, typer.Option(help="Subjects of each arm before the rule begins.", min=0)] = 0,
    minimum: Annotated[float, typer.Option(help="Least probability of an arm.")] = 0.0,
    every: Annotated[int, typer.Option(help="Subjects between computations of the probabilities.", min=1)] = 1,
    drift: Annotated[float, typer.Option(help="Added to every rate from the first to the last subject.")] = 0.0,
    test: Annotated[AllocationTest, typer.Option(help="How arms are compared at the end.")] = AllocationTest.USUAL,
    reruns: Annotated[int, typer.Option(help="Allocations of each randomization test.", min=1)] = 199,
    alpha: Annotated[float, typer.Option(help="Type I error, of one side or of both as --sided says.")] = 0.025,
    sided: Sided = 1,
    trials: Annotated[int, typer.Option(help="How many trials are simulated.", min=1)] = 2_000,
    seed: Annotated[int, typer.Option(help="Of all chance.", min=0)] = 1,
    json: Json = False,
) -> None:
    """Simulate response-adaptive randomization: its power and allocation."""
    import numpy as np

    from trialwright.cli._progress import progress_on_stderr
    from trialwright.design import bayesian, simulation
    from trialwright.execution import step_of_work

    if not accrual_rate > 0:
        raise DesignError(f"--accrual-rate must be above 0, got {accrual_rate!r}. It is subjects per unit of time.")
    plan = bayesian.AdaptiveRandomizationPlan(
        accrual=simulation.Accrual(subjects=subjects, rate=simulation.constant_rate(accrual_rate)),
        outcome=simulation.BinaryOutcome(probabilities=tuple(response), delay=delay),
        rule=_allocation_rule(rule),
        burn_in=burn_in,
        minimum_allocation=minimum,
        update_every=every,
        drift=drift,
    )
    with step_of_work("Simulating the trials (the first use compiles, up to half a minute)", progress_on_stderr()):
        simulated = bayesian.simulate_adaptive_randomization(
            plan,
            trials=trials,
            rng=np.random.default_rng(seed),
            reruns=reruns if test is AllocationTest.RANDOMIZATION else 0,
        )
    behavior = bayesian.compute_allocation_characteristics(simulated, alpha=alpha, sided=sided, test=test.value)
    rows = [
        ("control" if arm == 0 else str(arm), rate, behavior.expected_subjects[arm].value, behavior.shares[arm].value,
         behavior.share_sds[arm], None if arm == 0 else behavior.rejections[arm - 1].value)
        for arm, rate in enumerate(response)
    ]  # fmt: skip
    power, error = behavior.power.value or 0, behavior.power.standard_error or 0
    show(
        f"rejected in {100 * power:.2f}% of {trials} trials (Monte Carlo standard error {100 * error:.2f}%)",
        {"seed": seed, "behavior": behavior},
        facts=[
            ("imbalanced trials", None if behavior.imbalanced is None else behavior.imbalanced.value),
            ("imbalance means", f"{behavior.imbalance} subjects or more"),
        ],
        table=(("arm", "response rate", "subjects", "share", "sd of share", "rejected"), rows),
        conventions=behavior.conventions,
        json=json,
    )


def _allocation_rule(rule: Allocation) -> Any:
    from trialwright.design import bayesian

    match rule:
        case Allocation.EQUAL:
            return bayesian.EqualAllocation()
        case Allocation.THOMPSON:
            return bayesian.ThompsonSampling()
        case Allocation.PLAY_THE_WINNER:
            return bayesian.RandomizedPlayTheWinner()
        case Allocation.DROP_THE_LOSER:
            return bayesian.DropTheLoser()
        case Allocation.BIASED_COIN:
            return bayesian.DoublyAdaptiveBiasedCoin(target="rsihr")


def _beta(prior: tuple[float, float]) -> BetaPrior:
    from trialwright.design.sample_size import BetaPrior

    return BetaPrior(a=prior[0], b=prior[1])


def _shown_looks(looks: tuple[ResponseLook, ...]) -> tuple[ResponseLook, ...]:
    """All looks of most designs; of one that looks after every subject, about twenty."""
    step = math.ceil(len(looks) / 20)
    return tuple(one for number, one in enumerate(looks, start=1) if number % step == 0 or number == len(looks))
