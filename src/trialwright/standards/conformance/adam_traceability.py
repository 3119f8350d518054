"""ADaM rules of occurrences and of the way back to SDTM."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from trialwright.findings import Severity
from trialwright.standards.conformance.adam_shared import OCCDS, OCCDS_GUIDE, cdisc, differ
from trialwright.standards.conformance.data import CheckedDataset, CheckedStudy
from trialwright.standards.conformance.rules import Offence, Place, Records, RuleBook

RULES = RuleBook()


@RULES.rule(
    "adam.emergence",
    "What is treatment-emergent did not start before treatment.",
    source=OCCDS_GUIDE,
    severity=Severity.WARNING,
    texts=("TRTEMFL",),
    dates=("ASTDT", "TRTSDT"),
)
def emergence(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records of TRTEMFL = Y that start before TRTSDT, or of subjects who were not treated.

    The plan may count what worsened under treatment; then the date is that of the onset.
    """
    emergent = checked.frame.filter(pl.col("TRTEMFL") == "Y")
    before = emergent.filter(pl.col("ASTDT") < pl.col("TRTSDT"))
    yield Records(before, "TRTEMFL is Y and ASTDT is before TRTSDT.", evidence=("ASTDT", "TRTSDT"))
    yield Records(emergent.filter(pl.col("TRTSDT").is_null()), "TRTEMFL is Y and TRTSDT is missing.")


#: Flags of first occurrences by what they are the first of, besides the subject.
_FIRST = (("AOCCFL", ()), ("AOCCSFL", ("AEBODSYS",)), ("AOCCPFL", ("AEBODSYS", "AEDECOD")))


@RULES.rule(
    "adam.first-occurrence",
    "A first occurrence is flagged once: AOCCFL of a subject, AOCCSFL of a class, AOCCPFL of a term.",
    source=OCCDS_GUIDE,
    texts=("USUBJID",),
)
def first_occurrences(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records that share the flag with another one."""
    for flag, within in _FIRST:
        if flag in checked.texts() and checked.has(*within):
            again = checked.frame.filter(pl.col(flag) == "Y").filter(pl.struct("USUBJID", *within).is_duplicated())
            yield Records(again, f"{flag} is Y in several records.", evidence=within)


def _source(checked: CheckedDataset, study: CheckedStudy) -> tuple[str, CheckedDataset | None]:
    """The sequence (AESEQ) and the domain that it counts in, if both are known."""
    name = checked.sequence
    if not re.fullmatch(r"[A-Z]{2}SEQ", name) or not checked.is_number(name):
        return name, None
    return name, study.domain(name.removesuffix("SEQ"), texts=("USUBJID",), numbers=(name,))


@RULES.rule("adam.sequence", "A sequence is in the domain that it counts in.", source=cdisc(898), texts=("USUBJID",))
def sequences(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose AESEQ (LBSEQ, ...) the subject has not in AE (LB, ...)."""
    sequence, domain = _source(checked, study)
    if domain is not None:
        known = domain.frame.select("USUBJID", pl.col(sequence).cast(pl.Float64))
        wrong = (
            checked.frame.filter(pl.col(sequence).is_not_null())
            .with_columns(pl.col(sequence).cast(pl.Float64))
            .join(known, on=["USUBJID", sequence], how="anti", maintain_order="left")
        )
        yield Records(wrong, f"{sequence} is not in {domain.name}.", evidence=(sequence,))


@RULES.rule(
    "adam.as-sdtm",
    "A variable of SDTM has the value that it has in its record there.",
    source=cdisc(899),
    texts=("USUBJID",),
)
def as_sdtm(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose AETERM, LBSTRESN, ... differ from the record of the same sequence."""
    sequence, domain = _source(checked, study)
    if domain is None:
        return
    prefix = sequence.removesuffix("SEQ")
    names = [n for n in checked.variables if n.startswith(prefix) and n != sequence and domain.has(n)]
    names = [n for n in names if _comparable(checked.frame.schema[n], domain.frame.schema[n])]
    source = domain.frame.select(
        "USUBJID", pl.col(sequence).cast(pl.Float64), *(pl.col(n).alias(f"{domain.name}.{n}") for n in names)
    ).unique(["USUBJID", sequence], keep="first")
    joined = checked.frame.with_columns(pl.col(sequence).cast(pl.Float64)).join(
        source, on=["USUBJID", sequence], maintain_order="left"
    )
    for name in names:
        found, expected = pl.col(name), pl.col(f"{domain.name}.{name}")
        unequal = found.ne_missing(expected)
        if joined.schema[name].is_float():
            unequal = unequal & differ(found, expected).fill_null(True)
        wrong = joined.filter(unequal)
        yield Records(wrong, f"{name} differs from {domain.name}'s.", evidence=(name, f"{domain.name}.{name}"))


def _comparable(found: pl.DataType, expected: pl.DataType) -> bool:
    return found == expected or (found.is_numeric() and expected.is_numeric())


@RULES.rule(
    "adam.source",
    "SRCDOM names a dataset of SDTM or ADaM, and SRCSEQ a record of the subject in it.",
    source=cdisc(746),
    texts=("USUBJID", "SRCDOM"),
)
def sources(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose source is not there; only where the SDTM behind the data is known."""
    if not study.domains:
        return
    names = checked.frame["SRCDOM"].drop_nulls().unique(maintain_order=True).to_list()
    for name in names:
        records = checked.frame.filter(pl.col("SRCDOM") == name)
        if name in study.datasets:
            continue
        if name not in study.domains:
            yield Records(records, "SRCDOM is neither a domain nor a dataset.", evidence=("SRCDOM",))
            continue
        sequence = f"{name}SEQ"
        domain = study.domain(name, texts=("USUBJID",), numbers=(sequence,))
        if domain is not None and "SRCSEQ" in checked.numbers():
            known = domain.frame.select("USUBJID", pl.col(sequence).cast(pl.Float64).alias("SRCSEQ"))
            wrong = (
                records.filter(pl.col("SRCSEQ").is_not_null())
                .with_columns(pl.col("SRCSEQ").cast(pl.Float64))
                .join(known, on=["USUBJID", "SRCSEQ"], how="anti", maintain_order="left")
            )
            yield Records(wrong, f"SRCSEQ is not in {name}.", evidence=("SRCDOM", "SRCSEQ"))


@RULES.rule(
    "adam.event-left-out",
    "The records of AE of analysed subjects are in ADAE.",
    source=OCCDS_GUIDE,
    severity=Severity.NOTE,
    kinds=(OCCDS,),
    datasets=("ADAE",),
    texts=("USUBJID",),
    numbers=("AESEQ",),
)
def events_left_out(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Subjects of ADSL with adverse events that ADAE has not."""
    domain = study.domain("AE", texts=("USUBJID",), numbers=("AESEQ",))
    adsl = study.dataset("ADSL", texts=("USUBJID",))
    if domain is None or adsl is None:
        return
    there = checked.frame.select("USUBJID", pl.col("AESEQ").cast(pl.Float64))
    missing = (
        domain.frame.select("USUBJID", pl.col("AESEQ").cast(pl.Float64))
        .join(adsl.frame, on="USUBJID", how="semi", maintain_order="left")
        .join(there, on=["USUBJID", "AESEQ"], how="anti", maintain_order="left")
    )
    yield Records(missing, "An adverse event of AE is not in ADAE.", at=("USUBJID", "AESEQ"))


@RULES.rule(
    "adam.event-identifier",
    "A subject has one record of each adverse event.",
    source=OCCDS_GUIDE,
    severity=Severity.WARNING,
    datasets=("ADAE",),
    texts=("USUBJID",),
    numbers=("AESEQ",),
)
def event_identifiers(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records that share subject and AESEQ with another one."""
    if checked.frame["AESEQ"].is_null().all():
        yield Place("AESEQ has no value; no record can be followed to AE.", variable="AESEQ")
        return
    yield Records(checked.frame.filter(pl.struct("USUBJID", "AESEQ").is_duplicated()), "Records have the same AESEQ.")
