"""What a listing makes of its records: order, joined variables, flags, words, computed texts, levels side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from trialwright.analysis import analyze, trace
from trialwright.analysis.methods.listing_options import ListingOptions
from trialwright.analysis.plan import Analysis, AnalysisPlan, AnalysisSet
from trialwright.errors import DataError, MissingDatasetError, PlanError
from trialwright.results import Results
from trialwright.standards.datasets import Dataset

ADSL = pl.DataFrame({"USUBJID": ["1", "2", "3"], "ARM": ["Z", "A", "A"], "SEX": ["F", "M", None], "SITEID": [9, 9, 8]})
LB = pl.DataFrame(
    {
        "USUBJID": ["1", "1", "1", "2", "2", "1"],
        "LBSEQ": [1.0, 2.0, 3.0, 1.0, 2.0, 4.0],
        "LBTESTCD": ["ALT", "AST", "ALT", "ALT", "AST", "AST"],
        "VISITNUM": [1.0, 1.0, 2.0, 1.0, 1.0, 1.0],
        "LBDTC": ["2014-01-02T08:30", "2014-01-02", "2014-02-01", "2014-01-05", "2014-01-05", "2014-01-03"],
        "AVAL": [20.25, 99.0, None, 12.34567, 0.5, 40.0],
        "LO": [None, 10.0, 5.0, 5.0, 10.0, 10.0],
        "HI": [40.0, 40.0, 40.0, 40.0, 40.0, 40.0],
    }
)
SUPPLB = pl.DataFrame(
    {
        "USUBJID": ["1", "1", "2"],
        "IDVAR": ["LBSEQ", None, "LBSEQ"],
        "IDVARVAL": ["2", None, "2.0"],
        "QNAM": ["CLSIG", "LABNAM", "CLSIG"],
        "QVAL": ["Y", "CENTRAL", "N"],
    }
)
VISITS = pl.DataFrame({"USUBJID": ["1", "1", "2"], "VISITNUM": [1.0, 2.0, 1.0], "SVSTDTC": ["a", "b", "c"]})
FLAG: Mapping[str, Any] = {"FLAG": {"H": "AVAL > HI", "L": "AVAL < LO"}}


def made_of(variables: list[str], **options: Any) -> tuple[AnalysisPlan, dict[str, Dataset], Results]:
    plan = AnalysisPlan(
        title="T",
        alpha=0.05,
        analysis_sets={"all": AnalysisSet(id="all", label="All")},
        groupings={},
        analyses={
            "a": Analysis(
                id="a", method="listing", dataset="LB", population="all", variables=tuple(variables), options=options
            )
        },
        displays={},
    )
    frames = {"ADSL": ADSL, "LB": LB, "SUPPLB": SUPPLB, "SV": VISITS}
    datasets = {name: Dataset(name=name, frame=frame) for name, frame in frames.items()}
    return plan, datasets, analyze(plan, datasets)


def listed(variables: list[str], **options: Any) -> list[tuple[str, str, Any]]:
    """Subject, variable (with its level) and value, in order."""
    _, _, results = made_of(variables, **options)
    return [
        (
            f"{row.groups[0][1]}.{row.groups[1][1]}",
            (row.variable or "") + (f"={row.variable_level}" if row.variable_level else ""),
            row.stat if row.stat is not None else row.stat_text,
        )
        for row in results.of_analysis("a")
        if row.groups
    ]


def values(variable: str, **options: Any) -> list[Any]:
    return [value for _, _, value in listed([variable], **options)]


def test_subjects_and_their_records_stand_in_the_order_asked_for() -> None:
    rows = listed(["LBSEQ"], subjects=("ARM",), sort=("-VISITNUM", "LBTESTCD", "-LBSEQ"))
    assert rows == [
        ("2.1", "LBSEQ", 1.0),
        ("2.2", "LBSEQ", 2.0),
        ("1.1", "LBSEQ", 3.0),
        ("1.2", "LBSEQ", 1.0),
        ("1.3", "LBSEQ", 4.0),
        ("1.4", "LBSEQ", 2.0),
    ]


def test_records_and_subjects_are_counted() -> None:
    _, _, results = made_of(["AVAL"])
    assert [results[f"a/{stat}"].stat for stat in ("n_records", "n")] == [6, 2]


def test_flags_are_the_first_condition_that_holds() -> None:
    assert values("FLAG", flags=FLAG) == ["", "H", "", "", "", "L"]


def test_words_stand_for_values_and_others_stay() -> None:
    assert values("LBTESTCD", labels={"LBTESTCD": {"ALT": "Alanine aminotransferase"}})[:2] == [
        "Alanine aminotransferase",
        "AST",
    ]
    assert values("SEX", labels={"SEX": {"F": "Female"}}) == ["Female"] * 4 + ["M"] * 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{AVAL} {FLAG}", ["20.25", "99 H", "", "40", "12.34567", "0.5 L"]),
        ("{AVAL:.1} {FLAG}", ["20.3", "99.0 H", "", "40.0", "12.3", "0.5 L"]),
        ("{AVAL:3g}", ["20.3", "99", "", "40", "12.3", "0.5"]),
        ("{LO} - {HI}", ["- 40", "10 - 40", "5 - 40", "10 - 40", "5 - 40", "10 - 40"]),
        ("{LBDTC:date}", ["2014-01-02", "2014-01-02", "2014-02-01", "2014-01-03", "2014-01-05", "2014-01-05"]),
        ("{SEX}: {AVAL:.0}", ["F: 20", "F: 99", "F:", "F: 40", "M: 12", "M: 1"]),
        ("fixed", ["fixed"] * 6),
    ],
)
def test_texts_are_made_of_variables(text: str, expected: list[str]) -> None:
    found = listed(["NEW"], flags=FLAG, texts={"NEW": text})
    assert [value for _, _, value in found] == expected


def test_supplemental_qualifiers_are_the_records_own_or_the_subjects() -> None:
    join = ({"dataset": "SUPPLB", "variables": ("CLSIG", "LABNAM")},)
    assert values("CLSIG", join=join) == ["", "Y", "", "", "", "N"]
    assert values("LABNAM", join=join) == ["CENTRAL"] * 4 + [""] * 2


def test_another_datasets_variables_stand_beside_a_record() -> None:
    join = ({"dataset": "SV", "variables": ("SVSTDTC",), "on": ("USUBJID", "VISITNUM")},)
    assert values("SVSTDTC", join=join) == ["a", "a", "b", "a", "c", "c"]


def test_a_joined_dataset_may_be_narrowed_by_a_condition() -> None:
    join = ({"dataset": "SV", "variables": ("SVSTDTC",), "where": "VISITNUM = 1"},)
    assert values("SVSTDTC", join=join) == ["a"] * 4 + ["c"] * 2


def test_levels_stand_side_by_side_and_a_second_value_has_a_row_of_its_own() -> None:
    rows = listed(
        ["VISITNUM", "RESULT"],
        flags=FLAG,
        texts={"RESULT": "{AVAL} {FLAG}"},
        sort=("VISITNUM", "LBSEQ"),
        across={"variable": "LBTESTCD", "values": ("RESULT",), "rows": ("VISITNUM",)},
    )
    assert rows == [
        ("1.1", "VISITNUM", 1.0),
        ("1.1", "RESULT=ALT", "20.25"),
        ("1.1", "RESULT=AST", "99 H"),
        ("1.2", "VISITNUM", 1.0),
        ("1.2", "RESULT=AST", "40"),
        ("1.3", "VISITNUM", 2.0),
        ("2.1", "VISITNUM", 1.0),
        ("2.1", "RESULT=ALT", "12.34567"),
        ("2.1", "RESULT=AST", "0.5 L"),
    ]


def test_a_value_leads_to_its_record() -> None:
    across = {"variable": "LBTESTCD", "values": ("AVAL",), "rows": ("VISITNUM",)}
    plan, datasets, results = made_of(["VISITNUM", "AVAL"], across=across, flags=FLAG)
    one = trace("a/USUBJID=1/row=1/AVAL=AST/value", plan, datasets, results)
    assert one.rows["LBSEQ"].to_list() == [2.0]
    assert "HI" in one.key_variables
    row = trace("a/USUBJID=1/row=1/VISITNUM/value", plan, datasets, results)
    assert row.rows["LBSEQ"].to_list() == [1.0, 2.0]
    assert trace("a/n_records", plan, datasets, results).rows.height == 6
    assert trace("a/n", plan, datasets, results).subject_count == 2


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"flags": {"AVAL": {"H": "AVAL > 1"}}}, PlanError, "one of that name"),
        ({"join": ({"dataset": "SUPPLB", "variables": ("NOPE",)},)}, PlanError, "its QNAM are: CLSIG, LABNAM"),
        ({"join": ({"dataset": "SV", "variables": ("SVSTDTC",)},)}, DataError, "several records with USUBJID=1"),
        ({"join": ({"dataset": "XX", "variables": ("SVSTDTC",)},)}, MissingDatasetError, "XX"),
        (
            {"across": {"variable": "LBTESTCD", "values": ("LO",), "rows": ("VISITNUM",)}},
            PlanError,
            "sets LO side by side, but does not list it",
        ),
        ({"sort": ("NOPE",)}, DataError, "NOPE"),
    ],
)
def test_what_does_not_fit_is_told(options: Mapping[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        made_of(["AVAL"], **options)


@pytest.mark.parametrize("text", ["{AVAL:5.1f}", "{}", "{1}", "AVAL}"])
def test_a_text_with_a_wrong_place_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no text of variables"):
        ListingOptions.model_validate({"texts": {"NEW": text}})
