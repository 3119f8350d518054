"""What the modules of ADaM rules share: the classes of datasets, sources, comparison of numbers, days.

A rule that is one of CDISC's own is cited by its numbers there: "ADaM Conformance Rules 5.0 (ADaMIG 1.3): 223".
"""

from __future__ import annotations

import re

import polars as pl

from trialwright.standards.datasets import Dataset
from trialwright.standards.metadata import DatasetMetadata

#: Classes as Define-XML names them.
ADSL = "SUBJECT LEVEL ANALYSIS DATASET"
BDS = "BASIC DATA STRUCTURE"
OCCDS = "OCCURRENCE DATA STRUCTURE"
OTHER = "ADAM OTHER"

IG = "ADaMIG 1.3"
OCCDS_GUIDE = "ADaM Structure for Occurrence Data 1.1"
TTE_GUIDE = "ADaM Basic Data Structure for Time-to-Event Analyses 1.0"

#: Two numbers are told apart if they differ by more than this part of the largest number that they are made of.
TOLERANCE = 1e-9

_OCCURRENCE = re.compile(r"[A-Z]{2}(SEQ|TERM|DECOD|TRT)")


def cdisc(*numbers: int) -> str:
    """The source of rules that CDISC has numbered."""
    return f"ADaM Conformance Rules 5.0 (ADaMIG 1.3): {', '.join(map(str, numbers))}"


def class_of(dataset: Dataset, metadata: DatasetMetadata | None) -> str:
    """The class of an ADaM dataset: what its definition says, or what its name and variables show.

    ADSL goes by its name. One with parameters or analysis values is BDS, one with the sequence, term or treatment of an
    SDTM domain OCCDS; whatever is left is `ADAM OTHER`.
    """
    if metadata is not None and metadata.kind.upper() in (ADSL, BDS, OCCDS, OTHER):
        return metadata.kind.upper()
    if dataset.name == "ADSL":
        return ADSL
    variables = dataset.frame.columns
    if {"PARAMCD", "PARAM", "AVAL", "AVALC"} & set(variables):
        return BDS
    return OCCDS if any(map(_OCCURRENCE.fullmatch, variables)) else OTHER


def differ(found: pl.Expr, expected: pl.Expr, *terms: pl.Expr) -> pl.Expr:
    """Whether two numbers differ by more than `TOLERANCE` of the largest of them and of `terms`.

    terms  what `expected` was computed from, where a difference of nearly equal numbers leaves little of their digits
    """
    scale = pl.max_horizontal(found.abs(), expected.abs(), *(term.abs() for term in terms))
    return (found - expected).abs() > TOLERANCE * scale


def study_day(date: pl.Expr, reference: pl.Expr) -> pl.Expr:
    """Days from the reference, which is day 1; the day before it is day -1."""
    days = (date - reference).dt.total_days()
    return pl.when(days >= 0).then(days + 1).otherwise(days)
