"""What an objective measures of a design."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialwright.errors import DesignError

if TYPE_CHECKING:
    from trialwright.design.search.model import DesignEvaluation, Objective
    from trialwright.design.simulation.operating_characteristics import Estimate


def measure_of(objective: Objective, evaluation: DesignEvaluation) -> Estimate:
    """The value of the objective's measure, with its Monte Carlo error; 0 for what is not simulated.

    A measure of a scenario is of the one that the objective names, else of the first, the planned one. Raises
    `DesignError` for a measure that the definition gives nothing for: cost without a cost model.
    """
    scenario = evaluation.scenario(objective.scenario) if objective.scenario else evaluation.scenarios[0]
    match objective.measure:
        case "power":
            return scenario.power
        case "expected_subjects":
            return scenario.expected_subjects
        case "expected_duration":
            return scenario.expected_duration
        case "maximum_subjects":
            return _exact(evaluation.maximum_subjects)
        case "least_power":
            return evaluation.least_power
        case "probability_of_success":
            return evaluation.probability_of_success or _missing(objective, "a prior, or weights of the scenarios")
        case "expected_cost":
            return scenario.expected_cost or _missing(objective, "a cost model")
        case "maximum_cost":
            return evaluation.maximum_cost or _missing(objective, "a cost model")


def _exact(value: float) -> Estimate:
    from trialwright.design.simulation.operating_characteristics import Estimate

    return Estimate(value=float(value), standard_error=0.0)


def _missing(objective: Objective, needed: str) -> Estimate:
    raise DesignError(
        f"The objective {objective.measure} needs {needed}, which the definition does not have. "
        "Add it to design.yaml, or take the objective out."
    )
