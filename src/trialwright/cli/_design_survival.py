"""Sizes for times to an event whose hazards are not proportional: weighted log-rank, MaxCombo, RMST, milestones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli._design_show import show
from trialwright.cli._design_sizes import Alpha, Json, Power, Ratio, Sided
from trialwright.cli._design_sizes import app as app  # its commands and those of this module stand together
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.survival import FixedSurvivalDesign, FlemingHarrington, MagirrBurman, SurvivalTrial

ControlMedian = Annotated[float, typer.Option(help="Median time to the event in the control group.")]
HazardRatio = Annotated[
    list[float], typer.Option(help="Experimental / control; several for pieces of time that --change separates.")
]
Change = Annotated[
    list[float] | None, typer.Option(help="Time since randomization from which the next hazard ratio holds.")
]
Accrual = Annotated[list[float], typer.Option(help="Duration of accrual; several for a rate that changes, in order.")]
AccrualRate = Annotated[
    list[float], typer.Option(help="Subjects per unit of time in each; scaled to the subjects needed.")
]
Duration = Annotated[float, typer.Option(help="From the first subject to the analysis.")]
DropoutRate = Annotated[float, typer.Option(help="Hazard of dropping out, both groups.")]
FH = Annotated[
    list[str] | None,
    typer.Option("--fleming-harrington", metavar="RHO,GAMMA", help="Weights such as 0,1 for late effects."),
]
MB = Annotated[list[float] | None, typer.Option("--magirr-burman", help="Modest weights: their delay tau.")]

_EXAMPLE = (
    "--control-median 12 --hazard-ratio 1 --hazard-ratio 0.6 --change 4 --accrual 24 --accrual-rate 20 --duration 36"
)


@app.command(
    "weighted-logrank",
    epilog=f"\b\nExample: trialwright design sample-size weighted-logrank {_EXAMPLE} --fleming-harrington 0,1",
)
def weighted_logrank(
    control_median: ControlMedian,
    hazard_ratio: HazardRatio,
    accrual: Accrual,
    accrual_rate: AccrualRate,
    duration: Duration,
    fleming_harrington: FH = None,
    magirr_burman: MB = None,
    change: Change = None,
    dropout_rate: DropoutRate = 0.0,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    allocation_ratio: Ratio = 1.0,
    json: Json = False,
) -> None:
    """A time to an event, by a weighted log-rank test.

    The hazard ratio may change with time.
    """
    from trialwright.design.survival import compute_weighted_logrank_sample_size

    weights = _weights(fleming_harrington, magirr_burman)
    if len(weights) != 1:
        raise DesignError(
            f"A weighted log-rank test has one weight, got {len(weights)}. Give --fleming-harrington or "
            "--magirr-burman once; several make a MaxCombo test."
        )
    result = compute_weighted_logrank_sample_size(
        _trial(control_median, hazard_ratio, change, accrual, accrual_rate, dropout_rate, allocation_ratio),
        weight=weights[0],
        study_duration=duration,
        alpha=alpha,
        sided=sided,
        power=power,
    )
    _show_fixed(result, json=json)


@app.command("rmst", epilog=f"\b\nExample: trialwright design sample-size rmst {_EXAMPLE} --horizon 24")
def rmst(
    control_median: ControlMedian,
    hazard_ratio: HazardRatio,
    accrual: Accrual,
    accrual_rate: AccrualRate,
    duration: Duration,
    horizon: Annotated[float, typer.Option(help="Survival times count up to this time since randomization.")],
    change: Change = None,
    dropout_rate: DropoutRate = 0.0,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    allocation_ratio: Ratio = 1.0,
    json: Json = False,
) -> None:
    """A time to an event, by the difference of restricted mean survival times."""
    from trialwright.design.survival import compute_rmst_sample_size

    result = compute_rmst_sample_size(
        _trial(control_median, hazard_ratio, change, accrual, accrual_rate, dropout_rate, allocation_ratio),
        horizon=horizon,
        study_duration=duration,
        alpha=alpha,
        sided=sided,
        power=power,
    )
    _show_fixed(result, json=json)


@app.command("milestone", epilog=f"\b\nExample: trialwright design sample-size milestone {_EXAMPLE} --milestone 18")
def milestone(
    control_median: ControlMedian,
    hazard_ratio: HazardRatio,
    accrual: Accrual,
    accrual_rate: AccrualRate,
    duration: Duration,
    milestone: Annotated[float, typer.Option(help="Time since randomization at which survival is compared.")],
    change: Change = None,
    dropout_rate: DropoutRate = 0.0,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    allocation_ratio: Ratio = 1.0,
    json: Json = False,
) -> None:
    """A time to an event, by the difference of survival at a milestone."""
    from trialwright.design.survival import compute_milestone_sample_size

    result = compute_milestone_sample_size(
        _trial(control_median, hazard_ratio, change, accrual, accrual_rate, dropout_rate, allocation_ratio),
        milestone=milestone,
        study_duration=duration,
        alpha=alpha,
        sided=sided,
        power=power,
    )
    _show_fixed(result, json=json)


@app.command(
    "maxcombo",
    epilog=f"\b\nExample: trialwright design sample-size maxcombo {_EXAMPLE} --fleming-harrington 0,0 "
    "--fleming-harrington 0,1",
)
def maxcombo(
    control_median: ControlMedian,
    hazard_ratio: HazardRatio,
    accrual: Accrual,
    accrual_rate: Annotated[list[float], typer.Option(help="Subjects per unit of time in each duration of accrual.")],
    duration: Duration,
    fleming_harrington: FH = None,
    magirr_burman: MB = None,
    change: Change = None,
    dropout_rate: DropoutRate = 0.0,
    alpha: Annotated[float, typer.Option(help="One-sided type I error.")] = 0.025,
    allocation_ratio: Ratio = 1.0,
    json: Json = False,
) -> None:
    """Power of a MaxCombo test, the best of weighted log-rank tests.

    With the subjects that accrual gives: --accrual times --accrual-rate.
    """
    from trialwright.design.survival import compute_maxcombo_power

    result = compute_maxcombo_power(
        _trial(control_median, hazard_ratio, change, accrual, accrual_rate, dropout_rate, allocation_ratio),
        weights=_weights(fleming_harrington, magirr_burman),
        study_duration=duration,
        alpha=alpha,
    )
    show(
        f"power {result.power:.6g} with {result.subjects:g} subjects (one-sided alpha {alpha:g})",
        result,
        facts=[
            ("critical value", result.critical_value),
            ("expected Z of each weight", ", ".join(f"{drift:.4g}" for drift in result.drifts)),
        ],
        conventions=result.conventions,
        json=json,
    )


def _weights(
    fleming_harrington: list[str] | None, magirr_burman: list[float] | None
) -> tuple[FlemingHarrington | MagirrBurman, ...]:
    from trialwright.design.survival import FlemingHarrington, MagirrBurman

    weights: list[FlemingHarrington | MagirrBurman] = []
    for words in fleming_harrington or []:
        try:
            rho, gamma = (float(word) for word in words.split(","))
        except ValueError:
            raise DesignError(
                f"--fleming-harrington must be two numbers with a comma, rho,gamma, got {words!r}. Give 0,1 for late "
                "effects."
            ) from None
        weights.append(FlemingHarrington(rho=rho, gamma=gamma))
    weights += [MagirrBurman(tau=tau) for tau in magirr_burman or []]
    if not weights:
        raise DesignError("The test needs weights. Give --fleming-harrington 0,1 or --magirr-burman 6.")
    return tuple(weights)


def _trial(
    control_median: float,
    hazard_ratios: list[float],
    change: list[float] | None,
    accrual: list[float],
    accrual_rate: list[float],
    dropout_rate: float,
    allocation_ratio: float,
) -> SurvivalTrial:
    from trialwright.design.survival import AccrualRates, PiecewiseHazards, SurvivalTrial

    if not (math.isfinite(control_median) and control_median > 0):
        raise DesignError(f"--control-median must be above 0, got {control_median!r}. Give the median time.")
    starts = (0.0, *(change or []))
    if len(starts) != len(hazard_ratios):
        raise DesignError(
            f"There are {len(hazard_ratios)} hazard ratios and {len(starts) - 1} of --change. Give one --change "
            "between each two --hazard-ratio."
        )
    hazard = math.log(2) / control_median
    dropout = (dropout_rate,) * len(starts)
    return SurvivalTrial.of(
        accrual=AccrualRates(durations=tuple(accrual), rates=tuple(accrual_rate)),
        control=PiecewiseHazards(starts=starts, hazards=(hazard,) * len(starts), dropout_hazards=dropout),
        experimental=PiecewiseHazards(
            starts=starts, hazards=tuple(hazard * ratio for ratio in hazard_ratios), dropout_hazards=dropout
        ),
        allocation_ratio=allocation_ratio,
    )


def _show_fixed(result: FixedSurvivalDesign, *, json: bool) -> None:
    sides = "one-sided" if result.sided == 1 else "two-sided"
    more = [
        (name, value)
        for name, value in (
            ("average hazard ratio", result.average_hazard_ratio),
            ("difference", result.difference),
        )
        if value is not None
    ]
    show(
        f"{result.n_total} subjects ({sides} alpha {result.alpha:g}, power {result.target_power:g})",
        result,
        facts=[
            ("experimental", result.n_experimental),
            ("control", result.n_control),
            ("expected events", result.events_exact),
            ("duration of the trial", result.study_duration),
            *more,
            ("subjects, unrounded", result.n_exact),
            ("power at these sizes", result.attained_power),
            ("method", result.method),
        ],
        conventions=result.conventions,
        json=json,
    )
