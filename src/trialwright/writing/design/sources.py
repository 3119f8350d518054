"""What the chapters of a design report draw on, and how they refer to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from trialwright.design.definition.facts import design_facts
from trialwright.design.definition.model import DesignDefinition, DesignEndpoint, DesignScenario, TrialDesign
from trialwright.design.search.scenarios import has_effect
from trialwright.displays.design_tables import name_of
from trialwright.displays.formats import refer
from trialwright.displays.model import Display, Table
from trialwright.documents.model import Block, DisplayBlock, FigureBlock
from trialwright.inlines import CrossRef, FactRef
from trialwright.results import ResultRef, Results
from trialwright.study import Study
from trialwright.writing.sentences import Catalogue, Inlines

Groups = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class DesignSources:
    """Definition and results, the study if there is one, and the sentences of the language."""

    definition: DesignDefinition
    results: Results
    say: Catalogue
    study: Study | None = None

    @cached_property
    def designs(self) -> tuple[TrialDesign, ...]:
        """The designs in question, in their order."""
        return tuple(self.definition.designs.values())

    @property
    def chosen(self) -> TrialDesign:
        """The design that the study follows."""
        return self.definition.designs[self.definition.chosen]

    @property
    def unit(self) -> str:
        """Of times."""
        return self.definition.time_unit

    @property
    def currency(self) -> str:
        """Of costs; empty without a cost model."""
        return self.definition.cost.currency if self.definition.cost else ""

    @cached_property
    def _facts(self) -> Mapping[str, str]:
        return design_facts(self.definition)

    def fact(self, path: str) -> FactRef:
        """A fact of the definition by its path in `design_facts`, without the `design/` that all of them begin with."""
        return FactRef(path=f"design/{path}", shown=self._facts[f"design/{path}"])

    def has_fact(self, path: str) -> bool:
        """Whether the definition says this."""
        return f"design/{path}" in self._facts

    @property
    def endpoints(self) -> tuple[DesignEndpoint, ...]:
        """Those that designs decide on, that of the chosen one first."""
        ids = dict.fromkeys([self.chosen.endpoint, *(design.endpoint for design in self.designs)])
        return tuple(self.definition.endpoint(id) for id in ids)

    @property
    def has_other_effects(self) -> bool:
        """Whether there is an effect in other scenarios than the planned one."""
        definition, endpoint = self.definition, self.chosen.endpoint
        return any(has_effect(definition, scenario, endpoint) for scenario in definition.scenarios[1:])

    @property
    def cost_format(self) -> str:
        """Of costs: decimals where they are small numbers, as in millions."""
        cost = self.behavior(self.chosen, self.definition.planned, "expected_cost", "1.0").value or 0.0
        return "1.0" if cost >= 1000 else "1.1" if cost >= 100 else "1.2"

    def ref(self, analysis: str, groups: Groups, stat_name: str, format: str) -> ResultRef:
        """A reference to a result by what it is of."""
        return refer(name_of(analysis, groups, stat_name), format, results=self.results)

    def has(self, analysis: str, groups: Groups, stat_name: str) -> bool:
        """Whether there is such a number."""
        found = self.results.get(name_of(analysis, groups, stat_name))
        return found is not None and found.stat is not None

    def behavior(self, design: TrialDesign, scenario: DesignScenario, stat_name: str, format: str) -> ResultRef:
        """A simulated statistic of one design in one scenario."""
        return self.ref("design.behavior", behavior_groups(design, scenario), stat_name, format)


def behavior_groups(design: TrialDesign, scenario: DesignScenario) -> Groups:
    """The groups of what was simulated of one design in one scenario."""
    return (("DESIGN", design.id), ("SCENARIO", scenario.id))


def table_anchor(display: Display) -> str:
    """The anchor of a display of the report."""
    return f"display-{display.id}"


def blocks_of(displays: Sequence[Display]) -> list[Block]:
    """The displays as blocks, in order."""
    return [
        DisplayBlock(table=display, anchor=table_anchor(display))
        if isinstance(display, Table)
        else FigureBlock(figure=display, anchor=table_anchor(display))
        for display in displays
    ]


def cite(source: DesignSources, displays: Sequence[Display]) -> Inlines:
    """References to the displays, as a list in running text."""
    return source.say.listing([(CrossRef(target=table_anchor(display)),) for display in displays])
