"""What a document is: a tree of frozen blocks whose inlines are words and references."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from trialwright.displays.model import Figure, Table
from trialwright.inlines import Inline


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading. `number` is as the guideline gives it (`11.4.2.1`), so that references to it never move.

    level   1 to 9; number is empty for unnumbered front matter
    anchor  what `CrossRef.target` names; unique in the document
    """

    level: int
    number: str
    inlines: tuple[Inline, ...]
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph. style: "body", "title", "subtitle", "note", "caption", "centered", "small"."""

    inlines: tuple[Inline, ...]
    style: str = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBlock:
    """A list of items, each a run of inlines; `levels` (0 = outermost) has one entry for each item."""

    items: tuple[tuple[Inline, ...], ...]
    is_ordered: bool = False
    levels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactTable:
    """A table of facts and words rather than of results: schedule of activities, abbreviations, synopsis.

    rows     each cell is a run of paragraphs, each paragraph a run of inlines
    caption  empty for a table without a number; then `anchor` may be empty too
    """

    rows: tuple[tuple[tuple[tuple[Inline, ...], ...], ...], ...]
    header_rows: int = 1
    widths: tuple[float, ...] = ()
    caption: tuple[Inline, ...] = ()
    anchor: str = ""
    footnotes: tuple[tuple[Inline, ...], ...] = ()
    is_small: bool = False
    has_header_column: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayBlock:
    """A table of results, captioned with its own number and title."""

    table: Table
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureBlock:
    """A figure, captioned with its own number and title; the list of figures leaves out one that is not listed."""

    figure: Figure
    anchor: str
    is_listed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorQuery:
    """What only a human can write: printed as a visible query, never as invented text.

    id        stable: `csr.9.2.choice-of-control`
    question  what is to be written, and from which source
    """

    id: str
    question: str


@dataclass(frozen=True, slots=True)
class PageBreak:
    """A new page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionBreak:
    """From here on, pages are landscape or portrait. Starts a new page."""

    is_landscape: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOfContents:
    """A field that lists the headings down to `depth`."""

    depth: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOfCaptions:
    """A field that lists the captions of a kind: "table", "figure" or "listing"."""

    kind: str


Block: TypeAlias = (
    Heading
    | Paragraph
    | ListBlock
    | FactTable
    | DisplayBlock
    | FigureBlock
    | AuthorQuery
    | PageBreak
    | SectionBreak
    | TableOfContents
    | ListOfCaptions
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document.

    name           of the file, without language and suffix: `csr`
    title          for the file's properties and the header
    language       BCP 47: `en`
    header, footer short texts; the footer also shows the page number and the number of pages
    inputs         digests of what the document was made from: name ("results", "plan", "dataset:ADSL") and SHA-256
    """

    name: str
    title: str
    blocks: tuple[Block, ...]
    language: str = "en"
    header: str = ""
    footer: str = ""
    inputs: tuple[tuple[str, str], ...] = ()

    def queries(self) -> Iterator[AuthorQuery]:
        """The author queries that are open, in reading order."""
        return (block for block in self.blocks if isinstance(block, AuthorQuery))
