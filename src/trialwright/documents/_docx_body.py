"""The body of a docx: blocks in order, in sections that are portrait or landscape."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from trialwright.displays.model import Figure, content_refs
from trialwright.documents import _ooxml as x
from trialwright.documents._arrangement import leads_on, orientations
from trialwright.documents._docx_contents import captions_list, contents_list
from trialwright.documents._docx_figures import picture
from trialwright.documents._docx_inlines import InlineWriter
from trialwright.documents._docx_parts import section_properties
from trialwright.documents._docx_tables import write_fact_table, write_results_table
from trialwright.documents._table_layout import LANDSCAPE_WIDTH, PORTRAIT_WIDTH
from trialwright.documents.manifest import FigureEntry, QueryEntry, TableEntry
from trialwright.documents.model import (
    AuthorQuery,
    Block,
    DisplayBlock,
    Document,
    FactTable,
    FigureBlock,
    Heading,
    ListBlock,
    ListOfCaptions,
    PageBreak,
    Paragraph,
    SectionBreak,
    TableOfContents,
)
from trialwright.documents.targets import Target, anchor_of
from trialwright.inlines import Text
from trialwright.results import ResultRef

_PARAGRAPH_STYLES = {
    "body": "BodyText",
    "title": "Title",
    "subtitle": "Subtitle",
    "note": "Note",
    "caption": "Caption",
    "centered": "Centered",
    "small": "Small",
}
_AFTER_STYLE = re.compile(r'\A<w:p><w:pPr><w:pStyle w:val="[^"]*"/>(?:<w:keepNext/>)?(?:<w:keepLines/>)?')
_AFTER_TABLE = x.paragraph("AfterTable", "")


@dataclass
class BodyWriter:
    """Writes blocks one after another, and notes tables, figures and queries for the manifest.

    pictures  PNG by SHA-256, in the order of first use
    counted   number of the last counted table of each chapter
    """

    document: Document
    writer: InlineWriter
    draw: Callable[[Figure], bytes]
    tables: list[TableEntry] = field(default_factory=list)
    figures: list[FigureEntry] = field(default_factory=list)
    queries: list[QueryEntry] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    ordered_lists: int = 0
    counted: dict[str, int] = field(default_factory=dict)
    _out: list[str] = field(default_factory=list)
    _is_landscape: bool = False
    _is_break_due: bool = False
    _is_page_new: bool = True
    _sections: int = 0

    def write(self) -> str:
        """The XML of all blocks, with the properties of the last section."""
        turns = orientations(self.document.blocks)
        self._is_landscape = turns[0] if turns else False
        for position, (block, is_landscape) in enumerate(zip(self.document.blocks, turns, strict=True)):
            if is_landscape != self._is_landscape:
                self._close_section()
                self._is_landscape = is_landscape
            self._block(block, position)
        return "".join(self._out) + self._section_properties()

    def _following(self, position: int) -> Block | None:
        blocks = self.document.blocks
        return blocks[position + 1] if position + 1 < len(blocks) else None

    @property
    def _width(self) -> int:
        return LANDSCAPE_WIDTH if self._is_landscape else PORTRAIT_WIDTH

    def _section_properties(self) -> str:
        first = self.document.blocks[0] if self.document.blocks else None
        has_title = self._sections == 0 and isinstance(first, Paragraph) and first.style == "title"
        return section_properties(is_landscape=self._is_landscape, has_title_page=has_title)

    def _close_section(self) -> None:
        """End the section in its last paragraph, so that no empty line (or page) is added."""
        properties = self._section_properties()
        self._sections += 1
        self._is_break_due = False
        self._is_page_new = True
        if self._out and self._out[-1].startswith("<w:p><w:pPr>"):
            self._out[-1] = self._out[-1].replace("</w:pPr>", f"{properties}</w:pPr>", 1)
        elif self._out:
            self._out.append(x.paragraph("AfterTable", "", properties))

    def _add(self, xml: str) -> None:
        """Append one paragraph or table, after a page break that is due."""
        if self._is_break_due:
            self._is_break_due = False
            place = _AFTER_STYLE.match(xml)
            if place is None:
                self._out.append(x.paragraph("AfterTable", '<w:r><w:br w:type="page"/></w:r>'))
            else:
                xml = f"{xml[: place.end()]}<w:pageBreakBefore/>{xml[place.end() :]}"
        self._out.append(xml)
        self._is_page_new = False

    def _block(self, block: Block, position: int) -> None:
        match block:
            case Heading():
                self._heading(block, position)
            case Paragraph():
                following = self._following(position)
                is_list_title = isinstance(following, ListOfCaptions)
                style = "ContentsHeading" if is_list_title else _PARAGRAPH_STYLES.get(block.style, "BodyText")
                keep = x.KEEP_NEXT if leads_on(block, following) else ""
                self._add(x.paragraph(style, self.writer.write(block.inlines), keep))
            case ListBlock():
                self._list(block)
            case FactTable():
                self._fact_table(block, position)
            case DisplayBlock():
                self._display(block)
            case FigureBlock():
                self._figure(block)
            case AuthorQuery():
                self._query(block)
            case PageBreak() | SectionBreak():
                # The turn of a page is made by `write`; between two sections alike only the page is new.
                self._is_break_due = not self._is_page_new
            case TableOfContents():
                for entry in contents_list(self.document, self.writer.targets, block.depth):
                    self._add(entry)
            case ListOfCaptions():
                for entry in captions_list(self.document, self.writer.targets, block.kind, self.writer.labels):
                    self._add(entry)

    def _heading(self, block: Heading, position: int) -> None:
        target = self.writer.targets[anchor_of(block, position)]
        self.writer.section = target.shown
        level = min(max(block.level, 1), 9)
        title = self.writer.write(block.inlines)
        if block.number:
            number = x.bookmarked(x.run(block.number), target.bookmark, self.writer.serial())
            content, properties = f"{number}<w:r><w:tab/></w:r>{title}", ""
        else:
            content = x.bookmarked(title, target.bookmark, self.writer.serial())
            properties = '<w:ind w:left="0" w:firstLine="0"/>'
        self._add(x.paragraph(f"Heading{level}", content, properties))

    def _list(self, block: ListBlock) -> None:
        style, number = ("ListNumber", 2 + self.ordered_lists) if block.is_ordered else ("ListBullet", 1)
        self.ordered_lists += block.is_ordered
        for place, item in enumerate(block.items):
            level = block.levels[place] if place < len(block.levels) else 0
            numbering = f'<w:numPr><w:ilvl w:val="{min(level, 8)}"/><w:numId w:val="{number}"/></w:numPr>'
            # The text after a list stands as far off as after a paragraph.
            after = '<w:spacing w:after="160"/>' if place == len(block.items) - 1 else ""
            self._add(x.paragraph(style, self.writer.write(item), numbering + after))

    def _fact_table(self, block: FactTable, position: int) -> None:
        if block.caption:
            target = self.writer.targets[anchor_of(block, position)]
            self._caption(target, self._counted_number(target), self.writer.write(block.caption))
        self._add(write_fact_table(block, self.writer, self._width))
        for number, footnote in enumerate(block.footnotes):
            keep = x.KEEP_NEXT if number < len(block.footnotes) - 1 else ""
            self._add(x.paragraph("TableNote", self.writer.write(footnote), keep))
        self._add(_AFTER_TABLE)

    def _counted_number(self, target: Target) -> str:
        """The number of a table that the document counts: its chapter as words, its place there as a field."""
        chapter, _, count = target.number.rpartition("-")
        # The count goes on by itself, except past the numbers that displays of the chapter have.
        start = "" if int(count) == self.counted.get(chapter, 0) + 1 else f" \\r {count}"
        self.counted[chapter] = int(count)
        place = x.field(f"SEQ Table{chapter} \\* ARABIC{start}", count)
        return (x.run(f"{chapter}-") if chapter else "") + place

    def _caption(self, target: Target, number: str, title: str) -> None:
        style = {"table": "CaptionTable", "figure": "CaptionFigure", "listing": "CaptionListing"}[target.kind]
        if not target.is_listed:
            style = "Caption"  # lists collect captions by their style
        label = x.run(f"{self.writer.labels.of(target.kind)}\N{NO-BREAK SPACE}")
        marked = x.bookmarked(number, target.bookmark, self.writer.serial())
        self._add(x.paragraph(style, f"{label}{marked}{x.run('  ')}{title}"))

    def _own_caption(self, target: Target, population: str) -> None:
        """The caption of a display: its own number inside the control that anchors it."""
        number = x.control(target.anchor, x.run(target.number), self.writer.serial())
        self._caption(target, number, x.run(target.title))
        if population:
            words = Text(f"{self.writer.labels.population}: {population}")
            self._add(x.paragraph("DisplayPopulation", self.writer.write([words])))

    def _display(self, block: DisplayBlock) -> None:
        target = self.writer.targets[block.anchor]
        table = block.table
        self._own_caption(target, table.population)
        bookmark = f"tbl{target.bookmark}"[:40]
        written = write_results_table(table, bookmark, self.writer, self._width)
        self._add(written.xml)
        self._footnotes(table.footnotes)
        self._add(_AFTER_TABLE)
        self.tables.append(
            TableEntry(
                anchor=block.anchor,
                kind=target.kind,
                number=table.id,
                title=table.title,
                section=self.writer.section,
                bookmark=bookmark,
                header_spans=written.spans,
                grid=written.grid,
                references=written.references,
            )
        )

    def _footnotes(self, footnotes: tuple[tuple[str | ResultRef, ...], ...]) -> None:
        for number, footnote in enumerate(footnotes):
            keep = x.KEEP_NEXT if number < len(footnotes) - 1 else ""
            self._add(x.paragraph("TableNote", self.writer.parts(footnote), keep))

    def _figure(self, block: FigureBlock) -> None:
        target = self.writer.targets[block.anchor]
        figure = block.figure
        png = self.draw(figure)
        digest = hashlib.sha256(png).hexdigest()
        self.pictures.setdefault(digest, png)
        number = list(self.pictures).index(digest) + 1
        self._own_caption(target, figure.population)
        drawing = picture(
            png,
            relationship=f"rIdPicture{number}",
            serial=self.writer.serial(),
            name=f"Figure {figure.id}",
            description=figure.alt_text or figure.title,
            width=self._width,
            is_landscape=self._is_landscape,
        )
        self._add(x.paragraph("FigurePlace", drawing, "" if figure.footnotes else '<w:keepNext w:val="0"/>'))
        self._footnotes(figure.footnotes)
        self._add(_AFTER_TABLE)
        self.figures.append(
            FigureEntry(
                anchor=block.anchor,
                number=figure.id,
                title=figure.title,
                sha256=digest,
                results=_figure_results(figure),
            )
        )

    def _query(self, block: AuthorQuery) -> None:
        label = f"[{self.writer.labels.query} {block.id}: "
        content = x.run(label, '<w:b/><w:highlight w:val="yellow"/>') + x.run(f"{block.question}]")
        self.writer.ledger.note_words(f"{label}{block.question}]")
        self._add(x.paragraph("AuthorQuery", content))
        self.queries.append(QueryEntry(id=block.id, question=block.question, section=self.writer.section))


def _figure_results(figure: Figure) -> tuple[tuple[str, float | None], ...]:
    """Every result of a figure once; its value where the figure holds the reference itself."""
    found: dict[str, float | None] = dict.fromkeys(figure.refs)
    parts = [part for line in (*figure.annotations, *figure.footnotes) for part in line]
    parts += [part for box in figure.boxes for line in box.lines for part in line]
    refs = [part for part in parts if isinstance(part, ResultRef)]
    refs += [ref for _, row in figure.at_risk for ref in row]
    refs += content_refs(figure.content)
    found.update((ref.result_id, ref.value) for ref in refs)
    return tuple(found.items())
