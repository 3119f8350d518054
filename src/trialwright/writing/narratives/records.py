"""Records of one patient, each value of which can be referred to; and dates that may be partial."""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import polars as pl

from trialwright.inlines import RecordRef, record_source, record_value
from trialwright.standards import Dataset

#: What tells the records of a subject apart, where it is not `--SEQ` of the dataset's own two letters.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "ADSL": (), "DM": (), "ADAE": ("AESEQ",), "ADVS": ("VSSEQ",), "RELREC": ("RDOMAIN", "IDVARVAL", "RELID"),
}  # fmt: skip
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialDate:
    """A date of which the day, or day and month, may be unknown: the first and the last day that it may be."""

    earliest: date
    latest: date

    @property
    def is_complete(self) -> bool:
        """Whether the day is known."""
        return self.earliest == self.latest

    @property
    def has_month(self) -> bool:
        """Whether the month is known."""
        return (self.latest - self.earliest).days < 31


def parse_date(value: object) -> PartialDate | None:
    """A date, or the ISO 8601 text of SDTM (`2013-01-14`, `2013-01`, `2013`, with or without time); None for others."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return PartialDate(earliest=value, latest=value)
    return _parse_text(value) if isinstance(value, str) else None


@lru_cache(maxsize=4096)
def _parse_text(value: str) -> PartialDate | None:
    found = _ISO.match(value)
    if found is None:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        return None
    if day:
        return PartialDate(earliest=first, latest=first)
    last_month = month or 12
    return PartialDate(earliest=first, latest=date(year, last_month, calendar.monthrange(year, last_month)[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record.

    key     what tells it apart from the subject's others: `AESEQ=9`; empty where the subject has one record
    values  variable to value, missing ones as None
    """

    dataset: str
    subject: str
    key: str
    values: Mapping[str, object]

    def text(self, variable: str) -> str:
        """The value as text, without spaces around it; empty if it is missing or there is no such variable."""
        return record_value(self.values.get(variable)).strip()

    def number(self, variable: str) -> float | None:
        """The value if it is a number."""
        value = self.values.get(variable)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def date(self, variable: str) -> PartialDate | None:
        """The value if it is a date, whole or partial."""
        return parse_date(self.values.get(variable))

    def first_of(self, *variables: str) -> str:
        """The first of `variables` that is not missing; the first one if all are."""
        return next((name for name in variables if self.text(name)), variables[0])

    def source(self, variable: str) -> str:
        """How the value is named."""
        return record_source(self.dataset, self.subject, self.key, variable)

    @property
    def place(self) -> str:
        """How findings name the record."""
        return f"{self.dataset} {self.subject}{f' {self.key}' if self.key else ''}"


def refer(shown: str, *values: tuple[Record, str]) -> RecordRef:
    """A reference to these values (record, variable), shown as `shown`."""
    return RecordRef(
        sources=tuple(record.source(variable) for record, variable in values),
        values=tuple(record_value(record.values.get(variable)) for record, variable in values),
        shown=shown,
    )


class Charts:
    """The records of subjects, by dataset; each dataset is looked through once, for the subjects that are wanted."""

    def __init__(self, datasets: Mapping[str, Dataset], subjects: Collection[str] | None = None) -> None:
        self._datasets = datasets
        self._subjects = None if subjects is None else list(subjects)
        self._known: dict[str, dict[str, list[Record]]] = {}

    def __contains__(self, dataset: str) -> bool:
        return dataset in self._datasets

    def first(self, *names: str) -> str:
        """The first of these datasets that there is; empty if there is none."""
        return next((name for name in names if name in self._datasets), "")

    def named_like(self, prefix: str) -> list[str]:
        """The datasets whose name begins so, sorted."""
        return sorted(name for name in self._datasets if name.startswith(prefix))

    def of(self, dataset: str, subject: str, variables: Iterable[str] = ()) -> list[Record]:
        """The subject's records, in the dataset's order; with `variables` only these are read, where there are any."""
        if dataset not in self._datasets:
            return []
        if dataset not in self._known:
            self._known[dataset] = self._read(dataset, tuple(variables))
        return self._known[dataset].get(subject, [])

    def _read(self, dataset: str, variables: tuple[str, ...]) -> dict[str, list[Record]]:
        frame = self._datasets[dataset].frame
        if "USUBJID" not in frame.columns:
            return {}
        keys = _key_variables(dataset, frame.columns)
        if variables:
            wanted = {"USUBJID", *keys, *variables}
            frame = frame.select(name for name in frame.columns if name in wanted)
        if self._subjects is not None:
            frame = frame.filter(pl.col("USUBJID").is_in(self._subjects))
        found: dict[str, list[Record]] = {}
        for values in frame.iter_rows(named=True):
            subject = str(values["USUBJID"])
            key = ", ".join(f"{name}={record_value(values[name]).strip()}" for name in keys)
            found.setdefault(subject, []).append(Record(dataset=dataset, subject=subject, key=key, values=values))
        return found


def _key_variables(dataset: str, columns: Collection[str]) -> tuple[str, ...]:
    if dataset in _KEYS:
        names = _KEYS[dataset]
    elif dataset.startswith("SUPP"):
        names = ("IDVARVAL", "QNAM")
    elif dataset.startswith("ADLB"):
        names = ("PARAMCD", "LBSEQ")
    else:
        names = (f"{dataset[:2]}SEQ",)
    return tuple(name for name in names if name in columns)
