"""SDTM rules of what belongs together: qualifiers, related records, comments, visits, elements, trial summary."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from trialwright.findings import Severity
from trialwright.standards.conformance.data import RECORD, CheckedDataset, CheckedStudy
from trialwright.standards.conformance.rules import Offence, Place, Records, RuleBook
from trialwright.standards.conformance.sdtm_shared import OBSERVATIONS, guide_section
from trialwright.standards.sdtm_variables import parent_domain

RULES = RuleBook()

#: Trial summary parameters that every trial has (SDTMIG 3.4, appendix C1: required or, by the FDA, expected).
_PARAMETERS = (
    "ADDON", "AGEMAX", "AGEMIN", "INDIC", "LENGTH", "OBJPRIM", "PLANSUB", "RANDOM", "SEXPOP", "SPONSOR", "SSTDTC",
    "STOPRULE", "STYPE", "TBLIND", "TCNTRL", "TITLE", "TPHASE", "TRT", "TTYPE",
)  # fmt: skip


def _parents(study: CheckedStudy, code: str) -> list[CheckedDataset]:
    """The datasets of a domain, which may be split."""
    return [
        checked
        for name, checked in study.datasets.items()
        if code in (name, parent_domain(name)) and not name.startswith("SUPP")
    ]


def _as_key(name: str, dtype: pl.DataType) -> pl.Expr:
    """A value as --IDVARVAL has it: whole numbers without a point, without blanks around."""
    text = pl.col(name).cast(pl.String).str.strip_chars()
    return text.str.strip_suffix(".0") if dtype.is_float() else text


def _orphans(checked: CheckedDataset, study: CheckedStudy) -> Iterator[tuple[pl.DataFrame, str]]:
    """The records whose related record is not there, and why; IDVAR may be missing, which relates to the subject."""
    by_subject = checked.has("USUBJID")
    codes = checked.frame.select("RDOMAIN", "IDVAR").unique(maintain_order=True)
    for code, variable in codes.iter_rows():
        if code is None:
            continue
        is_meant = (pl.col("RDOMAIN") == code) & pl.col("IDVAR").eq_missing(pl.lit(variable, pl.String))
        records = checked.frame.filter(is_meant)
        parents = [parent for parent in _parents(study, code) if variable is None or parent.has(variable)]
        if not _parents(study, code):
            yield records, "The related domain is not there."
        elif not parents:
            yield records, "The related domain has no such variable."
        else:
            keys = [
                parent.frame.select(
                    *([pl.col("USUBJID").cast(pl.String)] if by_subject and parent.has("USUBJID") else []),
                    *([_as_key(variable, parent.frame.schema[variable]).alias("IDVARVAL")] if variable else []),
                ).unique()
                for parent in parents
            ]
            known = pl.concat(keys, how="diagonal").unique()
            # Of a whole dataset (RELREC without subject and value) nothing is left to be found.
            values = records.with_columns(pl.col("IDVARVAL").cast(pl.String).str.strip_chars())
            given = values.filter(pl.col("IDVARVAL").is_not_null() | pl.lit(variable is None))
            if by_subject:
                given = given.filter(pl.col("USUBJID").is_not_null() | pl.lit("USUBJID" not in known.columns))
            if known.columns:
                yield (
                    given.join(known, on=known.columns, how="anti", maintain_order="left"),
                    "The related record is not there.",
                )


@RULES.rule(
    "sdtm.supplemental-parent",
    "A supplemental qualifier belongs to a record of its domain.",
    source=guide_section("8.4", "CG0371"),
    texts=("RDOMAIN", "IDVAR", "IDVARVAL", "QNAM"),
)
def supplemental_parents(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Qualifiers of records that are not there."""
    for records, message in _orphans(checked, study):
        yield _related(records, message)


@RULES.rule(
    "sdtm.supplemental-name",
    "A supplemental qualifier is not a variable of its domain.",
    source=guide_section("8.4"),
    texts=("RDOMAIN", "QNAM"),
)
def supplemental_names(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Qualifiers that have the name of a variable that is there."""
    for code in checked.frame["RDOMAIN"].drop_nulls().unique(maintain_order=True):
        names = {name for parent in _parents(study, code) for name in parent.variables}
        for name in checked.frame.filter(pl.col("RDOMAIN") == code)["QNAM"].drop_nulls().unique(maintain_order=True):
            if name in names:
                yield Place(
                    "The related domain has a variable of this name.", variable="QNAM", evidence=f"QNAM = '{name}'"
                )


@RULES.rule(
    "sdtm.supplemental-unique",
    "A record has a supplemental qualifier once.",
    source=guide_section("8.4", "CG0411"),
    texts=("RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM"),
)
def supplemental_unique(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Qualifiers that a record has more than once."""
    keys = ["RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM"]
    yield _related(
        checked.frame.filter(pl.struct(keys).is_duplicated()), "The record has the qualifier more than once."
    )


@RULES.rule(
    "sdtm.supplemental-label",
    "A supplemental qualifier has one label.",
    source=guide_section("8.4", "FDAB009"),
    texts=("RDOMAIN", "QNAM", "QLABEL"),
    severity=Severity.WARNING,
)
def supplemental_labels(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Names of qualifiers with several labels; one finding for each."""
    labels = checked.frame.group_by("RDOMAIN", "QNAM", maintain_order=True).agg(
        pl.col("QLABEL").drop_nulls().unique().sort()
    )
    for _, name, several in labels.filter(pl.col("QLABEL").list.len() > 1).iter_rows():
        yield Place(
            "A qualifier has more than one label.", variable="QLABEL", evidence=f"QNAM = '{name}': {', '.join(several)}"
        )


def _related(records: pl.DataFrame, message: str) -> Records:
    evidence = tuple(name for name in ("RDOMAIN", "IDVAR", "IDVARVAL", "QNAM", "RELID") if name in records.columns)
    places = tuple(name for name in ("USUBJID", RECORD) if name in records.columns)
    return Records(records, message, evidence=evidence, at=places)


@RULES.rule(
    "sdtm.relation",
    "The records that RELREC relates are there.",
    source=guide_section("8.2", "CG0370", "CG0371"),
    datasets=("RELREC",),
    texts=("RDOMAIN", "IDVAR", "IDVARVAL"),
)
def relations(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Ends of relations that are not there."""
    for records, message in _orphans(checked, study):
        yield _related(records, message)


@RULES.rule(
    "sdtm.relation-ends",
    "A relation has two ends at least.",
    source=guide_section("8.2"),
    datasets=("RELREC",),
    texts=("USUBJID", "RELID"),
)
def relation_ends(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Relations of one record."""
    alone = checked.frame.filter(pl.col("RELID").is_not_null() & pl.struct("USUBJID", "RELID").is_unique())
    yield _related(alone, "The relation has one end only.")


@RULES.rule(
    "sdtm.comment",
    "A comment that names a record belongs to one.",
    source=guide_section("5.1", "CG0371"),
    datasets=("CO",),
    texts=("RDOMAIN", "IDVAR", "IDVARVAL"),
)
def comments(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Comments of records that are not there."""
    for records, message in _orphans(checked, study):
        yield _related(records, message)


@RULES.rule(
    "sdtm.visit-planned",
    "A visit is one of TV, or is called unscheduled.",
    source=guide_section("4.4.5", "CG0213"),
    severity=Severity.WARNING,
    numbers=("VISITNUM",),
)
def planned_visits(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Visits that TV has not, by number or by name; one finding for each."""
    planned = study.dataset("TV", numbers=("VISITNUM",))
    if planned is None or checked.name == "TV":
        return
    names = ["VISITNUM", *(["VISIT"] if checked.is_text("VISIT") and planned.is_text("VISIT") else [])]
    texts = [pl.col(name).cast(pl.String) for name in names[1:]]
    known = planned.frame.select(pl.col("VISITNUM").cast(pl.Float64).round(4), *texts).unique()
    visits = checked.frame.select(pl.col("VISITNUM").cast(pl.Float64).round(4), *texts).drop_nulls("VISITNUM")
    counted = visits.group_by(names, maintain_order=True).len("#records")
    if "VISIT" in names:
        called = pl.col("VISIT").str.to_uppercase().str.contains(r"UNSCHED|UNPLAN|EARLY|RETRIEVAL").fill_null(False)
        counted = counted.filter(~called)
    for *values, records in counted.join(known, on=names, how="anti", maintain_order="left").iter_rows():
        shown = [
            f"'{value}'" if isinstance(value, str) else f"{value:g}" if value is not None else "missing"
            for value in values
        ]
        evidence = ", ".join(f"{name} = {text}" for name, text in zip(names, shown, strict=True))
        yield Place("TV has no such visit.", variable="VISITNUM", evidence=f"{evidence} in {records} records")


@RULES.rule(
    "sdtm.visit-of-subject",
    "A visit of a record is one that the subject made.",
    source=guide_section("5.5", "CG0034"),
    severity=Severity.WARNING,
    numbers=("VISITNUM",),
    texts=("USUBJID",),
    kinds=OBSERVATIONS,
)
def visits_made(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records of visits that SV has not of the subject."""
    made = study.dataset("SV", texts=("USUBJID",), numbers=("VISITNUM",))
    if made is not None:
        # 9.3 may come as 9.299999999999999 from programs that count in binary.
        number = pl.col("VISITNUM").cast(pl.Float64).round(4)
        known = made.frame.select("USUBJID", number).unique()
        given = checked.frame.with_columns(number).filter(pl.col("VISITNUM").is_not_null())
        wrong = given.join(known, on=["USUBJID", "VISITNUM"], how="anti", maintain_order="left")
        yield Records(wrong, "SV has no such visit of the subject.", evidence=("VISITNUM",))


@RULES.rule(
    "sdtm.element",
    "An element is one of TE.",
    source=guide_section("7.2.2", "CG0414"),
    datasets=("SE", "TA"),
    texts=("ETCD",),
)
def elements(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Elements that TE has not, but for the unplanned ones of a subject."""
    planned = study.dataset("TE", texts=("ETCD",))
    if planned is not None:
        known = [*planned.frame["ETCD"].drop_nulls().unique(), "UNPLAN"]
        yield Records(checked.frame.filter(~pl.col("ETCD").is_in(known)), "TE has no such element.", evidence=("ETCD",))


@RULES.rule(
    "sdtm.element-end",
    "An element of a subject starts when the one before ends.",
    source=guide_section("5.3"),
    datasets=("SE",),
    texts=("USUBJID", "SESTDTC", "SEENDTC"),
    severity=Severity.WARNING,
)
def element_ends(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Elements with a gap or an overlap before them, in days."""
    ordered = checked.frame.sort("USUBJID", "SESTDTC", "SEENDTC", nulls_last=True, maintain_order=True)
    previous = pl.col("SEENDTC").shift(1).over("USUBJID")
    frame = ordered.with_columns(previous.alias("SEENDTC before"))
    wrong = frame.filter(pl.col("SEENDTC before").str.slice(0, 10) != pl.col("SESTDTC").str.slice(0, 10))
    yield Records(wrong, "The element does not start when the one before ends.", evidence=("SESTDTC", "SEENDTC before"))


@RULES.rule(
    "sdtm.summary-parameter",
    "The trial summary has the parameters that every trial has.",
    source=guide_section("7.4.2 and appendix C1"),
    datasets=("TS",),
    texts=("TSPARMCD",),
    severity=Severity.WARNING,
)
def summary_parameters(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Parameters that the summary has not; one finding for each."""
    there = set(checked.frame["TSPARMCD"].drop_nulls())
    for parameter in _PARAMETERS:
        if parameter not in there:
            yield Place(
                "A parameter of the trial summary is missing.",
                variable="TSPARMCD",
                evidence=f"TSPARMCD = '{parameter}'",
            )


@RULES.rule(
    "sdtm.summary-value",
    "A trial summary parameter has a value, or says why it has none.",
    source=guide_section("7.4.2"),
    datasets=("TS",),
    texts=("TSPARMCD", "TSVAL"),
)
def summary_values(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Parameters with neither a value nor a null flavor."""
    has_reason = pl.col("TSVALNF").is_not_null() if checked.has("TSVALNF") else pl.lit(False)
    wrong = checked.frame.filter(pl.col("TSVAL").is_null() & ~has_reason)
    yield Records(wrong, "TSVAL is missing, without a reason.", evidence=("TSPARMCD",), at=("TSPARMCD", RECORD))


@RULES.rule(
    "sdtm.epoch",
    "An epoch is one of TA.",
    source=guide_section("7.1.2", "CG0009"),
    severity=Severity.WARNING,
    texts=("EPOCH",),
)
def epochs(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Epochs that TA has not; one finding for each."""
    planned = study.dataset("TA", texts=("EPOCH",))
    if planned is not None and checked.name != "TA":
        known = set(planned.frame["EPOCH"])
        for epoch in checked.frame["EPOCH"].drop_nulls().unique().sort():
            if epoch not in known:
                yield Place("TA has no such epoch.", variable="EPOCH", evidence=f"EPOCH = '{epoch}'")


@RULES.rule(
    "sdtm.criterion-result",
    "An exclusion criterion of IE was met, an inclusion criterion was not.",
    source=guide_section("6.3.4", "CG0175", "CG0176"),
    datasets=("IE",),
    texts=("IECAT", "IESTRESC"),
)
def criterion_results(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Results other than Y of exclusion and N of inclusion criteria."""
    expected = pl.when(pl.col("IECAT") == "EXCLUSION").then(pl.lit("Y")).otherwise(pl.lit("N"))
    wrong = checked.frame.filter(pl.col("IECAT").is_in(["EXCLUSION", "INCLUSION"]) & (pl.col("IESTRESC") != expected))
    yield Records(wrong, "IESTRESC is not what a criterion that was not met has.", evidence=("IECAT", "IESTRESC"))
