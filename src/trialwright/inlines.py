"""What runs through a line of text: words, and references that stand for a number or a fact.

The study room turns HTML and USDM references into these, the writing room makes sentences of them, the documents room
writes them. A number is never typed: it is a `ResultRef` (see `trialwright.results`), a `FactRef` or a `RecordRef`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from urllib.parse import quote, unquote

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
class RecordRef:
    """A reference to values in records of the study's data, as they are shown.

    sources  where the values stand, as `record_source` names them; several for what is computed, such as a study day
    values   the value at each source, as `record_value` writes it
    shown    the text that the reader sees
    """

    sources: tuple[str, ...]
    values: tuple[str, ...]
    shown: str


#: What the name of a value in a record begins with.
RECORD_PREFIX = "record/"


def record_source(dataset: str, subject: str, key: str, variable: str) -> str:
    """The name of one value: `record/AE/01-701-1211/AESEQ=9/AETERM`; `key` is empty for one record per subject."""
    return RECORD_PREFIX + "/".join((dataset, quote(subject, safe=_PLAIN), quote(key, safe=_PLAIN), variable))


def split_record_source(source: str) -> tuple[str, str, str, str] | None:
    """Dataset, subject, key and variable that `source` names; None if it names no value of a record."""
    parts = source.removeprefix(RECORD_PREFIX).split("/")
    if not source.startswith(RECORD_PREFIX) or len(parts) != 4:
        return None
    return parts[0], unquote(parts[1]), unquote(parts[2]), parts[3]


def record_value(value: object) -> str:
    """A value as manifests hold it: dates in ISO 8601, numbers in full, nothing for a missing one."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.15g}"
    return value.isoformat() if isinstance(value, date) else str(value)


#: Characters of identifiers that names of values keep as they are.
_PLAIN = " .:=,()-_"


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


Inline: TypeAlias = Text | ResultRef | FactRef | RecordRef | CrossRef | LineBreak


def plain_text(inlines: Iterable[Inline]) -> str:
    """The words that a reader sees, without marks; a cross-reference shows its target."""
    shown = []
    for inline in inlines:
        match inline:
            case Text():
                shown.append(inline.text)
            case ResultRef() | FactRef() | RecordRef():
                shown.append(inline.shown)
            case CrossRef():
                shown.append(inline.target)
            case LineBreak():
                shown.append("\n")
    return "".join(shown)
