"""The designs of a definition, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialwright.design.search.conventions import conventions_of
from trialwright.design.search.evaluation import evaluate_design
from trialwright.design.search.model import DesignComparison, DesignEvaluation
from trialwright.execution import IN_THIS_PROCESS, Execution, Progress, SilentProgress, step_of_work

if TYPE_CHECKING:
    from trialwright.design.definition.model import DesignDefinition


def compare_designs(
    definition: DesignDefinition,
    *,
    trials: int,
    seed: int,
    execution: Execution = IN_THIS_PROCESS,
    progress: Progress | None = None,
) -> DesignComparison:
    """Every design of the definition in every scenario, with common random numbers.

    The same seed gives the same answer wherever it is computed. Raises `DesignError` for a design that is no possible
    trial.
    """
    telling = SilentProgress() if progress is None else progress
    evaluations: list[DesignEvaluation] = []
    for number, design in enumerate(definition.designs.values(), start=1):
        with step_of_work(f"Design {number} of {len(definition.designs)}: {design.label}", telling):
            evaluations.append(evaluate_design(definition, design, trials=trials, seed=seed, execution=execution))
    return DesignComparison(
        definition=definition, evaluations=tuple(evaluations), conventions=conventions_of(definition)
    )
