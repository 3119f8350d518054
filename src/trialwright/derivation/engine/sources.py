"""SDTM records as derivations read them: cleaned once, each thing that is wrong with them a finding.

Nothing is dropped without a finding. A text that stands for a number becomes that number or missing, a date that does
not exist becomes missing, records of subjects whom DM lacks are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from trialwright.derivation.engine.lineage import LINEAGE, merged_lineage, union_lineage
from trialwright.findings import Finding, Rule, Severity
from trialwright.standards import Dataset
from trialwright.standards.iso8601 import dtc_problem
from trialwright.standards.sdtm_variables import sdtm_domain

_SDTMIG = "SDTMIG 3.4"

UNKNOWN_SUBJECT = Rule(
    id="derive.unknown-subject",
    title="Every record belongs to a subject of DM.",
    source=f"{_SDTMIG}, Demographics (DM): one record for each subject",
)
NOT_A_NUMBER = Rule(
    id="derive.not-a-number",
    title="A numeric variable holds numbers only.",
    source=f"{_SDTMIG}, variable types",
)
NOT_A_TEXT = Rule(
    id="derive.not-a-text",
    title="A character variable holds texts.",
    source=f"{_SDTMIG}, variable types",
    severity=Severity.WARNING,
)
NOT_A_DATE = Rule(
    id="derive.impossible-date",
    title="Dates are complete or partial dates of the calendar in ISO 8601.",
    source=f"{_SDTMIG}, Formats for Date/Time Variables",
)
END_BEFORE_START = Rule(
    id="derive.end-before-start",
    title="Nothing ends before it starts.",
    source=f"{_SDTMIG}, --STDTC and --ENDTC",
    severity=Severity.WARNING,
)
DUPLICATE_KEY = Rule(
    id="derive.duplicate-key",
    title="--SEQ is unique within a subject and domain.",
    source=f"{_SDTMIG}, --SEQ",
)
ORPHANED_SUPPLEMENT = Rule(
    id="derive.orphaned-supplement",
    title="Each supplemental qualifier has its parent record.",
    source=f"{_SDTMIG}, Supplemental Qualifiers (SUPP--)",
)
AMBIGUOUS_SUPPLEMENT = Rule(
    id="derive.ambiguous-supplement",
    title="A record has at most one supplemental qualifier of a name.",
    source=f"{_SDTMIG}, Supplemental Qualifiers (SUPP--)",
)

SOURCE_RULES = (
    UNKNOWN_SUBJECT,
    NOT_A_NUMBER,
    NOT_A_TEXT,
    NOT_A_DATE,
    END_BEFORE_START,
    DUPLICATE_KEY,
    ORPHANED_SUPPLEMENT,
    AMBIGUOUS_SUPPLEMENT,
)

#: Timing variables that a domain may have without its description naming them (SDTM 2.0, section 3.1.5).
_TIMING_NUMBERS = frozenset({"VISITNUM", "VISITDY", "TAETORD"})

_MISSING_DATE = "The value is taken as missing. Correct it in the source."


def prepare_domain(
    dataset: Dataset, subjects: pl.Series | None, *, is_reference: bool = False
) -> tuple[pl.DataFrame, list[Finding]]:
    """All records of a domain, in their order, cleaned; and what was wrong with them.

    Texts lose the blanks at their ends, empty ones are missing; numbers are Float64. The column `_is_known` says
    whether the record's subject is in `subjects`; records of others are not taken by a step, but keep their place, so
    that record numbers stay those of the file.
    """
    name = dataset.name
    findings: list[Finding] = []
    types = _types_by_standard(name, dataset.frame)
    columns: list[pl.Expr | pl.Series] = []
    for column in dataset.frame:
        wanted = types.get(column.name)
        if column.dtype == pl.Null:
            columns.append(column.cast(pl.Float64 if wanted == "number" else pl.String))
        elif column.dtype == pl.String:
            text = column.str.strip_chars().replace("", None)
            columns.append(_as_numbers(text, dataset, findings) if wanted == "number" else text)
        elif column.dtype.is_numeric():
            numbers = _finite(column.cast(pl.Float64), column, dataset, findings)
            columns.append(_as_texts(numbers, name, findings) if wanted == "text" else numbers)
        else:
            columns.append(_as_texts(column, name, findings) if wanted == "text" else column)
    frame = pl.DataFrame(columns)
    frame = _without_impossible_dates(frame, dataset, findings)
    findings.extend(_ends_before_starts(frame, name))
    findings.extend(_duplicate_keys(frame, name))
    if subjects is None or "USUBJID" not in frame.columns or is_reference:
        return frame.with_columns(_is_known=pl.lit(value=True)), findings
    known = frame["USUBJID"].is_in(subjects.implode()).fill_null(value=False)
    frame = frame.with_columns(known.alias("_is_known"))
    unknown = frame.with_row_index("_row").filter(~pl.col("_is_known"))
    findings.extend(
        Finding.of(
            UNKNOWN_SUBJECT,
            where=_place(name, row),
            message="The subject is not in DM, so the record is left out.",
            evidence=f"USUBJID = {row['USUBJID']!r}, record {row['_row'] + 1}",
            remedy="Add the subject to DM, or mend USUBJID.",
        )
        for row in unknown.iter_rows(named=True)
    )
    return frame, findings


def _types_by_standard(domain: str, frame: pl.DataFrame) -> dict[str, str]:
    """What the standard says the domain's variables hold: number or text; those that it does not know are left out."""
    found = {name: "number" for name in frame.columns if name in _TIMING_NUMBERS}
    found |= {name: "text" for name in frame.columns if name.endswith("DTC")}
    described = sdtm_domain(domain)
    for variable in described.variables if described is not None else ():
        if variable.name in frame.columns:
            found[variable.name] = "number" if variable.type in ("integer", "float") else "text"
    return found


def _as_numbers(column: pl.Series, dataset: Dataset, findings: list[Finding]) -> pl.Series:
    return _finite(column.cast(pl.Float64, strict=False), column, dataset, findings, is_nan_wrong=True)


def _finite(
    numbers: pl.Series,
    column: pl.Series,
    dataset: Dataset,
    findings: list[Finding],
    *,
    is_nan_wrong: bool = False,
) -> pl.Series:
    """`numbers` without infinite ones; a finding for each value of `column` that is no number.

    Not a number (NaN) is how some programs write a missing number; as a text it is wrong.
    """
    wrong = (column.is_not_null() & numbers.is_null()) | numbers.is_infinite().fill_null(value=False)
    if is_nan_wrong:
        wrong = wrong | numbers.is_nan().fill_null(value=False)
    if wrong.any():
        findings.extend(
            Finding.of(
                NOT_A_NUMBER,
                where=_place(dataset.name, row),
                message=f"{column.name} is no number. The value is taken as missing.",
                evidence=f"{column.name} = {row[column.name]!r}",
                remedy="Correct it in the source.",
            )
            for row in dataset.frame.with_row_index("_row").filter(wrong).iter_rows(named=True)
        )
    return pl.select(pl.when(numbers.is_finite()).then(numbers))[:, 0].alias(column.name)


def _as_texts(column: pl.Series, domain: str, findings: list[Finding]) -> pl.Series:
    """What is no text where the standard has one: as it would be written, with one finding for the variable.

    Dates and times are written in ISO 8601, a time of midnight left out: a column of dates often has one. Categories
    are the texts that they stand for, which is no fault.
    """
    if isinstance(column.dtype, pl.Categorical | pl.Enum):
        return column.cast(pl.String).str.strip_chars().replace("", None)
    texts = _written(column)
    if column.null_count() < column.len():
        findings.append(
            Finding.of(
                NOT_A_TEXT,
                where=f"{domain}, {column.name}",
                message=f"{column.name} is {_kind(column.dtype)}, and a text by the standard. "
                "Its values are taken as texts.",
                evidence=f"{column.name} = {texts.drop_nulls()[0]}",
                remedy="Make it a character variable in the source.",
            )
        )
    return texts


def _kind(dtype: pl.DataType) -> str:
    return "numeric" if dtype.is_numeric() else f"of type {dtype.base_type().__name__}"


def _written(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Date:
        return column.dt.strftime("%Y-%m-%d")
    if isinstance(column.dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S").str.strip_suffix("T00:00:00")
    if not column.dtype.is_numeric():
        return column.cast(pl.String, strict=False)
    whole = column.round() == column
    integers = column.cast(pl.Int64, strict=False).cast(pl.String)
    return pl.select(pl.when(whole).then(integers).otherwise(column.cast(pl.String)))[:, 0].alias(column.name)


def _without_impossible_dates(frame: pl.DataFrame, dataset: Dataset, findings: list[Finding]) -> pl.DataFrame:
    names = [name for name, dtype in frame.schema.items() if name.endswith("DTC") and dtype == pl.String]
    if not names:
        return frame
    for name in names:
        # Many records share a date: each is looked at once.
        texts = pl.DataFrame([frame[name].drop_nulls().unique()])
        problems = texts.with_columns(dtc_problem(name).alias("_problem")).drop_nulls("_problem")
        if problems.is_empty():
            continue
        numbered = frame.with_row_index("_row")
        rows = numbered.join(problems, on=name, how="inner", maintain_order="left")
        wrong = numbered["_row"].is_in(rows["_row"].implode())
        findings.extend(
            Finding.of(
                NOT_A_DATE,
                where=_place(dataset.name, row),
                message=f"{name} is no date ({row['_problem']}).",
                evidence=f"{name} = {row[name]!r}",
                remedy=_MISSING_DATE,
            )
            for row in rows.iter_rows(named=True)
        )
        frame = frame.with_columns(pl.when(~wrong).then(pl.col(name)).alias(name))
    return frame


def _ends_before_starts(frame: pl.DataFrame, domain: str) -> Iterator[Finding]:
    start, end = f"{domain}STDTC", f"{domain}ENDTC"
    if start not in frame.columns or end not in frame.columns:
        return
    # Compared as far as both are known: 2014-03 does not end before 2014-03-05, nor 2014---05 before 2014-03.
    begins, ends = (pl.col(name).str.replace(r"-?--.*$", "") for name in (start, end))
    common = pl.min_horizontal(begins.str.len_chars(), ends.str.len_chars())
    is_before = ends.str.slice(0, common) < begins.str.slice(0, common)
    for row in frame.with_row_index("_row").filter(is_before).iter_rows(named=True):
        yield Finding.of(
            END_BEFORE_START,
            where=_place(domain, row),
            message="It ends before it starts; both dates are used as they are.",
            evidence=f"{start} = {row[start]!r}, {end} = {row[end]!r}",
            remedy="Correct the date that is wrong in the source.",
        )


def _duplicate_keys(frame: pl.DataFrame, domain: str) -> Iterator[Finding]:
    sequence = f"{domain}SEQ"
    if sequence not in frame.columns or "USUBJID" not in frame.columns:
        return
    known = pl.col("USUBJID").is_not_null() & pl.col(sequence).is_not_null()
    repeated = known & ~pl.struct("USUBJID", sequence).is_first_distinct()
    for row in frame.with_row_index("_row").filter(repeated).iter_rows(named=True):
        yield Finding.of(
            DUPLICATE_KEY,
            where=_place(domain, row),
            message=f"{sequence} was given to this subject before; both records are used.",
            evidence=f"{sequence} = {row[sequence]:g}, record {row['_row'] + 1}",
            remedy=f"Number the subject's records in {domain} anew.",
        )


def _place(domain: str, row: dict[str, object]) -> str:
    """`AE, USUBJID 01-701-1015, AESEQ 3`; without subject or sequence the number of the record, from 1."""
    subject = row.get("USUBJID")
    sequence = row.get(f"{domain}SEQ") if subject is not None else None
    parts = [domain, f"USUBJID {subject}"] if subject is not None else [domain]
    if sequence is not None:
        parts.append(f"{domain}SEQ {sequence:g}" if isinstance(sequence, float) else f"{domain}SEQ {sequence}")
    else:
        parts.append(f"record {int(str(row['_row'])) + 1}")
    return ", ".join(parts)


def supplemental_values(
    parent: pl.DataFrame, supplement: pl.DataFrame, *, domain: str
) -> tuple[pl.DataFrame, list[Finding]]:
    """`parent` with one text variable for each QNAM of its supplemental qualifiers, and what was wrong with them.

    IDVAR and IDVARVAL name the parent record; without IDVAR a qualifier is of the subject (SUPPDM).

    Source: SDTMIG 3.4, section 8.4 (Supplemental Qualifiers).
    """
    findings: list[Finding] = []
    names = supplement["QNAM"].drop_nulls().unique(maintain_order=True).to_list()
    values = supplement.with_row_index("_row").filter(pl.col("QNAM").is_not_null(), pl.col("_is_known"))
    result = parent.with_row_index("_parent")
    for (identifier,), part in values.group_by(["IDVAR"], maintain_order=True):
        result = _with_qualifiers(result, part, str(identifier) if identifier else "", domain, findings)
    present = [name for name in names if name in result.columns]
    return result.drop("_parent").select([*parent.columns, *present]), findings


def _with_qualifiers(
    parent: pl.DataFrame, part: pl.DataFrame, identifier: str, domain: str, findings: list[Finding]
) -> pl.DataFrame:
    if identifier and identifier not in parent.columns:
        findings.extend(_orphans(part.iter_rows(named=True), domain, f"{domain} has no variable {identifier}."))
        return parent
    keys = ["USUBJID", "_key"] if identifier else ["USUBJID"]
    if identifier and parent.schema[identifier].is_numeric():
        part = part.with_columns(_key=pl.col("IDVARVAL").cast(pl.Float64, strict=False))
        parent = parent.with_columns(_key=pl.col(identifier))
    elif identifier:
        part, parent = part.with_columns(_key=pl.col("IDVARVAL")), parent.with_columns(_key=pl.col(identifier))
    orphans = part.join(parent, on=keys, how="anti", maintain_order="left")
    findings.extend(_orphans(orphans.iter_rows(named=True), domain, "Its parent record does not exist."))
    repeated = part.filter(~pl.struct([*keys, "QNAM"]).is_first_distinct())
    findings.extend(
        Finding.of(
            AMBIGUOUS_SUPPLEMENT,
            where=_place(f"SUPP{domain}", row),
            message=f"{row['QNAM']} was given to this record before; the first value counts.",
            evidence=f"QVAL = {row['QVAL']!r}",
            remedy="Keep one of them.",
        )
        for row in repeated.iter_rows(named=True)
    )
    first = part.unique([*keys, "QNAM"], keep="first", maintain_order=True)
    wide = first.pivot("QNAM", index=keys, values="QVAL", aggregate_function="first")
    lineage = first.group_by(keys, maintain_order=True).agg(union_lineage())
    clashes = [name for name in wide.columns if name not in keys and name in parent.columns]
    joined = parent.join(wide, on=keys, how="left", maintain_order="left", suffix="_supp")
    joined = joined.with_columns(pl.coalesce(f"{name}_supp", name).alias(name) for name in clashes)
    return (
        joined.join(lineage, on=keys, how="left", maintain_order="left", suffix="_supp")
        .with_columns(merged_lineage(LINEAGE, f"{LINEAGE}_supp").alias(LINEAGE))
        .drop(f"{LINEAGE}_supp", *(f"{name}_supp" for name in clashes), *(["_key"] if identifier else []))
    )


def _orphans(rows: Iterable[dict[str, object]], domain: str, why: str) -> Iterator[Finding]:
    for row in rows:
        yield Finding.of(
            ORPHANED_SUPPLEMENT,
            where=_place(f"SUPP{domain}", row),
            message=f"{why} The qualifier is left out.",
            evidence=f"{row['QNAM']} = {row['QVAL']!r}, {row['IDVAR']} = {row['IDVARVAL']!r}",
            remedy=f"Add the record to {domain}, or mend IDVARVAL.",
        )
