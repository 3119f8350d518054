"""Tables as strings of WordprocessingML: a hundred tables with 28,000 cells take a fraction of a second."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trialwright.displays.model import Cell, HeaderCell, Row, Table
from trialwright.documents import _ooxml as x
from trialwright.documents._docx_inlines import InlineWriter
from trialwright.documents._docx_styles import table_text_style
from trialwright.documents._table_layout import (
    LINE_HEIGHT,
    ROW_PADDING,
    ColumnNeed,
    TableFit,
    column_need,
    fit_table,
    needs_landscape,
    wrapped_lines,
)
from trialwright.documents.manifest import CellReference
from trialwright.documents.model import FactTable
from trialwright.inlines import plain_text

# A table of at most so many rows is kept on one page.
_ROWS_KEPT_TOGETHER = 18
_INDENT = 170
_RULE = '<w:bottom w:val="single" w:sz="6" w:space="0" w:color="000000"/>'
_THIN_RULE = '<w:bottom w:val="single" w:sz="4" w:space="0" w:color="808080"/>'
_FIGURE_SPACE = "\N{FIGURE SPACE}"
# Spaces that pad a number to its format's width: a figure space is as wide as a digit in proportional fonts. The space
# that follows a comma pads nothing.
_PADDING = re.compile(r"(?:(?<=[(\[;])|(?<=, )|^) +(?=[\d<>.\-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenTable:
    """A table's XML, and what the manifest keeps of it."""

    xml: str
    spans: tuple[tuple[int, ...], ...]
    grid: tuple[tuple[str, ...], ...]
    references: tuple[CellReference, ...]


def table_needs(table: Table) -> list[ColumnNeed]:
    """What each column of a table of results needs."""
    columns: list[list[str]] = [[] for _ in range(table.column_count)]
    for headers in table.headers:
        place = 0
        for header in headers:
            if header.span == 1 and place < len(columns):
                # A header may break between words, unlike a number in a cell.
                columns[place] += re.split(r"\s+", header.cell.text)
            place += header.span
    for row in table.rows:
        if row.is_group and not any(cell.parts for cell in row.cells):
            continue
        columns[0].append(row.label.text)
        for column, cell in zip(columns[1:], row.cells, strict=False):
            if cell.parts:
                column.append(cell.text)
    return [column_need(column) for column in columns]


def fact_table_needs(table: FactTable) -> list[ColumnNeed]:
    """What each column of a table of facts needs."""
    count = max((len(row) for row in table.rows), default=1)
    columns: list[list[str]] = [[] for _ in range(count)]
    for row in table.rows:
        for column, cell in zip(columns, row, strict=False):
            column.extend(plain_text(paragraph) for paragraph in cell)
    return [column_need(column) for column in columns]


def wants_landscape(table: Table | FactTable) -> bool:
    """Whether the table asks for a landscape page, or can be read on no other."""
    if isinstance(table, Table):
        return table.is_landscape or needs_landscape(table_needs(table))
    return needs_landscape(fact_table_needs(table))


def write_results_table(table: Table, bookmark: str, writer: InlineWriter, available: int) -> WrittenTable:
    """A table of results: rules above, below and under the header, header rows repeated on each page."""
    fit = fit_table(table_needs(table), available, shares=table.widths)
    style = table_text_style(fit.font_size)
    alignments = _alignments(table)
    grid: list[tuple[str, ...]] = []
    references: list[CellReference] = []
    rows: list[str] = []
    for number, headers in enumerate(table.headers):
        is_last = number == len(table.headers) - 1
        rows.append(_header_row(headers, fit, style, alignments, is_last=is_last, is_first=number == 0))
        grid.append(tuple(header.cell.text.strip() for header in headers))
        for column, header in enumerate(headers):
            _note(references, number, column, header.cell)
    is_kept = len(table.rows) <= _ROWS_KEPT_TOGETHER
    last = len(table.rows) - 1
    has_notes = bool(table.footnotes)
    cells = [_cell_frame(width, style, side) for width, side in zip(fit.widths, alignments, strict=True)]
    for number, row in enumerate(table.rows):
        # The first row stays with the header, the last three with each other and with the notes.
        follows = is_kept or row.is_group or number == 0 or number >= last - 2
        rows.append(_body_row(row, fit, style, cells, alignments[0], is_kept=follows and (number < last or has_notes)))
        place = len(grid)
        grid.append((row.label.text.strip(), *(cell.text.strip() for cell in row.cells)))
        _note(references, place, 0, row.label)
        for column, cell in enumerate(row.cells, start=1):
            _note(references, place, column, cell)
    body = "".join(rows)
    first_paragraph = body.find("</w:pPr>") + len("</w:pPr>")
    mark = x.bookmarked("", bookmark, writer.serial())
    body = f"{body[:first_paragraph]}{mark}{body[first_paragraph:]}" if rows else _empty_row(fit, style, mark)
    xml = _table(body, fit, "ResultsTable", name=f"{table.id} {table.title}")
    spans = tuple(tuple(header.span for header in headers) for headers in table.headers)
    return WrittenTable(xml=xml, spans=spans, grid=tuple(grid), references=tuple(references))


def _note(references: list[CellReference], row: int, column: int, cell: Cell) -> None:
    references += [(row, column, ref.result_id, ref.format, ref.value, ref.shown) for ref in cell.refs]


def _table(rows: str, fit: TableFit, style: str, *, name: str) -> str:
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in fit.widths)
    caption = f"<w:tblCaption w:val={x.attribute(name)}/>" if name else ""
    look = '<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1"/>'
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="{style}"/><w:tblW w:w="{sum(fit.widths)}" w:type="dxa"/>'
        f'<w:tblLayout w:type="fixed"/>{look}{caption}</w:tblPr><w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl>'
    )


def _empty_row(fit: TableFit, style: str, mark: str) -> str:
    cells = "".join(_cell(width, f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr></w:p>') for width in fit.widths)
    return f"<w:tr>{cells.replace('</w:pPr>', f'</w:pPr>{mark}', 1)}</w:tr>"


def _cell(width: int, paragraphs: str, properties: str = "") -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{properties}</w:tcPr>{paragraphs}</w:tc>'


def _alignments(table: Table) -> list[str]:
    """Justification of each column: numbers padded to a width stay in line when centered."""
    names = {"left": "left", "right": "right", "center": "center", "decimal": "center"}
    given = [names.get(name, "center") for name in table.alignments]
    usual = "left" if table.is_listing else "center"
    return [
        given[column] if column < len(given) else ("left" if column == 0 else usual)
        for column in range(table.column_count)
    ]


def _header_row(
    headers: Sequence[HeaderCell],
    fit: TableFit,
    style: str,
    alignments: Sequence[str],
    *,
    is_last: bool,
    is_first: bool,
) -> str:
    cells = []
    place = 0
    for header in headers:
        width = sum(fit.widths[place : place + header.span])
        side = alignments[place] if header.span == 1 and place < len(alignments) else "center"
        text = header.cell.text
        if is_last:
            rule = f"<w:tcBorders>{_RULE}</w:tcBorders>"
        else:
            rule = f"<w:tcBorders>{_THIN_RULE}</w:tcBorders>" if header.span > 1 and text.strip() else ""
        span = f'<w:gridSpan w:val="{header.span}"/>' if header.span > 1 else ""
        content = x.run(text.strip(), "<w:b/>") if text.strip() else ""
        paragraph = x.paragraph(style, content, f'{x.KEEP_NEXT}<w:jc w:val="{side}"/>')
        cells.append(_cell(width, paragraph, f'{span}{rule}<w:vAlign w:val="bottom"/>'))
        place += header.span
    return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{''.join(cells)}</w:tr>"


def _cell_frame(width: int, style: str, side: str) -> tuple[str, str]:
    """What stands before the text of a cell that is not kept with the next row, and of one that is."""
    head = f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="{style}"/>'
    tail = f'<w:jc w:val="{side}"/></w:pPr>' if side != "left" else "</w:pPr>"
    return f"{head}{tail}", f"{head}{x.KEEP_NEXT}{tail}"


def _body_row(
    row: Row, fit: TableFit, style: str, frames: Sequence[tuple[str, str]], side: str, *, is_kept: bool
) -> str:
    label = row.label.text
    text = label.lstrip(" ")
    depth = row.indent + (len(label) - len(text) + 1) // 2
    indent = f'<w:ind w:left="{_INDENT * depth + 113}" w:hanging="113"/>' if depth else ""
    keep = x.KEEP_NEXT if is_kept else ""
    marks = "<w:b/>" if row.is_group else ""
    content = x.run(text.rstrip(), marks) if text.strip() else ""
    justified = f'<w:jc w:val="{side}"/>' if side != "left" else ""
    paragraph = x.paragraph(style, content, keep + indent + justified)
    if row.is_group and not any(cell.parts for cell in row.cells) and len(row.cells):
        span = f'<w:gridSpan w:val="{len(fit.widths)}"/>'
        return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{_cell(sum(fit.widths), paragraph, span)}</w:tr>"
    pieces = ["<w:tr><w:trPr><w:cantSplit/></w:trPr>", _cell(fit.widths[0], paragraph)]
    which = 1 if is_kept else 0
    for frame, cell in zip(frames[1:], row.cells, strict=False):
        pieces.append(frame[which])
        if cell.parts:
            pieces.append(_cell_text(cell.text))
        pieces.append("</w:p></w:tc>")
    # A row that is shorter than the table would make a file that Word calls damaged.
    pieces += [frame[which] + "</w:p></w:tc>" for frame in frames[1 + len(row.cells) :]]
    pieces.append("</w:tr>")
    return "".join(pieces)


def _cell_text(text: str) -> str:
    if " " in text:
        text = _PADDING.sub(lambda found: _FIGURE_SPACE * len(found[0]), text)
    if "\n" in text or "\t" in text:
        return f"<w:r>{x.text_element(text)}</w:r>"
    return f'<w:r><w:t xml:space="preserve">{x.escape(text)}</w:t></w:r>'


def _fit_fact_table(table: FactTable, available: int) -> TableFit:
    return fit_table(fact_table_needs(table), available, shares=table.widths, largest=8.0 if table.is_small else 9.0)


def fact_table_height(table: FactTable, available: int) -> float:
    """About how high the table will be in points, footnotes included, at a text width of `available` twips."""
    fit = _fit_fact_table(table, available)
    lines = [
        max(
            (
                sum(wrapped_lines(plain_text(inlines), width, fit.font_size) for inlines in cell)
                for width, cell in zip(fit.widths, row, strict=False)
            ),
            default=1,
        )
        for row in table.rows
    ]
    notes = sum(wrapped_lines(plain_text(note), available, fit.font_size) for note in table.footnotes)
    return (sum(lines) + notes) * fit.font_size * LINE_HEIGHT + len(table.rows) * ROW_PADDING


#: Characters of the longest mark or number whose column is centered.
_SHORT = 5


def _short_columns(table: FactTable) -> frozenset[int]:
    """The columns that hold nothing but marks and short numbers below their headers."""
    body = table.rows[table.header_rows :]
    columns = range(max((len(row) for row in body), default=0))
    return frozenset(
        column
        for column in columns
        if all(len(plain_text(inlines)) <= _SHORT for row in body if column < len(row) for inlines in row[column])
    )


def write_fact_table(table: FactTable, writer: InlineWriter, available: int) -> str:
    """A table of facts: thin lines, shaded header rows; its references are content controls, as in running text."""
    fit = _fit_fact_table(table, available)
    style = table_text_style(fit.font_size)
    rows = []
    is_kept = len(table.rows) <= _ROWS_KEPT_TOGETHER and all(len(cell) <= 3 for row in table.rows for cell in row)
    short = _short_columns(table)
    for number, row in enumerate(table.rows):
        is_header = number < table.header_rows
        follows = (
            is_header
            or (is_kept and number < len(table.rows) - 1)
            or (bool(table.footnotes) and number == len(table.rows) - 1)
        )
        cells = []
        word_before = ""
        for column, cell in enumerate(row):
            is_bold = is_header or (table.has_header_column and column == 0)
            shade = '<w:shd w:val="clear" w:color="auto" w:fill="E8ECF4"/>' if is_header else ""
            is_centered = column > 0 and len(row) > 3 and (is_header or column in short)
            side = '<w:jc w:val="center"/>' if is_centered else ""
            keep = x.KEEP_NEXT if follows else ""
            base = "<w:b/>" if is_bold else ""
            paragraphs = []
            said: list[str] = []
            for inlines in cell:
                paragraphs.append(x.paragraph(style, writer.write(inlines, base, before=word_before), keep + side))
                said += writer.last_words.split()
            cells.append(_cell(fit.widths[column], "".join(paragraphs) or x.paragraph(style, "", keep), shade))
            # A bare number is known by the last word of the cell before it.
            word_before = said[-1] if said else word_before
        cells += [_cell(width, x.paragraph(style, "")) for width in fit.widths[len(row) :]]
        header = "<w:tblHeader/>" if is_header else ""
        # Long cells (a synopsis) must be able to run over a page; short rows must not.
        whole = "<w:cantSplit/>" if sum(len(plain_text(inlines)) for cell in row for inlines in cell) < 600 else ""
        rows.append(f"<w:tr><w:trPr>{whole}{header}</w:trPr>{''.join(cells)}</w:tr>")
    return _table("".join(rows), fit, "FactsTable", name=plain_text(table.caption))
