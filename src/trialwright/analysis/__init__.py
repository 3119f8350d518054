"""ADaM to the table of results: the analysis plan, one module per statistical method, and the way back to the records.

What computes (numpy, scipy) is loaded when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trialwright.analysis.plan import PURPOSES, Analysis, AnalysisPlan, AnalysisSet, FrequentEvents, Grouping, Level

if TYPE_CHECKING:
    from trialwright.analysis.engine import analyze
    from trialwright.analysis.plan_files import plan_parts
    from trialwright.analysis.plan_reader import parse_plan, read_plan
    from trialwright.analysis.tracing import Trace, trace

__all__ = [
    "PURPOSES",
    "Analysis",
    "AnalysisPlan",
    "AnalysisSet",
    "FrequentEvents",
    "Grouping",
    "Level",
    "Trace",
    "analyze",
    "parse_plan",
    "plan_parts",
    "read_plan",
    "trace",
]

_LAZY = {
    "analyze": "trialwright.analysis.engine",
    "parse_plan": "trialwright.analysis.plan_reader",
    "plan_parts": "trialwright.analysis.plan_files",
    "read_plan": "trialwright.analysis.plan_reader",
    "Trace": "trialwright.analysis.tracing",
    "trace": "trialwright.analysis.tracing",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
