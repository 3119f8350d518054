"""Graphs of multiple test procedures: hypotheses with their shares of alpha, and the weights that are passed on."""

from __future__ import annotations

from dataclasses import replace

from trialwright.analysis.layout_figures import GraphSpec
from trialwright.analysis.templates import Template
from trialwright.displays._scope import Filler, Scope
from trialwright.displays._tables import compose_footnotes
from trialwright.displays.formats import refer
from trialwright.displays.model import Edge, Figure, Graph, Node, parts_text
from trialwright.errors import PlanError

#: Between the two hypotheses in the level of a result that is a weight.
_ARROW = " -> "


def compose_graph(spec: GraphSpec, filler: Filler) -> Figure:
    """The graph that `spec` asks for."""
    root = Scope(
        where=f"Display {spec.id}",
        analysis_set=spec.analysis_set,
        analysis=Template((spec.analysis,), spec.analysis),
    )
    root = filler.bind_groups(spec.groups, root)
    nodes = []
    for one in spec.nodes:
        bound = root.binding_name("node", one.id, one.label)
        scope = replace(bound, variable=one.id, where=f"{root.where}, node {one.id}")
        lines = tuple(filler.fill(line, scope).cell.parts for line in spec.lines)
        nodes.append(Node(id=one.id, lines=tuple(line for line in lines if line), x=one.x, y=one.y))
    edges = _edges(spec, root, filler)
    notes = [filler.fill(note, root).cell.parts for note in spec.annotations]
    return Figure(
        id=spec.id,
        title=spec.title,
        population=spec.population,
        kind="graph",
        content=Graph(nodes=tuple(nodes), edges=edges),
        annotations=tuple(note for note in notes if note),
        footnotes=compose_footnotes(spec.footnotes, spec.id, spec.analysis_set, filler, spec.shows_warnings),
        section=spec.section,
        purpose=spec.purpose,
        alt_text=spec.alt_text or _alt_text(spec, nodes, edges),
        is_landscape=spec.orientation == "landscape",
        refs=tuple(filler.used),
    )


def _edges(spec: GraphSpec, scope: Scope, filler: Filler) -> tuple[Edge, ...]:
    """An arrow for each weight above 0."""
    where = scope.where
    known = {node.id for node in spec.nodes}
    edges = []
    for result in filler.lookup.analysis(spec.analysis, where).rows:
        is_here = dict(result.groups) == dict(scope.groups)
        if result.stat_name != spec.edge or not result.stat or result.variable_level is None or not is_here:
            continue
        source, arrow, target = result.variable_level.partition(_ARROW)
        if not arrow or source not in known or target not in known:
            raise PlanError(
                f"{where}: {result.result_id} is the weight of {result.variable_level!r}, but the nodes are "
                f"{', '.join(sorted(known))}. Give each hypothesis of {spec.analysis} a node."
            )
        filler.used[result.result_id] = result
        edges.append(Edge(source=source, target=target, weight=refer(result, spec.edge_format)))
    return tuple(edges)


def _alt_text(spec: GraphSpec, nodes: list[Node], edges: tuple[Edge, ...]) -> str:
    hypotheses = "; ".join(", ".join(" ".join(parts_text(line).split()) for line in node.lines) for node in nodes)
    arrows = "; ".join(f"{edge.source} to {edge.target} {edge.weight.shown.strip()}" for edge in edges)
    return f"Graph: {spec.title}. Hypotheses: {hypotheses}. Weights: {arrows or 'none'}."
