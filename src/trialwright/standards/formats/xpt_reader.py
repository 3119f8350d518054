"""Reading SAS transport files: version 5 by our own code, version 8 by pyreadstat."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from trialwright.errors import DataError
from trialwright.findings import Finding
from trialwright.standards.datasets import Dataset
from trialwright.standards.formats import _xpt_layout as layout
from trialwright.standards.formats import xpt_rules as rules
from trialwright.standards.formats._noticed import Noticed
from trialwright.standards.formats.fixed_text import series_of, texts_of
from trialwright.standards.formats.ibm_float import numbers_of
from trialwright.standards.formats.sas_formats import EPOCH_DAYS, EPOCH_SECONDS, Meaning
from trialwright.standards.metadata import DatasetMetadata, VariableMetadata, VariableType

#: Records decoded at once, so that what is needed beside the frame stays small.
_CHUNK_ROWS = 100_000
#: Bytes of the longest text that SAS has; the rules of version 5 for writing are stricter.
_LONGEST_TEXT = 32_767


@dataclass(frozen=True, kw_only=True)
class Member:
    """One dataset of a transport file: what its header says, and where its observations begin and end."""

    name: str
    label: str
    fields: tuple[layout.Field, ...]
    start: int
    end: int

    @property
    def row_length(self) -> int:
        """Bytes of one record."""
        return sum(field.length for field in self.fields)


def read_xpt(path: Path, *, encoding: str = "utf-8") -> tuple[Dataset, list[Finding]]:
    """The dataset of a SAS transport file, and what is wrong with it.

    Text is `String` without the blanks behind it, null for missing; numbers are `Float64`; numbers with a date format
    (`DATE9.`) are `Date`, likewise `Datetime` and `Time`. Text that is not in `encoding` is read as Windows-1252, and a
    finding tells where. Of a file with several datasets the first is given: `read_xpt_library` gives all of them.

    Raises `DataError` if it is no transport file, or ends within its header. One that ends within its records is read
    up to there, with a finding.
    """
    datasets, findings = read_xpt_library(path, encoding=encoding)
    if len(datasets) > 1:
        names = ", ".join(dataset.name for dataset in datasets)
        findings.append(
            Finding.of(
                rules.SEVERAL_MEMBERS,
                where=path.name,
                message=f"The file has {len(datasets)} datasets; {datasets[0].name} was read.",
                evidence=names,
                remedy="Write each dataset into a file of its own, or read all of them: read_xpt_library.",
            )
        )
    return datasets[0], findings


def read_xpt_library(path: Path, *, encoding: str = "utf-8") -> tuple[list[Dataset], list[Finding]]:
    """Every dataset of a SAS transport file, in its order; otherwise as `read_xpt`."""
    start = _beginning(path)
    if start.startswith(layout.LIBRARY_V8):
        from trialwright.standards.formats._readstat import read_with_readstat

        dataset = read_with_readstat(path, kind="SAS transport file of version 8", reader="read_xport")
        finding = Finding.of(
            rules.VERSION_8,
            where=path.name,
            message="The file is of version 8, which agencies do not take.",
            remedy="Write it anew: `trialwright convert` writes version 5.",
        )
        return [dataset], [finding]
    _refuse_others(path, start)
    findings: list[Finding] = []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        members = list(_members(content, path, encoding, findings))
        datasets = [_dataset(content, member, path, encoding, findings) for member in members]
    return datasets, findings


def read_xpt_metadata(path: Path, *, encoding: str = "utf-8") -> list[DatasetMetadata]:
    """What the headers of a transport file of version 5 say of each dataset: labels, types, lengths, formats.

    Given to `write_xpt`, it makes the file anew with the lengths and formats that it had. Raises `DataError` as
    `read_xpt`.
    """
    _refuse_others(path, _beginning(path))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        members = list(_members(content, path, encoding, []))
    types: dict[Meaning, VariableType] = {"number": "float", "date": "date", "datetime": "datetime", "time": "time"}
    return [
        DatasetMetadata(
            name=member.name,
            label=member.label,
            file=path.name,
            variables=tuple(
                VariableMetadata(
                    name=field.name,
                    label=field.label,
                    type="text" if field.is_text else types[field.format.meaning],
                    length=field.length if field.is_text else None,
                    display_format=str(field.format),
                )
                for field in member.fields
            ),
        )
        for member in members
    ]


def is_version_5(path: Path) -> bool:
    """Whether the file begins as a transport file of version 5."""
    return _beginning(path).startswith(layout.LIBRARY)


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(layout.RECORD)
    except FileNotFoundError:
        raise DataError(f"There is no dataset at {path}.") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder; a SAS transport file is needed.") from None
    if not start:
        raise DataError(f"{path} is empty; it was not written or not transferred. Bring the whole file.")
    return start


def _refuse_others(path: Path, start: bytes) -> None:
    """Raise `DataError` unless the file begins as a transport file of version 5; say what it is, if that is known."""
    if start.startswith(layout.LIBRARY):
        return
    if layout.LIBRARY.startswith(start):
        raise _cut_in_header(path)
    if any(start.startswith(mark) for mark in layout.CPORT):
        told = "a file of PROC CPORT, which only SAS reads"
    elif start.startswith(b"\0" * 12 + b"\xc2\xea\x81\x60"):
        told = "a SAS dataset (sas7bdat)"
    elif start.startswith(b"PAR1"):
        told = "a Parquet file"
    elif start.startswith((b"PK", b"\x1f\x8b")):
        told = "a compressed file"
    elif start.lstrip().startswith((b"{", b"[")):
        told = "JSON"
    elif "HEADER RECORD".encode("cp037") == start[:13]:
        told = "a transport file whose characters were changed to EBCDIC on its way"
    elif start.startswith(layout.LIBRARY_V8):
        told = "a transport file of version 8"
    else:
        told = ""
    raise DataError(
        f"{path} is no SAS transport file of version 5{f' but {told}' if told else ''}: it does not begin with "
        "'HEADER RECORD*******LIBRARY'. Have it written with SAS's XPORT engine, and transferred in binary mode."
    )


def _cut_in_header(path: Path) -> DataError:
    return DataError(
        f"{path} ends or is damaged within its header, before the first record. "
        "Bring the whole file; it has to be transferred in binary mode."
    )


def _refuse_damaged(fields: list[layout.Field], path: Path) -> None:
    """Raise `DataError` unless the variables have names of their own and lie one behind the other in a record."""
    place, seen = 0, set[str]()
    for number, field in enumerate(fields, start=1):
        longest = _LONGEST_TEXT if field.is_text else 8
        if not field.name or field.name in seen or field.position != place or not 0 < field.length <= longest:
            raise DataError(
                f"{path} is damaged in its header: variable {number} ('{field.name}') has no name of its own, or does "
                f"not lie behind the one before it (byte {field.position}, {field.length} bytes long). "
                "Bring the whole file; it has to be transferred in binary mode."
            )
        seen.add(field.name)
        place += field.length


def _members(content: mmap.mmap, path: Path, encoding: str, findings: list[Finding]) -> Iterator[Member]:
    """The datasets of the file: their headers are read, their observations are left where they are."""
    size, place = len(content), 3 * layout.RECORD
    if content[place : place + len(layout.MEMBER)] != layout.MEMBER:
        raise _cut_in_header(path)
    while place < size:
        head = content[place : place + 5 * layout.RECORD]
        count, width = head[4 * 80 + 54 : 4 * 80 + 58], head[74:78]
        if head[4 * 80 : 4 * 80 + len(layout.NAMESTRS)] != layout.NAMESTRS or not (count.isdigit() and width.isdigit()):
            raise _cut_in_header(path)
        begin, step = place + 5 * layout.RECORD, int(width)
        if step not in layout.NAMESTR_LENGTHS:
            raise _cut_in_header(path)
        described = content[begin : begin + int(count) * step]
        start = begin + len(described) + -len(described) % layout.RECORD
        if content[start : start + len(layout.OBSERVATIONS)] != layout.OBSERVATIONS or start + layout.RECORD > size:
            raise _cut_in_header(path)
        _check_header_text(head[3 * 80 :] + described, path, encoding, findings)
        fields = [
            layout.unpack_field(described[i : i + step], encoding=encoding) for i in range(0, len(described), step)
        ]
        _refuse_damaged(fields, path)
        start += layout.RECORD
        end = _next_member(content, start)
        yield Member(
            name=layout.text_of(head[168:176], encoding),
            label=layout.text_of(head[272:312], encoding),
            fields=tuple(fields),
            start=start,
            end=end,
        )
        place = end


def _next_member(content: mmap.mmap, start: int) -> int:
    """Where the next dataset begins, or the file ends."""
    place = content.find(layout.MEMBER, start)
    while place >= 0 and (place - start) % layout.RECORD:
        place = content.find(layout.MEMBER, place + 1)
    return place if place >= 0 else len(content)


def _check_header_text(header: bytes, path: Path, encoding: str, findings: list[Finding]) -> None:
    labels = [header[112:152], *(header[i + 16 : i + 56] for i in range(160, len(header) - 55, layout.NAMESTR))]
    for label in labels:
        try:
            label.decode(encoding)
        except UnicodeDecodeError:
            message, remedy = _not_in(encoding)
            evidence = f"'{layout.as_windows_writes(label.rstrip())}'"
            where = f"{path.name}, header"
            found = Finding.of(rules.ENCODING, where=where, message=message, evidence=evidence, remedy=remedy)
            findings.append(found)


def _not_in(encoding: str) -> tuple[str, str]:
    """What is said of text that is not in the encoding, and how to mend it."""
    return (
        f"The text is not in {encoding}; it was read as Windows-1252.",
        "Name the encoding that the file was written in, such as windows-1252 or latin-1 (--encoding).",
    )


def _dataset(content: mmap.mmap, member: Member, path: Path, encoding: str, findings: list[Finding]) -> Dataset:
    """The observations of one dataset, decoded column by column."""
    where = f"{path.name}, {member.name}"
    rows = _rows(content, member, path, findings)
    decoder = _Decoder(where=where, encoding=encoding)
    chunks = [
        pl.DataFrame([decoder.column(field, rows[first : first + _CHUNK_ROWS], first) for field in member.fields])
        for first in range(0, max(len(rows), 1), _CHUNK_ROWS)
    ]
    findings += decoder.findings()
    frame = pl.concat(chunks, rechunk=True) if len(chunks) > 1 else chunks[0]
    frame = frame.with_columns(
        decoder.with_meaning(frame[field.name], field.format.meaning, findings)
        for field in member.fields
        if not field.is_text and field.format.meaning != "number"
    )
    labels = {field.name: field.label for field in member.fields if field.label}
    return Dataset(name=member.name, frame=frame, label=member.label, labels=labels)


def _rows(content: mmap.mmap, member: Member, path: Path, findings: list[Finding]) -> npt.NDArray[np.uint8]:
    """The observations, one in a row of bytes. What the end is filled up with is left out, and is all blanks."""
    size, length = member.end - member.start, member.row_length
    if length == 0:
        return np.empty((0, 0), dtype=np.uint8)
    count = size // length
    rest = content[member.start + count * length : member.end]
    # A record shorter than the filling may be filling itself. One with nothing but blanks is taken for it.
    while count and (size - (count - 1) * length) < layout.RECORD:
        last = content[member.start + (count - 1) * length : member.start + count * length]
        if last.strip(b" "):
            break
        count, rest = count - 1, last + rest
    if len(rest) >= layout.RECORD or rest.strip(b" ") or size % layout.RECORD:
        findings.append(
            Finding.of(
                rules.TRUNCATED,
                where=f"{path.name}, {member.name}",
                message=f"The file ends within record {count + 1:,}; the {count:,} whole records before it were read.",
                evidence=f"{len(rest):,} of {length:,} bytes of the record",
                remedy="Bring the whole file; it has to be transferred in binary mode.",
            )
        )
    if count == 0:
        return np.empty((0, length), dtype=np.uint8)
    return np.memmap(path, dtype=np.uint8, mode="r", offset=member.start, shape=(count, length))


class _Decoder:
    """Makes series of fields, and remembers what was odd in them, with the records."""

    def __init__(self, *, where: str, encoding: str) -> None:
        self._where, self._encoding = where, encoding
        self._noticed = Noticed(where=where)

    def column(self, field: layout.Field, rows: npt.NDArray[np.uint8], first: int) -> pl.Series:
        """The values of one variable in some records, the first of which is number `first` (from 0)."""
        content = np.ascontiguousarray(rows[:, field.position : field.position + field.length])
        return self._texts(field, content, first) if field.is_text else self._numbers(field, content, first)

    def _texts(self, field: layout.Field, fields: npt.NDArray[np.uint8], first: int) -> pl.Series:
        content, lengths = texts_of(fields)
        if len(content) == 0 or int(content.max()) < 128:
            return series_of(field.name, content, lengths)
        values: list[str | None] = []
        data, place = content.tobytes(), 0
        for row, length in enumerate(lengths.tolist()):
            text = data[place : place + length]
            place += length
            try:
                values.append(text.decode(self._encoding) if text else None)
            except UnicodeDecodeError:
                values.append(layout.as_windows_writes(text))
                message, remedy = _not_in(self._encoding)
                rows = np.array([first + row])
                evidence = f"'{values[-1]}'"
                self._noticed.notice(rules.ENCODING, field.name, message, rows=rows, evidence=evidence, remedy=remedy)
        return pl.Series(field.name, values, dtype=pl.String)

    def _numbers(self, field: layout.Field, fields: npt.NDArray[np.uint8], first: int) -> pl.Series:
        if field.length != 8:
            fields = np.pad(fields, ((0, 0), (0, 8 - field.length)))
        words = fields.reshape(-1).view(">u8").astype(np.uint64)
        numbers, is_special, is_rounded = numbers_of(words)
        if is_special.any():
            kinds = sorted({f".{chr(word >> 56)}" for word in words[is_special].tolist()})
            message = "Special missing values are read as missing; their kind is not kept."
            rows = np.flatnonzero(is_special) + first
            self._noticed.notice(rules.SPECIAL_MISSING, field.name, message, rows=rows, evidence=", ".join(kinds))
        if is_rounded.any():
            places = np.flatnonzero(is_rounded)
            message = "The number has more digits than a double holds; it was rounded to the nearest one."
            evidence = f"{numbers[places[0]]}"
            self._noticed.notice(rules.ROUNDED, field.name, message, rows=places + first, evidence=evidence)
        return pl.Series(field.name, numbers).fill_nan(None)

    def findings(self) -> list[Finding]:
        """What was odd in the columns so far."""
        return self._noticed.findings()

    def with_meaning(self, numbers: pl.Series, meaning: Meaning, findings: list[Finding]) -> pl.Series:
        """Days, seconds since 1960 or seconds of a day as dates and times; left as numbers if one of them is none."""
        micros = (numbers * 1_000_000).round()
        match meaning:
            case "date":
                is_odd = (numbers != numbers.floor()) | ~numbers.is_between(-715_509, 2_936_547)
            case "datetime":
                is_odd = ~numbers.is_between(-715_509 * 86_400.0, 2_936_548 * 86_400.0, closed="left")
            case _:
                is_odd = ~numbers.is_between(0, 86_400, closed="left")
        if is_odd.any():
            row = int(is_odd.fill_null(False).arg_max() or 0)
            findings.append(
                Finding.of(
                    rules.DATE_VALUE,
                    where=f"{self._where}, {numbers.name}, record {row + 1}",
                    message=f"The number is no {meaning} of SAS; all values of {numbers.name} stay numbers.",
                    evidence=f"{numbers[row]}",
                    remedy=f"Correct the value, or take the {meaning} format from {numbers.name}.",
                )
            )
            return numbers
        match meaning:
            case "date":
                return (numbers - EPOCH_DAYS).cast(pl.Int32).cast(pl.Date)
            case "datetime":
                return (micros - EPOCH_SECONDS * 1e6).cast(pl.Int64).cast(pl.Datetime("us"))
            case _:
                return (micros.cast(pl.Int64) * 1000).cast(pl.Time)
