"""How designs are told: the number that was asked for first, then what it is made of, then its conventions."""

from __future__ import annotations

import json as json_module
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import typer

#: Columns of a name before its value.
_NAME = 26


def show(
    headline: str,
    result: object,
    *,
    facts: Iterable[tuple[str, object]] = (),
    table: tuple[Sequence[str], Sequence[Sequence[object]]] | None = None,
    conventions: Sequence[str] = (),
    json: bool,
) -> None:
    """The headline, named values and a table for people; `result` whole as JSON for machines."""
    if json:
        typer.echo(json_module.dumps(plain(result), ensure_ascii=False, indent=2, allow_nan=False))
        return
    typer.echo(headline)
    for name, value in facts:
        typer.echo(f"  {name:{_NAME}} {shown(value)}")
    if table is not None:
        typer.echo("")
        for line in lines_of_table(*table):
            typer.echo(line)
    for convention in conventions:
        typer.echo(f"  - {convention}")


def shown(value: object) -> str:
    """A value for people: numbers to six digits, none as a dash."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return "-" if math.isinf(value) or math.isnan(value) else f"{value:.6g}"
        case str() | int():
            return str(value)
        case _:
            return str(value)


def lines_of_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A table in characters: the first column left, the others right."""
    cells = [[shown(value) for value in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(heads), *cells]) for column in range(len(heads))]
    return [
        "  "
        + "  ".join(
            text.ljust(width) if column == 0 else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in [list(heads), *cells]
    ]


def plain(value: Any) -> Any:
    """A result as JSON takes it: dataclasses as objects, infinite and missing numbers as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
