"""The manifest beside a document: every reference, table and figure in it, as it was written.

A docx goes to people who edit it. The manifest stays behind as the truth that verification compares with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from trialwright.errors import DocumentError

#: Version of the file's shape. A reader refuses a later one.
SCHEMA_VERSION = 1

#: Stands between the names of the values in records that one reference shows; no name holds it.
RECORD_SEPARATOR = " + "


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A datum that running text shows in content controls.

    id           what tag, alias and custom XML leaf are called: `r0001`
    kind         "result", "fact" or "record"
    source       the result's identifier, the fact's path in the study definition, or the names of the values in
                 records, joined by `RECORD_SEPARATOR`
    format       how a result is shown; empty for a fact
    value        the unrounded statistic; None for a text or a fact
    shown        what the reader sees
    occurrences  the section of each control that shows it, in reading order
    values       of a reference to records: the value at each source when the document was written
    """

    id: str
    kind: str
    source: str
    shown: str
    occurrences: tuple[str, ...]
    format: str = ""
    value: float | None = None
    values: tuple[str, ...] = ()

    @property
    def record_values(self) -> tuple[tuple[str, str], ...]:
        """Name and value of each value in a record that is shown; empty for results and facts."""
        if self.kind != "record":
            return ()
        return tuple(zip(self.source.split(RECORD_SEPARATOR), self.values, strict=True))


#: A result in a cell: row and column in the grid, result identifier, format, value, shown text.
CellReference: TypeAlias = tuple[int, int, str, str, float | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEntry:
    """A table of results as it was written.

    anchor       tag and alias of the control in its caption
    number       as printed: `14-1.01`
    bookmark     name of the bookmark in its first cell
    grid         shown texts, header rows first; a cell over several columns stands once
    header_spans for each header row, how many columns each of its cells takes
    references   the results in its cells
    """

    anchor: str
    kind: str
    number: str
    title: str
    section: str
    bookmark: str
    header_spans: tuple[tuple[int, ...], ...]
    grid: tuple[tuple[str, ...], ...]
    references: tuple[CellReference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureEntry:
    """A figure as it was written: SHA-256 of its picture, and every result it shows (value where known)."""

    anchor: str
    number: str
    title: str
    sha256: str
    results: tuple[tuple[str, float | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryEntry:
    """An author query that was open when the document was written, and the section it stands in."""

    id: str
    question: str
    section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a document held when it was written.

    docx       name of the file; `sha256` its digest as written
    program    name and version of what wrote it
    inputs     digests of what the document was made from
    literals   numbers typed as words (study definition, fixed wording): the word before, the number, the word after
    """

    document: str
    title: str
    language: str
    docx: str
    sha256: str
    program: str
    inputs: tuple[tuple[str, str], ...]
    references: tuple[Reference, ...]
    tables: tuple[TableEntry, ...]
    figures: tuple[FigureEntry, ...]
    queries: tuple[QueryEntry, ...]
    literals: tuple[tuple[str, str, str], ...]
    schema_version: int = SCHEMA_VERSION


def manifest_path(docx: Path) -> Path:
    """Where the manifest of a docx lies: `csr.en.manifest.json` beside `csr.en.docx`."""
    return docx.with_name(f"{docx.stem}.manifest.json")


def manifest_to_json(manifest: Manifest) -> str:
    """The manifest as JSON, one reference, table row or figure a line, keys in a fixed order."""
    head = {
        "schema_version": manifest.schema_version,
        "document": manifest.document,
        "title": manifest.title,
        "language": manifest.language,
        "docx": manifest.docx,
        "sha256": manifest.sha256,
        "program": manifest.program,
        "inputs": dict(manifest.inputs),
    }
    parts = [f"{json.dumps(key)}: {_dump(value)}" for key, value in head.items()]
    parts.append(_array("references", [_reference_to_object(item) for item in manifest.references]))
    parts.append(_array("figures", [_figure_to_object(item) for item in manifest.figures]))
    parts.append(
        _array("queries", [{"id": q.id, "question": q.question, "section": q.section} for q in manifest.queries])
    )
    parts.append(_array("literals", list(manifest.literals)))
    parts.append(_array("tables", [_table_to_object(item) for item in manifest.tables]))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _array(name: str, items: list[Any]) -> str:
    lines = ",\n".join(_dump(item) for item in items)
    return f'"{name}": [\n{lines}\n]' if items else f'"{name}": []'


def _reference_to_object(item: Reference) -> dict[str, object]:
    made: dict[str, object] = {"id": item.id, "kind": item.kind, "source": item.source, "shown": item.shown}
    if item.kind == "result":
        made |= {"format": item.format, "value": item.value}
    if item.kind == "record":
        made["values"] = list(item.values)
    return made | {"occurrences": list(item.occurrences)}


def _figure_to_object(item: FigureEntry) -> dict[str, object]:
    return {
        "anchor": item.anchor,
        "number": item.number,
        "title": item.title,
        "sha256": item.sha256,
        "results": [list(pair) for pair in item.results],
    }


def _table_to_object(item: TableEntry) -> dict[str, object]:
    return {
        "anchor": item.anchor,
        "kind": item.kind,
        "number": item.number,
        "title": item.title,
        "section": item.section,
        "bookmark": item.bookmark,
        "header_spans": item.header_spans,
        "grid": item.grid,
        "references": item.references,
    }


def read_manifest(path: Path) -> Manifest:
    """The manifest at `path`; raises `DocumentError` for a file that is missing, broken or from a later program."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DocumentError(
            f"There is no manifest at {path}. A document is verified against the manifest that was written beside it: "
            "put it back, name it with --manifest, or write the document again."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{path} cannot be read as a manifest: {error}.") from error
    return parse_manifest(text, name=str(path))


def parse_manifest(text: str, *, name: str = "the manifest") -> Manifest:
    """The manifest that `text` (JSON) describes; `name` is how messages call it."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"{name} is no JSON (line {error.lineno}, column {error.colno}: {error.msg}). "
            "Write the document again to get its manifest back."
        ) from error
    version = found.get("schema_version") if isinstance(found, dict) else None
    if not isinstance(version, int):
        raise DocumentError(f"{name} is no manifest of a document: it has no schema_version.")
    if version > SCHEMA_VERSION:
        raise DocumentError(
            f"{name} has schema version {version}, but this program reads versions up to {SCHEMA_VERSION}. "
            "It was written by a later Trialwright: verify the document with that one."
        )
    try:
        return _manifest(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DocumentError(
            f"{name} is no complete manifest ({type(error).__name__}: {error}). "
            "Put back the one that was written with the document, or write the document again."
        ) from error


def _manifest(found: dict[str, Any]) -> Manifest:
    return Manifest(
        document=found["document"],
        title=found["title"],
        language=found["language"],
        docx=found["docx"],
        sha256=found["sha256"],
        program=found["program"],
        inputs=tuple(found["inputs"].items()),
        references=tuple(
            Reference(
                id=item["id"],
                kind=item["kind"],
                source=item["source"],
                shown=item["shown"],
                occurrences=tuple(item["occurrences"]),
                format=item.get("format", ""),
                value=_number(item.get("value")),
                values=tuple(item.get("values", ())),
            )
            for item in found["references"]
        ),
        tables=tuple(_table(item) for item in found["tables"]),
        figures=tuple(
            FigureEntry(
                anchor=item["anchor"],
                number=item["number"],
                title=item["title"],
                sha256=item["sha256"],
                results=tuple((name, _number(value)) for name, value in item["results"]),
            )
            for item in found["figures"]
        ),
        queries=tuple(QueryEntry(id=q["id"], question=q["question"], section=q["section"]) for q in found["queries"]),
        literals=tuple((before, number, after) for before, number, after in found["literals"]),
        schema_version=found["schema_version"],
    )


def _table(item: dict[str, Any]) -> TableEntry:
    return TableEntry(
        anchor=item["anchor"],
        kind=item["kind"],
        number=item["number"],
        title=item["title"],
        section=item["section"],
        bookmark=item["bookmark"],
        header_spans=tuple(map(tuple, item["header_spans"])),
        grid=tuple(map(tuple, item["grid"])),
        references=tuple(
            (row, column, result_id, format, _number(value), shown)
            for row, column, result_id, format, value, shown in item["references"]
        ),
    )


def _number(value: object) -> float | None:
    if value is not None and not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return value
