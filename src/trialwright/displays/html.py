"""Displays as HTML: one file without outside parts, with the markup that screen readers need.

Every number carries the name of its result (`data-result`), which is also what a reader sees when pointing at it.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from trialwright.displays.model import Cell, Display, Figure, HeaderCell, Part, Row, Table

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: #1a1a1a;
  background: #fff; margin: 2rem auto; max-width: 76rem; padding: 0 1.25rem; }
figure { margin: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; border-top: 2px solid #1a1a1a; border-bottom: 2px solid #1a1a1a; margin: 0 auto;
  font-variant-numeric: tabular-nums lining-nums; }
caption, figcaption { text-align: left; padding: 0 0 .75rem; }
caption strong, figcaption strong { display: block; font-size: 1.2rem; }
caption span, figcaption span { color: #4a4a4a; }
thead { position: sticky; top: 0; background: #fff; }
thead th { font-weight: 600; vertical-align: bottom; white-space: pre-line; padding: .3rem .75rem; }
thead tr:last-child th { border-bottom: 1px solid #1a1a1a; }
thead th.spanner { border-bottom: 1px solid #767676; }
tbody th, tbody td { padding: .12rem .75rem; vertical-align: top; font-weight: 400; }
tbody th { text-align: left; white-space: pre-wrap; }
tbody td { white-space: nowrap; }
tbody td.text { white-space: normal; }
tbody tr.group > * { padding-top: .45rem; }
tbody tr.group th { font-weight: 600; }
tbody tr:hover { background: #f1f5f9; }
.left { text-align: left; } .center { text-align: center; } .right, .decimal { text-align: right; }
.notes { max-width: 60rem; margin: .75rem auto 0; padding: 0; font-size: .87rem; color: #333; list-style: none; }
.notes li { margin: .2rem 0; }
svg, img { max-width: 100%; height: auto; }
@media print { body { margin: 0; max-width: none; font-size: 9pt; } thead { position: static; }
  tr { break-inside: avoid; } }
"""

#: A space as wide as a digit: it keeps padded numbers under each other in a proportional font.
_FIGURE_SPACE = "\u2007"

_GROUP = ' class="group"'


def render_html(display: Display) -> str:
    """`display` as an HTML document."""
    body = _table(display) if isinstance(display, Table) else _figure(display)
    title = escape(f"{display.id} {display.title}")
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )


def write_html(display: Display, path: Path) -> None:
    """Write `display` to `path` as HTML in UTF-8."""
    path.write_text(render_html(display), encoding="utf-8")


def _table(table: Table) -> str:
    kind = "Listing" if table.is_listing else "Table"
    alignments = table.alignments or ("left",) * table.column_count
    head = "\n".join(
        f"<tr>{''.join(_header(header, alignments, position) for position, header in _placed(row))}</tr>"
        for row in table.headers
    )
    rows = "\n".join(_row(row, alignments, table.is_listing) for row in table.rows)
    return (
        f'<div class="scroll">\n<table id="{escape(table.id)}">\n'
        f"<caption>{_heading(kind, table)}</caption>\n"
        f"<thead>\n{head}\n</thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>\n{_notes(table.footnotes)}"
    )


def _heading(kind: str, display: Display) -> str:
    population = f"<span>{escape(display.population)}</span>" if display.population else ""
    return f"<strong>{kind} {escape(display.id)}&ensp;{escape(display.title)}</strong>{population}"


def _placed(row: tuple[HeaderCell, ...]) -> list[tuple[int, HeaderCell]]:
    placed = []
    position = 0
    for header in row:
        placed.append((position, header))
        position += header.span
    return placed


def _header(header: HeaderCell, alignments: tuple[str, ...], position: int) -> str:
    text = _parts(header.cell.parts)
    if not header.cell.text.strip():
        # An empty header is no header to a screen reader.
        return f'<td colspan="{header.span}"></td>' if header.span > 1 else "<td></td>"
    if header.span > 1:
        return f'<th scope="colgroup" colspan="{header.span}" class="spanner center">{text}</th>'
    return f'<th scope="col" class="{alignments[position]}">{text}</th>'


def _row(row: Row, alignments: tuple[str, ...], is_listing: bool) -> str:
    if is_listing and row.is_group:
        return f'<tr{_GROUP}><th scope="rowgroup" colspan="{len(alignments)}">{_parts(row.label.parts)}</th></tr>'
    cells = "".join(
        f'<td class="{alignment}{" text" if is_listing and not _is_one_word(cell) else ""}">{_parts(cell.parts)}</td>'
        for cell, alignment in zip(row.cells, alignments[1:], strict=True)
    )
    indent = f' style="padding-left:{0.75 + 1.25 * row.indent}rem"' if row.indent else ""
    label = f'<th scope="row"{indent}>{_parts(row.label.parts)}</th>' if row.label.text.strip() else "<td></td>"
    return f"<tr{_GROUP if row.is_group else ''}>{label}{cells}</tr>"


def _is_one_word(cell: Cell) -> bool:
    """Whether a cell of a listing holds nothing to break at: a date or an identifier has hyphens, but stays whole."""
    text = cell.text.strip()
    return bool(text) and " " not in text and any(character.isdigit() for character in text)


def _parts(parts: tuple[Part, ...]) -> str:
    if not parts:
        return ""
    shown = []
    for part in parts:
        if isinstance(part, str):
            shown.append(escape(part))
        else:
            name = escape(part.result_id)
            text = part.shown
            padding = len(text) - len(text.lstrip(" "))
            shown.append(
                f'<span data-result="{name}" title="{name}">{_FIGURE_SPACE * padding}{escape(text[padding:])}</span>'
            )
    return "".join(shown)


def _notes(notes: tuple[tuple[Part, ...], ...]) -> str:
    if not notes:
        return ""
    items = "\n".join(f"<li>{_parts(note)}</li>" for note in notes)
    return f'<ul class="notes">\n{items}\n</ul>\n'


def _figure(figure: Figure) -> str:
    from trialwright.displays.drawing import render_figure

    svg = render_figure(figure, "svg").decode()
    drawing = svg[svg.index("<svg") :]
    label = escape(figure.alt_text or figure.title, quote=True)
    drawing = drawing.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    caption = f"<figcaption>{_heading('Figure', figure)}</figcaption>"
    return f'<figure id="{escape(figure.id)}">\n{caption}\n{drawing}\n</figure>\n{_notes(figure.footnotes)}'
