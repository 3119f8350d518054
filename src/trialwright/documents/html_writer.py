"""Documents as one HTML file: for reading on a screen, and for comparing versions."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from trialwright.displays.model import Cell, Figure, Row, Table
from trialwright.documents._html_style import DOCUMENT_STYLE
from trialwright.documents._package import write_whole
from trialwright.documents.labels import Labels, labels_for
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
    Paragraph,
    TableOfContents,
)
from trialwright.documents.targets import Target, anchor_of, find_targets, label_before, resolve
from trialwright.inlines import CrossRef, FactRef, Inline, LineBreak, RecordRef, Text
from trialwright.results import ResultRef


def write_html(document: Document, path: Path, *, draw: Callable[[Figure], bytes] | None = None) -> None:
    """Write `document` to `path` as one HTML file without scripts or outside references; see `render_html`."""
    write_whole(path, render_html(document, draw=draw).encode())


def render_html(document: Document, *, draw: Callable[[Figure], bytes] | None = None) -> str:
    """`document` as HTML. Every reference is an element with the result's identifier or the fact's path.

    draw  gives the PNG of a figure; by default `trialwright.displays.render_figure`

    Raises `DocumentError` for two places with one anchor, or a cross-reference to nothing.
    """
    from trialwright.documents.docx_writer import draw_figure

    writer = _HtmlWriter(
        document=document,
        targets=find_targets(document),
        labels=labels_for(document.language),
        draw=draw or draw_figure,
    )
    body = "\n".join(writer.block(block, position) for position, block in enumerate(document.blocks))
    header = f'<header class="page">{escape(document.header)}</header>\n' if document.header else ""
    footer = f'\n<footer class="page">{escape(document.footer)}</footer>' if document.footer else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(document.language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(document.title)}</title>\n<style>\n{DOCUMENT_STYLE}</style>\n</head>\n<body>\n"
        f"{header}<main>\n{body}\n</main>{footer}\n</body>\n</html>\n"
    )


@dataclass
class _HtmlWriter:
    document: Document
    targets: dict[str, Target]
    labels: Labels
    draw: Callable[[Figure], bytes] = field(repr=False)

    def block(self, block: Block, position: int) -> str:
        match block:
            case Heading():
                return self._heading(block, position)
            case Paragraph():
                return self._paragraph(block)
            case ListBlock():
                return self._list(block)
            case FactTable():
                return self._fact_table(block, position)
            case DisplayBlock():
                return self._display(block)
            case FigureBlock():
                return self._figure(block)
            case AuthorQuery():
                label = f"{escape(self.labels.query)} {escape(block.id)}"
                return f'<aside class="query"><strong>{label}</strong> {escape(block.question)}</aside>'
            case TableOfContents():
                return self._contents(block.depth)
            case ListOfCaptions():
                return self._captions(block.kind)
        return ""  # page and section breaks are for paper

    def _inlines(self, inlines: Iterable[Inline]) -> str:
        pieces = []
        previous: Inline | None = None
        for inline in inlines:
            match inline:
                case Text():
                    pieces.append(_words(inline))
                case ResultRef():
                    pieces.append(_result(inline))
                case FactRef():
                    pieces.append(f'<span class="fact" data-fact="{escape(inline.path)}">{escape(inline.shown)}</span>')
                case RecordRef():
                    sources = escape(" + ".join(inline.sources))
                    pieces.append(f'<span class="fact" data-record="{sources}">{escape(inline.shown)}</span>')
                case CrossRef():
                    target = resolve(inline, self.targets)
                    label = escape(label_before(target, previous, self.labels))
                    pieces.append(f'<a href="#{escape(target.anchor)}">{label}{escape(target.shown)}</a>')
                case LineBreak():
                    pieces.append("<br>")
            previous = inline
        return "".join(pieces)

    def _parts(self, parts: Iterable[str | ResultRef]) -> str:
        return "".join(_lines(part) if isinstance(part, str) else _result(part) for part in parts)

    def _heading(self, block: Heading, position: int) -> str:
        level = min(max(block.level, 1), 6)
        number = f'<span class="number">{escape(block.number)}</span> ' if block.number else ""
        anchor = escape(anchor_of(block, position))
        return f'<h{level} id="{anchor}">{number}{self._inlines(block.inlines)}</h{level}>'

    def _paragraph(self, block: Paragraph) -> str:
        kind = "" if block.style == "body" else f' class="{escape(block.style)}"'
        return f"<p{kind}>{self._inlines(block.inlines)}</p>"

    def _list(self, block: ListBlock) -> str:
        tag = "ol" if block.is_ordered else "ul"
        pieces: list[str] = []
        depth = -1
        for place, item in enumerate(block.items):
            level = block.levels[place] if place < len(block.levels) else 0
            if level > depth:
                pieces += [f"<{tag}><li>"] * (level - depth)
            else:
                pieces += [f"</li></{tag}>"] * (depth - level) + ["</li><li>"]
            pieces.append(self._inlines(item))
            depth = level
        return "".join(pieces + [f"</li></{tag}>"] * (depth + 1))

    def _fact_table(self, block: FactTable, position: int) -> str:
        caption = ""
        if block.caption:
            target = self.targets[anchor_of(block, position)]
            caption = f"<caption>{self._numbered(target)} {self._inlines(block.caption)}</caption>"
        rows = []
        for number, row in enumerate(block.rows):
            is_header = number < block.header_rows
            cells = []
            for column, cell in enumerate(row):
                head = is_header or (block.has_header_column and column == 0)
                tag, scope = ("th", ' scope="col"' if is_header else ' scope="row"') if head else ("td", "")
                cells.append(f"<{tag}{scope}>{'<br>'.join(self._inlines(inlines) for inlines in cell)}</{tag}>")
            rows.append(f"<tr>{''.join(cells)}</tr>")
        top, body = "".join(rows[: block.header_rows]), "\n".join(rows[block.header_rows :])
        notes = "".join(f'<p class="footnote">{self._inlines(footnote)}</p>' for footnote in block.footnotes)
        anchor = f' id="{escape(anchor_of(block, position))}"'
        parts = f"{caption}<thead>{top}</thead><tbody>{body}</tbody>"
        return _framed(f'<table class="facts"{anchor}>{parts}</table>', notes)

    def _numbered(self, target: Target) -> str:
        return f'<span class="number">{escape(self.labels.of(target.kind))} {escape(target.number)}</span>'

    def _titled(self, target: Target, population: str) -> str:
        said = f'<br><span class="population">{escape(self.labels.population)}: {escape(population)}</span>'
        return f"{self._numbered(target)} {escape(target.title)}{said if population else ''}"

    def _display(self, block: DisplayBlock) -> str:
        table = block.table
        target = self.targets[block.anchor]
        sides = _alignments(table)
        head = "\n".join(
            "<tr>" + "".join(self._header_cell(header.cell, header.span) for header in headers) + "</tr>"
            for headers in table.headers
        )
        body = "\n".join(self._row(row, sides) for row in table.rows)
        notes = "".join(f'<p class="footnote">{self._parts(footnote)}</p>' for footnote in table.footnotes)
        caption = f"<caption>{self._titled(target, table.population)}</caption>"
        parts = f"{caption}\n<thead>{head}</thead>\n<tbody>{body}</tbody>"
        return _framed(f'<table class="results" id="{escape(block.anchor)}">{parts}</table>', notes)

    def _header_cell(self, cell: Cell, span: int) -> str:
        wide = f' colspan="{span}" class="spanner"' if span > 1 else ""
        return f'<th scope="col"{wide}>{self._parts(cell.parts)}</th>'

    def _row(self, row: Row, sides: list[str]) -> str:
        text = row.label.text
        depth = row.indent + (len(text) - len(text.lstrip(" ")) + 1) // 2
        style = f' style="padding-left:{0.3 + 1.1 * depth:.1f}em"' if depth else ""
        kind = ' class="group"' if row.is_group else ""
        cells = "".join(
            f'<td class="{side}">{self._parts(cell.parts)}</td>'
            for side, cell in zip(sides[1:], row.cells, strict=False)
        )
        return f'<tr{kind}><th scope="row"{style}>{self._parts(row.label.parts).strip()}</th>{cells}</tr>'

    def _figure(self, block: FigureBlock) -> str:
        figure = block.figure
        data = base64.b64encode(self.draw(figure)).decode()
        notes = "".join(f'<p class="footnote">{self._parts(footnote)}</p>' for footnote in figure.footnotes)
        caption = self._titled(self.targets[block.anchor], figure.population)
        return (
            f'<figure id="{escape(block.anchor)}"><figcaption>{caption}</figcaption>'
            f'<img src="data:image/png;base64,{data}" alt="{escape(figure.alt_text or figure.title)}">{notes}</figure>'
        )

    def _contents(self, depth: int) -> str:
        entries = [
            (block.level, self.targets[anchor_of(block, position)])
            for position, block in enumerate(self.document.blocks)
            if isinstance(block, Heading) and block.level <= depth
        ]
        items = "".join(
            f'<li style="margin-left:{1.2 * (level - 1):.1f}em"><a href="#{escape(target.anchor)}">'
            f'<span class="number">{escape(target.number)}</span> {escape(target.title)}</a></li>'
            for level, target in entries
        )
        return f'<nav class="contents"><ol>{items}</ol></nav>' if items else ""

    def _captions(self, kind: str) -> str:
        items = "".join(
            f'<li><a href="#{escape(target.anchor)}">{self._numbered(target)} {escape(target.title)}</a></li>'
            for target in self.targets.values()
            if target.kind == kind and target.is_listed
        )
        return f'<nav class="contents"><ol>{items}</ol></nav>' if items else ""


def _framed(table: str, notes: str) -> str:
    # A wide table scrolls in its own frame, not the page with it.
    return f'<div class="table">{table}{notes}</div>'


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _result(ref: ResultRef) -> str:
    name = escape(ref.result_id)
    return f'<data class="result" value="{name}" title="{name}">{escape(ref.shown)}</data>'


def _words(text: Text) -> str:
    shown = _lines(text.text)
    for is_marked, tag in ((text.is_bold, "strong"), (text.is_italic, "em"), (text.is_underlined, "u")):
        shown = f"<{tag}>{shown}</{tag}>" if is_marked else shown
    position = {"superscript": "sup", "subscript": "sub"}.get(text.position)
    return f"<{position}>{shown}</{position}>" if position else shown


def _alignments(table: Table) -> list[str]:
    usual = "left" if table.is_listing else "center"
    sides = [{"decimal": "center"}.get(side, side) for side in table.alignments]
    return sides + ["left" if not sides and not column else usual for column in range(table.column_count - len(sides))]
