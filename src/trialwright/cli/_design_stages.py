"""Further single-arm designs of phase 2, and planning of a dose-response trial. They need no study."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli._design_doses import Alternative, Json, Null, OneSided, Power, stages_app
from trialwright.cli._design_show import show
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.early import Bop2Design
    from trialwright.design.early.mcp_mod import DoseResponse

#: The commands of this module stand beside those of `_design_doses`.
app = stages_app

dose_response_app = typer.Typer(
    help="Dose-response trials.",
    epilog="\b\nExample: trialwright design dose-response mcp-mod --dose 0 --dose 10 --dose 30 --dose 60 "
    "--model linear --model emax:10 --sd 1 --max-effect 0.6 --power 0.8",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class Pair(StrEnum):
    """What two endpoints are to each other."""

    NESTED = "nested"
    CO_PRIMARY = "co-primary"
    EFFICACY_TOXICITY = "efficacy-toxicity"


@app.command(
    "bryant-day",
    epilog="\b\nExample: trialwright design stages bryant-day --null 0.2 --alternative 0.45 --null-toxicity 0.45 "
    "--alternative-toxicity 0.2 --alpha 0.1 --alpha-toxicity 0.1 --power 0.8 --largest 50",
)
def bryant_day(
    null: Null,
    alternative: Alternative,
    null_toxicity: Annotated[float, typer.Option(help="Toxicity rate that is too high.")],
    alternative_toxicity: Annotated[float, typer.Option(help="Toxicity rate that is acceptable.")],
    alpha: Annotated[float, typer.Option(help="Probability to accept a response rate of no interest.")] = 0.1,
    alpha_toxicity: Annotated[float, typer.Option(help="Probability to accept a toxicity rate too high.")] = 0.1,
    power: Power = 0.8,
    largest: Annotated[int, typer.Option(help="Most subjects.", min=2)] = 60,
    json: Json = False,
) -> None:
    """Bryant and Day's two stages for response and toxicity: optimal and minimax."""
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.design.early import compute_bryant_day_designs
    from trialwright.execution import step_of_work

    with step_of_work("Searching the designs", progress_on_stderr()):
        found = compute_bryant_day_designs(
            null_response=null,
            alternative_response=alternative,
            null_toxicity=null_toxicity,
            alternative_toxicity=alternative_toxicity,
            alpha_response=alpha,
            alpha_toxicity=alpha_toxicity,
            power=power,
            n_max=largest,
        )
    rows = [
        (name, one.n_stage1, one.r1, one.t1, one.n_total, one.r, one.t, one.error_response, one.error_toxicity,
         one.power, one.expected_n_both)
        for name, one in (("optimal", found.optimal), ("minimax", found.minimax))
    ]  # fmt: skip
    show(
        f"Response {null:g} against {alternative:g}, toxicity {null_toxicity:g} against {alternative_toxicity:g}",
        found,
        table=(
            ("design", "n1", "r1", "t1", "n", "r", "t", "alpha resp.", "alpha tox.", "power", "expected n"),
            rows,
        ),
        conventions=found.conventions,
        json=json,
    )


@app.command(
    "bop2",
    epilog="\b\nExample: trialwright design stages bop2 --null 0.2 --alternative 0.4 --look 10 --look 20 --look 40 "
    "--alpha 0.1",
)
def bop2(
    null: Null,
    alternative: Alternative,
    look: Annotated[list[int], typer.Option(help="Subjects at each look, the last being all.")],
    alpha: OneSided = 0.05,
    pair: Annotated[
        Pair | None, typer.Option(help="nested, co-primary or efficacy-toxicity, if there is a second endpoint.")
    ] = None,
    second_null: Annotated[float | None, typer.Option(help="Of the second endpoint: rate of no interest.")] = None,
    second_alternative: Annotated[
        float | None, typer.Option(help="Of the second endpoint: rate worth finding.")
    ] = None,
    odds_ratio: Annotated[float, typer.Option(help="Between the two endpoints; 1: independent.")] = 1.0,
    json: Json = False,
) -> None:
    """BOP2: looks by posterior probabilities, of one endpoint or of two.

    With two endpoints the type I error holds at both null rates together; of efficacy and toxicity it also holds where
    only one of them is at its null rate.
    """
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.execution import step_of_work

    if not look:
        raise DesignError("Give --look for each look: the subjects by then.")
    with step_of_work("Searching the design", progress_on_stderr()):
        found = _bop2(null, alternative, look, alpha, pair, second_null, second_alternative, odds_ratio)
    rows = [(str(one.n), one.first_at_most, one.second_at_most, one.second_at_least) for one in found.looks]
    columns = ("subjects", "first at most", "second at most", "second at least")
    used = (0, 1) if pair is None else (0, 1, 3) if pair is Pair.EFFICACY_TOXICITY else (0, 1, 2)
    show(
        f"{look[-1]} subjects: type I error {found.type_one_error:.4g}, power {found.power:.4g}",
        found,
        facts=[
            ("lambda", found.lambda_),
            ("gamma", found.gamma),
            ("expected subjects, null", found.nulls[0].expected_n),
            ("expected subjects, effect", found.alternative.expected_n),
        ],
        table=([columns[one] for one in used], [[row[one] for one in used] for row in rows]),
        conventions=found.conventions,
        json=json,
    )


def _bop2(
    null: float,
    alternative: float,
    looks: list[int],
    alpha: float,
    pair: Pair | None,
    second_null: float | None,
    second_alternative: float | None,
    odds_ratio: float,
) -> Bop2Design:
    from trialwright.design import early

    if pair is None:
        if second_null is not None or second_alternative is not None:
            raise DesignError("A second endpoint needs --pair: nested, co-primary or efficacy-toxicity.")
        return early.compute_bop2_single(null_rate=null, alternative_rate=alternative, looks=looks, alpha=alpha)
    if second_null is None or second_alternative is None:
        raise DesignError(f"{pair.value} endpoints need --second-null and --second-alternative. Give both.")
    if pair is Pair.NESTED:
        # The second endpoint contains the first (complete response within response), so both are the first.
        return early.compute_bop2(
            "nested",
            nulls=[early.JointRates(first=null, second=second_null, both=null)],
            alternative=early.JointRates(first=alternative, second=second_alternative, both=alternative),
            looks=looks,
            alpha=alpha,
        )
    nulls = [early.joint_rates(null, second_null, odds_ratio=odds_ratio)]
    if pair is Pair.EFFICACY_TOXICITY:
        nulls += [
            early.joint_rates(alternative, second_null, odds_ratio=odds_ratio),
            early.joint_rates(null, second_alternative, odds_ratio=odds_ratio),
        ]
    return early.compute_bop2(
        "co_primary" if pair is Pair.CO_PRIMARY else "efficacy_toxicity",
        nulls=nulls,
        alternative=early.joint_rates(alternative, second_alternative, odds_ratio=odds_ratio),
        looks=looks,
        alpha=alpha,
    )


@app.command(
    "simon-result",
    epilog="\b\nExample: trialwright design stages simon-result --null 0.1 --alternative 0.3 --first 10 --r1 1 "
    "--total 29 --r 5 --responses-first 3 --responses 7",
)
def simon_result(
    null: Null,
    alternative: Alternative,
    first: Annotated[int, typer.Option(help="Subjects of the first stage.", min=1)],
    r1: Annotated[int, typer.Option(help="Responses of the first stage up to which the trial stops.")],
    total: Annotated[int, typer.Option(help="Subjects of both stages.", min=2)],
    r: Annotated[int, typer.Option(help="Responses up to which the null hypothesis is not rejected.")],
    responses_first: Annotated[int, typer.Option(help="Responses seen in the first stage.", min=0)],
    responses: Annotated[int | None, typer.Option(help="Responses seen in all, if the trial went on.", min=0)] = None,
    confidence: Annotated[float, typer.Option(help="Confidence level.")] = 0.95,
    json: Json = False,
) -> None:
    """What a trial with Simon's two stages found.

    The unbiased and the median-unbiased response rate, the p-value and the confidence interval.
    """
    from trialwright.design.early import compute_simon_characteristics, compute_simon_inference

    design = compute_simon_characteristics(
        null_rate=null, alternative_rate=alternative, r1=r1, n_stage1=first, r=r, n_total=total
    )
    found = compute_simon_inference(
        design, responses_stage1=responses_first, responses=responses, conf_level=confidence
    )
    show(
        f"{found.responses} of {found.n} respond: the null hypothesis is {'' if found.rejected else 'not '}rejected",
        found,
        facts=[
            ("p-value", found.p_value),
            ("rate as observed", found.naive),
            ("unbiased", found.unbiased),
            ("median-unbiased", found.median_unbiased),
            (f"{100 * found.conf_level:g}% interval", f"{found.ci_lower:.6g} to {found.ci_upper:.6g}"),
        ],
        conventions=found.conventions,
        json=json,
    )


@dose_response_app.command(
    "mcp-mod",
    epilog="\b\nExample: trialwright design dose-response mcp-mod --dose 0 --dose 10 --dose 30 --dose 60 "
    "--model linear --model emax:10 --sd 1 --max-effect 0.6 --power 0.8",
)
def mcp_mod(
    dose: Annotated[list[float], typer.Option(help="Each dose, 0 (placebo) first.")],
    model: Annotated[
        list[str],
        typer.Option(
            help="A candidate and its parameters, as linear, emax:10, sig_emax:20,3, exponential:30, logistic:20,5, "
            "quadratic:-0.01, linlog, beta:1,1."
        ),
    ],
    sd: Annotated[float, typer.Option(help="Standard deviation of the response.")],
    max_effect: Annotated[float, typer.Option(help="Largest effect over placebo within the doses.")],
    subjects: Annotated[
        list[int] | None, typer.Option(help="At each dose, or once for all: gives the power in place of a size.")
    ] = None,
    ratio: Annotated[
        list[int] | None, typer.Option(help="Of the sizes, one for each dose; equal if not given.")
    ] = None,
    power: Annotated[float, typer.Option(help="Power to reach.")] = 0.8,
    mean_power: Annotated[
        bool, typer.Option("--mean-power", help="The power is the mean over the candidates, not the least.")
    ] = False,
    alpha: Annotated[float, typer.Option(help="One-sided type I error, of all contrasts together.")] = 0.025,
    json: Json = False,
) -> None:
    """MCP-Mod: optimal contrasts, and the power or size of their test."""
    from trialwright.cli._progress import progress_on_stderr
    from trialwright.design.early import mcp_mod as mcp
    from trialwright.execution import step_of_work

    candidates = [_candidate(words, dose) for words in model]
    with step_of_work("Computing the contrasts and the power", progress_on_stderr()):
        if subjects:
            sizes = subjects * len(dose) if len(subjects) == 1 else subjects
            found = mcp.compute_contrast_power(
                candidates, doses=dose, n=sizes, sd=sd, max_effect=max_effect, alpha=alpha
            )
        else:
            found = mcp.compute_contrast_sample_size(
                candidates,
                doses=dose,
                sd=sd,
                max_effect=max_effect,
                alpha=alpha,
                power=power,
                of="mean" if mean_power else "least",
                ratios=ratio or None,
            )
        contrasts = mcp.compute_optimal_contrasts(candidates, doses=dose, weights=found.n)
    rows = [
        (one.name, found.powers[place].value, *(float(value) for value in contrasts.coefficients[place]))
        for place, one in enumerate(candidates)
    ]
    show(
        f"{found.n_total} subjects ({', '.join(map(str, found.n))} by dose): "
        f"least power {found.least:.4g}, mean {found.mean:.4g}",
        {"power": found, "contrasts": contrasts},
        facts=[("critical value", found.critical.value), ("its error", found.critical.error)],
        table=(("candidate", "power", *(f"dose {one:g}" for one in dose)), rows),
        conventions=found.conventions,
        json=json,
    )


def _candidate(words: str, doses: list[float]) -> DoseResponse:
    """A model as it is written: its name, and its parameters after a colon."""
    from trialwright.design.early.mcp_mod import DoseResponse

    name, _, listed = words.partition(":")
    try:
        parameters = tuple(float(word) for word in listed.split(",")) if listed else ()
    except ValueError:
        raise DesignError(f"--model must be a name and numbers, as emax:10 or sig_emax:20,3; got {words!r}.") from None
    highest = max(doses, default=0.0)
    return DoseResponse(
        model=name,
        parameters=parameters,
        offset=0.01 * highest if name == "linlog" else None,
        scale=1.2 * highest if name == "beta" else None,
    )
