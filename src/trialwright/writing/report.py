"""What the chapters of a report share: study, plan, evidence, displays and sentences; and the blocks they give back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from trialwright.analysis.plan import Analysis, AnalysisPlan
from trialwright.displays.model import Display, Table
from trialwright.documents.model import AuthorQuery, Block, Paragraph
from trialwright.inlines import CrossRef, FactRef, Inline, Text
from trialwright.results import Results
from trialwright.standards import HeadingTree
from trialwright.study import Study
from trialwright.writing.evidence import Arm, Evidence
from trialwright.writing.level_words import level_words
from trialwright.writing.sentences import Argument, Catalogue, Inlines

if TYPE_CHECKING:
    from trialwright.writing.narratives.chapter import Narratives


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything a chapter may draw on. Chapters are functions of it, and of nothing else."""

    study: Study
    plan: AnalysisPlan
    results: Results
    displays: tuple[Display, ...]
    say: Catalogue
    tree: HeadingTree
    narratives: Narratives | None = None

    @cached_property
    def evidence(self) -> Evidence:
        """The plan's results, as the chapters ask for them."""
        return Evidence(self.plan, self.results, self.displays, self._arm_paths)

    @cached_property
    def _level_words(self) -> Mapping[tuple[str, str], str]:
        return level_words(self.plan)

    def level(self, variable: str, value: str) -> str:
        """A level in words: as the plan's tables show it; else in capitals only if it is an abbreviation."""
        known = self._level_words.get((variable, value)) or self._level_words.get(("", value))
        return known or sentence_case(value)

    @cached_property
    def places(self) -> dict[str, str]:
        """Where each display is cited, by its id, as far as it has been asked for: every section asks for all."""
        return {}

    @cached_property
    def _arm_paths(self) -> Mapping[str, str]:
        paths: dict[str, str] = {}
        for arm in self.study.arms:
            for attribute, words in (("label", arm.label), ("name", arm.name), ("description", arm.description)):
                if words and words.strip():
                    paths.setdefault(" ".join(words.split()), f"{arm.id}.{attribute}")
        return paths


def sentence_case(words: str) -> str:
    """Words in capitals (`ADVERSE EVENT`) with only the first letter large; others, and abbreviations, as they are."""
    return words.capitalize() if words.isupper() and len(words) > 3 else words


#: A section's content. Sections without one only hold others.
SectionWriter: TypeAlias = Callable[[Report], list[Block]]


def section_anchor(number: str) -> str:
    """The anchor of a section's heading."""
    return f"section-{number}"


def display_anchor(display: Display) -> str:
    """The anchor of a display of the plan."""
    return f"display-{display.id}"


def section_ref(number: str) -> CrossRef:
    """A reference to a section of the report."""
    return CrossRef(target=section_anchor(number))


def display_ref(display: Display) -> CrossRef:
    """A reference to a display of the plan."""
    return CrossRef(target=display_anchor(display))


def paragraph(report: Report, name: str, /, *, style: str = "body", **arguments: Argument) -> Paragraph:
    """The sentence `name` as a paragraph."""
    return Paragraph(inlines=report.say(name, **arguments), style=style)


def joined(sentences: Iterable[Inlines]) -> Inlines:
    """The sentences that are not empty as one run, a space between two."""
    inlines: list[Inline] = []
    for sentence in sentences:
        if inlines and sentence:
            inlines.append(Text(" "))
        inlines.extend(sentence)
    return tuple(inlines)


def running(*sentences: Inlines) -> list[Block]:
    """The sentences that are not empty as one paragraph, a space between two; no paragraph if all are empty."""
    inlines = joined(sentences)
    return [Paragraph(inlines=inlines)] if inlines else []


def query(report: Report, number: str, topic: str) -> AuthorQuery:
    """The open question `topic` of section `number`; its words are in the catalogue, under `query-<topic>`."""
    return AuthorQuery(id=f"csr.{number}.{topic}", question=report.say.text(f"query-{topic}"))


def plan_fact(path: str, shown: str) -> FactRef:
    """A fact of the analysis plan, as a reference."""
    return FactRef(path=f"plan/{path}", shown=shown)


def arm_ref(arm: Arm) -> FactRef:
    """An arm's name in running text."""
    return FactRef(path=arm.path, shown=arm.label)


def alpha_ref(report: Report) -> FactRef:
    """The two-sided level of significance."""
    return plan_fact("alpha", f"{report.plan.alpha:g}")


def label_ref(analysis: Analysis) -> FactRef:
    """What an analysis is called; the analysed variables where the plan gives it no label."""
    shown = analysis.label or ", ".join(analysis.variables) or analysis.id
    return plan_fact(f"analyses/{analysis.id}/label", shown)


def variable_words(report: Report, variable: str) -> str:
    """A term of a model: the catalogue's words, else the label of the plan's grouping by it, else its name."""
    name = f"model-term-{variable.rstrip('0123456789')}"
    if report.say.has(name):
        return report.say.text(name)
    for grouping in report.plan.groupings.values():
        if grouping.variable == variable and grouping.label:
            return grouping.label[:1].lower() + grouping.label[1:]
    return variable


def set_ref(report: Report, population: str) -> FactRef:
    """The name of an analysis set."""
    found = report.plan.analysis_sets.get(population)
    return plan_fact(f"analysis_sets/{population}/label", found.label if found else population)


def is_listing(display: Display) -> bool:
    """Whether a display lists records."""
    return isinstance(display, Table) and display.is_listing


def citations(displays: Iterable[Display]) -> list[Inlines]:
    """References to displays, one run each, for a list in running text."""
    return [(display_ref(display),) for display in displays]
