"""Dataset-JSON, written and read: both forms, every type, Python's own reader of JSON as another program."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.standards import Dataset, read_dataset
from trialwright.standards.formats import (
    FileDescription,
    _dataset_json_source,
    check_dataset_json,
    dataset_json_writer,
    read_dataset_json,
    read_dataset_json_metadata,
    write_dataset_json,
)
from trialwright.standards.metadata import DatasetMetadata, VariableMetadata

FORMS = ("json", "ndjson")

EVERYTHING = pl.DataFrame(
    {
        "USUBJID": ["01-701-1015", None, 'quoted "x"', "back\\slash, [brackets], {braces}", "µ – 日本 😀"],
        "TEXT": ["line\nbreak\ttab", "null", "true", "12", '\\"'],
        "SEQ": pl.Series([1, None, -3, 2**53 + 1, 0], dtype=pl.Int64),
        "AVAL": [1.5, None, -1e-300, 12345678901234567.0, -0.0],
        "ADT": [date(2014, 1, 2), None, date(1959, 12, 31), date(1, 1, 1), date(9999, 12, 31)],
        "ADTM": [datetime(2014, 1, 2, 10, 30), None, datetime(1959, 12, 31, 23, 59, 59, 250_000)] + 2 * [None],
        "ATM": [time(23, 59, 59), None, time(0, 0), time(1, 2, 3, 500_000), None],
        "FLAG": [True, False, None, True, False],
        "EMPTY": pl.Series([None] * 5, dtype=pl.String),
    }
)
DATASET = Dataset(
    name="ADXX", frame=EVERYTHING, label="Everything", labels={name: f"The {name}" for name in EVERYTHING.columns}
)


def content_of(path: Path) -> tuple[dict[str, Any], list[list[Any]]]:
    """Attributes and rows as Python's own reader gives them."""
    if path.suffix == ".json":
        attributes = json.loads(path.read_text(encoding="utf-8"))
        return attributes, attributes.pop("rows")
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    return json.loads(head), [json.loads(line) for line in lines]


@pytest.mark.parametrize("form", FORMS)
def test_every_type_comes_back(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"adxx.{form}"
    made = write_dataset_json(DATASET, path)
    assert (made.paths, made.findings) == ((path,), ())
    read, findings = read_dataset_json(path)
    assert findings == []
    assert (read.name, read.label, dict(read.labels)) == ("ADXX", "Everything", dict(DATASET.labels))
    assert read.frame.equals(EVERYTHING)
    assert read.frame.schema == EVERYTHING.schema
    assert check_dataset_json(path) == []


@pytest.mark.parametrize("form", FORMS)
def test_another_reader_of_json_finds_the_same(tmp_path: Path, form: str) -> None:
    write_dataset_json(DATASET, tmp_path / f"adxx.{form}")
    attributes, rows = content_of(tmp_path / f"adxx.{form}")
    shown = EVERYTHING.with_columns(
        pl.col("ADT").dt.to_string("%Y-%m-%d"),
        pl.Series("ADTM", ["2014-01-02T10:30:00", None, "1959-12-31T23:59:59.250", None, None]),
        pl.Series("ATM", ["23:59:59", None, "00:00:00", "01:02:03.500", None]),
    )
    assert rows == [list(row) for row in shown.rows()]
    assert attributes["records"] == 5
    assert [column["dataType"] for column in attributes["columns"]] == [
        *("string", "string", "integer", "float", "date", "datetime", "time", "boolean", "string")
    ]
    assert [column.get("targetDataType") for column in attributes["columns"]] == [
        *(None, None, None, None, "integer", "integer", "integer", None, None)
    ]
    assert attributes["columns"][4] == {
        "itemOID": "IT.ADXX.ADT",
        "name": "ADT",
        "label": "The ADT",
        "dataType": "date",
        "targetDataType": "integer",
        "displayFormat": "E8601DA.",
    }


def test_the_file_says_where_it_comes_from_in_the_order_of_the_specification(tmp_path: Path) -> None:
    description = FileDescription(
        created=datetime(2024, 3, 29, 12, 30),
        modified=datetime(2024, 3, 1),
        file_oid="example.com/adsl",
        originator="Example Therapeutics",
        source_system=("Trialwright", "0.1.0"),
        study_oid="TW101-201",
        metadata_version_oid="MDV.1",
        metadata_reference="define.xml",
    )
    write_dataset_json(DATASET, tmp_path / "adxx.json", description=description)
    attributes, _ = content_of(tmp_path / "adxx.json")
    attributes.pop("columns")
    # The table "Top-level Metadata Attributes" of the specification.
    assert list(attributes.items()) == [
        ("datasetJSONCreationDateTime", "2024-03-29T12:30:00"),
        ("datasetJSONVersion", "1.1.0"),
        ("fileOID", "example.com/adsl"),
        ("dbLastModifiedDateTime", "2024-03-01T00:00:00"),
        ("originator", "Example Therapeutics"),
        ("sourceSystem", {"name": "Trialwright", "version": "0.1.0"}),
        ("studyOID", "TW101-201"),
        ("metaDataVersionOID", "MDV.1"),
        ("metaDataRef", "define.xml"),
        ("itemGroupOID", "IG.ADXX"),
        ("records", 5),
        ("name", "ADXX"),
        ("label", "Everything"),
    ]
    assert check_dataset_json(tmp_path / "adxx.json") == []


def test_metadata_gives_labels_lengths_keys_and_what_text_means(tmp_path: Path) -> None:
    metadata = DatasetMetadata(
        name="AE",
        label="Adverse Events",
        keys=("USUBJID", "AESEQ"),
        variables=(
            VariableMetadata(name="USUBJID", label="Subject", length=20),
            VariableMetadata(name="AESEQ", label="Sequence", type="integer", length=8),
            VariableMetadata(name="AESTDTC", label="Start", type="datetime"),
            VariableMetadata(name="AEENDTC", label="End", type="partialDatetime"),
            VariableMetadata(name="AVAL", label="Value", type="float", display_format="8.2"),
        ),
    )
    frame = pl.DataFrame(
        {"USUBJID": ["1"], "AESEQ": [1.0], "AESTDTC": ["2014-01"], "AEENDTC": ["2014"], "AVAL": [63.0]}
    )
    write_dataset_json(Dataset(name="AE", frame=frame), tmp_path / "ae.json", metadata=metadata)
    attributes, rows = content_of(tmp_path / "ae.json")
    common = {column["name"]: column for column in attributes["columns"]}
    assert common["USUBJID"] == {
        "itemOID": "IT.AE.USUBJID",
        "name": "USUBJID",
        "label": "Subject",
        "dataType": "string",
        "length": 20,
        "keySequence": 1,
    }
    assert (common["AESEQ"]["dataType"], common["AESEQ"]["keySequence"]) == ("integer", 2)
    assert (common["AESTDTC"]["dataType"], common["AEENDTC"]["dataType"]) == ("datetime", "string")
    assert common["AVAL"]["displayFormat"] == "8.2"
    assert rows == [["1", 1, "2014-01", "2014", 63]]
    described = read_dataset_json_metadata(tmp_path / "ae.json")
    assert (described.keys, described.label) == (("USUBJID", "AESEQ"), "Adverse Events")
    assert [v.type for v in described.variables] == ["text", "integer", "datetime", "text", "float"]
    assert read_dataset_json(tmp_path / "ae.json")[0].frame["AESEQ"].to_list() == [1]


def test_decimals_are_texts_that_nobody_rounds(tmp_path: Path) -> None:
    frame = pl.DataFrame({"BMIBL": [30.8983333332059, 0.1, None], "DOSE": [Decimal("54.10"), None, Decimal("81.00")]})
    write_dataset_json(Dataset(name="XX", frame=frame), tmp_path / "xx.json", has_decimals=True)
    attributes, rows = content_of(tmp_path / "xx.json")
    assert {(c["dataType"], c["targetDataType"]) for c in attributes["columns"]} == {("decimal", "decimal")}
    assert rows == [["30.8983333332059", "54.10"], ["0.1", None], [None, "81.00"]]
    assert read_dataset_json(tmp_path / "xx.json")[0].frame.rows() == [
        (30.8983333332059, 54.1),
        (0.1, None),
        (None, 81.0),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_no_records_are_records(tmp_path: Path, form: str) -> None:
    empty = Dataset(name="XX", frame=EVERYTHING.clear(), labels=DATASET.labels, label="None")
    write_dataset_json(empty, tmp_path / f"xx.{form}")
    read, findings = read_dataset_json(tmp_path / f"xx.{form}")
    assert findings == []
    assert read.frame.equals(empty.frame)


@pytest.mark.parametrize("form", FORMS)
def test_large_files_are_written_and_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    whole = write_dataset_json(DATASET, tmp_path / f"a.{form}").paths[0].read_bytes()
    monkeypatch.setattr(dataset_json_writer, "_CHUNK_ROWS", 2)
    assert write_dataset_json(DATASET, tmp_path / f"b.{form}").paths[0].read_bytes() == whole
    for size in (250, 400, 1000):
        monkeypatch.setattr(_dataset_json_source, "_PIECE", size)
        read, findings = read_dataset_json(tmp_path / f"b.{form}")
        assert findings == []
        assert read.frame.equals(EVERYTHING)


def test_any_layout_of_json_is_read(tmp_path: Path) -> None:
    attributes, rows = content_of(write_dataset_json(DATASET, tmp_path / "a.json").paths[0])
    layouts = {
        "indented": json.dumps(attributes | {"rows": rows}, indent=2),
        "escaped": json.dumps(attributes | {"rows": rows}, ensure_ascii=True),
        "mark": "\ufeff" + json.dumps(attributes | {"rows": rows}),
        "blank": json.dumps(attributes | {"rows": rows}).replace('"rows": [', '"rows"\n:\t[ '),
    }
    for name, text in layouts.items():
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
        read, findings = read_dataset_json(tmp_path / f"{name}.json")
        assert findings == [], name
        assert read.frame.equals(EVERYTHING), name
    (tmp_path / "first.json").write_text(json.dumps({"rows": rows} | attributes), encoding="utf-8")
    read, findings = read_dataset_json(tmp_path / "first.json")
    assert {finding.rule for finding in findings} == {"dataset-json.attribute-order"}
    assert read.frame.equals(EVERYTHING)
    lines = "\r\n".join(json.dumps(value) for value in [attributes, *rows]) + "\r\n\r\n"
    (tmp_path / "windows.ndjson").write_bytes(lines.encode())
    read, findings = read_dataset_json(tmp_path / "windows.ndjson")
    assert findings == []
    assert read.frame.equals(EVERYTHING)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"])).filter(bool) | st.none(),
            st.floats(allow_nan=False, allow_infinity=False) | st.none(),
            st.integers(-(2**63), 2**63 - 1) | st.none(),
        ),
        max_size=20,
    )
)
def test_any_text_and_number_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, ...]]
) -> None:
    frame = pl.DataFrame(rows, schema={"T": pl.String, "N": pl.Float64, "I": pl.Int64}, orient="row")
    path = tmp_path_factory.getbasetemp() / "any.json"
    for form in FORMS:
        write_dataset_json(Dataset(name="XX", frame=frame), path.with_suffix(f".{form}"))
        read, findings = read_dataset_json(path.with_suffix(f".{form}"))
        assert findings == []
        assert read.frame.equals(frame)
        if form == "json":
            assert json.loads(path.read_bytes())["rows"] == [list(row) for row in frame.rows()]


def test_what_json_cannot_hold_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "xx.json"
    for frame, rule in (
        (pl.DataFrame({"N": [1.0, float("inf")]}), "dataset-json.finite"),
        (pl.DataFrame({"L": [[1]]}), "dataset-json.writable"),
    ):
        made = write_dataset_json(Dataset(name="XX", frame=frame), path)
        assert rule in {finding.rule for finding in made.findings}
        assert made.has_errors
        assert not path.exists()


def test_an_integer_that_is_none_is_written_as_float_and_told(tmp_path: Path) -> None:
    metadata = DatasetMetadata(
        name="XX", label="", variables=(VariableMetadata(name="N", label="Number", type="integer"),)
    )
    made = write_dataset_json(
        Dataset(name="XX", frame=pl.DataFrame({"N": [1.0, 1.5]})), tmp_path / "xx.json", metadata=metadata
    )
    assert [finding.rule for finding in made.findings] == ["dataset-json.integer"]
    attributes, rows = content_of(tmp_path / "xx.json")
    assert (attributes["columns"][0]["dataType"], rows) == ("float", [[1], [1.5]])


@pytest.mark.expensive
def test_every_dataset_of_the_pilot_comes_back(shared: Path, tmp_path: Path) -> None:
    paths = sorted((shared / "data/cdiscpilot01").glob("*/*.parquet"))
    assert len(paths) == 44
    for path in paths:
        dataset = read_dataset(path)
        for form in FORMS:
            made = write_dataset_json(dataset, tmp_path / f"{path.stem}.{form}")
            assert {finding.rule for finding in made.findings} <= {"dataset-json.label"}
            read, findings = read_dataset_json(tmp_path / f"{path.stem}.{form}")
            assert findings == []
            assert dict(read.labels) == dict(dataset.labels)
            assert read.frame.equals(dataset.frame), (path, form)
            assert read.frame.schema == dataset.frame.schema
