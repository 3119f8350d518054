"""Tables are composed of results: what stands where, in which order, and what is said when it cannot be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trialwright.displays import Display, Table, display_to_json
from trialwright.errors import PlanError

MakeTable = Callable[..., Table]


def shown(table: Table) -> list[list[str]]:
    return [[row["label"], *row["cells"]] for row in display_to_json(table)["rows"]]


def test_a_column_for_each_arm_and_the_total(table: MakeTable) -> None:
    made = table(
        '[{label: Age, analysis: age, show: "{mean:.1} ({sd:5.2})"}]',
        '[{by: treatment, total: true, header: "${label}\\n(N={N})"}]',
    )

    assert display_to_json(made)["column_headers"] == [
        ["", "Arm\nPlacebo\n(N=86)", "Arm\nLow\n(N=84)", "Arm\nHigh\n(N=84)", "Total\n(N=254)"]
    ]
    assert shown(made) == [["Age", *["75.3 ( 8.25)"] * 4]]


def test_every_number_is_a_reference_to_its_result(table: MakeTable) -> None:
    made = table('[{label: Age, analysis: age, show: "{mean:.1} ({n})"}]')

    assert [ref.result_id for ref in made.rows[0].cells[1].refs] == ["age/TRT01P=Low/AGE/mean", "age/TRT01P=Low/AGE/n"]
    assert made.rows[0].cells[1].parts[1] == " ("
    assert made.rows[0].cells[1].refs[0].value == 75.25


def test_a_header_refers_to_the_size_of_the_analysis_set(table: MakeTable) -> None:
    made = table("[]", '[{by: treatment, header: "(N={N})"}, {id: all, header: "(N={N})"}]')

    refs = [ref.result_id for header in made.headers[0] for ref in header.cell.refs]
    of_arms = [f"population.itt/TRT01P={arm}/USUBJID/n" for arm in ("Placebo", "Low", "High")]
    assert refs == [*of_arms, "population.itt/USUBJID/n"]


def test_spanners_stand_over_their_columns_and_shorter_headers_at_the_bottom(table: MakeTable) -> None:
    made = table(
        "[]",
        "[{by: treatment, only: [Low, High], header: '${treatment}',"
        " columns: [{id: n, header: n}, {id: p, header: p}]},"
        " {id: test, header: p-value}]",
        ", stub: ['', Term]",
    )

    assert display_to_json(made)["column_headers"] == [
        ["", "Low", "", "High", "", ""],
        ["Term", "n", "p", "n", "p", "p-value"],
    ]
    assert [header.span for header in made.headers[0]] == [1, 2, 2, 1]


def test_a_count_of_zero_has_an_alternate(table: MakeTable) -> None:
    made = table(
        "[{label: Flutter, analysis: ae, variable: AEDECOD, level: ATRIAL FLUTTER, groups: {AESOC: CARDIAC},"
        ' show: {show: "{n} ({p:%4.1}%)", zero: "{n}"}}]'
    )

    assert shown(made) == [["Flutter", "1 ( 1.2%)", "0", "0"]]


def test_absent_results_and_such_without_a_number_have_their_texts(table: MakeTable) -> None:
    made = table(
        '[{label: default, analysis: model, show: {show: "{difference:.1} ({se:.2})", versus: Placebo}},'
        ' {label: own, analysis: model, show: {show: "{se:.2}", versus: Placebo, absent: "-", not_estimable: n.c.}}]'
    )

    assert shown(made) == [["default", "", "-0.5 (NE)", "-0.5 (NE)"], ["own", "-", "n.c.", "n.c."]]


def test_cells_may_belong_to_one_level_and_to_another_analysis(table: MakeTable) -> None:
    made = table(
        '[{label: Age, analysis: age, show: "{n}",'
        ' cells: {"treatment[Low]": "{mean:.0}", p: "{${analysis}.test/p_value:p4}"}}]',
        "[{by: treatment}, {id: p, header: p}]",
    )

    assert shown(made) == [["Age", "86", "75", "84", "0.5934"]]


def test_rows_inside_a_block_inherit_and_its_label_may_join_the_first(table: MakeTable) -> None:
    rows = '[{label: Age, heading: HEADING, analysis: age, rows: [{label: "  n", show: "{n}"}, {show: "{mean:.1}"}]}]'

    assert shown(table(rows.replace("HEADING", "row"))) == [
        ["Age", "", "", ""],
        ["  n", "86", "84", "84"],
        ["", "75.3", "75.3", "75.3"],
    ]
    assert [row.is_group for row in table(rows.replace("HEADING", "row")).rows] == [True, False, False]
    assert [row[0] for row in shown(table(rows.replace("HEADING", "first")))] == ["Age", ""]
    assert [row[0] for row in shown(table(rows.replace("HEADING", "none")))] == ["  n", ""]


def test_levels_come_in_the_order_and_words_of_the_plan(table: MakeTable) -> None:
    rows = '[{label: "${label}", analysis: sex, show: "{n}", levels: LEVELS}]'

    assert [row[0] for row in shown(table(rows.replace("LEVELS", "SEX")))] == ["F", "M"]
    assert shown(table(rows.replace("LEVELS", "{only: {M: Male, F: Female, U: Unknown}}"))) == [
        ["Male", "46", "44", "44"],
        ["Female", "40", "40", "40"],
        ["Unknown", "", "", ""],
    ]
    assert [row[0] for row in shown(table(rows.replace("LEVELS", "{variable: SEX, labels: {F: Women}}")))] == [
        "Women",
        "M",
    ]


def test_levels_may_be_groups_of_the_results(table: MakeTable) -> None:
    rows = '[{levels: AVISITN, label: "Week ${label}", analysis: visits, show: "{mean:.1}"}]'
    assert shown(table(rows)) == [
        ["Week 8", "0.8", "0.6", "0.5"],
        ["Week 16", "1.7", "1.3", "1.0"],
        ["Week 24", "2.5", "1.9", "1.5"],
    ]
    inside = "[{levels: {variable: AVISITN}, analysis: visits, heading: data, show: '{n}', rows: [{label: n}]}]"
    assert [row[1] for row in shown(table(inside))] == ["70"] * 6


NESTED = """[{analysis: ae,
  cells: {treatment: {show: "{n}", zero: "{n}"}, p: {show: "{p_value:p3*}", nonzero_in: [High, Placebo]}},
  rows: [{label: ANY, variable: USUBJID},
    {levels: {variable: AESOC, order: alphabetical}, heading: data,
     rows: [{levels: {variable: AEDECOD, order: descending, of: {treatment: High}}, label: "  ${label}"}]}]}]"""


def test_nested_terms_are_ordered_by_name_outside_and_by_count_inside(table: MakeTable) -> None:
    made = table(NESTED, "[{by: treatment}, {id: p, header: p, groups: {treatment: High - Placebo}}]")

    assert shown(made) == [
        ["ANY", "4", "4", "4", ""],
        ["CARDIAC", "3", "2", "3", "0.040*"],
        ["  BRADYCARDIA", "0", "1", "3", ">.99"],
        # Equal in the high dose, so by name.
        ["  ATRIAL FLUTTER", "1", "0", "0", ">.99"],
        ["  PALPITATIONS", "2", "1", "0", ">.99"],
        ["EYE", "0", "0", "1", "0.040*"],
        ["  PAIN", "0", "0", "1", ">.99"],
    ]
    assert [row.is_group for row in made.rows] == [False, True, False, False, False, True, False]


def test_a_comparison_of_nothing_with_nothing_is_left_empty(table: MakeTable) -> None:
    made = table(
        "[{label: Pain, analysis: ae, variable: AEDECOD, level: PAIN, groups: {AESOC: EYE},"
        ' cells: {p: {show: "{p_value:p3*}", nonzero_in: [Low, Placebo]},'
        ' q: {show: "{p_value:p3*}", nonzero_in: [High]}}}]',
        "[{id: p, groups: {treatment: High - Placebo}}, {id: q, groups: {treatment: High - Placebo}}]",
    )

    assert shown(made) == [["Pain", "", ">.99"]]


def test_rows_of_zeros_or_without_results_may_be_left_out(table: MakeTable) -> None:
    columns = "[{by: treatment, only: [Low]}]"
    rows = (
        "[{analysis: ae, groups: {AESOC: CARDIAC},"
        " levels: {variable: AEDECOD, only: [ATRIAL FLUTTER, NEVER, BRADYCARDIA]},"
        ' show: "{n}", omit: OMIT}]'
    )

    def labels(omit: str) -> list[str]:
        return [row[0] for row in shown(table(rows.replace("OMIT", omit), columns))]

    assert labels("''") == ["ATRIAL FLUTTER", "NEVER", "BRADYCARDIA"]
    assert labels("absent") == ["ATRIAL FLUTTER", "BRADYCARDIA"]
    assert labels("zero") == ["BRADYCARDIA"]


def test_rows_and_columns_may_change_places(table: MakeTable) -> None:
    made = table(
        '[{by: visit, heading: first, label: "${visit.label}", analysis: visits,'
        ' rows: [{by: treatment, label: "", cells: {arm: "${treatment}", size: "{population/N}", n: "{n}",'
        ' mean: "{mean:.2}"}}]}]',
        "[{id: arm, repeats: false}, {id: size, repeats: false}, {id: n}, {id: mean, header: Mean}]",
    )

    assert shown(made)[:4] == [
        ["Week 8", "Placebo", "86", "70", "0.83"],
        ["", "Low", "84", "70", "0.63"],
        ["", "High", "84", "70", "0.50"],
        ["Week 16", "Placebo", "86", "70", "1.67"],
    ]


def test_columns_may_be_levels_and_bind_names(table: MakeTable) -> None:
    made = table(
        '[{label: Sex, analysis: "${what}", show: "{n}"}]',
        "[{by: treatment, only: [Low], names: {what: sex}, columns:"
        " [{levels: {variable: SEX, only: {M: Men, F: Women}}}, {level: F, header: W, id: w}]}]",
    )

    assert display_to_json(made)["column_headers"] == [["", "Arm\nLow", "", ""], ["", "Men", "Women", "W"]]
    assert shown(made) == [["Sex", "44", "40", "40"]]


def test_names_that_repeat_those_above_are_left_out(table: MakeTable) -> None:
    made = table(
        "[{label: A, heading: first, rows:"
        " [{cells: {x: one, y: a}}, {cells: {x: one, y: b}}, {cells: {x: two, y: b}}]}]",
        "[{id: x, repeats: false}, {id: y, repeats: false}]",
    )

    assert shown(made) == [["A", "one", "a"], ["", "", "b"], ["", "two", "b"]]


def test_footnotes_may_show_results_and_warnings(table: MakeTable) -> None:
    rows = '[{label: Sex, analysis: sex.test, cells: {p: "{p_value:p4}"}}]'
    notes = ', footnotes: ["p = {age.test/p_value:p4}."]'

    silent = table(rows, "[{id: p}]", notes)
    loud = table(rows, "[{id: p}]", notes + ", warnings: true")

    assert display_to_json(silent)["footnotes"] == ["p = 0.5934."]
    assert silent.warnings == ("an expected count is below 5",)
    assert display_to_json(loud)["footnotes"] == ["p = 0.5934.", "an expected count is below 5"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            '[{label: Age, analysis: aeg, show: "{n}"}]',
            "Display 1, row 'Age' asks for the analysis 'aeg'.*age, age.test",
        ),
        (
            '[{label: Age, analysis: age, show: "{avg:.1}"}]',
            "row 'Age' asks for the statistic 'avg' of age.*n, mean, sd",
        ),
        (
            '[{label: Age, analysis: age, variable: WEIGHT, show: "{n}"}]',
            "row 'Age' asks for the variable 'WEIGHT' of age, which analyses: AGE",
        ),
        ('[{label: Age, show: "{n}"}]', "row 'Age' shows a result but names no analysis"),
        ('[{label: Age, analysis: age, show: "${dose}"}]', "row 'Age': no name 'dose' is bound here.*treatment"),
        ('[{label: Age, analysis: ae, levels: {}, show: "{n}"}]', "several variables: USUBJID, AESOC, AEDECOD"),
        ('[{label: Sex, analysis: sex, by: arm, show: "{n}"}]', "grouping 'arm', which the plan does not have"),
        ("[{by: treatment, only: [Middle], analysis: age}]", "has no level 'Middle'. It has: Placebo, Low, High"),
        ("[{by: visit, total: true, analysis: age}]", "the total of the grouping visit, which has none"),
    ],
)
def test_what_there_is_not_is_an_error_with_its_place(table: MakeTable, rows: str, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        table(rows)


def test_an_analysis_without_any_result_leaves_its_cells_empty(table: MakeTable) -> None:
    made = table('[{label: E, analysis: empty, show: "{mean:.1}"}, {levels: X, analysis: empty, show: "{n}"}]')

    assert shown(made) == [["E", "", "", ""]]


def test_the_size_of_no_analysis_set_is_an_error(display: Callable[[str], Display]) -> None:
    with pytest.raises(PlanError, match="Give it an 'analysis_set'"):
        display('"1": {kind: table, title: T, columns: [{by: treatment, header: "{N}"}], rows: []}')


def test_a_listing_has_a_row_for_each_record(display: Callable[[str], Display]) -> None:
    made = display(
        '"16": {kind: listing, title: L, analysis: records, columns:'
        " [{variable: USUBJID, header: Subject, repeats: false},"
        " {variable: AEDECOD}, {variable: ASTDY, header: Day}]}"
    )

    assert isinstance(made, Table)
    assert shown(made) == [["01-001", "RASH", "3.0"], ["", "PAIN", "12.5"], ["01-002", "RASH", "3.0"]]
    assert made.is_listing and made.is_landscape
    assert made.alignments == ("left", "left", "right")
    assert made.rows[0].cells[1].refs[0].result_id == "records/USUBJID=01-001/row=1/ASTDY/value"


def test_a_listing_of_nothing_says_so(display: Callable[[str], Display]) -> None:
    made = display('"16": {kind: listing, title: L, analysis: empty, empty: None., columns: [{variable: USUBJID}]}')

    assert isinstance(made, Table)
    assert shown(made) == [["None."]]


def test_a_listing_of_an_unknown_variable_is_an_error(display: Callable[[str], Display]) -> None:
    with pytest.raises(PlanError, match=r"a column AGE, .* It lists: USUBJID, ASTDY, AEDECOD"):
        display('"16": {kind: listing, title: L, analysis: records, columns: [{variable: AGE}]}')


def test_wide_tables_lie_on_their_side_and_fit_the_page(table: MakeTable) -> None:
    narrow = table('[{label: Age, analysis: age, show: "{n}"}]')
    many = ", ".join("{by: treatment}" for _ in range(5))
    wide = table('[{label: A rather long label of a row, analysis: age, show: "{n} {mean:.1}"}]', f"[{many}]")

    assert not narrow.is_landscape
    assert wide.is_landscape
    assert sum(wide.widths) <= 145.5
    assert len(wide.widths) == len(wide.alignments) == 16
    assert wide.alignments[:2] == ("left", "center")
