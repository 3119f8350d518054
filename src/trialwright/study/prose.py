"""HTML texts of a study definition as blocks of inlines: paragraphs, lists, tables and images.

Tags that mean nothing for reading (`div`, `span`, `style`, attributes) are dropped; every word is kept. References
(`<usdm:ref>`, `<usdm:tag>`) are handed to a resolver, which gives the inlines to stand in their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import TypeAlias

from trialwright.inlines import Inline, LineBreak, Text, plain_text

Inlines: TypeAlias = tuple[Inline, ...]
Resolve: TypeAlias = Callable[[str, Mapping[str, str]], Inlines]

# Collapsed as a browser does; the no-break space is not in the class, because it is meant.
_SPACES = re.compile(r"[ \t\n\r\f]+")
_BLOCKS = frozenset({"p", "div", "section", "article", "blockquote", "pre", "dl", "dt", "dd", "caption", "figure"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MARKS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underlined",
    "sup": "superscript",
    "sub": "subscript",
} | dict.fromkeys(_HEADINGS, "bold")
_UNSHOWN = frozenset({"style", "script", "head", "title"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TextParagraph:
    """A paragraph. `is_heading` marks what was a heading in the source."""

    inlines: Inlines
    is_heading: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextList:
    """A list; `levels` has the nesting of each item (0 = outermost)."""

    items: tuple[Inlines, ...]
    levels: tuple[int, ...]
    is_ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A table: rows of cells, a cell being paragraphs. The first `header_rows` rows hold column titles."""

    rows: tuple[tuple[tuple[Inlines, ...], ...], ...]
    header_rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TextImage:
    """An image: its description and its source (a data URL or an address)."""

    description: str
    source: str


TextBlock: TypeAlias = TextParagraph | TextList | TextTable | TextImage


def parse_html(html: str, resolve: Resolve) -> tuple[TextBlock, ...]:
    """The blocks that `html` writes; text outside any block element is a paragraph."""
    if "<" not in html and "&" not in html:
        inlines = _tidy([Text(html)])
        return (TextParagraph(inlines=inlines),) if inlines else ()
    builder = _Builder(resolve)
    builder.feed(html)
    builder.close()
    return builder.finish()


def inlines_of(blocks: tuple[TextBlock, ...]) -> Inlines:
    """The blocks as one run of inlines, a line break between paragraphs, items and table rows."""
    lines: list[Inlines] = []
    for block in blocks:
        match block:
            case TextParagraph():
                lines.append(block.inlines)
            case TextList():
                lines.extend(block.items)
            case TextTable():
                lines.extend(_row_as_line(row) for row in block.rows)
            case TextImage():
                lines.append((Text(f"[image: {block.description or 'no description'}]"),))
    return _joined(lines, LineBreak())


def blocks_text(blocks: tuple[TextBlock, ...]) -> str:
    """The words of the blocks, lines parted by line breaks."""
    return plain_text(inlines_of(blocks))


def _row_as_line(row: tuple[tuple[Inlines, ...], ...]) -> Inlines:
    cells = [_joined(list(cell), Text(" ")) for cell in row]
    return _joined([cell for cell in cells if cell], Text(" | "))


def _joined(lines: list[Inlines], separator: Inline) -> Inlines:
    out: list[Inline] = []
    for line in lines:
        if out and line:
            out.append(separator)
        out.extend(line)
    return tuple(out)


def _tidy(inlines: list[Inline]) -> Inlines:
    """The inlines with white space collapsed, none at either end or around a line break, like texts joined."""
    out: list[Inline] = []
    for inline in inlines:
        if isinstance(inline, Text):
            _append_text(out, inline)
        else:
            if isinstance(inline, LineBreak):
                _trim_end(out)
            out.append(inline)
    _trim_end(out)
    while out and isinstance(out[-1], LineBreak):
        out.pop()
        _trim_end(out)
    while out and isinstance(out[0], LineBreak):
        out.pop(0)
    return tuple(out)


def _append_text(out: list[Inline], text: Text) -> None:
    last = out[-1] if out else LineBreak()
    words = _SPACES.sub(" ", text.text)
    if isinstance(last, LineBreak) or (isinstance(last, Text) and last.text.endswith(" ")):
        words = words.removeprefix(" ")
    if not words:
        return
    if isinstance(last, Text) and replace(last, text="") == replace(text, text=""):
        out[-1] = replace(last, text=last.text + words)
    else:
        out.append(replace(text, text=words))


def _trim_end(inlines: list[Inline]) -> None:
    while inlines and isinstance(last := inlines[-1], Text) and last.text.endswith(" "):
        inlines.pop()
        if words := last.text.rstrip(" "):
            inlines.append(replace(last, text=words))


class _TableBuilder:
    """The rows of the table being read; a cell that spans leaves empty cells where it reaches."""

    def __init__(self) -> None:
        self.rows: list[list[list[Inlines]]] = []
        self.header_rows = 0
        self._has_data_cell = False
        self._columns_left = 0
        self._reaches: dict[int, int] = {}  # column: rows still covered by a cell above
        self._new_reaches: dict[int, int] = {}
        self._row_is_open = False

    def open_row(self) -> None:
        self.close_row()
        self.rows.append([])
        self._row_is_open = True
        self._has_data_cell = False
        self._columns_left = 0

    def open_cell(self, is_header: bool, columns: int, rows: int) -> None:
        if not self._row_is_open:
            self.open_row()
        self._pad()
        self._has_data_cell |= not is_header
        column = len(self.rows[-1])
        if rows > 1:
            self._new_reaches |= dict.fromkeys(range(column, column + columns), rows - 1)
        self.rows[-1].append([])
        self._columns_left = columns - 1

    def add(self, line: Inlines) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1].append(line)

    def close_row(self) -> None:
        if not self._row_is_open:
            return
        self._pad()
        self._row_is_open = False
        self._reaches = {column: left - 1 for column, left in self._reaches.items() if left > 1} | self._new_reaches
        self._new_reaches = {}
        if not self._has_data_cell and self.rows[-1] and self.header_rows == len(self.rows) - 1:
            self.header_rows += 1

    def _pad(self) -> None:
        row = self.rows[-1]
        row.extend([] for _ in range(self._columns_left))
        self._columns_left = 0
        while self._reaches.get(len(row), 0):
            row.append([])

    def block(self) -> TextTable | None:
        self.close_row()
        rows = [row for row in self.rows if row]
        if not rows:
            return None
        width = max(len(row) for row in rows)
        padded = tuple(tuple(tuple(cell) for cell in row) + ((),) * (width - len(row)) for row in rows)
        return TextTable(rows=padded, header_rows=min(self.header_rows, len(rows)))


class _Builder(HTMLParser):
    def __init__(self, resolve: Resolve) -> None:
        super().__init__(convert_charrefs=True)
        self._resolve = resolve
        self._blocks: list[TextBlock] = []
        self._line: list[Inline] = []
        self._marks: dict[str, int] = dict.fromkeys(_MARKS.values(), 0)
        self._unshown = 0
        self._heading = 0
        self._lists: list[bool] = []
        self._is_ordered = False
        self._items: list[tuple[int, list[Inlines]]] = []
        self._tables: list[_TableBuilder] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _UNSHOWN:
            self._unshown += 1
        elif tag.startswith("usdm:"):
            self._line.extend(self._resolve(tag.removeprefix("usdm:"), given))
        elif tag == "br":
            self._line.append(LineBreak())
        elif tag == "img":
            self._flush()
            self._place_image(given)
        elif tag in ("ul", "ol"):
            self._flush()
            if not self._lists:
                self._is_ordered = tag == "ol"
            self._lists.append(tag == "ol")
        elif tag == "li":
            self._flush()
            self._items.append((max(len(self._lists) - 1, 0), []))
        elif tag in ("table", "tr", "td", "th"):
            self._flush()
            self._open_table_part(tag, given)
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
            self._heading += tag in _HEADINGS
        if tag in _MARKS:
            self._marks[_MARKS[tag]] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSHOWN:
            self._unshown = max(self._unshown - 1, 0)
        elif tag in ("ul", "ol"):
            self._flush()
            if self._lists:
                self._lists.pop()
            self._close_list()
        elif tag in _BLOCKS or tag in _HEADINGS or tag in ("li", "td", "th"):
            self._flush()
            self._heading = max(self._heading - (tag in _HEADINGS), 0)
        elif tag == "tr" and self._tables:
            self._flush()
            self._tables[-1].close_row()
        elif tag == "table" and self._tables:
            self._flush()
            self._close_table()
        if tag in _MARKS:
            self._marks[_MARKS[tag]] = max(self._marks[_MARKS[tag]] - 1, 0)

    def handle_data(self, data: str) -> None:
        if self._unshown:
            return
        position = "superscript" if self._marks["superscript"] else "baseline"
        if self._marks["subscript"]:
            position = "subscript"
        self._line.append(
            Text(
                data,
                is_bold=self._marks["bold"] > 0,
                is_italic=self._marks["italic"] > 0,
                is_underlined=self._marks["underlined"] > 0,
                position=position,
            )
        )

    def finish(self) -> tuple[TextBlock, ...]:
        self._flush()
        while self._tables:
            self._close_table()
        self._lists.clear()
        self._close_list()
        return tuple(self._blocks)

    def _flush(self) -> None:
        line = _tidy(self._line)
        self._line = []
        if not line:
            return
        if self._tables:
            self._tables[-1].add(line)
        elif self._lists and self._items:
            self._items[-1][1].append(line)
        else:
            self._close_list()
            self._blocks.append(TextParagraph(inlines=line, is_heading=self._heading > 0))

    def _close_list(self) -> None:
        if self._lists:
            return
        kept = [(level, _joined(lines, LineBreak())) for level, lines in self._items if lines]
        self._items = []
        if kept:
            levels, items = zip(*kept, strict=True)
            self._place(TextList(items=items, levels=levels, is_ordered=self._is_ordered))

    def _place(self, block: TextBlock) -> None:
        """A block stands for itself in the text, and as a line in a table's cell or a list's item."""
        if self._tables:
            self._tables[-1].add(inlines_of((block,)))
        elif self._lists and self._items:
            self._items[-1][1].append(inlines_of((block,)))
        else:
            self._blocks.append(block)

    def _place_image(self, attributes: Mapping[str, str]) -> None:
        self._place(TextImage(description=attributes.get("alt", ""), source=attributes.get("src", "")))

    def _open_table_part(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "table":
            self._tables.append(_TableBuilder())
        elif not self._tables:
            return
        elif tag == "tr":
            self._tables[-1].open_row()
        else:
            columns, rows = _span(attributes.get("colspan")), _span(attributes.get("rowspan"))
            self._tables[-1].open_cell(tag == "th", columns, rows)

    def _close_table(self) -> None:
        if block := self._tables.pop().block():
            self._place(block)


def _span(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and int(text) > 0 else 1
