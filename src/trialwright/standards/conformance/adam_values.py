"""ADaM rules of single values: flags, codes and texts, parameters, imputation, terms, starts and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from trialwright.findings import Severity
from trialwright.standards.conformance.adam_shared import ADSL, BDS, IG, OCCDS_GUIDE, cdisc
from trialwright.standards.conformance.data import CheckedDataset, CheckedStudy
from trialwright.standards.conformance.rules import Offence, Place, Records, RuleBook

RULES = RuleBook()

_BLANK = "A blank before a text makes it another value for every program that compares it"

#: Flags that say Y or nothing.
_ONLY_YES = r"ABLFL|ANL\d\dFL|TRTEMFL|PREFL|FUPFL|ONTRTFL|AOCC\w*FL|LVOTFL"

#: Flags of populations, which say Y or N of each subject.
_POPULATIONS = r"(COMPL|FAS|ITT|PPROT|SAF|RAND|ENRL)FL"

#: Codes of which each parameter has its own.
_WITHIN_PARAMETER = re.compile(r"AVISIT|ATPT|SHIFT\d+|(AVAL|BASE|P?CHG)CAT\d+|AVALCA\d+|A\dIND|CRIT\d+")

_STARTS = (
    (re.compile(r"(.*)SDTM"), r"\1EDTM"),
    (re.compile(r"(.*)SDT"), r"\1EDT"),
    (re.compile(r"(.*)STDT"), r"\1ENDT"),
    (re.compile(r"(.*)STDTM"), r"\1ENDTM"),
    (re.compile(r"(.*)STDY"), r"\1ENDY"),
    (re.compile(r"(.*)SDY"), r"\1EDY"),
)


@RULES.rule("adam.flag", "A flag is Y, N or missing.", source=cdisc(5))
def flags(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Other values of variables that end in FL."""
    for name in checked.texts(r".*FL"):
        yield Records(checked.frame.filter(~pl.col(name).is_in(["Y", "N"])), f"{name} is not Y or N.", evidence=(name,))


@RULES.rule(
    "adam.flag-yes",
    "A flag of records (ABLFL, ANL01FL, TRTEMFL, AOCCFL, ...) is Y or missing.",
    source=cdisc(269, 270, 271, 272, 493, 494),
)
def flags_of_records(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Flags that say N where a missing value does."""
    for name in checked.texts(_ONLY_YES):
        yield Records(checked.frame.filter(pl.col(name) == "N"), f"{name} is N, not missing.", evidence=(name,))


@RULES.rule(
    "adam.population-flag-value",
    "ADSL says Y or N of each subject and population.",
    source=cdisc(19, 20, 21, 22, 23, 24, 25),
    kinds=(ADSL,),
)
def population_flags(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Subjects of whom a population flag says nothing."""
    for name in checked.texts(_POPULATIONS):
        yield Records(checked.frame.filter(pl.col(name).is_null()), f"{name} is missing; Y or N is needed.")


@RULES.rule(
    "adam.flag-number", "A numeric flag is 1 where its flag is Y, 0 where it is N.", source=cdisc(6, 10, 11, 12)
)
def flag_numbers(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Variables that end in FN and contradict the one that ends in FL."""
    for name in checked.numbers(r".*FN"):
        flag = f"{name[:-1]}L"
        if checked.is_text(flag):
            expected = pl.col(flag).replace_strict({"Y": 1.0, "N": 0.0}, default=None, return_dtype=pl.Float64)
            wrong = checked.frame.filter(pl.col(name).is_not_null() & expected.ne_missing(pl.col(name)))
            yield Records(wrong, f"{name} contradicts {flag}.", evidence=(flag, name))


@RULES.rule(
    "adam.one-to-one",
    "A text and its code belong to one another: AVISIT and AVISITN, TRTP and TRTPN, AGEGR1 and AGEGR1N.",
    source=cdisc(117, 118, 355, 356, 714, 715, 717, 718, 721, 722, 723, 724, 727, 728, 730, 731, 736, 737, 740, 741),
)
def one_to_one(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Texts with several codes and codes with several texts; of visits and the like, within a parameter."""
    for text, code in _coded(checked):
        within = ("PARAMCD",) if _WITHIN_PARAMETER.fullmatch(text) and checked.has("PARAMCD") else ()
        pairs = checked.frame.select(*within, text, code).drop_nulls([text, code]).unique(maintain_order=True)
        for one, other in ((text, code), (code, text)):
            several = pairs.filter(pl.len().over(*within, one) > 1).sort(*within, one, other)
            yield Records(several, f"{one} has several values of {other}.", evidence=(other,), at=(*within, one))


@RULES.rule(
    "adam.code-missing",
    "A record has both the text and its code, or neither.",
    source=cdisc(375, 376, 377, 378, 445, 446, 447, 454, 455, 456, 457, 458, 459),
    severity=Severity.WARNING,
)
def code_missing(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records that have one of them only."""
    for text, code in _coded(checked):
        for there, missing in ((text, code), (code, text)):
            wrong = checked.frame.filter(pl.col(there).is_not_null() & pl.col(missing).is_null())
            yield Records(wrong, f"{missing} is missing where {there} has a value.", evidence=(there,))


def _coded(checked: CheckedDataset) -> Iterator[tuple[str, str]]:
    """Texts with their codes: X and XN; of names that would be too long, AVALCAT1 and AVALCA1N."""
    for text in checked.texts():
        code = re.sub(r"^(AVAL|BASE|PCHG)CAT(\d+)$", r"\1CA\2", text) + "N"
        if code in checked.numbers(re.escape(code)):
            yield text, code


@RULES.rule(
    "adam.value-text",
    "Within a parameter, a number and its text belong to one another: AVAL and AVALC.",
    source=cdisc(742, 743),
    severity=Severity.WARNING,
    kinds=(BDS,),
    texts=("PARAMCD", "AVALC"),
    numbers=("AVAL",),
)
def values_and_texts(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Numbers with several texts, and texts with several numbers."""
    pairs = checked.frame.select("PARAMCD", "AVAL", "AVALC").drop_nulls().unique(maintain_order=True)
    for one, other in (("AVAL", "AVALC"), ("AVALC", "AVAL")):
        several = pairs.filter(pl.len().over("PARAMCD", one) > 1).sort("PARAMCD", one, other)
        yield Records(several, f"{one} has several values of {other}.", evidence=(other,), at=("PARAMCD", one))


@RULES.rule(
    "adam.paramcd",
    "PARAMCD has at most 8 letters, digits and underscores, and starts with a letter.",
    source=cdisc(143, 144, 145),
    texts=("PARAMCD",),
)
def parameter_codes(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Codes that cannot become names of variables."""
    codes = checked.frame.select(pl.col("PARAMCD").unique(maintain_order=True).drop_nulls())
    wrong = codes.filter(~pl.col("PARAMCD").str.contains(r"^[A-Z][A-Z0-9_]{0,7}$"))
    yield Records(wrong, "PARAMCD cannot be the name of a variable.", at=("PARAMCD",))


@RULES.rule(
    "adam.parameter",
    "PARAM and PARAMCD belong to one another.",
    source=cdisc(738, 739),
    texts=("PARAM", "PARAMCD"),
)
def parameters(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Codes with several parameters and parameters with several codes."""
    pairs = checked.frame.select("PARAM", "PARAMCD").drop_nulls().unique(maintain_order=True)
    for one, other in (("PARAMCD", "PARAM"), ("PARAM", "PARAMCD")):
        several = pairs.filter(pl.len().over(one) > 1).sort(one, other)
        yield Records(several, f"{one} has several values of {other}.", evidence=(other,), at=(one,))


@RULES.rule(
    "adam.paramn",
    "PARAMN is a whole number.",
    source=IG,
    numbers=("PARAMN",),
)
def parameter_numbers(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Codes of parameters with a fraction."""
    yield Records(checked.frame.filter(pl.col("PARAMN") % 1 != 0), "PARAMN is no whole number.", evidence=("PARAMN",))


@RULES.rule(
    "adam.parameter-category",
    "A parameter is in one category.",
    source=cdisc(124),
    kinds=(BDS,),
    texts=("PARAMCD",),
)
def parameter_categories(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Parameters with several values of a PARCATy."""
    for name in checked.texts(r"PARCAT\d+"):
        pairs = checked.frame.select("PARAMCD", name).drop_nulls().unique(maintain_order=True)
        several = pairs.filter(pl.len().over("PARAMCD") > 1).sort("PARAMCD", name)
        yield Records(several, f"A parameter has several values of {name}.", evidence=(name,), at=("PARAMCD",))


@RULES.rule(
    "adam.imputation-flag",
    "A flag of imputation is Y, M or D for a date, H, M or S for a time.",
    source=cdisc(39, 40),
)
def imputation_flags(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Other values of variables that end in DTF or TMF."""
    for ending, terms in (("DTF", ["Y", "M", "D"]), ("TMF", ["H", "M", "S"])):
        for name in checked.texts(rf".*{ending}"):
            wrong = checked.frame.filter(~pl.col(name).is_in(terms))
            yield Records(wrong, f"{name} is not {', '.join(terms[:-1])} or {terms[-1]}.", evidence=(name,))


@RULES.rule(
    "adam.imputation-without-date",
    "What is flagged as imputed has a value.",
    source=cdisc(369, 370),
)
def imputation_without_date(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Flags of imputation whose date or time is missing."""
    for name in checked.texts(r".*(DTF|TMF)"):
        dates = [date for date in (name[:-1], f"{name[:-3]}DTM") if checked.has(date)]
        if dates:
            wrong = checked.frame.filter(pl.col(name).is_not_null(), pl.all_horizontal(pl.col(dates).is_null()))
            yield Records(wrong, f"{name} flags a value that is missing.", evidence=(name, *dates))


@RULES.rule("adam.day-zero", "There is no day 0.", source=cdisc(46))
def no_day_zero(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Relative days that are 0."""
    for name in checked.numbers(r".*DY"):
        yield Records(checked.frame.filter(pl.col(name) == 0), f"{name} is 0.", evidence=(name,))


@RULES.rule(
    "adam.start-after-end",
    "What starts does not end before: ASTDT and AENDT, TRTSDT and TRTEDT, ASTDY and AENDY.",
    source=cdisc(98, 99, 121, 361, 792, 793, 794),
)
def start_after_end(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose start is after their end. In a copy of ADSL's treatment dates it is told once, in ADSL."""
    for start in checked.variables:
        for pattern, ending in _STARTS:
            match = pattern.fullmatch(start)
            end = match.expand(ending) if match else ""
            if not checked.has(end) or not _comparable(checked, start, end) or _is_copy(checked, study, start):
                continue
            wrong = checked.frame.filter(pl.col(start) > pl.col(end))
            yield Records(wrong, f"{start} is after {end}.", evidence=(start, end))


def _comparable(checked: CheckedDataset, *names: str) -> bool:
    types = {checked.frame.schema[name] for name in names}
    return len(types) == 1 and all(dtype.is_numeric() or dtype.is_temporal() for dtype in types)


def _is_copy(checked: CheckedDataset, study: CheckedStudy, name: str) -> bool:
    """Whether the variable is told of in ADSL."""
    return checked.kind != ADSL and "ADSL" in study.datasets and study.datasets["ADSL"].has(name)


@RULES.rule(
    "adam.date-of-datetime",
    "A date is that of the date and time beside it.",
    source=cdisc(45),
)
def date_of_datetime(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Dates (ADT) other than those of the variable with the time (ADTM)."""
    for name in checked.dates(r".*DT"):
        moment = f"{name}M"
        if checked.has(moment) and isinstance(checked.frame.schema[moment], pl.Datetime):
            wrong = checked.frame.filter(pl.col(name) != pl.col(moment).dt.date())
            yield Records(wrong, f"{name} is not the date of {moment}.", evidence=(name, moment))


@RULES.rule("adam.duration-unit", "A duration has a unit.", source=cdisc(268), numbers=("ADURN",), texts=("ADURU",))
def duration_unit(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records with ADURN and without ADURU."""
    wrong = checked.frame.filter(pl.col("ADURN").is_not_null(), pl.col("ADURU").is_null())
    yield Records(wrong, "ADURU is missing where ADURN has a value.", evidence=("ADURN",))


@RULES.rule(
    "adam.duration",
    "A duration in days counts both its first and its last day.",
    source=OCCDS_GUIDE,
    severity=Severity.WARNING,
    numbers=("ADURN",),
    texts=("ADURU",),
    dates=("ASTDT", "AENDT"),
)
def duration(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records whose ADURN is not AENDT - ASTDT + 1."""
    days = (pl.col("AENDT") - pl.col("ASTDT")).dt.total_days() + 1
    in_days = pl.col("ADURU").str.to_uppercase().is_in(["DAY", "DAYS"])
    wrong = checked.frame.filter(in_days, pl.col("ADURN") != days)
    yield Records(wrong, "ADURN differs from AENDT - ASTDT + 1.", evidence=("ADURN", "ASTDT", "AENDT"))


@RULES.rule("adam.blank", "A text does not begin with a blank.", source=_BLANK, severity=Severity.WARNING)
def blanks(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Texts with blanks before them, as programs write that align to the right; told once for each such value."""
    for name in checked.texts():
        values = checked.frame[name].unique(maintain_order=True).drop_nulls()
        for value in values.filter(values.str.contains(r"^\s")):
            yield Place("The text begins with a blank.", variable=name, evidence=f"{name} = '{value}'")
