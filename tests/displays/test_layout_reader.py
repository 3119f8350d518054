"""The display part of a plan: what is wrong with it is said with line and column."""

from __future__ import annotations

import pytest

from trialwright.analysis.layout import ListingSpec, TableSpec
from trialwright.analysis.layout_figures import CurveSpec
from trialwright.analysis.layout_reader import Known, read_displays
from trialwright.analysis.templates import NamePlace, StatPlace, parse_template
from trialwright.errors import PlanError
from trialwright.marked_yaml import parse_yaml

TABLE = """\
"14.1":
  kind: table
  title: Populations
  columns:
    - {by: treatment, total: true, header: "${label}"}
    - {id: p, header: p-value}
  rows:
    - {label: Age, analysis: age, show: "{mean:5.1}", cells: {p: "{age.test/p_value:p4}"}}
"""

KNOWN = Known(analyses={"age", "age.test"}, groupings={"treatment"}, analysis_sets={"itt"})


def test_a_table_is_read() -> None:
    (table,) = read_displays(parse_yaml(TABLE), known=KNOWN).values()

    assert isinstance(table, TableSpec)
    assert [column.id for column in table.columns] == ["treatment", "p"]
    assert table.columns[0].has_total
    assert table.rows[0].cells["p"].show.stats == (StatPlace("p_value", "p4", ("age.test",)),)


def test_a_template_has_words_names_and_statistics() -> None:
    template = parse_template("${treatment.label} (N={N}) {{x}} {${analysis}.test/p_value:p4}")

    assert template.pieces == (
        NamePlace("treatment", True),
        " (N=",
        StatPlace("N"),
        ") {x} ",
        StatPlace("p_value", "p4", (NamePlace("analysis"), ".test")),
    )


@pytest.mark.parametrize(
    ("found", "replaced", "place", "said"),
    [
        ("kind: table", "kind: tabel", "line 2, column 9", "'tabel' is no kind of display"),
        ("  kind: table\n", "", "line 2, column 3", "has no 'kind'"),
        ("title: Populations", "titel: Populations", "line 3, column 3", "'titel' is not known"),
        ("  title: Populations\n", "", "line 2, column 3", "'title' is missing"),
        ("{mean:5.1}", "{mean:5,1}", "line 8, column 41", "'5,1' in '{mean:5,1}' is no format"),
        ("{mean:5.1}", "{mean", "line 8, column 41", "has a single '{'"),
        ("{mean:5.1}", "{}", "line 8, column 41", "is no statistic"),
        ("${label}", "${la bel}", "line 5, column 44", "is no name"),
        ("by: treatment", "by: arm", "line 5, column 12", "no grouping 'arm'. It has: treatment"),
        ("analysis: age,", "analysis: aeg,", "line 8, column 30", "no analysis 'aeg'. It has: age, age.test"),
        ("cells: {p:", "cells: {q:", "line 8, column 63", "no column 'q'. Its columns are: p, treatment"),
        ("total: true", "total: often", "line 5, column 30", "must be a valid boolean"),
        ("  title: Populations\n", "  title: X\n  analysis_set: all\n", "line 4, column 17", "no analysis set 'all'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(found: str, replaced: str, place: str, said: str) -> None:
    assert found in TABLE
    root = parse_yaml(TABLE.replace(found, replaced, 1), file="plan.yaml")

    with pytest.raises(PlanError) as error:
        read_displays(root, known=KNOWN)

    assert f"plan.yaml, {place}: " in str(error.value)
    assert said in str(error.value)


def test_all_problems_are_reported_together() -> None:
    root = parse_yaml(TABLE.replace("by: treatment", "by: arm").replace("analysis: age,", "analysis: aeg,"))

    with pytest.raises(PlanError) as error:
        read_displays(root, known=KNOWN)

    assert len(str(error.value).splitlines()) == 2


def test_patterns_are_no_display() -> None:
    text = """\
patterns:
  statistics: &statistics
    - {label: n, show: "{n}"}
"1":
  kind: table
  title: T
  columns: [{by: treatment}]
  rows: [{label: Age, analysis: age, rows: *statistics}]
"""
    displays = read_displays(parse_yaml(text), known=KNOWN)

    assert list(displays) == ["1"]
    table = displays["1"]
    assert isinstance(table, TableSpec)
    assert table.rows[0].rows[0].label is not None


def test_listings_and_figures_are_read() -> None:
    text = """\
"16.2":
  {kind: listing, title: L, analysis: age, columns: [{variable: AGE, format: ".1"}]}
"14-1":
  {kind: kaplan_meier, title: K, analysis: age, by: treatment, ticks: [0, 28]}
"""
    listing, curves = read_displays(parse_yaml(text), known=KNOWN).values()

    assert isinstance(listing, ListingSpec)
    assert listing.columns[0].header == "AGE"
    assert isinstance(curves, CurveSpec)
    assert curves.ticks == (0.0, 28.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"1": {kind: listing, title: L, analysis: age, columns: [{variable: AGE, format: x}]}', "'x' is no format"),
        ('"1": {kind: mean_profile, title: M, analysis: age}', "has no 'x'"),
        (
            '"1": {kind: flow, title: F, boxes: [{id: a, row: 0, lines: [x], to: [b]}]}',
            "an arrow leads to the box 'b'; there are: a",
        ),
        ('"1": {kind: table, title: T, columns: [], rows: []}', "at least 1 item"),
        ("[]", "displays must be a mapping"),
    ],
)
def test_other_mistakes_are_said(text: str, said: str) -> None:
    with pytest.raises(PlanError, match=said.replace("(", r"\(")):
        read_displays(parse_yaml(text), known=KNOWN)
