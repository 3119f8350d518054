"""Reading and checking Dataset-JSON 1.1, as JSON and as NDJSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from trialwright.errors import DataError
from trialwright.findings import Finding, Rule
from trialwright.standards.datasets import Dataset
from trialwright.standards.formats import _json_rows as json_rows
from trialwright.standards.formats import dataset_json_rules as rules
from trialwright.standards.formats._dataset_json_schema import DATA_TYPES, check_attributes
from trialwright.standards.formats._dataset_json_source import Source
from trialwright.standards.formats._json_rows import Cells
from trialwright.standards.formats._noticed import Noticed
from trialwright.standards.metadata import DatasetMetadata, VariableMetadata, VariableType

Mask = npt.NDArray[np.bool_]

#: How moments are written that are to become numbers of days or seconds.
_MOMENTS = {
    "date": (pl.Date(), "%Y-%m-%d"),
    "datetime": (pl.Datetime("us"), "%Y-%m-%dT%H:%M:%S%.f"),
    "time": (pl.Time(), "%H:%M:%S%.f"),
}
#: From here on not every integer is a double.
_EXACT = 2.0**53


@dataclass(frozen=True, kw_only=True)
class _Column:
    name: str
    label: str
    data_type: str
    target: str
    length: int | None
    display_format: str
    key: int | None


def read_dataset_json(path: Path) -> tuple[Dataset, list[Finding]]:
    """The dataset of a Dataset-JSON file (JSON or NDJSON), and everything that is wrong with the file.

    `string` becomes `String`, `integer` `Int64`, `float`, `double` and `decimal` `Float64`, `boolean` `Boolean`; dates,
    times and datetimes are text, or `Date`, `Time` and `Datetime` where targetDataType is integer. An empty text is
    missing. A value that is not what its column says is missing, and a finding tells it.

    The rows are read in pieces, if they come last, as the specification asks. Raises `DataError` if the file is no JSON
    or does not describe its columns.
    """
    source = Source(path)
    findings = check_attributes(_with_rows(source), path.name)
    columns = _columns(source)
    noticed = Noticed(where=path.name)
    parts = [_frame(cells, columns, first, noticed) for first, cells in source.pieces(len(columns))]
    _notice_rounded(parts, noticed)
    frame = pl.concat(parts, how="vertical_relaxed", rechunk=True) if parts else pl.DataFrame(schema=_schema(columns))
    findings += [*source.findings, *noticed.findings(), *_check_count(source)]
    attributes = source.attributes
    labels = {column.name: column.label for column in columns if column.label}
    name = str(attributes.get("name") or path.stem)
    return Dataset(name=name.upper(), frame=frame, label=str(attributes.get("label") or ""), labels=labels), findings


def _notice_rounded(parts: list[pl.DataFrame], noticed: Noticed) -> None:
    """Tell integers that a double cannot hold, where another piece of the rows makes their column one of doubles."""
    mixed = {name for part in parts for name, dtype in part.schema.items() if dtype == pl.Float64}
    first = 0
    for part in parts:
        for name in part.columns:
            if name in mixed and part.schema[name] == pl.Int64:
                rows = np.flatnonzero((part[name].abs() >= int(_EXACT)).fill_null(False).to_numpy())
                if len(rows):
                    message = "Not an integer that a double holds, as the column has values that are no integers."
                    value = f"{name} = {part[name][int(rows[0])]}"
                    noticed.notice(rules.VALUE, name, message, rows=rows + first, evidence=value)
        first += part.height


def check_dataset_json(path: Path) -> list[Finding]:
    """Everything that keeps the file from being Dataset-JSON 1.1: the rules of its JSON schema and its specification.

    Raises `DataError` if the file is no JSON at all.
    """
    source = Source(path)
    try:
        _columns(source)
    except DataError:
        return check_attributes(_with_rows(source), path.name)
    return read_dataset_json(path)[1]


def read_dataset_json_metadata(path: Path) -> DatasetMetadata:
    """What the file says of its dataset and variables; the rows are not read. Raises as `read_dataset_json`."""
    source = Source(path)
    columns = _columns(source)
    types: dict[str, VariableType] = {
        "integer": "integer",
        "float": "float",
        "double": "float",
        "decimal": "float",
        "date": "date",
        "datetime": "datetime",
        "time": "time",
    }
    keys = sorted((column.key, column.name) for column in columns if column.key is not None)
    return DatasetMetadata(
        name=str(source.attributes.get("name") or path.stem).upper(),
        label=str(source.attributes.get("label") or ""),
        keys=tuple(name for _, name in keys),
        file=path.name,
        variables=tuple(
            VariableMetadata(
                name=column.name,
                label=column.label,
                type=types.get(column.data_type, "text"),
                length=column.length,
                display_format=column.display_format,
            )
            for column in columns
        ),
    )


def _with_rows(source: Source) -> dict[str, object]:
    """The attributes, with an empty array for rows that are known to be one."""
    if source.has_rows and not source.is_ndjson and "rows" not in source.attributes:
        return {**source.attributes, "rows": []}
    return source.attributes


def _columns(source: Source) -> list[_Column]:
    described = source.attributes.get("columns")
    names = [column.get("name") if isinstance(column, dict) else None for column in _listed(described)]
    if not names or not all(isinstance(name, str) and name for name in names) or len(set(names)) != len(names):
        raise DataError(
            f"{source.path} does not describe its columns as Dataset-JSON 1.1 asks: each has a name of its own. "
            "`check_dataset_json` tells what is wrong; have the file written anew."
        )
    return [_column(column) for column in _listed(described) if isinstance(column, dict)]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _column(described: dict[str, object]) -> _Column:
    def text(name: str) -> str:
        value = described.get(name)
        return value if isinstance(value, str) else ""

    def number(name: str) -> int | None:
        value = described.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    return _Column(
        name=text("name"),
        label=text("label"),
        data_type=text("dataType"),
        target=text("targetDataType"),
        length=number("length"),
        display_format=text("displayFormat"),
        key=number("keySequence"),
    )


def _schema(columns: Iterable[_Column]) -> dict[str, pl.DataType]:
    return {column.name: _dtype(column) for column in columns}


def _dtype(column: _Column) -> pl.DataType:
    match column.data_type:
        case "integer":
            return pl.Int64()
        case "float" | "double" | "decimal":
            return pl.Float64()
        case "boolean":
            return pl.Boolean()
        case "date" | "datetime" | "time" if column.target == "integer":
            return _MOMENTS[column.data_type][0]
    return pl.String()


def _check_count(source: Source) -> list[Finding]:
    stated = source.attributes.get("records")
    is_number = isinstance(stated, int) and not isinstance(stated, bool)
    if not is_number or stated == source.row_count or (not source.has_rows):
        return []
    message = f"The file states {stated:,} records and has {source.row_count:,} rows."
    return [
        Finding.of(
            rules.RECORDS,
            where=f"{source.path.name}, records",
            message=message,
            remedy="Bring the whole file, or have it written anew.",
        )
    ]


def _frame(cells: Cells, columns: list[_Column], first: int, noticed: Noticed) -> pl.DataFrame:
    reader = _Values(cells=cells, first=first, noticed=noticed)
    return pl.DataFrame([reader.read(place, column).alias(column.name) for place, column in enumerate(columns)])


@dataclass(frozen=True, kw_only=True)
class _Values:
    """Makes series of the values of some rows, the first of which is number `first` (from 0)."""

    cells: Cells
    first: int
    noticed: Noticed

    def read(self, place: int, column: _Column) -> pl.Series:
        kinds = self.cells.kinds[:, place]
        is_null, is_text = kinds == json_rows.NULL, kinds == json_rows.TEXT
        match column.data_type:
            case "integer" | "float" | "double":
                is_number = ~(is_null | is_text | (kinds == json_rows.TRUE) | (kinds == json_rows.FALSE))
                self._refuse(rules.VALUE, column, place, ~(is_null | is_number), "a number")
                return self._numbers(place, column, is_number)
            case "boolean":
                is_boolean = (kinds == json_rows.TRUE) | (kinds == json_rows.FALSE)
                self._refuse(rules.VALUE, column, place, ~(is_null | is_boolean), "true or false")
                values = pl.Series(kinds == json_rows.TRUE)
                return pl.select(pl.when(pl.Series(is_boolean)).then(values).otherwise(None)).to_series()
        if column.data_type not in DATA_TYPES:
            # Told as a wrong dataType; the values are kept as they are written.
            written = self.cells.tokens(place, ~is_null & ~is_text)
            return self.cells.texts(place, is_text).zip_with(pl.Series(is_text), written)
        self._refuse(rules.VALUE, column, place, ~(is_null | is_text), "a text")
        return self._texts(place, column, is_text)

    def _texts(self, place: int, column: _Column, is_text: Mask) -> pl.Series:
        texts = self.cells.texts(place, is_text)
        sizes = self.cells.ends[:, place] - self.cells.starts[:, place] - 2
        if column.length is not None and is_text.any() and int(sizes[is_text].max()) > column.length:
            is_long = (texts.str.len_chars() > column.length).fill_null(False).to_numpy()
            self._refuse(rules.LENGTH, column, place, is_long, f"at most {column.length} characters")
        if column.data_type == "decimal":
            # The comma is the separator of thousands.
            plain = texts.str.replace_all(",", "", literal=True)
            is_number = plain.str.contains(json_rows.NUMBER_PATTERN).fill_null(False)
            numbers = plain.zip_with(is_number, pl.Series([None], dtype=pl.String)).cast(pl.Float64)
            self._refuse(rules.CONVERSION, column, place, (texts.is_not_null() & ~is_number).to_numpy(), "a number")
            return numbers
        if column.target == "integer" and column.data_type in _MOMENTS:
            dtype, form = _MOMENTS[column.data_type]
            moments = texts.str.strptime(dtype, form, strict=False, exact=True)
            is_wrong = (texts.is_not_null() & moments.is_null()).to_numpy()
            self._refuse(rules.CONVERSION, column, place, is_wrong, f"a whole {column.data_type} of ISO 8601")
            return moments
        return texts

    def _numbers(self, place: int, column: _Column, is_number: Mask) -> pl.Series:
        tokens = self.cells.tokens(place, is_number)
        is_wrong = (~tokens.str.contains(json_rows.NUMBER_PATTERN)).fill_null(False)
        if is_wrong.any():
            self._refuse(rules.VALUE, column, place, is_wrong.to_numpy(), "a number of JSON")
            tokens = tokens.zip_with(~is_wrong, pl.Series([None], dtype=pl.String))
        if column.data_type == "integer":
            integers = tokens.cast(pl.Int64, strict=False)
            if integers.null_count() == tokens.null_count():
                return integers
        numbers = tokens.cast(pl.Float64)
        if numbers.is_infinite().any():
            self._refuse(rules.CONVERSION, column, place, numbers.is_infinite().fill_null(False).to_numpy(), "a double")
            numbers = numbers.zip_with(~numbers.is_infinite(), pl.Series([None], dtype=pl.Float64))
        if column.data_type != "integer":
            return numbers
        # Beside a number that is no integer all become doubles, which from 2**53 on are not every integer.
        is_whole = (numbers == numbers.floor()) & (numbers.abs() < _EXACT)
        if is_whole.all():
            return numbers.cast(pl.Int64)
        self._refuse(rules.VALUE, column, place, (~is_whole).fill_null(False).to_numpy(), "an integer", lost=False)
        return numbers

    def _refuse(
        self, rule: Rule, column: _Column, place: int, is_wrong: Mask, wanted: str, *, lost: bool = True
    ) -> None:
        rows = np.flatnonzero(is_wrong)
        if len(rows) == 0:
            return
        kept = "" if not lost or rule is rules.LENGTH else "; it is read as missing"
        message = f"Not {wanted}, as the column's description asks{kept}."
        value = f"{column.name} = {self.cells.token(int(rows[0]), place)}"
        self.noticed.notice(rule, column.name, message, rows=rows + self.first, evidence=value)
