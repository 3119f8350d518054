"""The variables of a dataset made ready for a transport file, with what keeps them from being written whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from trialwright.findings import Finding, Rule
from trialwright.standards.formats import xpt_rules as rules
from trialwright.standards.formats._noticed import Noticed
from trialwright.standards.formats.fixed_text import bytes_of, fields_of
from trialwright.standards.formats.ibm_float import cannot_be_said, ibm_words
from trialwright.standards.formats.sas_formats import (
    EPOCH_DAYS,
    EPOCH_SECONDS,
    FIRST_DATE,
    SasFormat,
    parse_format,
)
from trialwright.standards.metadata import VariableMetadata

LONGEST_TEXT = 200


@dataclass(frozen=True, kw_only=True)
class Column:
    """One variable ready to be written.

    length  bytes of a value in the file
    fields  the bytes of the values of some records (rows x length)
    """

    name: str
    is_text: bool
    length: int
    format: SasFormat
    fields: Callable[[int, int], npt.NDArray[np.uint8]]


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """How the variables of one dataset are made ready: the text encoding, and whether long texts are cut."""

    where: str
    encoding: str
    is_cut: bool
    findings: list[Finding]

    def column(self, values: pl.Series, described: VariableMetadata | None) -> Column | None:
        """The variable ready to be written; None if its type cannot be."""
        dtype = values.dtype
        if isinstance(dtype, pl.Enum | pl.Categorical) or dtype == pl.Null:
            values, dtype = values.cast(pl.String), pl.String()
        if dtype == pl.String:
            return self._text(values, described)
        if dtype.is_integer() or dtype.is_float():
            return self._number(values, self._numbers(values), described, "")
        if dtype == pl.Date:
            return self._date(values, described)
        if isinstance(dtype, pl.Datetime) and dtype.time_zone is None:
            return self._datetime(values, described)
        if dtype == pl.Time:
            seconds = values.cast(pl.Int64).to_frame().select(pl.all() / 1_000_000_000).to_series()
            has_fraction = bool((seconds != seconds.floor()).any())
            return self._number(values, seconds, described, "TIME15.6" if has_fraction else "TIME8.")
        self._tell(rules.TYPE, values.name, f"A variable of type {dtype} has no counterpart.", remedy="Convert it.")
        return None

    def _text(self, values: pl.Series, described: VariableMetadata | None) -> Column:
        values = self._encodable(values)
        is_plain = self.encoding in ("us-ascii", "utf-8") or bool(values.drop_nulls().str.contains(_ONLY_ASCII).all())
        content, lengths = bytes_of(values) if is_plain else _encoded(values, self.encoding)
        longest = int(lengths.max(initial=0))
        planned = described.length if described is not None and described.type != "float" else None
        if planned is not None and planned < longest <= LONGEST_TEXT:
            message = f"Texts need {longest} bytes; the planned length is {planned}, and the file has {longest}."
            self._records(rules.PLANNED_LENGTH, values, lengths > planned, message)
        length = min(max(planned or 1, longest), LONGEST_TEXT)
        if longest > length:
            self._records(
                rules.TEXT_LENGTH,
                values,
                lengths > length,
                f"Texts are longer than {LONGEST_TEXT} bytes, up to {longest}.",
                remedy="Move the rest to a supplemental qualifier or a further variable.",
            )
            content, lengths = _cut(content, lengths, length, self.encoding)
        ends_blank = values.str.ends_with(" ").fill_null(False)
        if ends_blank.any():
            self._records(
                rules.TRAILING_BLANKS,
                values,
                ends_blank.to_numpy(),
                "The blanks at the end of texts will not be read back.",
            )
        places = np.concatenate([[0], np.cumsum(lengths)])

        def fields(first: int, last: int) -> npt.NDArray[np.uint8]:
            return fields_of(content[places[first] : places[last]], lengths[first:last], length)

        form = self._format(values.name, described, "")
        return Column(name=values.name, is_text=True, length=length, format=form, fields=fields)

    def _encodable(self, values: pl.Series) -> pl.Series:
        """The texts, with `?` for characters that the encoding lacks: those are told, and refused by the caller."""
        if self.encoding == "utf-8" or not (unsure := values.drop_nulls().unique()).str.contains(_NOT_ASCII).any():
            return values
        foreign = [text for text in unsure.filter(unsure.str.contains(_NOT_ASCII)) if not _has(self.encoding, text)]
        if not foreign:
            return values
        self._records(
            rules.CHARACTERS,
            values,
            values.is_in(foreign).fill_null(False).to_numpy(),
            f"Texts have characters that {self.encoding} lacks.",
            remedy="Write them in plain letters, or name the encoding that the receiver asks for (encoding=).",
        )
        plain = {text: text.encode(self.encoding, errors="replace").decode(self.encoding) for text in foreign}
        return values.replace(plain)

    def _numbers(self, values: pl.Series) -> pl.Series:
        numbers = values.cast(pl.Float64)
        if values.dtype.is_integer():
            is_wrong = (numbers.cast(pl.Int128) != values.cast(pl.Int128)).fill_null(False)
            if is_wrong.any():
                self._records(
                    rules.INTEGER_PRECISION,
                    values,
                    is_wrong.to_numpy(),
                    "Integers have more digits than a double holds.",
                )
        return numbers

    def _date(self, values: pl.Series, described: VariableMetadata | None) -> Column:
        self._check_first_date(values, values < FIRST_DATE)
        days = values.cast(pl.Int32).cast(pl.Float64) + EPOCH_DAYS
        return self._number(values, days, described, "DATE9.")

    def _datetime(self, values: pl.Series, described: VariableMetadata | None) -> Column:
        self._check_first_date(values, values.dt.date() < FIRST_DATE)
        micros = values.dt.cast_time_unit("us").cast(pl.Int64)
        seconds = (micros + EPOCH_SECONDS * 1_000_000) / 1_000_000
        has_fraction = bool((micros % 1_000_000 != 0).any())
        return self._number(values, seconds, described, "DATETIME26.6" if has_fraction else "DATETIME20.")

    def _check_first_date(self, values: pl.Series, is_early: pl.Series) -> None:
        if is_early.any():
            message = "Dates are before 1582-01-01, the first that SAS knows."
            self._records(rules.DATE_RANGE, values, is_early.fill_null(False).to_numpy(), message)

    def _number(self, values: pl.Series, numbers: pl.Series, described: VariableMetadata | None, usual: str) -> Column:
        plain = numbers.fill_null(float("nan")).to_numpy().astype(np.float64)
        is_wrong = cannot_be_said(plain)
        if is_wrong.any():
            message = "Numbers are infinite, too large or too close to 0 for the format."
            self._records(rules.NUMBER_RANGE, values, is_wrong, message)
        writable = np.where(is_wrong, np.nan, plain)

        def fields(first: int, last: int) -> npt.NDArray[np.uint8]:
            return ibm_words(writable[first:last]).astype(">u8").view(np.uint8).reshape(-1, 8)

        form = self._format(values.name, described, usual)
        return Column(name=values.name, is_text=False, length=8, format=form, fields=fields)

    def _format(self, name: str, described: VariableMetadata | None, usual: str) -> SasFormat:
        asked = described.display_format if described is not None else ""
        form = parse_format(asked or usual)
        kept = parse_format(usual) or SasFormat()
        if form is None or len(form.name) > 8 or max(form.width, form.decimals) > 32_767:
            self._tell(rules.FORMAT, name, "The display format cannot be written.", evidence=f"'{asked}'")
            return kept
        # A format of another meaning would turn dates into other values for whoever reads the file.
        return form if form.meaning == kept.meaning else kept

    def _records(
        self, rule: Rule, values: pl.Series, is_wrong: npt.NDArray[np.bool_], message: str, *, remedy: str = ""
    ) -> None:
        rows = np.flatnonzero(is_wrong)
        value = values[int(rows[0])]
        evidence = f"{values.name} = '{value}'" if values.dtype == pl.String else f"{values.name} = {value}"
        noticed = Noticed(where=self.where)
        noticed.notice(rule, values.name, message, rows=rows, evidence=evidence, remedy=remedy)
        self.findings.extend(noticed.findings())

    def _tell(self, rule: Rule, where: str, message: str, *, evidence: str = "", remedy: str = "") -> None:
        finding = Finding.of(rule, where=f"{self.where}, {where}", message=message, evidence=evidence, remedy=remedy)
        self.findings.append(finding)


_ONLY_ASCII = r"^[\x00-\x7f]*$"
_NOT_ASCII = r"[^\x00-\x7f]"


def _has(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _encoded(values: pl.Series, encoding: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """As `bytes_of`, in another encoding than UTF-8."""
    parts = [text.encode(encoding) for text in values.fill_null("")]
    return np.frombuffer(b"".join(parts), dtype=np.uint8), np.array([len(part) for part in parts], dtype=np.int64)


def _cut(
    content: npt.NDArray[np.uint8], lengths: npt.NDArray[np.int64], length: int, encoding: str
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The texts with at most `length` bytes, cut between characters."""
    data, place, parts = content.tobytes(), 0, []
    for size in lengths.tolist():
        text = data[place : place + size]
        place += size
        parts.append(text if size <= length else text[:length].decode(encoding, errors="ignore").encode(encoding))
    return np.frombuffer(b"".join(parts), dtype=np.uint8), np.array([len(part) for part in parts], dtype=np.int64)
