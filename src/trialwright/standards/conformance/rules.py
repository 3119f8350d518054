"""What a conformance rule is, the book that collects rules, and how offenders become findings.

A rule is a `findings.Rule` beside a pure function that gives `Offence`s: the records, or the place, that break it.
The function is called only where the rule applies and where the variables it reads are there with their types:

    BOOK = RuleBook()

    @BOOK.rule("adam.chg", "CHG is AVAL - BASE.", source=ADAM_IG, kinds=(BDS,), numbers=("CHG", "AVAL", "BASE"))
    def change(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
        wrong = checked.frame.filter(...)
        yield Records(wrong, "CHG differs from AVAL - BASE.", evidence=("CHG", "AVAL", "BASE"))

The message of an offence names the variable, never a value: findings with equal messages are folded for people. The
values are in the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import polars as pl

from trialwright.findings import Finding, Rule, Severity
from trialwright.standards.conformance.data import RECORD, CheckedDataset, CheckedStudy


@dataclass(frozen=True, slots=True)
class Records:
    """Records that break a rule: one finding each.

    frame     rows of the checked frame (with `RECORD`), or of a grouping if `at` names what tells its rows apart
    message   what is wrong, the same for all
    evidence  the columns whose values are shown: `CHG = 3, AVAL = 12, BASE = 10`
    at        the variables that say where the record is; else USUBJID, PARAMCD and the sequence, or the record's number
    remedy    how to mend it
    """

    frame: pl.DataFrame
    message: str
    evidence: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A dataset or a variable that breaks a rule: one finding.

    variable  the variable meant; empty for the dataset itself
    where     another place than the checked dataset and variable
    """

    message: str
    variable: str = ""
    evidence: str = ""
    remedy: str = ""
    where: str = ""


Offence: TypeAlias = Records | Place

DatasetCheck: TypeAlias = Callable[[CheckedDataset, CheckedStudy], Iterable[Offence]]
StudyCheck: TypeAlias = Callable[[CheckedStudy], Iterable[Offence]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRule:
    """A rule that holds for each dataset that it applies to.

    kinds, datasets    classes and names of the datasets meant; empty for all
    texts ... any_type the variables the check reads, by what they must be; a dataset without them is left out
    """

    rule: Rule
    check: DatasetCheck
    kinds: frozenset[str] = frozenset()
    datasets: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    any_type: tuple[str, ...] = ()

    def findings(self, study: CheckedStudy) -> Iterator[Finding]:
        """The violations in all datasets that the rule applies to."""
        for checked in study.datasets.values():
            if (self.kinds and checked.kind not in self.kinds) or (self.datasets and checked.name not in self.datasets):
                continue
            typed = checked.typed(texts=self.texts, numbers=self.numbers, dates=self.dates, any_type=self.any_type)
            if typed is not None:
                for offence in self.check(typed, study):
                    yield from findings_of(self.rule, typed, offence)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRule:
    """A rule that holds for the datasets together."""

    rule: Rule
    check: StudyCheck

    def findings(self, study: CheckedStudy) -> Iterator[Finding]:
        """The violations in the study. The places of its offences are given by the check itself."""
        for offence in self.check(study):
            yield from findings_of(self.rule, None, offence)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Rules by identifier, in the order in which they were written down."""

    entries: dict[str, DatasetRule | StudyRule] = field(default_factory=dict)

    @classmethod
    def joined(cls, *books: RuleBook) -> RuleBook:
        """The rules of several books, in their order."""
        joined = cls()
        for book in books:
            for entry in book.entries.values():
                joined.add(entry)
        return joined

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What is checked."""
        return tuple(entry.rule for entry in self.entries.values())

    def rule(
        self,
        id: str,
        title: str,
        *,
        source: str,
        severity: Severity = Severity.ERROR,
        kinds: Iterable[str] = (),
        datasets: Iterable[str] = (),
        texts: Iterable[str] = (),
        numbers: Iterable[str] = (),
        dates: Iterable[str] = (),
        any_type: Iterable[str] = (),
    ) -> Callable[[DatasetCheck], DatasetCheck]:
        """Write down a rule of single datasets; decorates its check."""

        def register(check: DatasetCheck) -> DatasetCheck:
            self.add(
                DatasetRule(
                    rule=Rule(id=id, title=title, source=source, severity=severity),
                    check=check,
                    kinds=frozenset(kinds),
                    datasets=frozenset(datasets),
                    texts=tuple(texts),
                    numbers=tuple(numbers),
                    dates=tuple(dates),
                    any_type=tuple(any_type),
                )
            )
            return check

        return register

    def study_rule(
        self, id: str, title: str, *, source: str, severity: Severity = Severity.ERROR
    ) -> Callable[[StudyCheck], StudyCheck]:
        """Write down a rule of the datasets together; decorates its check."""

        def register(check: StudyCheck) -> StudyCheck:
            self.add(StudyRule(rule=Rule(id=id, title=title, source=source, severity=severity), check=check))
            return check

        return register

    def add(self, entry: DatasetRule | StudyRule) -> None:
        """Write down a rule; raises `ValueError` if its identifier is taken."""
        if entry.rule.id in self.entries:
            raise ValueError(f"There are two rules {entry.rule.id}. Give one of them another identifier.")
        self.entries[entry.rule.id] = entry

    def findings(self, study: CheckedStudy) -> list[Finding]:
        """All violations, in the order of the rules, then of datasets and records."""
        return [finding for entry in self.entries.values() for finding in entry.findings(study)]


def findings_of(rule: Rule, checked: CheckedDataset | None, offence: Offence) -> Iterator[Finding]:
    """One finding per record of the offence, or one for its place.

    `where` reads "ADAE, USUBJID 01-701-1015, AESEQ 3", or "AE, USUBJID 01-701-1015, record 17", records counted from 1.
    """
    if isinstance(offence, Place):
        inside = ", ".join(part for part in (checked.name if checked else "", offence.variable) if part)
        yield Finding.of(
            rule,
            where=offence.where or inside,
            message=offence.message,
            evidence=offence.evidence,
            remedy=offence.remedy,
        )
        return
    if offence.frame.is_empty():
        return
    name = checked.name if checked else ""
    texts = offence.frame.select(
        where=_where(name, _places(checked, offence), offence.frame),
        evidence=_evidence(offence.evidence, offence.frame),
    )
    for where, evidence in texts.iter_rows():
        yield Finding.of(rule, where=where, message=offence.message, evidence=evidence, remedy=offence.remedy)


def _places(checked: CheckedDataset | None, offence: Records) -> tuple[str, ...]:
    """The columns that tell where a record is."""
    if offence.at or checked is None:
        return offence.at
    return tuple(name for name in checked.places if name in offence.frame.columns)


def _where(dataset: str, places: tuple[str, ...], frame: pl.DataFrame) -> pl.Expr:
    """The dataset and the places, such as "ADAE, USUBJID 01-701-1015, AESEQ 3".

    The number of a record is told only where it has no sequence, which stands before it.
    """
    parts: list[pl.Expr] = [pl.lit(dataset)] if dataset else []
    for place in places:
        if place == RECORD:
            number = pl.lit("record ") + (pl.col(RECORD) + 1).cast(pl.String)
            sequence = places[-2] if len(places) > 1 and places[-2].endswith("SEQ") else ""
            if sequence:
                parts[-1] = pl.when(pl.col(sequence).is_not_null()).then(parts[-1]).otherwise(number)
            else:
                parts.append(number)
        else:
            parts.append(pl.lit(f"{place} ") + _shown(place, frame, quote="").fill_null("missing"))
    return pl.concat_str(parts, separator=", ")


def _evidence(names: tuple[str, ...], frame: pl.DataFrame) -> pl.Expr:
    """The values, such as "AESTDTC = '2012-02-30', AESEQ = 3"; what is missing reads "missing"."""
    if not names:
        return pl.lit("")
    parts = [pl.lit(f"{name} = ") + _shown(name, frame, quote="'").fill_null("missing") for name in names]
    return pl.concat_str(parts, separator=", ")


def _shown(name: str, frame: pl.DataFrame, *, quote: str) -> pl.Expr:
    """A value as text: dates as ISO 8601, whole numbers without a point, texts in quotes, bytes and lists by type."""
    dtype = frame.schema[name]
    if dtype == pl.String:
        return pl.lit(quote) + pl.col(name) + pl.lit(quote)
    if dtype.is_nested() or dtype in (pl.Binary, pl.Duration, pl.Object):
        return pl.when(pl.col(name).is_not_null()).then(pl.lit(f"a value of type {dtype}"))
    text = pl.col(name).cast(pl.String)
    return text.str.strip_suffix(".0") if dtype.is_float() else text
