"""The search for the best design: designs compared by simulation, and a space of them searched through.

Importing this does not load numpy; the functions do when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from trialwright.design.search.measures import measure_of
from trialwright.design.search.model import (
    DesignComparison,
    DesignEvaluation,
    DesignSearch,
    EnrollmentForecast,
    FrontPoint,
    ImpossibleCandidate,
    LookEvaluation,
    Measure,
    Objective,
    ScenarioEvaluation,
)
from trialwright.design.search.power_curves import PowerCurvePoint, compute_power_curve
from trialwright.design.search.space import SearchSpace
from trialwright.design.search.success import compute_probability_of_success

if TYPE_CHECKING:
    from trialwright.design.search.comparison import compare_designs
    from trialwright.design.search.evaluation import evaluate_design
    from trialwright.design.search.journal import is_journal_of
    from trialwright.design.search.optimizing import SearchInterruptedError, optimize_design
    from trialwright.design.search.reading import SearchRequest, read_search
    from trialwright.design.search.result_rows import results_of_comparison, results_of_search

__all__ = [
    "DesignComparison",
    "DesignEvaluation",
    "DesignSearch",
    "EnrollmentForecast",
    "FrontPoint",
    "ImpossibleCandidate",
    "LookEvaluation",
    "Measure",
    "Objective",
    "PowerCurvePoint",
    "ScenarioEvaluation",
    "SearchInterruptedError",
    "SearchRequest",
    "SearchSpace",
    "compare_designs",
    "compute_power_curve",
    "compute_probability_of_success",
    "evaluate_design",
    "is_journal_of",
    "measure_of",
    "optimize_design",
    "read_search",
    "results_of_comparison",
    "results_of_search",
]

_LAZY = {
    "SearchInterruptedError": "optimizing",
    "SearchRequest": "reading",
    "compare_designs": "comparison",
    "evaluate_design": "evaluation",
    "is_journal_of": "journal",
    "optimize_design": "optimizing",
    "read_search": "reading",
    "results_of_comparison": "result_rows",
    "results_of_search": "result_rows",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
