"""Writing SAS transport files, version 5: what cannot be written whole is told, and not written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from trialwright.findings import Finding, Rule, Severity
from trialwright.standards.datasets import Dataset
from trialwright.standards.formats import _xpt_layout as layout
from trialwright.standards.formats import xpt_rules as rules
from trialwright.standards.formats._xpt_columns import Column, Preparation
from trialwright.standards.formats.written import Written
from trialwright.standards.metadata import DatasetMetadata

#: What agencies take as one file.
MAX_BYTES = 5 * 10**9
#: Records written at once.
_CHUNK_ROWS = 100_000


def write_xpt(
    dataset: Dataset,
    path: Path,
    *,
    metadata: DatasetMetadata | None = None,
    created: datetime = datetime(1960, 1, 1),
    encoding: str = "us-ascii",
    max_bytes: int = MAX_BYTES,
    is_cut: bool = False,
) -> Written:
    """Write the dataset as a SAS transport file, version 5.

    Labels, the lengths of texts and the display formats are those of `metadata`, where it has them; else labels are the
    dataset's, a text is as long as its longest value, and dates have DATE9. The same dataset gives the same bytes:
    `created` stands in the header, not the clock.

    Nothing is cut unsaid. Where a value, a name or a label cannot be written whole, a finding that is an error
    says so, and there is no file; with `is_cut`, texts over their length are cut all the same, and the findings stay.

    A file over `max_bytes` is written whole, and once more in parts of at most so many bytes in the folder `split`
    beside it (`lb1.xpt`, `lb2.xpt`), as the FDA's Study Data Technical Conformance Guide asks.
    """
    findings: list[Finding] = []
    name = (metadata.name if metadata is not None else dataset.name) or path.stem.upper()
    label = (metadata.label if metadata is not None else "") or dataset.label
    _check_texts(dataset, name, label, path, encoding, findings)
    preparation = Preparation(where=f"{path.name}, {name}", encoding=encoding, is_cut=is_cut, findings=findings)
    columns: list[Column] = []
    fields: list[layout.Field] = []
    for values in dataset.frame:
        described = metadata.variable(values.name) if metadata is not None else None
        column = preparation.column(values, described)
        if column is None:
            continue
        columns.append(column)
        fields.append(
            layout.Field(
                name=column.name,
                label=_label(
                    preparation,
                    column.name,
                    (described.label if described else "") or dataset.labels.get(values.name, ""),
                ),
                is_text=column.is_text,
                length=column.length,
                position=sum(field.length for field in fields),
                format=column.format,
            )
        )
    _check_last_record(columns, dataset.frame.height, preparation)
    refusing = [f for f in findings if f.severity is Severity.ERROR and not (is_cut and f.rule == rules.TEXT_LENGTH.id)]
    if refusing:
        return Written(paths=(), findings=tuple(findings))
    file = _File(name=name, label=label, columns=columns, fields=fields, created=created, encoding=encoding)
    paths = [path]
    file.write(path, 0, dataset.frame.height)
    if file.size(dataset.frame.height) > max_bytes:
        paths += _write_parts(file, path, dataset.frame.height, max_bytes, findings)
    return Written(paths=tuple(paths), findings=tuple(findings))


def _check_texts(dataset: Dataset, name: str, label: str, path: Path, encoding: str, findings: list[Finding]) -> None:
    """The names of the dataset and its variables, and the dataset's label."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,7}", name):
        message = "The dataset's name cannot be written."
        findings.append(Finding.of(rules.DATASET_NAME, where=path.name, message=message, evidence=f"'{name}'"))
    problem = _problem_of_label(label, encoding)
    if problem is not None:
        rule, message = problem
        findings.append(Finding.of(rule, where=f"{path.name}, {name}", message=message, evidence=f"'{label}'"))
    seen: dict[str, str] = {}
    for variable in dataset.frame.columns:
        where = f"{path.name}, {name}, {variable}"
        if not 1 <= len(variable) <= 8:
            message = f"The name has {len(variable)} characters."
            findings.append(Finding.of(rules.NAME_LENGTH, where=where, message=message, evidence=f"'{variable}'"))
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):
            message = "The name has characters that SAS does not take in names."
            findings.append(Finding.of(rules.NAME_CHARACTERS, where=where, message=message, evidence=f"'{variable}'"))
        twin = seen.setdefault(variable.upper(), variable)
        if twin != variable:
            message = "Two variables differ only in capitals, which SAS does not tell apart."
            findings.append(Finding.of(rules.NAME_UNIQUE, where=where, message=message, evidence=f"{twin}, {variable}"))
    if not 1 <= dataset.frame.width <= 9_999:
        message = f"The dataset has {dataset.frame.width:,} variables."
        findings.append(Finding.of(rules.VARIABLES, where=f"{path.name}, {name}", message=message))


def _label(preparation: Preparation, variable: str, label: str) -> str:
    """The label; what is wrong with it becomes a finding."""
    problem = _problem_of_label(label, preparation.encoding)
    if problem is None:
        return label
    rule, message = problem
    where = f"{preparation.where}, {variable}"
    preparation.findings.append(Finding.of(rule, where=where, message=message, evidence=f"'{label}'"))
    return ""


def _problem_of_label(label: str, encoding: str) -> tuple[Rule, str] | None:
    try:
        size = len(label.encode(encoding))
    except UnicodeEncodeError:
        return rules.CHARACTERS, f"The label has characters that {encoding} lacks."
    return (rules.LABEL_LENGTH, f"The label has {size} bytes.") if size > 40 else None


def _check_last_record(columns: Sequence[Column], height: int, preparation: Preparation) -> None:
    """A blank record at the end cannot be told from what fills up the last 80 bytes."""
    length = sum(column.length for column in columns)
    if not height or not 0 < length < layout.RECORD or any(not column.is_text for column in columns):
        return
    if all(column.fields(height - 1, height).tobytes().strip(b" ") == b"" for column in columns):
        preparation.findings.append(
            Finding.of(
                rules.BLANK_LAST_RECORD,
                where=f"{preparation.where}, record {height}",
                message="The last record has nothing but blanks and would not be read back.",
                remedy="Take the record out, or sort it to another place.",
            )
        )


@dataclass(frozen=True, kw_only=True)
class _File:
    """A dataset that can be written, as often as needed and in parts."""

    name: str
    label: str
    columns: Sequence[Column]
    fields: Sequence[layout.Field]
    created: datetime
    encoding: str

    @property
    def row_length(self) -> int:
        return sum(field.length for field in self.fields)

    def header(self, name: str) -> bytes:
        return (
            layout.library_header(self.created)
            + layout.member_header(
                name, self.label, variables=len(self.fields), created=self.created, encoding=self.encoding
            )
            + layout.pack_fields(self.fields, encoding=self.encoding)
            + layout.observations_header()
        )

    def size(self, rows: int) -> int:
        """Bytes of a file with so many records."""
        content = rows * self.row_length
        return len(self.header(self.name)) + content + -content % layout.RECORD

    def write(self, path: Path, first: int, last: int, *, name: str = "") -> None:
        """Records `first` to before `last`, so that `path` holds the whole file or what it held before."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            with temporary.open("wb") as stream:
                stream.write(self.header(name or self.name))
                for begin in range(first, last, _CHUNK_ROWS):
                    stream.write(self._records(begin, min(begin + _CHUNK_ROWS, last)).data)
                stream.write(b" " * (-((last - first) * self.row_length) % layout.RECORD))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def _records(self, first: int, last: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        rows = np.empty((last - first, self.row_length), dtype=np.uint8)
        for column, field in zip(self.columns, self.fields, strict=True):
            rows[:, field.position : field.position + field.length] = column.fields(first, last)
        return rows


def _write_parts(file: _File, path: Path, rows: int, max_bytes: int, findings: list[Finding]) -> list[Path]:
    """The same records in parts of at most `max_bytes`, beside the whole file in `split`."""
    room = max_bytes - file.size(0) - layout.RECORD
    rows_of_part = max(room // file.row_length, 1)
    begins = range(0, rows, rows_of_part)
    paths = []
    for number, first in enumerate(begins, start=1):
        name = f"{file.name[: 8 - len(str(number))]}{number}"
        part = path.parent / "split" / f"{name.lower()}{path.suffix}"
        file.write(part, first, min(first + rows_of_part, rows), name=name)
        paths.append(part)
    findings.append(
        Finding.of(
            rules.SIZE,
            where=f"{path.name}, {file.name}",
            message=f"The file has more than {max_bytes:,} bytes; it was also written in {len(paths)} parts.",
            evidence=", ".join(f"split/{part.name}" for part in paths),
            remedy="Submit the parts beside the whole file, and say in the reviewer's guide how it was split.",
        )
    )
    return paths
