"""Results to displays."""

from __future__ import annotations

from trialwright.analysis.layout import ListingSpec, TableSpec
from trialwright.analysis.layout_figures import DisplaySpec, FlowSpec, ForestSpec, GraphSpec, SubjectsSpec, SwimmerSpec
from trialwright.analysis.plan import AnalysisPlan
from trialwright.displays._figures import compose_curves, compose_flow
from trialwright.displays._figures_forest import compose_forest
from trialwright.displays._figures_graph import compose_graph
from trialwright.displays._figures_subjects import compose_subjects, compose_swimmer
from trialwright.displays._listings import compose_listing
from trialwright.displays._lookup import Lookup
from trialwright.displays._scope import Filler
from trialwright.displays._tables import compose_table
from trialwright.displays.model import Display
from trialwright.results import Results


def compose(plan: AnalysisPlan, results: Results) -> list[Display]:
    """The displays of `plan`, in its order, filled with `results`.

    Nothing is computed: each number shown is a reference to a result. Raises `PlanError`, naming display and row, for
    an analysis, statistic, grouping or level that there is not; a group or level without results is no error but shows
    what the cell says for `absent`.
    """
    lookup = Lookup(plan, results)
    return [_compose(spec, Filler(lookup)) for spec in plan.displays.values()]


def _compose(spec: DisplaySpec, filler: Filler) -> Display:
    match spec:
        case TableSpec():
            return compose_table(spec, filler)
        case ListingSpec():
            return compose_listing(spec, filler)
        case FlowSpec():
            return compose_flow(spec, filler)
        case ForestSpec():
            return compose_forest(spec, filler)
        case SubjectsSpec():
            return compose_subjects(spec, filler)
        case SwimmerSpec():
            return compose_swimmer(spec, filler)
        case GraphSpec():
            return compose_graph(spec, filler)
        case _:
            return compose_curves(spec, filler)
