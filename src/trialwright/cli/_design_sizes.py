"""Commands of sample size and power: one for each kind of endpoint. None needs a study."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialwright.cli._design_show import show
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.sample_size import Hypothesis, SampleSize

app = typer.Typer(
    help="Sample size and power, for each kind of endpoint.",
    epilog="Example: trialwright design sample-size two-means --difference 3.8 --sd 7.5",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Alpha = Annotated[float, typer.Option(help="Type I error, of one side or of both together as --sided says.")]
Sided = Annotated[int, typer.Option(help="1 or 2.", min=1, max=2)]
Power = Annotated[float, typer.Option(help="Power to reach.")]
Subjects = Annotated[
    int | None, typer.Option(help="Give the power of so many subjects, all groups together, instead.", min=1)
]
Ratio = Annotated[float, typer.Option("--allocation-ratio", help="Experimental subjects per control subject.")]
Dropout = Annotated[float, typer.Option(help="Share of subjects without an outcome, to be randomized in addition.")]
Margin = Annotated[
    float | None,
    typer.Option(help="Margin of non-inferiority, signed, on the scale of the effect: -2, or 1.25 for a ratio."),
]
Equivalence = Annotated[
    tuple[float, float] | None, typer.Option(metavar="LOWER UPPER", help="Limits of equivalence (TOST).")
]
LowerIsBetter = Annotated[bool, typer.Option("--lower-is-better", help="Lower values are the better ones.")]
Json = Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")]
Normal = Annotated[bool, typer.Option("--normal", help="Normal approximation in place of the t distribution.")]


class ProportionTest(StrEnum):
    """How two proportions are compared."""

    SCORE = "score"
    CORRECTED = "score_corrected"
    UNPOOLED = "unpooled"
    ARCSINE = "arcsine"
    FISHER = "fisher"
    UNCONDITIONAL = "unconditional"


def _hypothesis(margin: float | None, equivalence: tuple[float, float] | None, *, higher: bool) -> Hypothesis:
    from trialwright.design.sample_size import Equivalence, NonInferiority, Superiority

    if margin is not None and equivalence is not None:
        raise DesignError("--margin asks for non-inferiority and --equivalence for equivalence. Give one of them.")
    if margin is not None:
        return NonInferiority(margin=margin, higher_is_better=higher)
    if equivalence is not None:
        return Equivalence(lower=equivalence[0], upper=equivalence[1])
    return Superiority(higher_is_better=higher)


def _split(subjects: int, ratio: float) -> dict[str, Any]:
    if not (math.isfinite(ratio) and ratio > 0):
        raise DesignError(f"--allocation-ratio must be above 0, got {ratio!r}. It is experimental per control subject.")
    control = round(subjects / (1 + ratio))
    if not 0 < control < subjects:
        raise DesignError(f"{subjects} subjects leave a group empty at an allocation ratio of {ratio:g}. Give more.")
    return {"n_experimental": subjects - control, "n_control": control}


def _show_size(result: SampleSize, *, dropout: float, json: bool) -> None:
    randomized = _randomized(result.n_total, dropout)
    names = {
        "n_experimental": "experimental",
        "n_control": "control",
        "n_per_sequence": "per sequence",
        "clusters_experimental": "experimental clusters",
        "clusters_control": "control clusters",
        "design_effect": "design effect",
    }
    groups = [(name, getattr(result, field)) for field, name in names.items() if hasattr(result, field)]
    more = [("to be randomized", f"{randomized} with {dropout:.3g} lost")] if dropout else []
    sides = "one-sided" if result.sided == 1 else "two-sided"
    show(
        f"{result.n_total} subjects ({sides} alpha {result.alpha:g}, power {result.target_power:g})",
        result,
        facts=[
            *groups,
            *more,
            ("unrounded", result.n_exact),
            ("power at these sizes", result.attained_power),
            ("method", result.method),
        ],
        conventions=result.conventions,
        json=json,
    )


def _randomized(subjects: int, dropout: float) -> int:
    if not 0 <= dropout < 1:
        raise DesignError(f"--dropout must lie between 0 and 1, got {dropout!r}. Give 0.1 for 10%.")
    return math.ceil(subjects / (1 - dropout) - 1e-9)


def _show_power(power: object, subjects: int, *, json: bool, **asked: Any) -> None:
    value = float(power)  # type: ignore[arg-type]  # an array of one value
    result = {"power": value, "subjects": subjects, **asked}
    show(f"power {value:.6g} with {subjects} subjects", result, facts=asked.items(), json=json)


@app.command("two-means", epilog="Example: trialwright design sample-size two-means --difference 3.8 --sd 7.5")
def two_means(
    difference: Annotated[float, typer.Option(help="Experimental - control.")],
    sd: Annotated[float, typer.Option(help="Standard deviation of both groups.")],
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    subjects: Subjects = None,
    allocation_ratio: Ratio = 1.0,
    correlation: Annotated[
        float | None, typer.Option(help="ANCOVA: correlation of the outcome with the covariate, its baseline.")
    ] = None,
    margin: Margin = None,
    equivalence: Equivalence = None,
    lower_is_better: LowerIsBetter = False,
    normal: Normal = False,
    dropout: Dropout = 0.0,
    json: Json = False,
) -> None:
    """Two means, by t test, or by ANCOVA with a covariate."""
    from trialwright.design import sample_size as sizes

    shared: dict[str, Any] = {
        "difference": difference,
        "sd": sd,
        "alpha": alpha,
        "sided": sided,
        "hypothesis": _hypothesis(margin, equivalence, higher=not lower_is_better),
        "distribution": "normal" if normal else "t",
    }
    if correlation is not None:
        shared["correlation"] = correlation
    computing: Callable[..., Any]
    if subjects is not None:
        computing = sizes.compute_power_two_means if correlation is None else sizes.compute_power_ancova
        groups = _split(subjects, allocation_ratio)
        return _show_power(computing(**shared, **groups), subjects, json=json, **groups)
    computing = sizes.compute_sample_size_two_means if correlation is None else sizes.compute_sample_size_ancova
    return _show_size(computing(**shared, power=power, allocation_ratio=allocation_ratio), dropout=dropout, json=json)


@app.command("one-mean", epilog="Example: trialwright design sample-size one-mean --difference 2 --sd 5")
def one_mean(
    difference: Annotated[float, typer.Option(help="From the value under the null hypothesis.")],
    sd: Annotated[float, typer.Option(help="Standard deviation; of each measurement where --correlation is given.")],
    correlation: Annotated[
        float | None, typer.Option(help="Of two measurements of a pair: then the differences of pairs are tested.")
    ] = None,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    subjects: Subjects = None,
    margin: Margin = None,
    equivalence: Equivalence = None,
    lower_is_better: LowerIsBetter = False,
    normal: Normal = False,
    dropout: Dropout = 0.0,
    json: Json = False,
) -> None:
    """One mean, or the differences of pairs, by t test."""
    from trialwright.design import sample_size as sizes

    shared: dict[str, Any] = {
        "difference": difference,
        "sd": sd,
        "alpha": alpha,
        "sided": sided,
        "hypothesis": _hypothesis(margin, equivalence, higher=not lower_is_better),
        "distribution": "normal" if normal else "t",
    }
    if correlation is None:
        if subjects is not None:
            return _show_power(sizes.compute_power_one_mean(**shared, n=subjects), subjects, json=json)
        result = sizes.compute_sample_size_one_mean(**shared, power=power)
    else:
        if subjects is not None:
            found = sizes.compute_power_paired_means(**shared, correlation=correlation, n_pairs=subjects)
            return _show_power(found, subjects, json=json)
        result = sizes.compute_sample_size_paired_means(**shared, correlation=correlation, power=power)
    return _show_size(result, dropout=dropout, json=json)


@app.command("crossover", epilog="Example: trialwright design sample-size crossover --difference 2 --sd-within 4")
def crossover(
    difference: Annotated[float, typer.Option(help="Experimental - control.")],
    sd_within: Annotated[float, typer.Option(help="Standard deviation within subjects.")],
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    margin: Margin = None,
    equivalence: Equivalence = None,
    lower_is_better: LowerIsBetter = False,
    dropout: Dropout = 0.0,
    json: Json = False,
) -> None:
    """Two means in a crossover with two periods."""
    from trialwright.design.sample_size import compute_sample_size_crossover_means

    result = compute_sample_size_crossover_means(
        difference=difference,
        sd_within=sd_within,
        alpha=alpha,
        sided=sided,
        power=power,
        hypothesis=_hypothesis(margin, equivalence, higher=not lower_is_better),
    )
    _show_size(result, dropout=dropout, json=json)


@app.command(
    "two-proportions",
    epilog="Example: trialwright design sample-size two-proportions --experimental 0.5 --control 0.3",
)
def two_proportions(
    experimental: Annotated[float, typer.Option(help="Proportion in the experimental group.")],
    control: Annotated[float, typer.Option(help="Proportion in the control group.")],
    test: Annotated[
        ProportionTest,
        typer.Option(help="score: Farrington and Manning's; fisher and unconditional are exact."),
    ] = ProportionTest.SCORE,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    subjects: Subjects = None,
    allocation_ratio: Ratio = 1.0,
    margin: Margin = None,
    equivalence: Equivalence = None,
    lower_is_better: LowerIsBetter = False,
    dropout: Dropout = 0.0,
    json: Json = False,
) -> None:
    """Two proportions."""
    from trialwright.design import sample_size as sizes

    shared: dict[str, Any] = {
        "proportion_experimental": experimental,
        "proportion_control": control,
        "alpha": alpha,
        "sided": sided,
        "test": test.value,
    }
    computing: Callable[..., Any]
    if is_exact := test in (ProportionTest.FISHER, ProportionTest.UNCONDITIONAL):
        if margin is not None or equivalence is not None:
            raise DesignError(f"--test {test.value} tests superiority alone. Take --test score with a margin.")
        shared["higher_is_better"] = not lower_is_better
    else:
        shared["hypothesis"] = _hypothesis(margin, equivalence, higher=not lower_is_better)
    if subjects is not None:
        computing = sizes.compute_power_two_proportions_exact if is_exact else sizes.compute_power_two_proportions
        groups = _split(subjects, allocation_ratio)
        return _show_power(computing(**shared, **groups), subjects, json=json, **groups)
    computing = (
        sizes.compute_sample_size_two_proportions_exact if is_exact else sizes.compute_sample_size_two_proportions
    )
    return _show_size(computing(**shared, power=power, allocation_ratio=allocation_ratio), dropout=dropout, json=json)


@app.command(
    "one-proportion", epilog="Example: trialwright design sample-size one-proportion --proportion 0.4 --null 0.2"
)
def one_proportion(
    proportion: Annotated[float, typer.Option(help="Under the alternative.")],
    null: Annotated[float, typer.Option(help="Under the null hypothesis.")],
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    subjects: Subjects = None,
    lower_is_better: LowerIsBetter = False,
    dropout: Dropout = 0.0,
    json: Json = False,
) -> None:
    """One proportion, by the exact binomial test."""
    from trialwright.design.sample_size import compute_power_one_proportion, compute_sample_size_one_proportion

    shared: dict[str, Any] = {
        "proportion": proportion,
        "null_proportion": null,
        "alpha": alpha,
        "sided": sided,
        "higher_is_better": not lower_is_better,
    }
    if subjects is not None:
        return _show_power(compute_power_one_proportion(**shared, n=subjects), subjects, json=json)
    return _show_size(compute_sample_size_one_proportion(**shared, power=power), dropout=dropout, json=json)


@app.command(
    "counts",
    epilog="\b\nExample: trialwright design sample-size counts --experimental 0.7 --control 1 --dispersion 0.6 "
    "--followup 1",
)
def counts(
    experimental: Annotated[float, typer.Option(help="Events per unit of time in the experimental group.")],
    control: Annotated[float, typer.Option(help="Events per unit of time in the control group.")],
    dispersion: Annotated[float, typer.Option(help="Variance is mean + dispersion x mean squared; 0 is Poisson.")],
    followup: Annotated[float, typer.Option(help="Of the subject who enters last.")],
    accrual: Annotated[float, typer.Option(help="Duration of accrual, if all are observed to one day.")] = 0.0,
    dropout_rate: Annotated[float, typer.Option(help="Hazard of leaving early.")] = 0.0,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    allocation_ratio: Ratio = 1.0,
    margin: Margin = None,
    lower_is_better: Annotated[
        bool, typer.Option("--lower-is-better/--higher-is-better", help="Which rates are the better ones.")
    ] = True,
    json: Json = False,
) -> None:
    """Rates of recurrent events, by negative binomial regression."""
    from trialwright.design.sample_size import Exposure, compute_sample_size_negative_binomial

    result = compute_sample_size_negative_binomial(
        rate_experimental=experimental,
        rate_control=control,
        dispersion=dispersion,
        exposure=Exposure(followup=followup, accrual_duration=accrual, dropout_rate=dropout_rate),
        alpha=alpha,
        sided=sided,
        power=power,
        allocation_ratio=allocation_ratio,
        hypothesis=_hypothesis(margin, None, higher=not lower_is_better),
    )
    _show_size(result, dropout=0.0, json=json)


@app.command(
    "ordinal",
    epilog="Example: trialwright design sample-size ordinal --control 0.2 --control 0.5 --control 0.3 --odds-ratio 1.8",
)
def ordinal(
    control: Annotated[list[float], typer.Option(help="Proportion of each category in the control group, in order.")],
    odds_ratio: Annotated[float, typer.Option(help="Of a better category, experimental / control.")],
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    allocation_ratio: Ratio = 1.0,
    dropout: Dropout = 0.0,
    json: Json = False,
) -> None:
    """Ordered categories, by Whitehead's proportional odds."""
    from trialwright.design.sample_size import compute_sample_size_ordinal

    result = compute_sample_size_ordinal(
        proportions_control=control,
        odds_ratio=odds_ratio,
        alpha=alpha,
        sided=sided,
        power=power,
        allocation_ratio=allocation_ratio,
    )
    _show_size(result, dropout=dropout, json=json)


@app.command(
    "repeated-measures",
    epilog="\b\nExample: trialwright design sample-size repeated-measures --difference 3 --sd 8 --correlation 0.6 "
    "--retention 1 --retention 0.9 --retention 0.8",
)
def repeated_measures(
    difference: Annotated[float, typer.Option(help="At the last visit, experimental - control.")],
    sd: Annotated[float, typer.Option(help="At the last visit.")],
    correlation: Annotated[float, typer.Option(help="Of two visits: of all alike, or of neighbors if --decaying.")],
    retention: Annotated[list[float], typer.Option(help="Share of the subjects who are still there at each visit.")],
    decaying: Annotated[
        bool, typer.Option("--decaying", help="Correlations decay with the distance of visits (AR(1)).")
    ] = False,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    allocation_ratio: Ratio = 1.0,
    margin: Margin = None,
    lower_is_better: LowerIsBetter = False,
    json: Json = False,
) -> None:
    """The last of several visits, by a mixed model for repeated measures (MMRM)."""
    from trialwright.design import sample_size as sizes

    visits = len(retention)
    matrix = (
        sizes.compute_autoregressive_correlation(times=range(visits), correlation=correlation)
        if decaying
        else sizes.compute_exchangeable_correlation(n_visits=visits, correlation=correlation)
    )
    result = sizes.compute_sample_size_mmrm(
        difference=difference,
        sd=sd,
        correlation=matrix,
        retention=retention,
        alpha=alpha,
        sided=sided,
        power=power,
        allocation_ratio=allocation_ratio,
        hypothesis=_hypothesis(margin, None, higher=not lower_is_better),
    )
    _show_size(result, dropout=0.0, json=json)


@app.command("bioequivalence", epilog="Example: trialwright design sample-size bioequivalence --ratio 0.95 --cv 0.25")
def bioequivalence(
    ratio: Annotated[float, typer.Option(help="True ratio of geometric means, test / reference.")],
    cv: Annotated[
        float, typer.Option(help="Coefficient of variation: within subjects; between them in parallel groups.")
    ],
    power: Power = 0.8,
    alpha: Annotated[float, typer.Option(help="Of each of the two one-sided tests.")] = 0.05,
    limits: Annotated[tuple[float, float], typer.Option(metavar="LOWER UPPER", help="Of the ratio.")] = (0.8, 1.25),
    parallel: Annotated[bool, typer.Option("--parallel", help="Parallel groups in place of a 2x2 crossover.")] = False,
    dropout: Dropout = 0.0,
    json: Json = False,
) -> None:
    """Average bioequivalence, by two one-sided tests."""
    from trialwright.design.sample_size import compute_sample_size_bioequivalence

    result = compute_sample_size_bioequivalence(
        ratio=ratio,
        cv=cv,
        power=power,
        alpha=alpha,
        lower=limits[0],
        upper=limits[1],
        design="parallel" if parallel else "crossover_2x2",
    )
    _show_size(result, dropout=dropout, json=json)


@app.command(
    "clusters",
    epilog="Example: trialwright design sample-size clusters --difference 3 --sd 8 --icc 0.05 --cluster-size 20",
)
def clusters(
    icc: Annotated[float, typer.Option(help="Intraclass correlation.")],
    cluster_size: Annotated[float, typer.Option(help="Mean number of subjects per cluster.")],
    difference: Annotated[float | None, typer.Option(help="Of means, experimental - control; with --sd.")] = None,
    sd: Annotated[float | None, typer.Option(help="Between subjects, both sources together.")] = None,
    experimental: Annotated[float | None, typer.Option(help="Proportion; with --control.")] = None,
    control: Annotated[float | None, typer.Option(help="Proportion.")] = None,
    cluster_size_cv: Annotated[float, typer.Option(help="Coefficient of variation of the sizes of clusters.")] = 0.0,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    allocation_ratio: Ratio = 1.0,
    lower_is_better: LowerIsBetter = False,
    json: Json = False,
) -> None:
    """Means or proportions of clusters that are randomized whole.

    Of means give --difference and --sd, of proportions --experimental and --control.
    """
    from trialwright.design import sample_size as sizes

    shared: dict[str, Any] = {
        "icc": icc,
        "cluster_size": cluster_size,
        "cluster_size_cv": cluster_size_cv,
        "alpha": alpha,
        "sided": sided,
        "power": power,
        "allocation_ratio": allocation_ratio,
        "hypothesis": _hypothesis(None, None, higher=not lower_is_better),
    }
    if difference is not None and sd is not None and experimental is None and control is None:
        result = sizes.compute_sample_size_cluster_means(difference=difference, sd=sd, **shared)
    elif experimental is not None and control is not None and difference is None and sd is None:
        result = sizes.compute_sample_size_cluster_proportions(
            proportion_experimental=experimental, proportion_control=control, **shared
        )
    else:
        raise DesignError("Clusters need --difference and --sd for means, or --experimental and --control.")
    _show_size(result, dropout=0.0, json=json)


@app.command(
    "survival",
    epilog="\b\nExample: trialwright design sample-size survival --control-median 12 --hazard-ratio 0.7 "
    "--accrual-rate 20 --accrual 24 --followup 12",
)
def survival(
    control_median: Annotated[float, typer.Option(help="Median time to the event in the control group.")],
    hazard_ratio: Annotated[float, typer.Option(help="Experimental / control.")],
    accrual: Annotated[
        list[float], typer.Option(help="Duration of accrual; several for a rate that changes, in order.")
    ],
    accrual_rate: Annotated[
        list[float], typer.Option(help="Subjects per unit of time in each; scaled to the subjects needed.")
    ],
    followup: Annotated[float, typer.Option(help="From the end of accrual to the analysis.")],
    dropout_rate: Annotated[float, typer.Option(help="Hazard of dropping out, both groups.")] = 0.0,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    power: Power = 0.9,
    allocation_ratio: Ratio = 1.0,
    freedman: Annotated[bool, typer.Option("--freedman", help="Freedman's formula; else Schoenfeld's.")] = False,
    json: Json = False,
) -> None:
    """A time to an event, by the log-rank test.

    The events that are needed, and the subjects who give them in the time that there is.
    """
    from trialwright.design.survival import (
        AccrualRates,
        PiecewiseHazards,
        SurvivalTrial,
        compute_survival_sample_size,
    )

    if not control_median > 0:
        raise DesignError(f"--control-median must be above 0, got {control_median!r}. Give the median time.")
    if not hazard_ratio > 0:
        raise DesignError(f"--hazard-ratio must be above 0, got {hazard_ratio!r}. It is experimental / control.")
    hazard = math.log(2) / control_median
    trial = SurvivalTrial.of(
        accrual=AccrualRates(durations=tuple(accrual), rates=tuple(accrual_rate)),
        control=PiecewiseHazards(starts=(0.0,), hazards=(hazard,), dropout_hazards=(dropout_rate,)),
        experimental=PiecewiseHazards(starts=(0.0,), hazards=(hazard * hazard_ratio,), dropout_hazards=(dropout_rate,)),
        allocation_ratio=allocation_ratio,
    )
    result = compute_survival_sample_size(
        trial,
        hazard_ratio=hazard_ratio,
        alpha=alpha,
        sided=sided,
        power=power,
        followup=followup,
        formula="freedman" if freedman else "schoenfeld",
    )
    sides = "one-sided" if sided == 1 else "two-sided"
    show(
        f"{result.events} events, {result.n_total} subjects ({sides} alpha {alpha:g}, power {power:g})",
        result,
        facts=[
            ("experimental", result.n_experimental),
            ("control", result.n_control),
            ("accrual", result.accrual_duration),
            ("accrual rate, as scaled", ", ".join(f"{rate:.6g}" for rate in result.accrual.rates)),
            ("duration of the trial", result.study_duration),
            ("events, unrounded", result.events_exact),
            ("subjects, unrounded", result.n_exact),
            ("power at these events", result.attained_power),
            ("method", result.method),
        ],
        conventions=result.conventions,
        json=json,
    )
