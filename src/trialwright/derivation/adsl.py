"""ADSL: one record per subject of DM, screen failures included; analysis sets are flags."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from trialwright.derivation._findings_records import ON_TREATMENT_DAYS
from trialwright.derivation._source import source_records
from trialwright.derivation.functions.baseline import derive_ablfl
from trialwright.derivation.functions.disposition import derive_disposition
from trialwright.derivation.functions.exposure import derive_exposure
from trialwright.derivation.functions.partial_dates import complete_date, earliest_date, latest_date
from trialwright.derivation.functions.treatment_numbers import compute_treatment_numbers
from trialwright.derivation.hama import read_hama_totals
from trialwright.derivation.specification import DatasetSpecification, build_dataset, copied, derived
from trialwright.errors import DataError
from trialwright.standards import Dataset, Domains

SPECIFICATION = DatasetSpecification(
    name="ADSL",
    label="Subject-Level Analysis Dataset",
    structure="One record per subject who gave consent, screen failures included",
    keys=("USUBJID",),
    variables=(
        copied("DM.STUDYID", "Study Identifier"),
        copied("DM.USUBJID", "Unique Subject Identifier"),
        copied("DM.SUBJID", "Subject Identifier for the Study"),
        copied("DM.SITEID", "Study Site Identifier"),
        copied("DM.COUNTRY", "Country"),
        derived("REGION1", "Geographic Region 1", "text", "North America or Europe, by DM.COUNTRY"),
        copied("DM.AGE", "Age", "integer"),
        copied("DM.AGEU", "Age Units"),
        derived("AGEGR1", "Pooled Age Group 1", "text", "AGE in years: <35, 35-49, >=50"),
        derived("AGEGR1N", "Pooled Age Group 1 (N)", "integer", "Order of AGEGR1: 1, 2, 3"),
        copied("DM.SEX", "Sex"),
        copied("DM.RACE", "Race"),
        copied("DM.ETHNIC", "Ethnicity"),
        copied("DM.ARMCD", "Planned Arm Code"),
        copied("DM.ARM", "Description of Planned Arm"),
        copied("DM.ACTARMCD", "Actual Arm Code"),
        copied("DM.ACTARM", "Description of Actual Arm"),
        derived("TRT01P", "Planned Treatment for Period 01", "text", "DM.ARM of a randomized subject; else missing"),
        derived("TRT01PN", "Planned Treatment for Period 01 (N)", "integer", "Dose in mg named by TRT01P, placebo 0"),
        derived("TRT01A", "Actual Treatment for Period 01", "text", "DM.ACTARM of a treated subject; else missing"),
        derived("TRT01AN", "Actual Treatment for Period 01 (N)", "integer", "Dose in mg named by TRT01A, placebo 0"),
        derived("RFICDT", "Date of Informed Consent", "date", "DM.RFICDTC, else DS informed consent"),
        derived("RANDDT", "Date of Randomization", "date", "DS.DSSTDTC of the protocol milestone RANDOMIZED"),
        derived("TRTSDT", "Date of First Exposure to Treatment", "date", "First EX.EXSTDTC; doses of 0 mg count"),
        derived("TRTSDTF", "Date of First Exposure Imput. Flag", "text", "What of the first EX.EXSTDTC was imputed"),
        derived("TRTEDT", "Date of Last Exposure to Treatment", "date", "Last EX.EXENDTC; if missing, end of study"),
        derived("TRTEDTF", "Date of Last Exposure Imput. Flag", "text", "What of the last EX.EXENDTC was imputed"),
        derived("TRTDURD", "Total Treatment Duration (Days)", "integer", "TRTEDT - TRTSDT + 1"),
        derived("DOSEDAYS", "Days with Dose Taken", "integer", "Days covered by an EX record"),
        derived("CUMDOSE", "Cumulative Dose (mg)", "float", "Sum of EX.EXDOSE x doses a day x days of the record"),
        derived("AVGDD", "Average Daily Dose (mg)", "float", "CUMDOSE / TRTDURD"),
        derived("COMPLPCT", "Treatment Compliance (%)", "float", "100 x DOSEDAYS / TRTDURD"),
        derived("SCRNFL", "Screened Population Flag", "text", "Y: every subject of DM"),
        derived("SCRFFL", "Screen Failure Flag", "text", "Y: not randomized, DS screen failure; else N"),
        derived("SCRFREAS", "Reason for Screen Failure", "text", "DS.DSTERM of the screen failure"),
        derived("ENRLFL", "Enrolled Population Flag", "text", "Y: randomized; else N"),
        derived("RANDFL", "Randomized Population Flag", "text", "Y: RANDDT is known; else N"),
        derived("ITTFL", "Intent-To-Treat Population Flag", "text", "Y: randomized; else N"),
        derived("SAFFL", "Safety Population Flag", "text", "Y: at least one dose (TRTSDT is known); else N"),
        derived("EFFFL", "Efficacy Population Flag", "text", "Y: SAFFL, HAM-A at baseline and on treatment; else N"),
        derived("EFFEXCL", "Reason Excluded from Efficacy Population", "text", "First reason why EFFFL is N"),
        derived("COMPLFL", "Completers Population Flag", "text", "Y: randomized and completed treatment to Week 12"),
        derived("EOTSTT", "End of Treatment Status", "text", "DS disposition event that ended treatment"),
        derived("EOTDT", "End of Treatment Disposition Date", "date", "DS.DSSTDTC of that event"),
        derived("DCTREAS", "Reason for Discontinuation of Treatment", "text", "DS.DSDECOD of that event"),
        derived("EOSSTT", "End of Study Status", "text", "DS disposition event that ended the study"),
        derived("EOSDT", "End of Study Date", "date", "DS.DSSTDTC of that event"),
        derived("DCSREAS", "Reason for Discontinuation from Study", "text", "DS.DSDECOD of that event"),
        derived("DCSREASP", "Reason Spec for Discont from Study", "text", "DS.DSTERM of that event"),
        copied("DM.DTHFL", "Subject Death Flag"),
        derived("DTHDT", "Date of Death", "date", "DM.DTHDTC, if complete"),
        derived("HEIGHTBL", "Height at Baseline (cm)", "float", "Last VS HEIGHT until the first dose"),
        derived("WEIGHTBL", "Weight at Baseline (kg)", "float", "Last VS WEIGHT until the first dose"),
        derived("BMIBL", "Body Mass Index at Baseline (kg/m2)", "float", "WEIGHTBL / (HEIGHTBL / 100)^2"),
        derived("HAMABL", "HAM-A Total Score at Baseline", "float", "Last HAM-A total until the first dose"),
    ),
)

_NORTH_AMERICA = ("USA", "CAN", "MEX")

#: ISO 3166-1 alpha-3 codes of Europe (United Nations geoscheme).
_EUROPE = frozenset(
    "ALB AND AUT BEL BGR BIH BLR CHE CZE DEU DNK ESP EST FIN FRA GBR GRC HRV HUN IRL ISL ITA LIE LTU LUX LVA MCO MDA "  # noqa: SIM905
    "MKD MLT MNE NLD NOR POL PRT ROU RUS SMR SRB SVK SVN SWE UKR".split()
)

#: ARMCD of subjects who were assigned no arm (SDTM controlled terms before ARMNRS).
_NO_ARM = ("SCRNFAIL", "NOTASSGN", "NOTTRT")


def derive_adsl(domains: Domains) -> Dataset:
    """ADSL from DM, DS, EX, VS and QS; see `SPECIFICATION` for its variables.

    Raises `MissingDatasetError` and `MissingVariableError` for what these domains lack, `DataError` if DM has
    two records of a subject.
    """
    subjects = (
        _read_demographics(domains)
        .join(derive_disposition(_read_disposition(domains)), on="USUBJID", how="left", maintain_order="left")
        .with_columns(RFICDT=pl.coalesce(complete_date("RFICDTC"), pl.col("_consent")))
    )
    subjects = _join_exposure(subjects, domains)
    subjects = _derive_treatments(subjects)
    subjects = _join_baselines(subjects, domains)
    subjects = _derive_flags(subjects)
    subjects = _derive_groups(subjects)
    return build_dataset(subjects, SPECIFICATION)


def _read_demographics(domains: Domains) -> pl.DataFrame:
    records = source_records(
        domains,
        "DM",
        needed_by="ADSL",
        texts=["STUDYID", "USUBJID", "SITEID", "SEX", "ARMCD", "ARM"],
        numbers=["AGE"],
        optional_texts=[
            *("SUBJID", "AGEU", "RACE", "ETHNIC", "ACTARMCD", "ACTARM", "COUNTRY"),
            *("RFICDTC", "RFXSTDTC", "RFXENDTC", "DTHFL", "DTHDTC"),
        ],
    )
    surplus = records.height - records["USUBJID"].drop_nulls().n_unique()
    if surplus:
        raise DataError(
            f"DM must have one record per subject, but {surplus} of its {records.height} records are without USUBJID "
            "or of a subject who has another. Nothing was derived: keep one record of each subject."
        )
    return records.with_columns(DTHDT=complete_date("DTHDTC"))


def _read_disposition(domains: Domains) -> pl.DataFrame:
    return source_records(
        domains,
        "DS",
        needed_by="ADSL",
        texts=["USUBJID", "DSDECOD", "DSSTDTC"],
        optional_texts=["DSCAT", "DSSCAT", "DSTERM", "EPOCH"],
    ).with_columns(_date=earliest_date("DSSTDTC"))


def _join_exposure(subjects: pl.DataFrame, domains: Domains) -> pl.DataFrame:
    """Exposure from EX: an unknown day of the start is the first it may be, of the end the last it may be.

    A start that is wholly missing is the first dose of DM (RFXSTDTC); an end the last dose of DM (RFXENDTC), else the
    end of the study.
    """
    records = source_records(
        domains,
        "EX",
        needed_by="ADSL",
        texts=["USUBJID", "EXSTDTC", "EXENDTC"],
        numbers=["EXDOSE"],
        optional_texts=["EXDOSFRQ", "EXOCCUR"],
    ).join(
        subjects.select("USUBJID", "RFXSTDTC", "RFXENDTC", "EOSDT"), on="USUBJID", how="inner", maintain_order="left"
    )
    end_of_study = pl.coalesce(complete_date("RFXENDTC"), pl.col("EOSDT"))
    known_to_end = pl.min_horizontal(latest_date("EXENDTC"), pl.col("EOSDT"))
    dated = (
        records.filter(pl.col("EXOCCUR").ne_missing(pl.lit("N")))
        .with_columns(
            _start=pl.coalesce(earliest_date("EXSTDTC"), complete_date("RFXSTDTC")),
            _end=pl.coalesce(complete_date("EXENDTC"), pl.max_horizontal(known_to_end, earliest_date("EXENDTC"))),
        )
        .with_columns(
            _end=pl.when(pl.col("EXENDTC").is_null())
            .then(pl.max_horizontal(end_of_study, pl.col("_start")))
            .otherwise(pl.col("_end"))
        )
    )
    return subjects.join(derive_exposure(dated), on="USUBJID", how="left", maintain_order="left")


def _derive_treatments(subjects: pl.DataFrame) -> pl.DataFrame:
    def has_arm(code: str) -> pl.Expr:
        return pl.col(code).is_not_null() & ~pl.col(code).is_in(_NO_ARM)

    # Randomized though DS lacks the milestone: an assigned arm says so, as the arm is only assigned at randomization.
    planned = pl.when(has_arm("ARMCD")).then(pl.col("ARM"))
    given = pl.when(has_arm("ACTARMCD")).then(pl.col("ACTARM")).otherwise(planned)
    with_names = subjects.with_columns(TRT01P=planned, TRT01A=pl.when(pl.col("TRTSDT").is_not_null()).then(given))
    names = pl.concat([with_names["TRT01P"], with_names["TRT01A"]]).drop_nulls().unique().sort().to_list()
    numbers = compute_treatment_numbers(names)
    return with_names.with_columns(
        pl.col(name).replace_strict(numbers, default=None, return_dtype=pl.Int64).alias(f"{name}N")
        for name in ("TRT01P", "TRT01A")
    )


def _join_baselines(subjects: pl.DataFrame, domains: Domains) -> pl.DataFrame:
    """HEIGHTBL, WEIGHTBL, BMIBL, HAMABL, and `_has_hama_after`: whether a HAM-A was taken on treatment."""
    reference = subjects.select(
        "USUBJID",
        _REFDT=pl.coalesce("TRTSDT", "RANDDT"),
        _first_day=pl.col("TRTSDT"),
        _last_day=pl.col("TRTEDT") + timedelta(days=ON_TREATMENT_DAYS),
    )
    signs = (
        source_records(
            domains,
            "VS",
            needed_by="ADSL",
            texts=["USUBJID", "VSTESTCD", "VSDTC"],
            numbers=["VSSTRESN", "VSSEQ"],
        )
        .filter(pl.col("VSTESTCD").is_in(["HEIGHT", "WEIGHT"]))
        .select("USUBJID", "VSSEQ", PARAMCD=pl.col("VSTESTCD"), ADT=complete_date("VSDTC"), AVAL=pl.col("VSSTRESN"))
        .join(reference, on="USUBJID", how="inner", maintain_order="left")
    )
    hama = (
        read_hama_totals(domains, needed_by="ADSL")
        .with_columns(PARAMCD=pl.lit("HAMATOT"))
        .join(reference, on="USUBJID", how="inner", maintain_order="left")
    )
    after = (
        hama.filter(
            pl.col("ADT") > pl.col("_first_day"), pl.col("ADT") <= pl.col("_last_day"), pl.col("AVAL").is_not_null()
        )
        .select("USUBJID", _has_hama_after=pl.lit(value=True))
        .unique("USUBJID")
    )
    return (
        subjects.join(_baseline_of(signs, "HEIGHT", "VSSEQ"), on="USUBJID", how="left", maintain_order="left")
        .join(_baseline_of(signs, "WEIGHT", "VSSEQ"), on="USUBJID", how="left", maintain_order="left")
        .join(_baseline_of(hama, "HAMATOT", "QSSEQ"), on="USUBJID", how="left", maintain_order="left")
        .rename({"HEIGHT": "HEIGHTBL", "WEIGHT": "WEIGHTBL", "HAMATOT": "HAMABL"})
        .with_columns(BMIBL=pl.col("WEIGHTBL") / (pl.col("HEIGHTBL") / 100) ** 2)
        .join(after, on="USUBJID", how="left", maintain_order="left")
        .with_columns(pl.col("_has_hama_after").fill_null(value=False))
    )


def _baseline_of(records: pl.DataFrame, parameter: str, sequence: str) -> pl.DataFrame:
    flagged = derive_ablfl(records.filter(pl.col("PARAMCD") == parameter), reference="_REFDT", order=["ADT", sequence])
    return flagged.filter(pl.col("ABLFL") == "Y").select("USUBJID", pl.col("AVAL").alias(parameter))


def _derive_flags(subjects: pl.DataFrame) -> pl.DataFrame:
    def flag(condition: pl.Expr) -> pl.Expr:
        return pl.when(condition).then(pl.lit("Y")).otherwise(pl.lit("N"))

    randomized = pl.col("RANDDT").is_not_null() | pl.col("TRT01P").is_not_null()
    treated = pl.col("TRTSDT").is_not_null()
    assessed = pl.col("HAMABL").is_not_null() & pl.col("_has_hama_after")
    failed = pl.col("_is_screen_failure").fill_null(value=False) | pl.col("ARMCD").eq_missing(pl.lit("SCRNFAIL"))
    reason = (
        pl.when(~randomized)
        .then(None)
        .when(~treated)
        .then(pl.lit("No dose of study drug"))
        .when(pl.col("HAMABL").is_null())
        .then(pl.lit("No baseline HAM-A"))
        .when(~pl.col("_has_hama_after"))
        .then(pl.lit("No HAM-A on treatment"))
    )
    ended = pl.coalesce("EOSSTT", pl.lit("ONGOING"))
    return subjects.with_columns(
        SCRNFL=pl.lit("Y"),
        SCRFFL=flag(~randomized & failed),
        ENRLFL=flag(randomized),
        RANDFL=flag(pl.col("RANDDT").is_not_null()),
        ITTFL=flag(randomized),
        SAFFL=flag(treated),
        EFFFL=flag(randomized & treated & assessed),
        EFFEXCL=reason,
        COMPLFL=flag(randomized & pl.col("EOTSTT").eq_missing(pl.lit("COMPLETED"))),
        EOSSTT=pl.when(randomized).then(ended),
        EOTSTT=pl.when(treated).then(pl.coalesce("EOTSTT", pl.lit("ONGOING"))),
        EOTDT=pl.when(treated).then(pl.col("EOTDT")),
        DCTREAS=pl.when(treated).then(pl.col("DCTREAS")),
    )


def _derive_groups(subjects: pl.DataFrame) -> pl.DataFrame:
    age = pl.col("AGE")
    group = pl.when(age < 35).then(1).when(age < 50).then(2).when(age >= 50).then(3)
    return subjects.with_columns(
        REGION1=pl.when(pl.col("COUNTRY").is_in(_NORTH_AMERICA))
        .then(pl.lit("North America"))
        .when(pl.col("COUNTRY").is_in(_EUROPE))
        .then(pl.lit("Europe"))
        .when(pl.col("COUNTRY").is_not_null())
        .then(pl.lit("Rest of World")),
        AGEGR1N=group,
        AGEGR1=group.replace_strict({1: "<35", 2: "35-49", 3: ">=50"}, default=None, return_dtype=pl.String),
    )
