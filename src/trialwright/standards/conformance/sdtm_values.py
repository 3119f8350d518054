"""SDTM rules of single values: controlled terminology, flags, results, tests, names that belong together."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from trialwright.findings import Severity
from trialwright.standards.conformance.data import CheckedDataset, CheckedStudy
from trialwright.standards.conformance.rules import Offence, Place, Records, RuleBook
from trialwright.standards.conformance.sdtm_shared import FINDINGS, IG, OBSERVATIONS, guide_section, own
from trialwright.standards.metadata import Codelist
from trialwright.standards.sdtm_variables import model_variable, sdtm_domain, sdtm_values
from trialwright.standards.terminology import codelist

RULES = RuleBook()

_TERMINOLOGY = f"{IG}, section 4.3.1; CDISC SDTM controlled terminology; FDA Business Rules: FDAB017"
#: Codes and names of which each has one of the other.
_PAIRS = (("ARMCD", "ARM"), ("ACTARMCD", "ACTARM"), ("ETCD", "ELEMENT"), ("IETESTCD", "IETEST"))
_PAIRS_OWN = (("TESTCD", "TEST"), ("PARMCD", "PARM"))
#: What tells apart the results of one test, of which each has one baseline and one unit.
_TEST_PARTS = (
    "CAT",
    "SPEC",
    "METHOD",
    "POS",
    "LOC",
    "LAT",
    "DIR",
    "EVAL",
    "EVALID",
    "TPTNUM",
    "TPT",
    "OBJ",
    "LEAD",
    "FAST",
)


def lists_of(checked: CheckedDataset, name: str) -> tuple[Codelist, ...]:
    """The codelists that the guide names for the variable."""
    kind, code = checked.kind, own(checked, "")
    codes = sdtm_values(checked.name, name)
    if not codes and kind in OBSERVATIONS and sdtm_domain(checked.name) is None:
        variable = model_variable(kind, name, prefix=code)
        codes = (variable.codelist,) if variable is not None and variable.codelist else ()
    found = (codelist(code) for code in codes if code.startswith("C"))
    return tuple(one for one in found if one is not None and one.terms)


def _outside(checked: CheckedDataset) -> Iterator[tuple[str, tuple[Codelist, ...], list[str]]]:
    """Text variables with codelists of the guide, and their values that are in none of these."""
    for name in checked.texts():
        lists = lists_of(checked, name)
        if lists:
            known = {value for one in lists for value in one.values} | _also_allowed(checked, name)
            values = checked.frame.select(pl.col(name).drop_nulls().unique())
            if name == own(checked, "STRESC"):
                # The lists of results are for findings in words: a number is not held to them.
                values = values.filter(pl.col(name).cast(pl.Float64, strict=False).is_null())
            unknown = sorted(value for value in values[name].to_list() if value not in known)
            if unknown:
                yield name, lists, unknown


def _also_allowed(checked: CheckedDataset, name: str) -> frozenset[str]:
    """Values that the guide allows beside the codelist."""
    # SDTMIG 3.4, section 5.2: several races are MULTIPLE, with the races themselves in SUPPDM.
    return frozenset({"MULTIPLE", "OTHER"}) if (checked.name, name) == ("DM", "RACE") else frozenset()


def _folded(lists: tuple[Codelist, ...]) -> set[str]:
    return {value.casefold() for one in lists for value in one.values}


@RULES.rule("sdtm.codelist", "A value is one of the codelist, where that is not extensible.", source=_TERMINOLOGY)
def in_codelist(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Values of closed codelists that these have not, in whatever case."""
    for name, lists, unknown in _outside(checked):
        if not any(one.is_extensible for one in lists):
            folded = _folded(lists)
            wrong = [value for value in unknown if value.casefold() not in folded]
            frame = checked.frame.filter(pl.col(name).is_in(wrong))
            yield Records(frame, f"{name} has a value that is not in its codelist.", evidence=(name,))


@RULES.rule(
    "sdtm.codelist-case",
    "A value is written as in the codelist.",
    source=_TERMINOLOGY,
    severity=Severity.WARNING,
)
def in_codelist_case(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Values that differ from the codelist's in capitals and small letters only; one finding for each value."""
    for name, lists, unknown in _outside(checked):
        folded = _folded(lists)
        for value in unknown:
            if value.casefold() in folded:
                yield _value(checked, name, value, "The value is in the codelist in other letters.")


@RULES.rule(
    "sdtm.codelist-extension",
    "A value is one of the codelist, where that is extensible.",
    source=_TERMINOLOGY,
    severity=Severity.NOTE,
)
def in_extensible_codelist(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Values that a study adds to an extensible codelist: allowed, and to be told; one finding for each value."""
    for name, lists, unknown in _outside(checked):
        if any(one.is_extensible for one in lists):
            folded = _folded(lists)
            for value in unknown:
                if value.casefold() not in folded:
                    yield _value(checked, name, value, "The value is added to an extensible codelist.")


def _value(checked: CheckedDataset, name: str, value: str, message: str) -> Place:
    count = checked.frame.select((pl.col(name) == value).sum()).item()
    records = "1 record" if count == 1 else f"{count} records"
    return Place(message, variable=name, evidence=f"{name} = '{value}' in {records}")


@RULES.rule(
    "sdtm.flag",
    "A flag of records or of death is Y or missing.",
    source=f"{IG}, sections 4.5.9 and 5.2",
)
def flags(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Flags that say N where a missing value does: baseline, last before exposure, derived, death."""
    names = [own(checked, fragment) for fragment in ("BLFL", "LOBXFL", "DRVFL")] if own(checked, "") else []
    for name in [*names, "DTHFL"]:
        if checked.has(name) and checked.is_text(name):
            wrong = checked.frame.filter(pl.col(name).cast(pl.String) != "Y")
            yield Records(wrong, f"{name} is not Y.", evidence=(name,))


@RULES.rule(
    "sdtm.country",
    "COUNTRY is a code of ISO 3166-1, of three letters.",
    source=guide_section("5.2"),
    texts=("COUNTRY",),
)
def countries(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Countries written otherwise."""
    wrong = checked.frame.filter(~pl.col("COUNTRY").str.contains(r"^[A-Z]{3}$"))
    yield Records(wrong, "COUNTRY is not a code of three letters.", evidence=("COUNTRY",))


@RULES.rule(
    "sdtm.test-code",
    "--TESTCD and QNAM have 1 to 8 capitals, digits or underscores and start with no digit.",
    source=guide_section("4.2.1", "CG0372", "CG0417"),
)
def test_codes(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Short names that cannot become the name of a variable."""
    for name in (own(checked, "TESTCD"), "TSPARMCD", "QNAM"):
        if checked.has(name) and checked.is_text(name):
            wrong = checked.frame.filter(~pl.col(name).cast(pl.String).str.contains(r"^[A-Z_][A-Z0-9_]{0,7}$"))
            yield Records(wrong, f"{name} cannot be the name of a variable.", evidence=(name,))


@RULES.rule(
    "sdtm.test-name",
    "--TEST, TSPARM and QLABEL have at most 40 characters, IETEST at most 200.",
    source=guide_section("4.2.1", "CG0406", "CG0416"),
)
def test_names(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Names that cannot become the label of a variable."""
    for name in (own(checked, "TEST"), "TSPARM", "QLABEL"):
        if name != "IETEST" and checked.has(name) and checked.is_text(name):
            wrong = checked.frame.filter(pl.col(name).cast(pl.String).str.len_chars() > 40)
            yield Records(wrong, f"{name} is longer than 40 characters.", evidence=(name,))


@RULES.rule("sdtm.one-to-one", "A code has one name, and a name one code.", source=guide_section("4.2.1", "FDAB009"))
def one_to_one(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Codes with several names and names with several codes: tests, parameters, arms, elements, criteria."""
    pairs = [(own(checked, code), own(checked, name)) for code, name in _PAIRS_OWN] if own(checked, "") else []
    for code, name in dict.fromkeys([*pairs, *_PAIRS]):
        if checked.has(code, name):
            yield from _not_one_to_one(checked, code, name)


@RULES.rule(
    "sdtm.visit-name",
    "A visit number has one visit name, and a visit name one number.",
    source=guide_section("4.4.5", "CG0035"),
    severity=Severity.WARNING,
    any_type=("VISITNUM", "VISIT"),
)
def visit_names(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Visit numbers with several names and the other way round."""
    yield from _not_one_to_one(checked, "VISITNUM", "VISIT")


def _not_one_to_one(checked: CheckedDataset, code: str, name: str) -> Iterator[Offence]:
    """The values on one side that have more than one on the other; one finding for each."""
    pairs = checked.frame.select(code, name).drop_nulls().unique(maintain_order=True)
    for one, other in ((code, name), (name, code)):
        several = pairs.group_by(one, maintain_order=True).agg(pl.col(other).cast(pl.String).sort())
        for value, others in several.filter(pl.col(other).list.len() > 1).iter_rows():
            listed = ", ".join(f"'{text}'" for text in others)
            yield Place(
                f"{one} has more than one {other}.", variable=one, evidence=f"{one} = '{value}': {other} = {listed}"
            )


@RULES.rule(
    "sdtm.result-standard",
    "A result has a standardized one beside it.",
    source=guide_section("4.5.1.1", "CG0397"),
    kinds=FINDINGS,
)
def standardized(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records with --ORRES and without --STRESC."""
    original, standard = own(checked, "ORRES"), own(checked, "STRESC")
    if checked.has(original, standard):
        wrong = checked.frame.filter(pl.col(original).is_not_null() & pl.col(standard).is_null())
        yield Records(wrong, f"{original} has a value and {standard} none.", evidence=(original,))


@RULES.rule(
    "sdtm.result-numeric",
    "--STRESN is the number that --STRESC says.",
    source=guide_section("4.5.1.1", "FDAB031"),
    kinds=FINDINGS,
)
def numeric_results(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Numbers that contradict their text, and numbers beside a text that is none."""
    text, number = own(checked, "STRESC"), own(checked, "STRESN")
    if checked.has(text, number) and checked.is_text(text) and checked.is_number(number):
        said = pl.col(text).cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)
        found = pl.col(number).cast(pl.Float64)
        # A text may be rounded: half a unit of its last digit is no contradiction.
        digits = pl.col(text).cast(pl.String).str.extract(r"\.(\d+)").str.len_chars().fill_null(0)
        slack = 0.5 * pl.lit(10.0).pow(-digits.cast(pl.Float64)) + 1e-9 * found.abs()
        differs = found.is_not_null() & said.is_not_null() & ((found - said).abs() > slack)
        yield Records(checked.frame.filter(differs), f"{number} is not what {text} says.", evidence=(text, number))
        alone = checked.frame.filter(found.is_not_null() & said.is_null())
        yield Records(alone, f"{number} stands beside a {text} that is no number.", evidence=(text, number))


@RULES.rule(
    "sdtm.result-number-missing",
    "A numeric --STRESC has --STRESN beside it.",
    source=guide_section("4.5.1.1", "FDAB031"),
    severity=Severity.NOTE,
    kinds=FINDINGS,
)
def number_missing(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Results that are numbers as text only."""
    text, number = own(checked, "STRESC"), own(checked, "STRESN")
    if checked.has(text, number) and checked.is_text(text):
        said = pl.col(text).cast(pl.String).cast(pl.Float64, strict=False)
        wrong = checked.frame.filter(said.is_not_null() & pl.col(number).is_null())
        yield Records(wrong, f"{text} is a number and {number} is missing.", evidence=(text,))


@RULES.rule(
    "sdtm.unit",
    "The standardized results of a test have one unit.",
    source=guide_section("4.5.1.1", "FDAB030"),
    severity=Severity.WARNING,
    kinds=FINDINGS,
)
def one_unit(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Tests whose standardized results have several units; one finding for each test."""
    test, unit = own(checked, "TESTCD"), own(checked, "STRESU")
    if checked.has(test, unit):
        parts = [test, *(name for name in (own(checked, "CAT"), own(checked, "SPEC")) if checked.has(name))]
        units = checked.frame.group_by(parts, maintain_order=True).agg(pl.col(unit).drop_nulls().unique().sort())
        for *values, several in units.filter(pl.col(unit).list.len() > 1).iter_rows():
            named = ", ".join(f"{name} = '{value}'" for name, value in zip(parts, values, strict=True))
            yield Place(f"A test has more than one {unit}.", variable=unit, evidence=f"{named}: {', '.join(several)}")


@RULES.rule("sdtm.not-done", "What was not done has no result.", source=guide_section("4.5.1.2", "CG0422", "FDAB042"))
def not_done(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records that say NOT DONE and have a result, or that it occurred."""
    status = own(checked, "STAT")
    for fragment in ("ORRES", "STRESC", "STRESN", "OCCUR"):
        result = own(checked, fragment)
        if checked.has(status, result) and checked.is_text(status):
            is_not_done = pl.col(status).cast(pl.String) == "NOT DONE"
            wrong = checked.frame.filter(is_not_done & pl.col(result).is_not_null())
            yield Records(wrong, f"{status} is NOT DONE and {result} has a value.", evidence=(status, result))


@RULES.rule(
    "sdtm.result-missing",
    "A result is missing only where --STAT says NOT DONE, or where it is derived.",
    source=guide_section("4.5.1.2", "CG0348"),
    severity=Severity.WARNING,
    kinds=FINDINGS,
)
def result_missing(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records with neither a result nor a status."""
    result, status, derived = own(checked, "ORRES"), own(checked, "STAT"), own(checked, "DRVFL")
    standard = own(checked, "STRESC")
    if checked.has(result):
        empty = [pl.col(name).is_null() for name in (result, standard, status, derived) if checked.has(name)]
        yield Records(checked.frame.filter(pl.all_horizontal(empty)), f"{result} is missing, without a status.")


@RULES.rule(
    "sdtm.reason-not-done",
    "A reason for not done stands beside NOT DONE.",
    source=guide_section("4.5.1.2", "CG0094"),
    severity=Severity.WARNING,
)
def reason_not_done(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Reasons without a status."""
    reason, status = own(checked, "REASND"), own(checked, "STAT")
    if checked.has(reason) and own(checked, ""):
        is_done = pl.col(status).is_null() if checked.has(status) else pl.lit(True)
        wrong = checked.frame.filter(pl.col(reason).is_not_null() & is_done)
        yield Records(wrong, f"{reason} has a value and {status} none.", evidence=(reason,))


@RULES.rule(
    "sdtm.occurrence",
    "--OCCUR is said of pre-specified events and interventions only.",
    source=guide_section("4.2.7.3", "CG0089"),
    severity=Severity.WARNING,
    kinds=("INTERVENTIONS", "EVENTS"),
)
def occurrence(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records with --OCCUR whose --PRESP is not Y."""
    occurred, specified = own(checked, "OCCUR"), own(checked, "PRESP")
    if checked.has(occurred):
        is_spontaneous = pl.col(specified).cast(pl.String).ne_missing("Y") if checked.has(specified) else pl.lit(True)
        wrong = checked.frame.filter(pl.col(occurred).is_not_null() & is_spontaneous)
        yield Records(wrong, f"{occurred} has a value and {specified} is not Y.", evidence=(occurred,))


@RULES.rule(
    "sdtm.baseline-once",
    "A subject has one baseline record of each test.",
    source=guide_section("4.5.9"),
    severity=Severity.WARNING,
    kinds=FINDINGS,
)
def baseline_once(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records flagged as baseline, or as last before exposure, beside another one of the same test and time point."""
    test = own(checked, "TESTCD")
    for fragment in ("BLFL", "LOBXFL"):
        flag = own(checked, fragment)
        if checked.has(flag, test, "USUBJID"):
            keys = ["USUBJID", test, *(name for part in _TEST_PARTS if checked.has(name := own(checked, part)))]
            flagged = checked.frame.filter(pl.col(flag).cast(pl.String) == "Y")
            again = flagged.filter(pl.struct(keys).is_duplicated())
            yield Records(again, f"{flag} is Y in more than one record of the test.", evidence=(test, flag))


@RULES.rule(
    "sdtm.range", "A reference range starts below its end.", source=guide_section("6.3.5.6", "FDAB039"), kinds=FINDINGS
)
def ranges(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Lower limits above the upper one."""
    for low, high in (("STNRLO", "STNRHI"), ("ORNRLO", "ORNRHI")):
        lower, upper = own(checked, low), own(checked, high)
        if checked.has(lower, upper):
            limits = [pl.col(name).cast(pl.Float64, strict=False) for name in (lower, upper)]
            wrong = checked.frame.filter(limits[0] > limits[1])
            yield Records(wrong, f"{lower} is above {upper}.", evidence=(lower, upper))


@RULES.rule(
    "sdtm.range-indicator",
    "--NRIND is what the result and its reference range say.",
    source=guide_section("6.3.5.6"),
    severity=Severity.WARNING,
    kinds=FINDINGS,
)
def range_indicators(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """NORMAL, LOW or HIGH of a number that lies elsewhere; where a limit is missing, only the other one counts.

    A finding needs the original and the standardized result to say so, where both are numbers: a conversion may round
    a value onto its limit.
    """
    indicator = own(checked, "NRIND")
    standard = tuple(own(checked, fragment) for fragment in ("STRESN", "STNRLO", "STNRHI"))
    original = tuple(own(checked, fragment) for fragment in ("ORRES", "ORNRLO", "ORNRHI"))
    if checked.has(indicator, *standard) and checked.is_text(indicator) and all(map(checked.is_number, standard)):
        found = pl.col(indicator).cast(pl.String)
        wrong = _contradicts(found, *(pl.col(name).cast(pl.Float64) for name in standard))
        if checked.has(*original):
            collected = [pl.col(name).cast(pl.Float64, strict=False) for name in original]
            wrong &= _contradicts(found, *collected) | collected[0].is_null()
        message = f"{indicator} is not what the result and its range say."
        yield Records(checked.frame.filter(wrong), message, evidence=(indicator, *standard))


def _contradicts(found: pl.Expr, result: pl.Expr, lower: pl.Expr, upper: pl.Expr) -> pl.Expr:
    """Whether NORMAL, LOW or HIGH is not where the result lies; of a missing result nothing is said."""
    is_low, is_high = (result < lower).fill_null(False), (result > upper).fill_null(False)
    wrong = ((found == "NORMAL") & (is_low | is_high)) | ((found == "LOW") & ~is_low) | ((found == "HIGH") & ~is_high)
    return wrong & result.is_not_null()


@RULES.rule("sdtm.dose", "A dose is not negative.", source=guide_section("6.1.3", "FDAB040"), kinds=("INTERVENTIONS",))
def doses(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Negative doses."""
    for fragment in ("DOSE", "DOSTOT"):
        name = own(checked, fragment)
        if checked.has(name) and checked.is_number(name):
            yield Records(checked.frame.filter(pl.col(name) < 0), f"{name} is negative.", evidence=(name,))


@RULES.rule(
    "sdtm.dose-unit",
    "A dose has a unit.",
    source=guide_section("6.1.3", "CG0114"),
    severity=Severity.WARNING,
    kinds=("INTERVENTIONS",),
)
def dose_units(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Doses without a unit."""
    dose, unit = own(checked, "DOSE"), own(checked, "DOSU")
    if checked.has(dose, unit):
        wrong = checked.frame.filter(pl.col(dose).is_not_null() & pl.col(unit).is_null())
        yield Records(wrong, f"{dose} has a value and {unit} none.", evidence=(dose,))


@RULES.rule(
    "sdtm.placebo-dose",
    "The dose of a placebo is 0.",
    source=guide_section("6.1.3", "CG0102"),
    datasets=("EX",),
    texts=("EXTRT",),
    numbers=("EXDOSE",),
)
def placebo_doses(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Doses of PLACEBO that are not 0."""
    wrong = checked.frame.filter((pl.col("EXTRT") == "PLACEBO") & (pl.col("EXDOSE") != 0))
    yield Records(wrong, "EXDOSE of a placebo is not 0.", evidence=("EXTRT", "EXDOSE"))


@RULES.rule(
    "sdtm.paired-terms",
    "The short name and the name of a test or parameter are the same concept of the terminology.",
    source=guide_section("4.3.1", "FDAB009"),
)
def paired_terms(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Pairs of which the codelists know both, as different concepts; one finding for each pair."""
    for code, name in ((own(checked, code), own(checked, name)) for code, name in _PAIRS_OWN):
        if not (checked.is_text(code) and checked.is_text(name)):
            continue
        concepts = [
            {term.value: term.code for one in lists_of(checked, variable) for term in one.terms}
            for variable in (code, name)
        ]
        for short, long in checked.frame.select(code, name).unique(maintain_order=True).iter_rows():
            first, second = concepts[0].get(short, ""), concepts[1].get(long, "")
            if first and second and first != second:
                evidence = f"{code} = '{short}', {name} = '{long}'"
                yield Place(f"{code} and {name} are not the same concept.", variable=code, evidence=evidence)
