"""What the records of a study folder's data say now, by the names under which documents quote them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trialwright.errors import ResultError
from trialwright.inlines import RECORD_PREFIX, record_source, record_value, split_record_source
from trialwright.pipeline.datasets import dataset_paths
from trialwright.workspace import StudyFolder, digest_file

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedRecord:
    """A record that a document quotes.

    path, file_digest  of the dataset's file, and SHA-256 of its bytes
    variable, value    what is quoted of it
    record             its variables that are not missing, in the dataset's order
    """

    source: str
    dataset: str
    path: Path
    file_digest: str
    variable: str
    value: str
    record: tuple[tuple[str, str], ...]


def recorded_values(folder: StudyFolder, sources: Iterable[str]) -> dict[str, str]:
    """The value of each of `sources` as the records hold it now; those without a record are left out."""
    from trialwright.standards import read_dataset

    wanted: dict[str, list[tuple[str, str, str, str]]] = {}
    for source in dict.fromkeys(sources):
        if (named := split_record_source(source)) is not None:
            wanted.setdefault(named[0], []).append((source, *named[1:]))
    paths = dataset_paths(folder)
    found: dict[str, str] = {}
    for name, places in wanted.items():
        if name in paths:
            found.update(_values(read_dataset(paths[name]).frame, places))
    return found


def _values(frame: pl.DataFrame, places: list[tuple[str, str, str, str]]) -> Iterator[tuple[str, str]]:
    """Source and value of the places (source, subject, key, variable) that `frame` has; the first record of a key."""
    import polars as pl

    if "USUBJID" not in frame.columns:
        return
    frame = frame.filter(pl.col("USUBJID").is_in(list({subject for _, subject, _, _ in places})))
    rows = frame.rows()
    column = {name: number for number, name in enumerate(frame.columns)}
    by_subject: dict[str, list[int]] = {}
    for number, subject in enumerate(frame["USUBJID"].to_list()):
        by_subject.setdefault(subject, []).append(number)
    indexes: dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], int]] = {}
    for source, subject, key, variable in places:
        pairs = parse_record_key(key)
        names = tuple(name for name, _ in pairs)
        if variable not in column or any(name not in column for name in names):
            continue
        index = indexes.get((subject, names))
        if index is None:
            index = {}
            for number in by_subject.get(subject, []):
                index.setdefault(tuple(record_value(rows[number][column[name]]).strip() for name in names), number)
            indexes[subject, names] = index
        number = index.get(tuple(value for _, value in pairs), -1)
        if number >= 0:
            yield source, record_value(rows[number][column[variable]])


def parse_record_key(key: str) -> tuple[tuple[str, str], ...]:
    """`AESEQ=9` as pairs of variable and value; `IDVARVAL=9, QNAM=AETRTEM` has two; an empty key has none."""
    return tuple((name, value) for name, _, value in (part.partition("=") for part in key.split(", ")) if name)


def is_record(name: str) -> bool:
    """Whether `name` is that of a value in a record rather than of a result."""
    return name.startswith(RECORD_PREFIX)


def trace_record(folder: StudyFolder, source: str) -> TracedRecord:
    """The record behind a value that a document quotes; raises `ResultError` if the data have none."""
    from trialwright.standards import read_dataset

    named = split_record_source(source)
    if named is None:
        raise ResultError(
            f"{source!r} names no value of a record. Write record/DATASET/USUBJID/KEY/VARIABLE, "
            "as `trialwright trace` of a content control shows it: record/AE/01-701-1211/AESEQ=9/AETERM."
        )
    dataset, subject, key, variable = named
    paths = dataset_paths(folder)
    if dataset not in paths:
        raise ResultError(f"{folder.root} has no dataset {dataset}. It has: {', '.join(sorted(paths)) or 'none'}.")
    frame = read_dataset(paths[dataset]).frame
    places = [(record_source(dataset, subject, key, name), subject, key, name) for name in frame.columns]
    values = dict(_values(frame, places))
    if source not in values:
        raise ResultError(
            f"{dataset} has no record {key or 'of this subject'} with a variable {variable} for this subject. "
            "The data have changed since the document was written: `trialwright verify` lists what else did."
        )
    record = tuple((place[3], values[place[0]]) for place in places if values.get(place[0]))
    return TracedRecord(
        source=source,
        dataset=dataset,
        path=paths[dataset],
        file_digest=digest_file(paths[dataset]),
        variable=variable,
        value=values[source],
        record=record,
    )
