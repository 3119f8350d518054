"""Commands of early phases: dose escalation, and single-arm designs in stages. They need no study."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli._design_show import show
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.early import DecisionTable, EscalationCharacteristics

escalation_app = typer.Typer(
    help="Dose escalation: decision tables, and how the designs behave.",
    epilog="Example: trialwright design escalation boin --target 0.3",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
stages_app = typer.Typer(
    help="Single-arm designs of phase 2, in one or more stages.",
    epilog="Example: trialwright design stages simon --null 0.1 --alternative 0.3",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is to be simulated, if there are true probabilities."""

    toxicities: list[float] | None
    cohorts: int
    cohort_size: int
    trials: int
    seed: int


class IntervalDesign(StrEnum):
    """Designs that decide by an interval of the posterior."""

    MTPI = "mtpi"
    MTPI2 = "mtpi2"
    KEYBOARD = "keyboard"


Target = Annotated[float, typer.Option(help="Probability of a dose-limiting toxicity that is aimed at.")]
Largest = Annotated[int, typer.Option("--subjects-per-dose", help="Most subjects at one dose level.", min=1)]
Toxicities = Annotated[
    list[float] | None,
    typer.Option("--toxicity", help="True probability at each dose level, lowest first: simulates the design."),
]
Cohorts = Annotated[int, typer.Option(help="Most cohorts.", min=1)]
CohortSize = Annotated[int, typer.Option(help="Subjects per cohort.", min=1)]
Trials = Annotated[int, typer.Option(help="How many trials are simulated.", min=1)]
Seed = Annotated[int, typer.Option(help="Of all chance.", min=0)]
Json = Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")]

_HEADS = ("subjects", "escalate if at most", "de-escalate if at least", "eliminate if at least")


@escalation_app.command("boin", epilog="Example: trialwright design escalation boin --target 0.3")
def boin(
    target: Target,
    subjects_per_dose: Largest = 18,
    toxicity: Toxicities = None,
    cohorts: Cohorts = 10,
    cohort_size: CohortSize = 3,
    trials: Trials = 10_000,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """The Bayesian optimal interval design: its decision table, and how it behaves."""
    from trialwright.design.early import compute_boin_design

    design = compute_boin_design(target=target, n_max=max(subjects_per_dose, cohorts * cohort_size))
    facts: list[tuple[str, object]] = [
        ("escalate at a rate up to", design.lambda_escalate),
        ("de-escalate from", design.lambda_deescalate),
    ]
    asked = _Asked(toxicities=toxicity, cohorts=cohorts, cohort_size=cohort_size, trials=trials, seed=seed)
    _show_table(design.table, facts, design, subjects_per_dose, asked, json=json)


@escalation_app.command("interval", epilog="Example: trialwright design escalation interval keyboard --target 0.25")
def interval(
    rule: Annotated[IntervalDesign, typer.Argument(help="mtpi, mtpi2 or keyboard.")],
    target: Target,
    below: Annotated[float, typer.Option(help="The target interval begins so far below the target.")] = 0.05,
    above: Annotated[float, typer.Option(help="The target interval ends so far above the target.")] = 0.05,
    subjects_per_dose: Largest = 18,
    toxicity: Toxicities = None,
    cohorts: Cohorts = 10,
    cohort_size: CohortSize = 3,
    trials: Trials = 10_000,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """The mTPI, mTPI-2 and keyboard designs: the decision table, and how it behaves."""
    from trialwright.design import early

    computing = {
        IntervalDesign.MTPI: early.compute_mtpi_table,
        IntervalDesign.MTPI2: early.compute_mtpi2_table,
        IntervalDesign.KEYBOARD: early.compute_keyboard_table,
    }[rule]
    table = computing(target=target, below=below, above=above, n_max=max(subjects_per_dose, cohorts * cohort_size))
    asked = _Asked(toxicities=toxicity, cohorts=cohorts, cohort_size=cohort_size, trials=trials, seed=seed)
    _show_table(table, [], table, subjects_per_dose, asked, json=json)


@escalation_app.command(
    "three-plus-three",
    epilog="Example: trialwright design escalation three-plus-three --toxicity 0.1 --toxicity 0.25 --toxicity 0.4",
)
def three_plus_three(
    toxicity: Annotated[
        list[float], typer.Option("--toxicity", help="True probability at each dose level, lowest first.")
    ],
    de_escalation: Annotated[
        bool, typer.Option("--de-escalation/--no-de-escalation", help="Whether the dose found needs six subjects.")
    ] = True,
    json: Json = False,
) -> None:
    """The 3+3 design: its rule, and exactly how it behaves."""
    from trialwright.design.early import compute_three_plus_three, three_plus_three_rows

    behavior = compute_three_plus_three(toxicities=toxicity, has_deescalation=de_escalation)
    rule = three_plus_three_rows(has_deescalation=de_escalation)
    if not json:
        for row in rule:
            typer.echo(f"  {row.n} subjects, {row.dlts} with a DLT: {row.decision}")
    show_behavior(behavior, {"rule": rule, "behavior": behavior}, json=json)


@escalation_app.command(
    "crm",
    epilog="\b\nExample: trialwright design escalation crm --target 0.25 --skeleton 0.05 --skeleton 0.12 "
    "--skeleton 0.25 --toxicity 0.1 --toxicity 0.25 --toxicity 0.4",
)
def crm(
    target: Target,
    skeleton: Annotated[list[float], typer.Option(help="Prior guess at each dose level, lowest first.")],
    toxicity: Annotated[
        list[float], typer.Option("--toxicity", help="True probability at each dose level, lowest first.")
    ],
    logistic: Annotated[bool, typer.Option("--logistic", help="Logistic model; else the power model.")] = False,
    cohorts: Cohorts = 10,
    cohort_size: CohortSize = 3,
    trials: Trials = 1_000,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """The continual reassessment method: how it behaves."""
    import numpy as np

    from trialwright.cli._progress import progress_on_stderr
    from trialwright.design.early import CrmModel, simulate_crm
    from trialwright.execution import step_of_work

    model = CrmModel(skeleton=tuple(skeleton), target=target, model="logistic" if logistic else "power")
    with step_of_work("Simulating the trials", progress_on_stderr()):
        behavior = simulate_crm(
            model,
            toxicities=toxicity,
            cohorts=cohorts,
            cohort_size=cohort_size,
            rng=np.random.default_rng(seed),
            trials=trials,
        )
    show_behavior(behavior, {"model": model, "seed": seed, "behavior": behavior}, json=json)


def _show_table(
    table: DecisionTable,
    facts: list[tuple[str, object]],
    design: object,
    largest: int,
    asked: _Asked,
    *,
    json: bool,
) -> None:
    """A decision table, as far as cohorts of this size lead, and the behavior if there are true probabilities."""
    import numpy as np

    from trialwright.design.early import simulate_escalation

    behavior = None
    if asked.toxicities:
        behavior = simulate_escalation(
            table,
            toxicities=asked.toxicities,
            cohorts=asked.cohorts,
            cohort_size=asked.cohort_size,
            rng=np.random.default_rng(asked.seed),
            trials=asked.trials,
        )
    rows = [
        (str(row.n), row.escalate_at_most, row.deescalate_at_least, row.eliminate_at_least)
        for row in table.rows_for_cohorts(asked.cohort_size)
        if row.n <= largest
    ]
    show(
        f"{table.method}, target {table.target:g}: decisions by the number of subjects with a DLT",
        {"design": design, "seed": asked.seed, "behavior": behavior},
        facts=facts,
        table=(_HEADS, rows),
        conventions=() if behavior else table.conventions,
        json=json,
    )
    if behavior is not None and not json:
        typer.echo("")
        show_behavior(behavior, behavior, json=False)


def show_behavior(behavior: EscalationCharacteristics, result: object, *, json: bool) -> None:
    """How an escalation behaves, one row per dose level."""
    how = "exact" if behavior.trials is None else f"{behavior.trials} simulated trials"
    rows = [
        (str(level), truth, 100 * selected, subjects, dlts)
        for level, (truth, selected, subjects, dlts) in enumerate(
            zip(behavior.toxicities, behavior.selection, behavior.expected_n, behavior.expected_dlts, strict=True),
            start=1,
        )
    ]
    show(
        f"{behavior.method}, {how}: {behavior.expected_total:.4g} subjects expected, "
        f"no dose selected in {100 * behavior.none_selected:.3g}%",
        result,
        table=(("dose level", "true probability", "selected %", "subjects", "with a DLT"), rows),
        conventions=behavior.conventions,
        json=json,
    )


Null = Annotated[float, typer.Option(help="Response rate that is of no interest.")]
Alternative = Annotated[float, typer.Option(help="Response rate that is worth finding.")]
OneSided = Annotated[float, typer.Option(help="One-sided type I error.")]
Power = Annotated[float, typer.Option(help="At the alternative.")]


@stages_app.command("simon", epilog="Example: trialwright design stages simon --null 0.1 --alternative 0.3")
def simon(
    null: Null,
    alternative: Alternative,
    alpha: OneSided = 0.05,
    power: Power = 0.8,
    largest: Annotated[int, typer.Option(help="Most subjects.", min=2)] = 100,
    json: Json = False,
) -> None:
    """Simon's two-stage designs: optimal, minimax and admissible."""
    from trialwright.design.early import compute_simon_designs

    found = compute_simon_designs(null_rate=null, alternative_rate=alternative, alpha=alpha, power=power, n_max=largest)
    rows = [
        (
            "optimal" if one == found.optimal else "minimax" if one == found.minimax else "admissible",
            f"{one.r1}/{one.n_stage1}",
            f"{one.r}/{one.n_total}",
            one.expected_n,
            one.stopping_probability,
            one.type_one_error,
            one.power,
        )
        for one in found.admissible
    ]
    show(
        f"Response rate {null:g} against {alternative:g}: {len(rows)} designs",
        found,
        table=(("design", "r1/n1", "r/n", "expected n", "stops early", "alpha", "power"), rows),
        conventions=("r1 or fewer of n1 responses stop the trial; more than r of n reject the null hypothesis",),
        json=json,
    )


@stages_app.command("single", epilog="Example: trialwright design stages single --null 0.1 --alternative 0.3")
def single(
    null: Null, alternative: Alternative, alpha: OneSided = 0.05, power: Power = 0.8, json: Json = False
) -> None:
    """A single stage, by the exact binomial test (A'Hern)."""
    from trialwright.design.early import compute_single_stage_design

    found = compute_single_stage_design(null_rate=null, alternative_rate=alternative, alpha=alpha, power=power)
    stage = found.stages[-1]
    show(
        f"{stage.n} subjects",
        found,
        facts=[
            ("reject if at least", stage.reject_at_least),
            ("type I error", found.type_one_error),
            ("power", found.power),
        ],
        conventions=found.conventions,
        json=json,
    )


@stages_app.command(
    "fleming", epilog="Example: trialwright design stages fleming --null 0.1 --alternative 0.3 --stage 15 --stage 20"
)
def fleming(
    null: Null,
    alternative: Alternative,
    stage: Annotated[list[int], typer.Option(help="Subjects added at each stage.")],
    alpha: OneSided = 0.05,
    json: Json = False,
) -> None:
    """Fleming's design for stages of given sizes."""
    from trialwright.design.early import compute_fleming_design

    if not stage:
        raise DesignError("Give --stage for each stage: the subjects that it adds.")
    found = compute_fleming_design(null_rate=null, alternative_rate=alternative, alpha=alpha, n_per_stage=stage)
    rows = [
        (str(number), one.n, one.accept_at_most, one.reject_at_least)
        for number, one in enumerate(found.stages, start=1)
    ]
    show(
        f"{found.stages[-1].n} subjects in {len(rows)} stages",
        found,
        facts=[("type I error", found.type_one_error), ("power", found.power)],
        table=(("stage", "subjects so far", "accept if at most", "reject if at least"), rows),
        conventions=found.conventions,
        json=json,
    )
