"""What an interim analysis of a group-sequential trial says, and how the trial goes on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli import _design_sequential as options
from trialwright.cli._design_sequential import Efficacy, Futility
from trialwright.cli._design_show import show
from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.sequential import GroupSequentialDesign

Observed = Annotated[
    list[float] | None,
    typer.Option(
        help="Information at each analysis so far, as a fraction of the planned maximum; planned, if not given."
    ),
]


_NAMES = {
    "conditional_power_planned_effect": "conditional power, planned",
    "conditional_power_observed_effect": "conditional power, trend",
    "predictive_power": "predictive power",
    "conditional_error": "conditional error",
    "repeated_p_value": "repeated p-value",
    "sequential_p_value": "sequential p-value",
}


def interim(
    z: Annotated[
        list[float], typer.Option("--z", help="Statistic of each analysis so far, all data; above 0 is better.")
    ],
    observed: Observed = None,
    is_final: Annotated[
        bool, typer.Option("--final", help="The last of them was the final analysis; it spends all of alpha.")
    ] = False,
    estimate: Annotated[
        float | None, typer.Option(help="The effect that the last analysis found, for its repeated interval.")
    ] = None,
    standard_error: Annotated[float | None, typer.Option(help="Of the estimate.")] = None,
    looks: options.Looks = 3,
    at: options.At = None,
    efficacy: options.EfficacyOption = Efficacy.LAN_DEMETS_OBRIEN_FLEMING,
    parameter: options.Parameter = None,
    futility: options.FutilityOption = Futility.NONE,
    futility_parameter: options.FutilityParameter = None,
    binding: options.Binding = False,
    alpha: options.Alpha = 0.025,
    sided: options.Sided = 1,
    power: options.Power = 0.9,
    json: options.Json = False,
) -> None:
    """What an interim analysis says, and how the trial goes on.

    Decision, conditional and predictive power, p-values and intervals. The design is that of
    `design group-sequential`, with its bounds recomputed if other information was observed than
    planned. The median-unbiased estimate and its interval are those of a trial that ends here.
    """
    from trialwright.design import sequential

    if not z:
        raise DesignError("Give --z for each analysis so far, the first one first.")
    if (estimate is None) != (standard_error is None):
        raise DesignError("A repeated interval needs --estimate and --standard-error. Give both, or none.")
    design = options.compute(
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
    if observed or is_final:
        fractions = tuple(observed) if observed else design.information_fractions[: len(z)]
        if len(fractions) != len(z):
            raise DesignError(f"There are {len(z)} statistics, but {len(fractions)} of --observed. Give one for each.")
        design = sequential.compute_monitored_design(design, observed_fractions=fractions, is_final=is_final)
    look = len(z)
    if look > design.looks:
        raise DesignError(f"There are {look} statistics, but the design has {design.looks} analyses. Give fewer --z.")
    is_last = look == design.looks
    ended = sequential.compute_stagewise_inference(design, look=look, z=z[-1])
    found = {
        "look": look,
        "decision": _decision(design, z),
        "conditional_power_planned_effect": None,
        "conditional_power_observed_effect": None,
        "predictive_power": None,
        "conditional_error": None,
        "repeated_p_value": sequential.compute_repeated_p_value(design, look=look, z=z[-1]),
        "sequential_p_value": sequential.compute_sequential_p_value(design, z=tuple(z)),
    }
    if not is_last:
        observed_drift = z[-1] / math.sqrt(design.information_fractions[look - 1])
        for name, drift in (("planned", design.drift), ("observed", observed_drift)):
            found[f"conditional_power_{name}_effect"] = sequential.compute_conditional_power(
                design, look=look, z=z[-1], drift=drift
            )
        found["predictive_power"] = sequential.compute_predictive_power(design, look=look, z=z[-1])
        found["conditional_error"] = sequential.compute_conditional_error(design, look=look, z=z[-1])
    interval = None
    if estimate is not None and standard_error is not None:
        interval = sequential.compute_repeated_interval(
            design, look=look, estimate=estimate, standard_error=standard_error
        )
    lower = design.futility_bounds or (None,) * design.looks
    rows = [
        (str(one + 1), design.information_fractions[one], design.efficacy_bounds[one], lower[one], shown_z)
        for one, shown_z in enumerate([*z, *[None] * (design.looks - look)])
    ]
    level = f"{100 * ended.conf_level:g}% interval"
    scale = (
        1.0
        if estimate is None or standard_error is None
        else standard_error * math.sqrt(design.information_fractions[look - 1])
    )
    unit = "drift" if estimate is None else "effect"
    show(
        f"Analysis {look} of {design.looks}, Z {z[-1]:g}: {found['decision']}",
        {**found, "if_ended": ended, "repeated_interval": interval, "design": design},
        facts=[
            *((_NAMES[name], value) for name, value in found.items() if name in _NAMES),
            *([(f"repeated {level}", f"{interval.ci_lower:.6g} to {interval.ci_upper:.6g}")] if interval else []),
            ("stage-wise p-value", ended.p_value if design.sided == 1 else ended.p_value_two_sided),
            (f"median-unbiased {unit}", scale * ended.median_unbiased_drift),
            (f"its {level}", f"{scale * ended.drift_ci_lower:.6g} to {scale * ended.drift_ci_upper:.6g}"),
        ],
        table=(("analysis", "information", "efficacy Z", "futility Z", "observed Z"), rows),
        conventions=(
            *design.conventions,
            "conditional power is at the effect that the design has its power for, and at the observed one (trend)",
            "stage-wise p-value, median-unbiased estimate and its interval hold if the trial ends here",
        ),
        json=json,
    )


def _decision(design: GroupSequentialDesign, z: list[float]) -> str:
    """What the first analysis that reached a bound says; to go on if none has."""
    for look, value in enumerate(z):
        reached = abs(value) if design.sided == 2 else value  # two sides
        if reached >= design.efficacy_bounds[look]:
            return "reject the null hypothesis" + ("" if look + 1 == len(z) else f" (at analysis {look + 1})")
        if look + 1 == design.looks:
            return "do not reject the null hypothesis"
        if design.futility_bounds is not None and reached <= design.futility_bounds[look]:
            return "stop for futility" + ("" if look + 1 == len(z) else f" (at analysis {look + 1})")
    return "go on"
