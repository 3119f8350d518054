"""The comparison of derived datasets with original ones: what differs, what explains it, what is left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
from bench.derivation import repeat_subjects
from bench.pilot.adam_comparison import DatasetComparison, DifferenceClass, compare_datasets, read_classes
from bench.pilot.changed_cells import CellClass, ChangedCell, changed_cells
from bench.pilot.derivation import Comparison, percent, report

from trialwright.errors import PlanError


def adsl(**columns: list[object]) -> pl.DataFrame:
    return pl.DataFrame({"USUBJID": [f"0{number}" for number in range(1, len(columns["X"]) + 1)], **columns})


def compared(ours: pl.DataFrame, original: pl.DataFrame, *classes: Mapping[str, object]) -> DatasetComparison:
    models = [DifferenceClass.model_validate({"kind": "original", "reason": "So it is.", **one}) for one in classes]
    return compare_datasets("ADSL", ours, original, models)


def test_equal_but_for_what_does_not_count() -> None:
    """Empty and missing texts, blanks at the end, types and last digits of numbers."""
    ours = adsl(X=[None, "a", "b"], N=[1, 2, 3])
    found = compared(ours, adsl(X=["", "a  ", "b"], N=[1.0, 2.0 + 1e-12, 3.0]))
    assert found.agreement == 1
    assert found.unexplained == ()


@pytest.mark.parametrize(
    ("our", "their"), [(["a"], ["b"]), (["a"], [None]), ([None], ["a"]), ([1.0], [1.000001]), ([None], [0.0])]
)
def test_a_value_that_differs(our: list[object], their: list[object]) -> None:
    found = compared(adsl(X=our), adsl(X=their))
    assert [difference.variable for difference in found.unexplained] == ["X"]
    assert found.agreeing == {"USUBJID": 1, "X": 0}
    assert found.agreement == 0.5


def test_a_class_explains_its_variables_under_its_condition() -> None:
    ours, original = adsl(X=["a", "b", "c"]), adsl(X=["x", "y", "c"])
    found = compared(ours, original, {"dataset": "ADSL", "variables": "X", "where": "X = 'a' and X_ORIGINAL = 'x'"})
    assert [difference.record for difference in found.classes[0]] == ["01"]
    assert [(one.record, one.ours, one.original) for one in found.unexplained] == [("02", "b", "y")]


def test_the_first_class_explains() -> None:
    first = {"dataset": ["ADAE", "ADSL"], "variables": ["X"]}
    found = compared(adsl(X=["a"]), adsl(X=["b"]), first, first)
    assert list(found.classes) == [0]


def test_a_class_of_other_variables_explains_nothing() -> None:
    found = compared(adsl(X=["a"]), adsl(X=["b"]), {"dataset": "ADSL", "variables": "Y"})
    assert found.classes == {}
    assert len(found.unexplained) == 1


def test_records_without_counterpart() -> None:
    ours, original = adsl(X=["a", "b"]), adsl(X=["a"]).vstack(pl.DataFrame({"USUBJID": ["09"], "X": ["z"]}))
    found = compared(ours, original, {"dataset": "ADSL", "only": "original", "where": "X = 'z'"})
    assert found.matched == 1
    assert [one.record for one in found.classes[0]] == ["09"]
    assert [(one.record, one.ours, one.original) for one in found.unexplained] == [("02", "record", "")]


def test_records_are_matched_by_the_next_keys_where_the_first_differ() -> None:
    keys = {"USUBJID": ["01"], "PARAMCD": ["ALT"], "LBSEQ": [3]}
    ours, original = pl.DataFrame({**keys, "AVISITN": [4.0]}), pl.DataFrame({**keys, "AVISITN": [99.0]})
    found = compare_datasets("ADLBC", ours, original, [])
    assert found.matched == 1
    assert [(one.variable, one.ours, one.original) for one in found.unexplained] == [("AVISITN", "4", "99")]


def test_a_class_that_cannot_be_applied_is_named() -> None:
    with pytest.raises(PlanError, match=r"So it is\..*NOTHERE"):
        compared(adsl(X=["a"]), adsl(X=["b"]), {"dataset": "ADSL", "variables": "X", "where": "NOTHERE = 'a'"})


def test_a_file_of_classes_that_is_wrong_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "differences.yaml"
    path.write_text("classes:\n  - {dataset: ADSL, variables: [X], kind: whim, reason: x}\n", encoding="utf-8")
    with pytest.raises(PlanError, match="line 2"):
        read_classes([path])


def test_the_report_names_what_nobody_explains() -> None:
    classes = [DifferenceClass(dataset=["ADSL"], variables=["X"], kind="original", reason="Because.", where="X = 'a'")]
    found = compare_datasets("ADSL", adsl(X=["a", "b"]), adsl(X=["x", "y"]), classes)
    text = report(Comparison(datasets=[found], classes=classes, unused=[]), None)
    assert "- 02: X b (original y)" in text.split("## Unexplained")[1].split("## ADSL")[0]
    assert "**The original is in error** (1 value in 1 record). Because." in text
    assert "| X | 2 | 0 | 2 | 0.000% |" in text


def test_all_but_one_is_not_all() -> None:
    assert percent(99_999_999, 100_000_000) == "99.999%"


def display(folder: Path, *rows: tuple[str, list[str]]) -> Path:
    folder.mkdir()
    table = {
        "column_headers": [["", "Arm", ""], ["", "A", "B"]],
        "rows": [{"label": label, "cells": cells} for label, cells in rows],
    }
    (folder / "14-1.json").write_text(json.dumps(table), encoding="utf-8")
    return folder


def test_cells_that_change(tmp_path: Path) -> None:
    ours = display(tmp_path / "ours", ("n", ["1", "2"]), ("new", ["", ""]), ("mean", ["3", "4"]))
    original = display(tmp_path / "original", ("n", ["1", "9"]), ("mean", ["3", "4"]), ("old", ["", ""]))
    found = changed_cells(ours, original, ["14-1"])
    assert [(cell.row, cell.column, cell.ours, cell.original) for cell in found] == [
        ("n", "Arm B", "2", "9"),
        ("new", "", "row", "-"),
        ("old", "", "-", "row"),
    ]


def test_a_row_is_named_with_those_above_it(tmp_path: Path) -> None:
    rows = [("Age", ["", ""]), ("  Mean", ["1", "2"]), ("Weight", ["n", "3"]), ("", ["Mean", "4"])]
    ours = display(tmp_path / "ours", *rows)
    original = display(tmp_path / "original", *((label, [first, second + "0"]) for label, (first, second) in rows))
    assert [cell.row for cell in changed_cells(ours, original, ["14-1"])] == [
        "Age",
        "Age, Mean",
        "Weight",
        "Weight, Mean",
    ]


def test_a_reason_is_about_tables_and_rows() -> None:
    cell = ChangedCell(table="14-1", row="Mean", column="A", ours="1", original="2")
    assert CellClass.model_validate({"table": "14-1", "reason": "x"}).explains(cell)
    assert CellClass.model_validate({"table": ["14-1"], "row": "^Mean$", "reason": "x"}).explains(cell)
    assert not CellClass.model_validate({"table": ["14-1"], "row": "^n$", "reason": "x"}).explains(cell)
    assert not CellClass.model_validate({"table": ["14-2"], "reason": "x"}).explains(cell)


def test_repeated_subjects_are_others() -> None:
    frame = pl.DataFrame({"USUBJID": ["01", "02"], "AESEQ": [1, 1]})
    repeated = repeat_subjects(frame, 3)
    assert repeated["USUBJID"].to_list() == ["01", "02", "01A", "02A", "01B", "02B"]
    assert repeat_subjects(pl.DataFrame({"ARMCD": ["A"]}), 3).height == 1
