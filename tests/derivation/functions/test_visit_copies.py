"""Analysis visits that are copies of records, such as the end of treatment."""

from __future__ import annotations

import polars as pl

from trialwright.derivation.functions.end_of_treatment import derive_visit_copy

RECORDS = pl.DataFrame(
    {
        "USUBJID": ["A", "A", "A", "B", "C"],
        "PARAMCD": ["ALT"] * 5,
        "VISITNUM": [5.0, 4.0, 13.0, 4.0, 13.0],
        "AVISIT": ["Week 4", "Week 2", "Week 26", "Week 2", "Week 26"],
        "AVISITN": [4, 2, 26, 2, 26],
        "LBSEQ": [2, 1, 3, 1, 1],
    }
)
ON_TREATMENT = pl.col("VISITNUM") <= 12


def test_the_last_record_is_copied_once_for_each_subject_that_has_one() -> None:
    derived = derive_visit_copy(
        RECORDS, avisit="End of Treatment", avisitn=99, order=["VISITNUM"], among=ON_TREATMENT, flag="AENTMTFL"
    )
    copies = derived.filter(pl.col("AVISITN") == 99)
    assert copies.select("USUBJID", "LBSEQ", "AVISIT", "AENTMTFL").rows() == [
        ("A", 2, "End of Treatment", "Y"),
        ("B", 1, "End of Treatment", "Y"),
    ]
    assert derived["AENTMTFL"].to_list() == ["Y", None, None, "Y", None, "Y", "Y"]
    assert derived.head(5).drop("AENTMTFL").equals(RECORDS)


def test_the_first_record_can_be_copied_and_marked_as_derived() -> None:
    derived = derive_visit_copy(RECORDS, avisit="First", avisitn=0, order=["VISITNUM"], keep="first", dtype="FIRST")
    copies = derived.tail(3)
    assert copies.select("USUBJID", "LBSEQ", "DTYPE").rows() == [
        ("A", 1, "FIRST"),
        ("B", 1, "FIRST"),
        ("C", 1, "FIRST"),
    ]
    assert derived["DTYPE"].head(5).null_count() == 5


def test_a_copy_has_the_sources_of_its_record() -> None:
    traced = RECORDS.with_columns(_LINEAGE=pl.Series([[7], [8], [9], [10], [11]], dtype=pl.List(pl.UInt32)))
    derived = derive_visit_copy(traced, avisit="Last", avisitn=99, order=["VISITNUM"])
    assert derived["_LINEAGE"].to_list()[5:] == [[9], [10], [11]]


def test_nothing_to_copy_adds_nothing() -> None:
    derived = derive_visit_copy(
        RECORDS, avisit="Last", avisitn=99, order=["VISITNUM"], among=pl.col("VISITNUM") > 99, flag="F"
    )
    assert derived.height == 5
    assert derived["F"].null_count() == 5
