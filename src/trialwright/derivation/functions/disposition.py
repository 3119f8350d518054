"""Disposition: consent, randomization, end of treatment and end of study, from the disposition domain."""

from __future__ import annotations

import polars as pl

from trialwright.derivation.engine.lineage import LINEAGE, union_lineage

_COMPLETED = "COMPLETED"
_SCREEN_FAILURE = "SCREEN FAILURE"


def derive_disposition(records: pl.DataFrame) -> pl.DataFrame:
    """One record per subject: RANDDT, consent, end of treatment and end of study.

    Reads USUBJID, DSCAT, DSSCAT, EPOCH, DSDECOD, DSTERM and the date `_date`.

    Columns: USUBJID, `_consent`, RANDDT, `_is_screen_failure`, SCRFREAS, EOTSTT, EOTDT, DCTREAS, EOSSTT, EOSDT,
    DCSREAS and DCSREASP.

    Protocol milestones give consent and randomization. Of the disposition events after screening, the last one of the
    treatment epoch (DSSCAT, else EPOCH, names the treatment) ends treatment and the last one of all ends the study; a
    subject who left the study during treatment has only the first, which then ends both. A subject without such an
    event has no status here: ongoing, or a screen failure.

    Source: SDTMIG 3.4, section 6.2.4 (DS); ADaMIG 1.3, table 3.2.8 (EOSSTT, DCSREAS).
    """
    decoded = pl.col("DSDECOD").str.to_uppercase()

    # "NOT RANDOMIZED" and "WITHDRAWAL OF INFORMED CONSENT" are dispositions.
    milestones = records.filter(pl.col("DSCAT").ne_missing(pl.lit("DISPOSITION EVENT")))

    def milestone(name: str) -> pl.DataFrame:
        return (
            milestones.filter(decoded.str.starts_with(name)).group_by("USUBJID").agg(pl.col("_date").min().alias(name))
        )

    of_treatment = (
        pl.coalesce(pl.col("DSSCAT"), pl.col("EPOCH"), pl.lit("")).str.to_uppercase().str.contains("TREATMENT")
    )
    events = (
        records.filter(pl.col("DSCAT") == "DISPOSITION EVENT")
        .with_columns(_of_treatment=of_treatment)
        # On the same day the end of treatment precedes the end of the study.
        .sort("_date", ~pl.col("_of_treatment"), nulls_last=False, maintain_order=True)
    )
    screen_failures = (
        events.filter(decoded == _SCREEN_FAILURE)
        .group_by("USUBJID", maintain_order=True)
        .agg(SCRFREAS=pl.col("DSTERM").first())
    )
    of_screening = pl.col("EPOCH").eq_missing(pl.lit("SCREENING")) | (decoded == _SCREEN_FAILURE)
    after_screening = events.filter(~of_screening)
    study_end = _last_event(after_screening)
    treatment_end = pl.concat([_last_event(after_screening.filter("_of_treatment")), study_end]).unique(
        "USUBJID", keep="first", maintain_order=True
    )
    sources = [union_lineage()] if LINEAGE in records.columns else []
    subjects = records.group_by("USUBJID", maintain_order=True).agg(*sources)
    return (
        subjects.join(milestone("INFORMED CONSENT").rename({"INFORMED CONSENT": "_consent"}), on="USUBJID", how="left")
        .join(milestone("RANDOMI").rename({"RANDOMI": "RANDDT"}), on="USUBJID", how="left")
        .join(screen_failures.with_columns(_is_screen_failure=pl.lit(value=True)), on="USUBJID", how="left")
        .with_columns(pl.col("_is_screen_failure").fill_null(value=False))
        .join(
            treatment_end.select(
                "USUBJID", EOTSTT=_status(), EOTDT=pl.col("_date"), DCTREAS=_reason(pl.col("DSDECOD"))
            ),
            on="USUBJID",
            how="left",
        )
        .join(
            study_end.select(
                "USUBJID",
                EOSSTT=_status(),
                EOSDT=pl.col("_date"),
                DCSREAS=_reason(pl.col("DSDECOD")),
                DCSREASP=_reason(pl.col("DSTERM")),
            ),
            on="USUBJID",
            how="left",
        )
    )


def _last_event(events: pl.DataFrame) -> pl.DataFrame:
    return events.drop(LINEAGE, strict=False).group_by("USUBJID", maintain_order=True).last()


def _status() -> pl.Expr:
    return pl.when(pl.col("DSDECOD") == _COMPLETED).then(pl.lit(_COMPLETED)).otherwise(pl.lit("DISCONTINUED"))


def _reason(words: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("DSDECOD") != _COMPLETED).then(words)
