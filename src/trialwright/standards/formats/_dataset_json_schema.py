"""The schema of Dataset-JSON 1.1 as checks of what stands before the rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from trialwright.findings import Finding
from trialwright.standards.formats import dataset_json_rules as rules

DATA_TYPES = ("string", "integer", "decimal", "float", "double", "boolean", "datetime", "date", "time", "URI")
TARGET_DATA_TYPES = ("integer", "decimal")

#: Which dataTypes a targetDataType goes with.
_COMBINATIONS = {"integer": ("datetime", "date", "time"), "decimal": ("decimal",)}
_MOMENT = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?"
    r"([+-]([01]\d|2[0-3]):[0-5]\d|Z)?",
    re.ASCII,
)
_VERSION = re.compile(r"1\.1(\.(0|[1-9]\d*))?", re.ASCII)

#: Attributes in their order: JSON type, whether required.
_DATASET: Mapping[str, tuple[type, bool]] = {
    "datasetJSONCreationDateTime": (str, True),
    "datasetJSONVersion": (str, True),
    "fileOID": (str, False),
    "dbLastModifiedDateTime": (str, False),
    "originator": (str, False),
    "sourceSystem": (dict, False),
    "studyOID": (str, False),
    "metaDataVersionOID": (str, False),
    "metaDataRef": (str, False),
    "itemGroupOID": (str, True),
    "records": (int, True),
    "name": (str, True),
    "label": (str, True),
    "columns": (list, True),
    "rows": (list, False),
}
_SYSTEM: Mapping[str, tuple[type, bool]] = {"name": (str, True), "version": (str, True)}
_COLUMN: Mapping[str, tuple[type, bool]] = {
    "itemOID": (str, True),
    "name": (str, True),
    "label": (str, True),
    "dataType": (str, True),
    "targetDataType": (str, False),
    "length": (int, False),
    "displayFormat": (str, False),
    "keySequence": (int, False),
}
_NOT_EMPTY = ("fileOID", "studyOID", "metaDataVersionOID", "itemGroupOID", "itemOID", "name")
_LEAST = {"records": 0, "length": 1, "keySequence": 1}
_WORDS = {str: "a text", int: "an integer", dict: "an object", list: "an array", bool: "true or false"}


def check_attributes(described: Mapping[str, object], file: str) -> list[Finding]:
    """What is wrong with the attributes of a dataset and its columns; of `rows` only that it is an array."""
    return [*_findings(described, file)]


def _findings(described: Mapping[str, object], file: str) -> Iterator[Finding]:
    yield from _check_object(described, _DATASET, file)
    for name in described:
        if name not in _DATASET:
            message = f"The schema has no attribute {name}."
            yield Finding.of(rules.EXTENSION, where=f"{file}, {name}", message=message)
    known = [name for name in described if name in _DATASET]
    if known != sorted(known, key=list(_DATASET).index):
        message = "Attributes come in another order than in the specification, which slows reading as a stream."
        yield Finding.of(rules.ORDER, where=file, message=message, evidence=", ".join(known))
    yield from _check_moments(described, file)
    version = described.get("datasetJSONVersion")
    if isinstance(version, str) and not _VERSION.fullmatch(version):
        message = "The version is none of Dataset-JSON 1.1."
        where = f"{file}, datasetJSONVersion"
        yield Finding.of(rules.PATTERN, where=where, message=message, evidence=f"'{version}', not '1.1.0'")
    system = described.get("sourceSystem")
    if isinstance(system, dict):
        yield from _check_object(system, _SYSTEM, f"{file}, sourceSystem")
        yield from _check_unknown(system, _SYSTEM, f"{file}, sourceSystem")
    columns = described.get("columns")
    if isinstance(columns, list):
        yield from _check_columns(columns, file)


def _check_object(
    values: Mapping[str, object], schema: Mapping[str, tuple[type, bool]], where: str
) -> Iterator[Finding]:
    for name, (kind, is_required) in schema.items():
        place = f"{where}, {name}"
        if name not in values:
            if is_required:
                message = f"The attribute {name} is required and not there."
                yield Finding.of(rules.REQUIRED, where=where, message=message, remedy=f"Add {name}.")
            continue
        value = values[name]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            message = f"{name} is {_WORDS[kind]} in the schema."
            yield Finding.of(rules.TYPE, where=place, message=message, evidence=f"{value!r}"[:80])
        elif name in _NOT_EMPTY and value == "":
            yield Finding.of(rules.EMPTY, where=place, message=f"{name} is empty.")
        elif isinstance(value, int) and name in _LEAST and value < _LEAST[name]:
            message = f"{name} is {_LEAST[name]} or more."
            yield Finding.of(rules.MINIMUM, where=place, message=message, evidence=f"{value}")


def _check_unknown(values: Iterable[str], schema: Iterable[str], where: str) -> Iterator[Finding]:
    for name in values:
        if name not in schema:
            message = f"The schema has no attribute {name} here."
            yield Finding.of(rules.UNKNOWN, where=where, message=message, remedy=f"Take {name} out.")


def _check_moments(described: Mapping[str, object], file: str) -> Iterator[Finding]:
    moments: dict[str, datetime] = {}
    for name in ("datasetJSONCreationDateTime", "dbLastModifiedDateTime"):
        value = described.get(name)
        if not isinstance(value, str):
            continue
        moment = _moment(value)
        if moment is None:
            message = f"{name} is no datetime of the form 2024-03-29T12:30:00, with or without a time zone."
            yield Finding.of(rules.PATTERN, where=f"{file}, {name}", message=message, evidence=f"'{value}'")
        else:
            moments[name] = moment
    if len(moments) == 2:
        created, modified = moments.values()
        if (created.tzinfo is None) == (modified.tzinfo is None) and modified > created:
            message = "The database was modified after the file was created from it."
            yield Finding.of(rules.MODIFIED, where=file, message=message, evidence=f"{modified} after {created}")


def _moment(text: str) -> datetime | None:
    if not _MOMENT.fullmatch(text):
        return None
    # Python knows up to six digits of a second.
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None


def _check_columns(columns: list[object], file: str) -> Iterator[Finding]:
    seen: dict[tuple[str, str], int] = {}
    keys: list[int] = []
    for number, column in enumerate(columns, start=1):
        where = f"{file}, column {number}"
        if not isinstance(column, dict):
            message = "A column is an object in the schema."
            yield Finding.of(rules.TYPE, where=where, message=message, evidence=f"{column!r}"[:80])
            continue
        if isinstance(column.get("name"), str):
            where += f" ({column['name']})"
        yield from _check_object(column, _COLUMN, where)
        yield from _check_unknown(column, _COLUMN, where)
        yield from _check_data_types(column, where)
        for name in ("name", "itemOID"):
            value = column.get(name)
            if isinstance(value, str) and seen.setdefault((name, value), number) != number:
                message = f"Column {seen[name, value]} has the same {name}."
                yield Finding.of(rules.NAME_UNIQUE, where=where, message=message, evidence=f"'{value}'")
        key = column.get("keySequence")
        if isinstance(key, int) and not isinstance(key, bool):
            keys.append(key)
    if sorted(keys) != list(range(1, len(keys) + 1)):
        message = "The key sequence has gaps or twins."
        evidence = ", ".join(map(str, sorted(keys)))
        yield Finding.of(rules.KEY_SEQUENCE, where=f"{file}, columns", message=message, evidence=evidence)


def _check_data_types(column: Mapping[str, object], where: str) -> Iterator[Finding]:
    kind, target = column.get("dataType"), column.get("targetDataType")
    if isinstance(kind, str) and kind not in DATA_TYPES:
        message = f"dataType is one of {', '.join(DATA_TYPES)}."
        yield Finding.of(rules.DATA_TYPE, where=where, message=message, evidence=f"'{kind}'")
        return
    if not isinstance(target, str):
        return
    if target not in TARGET_DATA_TYPES:
        message = f"targetDataType is one of {', '.join(TARGET_DATA_TYPES)}."
        yield Finding.of(rules.DATA_TYPE, where=where, message=message, evidence=f"'{target}'")
    elif kind not in _COMBINATIONS[target]:
        message = f"targetDataType {target} goes with {', '.join(_COMBINATIONS[target])} only."
        yield Finding.of(rules.COMBINATION, where=where, message=message, evidence=f"dataType '{kind}'")
