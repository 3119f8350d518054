"""Response of target lesions, and overall response at each assessment, by RECIST 1.1.

Source: Eisenhauer EA, Therasse P, Bogaerts J, et al. Eur J Cancer 2009;45:228-247, sections 4.3.1 to 4.3.3 and tables 1
and 2. Responses are CDISC's terms: CR, PR, SD, PD, NON-CR/NON-PD, NE.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trialwright.errors import DataError, MissingVariableError

CR, PR, SD, PD, NE = "CR", "PR", "SD", "PD", "NE"
NON_CR_NON_PD = "NON-CR/NON-PD"

#: Every response that an assessment can have.
RESPONSES = (CR, PR, SD, NON_CR_NON_PD, PD, NE)

#: Partial response: at least this share less than at baseline.
_DECREASE = 0.30

#: Progression: at least this share more than the smallest sum so far, and at least so many millimetres.
_INCREASE = 0.20
_INCREASE_MM = 5.0

#: A sum of diameters in decimals is not exact: 13.0 is 30% less than 18.571428571.
_EXACT = 1e-9


def compute_target_response(
    sum_mm: float | None,
    *,
    baseline_mm: float | None,
    nadir_mm: float | None,
    has_disappeared: bool | None = None,
    was_complete: bool = False,
) -> str:
    """The response of the target lesions at one assessment.

    sum_mm           of diameters (longest of tumours, short axis of nodes); None if not all were measured
    baseline_mm      the sum at baseline
    nadir_mm         the smallest sum before this assessment, baseline included
    has_disappeared  whether all tumours have, and all nodes are below 10 mm; None: the sum says it, by being 0. A sum
                     that includes nodes may be above 0 in complete response
    was_complete     whether an earlier assessment was a complete response: any disease after it is progression
                     (table 3, footnote a)

    A sum that fulfils both PR and PD is PD: the one looks at the baseline, the other at the nadir.
    """
    if sum_mm is None or baseline_mm is None or nadir_mm is None or baseline_mm <= 0:
        return NE
    if has_disappeared or (has_disappeared is None and sum_mm == 0):
        return CR
    if was_complete:
        return PD
    increase = sum_mm - nadir_mm
    if increase >= _INCREASE * nadir_mm - _EXACT and increase >= _INCREASE_MM - _EXACT:
        return PD
    if baseline_mm - sum_mm >= _DECREASE * baseline_mm - _EXACT:
        return PR
    return SD


def compute_overall_response(target: str | None, non_target: str | None, *, has_new_lesion: bool) -> str:
    """The overall response at one assessment, of target lesions, other lesions and new ones (tables 1 and 2).

    target, non_target  None if the subject has no such lesions at baseline; NE if not all were evaluated
    """
    if has_new_lesion or PD in (target, non_target):
        return PD
    if target is None:
        return NE if non_target is None else non_target
    if target == CR:
        return CR if non_target in (CR, None) else PR
    return target


def derive_target_response(sums: pl.DataFrame) -> pl.DataFrame:
    """`sums` with BASE, CHG, PCHG, NADIR, CHGNAD, PCHGNAD and the response TRGRESP of each assessment.

    Reads USUBJID, ADT, AVAL (sum of diameters in mm; missing if not all target lesions were measured), ABLFL (`Y` at
    baseline) and, if there, CRFL (`Y` or `N`: whether all tumours have disappeared and all nodes are below 10 mm). One
    record per subject and ADT. NADIR is the smallest sum before the assessment, from baseline on. TRGRESP is missing at
    and before baseline; without a baseline it is NE.
    """
    _require(sums, ("USUBJID", "ADT", "AVAL", "ABLFL"), "derive_target_response")
    has_flag = "CRFL" in sums.columns
    made: list[dict[str, object]] = []
    for records in _by_subject(sums):
        baselines = [one for one in records if one["ABLFL"] == "Y" and one["AVAL"] is not None]
        base = float(baselines[-1]["AVAL"]) if baselines else None
        start = baselines[-1]["ADT"] if baselines else None
        nadir, was_complete = base, False
        for record in records:
            value = None if record["AVAL"] is None else float(record["AVAL"])
            flag = record["CRFL"] if has_flag else None
            response = None
            if start is None or record["ADT"] > start:
                response = compute_target_response(
                    value,
                    baseline_mm=base,
                    nadir_mm=nadir,
                    has_disappeared=None if flag is None else flag == "Y",
                    was_complete=was_complete,
                )
                if record["ABLFL"] == "Y":
                    response = None
            is_after = response is not None
            made.append(
                {
                    "BASE": base,
                    "CHG": _difference(value, base) if is_after else None,
                    "PCHG": _percentage(value, base) if is_after else None,
                    "NADIR": nadir if is_after else None,
                    "CHGNAD": _difference(value, nadir) if is_after else None,
                    "PCHGNAD": _percentage(value, nadir) if is_after else None,
                    "TRGRESP": response,
                }
            )
            was_complete = was_complete or response == CR
            if is_after and value is not None and nadir is not None:
                nadir = min(nadir, value)
    schema = {name: pl.Float64() for name in ("BASE", "CHG", "PCHG", "NADIR", "CHGNAD", "PCHGNAD")} | {
        "TRGRESP": pl.String()
    }
    ordered = sums.sort("USUBJID", "ADT", maintain_order=True)
    return ordered.drop(name for name in schema if name in ordered.columns).hstack(pl.DataFrame(made, schema=schema))


def derive_overall_response(assessments: pl.DataFrame) -> pl.DataFrame:
    """`assessments` with OVRLRESP, the overall response.

    Reads TRGRESP and NTRGRESP (missing where the subject has no such lesions at baseline) and NEWLFL (`Y` if there is a
    new lesion). Raises `DataError` for a response that is none of RECIST's.
    """
    _require(assessments, ("TRGRESP", "NTRGRESP", "NEWLFL"), "derive_overall_response")
    for variable in ("TRGRESP", "NTRGRESP"):
        check_responses(assessments[variable], variable)
    overall = [
        compute_overall_response(target, non_target, has_new_lesion=new == "Y")
        for target, non_target, new in assessments.select("TRGRESP", "NTRGRESP", "NEWLFL").iter_rows()
    ]
    return assessments.with_columns(pl.Series("OVRLRESP", overall, dtype=pl.String))


def check_responses(values: pl.Series, variable: str) -> None:
    """Raise `DataError` if a value is no response of RECIST."""
    strange = sorted({str(value) for value in values if value is not None} - set(RESPONSES))
    if strange:
        raise DataError(
            f"{variable} has the values {', '.join(strange[:5])}, which are no responses of RECIST 1.1. It may have: "
            f"{', '.join(RESPONSES)}. Take only records of responses (where: PARAMCD = 'OVRLRESP') and map other words."
        )


def _by_subject(frame: pl.DataFrame) -> list[list[dict[str, Any]]]:
    """The records of each subject in order of date."""
    ordered = frame.sort("USUBJID", "ADT", maintain_order=True)
    return [part.to_dicts() for part in ordered.partition_by("USUBJID", maintain_order=True)]


def _require(frame: pl.DataFrame, variables: tuple[str, ...], needed_by: str) -> None:
    for variable in variables:
        if variable not in frame.columns:
            raise MissingVariableError(
                dataset="the dataset of tumours", variable=variable, needed_by=needed_by, present=frame.columns
            )


def _difference(value: float | None, reference: float | None) -> float | None:
    return None if value is None or reference is None else value - reference


def _percentage(value: float | None, reference: float | None) -> float | None:
    return None if value is None or not reference else 100 * (value - reference) / reference
