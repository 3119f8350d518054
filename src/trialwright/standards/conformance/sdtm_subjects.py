"""SDTM rules of subjects: who they are, their arms, treatment, disposition, serious events and deaths."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from trialwright.findings import Severity
from trialwright.standards.conformance.data import CheckedDataset, CheckedStudy
from trialwright.standards.conformance.rules import Offence, Records, RuleBook
from trialwright.standards.conformance.sdtm_shared import WITHOUT_ARM, guide_section, with_subjects
from trialwright.standards.iso8601 import is_earlier

RULES = RuleBook()

#: The criteria of seriousness.
_CRITERIA = ("AESCAN", "AESCONG", "AESDISAB", "AESDTH", "AESHOSP", "AESLIFE", "AESOD", "AESMIE", "AESINTV")


@RULES.rule(
    "sdtm.subject-known", "A subject is one of DM.", source=guide_section("4.2.3", "CG0029"), texts=("USUBJID",)
)
def known_subjects(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records of subjects that DM has not."""
    subjects = study.dataset("DM", texts=("USUBJID",))
    if subjects is not None and checked.name != "DM":
        wrong = checked.frame.filter(~pl.col("USUBJID").is_in(subjects.frame["USUBJID"].unique().implode()))
        yield Records(wrong, "DM has no such subject.", evidence=("USUBJID",))


@RULES.rule(
    "sdtm.subject-id",
    "Subjects of one STUDYID have different SUBJID.",
    source=guide_section("5.2", "CG0150"),
    datasets=("DM",),
    texts=("USUBJID", "SUBJID"),
    severity=Severity.WARNING,
)
def subject_ids(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Numbers that several subjects of a site have."""
    keys = [name for name in ("SITEID", "SUBJID") if checked.has(name)]
    people = checked.frame.filter(pl.col("SUBJID").is_not_null()).unique("USUBJID", keep="first", maintain_order=True)
    yield Records(
        people.filter(pl.struct(keys).is_duplicated()), "Several subjects have this SUBJID.", evidence=("SUBJID",)
    )


@RULES.rule("sdtm.arm", "An arm is one of TA.", source=guide_section("5.2", "CG0126", "CG0293"), datasets=("DM", "TV"))
def arms(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Codes of arms that TA has not; subjects without an arm may say so by a code (until SDTMIG 3.2)."""
    planned = study.dataset("TA", texts=("ARMCD",))
    for name in ("ARMCD", "ACTARMCD"):
        if planned is not None and checked.has(name) and checked.is_text(name):
            known = [*planned.frame["ARMCD"].drop_nulls().unique(), *WITHOUT_ARM]
            wrong = checked.frame.filter(~pl.col(name).cast(pl.String).is_in(known))
            yield Records(wrong, f"TA has no such {name}.", evidence=(name,))


@RULES.rule(
    "sdtm.arm-reason",
    "A missing arm has a reason, and a known one has none.",
    source=guide_section("5.2"),
    datasets=("DM",),
    texts=("ARMCD", "ACTARMCD", "ARMNRS"),
)
def arm_reasons(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Subjects without ARMCD or ACTARMCD and without ARMNRS, and the other way round."""
    is_missing = pl.col("ARMCD").is_null() | pl.col("ACTARMCD").is_null()
    evidence = ("ARMCD", "ACTARMCD", "ARMNRS")
    yield Records(
        checked.frame.filter(is_missing & pl.col("ARMNRS").is_null()),
        "An arm is missing, and ARMNRS too.",
        evidence=evidence,
    )
    yield Records(
        checked.frame.filter(~is_missing & pl.col("ARMNRS").is_not_null()),
        "ARMNRS has a value and no arm is missing.",
        evidence=evidence,
    )


@RULES.rule(
    "sdtm.age",
    "An age is at least 0 and has a unit.",
    source=guide_section("5.2", "FDAB040"),
    datasets=("DM",),
    numbers=("AGE",),
    texts=("AGEU",),
)
def ages(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Negative ages, ages beyond 120 years, and ages without a unit or units without an age."""
    is_odd = (pl.col("AGE") < 0) | ((pl.col("AGE") > 120) & (pl.col("AGEU") == "YEARS"))
    yield Records(checked.frame.filter(is_odd), "AGE is negative or above 120 years.", evidence=("AGE", "AGEU"))
    alone = pl.col("AGE").is_null() != pl.col("AGEU").is_null()
    yield Records(checked.frame.filter(alone), "AGE and AGEU do not stand together.", evidence=("AGE", "AGEU"))


@RULES.rule(
    "sdtm.death-flag",
    "A subject with a date of death is flagged as dead.",
    source=guide_section("5.2"),
    datasets=("DM",),
    texts=("DTHDTC", "DTHFL"),
)
def death_flags(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Dates of death without the flag."""
    wrong = checked.frame.filter(pl.col("DTHDTC").is_not_null() & pl.col("DTHFL").ne_missing("Y"))
    yield Records(wrong, "DTHDTC has a value and DTHFL is not Y.", evidence=("DTHDTC", "DTHFL"))


@RULES.rule(
    "sdtm.death-date",
    "A subject flagged as dead has a date of death.",
    source=guide_section("5.2"),
    datasets=("DM",),
    texts=("DTHDTC", "DTHFL"),
    severity=Severity.WARNING,
)
def death_dates(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Flags without a date of death."""
    wrong = checked.frame.filter(pl.col("DTHDTC").is_null() & (pl.col("DTHFL") == "Y"))
    yield Records(wrong, "DTHFL is Y and DTHDTC is missing.", evidence=("DTHFL",))


def _deaths(checked: CheckedDataset) -> pl.DataFrame:
    """The records of AE, DS or DD that tell of a death."""
    tests = []
    for name, value in (("AESDTH", "Y"), ("AEOUT", "FATAL"), ("DSDECOD", "DEATH")):
        if checked.has(name) and checked.is_text(name):
            tests.append(pl.col(name).cast(pl.String).fill_null("") == value)
    return checked.frame.filter(pl.any_horizontal(tests)) if tests else checked.frame.clear()


@RULES.rule(
    "sdtm.death-known",
    "A death that AE or DS tells of is flagged in DM.",
    source=guide_section("5.2", "CG0134", "CG0135"),
    datasets=("AE", "DS"),
    texts=("USUBJID",),
)
def deaths_flagged(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records of deaths of subjects whom DM does not flag."""
    subjects = study.dataset("DM", texts=("USUBJID", "DTHFL"))
    if subjects is not None:
        dead = subjects.frame.filter(pl.col("DTHFL") == "Y")["USUBJID"]
        wrong = _deaths(checked).filter(~pl.col("USUBJID").is_in(dead.implode()))
        yield Records(wrong, "DM does not flag the subject's death.")


@RULES.rule(
    "sdtm.death-told",
    "A death that DM flags is told of in AE or DS.",
    source=guide_section("5.2"),
    datasets=("DM",),
    texts=("USUBJID", "DTHFL"),
    severity=Severity.WARNING,
)
def deaths_told(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Flagged deaths of which neither the adverse events nor the disposition know."""
    told = [_deaths(found)["USUBJID"] for name in ("AE", "DS") if (found := study.dataset(name, texts=("USUBJID",)))]
    if told:
        is_told = pl.col("USUBJID").is_in(pl.concat(told).unique().implode())
        yield Records(
            checked.frame.filter((pl.col("DTHFL") == "Y") & ~is_told), "Neither AE nor DS tells of the death."
        )


@RULES.rule(
    "sdtm.death-disposition",
    "The disposition of a death has the date of death.",
    source=guide_section("5.2"),
    datasets=("DS",),
    texts=("DSDECOD", "DSSTDTC"),
    severity=Severity.WARNING,
)
def death_disposition(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Records of DEATH that start on another day than DTHDTC says."""
    frame = with_subjects(checked, study, "DTHDTC")
    if frame is not None:
        is_other = is_earlier("DSSTDTC", "DM.DTHDTC") | is_earlier("DM.DTHDTC", "DSSTDTC")
        wrong = frame.filter((pl.col("DSDECOD") == "DEATH") & is_other)
        yield Records(wrong, "DSSTDTC of the death is not DTHDTC.", evidence=("DSSTDTC", "DM.DTHDTC"))


@RULES.rule(
    "sdtm.serious",
    "An event that meets a criterion of seriousness is serious.",
    source=guide_section("6.2.1", "CG0041", "CG0042"),
    datasets=("AE",),
    texts=("AESER",),
)
def serious(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Events with a criterion that AESER does not call serious."""
    there = [name for name in _CRITERIA if checked.has(name) and checked.is_text(name)]
    for name in there:
        wrong = checked.frame.filter((pl.col(name).cast(pl.String) == "Y") & pl.col("AESER").ne_missing("Y"))
        yield Records(wrong, f"{name} is Y and AESER is not.", evidence=("AESER", name))


@RULES.rule(
    "sdtm.serious-criterion",
    "A serious event meets a criterion of seriousness.",
    source=guide_section("6.2.1"),
    datasets=("AE",),
    texts=("AESER",),
    severity=Severity.WARNING,
)
def serious_criteria(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Serious events without any criterion, where the dataset has criteria."""
    there = [name for name in _CRITERIA if checked.has(name) and checked.is_text(name)]
    if there:
        met = pl.any_horizontal(pl.col(name).cast(pl.String).fill_null("") == "Y" for name in there)
        yield Records(checked.frame.filter((pl.col("AESER") == "Y") & ~met), "AESER is Y and no criterion is.")


@RULES.rule(
    "sdtm.fatal",
    "The outcome of an event that results in death is FATAL.",
    source=guide_section("6.2.1"),
    datasets=("AE",),
    texts=("AEOUT", "AESDTH"),
    severity=Severity.WARNING,
)
def fatal(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Events whose outcome and criterion of death contradict each other."""
    wrong = checked.frame.filter((pl.col("AEOUT").fill_null("") == "FATAL") != (pl.col("AESDTH").fill_null("") == "Y"))
    yield Records(wrong, "AEOUT and AESDTH contradict each other.", evidence=("AEOUT", "AESDTH"))


@RULES.rule(
    "sdtm.exposure-period",
    "Exposure lies between RFXSTDTC and RFXENDTC.",
    source=guide_section("5.2", "CG0147", "CG0148"),
    datasets=("EX",),
    texts=("USUBJID", "EXSTDTC"),
)
def exposure_period(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Exposure that starts before the first treatment or ends after the last one."""
    frame = with_subjects(checked, study, "RFXSTDTC", "RFXENDTC")
    if frame is not None:
        early, late = (
            frame.filter(is_earlier("EXSTDTC", "DM.RFXSTDTC")),
            frame.filter(is_earlier("DM.RFXENDTC", "EXSTDTC")),
        )
        yield Records(early, "EXSTDTC is before RFXSTDTC.", evidence=("EXSTDTC", "DM.RFXSTDTC"))
        yield Records(late, "EXSTDTC is after RFXENDTC.", evidence=("EXSTDTC", "DM.RFXENDTC"))
        if checked.is_text("EXENDTC"):
            ended = frame.with_columns(pl.col("EXENDTC").cast(pl.String)).filter(is_earlier("DM.RFXENDTC", "EXENDTC"))
            yield Records(ended, "EXENDTC is after RFXENDTC.", evidence=("EXENDTC", "DM.RFXENDTC"))


@RULES.rule(
    "sdtm.first-treatment",
    "RFXSTDTC is the first EXSTDTC.",
    source=guide_section("5.2", "CG0148"),
    datasets=("DM",),
    texts=("USUBJID", "RFXSTDTC"),
    severity=Severity.WARNING,
)
def first_treatment(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Subjects whose first treatment is earlier than any exposure, or who have exposure and no first treatment."""
    exposure = study.dataset("EX", texts=("USUBJID", "EXSTDTC"))
    if exposure is not None:
        first = exposure.frame.group_by("USUBJID").agg(pl.col("EXSTDTC").min().alias("EX.EXSTDTC"))
        frame = checked.frame.join(first, on="USUBJID", how="inner", maintain_order="left")
        is_other = is_earlier("RFXSTDTC", "EX.EXSTDTC") | pl.col("RFXSTDTC").is_null()
        yield Records(frame.filter(is_other), "RFXSTDTC is not the first EXSTDTC.", evidence=("RFXSTDTC", "EX.EXSTDTC"))


@RULES.rule(
    "sdtm.treated",
    "A subject with a first treatment has exposure, a reference start and an actual arm.",
    source=guide_section("5.2", "CG0109", "FDAB023", "FDAB038"),
    datasets=("DM",),
    texts=("USUBJID", "RFXSTDTC"),
    severity=Severity.WARNING,
)
def treated(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Treated subjects without exposure, and without what follows from treatment."""
    is_treated = checked.frame.filter(pl.col("RFXSTDTC").is_not_null())
    exposure = study.dataset("EX", texts=("USUBJID",))
    if exposure is not None:
        without = is_treated.filter(~pl.col("USUBJID").is_in(exposure.frame["USUBJID"].unique().implode()))
        yield Records(without, "EX has no record of the treated subject.", evidence=("RFXSTDTC",))
    for name in ("RFSTDTC", "ACTARMCD"):
        if checked.has(name):
            missing = is_treated.filter(pl.col(name).is_null())
            yield Records(missing, f"{name} of the treated subject is missing.", evidence=("RFXSTDTC",))


@RULES.rule(
    "sdtm.disposition",
    "A subject has a record in DS.",
    source=guide_section("6.2.4"),
    datasets=("DM",),
    texts=("USUBJID",),
    severity=Severity.NOTE,
)
def disposition(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Subjects of whom the disposition says nothing."""
    found = study.dataset("DS", texts=("USUBJID",))
    if found is not None:
        without = checked.frame.filter(~pl.col("USUBJID").is_in(found.frame["USUBJID"].unique().implode()))
        yield Records(without, "DS has no record of the subject.")


@RULES.rule(
    "sdtm.criterion",
    "A criterion that was not met is one of TI, and of its category.",
    source=guide_section("6.3.4", "CG0179"),
    datasets=("IE",),
    texts=("IETESTCD",),
)
def criteria(checked: CheckedDataset, study: CheckedStudy) -> Iterator[Offence]:
    """Criteria that TI has not."""
    planned = study.dataset("TI", texts=("IETESTCD",))
    if planned is not None:
        wrong = checked.frame.filter(~pl.col("IETESTCD").is_in(planned.frame["IETESTCD"].unique().implode()))
        yield Records(wrong, "TI has no such criterion.", evidence=("IETESTCD",))
