"""The steps that ADVS and ADLB share: one record of a findings domain is one record of the analysis dataset."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trialwright.derivation.functions.analysis_visits import AnalysisVisit, derive_anl01fl, derive_avisit
from trialwright.derivation.functions.baseline import derive_ablfl, derive_base, derive_chg
from trialwright.derivation.functions.on_treatment import derive_ontrtfl
from trialwright.derivation.functions.study_days import study_day_of
from trialwright.derivation.specification import Variable, assigned, copied, derived
from trialwright.derivation.subject_variables import join_subject_variables

#: A visit is on treatment up to so many days after the last dose: the last dose is taken on the day before the Week 12
#: visit, which may be held up to three days later than planned.
ON_TREATMENT_DAYS = 3


def derive_findings(
    records: pl.DataFrame,
    adsl: pl.DataFrame,
    visits: Sequence[AnalysisVisit],
    *,
    sequence: str,
    analyzes_off_treatment: bool = True,
) -> pl.DataFrame:
    """`records` (USUBJID, PARAMCD, ADT, VISITNUM, AVAL, `sequence`) with baseline, analysis visit, change and ANL01FL.

    Adds the subject's variables, ADY, ABLFL, BASE, AVISIT, AVISITN, AWTARGET, AWTDIFF, ONTRTFL, CHG, PCHG and ANL01FL.
    CHG and PCHG stand on records after the day of the first dose. Unless `analyzes_off_treatment`, values after
    treatment are not flagged for analysis.
    """
    placed = join_subject_variables(records, adsl).with_columns(ADY=study_day_of(pl.col("ADT"), pl.col("_REFDT")))
    flagged = derive_ablfl(placed, reference="_REFDT", order=["ADT", "VISITNUM", sequence])
    visited = derive_avisit(derive_base(flagged), visits)
    after = pl.col("_AFTER") == "Y"
    treated = derive_ontrtfl(visited, days_after_end=ON_TREATMENT_DAYS, after=after)
    changed = derive_chg(treated, after=after)
    if analyzes_off_treatment:
        return derive_anl01fl(changed, sequence=sequence)
    return derive_anl01fl(changed, sequence=sequence, among=pl.col("_AFTER").is_null() | (pl.col("ONTRTFL") == "Y"))


def findings_variables(domain: str) -> tuple[Variable, ...]:
    """The variables that `derive_findings` adds or keeps, for the specification of a dataset made from `domain`."""
    return (
        derived("ADT", "Analysis Date", "date", f"{domain}.{domain}DTC, if complete"),
        derived("ADY", "Analysis Relative Day", "integer", "ADT relative to TRTSDT (RANDDT if not treated); no day 0"),
        copied(f"{domain}.VISITNUM", "Visit Number", "float"),
        copied(f"{domain}.VISIT", "Visit Name"),
        derived("AVISIT", "Analysis Visit", "text", "Planned visit; unscheduled records by window of ADY"),
        derived("AVISITN", "Analysis Visit (N)", "integer", "Planned week of AVISIT; 0 at baseline"),
        derived("AWTARGET", "Analysis Window Target", "integer", "Planned study day of AVISIT"),
        derived(
            "AWTDIFF",
            "Analysis Window Diff from Target",
            "integer",
            "Days from ADY to AWTARGET; not if carried",
        ),
        derived("ABLFL", "Baseline Record Flag", "text", "Y: last record with AVAL on or before TRTSDT (RANDDT)"),
        derived(
            "ONTRTFL",
            "On Treatment Record Flag",
            "text",
            f"Y: after the day of TRTSDT, up to {ON_TREATMENT_DAYS} days after TRTEDT",
        ),
        derived("BASE", "Baseline Value", "float", "AVAL where ABLFL is Y"),
        derived("CHG", "Change from Baseline", "float", "AVAL - BASE, after baseline"),
        derived("PCHG", "Percent Change from Baseline", "float", "100 x CHG / BASE, after baseline"),
        derived("ANL01FL", "Analysis Flag 01", "text", "Y: the record analyzed at AVISIT"),
        assigned("SRCDOM", "Source Data", "text", domain),
        assigned("SRCVAR", "Source Variable", "text", f"{domain}STRESN"),
        copied(f"{domain}.{domain}SEQ", "Source Sequence Number", "integer", name="SRCSEQ"),
        copied(f"{domain}.{domain}SEQ", "Sequence Number", "integer"),
    )
