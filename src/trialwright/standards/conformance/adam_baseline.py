"""ADaM rules of the basic data structure: baseline, change, ratios, shifts of categories.

A baseline belongs to a subject, a parameter and, where there is one, a type of baseline (BASETYPE).
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from trialwright.findings import Severity
from trialwright.standards.conformance.adam_shared import BDS, IG, cdisc, differ
from trialwright.standards.conformance.data import CheckedDataset, CheckedStudy
from trialwright.standards.conformance.rules import Offence, Records, RuleBook

RULES = RuleBook()

_KEYS = ("USUBJID", "PARAMCD")


def _keys(checked: CheckedDataset) -> tuple[str, ...]:
    """What a baseline belongs to."""
    return (*_KEYS, "BASETYPE") if checked.is_text("BASETYPE") else _KEYS


def _baselines(checked: CheckedDataset) -> pl.DataFrame:
    """The records that are flagged as baseline."""
    return checked.frame.filter(pl.col("ABLFL") == "Y")


@RULES.rule(
    "adam.baseline-unique",
    "A subject has at most one baseline record of each parameter and type of baseline.",
    source=cdisc(154, 155),
    kinds=(BDS,),
    texts=(*_KEYS, "ABLFL"),
)
def baseline_unique(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Groups with several records of ABLFL = Y."""
    keys = _keys(checked)
    several = _baselines(checked).group_by(keys, maintain_order=True).agg(pl.len().alias("ABLFL = Y records"))
    several = several.filter(pl.col("ABLFL = Y records") > 1)
    yield Records(several, "There are several baseline records.", evidence=("ABLFL = Y records",), at=keys)


@RULES.rule(
    "adam.baseline-missing",
    "What has a baseline value has a baseline record.",
    source=cdisc(127),
    kinds=(BDS,),
    texts=(*_KEYS, "ABLFL"),
    numbers=("BASE",),
)
def baseline_missing(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Groups with BASE and without a record of ABLFL = Y."""
    keys = _keys(checked)
    without = (
        checked.frame.filter(pl.col("BASE").is_not_null())
        .unique(keys, keep="first", maintain_order=True)
        .join(_baselines(checked), on=keys, how="anti", nulls_equal=True, maintain_order="left")
    )
    yield Records(without, "BASE has a value and no record is the baseline.", evidence=("BASE",), at=keys)


@RULES.rule(
    "adam.base",
    "BASE is the analysis value of the baseline record.",
    source=cdisc(181, 789),
    kinds=(BDS,),
    texts=(*_KEYS, "ABLFL"),
    numbers=("AVAL", "BASE"),
)
def base_value(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose BASE is the AVAL of no baseline record of theirs."""
    wrong = _unlike_baseline(checked, "BASE", "AVAL", differ(pl.col("BASE"), pl.col("baseline AVAL")))
    yield Records(wrong, "BASE is not the AVAL of the baseline record.", evidence=("BASE", "baseline AVAL"))


@RULES.rule(
    "adam.baseline-category",
    "A category at baseline is that of the baseline record: BNRIND of ANRIND, B1IND of A1IND.",
    source=cdisc(182, 183, 354, 744, 745, 790),
    kinds=(BDS,),
    texts=(*_KEYS, "ABLFL"),
)
def baseline_categories(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose category at baseline is that of no baseline record of theirs."""
    pairs = [(name, f"A{name[1:]}") for name in checked.texts(r"BNRIND|BTOXGR[LH]?|B\dIND")]
    for found, source in (*pairs, ("BASEC", "AVALC")):
        if found in checked.texts() and source in checked.texts():
            wrong = _unlike_baseline(checked, found, source, pl.col(found).ne_missing(pl.col(f"baseline {source}")))
            yield Records(
                wrong, f"{found} is not the {source} of the baseline record.", evidence=(found, f"baseline {source}")
            )


def _unlike_baseline(checked: CheckedDataset, found: str, source: str, unlike: pl.Expr) -> pl.DataFrame:
    """Records with a value of `found` to which no baseline record of their group has the `source`.

    Where a group has several baseline records, one that agrees is enough: that there are several is another rule's.
    """
    keys = _keys(checked)
    baselines = _baselines(checked).select(*keys, pl.col(source).alias(f"baseline {source}")).unique()
    joined = checked.frame.filter(pl.col(found).is_not_null()).join(
        baselines, on=keys, nulls_equal=True, maintain_order="left"
    )
    wrong = unlike.fill_null(True)
    if baselines.select(keys).is_duplicated().any():
        wrong = wrong & wrong.all().over("#record")
        return joined.filter(wrong).unique("#record", keep="first", maintain_order=True)
    return joined.filter(wrong)


@RULES.rule(
    "adam.basetype",
    "Where a parameter has types of baseline, each record with a baseline has one.",
    source=cdisc(735),
    kinds=(BDS,),
    texts=("PARAMCD", "BASETYPE"),
    numbers=("BASE",),
)
def base_types(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records with BASE and without BASETYPE, of parameters that have it elsewhere."""
    typed = checked.frame.filter(pl.col("BASETYPE").is_not_null()).select("PARAMCD").unique()
    wrong = checked.frame.filter(pl.col("BASE").is_not_null(), pl.col("BASETYPE").is_null())
    wrong = wrong.join(typed, on="PARAMCD", how="semi", maintain_order="left")
    yield Records(wrong, "BASETYPE is missing where BASE has a value.", evidence=("BASE",))


@RULES.rule(
    "adam.baseline-value",
    "A baseline record has an analysis value.",
    source=IG,
    severity=Severity.WARNING,
    kinds=(BDS,),
    texts=("ABLFL",),
    numbers=("AVAL",),
)
def baseline_value(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Baseline records without AVAL, and without AVALC where there is one."""
    values = [name for name in ("AVAL", "AVALC") if checked.has(name)]
    wrong = _baselines(checked).filter(pl.all_horizontal(pl.col(values).is_null()))
    yield Records(wrong, "The baseline record has no analysis value.")


@RULES.rule("adam.change", "CHG is AVAL - BASE.", source=cdisc(223), kinds=(BDS,), numbers=("CHG", "AVAL", "BASE"))
def change(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose CHG is another value, or has one where AVAL or BASE has none."""
    aval, base, chg = pl.col("AVAL"), pl.col("BASE"), pl.col("CHG")
    wrong = chg.is_not_null() & differ(chg, aval - base, aval, base).fill_null(True)
    yield Records(checked.frame.filter(wrong), "CHG differs from AVAL - BASE.", evidence=("CHG", "AVAL", "BASE"))


@RULES.rule(
    "adam.percent-change",
    "PCHG is 100 (AVAL - BASE) / BASE.",
    source=cdisc(225),
    kinds=(BDS,),
    numbers=("PCHG", "AVAL", "BASE"),
)
def percent_change(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose PCHG is another value, or has one where BASE is 0 or missing."""
    aval, base, pchg = pl.col("AVAL"), pl.col("BASE"), pl.col("PCHG")
    expected = pl.when(base != 0).then(100 * (aval - base) / base)
    terms = pl.when(base != 0).then(100 * aval / base)
    wrong = pchg.is_not_null() & differ(pchg, expected, terms, pl.lit(100.0)).fill_null(True)
    yield Records(
        checked.frame.filter(wrong), "PCHG differs from 100 (AVAL - BASE) / BASE.", evidence=("PCHG", "AVAL", "BASE")
    )


@RULES.rule(
    "adam.ratio",
    "A ratio is the quotient that its name says: R2BASE of AVAL and BASE, R2A1LO of AVAL and A1LO.",
    source=cdisc(132, 133, 134),
    kinds=(BDS,),
    numbers=("AVAL",),
)
def ratios(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose ratio is another value; where the divisor is 0 there is none to compare with."""
    for ratio in checked.numbers(r"R2(BASE|A\d(LO|HI))"):
        divisor = ratio.removeprefix("R2")
        if divisor in checked.numbers():
            expected = pl.when(pl.col(divisor) != 0).then(pl.col("AVAL") / pl.col(divisor))
            wrong = checked.frame.filter(differ(pl.col(ratio), expected))
            yield Records(wrong, f"{ratio} differs from AVAL / {divisor}.", evidence=(ratio, "AVAL", divisor))


@RULES.rule(
    "adam.change-of-baseline",
    "The baseline record has no change, or a change of 0.",
    source=IG,
    severity=Severity.WARNING,
    kinds=(BDS,),
    texts=("ABLFL",),
    numbers=("CHG",),
)
def change_of_baseline(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Baseline records that changed."""
    wrong = _baselines(checked).filter(pl.col("CHG") != 0)
    yield Records(wrong, "The baseline record has a change from baseline.", evidence=("CHG",))
