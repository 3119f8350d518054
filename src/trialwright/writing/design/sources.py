"""What the chapters of a design report draw on, and how they refer to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from trialwright.design.definition.model import DesignDefinition, DesignScenario, TrialDesign
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


def design_fact(path: str, shown: object) -> FactRef:
    """A fact of the design definition as a reference, by its place in `design.yaml`."""
    words = f"{shown:g}" if isinstance(shown, float) else str(shown)
    return FactRef(path=f"design/{path}", shown=words)


def percent_fact(path: str, share: float) -> FactRef:
    """A proportion of the definition, shown as a percentage."""
    return FactRef(path=f"design/{path}", shown=f"{100 * share:g}%")


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
