"""Templates: words with places for results (`{mean:5.1}`) and for names (`${treatment.label}`).

==========================  ======================================================================================
`{stat}`, `{stat:format}`   a statistic of the analysis at hand, shown by a format of `trialwright.displays.formats`
`{analysis/stat:format}`    a statistic of another analysis
`${name}`                   the value that a column, row or level has bound to this name
`${name.label}`             its label
`{{`, `}}`, `$${`           a brace, and `${` itself
==========================  ======================================================================================

A statistic without a format is shown as a whole number (`.0`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

#: What a format may look like; `trialwright.displays.formats` says what each shows.
FORMAT_PATTERN = re.compile(
    r"(?P<percent>%?)(?P<width>\d*)\.(?P<decimals>\d+)(?P<even>e?)|p(?P<places>\d+)(?P<mark>[>*t]?)|text"
)

FORMAT_HELP = "Write w.d for a number (8.2), %w.d for a percentage (%3.0), pd for a p-value (p4), or text."

DEFAULT_FORMAT = ".0"

_PIECE = re.compile(r"\$\$\{|\{\{|\}\}|\$\{(?P<name>[^{}]*)\}|\{(?P<place>[^{}]*)\}|(?P<stray>[{}])")
_NAME = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<label>\.label)?")
_PLACE = re.compile(r"(?:(?P<analysis>.+)/)?(?P<stat>[A-Za-z][A-Za-z0-9_]*)(?::(?P<format>.*))?")
_ESCAPES = {"$${": "${", "{{": "{", "}}": "}"}


@dataclass(frozen=True, slots=True)
class NamePlace:
    """The place of a bound name; `is_label` for its label."""

    name: str
    is_label: bool = False


@dataclass(frozen=True, slots=True)
class StatPlace:
    """The place of a statistic; `analysis` is None for the analysis at hand, and may itself hold names."""

    stat: str
    format: str = DEFAULT_FORMAT
    analysis: tuple[str | NamePlace, ...] | None = None


TemplatePiece: TypeAlias = str | NamePlace | StatPlace


@dataclass(frozen=True, slots=True)
class Template:
    """Words and places in reading order; `source` is the text they were read from."""

    pieces: tuple[TemplatePiece, ...] = ()
    source: str = ""

    @property
    def stats(self) -> tuple[StatPlace, ...]:
        """The places of statistics."""
        return tuple(piece for piece in self.pieces if isinstance(piece, StatPlace))

    @property
    def words(self) -> str:
        """The words alone."""
        return "".join(piece for piece in self.pieces if isinstance(piece, str))


EMPTY = Template()


def parse_template(source: str) -> Template:
    """`source` taken apart; raises `ValueError` (with the remedy) if it is no template."""
    pieces: list[TemplatePiece] = []
    # `{${analysis}.anova/p_value:p4}`: names inside a place are hidden from the outer pattern, then read with it.
    hidden, names = _hide_names(source)
    position = 0
    for match in _PIECE.finditer(hidden):
        _add_words(pieces, hidden[position : match.start()], names)
        position = match.end()
        if match["place"] is not None:
            pieces.append(_stat_place(match["place"], names, source))
        elif match["name"] is not None:
            pieces.append(_name_place(match["name"], source))
        elif match["stray"] is not None:
            raise ValueError(f"{source!r} has a single {match['stray']!r}; write it twice to mean the brace itself.")
        else:
            _add_words(pieces, _ESCAPES[match[0]], [])
    _add_words(pieces, hidden[position:], names)
    return Template(tuple(pieces), source)


_HIDDEN = "\x00{}\x00"


def _hide_names(source: str) -> tuple[str, list[NamePlace]]:
    names: list[NamePlace] = []

    def hide(match: re.Match[str]) -> str:
        names.append(_name_place(match["name"], source))
        return _HIDDEN.format(len(names) - 1)

    return re.sub(r"(?<!\$)\$\{(?P<name>[^{}]*)\}", hide, source), names


def _add_words(pieces: list[TemplatePiece], text: str, names: list[NamePlace]) -> None:
    for piece in _revealed(text, names):
        if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)


def _revealed(text: str, names: list[NamePlace]) -> list[str | NamePlace]:
    parts = text.split("\x00")
    revealed = [names[int(part)] if index % 2 else part for index, part in enumerate(parts)]
    return [part for part in revealed if part != ""]


def _name_place(text: str, source: str) -> NamePlace:
    found = _NAME.fullmatch(text)
    if found is None:
        raise ValueError(f"${{{text}}} in {source!r} is no name. Write ${{name}} or ${{name.label}}.")
    return NamePlace(found["name"], found["label"] is not None)


def _stat_place(text: str, names: list[NamePlace], source: str) -> StatPlace:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValueError(f"{{{text}}} in {source!r} is no statistic. Write {{mean:5.1}} or {{analysis/p_value:p4}}.")
    format = DEFAULT_FORMAT if found["format"] is None else found["format"]
    if FORMAT_PATTERN.fullmatch(format) is None:
        raise ValueError(f"{format!r} in {source!r} is no format. {FORMAT_HELP}")
    analysis = None if found["analysis"] is None else tuple(_revealed(found["analysis"], names))
    return StatPlace(found["stat"], format, analysis)
