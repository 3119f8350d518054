"""Writing Dataset-JSON 1.1, as JSON and as NDJSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from trialwright.findings import Finding, Severity
from trialwright.standards.datasets import Dataset
from trialwright.standards.formats import dataset_json_rules as rules
from trialwright.standards.formats.fixed_text import bytes_of
from trialwright.standards.formats.written import Written
from trialwright.standards.metadata import DatasetMetadata, VariableMetadata

_VERSION = "1.1.0"
#: Records written at once.
_CHUNK_ROWS = 100_000
#: What has to be escaped within a text of JSON.
_SPECIAL = r'["\\\x00-\x1f]'


@dataclass(frozen=True, kw_only=True)
class FileDescription:
    """What a Dataset-JSON file says of itself and of where it comes from. What is empty is left out.

    created             when the file was made; it is an argument, so that the same data give the same bytes
    modified            when the database was last changed
    metadata_reference  URI of the define.xml
    source_system       name and version of the program that the content comes from
    item_group_oid      of the dataset in its define.xml; `IG.DM` if not given, and variables are `IT.DM.USUBJID`
    """

    created: datetime = datetime(1960, 1, 1)
    modified: datetime | None = None
    file_oid: str = ""
    originator: str = ""
    source_system: tuple[str, str] | None = None
    study_oid: str = ""
    metadata_version_oid: str = ""
    metadata_reference: str = ""
    item_group_oid: str = ""


def write_dataset_json(
    dataset: Dataset,
    path: Path,
    *,
    metadata: DatasetMetadata | None = None,
    description: FileDescription | None = None,
    is_ndjson: bool | None = None,
    has_decimals: bool = False,
) -> Written:
    """Write the dataset as Dataset-JSON 1.1; as NDJSON if `is_ndjson`, or if the path ends in `.ndjson`.

    Labels, lengths, display formats, keys and what text means (`date` of a `--DTC`) are those of `metadata`, where it
    has them. Dates, times and datetimes are written as ISO 8601 with targetDataType integer, as ADaM asks. Numbers are
    the shortest that give the same double again; with `has_decimals` they are texts (dataType decimal), which other
    programs cannot round. The same dataset and description give the same bytes.

    Where a value cannot be written, a finding that is an error says so, and there is no file.
    """
    description = description or FileDescription()
    is_ndjson = path.suffix.lower() == ".ndjson" if is_ndjson is None else is_ndjson
    name = (metadata.name if metadata is not None else dataset.name) or path.stem.upper()
    findings: list[Finding] = []
    columns: list[dict[str, object]] = []
    texts: list[pl.Expr] = []
    for values in dataset.frame:
        described = metadata.variable(values.name) if metadata is not None else None
        label = (described.label if described else "") or dataset.labels.get(values.name, "")
        ready = _ready(values, described, f"{path.name}, {name}", findings, has_decimals=has_decimals)
        if ready is None:
            continue
        attributes, text = ready
        column: dict[str, object] = {"itemOID": f"IT.{name}.{values.name}", "name": values.name, "label": label}
        column |= {key: value for key, value in attributes.items() if value}
        if metadata is not None and values.name in metadata.keys:
            column["keySequence"] = metadata.keys.index(values.name) + 1
        columns.append(column)
        texts.append(text)
        if not label:
            message = "The variable has no label; an empty one is written."
            findings.append(Finding.of(rules.LABEL, where=f"{path.name}, {name}, {values.name}", message=message))
    if any(finding.severity is Severity.ERROR for finding in findings):
        return Written(paths=(), findings=tuple(findings))
    label = (metadata.label if metadata is not None else "") or dataset.label
    head = _attributes(description, name, label, dataset.frame.height) | {"columns": columns}
    _write(path, head, _rows(dataset.frame, texts), is_ndjson=is_ndjson)
    return Written(paths=(path,), findings=tuple(findings))


def _attributes(description: FileDescription, name: str, label: str, records: int) -> dict[str, object]:
    """The attributes of the dataset in the specification's order."""
    system = description.source_system
    optional = {
        "fileOID": description.file_oid,
        "dbLastModifiedDateTime": description.modified.isoformat() if description.modified else "",
        "originator": description.originator,
        "sourceSystem": {"name": system[0], "version": system[1]} if system else None,
        "studyOID": description.study_oid,
        "metaDataVersionOID": description.metadata_version_oid,
        "metaDataRef": description.metadata_reference,
    }
    return {
        "datasetJSONCreationDateTime": description.created.isoformat(),
        "datasetJSONVersion": _VERSION,
        **{key: value for key, value in optional.items() if value},
        "itemGroupOID": description.item_group_oid or f"IG.{name}",
        "records": records,
        "name": name,
        "label": label,
    }


def _write(path: Path, head: dict[str, object], rows: Iterator[bytes], *, is_ndjson: bool) -> None:
    """The file, so that `path` holds the whole of it or what it held before."""
    attributes = json.dumps(head, ensure_ascii=False, separators=(",", ":"))
    before, between, after = ("\n", b"\n", "\n") if is_ndjson else (',"rows":[\n', b",\n", "\n]}\n")
    start = attributes + before if is_ndjson else attributes[:-1] + before
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(start.encode())
            has_row = False
            for lines in rows:
                # Each row has a line break before it, which the first one does without.
                stream.write(between if has_row else b"")
                stream.write(lines[1:] if is_ndjson else lines[1:].replace(b"]\n[", b"],\n["))
                has_row = True
            stream.write((after if has_row or not is_ndjson else "").encode())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _rows(frame: pl.DataFrame, texts: list[pl.Expr]) -> Iterator[bytes]:
    """The rows in pieces, each row with a line break before it."""
    line = pl.concat_str([pl.lit("\n["), pl.concat_str(texts, separator=","), pl.lit("]")]).alias("line")
    for first in range(0, frame.height, _CHUNK_ROWS):
        content, _ = bytes_of(frame[first : first + _CHUNK_ROWS].select(line).to_series())
        yield content.tobytes()


def _ready(
    values: pl.Series, described: VariableMetadata | None, where: str, findings: list[Finding], *, has_decimals: bool
) -> tuple[dict[str, object], pl.Expr] | None:
    """What the file says of a variable's type, and its values as JSON; None if they cannot be written."""
    dtype, column = values.dtype, pl.col(values.name)
    kind = described.type if described is not None else None
    shown = described.display_format if described is not None else ""
    attributes: dict[str, object]
    if isinstance(dtype, pl.Enum | pl.Categorical) or dtype in (pl.String, pl.Null):
        data_type = kind if kind in ("date", "datetime", "time") else "string"
        length = described.length if described is not None else _longest(values)
        if data_type != "string":
            length = None
        attributes = {"dataType": data_type, "length": length, "displayFormat": shown}
        return attributes, _quoted(column.cast(pl.String), values)
    if dtype.is_integer() and kind != "float":
        return {"dataType": "integer", "displayFormat": shown}, _bare(column.cast(pl.String))
    if dtype.is_integer() or dtype.is_float():
        return _number(values, described, where, findings, has_decimals=has_decimals)
    if dtype.is_decimal():
        attributes = {"dataType": "decimal", "targetDataType": "decimal", "displayFormat": shown}
        return attributes, _plainly_quoted(column.cast(pl.String))
    if dtype == pl.Boolean:
        return {"dataType": "boolean"}, _bare(column.cast(pl.String))
    if dtype == pl.Date:
        attributes = {"dataType": "date", "targetDataType": "integer", "displayFormat": shown or "E8601DA."}
        return attributes, _plainly_quoted(column.dt.to_string("%Y-%m-%d"))
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is None:
        attributes = {"dataType": "datetime", "targetDataType": "integer", "displayFormat": shown or "E8601DT."}
        return attributes, _plainly_quoted(column.dt.to_string("%Y-%m-%dT%H:%M:%S%.f"))
    if dtype == pl.Time:
        attributes = {"dataType": "time", "targetDataType": "integer", "displayFormat": shown or "E8601TM."}
        return attributes, _plainly_quoted(column.dt.to_string("%H:%M:%S%.f"))
    message = f"A variable of type {dtype} has no counterpart in Dataset-JSON."
    findings.append(Finding.of(rules.WRITABLE, where=f"{where}, {values.name}", message=message, remedy="Convert it."))
    return None


def _number(
    values: pl.Series, described: VariableMetadata | None, where: str, findings: list[Finding], *, has_decimals: bool
) -> tuple[dict[str, object], pl.Expr]:
    place = f"{where}, {values.name}"
    numbers = values.cast(pl.Float64)
    if (infinite := numbers.is_infinite().arg_true()).len():
        message = "Infinite numbers cannot be written in JSON."
        evidence = f"record {int(infinite[0]) + 1}"
        findings.append(Finding.of(rules.FINITE, where=place, message=message, evidence=evidence))
    kind = described.type if described is not None else "float"
    is_integer = kind == "integer" and bool(((numbers == numbers.floor()) & (numbers.abs() < 1e15)).all())
    if kind == "integer" and not is_integer:
        message = "The variable is described as integer and has other numbers; it is written as float."
        findings.append(Finding.of(rules.INTEGER, where=place, message=message))
    written = pl.col(values.name).cast(pl.Float64).fill_nan(None).cast(pl.String).str.strip_suffix(".0")
    shown = described.display_format if described is not None else ""
    if is_integer:
        return {"dataType": "integer", "displayFormat": shown}, _bare(written)
    if has_decimals:
        return {"dataType": "decimal", "targetDataType": "decimal", "displayFormat": shown}, _plainly_quoted(written)
    return {"dataType": "float", "displayFormat": shown}, _bare(written)


def _longest(values: pl.Series) -> int:
    """The length of the longest text in characters, at least 1."""
    longest = values.cast(pl.String).str.len_chars().max()
    return max(int(str(longest or 0)), 1)


def _bare(column: pl.Expr) -> pl.Expr:
    return column.fill_null("null")


def _plainly_quoted(column: pl.Expr) -> pl.Expr:
    return pl.concat_str([pl.lit('"'), column, pl.lit('"')]).fill_null("null")


def _quoted(column: pl.Expr, values: pl.Series) -> pl.Expr:
    """Texts of JSON; what they are not allowed to hold is escaped."""
    texts = values.cast(pl.String)
    special = texts.filter(texts.str.contains(_SPECIAL).fill_null(False)).unique()
    if len(special):
        column = column.replace({text: json.dumps(text, ensure_ascii=False)[1:-1] for text in special})
    return _plainly_quoted(column)
