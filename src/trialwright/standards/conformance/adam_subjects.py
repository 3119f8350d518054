"""ADaM rules of subjects: ADSL itself, what other datasets copy from it, and DM behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from trialwright.findings import Severity
from trialwright.standards.conformance.adam_shared import ADSL, IG, cdisc, differ
from trialwright.standards.conformance.data import CheckedDataset, CheckedStudy
from trialwright.standards.conformance.rules import Offence, Place, Records, RuleBook

RULES = RuleBook()


@RULES.rule(
    "adam.adsl-record", "ADSL has one record of each subject.", source=cdisc(54), kinds=(ADSL,), any_type=("USUBJID",)
)
def one_record_each(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Subjects with several records."""
    again = checked.frame.filter(pl.col("USUBJID").is_not_null() & pl.col("USUBJID").is_duplicated())
    yield Records(again, "The subject has several records in ADSL.")


@RULES.rule("adam.subject-unknown", "A subject is in ADSL.", source=cdisc(256), texts=("USUBJID",))
def subjects_known(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records of subjects that ADSL has not."""
    adsl = study.dataset("ADSL", texts=("USUBJID",))
    if adsl is not None and checked.kind != ADSL:
        wrong = checked.frame.filter(pl.col("USUBJID").is_not_null()).join(adsl.frame, on="USUBJID", how="anti")
        yield Records(wrong, "The subject is not in ADSL.")


@RULES.rule("adam.subject-not-in-dm", "A subject is in DM.", source=cdisc(53), kinds=(ADSL,), texts=("USUBJID",))
def subjects_in_dm(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Subjects of ADSL that DM has not."""
    dm = study.domain("DM", texts=("USUBJID",))
    if dm is not None:
        wrong = checked.frame.filter(pl.col("USUBJID").is_not_null()).join(dm.frame, on="USUBJID", how="anti")
        yield Records(wrong, "The subject is not in DM.")


@RULES.rule(
    "adam.as-dm",
    "ADSL has the age, sex, race, site and arms that DM has.",
    source=cdisc(204, 205, 206, 207, 208, 209, 210, 367),
    kinds=(ADSL,),
    texts=("USUBJID",),
)
def as_dm(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Subjects whose ADSL differs from DM."""
    dm = study.domain("DM", texts=("USUBJID",))
    if dm is not None:
        yield from _copies(checked, dm, ("AGE", "AGEU", "SEX", "RACE", "SUBJID", "SITEID", "ARM", "ACTARM"))


@RULES.rule(
    "adam.as-adsl",
    "A variable that ADSL has too is a copy of it.",
    source=cdisc(591),
    texts=("USUBJID",),
)
def as_adsl(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose value differs from that of the subject in ADSL."""
    adsl = study.dataset("ADSL", texts=("USUBJID",))
    if adsl is not None and checked.kind != ADSL:
        yield from _copies(checked, adsl, [name for name in checked.variables if adsl.has(name) and name != "USUBJID"])


def _copies(checked: CheckedDataset, source: CheckedDataset, names: list[str] | tuple[str, ...]) -> Iterator[Offence]:
    """Records whose values of `names` are not those of the subject in `source`, where the types can be compared."""
    same = [n for n in names if checked.has(n) and source.has(n) and _comparable(checked, source, n)]
    if not same:
        return
    expected = source.frame.select("USUBJID", *(pl.col(n).alias(f"{source.name}.{n}") for n in same))
    joined = checked.frame.join(
        expected.unique("USUBJID", keep="first", maintain_order=True), on="USUBJID", how="inner", maintain_order="left"
    )
    for name in same:
        other = f"{source.name}.{name}"
        if joined.schema[name].is_float():
            unequal = differ(pl.col(name), pl.col(other)).fill_null(True) & pl.col(name).ne_missing(pl.col(other))
        else:
            unequal = pl.col(name).ne_missing(pl.col(other))
        yield Records(joined.filter(unequal), f"{name} differs from {source.name}'s.", evidence=(name, other))


def _comparable(checked: CheckedDataset, source: CheckedDataset, name: str) -> bool:
    found, expected = checked.frame.schema[name], source.frame.schema[name]
    return found == expected or (found.is_numeric() and expected.is_numeric())


@RULES.rule(
    "adam.treatment-unknown",
    "TRTP and TRTA are among the subject's treatments in ADSL.",
    source=cdisc(720, 897),
    texts=("USUBJID",),
)
def treatments_known(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose treatment is none of the subject's planned, or actual, ones."""
    adsl = study.dataset("ADSL", texts=("USUBJID",))
    if adsl is None or checked.kind == ADSL:
        return
    for name, kind in (("TRTP", "P"), ("TRTA", "A")):
        known = adsl.texts(rf"TRT\d\d{kind}|TRTSEQ{kind}|TR\d\d{kind}G\d+")
        if known and name in checked.texts(name):
            treatments = adsl.frame.select("USUBJID", *known).unpivot(index="USUBJID", value_name=name)
            others = checked.frame.join(adsl.frame, on="USUBJID", how="semi").filter(pl.col(name).is_not_null())
            wrong = others.join(treatments, on=["USUBJID", name], how="anti", maintain_order="left")
            yield Records(wrong, f"{name} is no treatment of the subject in ADSL.", evidence=(name,))


@RULES.rule(
    "adam.treatment-periods",
    "ADSL names the treatments of all periods, and when those after the first began and ended.",
    source=cdisc(78, 79, 81),
    kinds=(ADSL,),
)
def treatment_periods(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Periods without their dates or without the period before."""
    for name in checked.variables:
        match = re.fullmatch(r"TRT(\d\d)P", name)
        period = int(match[1]) if match else 1
        for needed in (f"TRT{period - 1:02d}P", f"TR{period:02d}SDT", f"TR{period:02d}EDT") if period > 1 else ():
            if not checked.has(needed) and not checked.has(f"{needed}M"):
                yield Place(f"{name} is there without {needed}.", variable=name)


@RULES.rule(
    "adam.treatment-dates",
    "Where exposure was collected, ADSL says when treatment began and ended.",
    source=cdisc(61, 365),
    kinds=(ADSL,),
)
def treatment_dates(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """ADSL without TRTSDT or TRTEDT although there is a domain EX."""
    for name in ("TRTSDT", "TRTEDT"):
        if "EX" in study.domains and not checked.has(name) and not checked.has(f"{name}M"):
            yield Place(f"{name} is missing, and EX is there.", variable=name)


@RULES.rule(
    "adam.safety-untreated",
    "Whoever is in the safety population was treated.",
    source=IG,
    kinds=(ADSL,),
    texts=("SAFFL",),
    any_type=("TRTSDT",),
)
def safety_untreated(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Subjects with SAFFL = Y and without a first treatment."""
    wrong = checked.frame.filter(pl.col("SAFFL") == "Y", pl.col("TRTSDT").is_null())
    yield Records(wrong, "SAFFL is Y and TRTSDT is missing.")


@RULES.rule(
    "adam.randomization",
    "Whoever is flagged as randomized has a date of randomization.",
    source=cdisc(366),
    kinds=(ADSL,),
    texts=("RANDFL",),
)
def randomization(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """RANDFL = Y without RANDDT, the variable or its value."""
    randomized = checked.frame.filter(pl.col("RANDFL") == "Y")
    if not checked.has("RANDDT"):
        if not randomized.is_empty():
            yield Place("RANDFL is Y and there is no RANDDT.", variable="RANDDT")
    else:
        yield Records(randomized.filter(pl.col("RANDDT").is_null()), "RANDFL is Y and RANDDT is missing.")


@RULES.rule(
    "adam.death",
    "Whoever is flagged as dead has a date of death, and whoever has a date is flagged.",
    source=IG,
    severity=Severity.WARNING,
    kinds=(ADSL,),
    texts=("DTHFL",),
    any_type=("DTHDT",),
)
def death(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Contradictions of DTHFL and DTHDT."""
    dead, dated = pl.col("DTHFL").eq_missing("Y"), pl.col("DTHDT").is_not_null()
    yield Records(checked.frame.filter(dead & ~dated), "DTHFL is Y and DTHDT is missing.")
    yield Records(checked.frame.filter(dated & ~dead), "DTHDT has a value and DTHFL is not Y.", evidence=("DTHDT",))


@RULES.rule(
    "adam.last-treatment",
    "TRTEDT is the last of the ends of treatment by period.",
    source=cdisc(84),
    kinds=(ADSL,),
    dates=("TRTEDT",),
)
def last_treatment(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Subjects whose TRTEDT is not the latest TRxxEDT."""
    periods = checked.dates(r"TR\d\dEDT")
    if periods:
        wrong = checked.frame.filter(pl.col("TRTEDT") != pl.max_horizontal(periods))
        yield Records(wrong, "TRTEDT is not the latest of the ends by period.", evidence=("TRTEDT", *periods))
