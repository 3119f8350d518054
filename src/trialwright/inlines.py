"""What runs through a line of text: words, and references that stand for a number or a fact.

The study room turns HTML and USDM references into these, the writing room makes sentences of them, the documents room
writes them. A number is never typed: it is a `ResultRef` (see `trialwright.results`) or a `FactRef`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from trialwright.results import ResultRef


@dataclass(frozen=True, slots=True)
class Text:
    """Words. They hold no number that a result or the study definition could give."""

    text: str
    is_bold: bool = False
    is_italic: bool = False
    is_underlined: bool = False
    position: str = "baseline"  # or "superscript", "subscript"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRef:
    """A reference to a fact of the study definition, as it is shown.

    path   where it stands in the definition: `StudyDesignPopulation_1.plannedEnrollmentNumber`, `Arm_2.name`
    shown  the text that the reader sees
    """

    path: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossRef:
    """A reference to a heading, table or figure of the same document, by its anchor.

    Writers show its label and number (`Table 14-1.01`, `Section 9.7`), and the number alone where the words before it
    end in that label ("see section ").
    """

    target: str


@dataclass(frozen=True, slots=True)
class LineBreak:
    """A new line inside a paragraph."""


Inline: TypeAlias = Text | ResultRef | FactRef | CrossRef | LineBreak


def plain_text(inlines: Iterable[Inline]) -> str:
    """The words that a reader sees, without marks; a cross-reference shows its target."""
    shown = []
    for inline in inlines:
        match inline:
            case Text():
                shown.append(inline.text)
            case ResultRef() | FactRef():
                shown.append(inline.shown)
            case CrossRef():
                shown.append(inline.target)
            case LineBreak():
                shown.append("\n")
    return "".join(shown)
