"""Further commands of dose escalation: by models, by toxicity and response, with arrivals, and with an expansion."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialwright.cli._design_doses import (
    Cohorts,
    CohortSize,
    Json,
    Seed,
    Target,
    Trials,
    escalation_app,
    show_behavior,
)
from trialwright.cli._design_show import show
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.early import DoseScenario, EwocDesign, LogisticEscalation
    from trialwright.design.simulation.operating_characteristics import Estimate


#: The commands of this module stand beside those of `_design_doses`.
app = escalation_app


class Timed(StrEnum):
    """Designs whose subjects arrive one by one."""

    BOIN = "boin"
    TITE_BOIN = "tite-boin"
    CRM = "crm"
    TITE_CRM = "tite-crm"


Doses = Annotated[list[float], typer.Option("--dose", help="Each dose, lowest first.")]
Truth = Annotated[
    list[float] | None,
    typer.Option("--toxicity", help="True probability of a DLT at each dose, lowest first: simulates the design."),
]
TruthNeeded = Annotated[
    list[float], typer.Option("--toxicity", help="True probability of a DLT at each level, lowest first.")
]
Responses = Annotated[
    list[float] | None, typer.Option("--response", help="True response rate at each level, lowest first.")
]
OddsRatio = Annotated[float, typer.Option(help="Of DLT and response in the same subject; 1: independent.")]
Treated = Annotated[
    list[int] | None, typer.Option(help="Subjects so far at each dose, lowest first: says what comes next.")
]
Dlts = Annotated[list[int] | None, typer.Option(help="Subjects with a DLT so far at each dose.")]


@app.command(
    "ewoc",
    epilog="\b\nExample: trialwright design escalation ewoc --target 0.33 --dose 100 --dose 200 --dose 300 "
    "--max-dose 400 --treated 3 --treated 3 --treated 0 --dlts 0 --dlts 1 --dlts 0",
)
def ewoc(
    target: Target,
    dose: Doses,
    max_dose: Annotated[
        float, typer.Option(help="The MTD is taken to lie below it. Above the highest dose, which else is never given.")
    ],
    treated: Treated = None,
    dlts: Dlts = None,
    toxicity: Truth = None,
    bound: Annotated[float, typer.Option(help="Probability of an overdose that a dose may have.")] = 0.25,
    increment: Annotated[float, typer.Option(help="By how much the bound rises with each cohort, up to 0.5.")] = 0.0,
    cohorts: Cohorts = 10,
    cohort_size: CohortSize = 3,
    trials: Trials = 1_000,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Escalation with overdose control (EWOC).

    The next dose of a trial, or, with each --toxicity, how the design behaves.
    The model takes the maximum tolerated dose (MTD) to lie between the lowest dose and --max-dose.
    """
    from trialwright.design import early

    if len(dose) < 2:
        raise DesignError(f"Escalation needs two doses or more, got {len(dose)}. Give --dose for each.")
    design = early.EwocDesign(
        target=target,
        dose_min=dose[0],
        dose_max=max_dose,
        doses=tuple(dose),
        bound=early.FeasibilityBound(start=bound, increment=increment),
    )
    if toxicity:
        return _simulate(early.simulate_ewoc, design, toxicity, cohorts, cohort_size, trials, seed, json=json)
    counts, toxic = _counts(dose, treated, dlts)
    given = [one for one, n in zip(dose, counts, strict=True) for _ in range(n)]
    had = [place < sick for n, sick in zip(counts, toxic, strict=True) for place in range(n)]
    decision = early.decide_ewoc(design, doses=given, has_dlt=had)
    quantiles = ", ".join(f"{one:.4g}" for one in decision.mtd_quantiles)
    return show(
        f"next dose {decision.dose:g}",
        {"design": design, "decision": decision},
        facts=[
            ("probability of overdose", decision.overdose),
            ("bound", decision.bound),
            ("mean of the MTD", decision.mtd_mean),
            ("quantiles of the MTD", quantiles),
        ],
        conventions=decision.conventions,
        json=json,
    )


@app.command(
    "blrm",
    epilog="\b\nExample: trialwright design escalation blrm --dose 10 --dose 25 --dose 50 --dose 100 --reference 50 "
    "--treated 3 --treated 3 --treated 0 --treated 0 --dlts 0 --dlts 1 --dlts 0 --dlts 0",
)
def blrm(
    dose: Doses,
    reference: Annotated[float, typer.Option(help="Dose whose log odds of a DLT are log(alpha).")],
    treated: Treated = None,
    dlts: Dlts = None,
    toxicity: Truth = None,
    log_alpha: Annotated[tuple[float, float], typer.Option(metavar="MEAN SD", help="Normal prior of log(alpha).")] = (
        -0.847,
        2.0,
    ),
    log_beta: Annotated[tuple[float, float], typer.Option(metavar="MEAN SD", help="Normal prior of log(beta).")] = (
        0.0,
        1.0,
    ),
    correlation: Annotated[float, typer.Option(help="Of the two in the prior.")] = 0.0,
    target_from: Annotated[float, typer.Option(help="Where underdosing ends.")] = 0.16,
    overdose_from: Annotated[float, typer.Option(help="Where overdosing begins.")] = 0.33,
    overdose_limit: Annotated[float, typer.Option(help="Probability of overdosing that a dose may have.")] = 0.25,
    cohorts: Cohorts = 10,
    cohort_size: CohortSize = 3,
    trials: Trials = 500,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Bayesian logistic regression with overdose control (BLRM).

    The next dose of a trial, or, with each --toxicity, how the design behaves.
    """
    from trialwright.design import early

    design = early.LogisticEscalation(
        doses=tuple(dose),
        reference=reference,
        prior=early.LogisticPrior(
            mean_log_alpha=log_alpha[0],
            sd_log_alpha=log_alpha[1],
            mean_log_beta=log_beta[0],
            sd_log_beta=log_beta[1],
            correlation=correlation,
        ),
        target_from=target_from,
        overdose_from=overdose_from,
        overdose_limit=overdose_limit,
    )
    if toxicity:
        return _simulate(early.simulate_logistic, design, toxicity, cohorts, cohort_size, trials, seed, json=json)
    counts, toxic = _counts(dose, treated, dlts)
    decision = early.decide_logistic(design, n=counts, dlts=toxic)
    rows = [(f"{one.dose:g}", one.mean, one.underdosing, one.target, one.overdosing) for one in decision.posterior]
    return show(
        "stop: every dose is too toxic" if decision.level is None else f"next dose {dose[decision.level - 1]:g}",
        {"design": design, "decision": decision},
        table=(("dose", "P(DLT), mean", "underdosing", "target", "overdosing"), rows),
        conventions=decision.conventions,
        json=json,
    )


@app.command(
    "boin12",
    epilog="\b\nExample: trialwright design escalation boin12 --toxicity-limit 0.35 --response-limit 0.25 "
    "--toxicity 0.05 --toxicity 0.15 --toxicity 0.3 --response 0.2 --response 0.4 --response 0.4 --trials 1000",
)
def boin12(
    toxicity_limit: Annotated[float, typer.Option(help="Highest acceptable probability of a DLT.")],
    response_limit: Annotated[float, typer.Option(help="Lowest acceptable response rate.")],
    toxicity: Truth = None,
    response: Responses = None,
    odds_ratio: OddsRatio = 1.0,
    largest: Annotated[int, typer.Option("--subjects-per-dose", help="Of the table: most at one level.", min=1)] = 9,
    cohorts: Cohorts = 12,
    cohort_size: CohortSize = 3,
    trials: Trials = 2_000,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """BOIN12: the optimal biological dose by toxicity and response.

    Its table of desirability, or, with --toxicity and --response of each level, how it behaves.
    """
    from trialwright.design import early

    design = early.compute_boin12_design(
        toxicity_limit=toxicity_limit,
        response_limit=response_limit,
        cohort_size=cohort_size,
        n_max=max(largest, cohorts * cohort_size),
    )
    if not toxicity and not response:
        rows = [(str(one.n), one.dlts, one.responses, one.score) for one in design.rows if one.n <= largest]
        return show(
            f"BOIN12, toxicity up to {toxicity_limit:g}, response from {response_limit:g}: scores of desirability",
            design,
            facts=[
                ("escalate at a rate up to", design.lambda_escalate),
                ("de-escalate from", design.lambda_deescalate),
            ],
            table=(("subjects", "with a DLT", "with a response", "score"), rows),
            conventions=design.conventions,
            json=json,
        )
    scenario = _scenario(toxicity or [], response, odds_ratio)
    found = _simulated(early.simulate_boin12, design, scenario, trials, seed, cohorts=cohorts)
    return _show_levels(
        "BOIN12",
        found,
        scenario,
        json=json,
        seed=seed,
        facts=[("utilities", ", ".join(f"{one:.4g}" for one in found.utilities))],
    )


@app.command(
    "timed",
    epilog="\b\nExample: trialwright design escalation timed tite-boin --target 0.25 --toxicity 0.1 --toxicity 0.25 "
    "--toxicity 0.4 --rate 3 --window 1 --trials 500",
)
def timed(
    design: Annotated[Timed, typer.Argument(help="boin, tite-boin, crm or tite-crm.")],
    target: Target,
    toxicity: TruthNeeded,
    rate: Annotated[float, typer.Option(help="Subjects who arrive per unit of time.")],
    window: Annotated[float, typer.Option(help="Time in which DLTs count.")],
    skeleton: Annotated[
        list[float] | None, typer.Option(help="Of crm and tite-crm: prior guess at each level, lowest first.")
    ] = None,
    pending: Annotated[
        float | None,
        typer.Option(help="Share of pending subjects up to which tite designs decide; 0.5 (boin) or 1 (crm)."),
    ] = None,
    late_share: Annotated[float, typer.Option(help="Share of the DLTs in the second half of the window.")] = 0.5,
    backfill: Annotated[int | None, typer.Option(help="Boin: lower levels take arrivals, up to so many each.")] = None,
    response: Responses = None,
    stop_at: Annotated[int | None, typer.Option(help="End once so many subjects are at a level that stays.")] = None,
    cohorts: Cohorts = 10,
    cohort_size: CohortSize = 3,
    trials: Trials = 1_000,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Escalation whose subjects arrive one by one, and the time it takes.

    BOIN, also with backfill, and the CRM wait for complete data; TITE-BOIN and TITE-CRM decide before.
    """
    from trialwright.design import early

    rule: Any
    if design in (Timed.CRM, Timed.TITE_CRM):
        if not skeleton:
            raise DesignError(f"{design.value} needs a prior guess at each level. Give --skeleton for each.")
        rule = early.CrmModel(skeleton=tuple(skeleton), target=target)
        usual = 1.0
    else:
        rule = early.compute_boin_design(target=target, n_max=cohorts * cohort_size + (backfill or 0))
        usual = 0.5
    waits = design in (Timed.BOIN, Timed.CRM)
    if waits and pending is not None:
        raise DesignError(f"{design.value} decides on complete data. Leave --pending out, or take a tite design.")
    plan = early.TimedEscalation(
        design=rule,
        cohorts=cohorts,
        cohort_size=cohort_size,
        arrivals=early.Arrivals(rate=rate, window=window, late_share=late_share),
        max_pending_share=0.0 if waits else usual if pending is None else pending,
        backfill=None if backfill is None else early.Backfill(cap=backfill, needs_response=bool(response)),
        stop_at_n=stop_at,
    )
    scenario = _scenario(toxicity, response or [0.0] * len(toxicity), 1.0)
    found = _simulated(early.simulate_timed_escalation, plan, scenario, trials, seed)
    _show_levels(
        design.value.upper(),
        found,
        scenario,
        json=json,
        seed=seed,
        facts=[
            ("duration", found.duration.value),
            ("time waited", found.waited.value),
            ("backfilled", found.backfilled.value),
            ("turned away", found.turned_away.value),
        ],
    )


@app.command(
    "expansion",
    epilog="\b\nExample: trialwright design escalation expansion --target 0.3 --null 0.1 --alternative 0.3 "
    "--toxicity 0.05 --toxicity 0.15 --toxicity 0.3 --response 0.1 --response 0.2 --response 0.3 --trials 1000",
)
def expansion(
    target: Target,
    null: Annotated[float, typer.Option(help="Response rate that is of no interest.")],
    alternative: Annotated[float, typer.Option(help="Response rate that is worth finding.")],
    toxicity: TruthNeeded,
    response: Annotated[list[float], typer.Option("--response", help="True response rate at each level.")],
    odds_ratio: OddsRatio = 1.0,
    alpha: Annotated[float, typer.Option(help="One-sided type I error of the expansion.")] = 0.05,
    power: Annotated[float, typer.Option(help="Of the expansion, at the alternative.")] = 0.8,
    toxicity_limit: Annotated[
        float | None, typer.Option(help="The expansion stops if the DLT rate is likely above this one.")
    ] = None,
    counts_escalation: Annotated[
        bool, typer.Option("--counts-escalation", help="Subjects treated at the level before count in the expansion.")
    ] = False,
    cohorts: Cohorts = 10,
    cohort_size: CohortSize = 3,
    trials: Trials = 2_000,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Phase I/IIa: escalation, then expansion at the level selected.

    The escalation is by BOIN, the expansion by Simon's optimal design.
    """
    from trialwright.design import early

    simon = early.compute_simon_designs(null_rate=null, alternative_rate=alternative, alpha=alpha, power=power).optimal
    design = early.EscalationExpansionDesign(
        escalation=early.TableEscalation(
            table=early.compute_boin_design(target=target, n_max=cohorts * cohort_size).table,
            cohorts=cohorts,
            cohort_size=cohort_size,
        ),
        expansion=early.expansion_of(simon),
        toxicity=None
        if toxicity_limit is None
        else early.compute_toxicity_monitoring(
            limit=toxicity_limit, n_max=simon.n_total, prior=(toxicity_limit, 1 - toxicity_limit)
        ),
        counts_escalation=counts_escalation,
    )
    scenario = _scenario(toxicity, response, odds_ratio)
    found = _simulated(early.simulate_escalation_expansion, design, scenario, trials, seed)
    rows = [
        (str(level), dlt, hit, 100 * (ends.selected.value or 0), n.value, 100 * (ends.active.value or 0))
        for level, (dlt, hit, ends, n) in enumerate(
            zip(toxicity, response, found.levels, found.escalation_n, strict=True), start=1
        )
    ]
    show(
        f"called active in {_percent(found.active)} of {trials} simulated trials",
        {"seed": seed, "behavior": found},
        facts=[
            ("no level selected", found.none_selected.value),
            ("stopped for toxicity", found.stopped_for_toxicity.value),
            ("futile", found.futile.value),
            ("subjects, escalation", found.escalation_total.value),
            ("subjects, expansion", found.expansion_total.value),
        ],
        table=(("level", "P(DLT)", "P(response)", "selected %", "escalated", "active %"), rows),
        conventions=(*early.describe_escalation_expansion(design), *found.conventions),
        json=json,
    )


def _counts(doses: Sequence[float], treated: list[int] | None, dlts: list[int] | None) -> tuple[list[int], list[int]]:
    """Subjects and DLTs of each dose; none before the trial."""
    counts, toxic = treated or [0] * len(doses), dlts or [0] * len(doses)
    for name, values in (("--treated", counts), ("--dlts", toxic)):
        if len(values) != len(doses):
            raise DesignError(f"There are {len(doses)} doses and {len(values)} of {name}. Give one for each dose.")
    for dose, n, sick in zip(doses, counts, toxic, strict=True):
        if not 0 <= sick <= n:
            raise DesignError(f"At dose {dose:g} are {n} subjects and {sick} with a DLT. Give at most as many --dlts.")
    return counts, toxic


def _scenario(toxicity: list[float], response: list[float] | None, odds_ratio: float) -> DoseScenario:
    from trialwright.design.early import DoseScenario

    if not response or len(response) != len(toxicity):
        raise DesignError(
            f"There are {len(toxicity)} of --toxicity and {len(response or [])} of --response. "
            "Give both for each level."
        )
    return DoseScenario(toxicities=tuple(toxicity), responses=tuple(response), odds_ratio=odds_ratio)


def _simulated(simulating: Any, design: Any, scenario: DoseScenario, trials: int, seed: int, **more: Any) -> Any:
    import numpy as np

    from trialwright.cli._progress import progress_on_stderr
    from trialwright.execution import step_of_work

    with step_of_work("Simulating the trials (the first use compiles, up to half a minute)", progress_on_stderr()):
        return simulating(design, scenario, trials=trials, rng=np.random.default_rng(seed), **more)


def _simulate(
    simulating: Any,
    design: EwocDesign | LogisticEscalation,
    toxicities: list[float],
    cohorts: int,
    cohort_size: int,
    trials: int,
    seed: int,
    *,
    json: bool,
) -> None:
    """The behavior of an escalation by a model."""
    import numpy as np

    from trialwright.cli._progress import progress_on_stderr
    from trialwright.execution import step_of_work

    with step_of_work("Simulating the trials", progress_on_stderr()):
        behavior = simulating(
            design,
            toxicities=toxicities,
            cohorts=cohorts,
            cohort_size=cohort_size,
            trials=trials,
            rng=np.random.default_rng(seed),
        )
    show_behavior(behavior, {"design": design, "seed": seed, "behavior": behavior}, json=json)


def _show_levels(
    name: str, found: Any, scenario: DoseScenario, *, facts: list[tuple[str, object]], seed: int, json: bool
) -> None:
    rows = [
        (str(level), dlt, hit, 100 * (selected.value or 0), n.value, sick.value)
        for level, (dlt, hit, selected, n, sick) in enumerate(
            zip(scenario.toxicities, scenario.responses, found.selection, found.n, found.dlts, strict=True), start=1
        )
    ]
    show(
        f"{name}, {found.trials} simulated trials: {found.total.value:.4g} subjects expected, "
        f"no dose selected in {_percent(found.none_selected)}",
        {"seed": seed, "behavior": found},
        facts=facts,
        table=(("level", "P(DLT)", "P(response)", "selected %", "subjects", "with a DLT"), rows),
        conventions=found.conventions,
        json=json,
    )


def _percent(estimate: Estimate) -> str:
    return f"{100 * (estimate.value or 0):.3g}%"
