"""SAS transport files: official ones, other programs' (pyreadstat, pandas), the limits of version 5, damaged ones."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from trialwright.errors import DataError
from trialwright.findings import Severity
from trialwright.standards import Dataset, read_dataset
from trialwright.standards.formats import (
    read_xpt,
    read_xpt_library,
    read_xpt_metadata,
    write_xpt,
    xpt_reader,
    xpt_rules,
    xpt_writer,
)
from trialwright.standards.metadata import DatasetMetadata, VariableMetadata

#: Where the first member's records of 80 bytes describe its program and time: the rest of a header is the data's own.
HEADER_TIMES = 560
OFFICIAL = ("sdtm", "adam")

#: A test file that comes with R's package Hmisc, where it is installed; SAS wrote it.
HMISC = Path("/usr/lib/R/site-library/Hmisc/tests/test2.xpt")


def dataset_of(frame: pl.DataFrame, *, name: str = "XX", **labels: str) -> Dataset:
    return Dataset(name=name, frame=frame, labels=labels)


def written(frame: pl.DataFrame, path: Path, **options: object) -> Path:
    made = write_xpt(dataset_of(frame), path, **options)  # type: ignore[arg-type]
    assert made.paths == (path,), made.findings
    return path


def rules_of(dataset: Dataset, path: Path, **options: object) -> dict[str, str]:
    """The rules that are broken with the place of each; no file has been written if one is an error."""
    made = write_xpt(dataset, path / "xx.xpt", **options)  # type: ignore[arg-type]
    errors = [finding for finding in made.findings if finding.severity is Severity.ERROR]
    assert bool(made.paths) != bool(errors)
    assert (path / "xx.xpt").exists() != bool(errors)
    return {finding.rule: finding.where for finding in made.findings}


EVERYTHING = pl.DataFrame(
    {
        "USUBJID": ["01-701-1015", " leading", None],
        "AVAL": [1.5, None, -1e-70],
        "AVALN": pl.Series([1, 2**53, None], dtype=pl.Int64),
        "ADT": [date(2014, 1, 2), None, date(1582, 1, 1)],
        "ADTM": [datetime(2014, 1, 2, 10, 30), datetime(1959, 12, 31, 23, 59, 59, 250_000), None],
        "ATM": [time(23, 59, 59), time(0, 0), None],
        "EMPTY": pl.Series([None, None, None], dtype=pl.String),
    }
)


# --- official files ---------------------------------------------------------------------------------------------------


def official_files(shared: Path) -> list[Path]:
    files = [path for kind in OFFICIAL for path in sorted((shared / "data/cdiscpilot01" / kind / "xpt").glob("*.xpt"))]
    assert len(files) == 19
    return files


def test_the_official_files_of_the_pilot_are_read_as_what_they_are(shared: Path) -> None:
    for path in official_files(shared):
        read, findings = read_xpt(path, encoding="windows-1252")
        expected = read_dataset(path.parent.parent / f"{path.stem}.parquet")
        assert read.name == path.stem.upper()
        assert read.frame.equals(expected.frame), path
        assert read.frame.schema == expected.frame.schema, path
        assert dict(read.labels) == dict(expected.labels), path
        assert findings == []


def test_the_official_files_are_written_back_byte_for_byte_but_for_program_and_time(
    shared: Path, tmp_path: Path
) -> None:
    for path in official_files(shared):
        read, _ = read_xpt(path, encoding="windows-1252")
        (metadata,) = read_xpt_metadata(path, encoding="windows-1252")
        made = write_xpt(read, tmp_path / path.name, metadata=metadata, encoding="windows-1252")
        assert made.findings == ()
        ours, official = (tmp_path / path.name).read_bytes(), path.read_bytes()
        assert ours[HEADER_TIMES:] == official[HEADER_TIMES:], path
        assert len(ours) == len(official)


def test_text_in_another_encoding_is_told_with_its_place(shared: Path) -> None:
    path = shared / "data/cdiscpilot01/sdtm/xpt/ts.xpt"
    read, (finding,) = read_xpt(path)
    assert finding.rule == "xpt.encoding"
    assert finding.where == "ts.xpt, TS, TSVAL, records 9, 14, 29"
    assert "Alzheimer’s" in finding.evidence
    assert read.frame.equals(read_dataset(shared / "data/cdiscpilot01/sdtm/ts.parquet").frame)


@pytest.mark.expensive
def test_every_dataset_of_the_pilot_comes_back(shared: Path, tmp_path: Path) -> None:
    paths = [
        path
        for kind in ("sdtm", "adam", "adam_tdf")
        for path in (shared / "data/cdiscpilot01" / kind).glob("*.parquet")
    ]
    assert len(paths) == 44
    for path in paths:
        dataset = read_dataset(path)
        made = write_xpt(dataset, tmp_path / "x.xpt", encoding="utf-8")
        read, findings = read_xpt(tmp_path / "x.xpt")
        assert (made.findings, findings) == ((), [])
        assert (read.name, dict(read.labels)) == (dataset.name, dict(dataset.labels))
        assert read.frame.equals(dataset.frame), path
        assert read.frame.schema == dataset.frame.schema


def test_a_library_of_sas_with_several_datasets_and_numbers_of_3_to_8_bytes() -> None:
    if not HMISC.exists():
        pytest.skip("R's package Hmisc, which brings a transport file that SAS wrote, is not installed here")
    datasets, findings = read_xpt_library(HMISC)
    assert findings == []
    assert [(dataset.name, dataset.frame.shape) for dataset in datasets] == [
        ("TEST", (2, 5)),
        ("FORMAT", (3, 21)),
        ("Z", (100, 6)),
    ]
    # Values as R 4.2 with foreign 0.8-84 reads them: read.xport("test2.xpt").
    assert datasets[0].frame["AGE"].to_list() == [30, 31]
    assert datasets[0].frame["D1"].to_list() == [date(2002, 3, 3), date(2002, 6, 3)]
    assert datasets[0].frame["DT1"][0] == datetime(2002, 3, 3, 9, 31, 2)
    assert datasets[0].frame["T1"][1] == time(11, 14, 13)
    sums = [datasets[2].frame[name].sum() for name in datasets[2].frame.columns]
    assert sums == pytest.approx(
        [51.314453125, 51.192565664649, 48.8773894957267, 49.867461875236, 55.3315625117763, 48.0948673948156],
        abs=1e-12,
    )


# --- other programs ---------------------------------------------------------------------------------------------------


def test_pyreadstat_reads_what_we_write(tmp_path: Path) -> None:
    labels = {"AVAL": "Analysis Value", "ADT": "Analysis Date"}
    dataset = Dataset(name="ADXX", frame=EVERYTHING, label="Everything", labels=labels)
    assert write_xpt(dataset, tmp_path / "adxx.xpt").findings == ()
    frame, described = pyreadstat.read_xport(str(tmp_path / "adxx.xpt"), output_format="polars")
    assert (described.table_name, described.file_label) == ("ADXX", "Everything")
    assert {name: label for name, label in described.column_names_to_labels.items() if label} == labels
    assert described.original_variable_types["ADT"] == "DATE9"
    blank = EVERYTHING.with_columns(pl.col(pl.String).fill_null(""))
    for name in ("USUBJID", "EMPTY", "AVAL", "ADT", "ATM"):
        assert frame[name].to_list() == blank[name].to_list(), name
    assert frame["AVALN"].to_list() == [1.0, 2.0**53, None]
    # Its own datetimes have whole seconds.
    assert frame["ADTM"].to_list()[0] == datetime(2014, 1, 2, 10, 30)


def test_we_read_what_pyreadstat_writes(tmp_path: Path) -> None:
    frame = EVERYTHING.drop("ADTM", "EMPTY").with_columns(pl.col("AVALN").cast(pl.Float64))
    pyreadstat.write_xport(
        frame,
        str(tmp_path / "adxx.xpt"),
        file_format_version=5,
        table_name="ADXX",
        file_label="Everything",
        column_labels={"AVAL": "Analysis Value"},
    )
    read, findings = read_xpt(tmp_path / "adxx.xpt")
    assert findings == []
    assert (read.name, read.label, dict(read.labels)) == ("ADXX", "Everything", {"AVAL": "Analysis Value"})
    assert read.frame.equals(frame)


def test_pandas_reads_what_we_write(tmp_path: Path) -> None:
    import pandas as pd  # type: ignore[import-untyped]

    written(EVERYTHING.reverse(), tmp_path / "xx.xpt")
    frame = pd.read_sas(tmp_path / "xx.xpt", format="xport", encoding="utf-8")
    assert frame["USUBJID"].tolist() == ["", " leading", "01-701-1015"]
    assert (frame["AVAL"].tolist()[0], frame["AVAL"].tolist()[2]) == (-1e-70, 1.5)
    # Days since 1960-01-01, as SAS counts.
    assert frame["ADT"].tolist()[2] == (date(2014, 1, 2) - date(1960, 1, 1)).days


def test_a_file_of_version_8_is_read_with_a_warning(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a_long_name": [1.5, None], "T": ["a", None]})
    pyreadstat.write_xport(frame, str(tmp_path / "xx.xpt"), file_format_version=8, table_name="XX")
    read, (finding,) = read_xpt(tmp_path / "xx.xpt")
    assert finding.rule == "xpt.version-8"
    assert read.frame.equals(frame)


# --- round trips ------------------------------------------------------------------------------------------------------


def test_every_type_comes_back(tmp_path: Path) -> None:
    read, findings = read_xpt(written(EVERYTHING, tmp_path / "xx.xpt"))
    assert findings == []
    assert read.frame.equals(EVERYTHING.with_columns(pl.col("AVALN").cast(pl.Float64)))


def test_the_same_dataset_gives_the_same_bytes(tmp_path: Path) -> None:
    first = written(EVERYTHING, tmp_path / "a.xpt").read_bytes()
    assert written(EVERYTHING, tmp_path / "b.xpt").read_bytes() == first
    later = written(EVERYTHING, tmp_path / "c.xpt", created=datetime(2024, 3, 29, 12, 30, 5)).read_bytes()
    assert b"29MAR24:12:30:05" in later
    assert later != first


def test_records_are_written_and_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({"T": [f"text {i}" for i in range(25)], "N": [float(i) for i in range(25)]})
    whole = written(frame, tmp_path / "a.xpt").read_bytes()
    monkeypatch.setattr(xpt_writer, "_CHUNK_ROWS", 7)
    monkeypatch.setattr(xpt_reader, "_CHUNK_ROWS", 4)
    assert written(frame, tmp_path / "b.xpt").read_bytes() == whole
    assert read_xpt(tmp_path / "b.xpt")[0].frame.equals(frame)


@pytest.mark.parametrize("rows", [0, 1, 9, 10, 79, 80, 81])
def test_what_fills_up_the_last_record_is_no_observation(tmp_path: Path, rows: int) -> None:
    frame = pl.DataFrame({"FL": ["Y"] * rows, "ID": [f"{i:03}" for i in range(rows)]}, schema={"FL": str, "ID": str})
    assert read_xpt(written(frame, tmp_path / "xx.xpt"))[0].frame.equals(frame)


def test_labels_lengths_and_formats_are_those_of_the_metadata(tmp_path: Path) -> None:
    metadata = DatasetMetadata(
        name="ADXX",
        label="Described",
        variables=(
            VariableMetadata(name="T", label="Text", length=20),
            VariableMetadata(name="D", label="Day", type="date", display_format="YYMMDD10."),
            VariableMetadata(name="N", label="Number", type="float", length=8, display_format="8.2"),
        ),
    )
    frame = pl.DataFrame({"T": ["a"], "D": [date(2014, 1, 2)], "N": [1.25]})
    made = write_xpt(dataset_of(frame), tmp_path / "adxx.xpt", metadata=metadata)
    assert made.findings == ()
    (described,) = read_xpt_metadata(tmp_path / "adxx.xpt")
    assert (described.name, described.label) == ("ADXX", "Described")
    assert [(v.label, v.length, v.display_format) for v in described.variables] == [
        ("Text", 20, ""),
        ("Day", None, "YYMMDD10."),
        ("Number", None, "8.2"),
    ]
    assert read_xpt(tmp_path / "adxx.xpt")[0].frame.equals(frame)


def test_several_datasets_of_one_file(tmp_path: Path) -> None:
    first = written(pl.DataFrame({"T": ["a", "b"]}), tmp_path / "a.xpt").read_bytes()
    second = write_xpt(dataset_of(pl.DataFrame({"N": [1.5]}), name="YY"), tmp_path / "b.xpt").paths[0].read_bytes()
    (tmp_path / "both.xpt").write_bytes(first + second[240:])
    datasets, findings = read_xpt_library(tmp_path / "both.xpt")
    assert findings == []
    assert [(dataset.name, dataset.frame.rows()) for dataset in datasets] == [
        ("XX", [("a",), ("b",)]),
        ("YY", [(1.5,)]),
    ]
    one, (finding,) = read_xpt(tmp_path / "both.xpt")
    assert one.name == "XX"
    assert (finding.rule, finding.evidence) == ("xpt.several-members", "XX, YY")


def test_numbers_of_fewer_bytes_are_read(tmp_path: Path) -> None:
    content = bytearray(
        written(pl.DataFrame({"N": [1.5, -2.0], "T": ["aaaaa", "bbbbb"]}), tmp_path / "a.xpt").read_bytes()
    )
    # The number gets 3 bytes and the text its place behind it: description at 640, observations after 640 + 2 * 140.
    content[640 + 4 : 640 + 6] = (3).to_bytes(2, "big")
    content[780 + 84 : 780 + 88] = (3).to_bytes(4, "big")
    start = 640 + 320 + 80
    rows = b"\x41\x18\0aaaaa" + b"\xc1\x20\0bbbbb"
    (tmp_path / "a.xpt").write_bytes(bytes(content[:start]) + rows.ljust(80))
    assert read_xpt(tmp_path / "a.xpt")[0].frame.rows() == [(1.5, "aaaaa"), (-2.0, "bbbbb")]


def test_a_number_that_is_no_date_stays_a_number(tmp_path: Path) -> None:
    metadata = DatasetMetadata(
        name="XX", label="", variables=(VariableMetadata(name="D", label="", type="date", display_format="DATE9."),)
    )
    path = written(pl.DataFrame({"D": [date(2014, 1, 2), None]}), tmp_path / "xx.xpt", metadata=metadata)
    # 2014-01-02 is day 19,725 of SAS, 0x4D0D; half a day is added.
    path.write_bytes(path.read_bytes().replace(b"\x44\x4d\x0d\x00", b"\x44\x4d\x0d\x80"))
    read, (finding,) = read_xpt(path)
    assert (finding.rule, finding.where) == ("xpt.date-value", "xx.xpt, XX, D, record 1")
    assert read.frame.rows() == [(19_725.5,), (None,)]


def test_special_missing_values_are_missing_and_told(tmp_path: Path) -> None:
    path = written(pl.DataFrame({"N": [1.0, None, None, None]}), tmp_path / "xx.xpt")
    content = bytearray(path.read_bytes())
    start = len(content) - 80
    content[start + 8], content[start + 16] = ord("A"), ord("_")
    path.write_bytes(bytes(content))
    read, (finding,) = read_xpt(path)
    assert read.frame["N"].to_list() == [1.0, None, None, None]
    assert (finding.rule, finding.where) == ("xpt.special-missing", "xx.xpt, XX, N, records 2, 3")
    assert finding.evidence == ".A, ._ (2 in all)"


def test_a_number_of_more_digits_than_a_double_is_rounded_and_told(tmp_path: Path) -> None:
    path = written(pl.DataFrame({"N": [1.0, 2.0]}), tmp_path / "xx.xpt")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"\x41\x20" + b"\0" * 6, b"\x41\x2f" + b"\xff" * 6))
    read, (finding,) = read_xpt(path)
    assert read.frame["N"].to_list() == [1.0, 3.0]
    assert (finding.rule, finding.where) == ("xpt.number-rounded", "xx.xpt, XX, N, record 2")


def test_a_label_in_another_encoding_is_told(tmp_path: Path) -> None:
    dataset = dataset_of(pl.DataFrame({"T": ["a"]}), T="Größe")
    write_xpt(dataset, tmp_path / "xx.xpt", encoding="latin-1")
    read, (finding,) = read_xpt(tmp_path / "xx.xpt")
    assert (finding.rule, finding.where, finding.evidence) == ("xpt.encoding", "xx.xpt, header", "'Größe'")
    assert dict(read.labels) == {"T": "Größe"}


def test_every_rule_has_a_case() -> None:
    tested = Path(__file__).read_text(encoding="utf-8")
    for rule in (*xpt_rules.READING_RULES, *xpt_rules.WRITING_RULES):
        assert f'"{rule.id}"' in tested


# --- what cannot be written -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "rule", "where"),
    [
        ({"TOOLONGNAME": ["a"]}, "xpt.name-length", "xx.xpt, XX, TOOLONGNAME"),
        ({"1ST": ["a"]}, "xpt.name-characters", "xx.xpt, XX, 1ST"),
        ({"A B": ["a"]}, "xpt.name-characters", "xx.xpt, XX, A B"),
        ({"AGE": [1.0], "age": [2.0]}, "xpt.name-unique", "xx.xpt, XX, age"),
        ({}, "xpt.variables", "xx.xpt, XX"),
        ({"T": ["a", "b" * 201]}, "xpt.text-length", "xx.xpt, XX, T, record 2"),
        ({"T": ["a", "µg"]}, "xpt.characters", "xx.xpt, XX, T, record 2"),
        ({"T": ["a  ", "b"]}, "xpt.trailing-blanks", "xx.xpt, XX, T, record 1"),
        ({"N": [1.0, 1e76]}, "xpt.number-range", "xx.xpt, XX, N, record 2"),
        ({"N": [1e-80]}, "xpt.number-range", "xx.xpt, XX, N, record 1"),
        ({"N": [float("inf"), float("-inf")]}, "xpt.number-range", "xx.xpt, XX, N, records 1, 2"),
        ({"N": [2**53 + 1]}, "xpt.integer-precision", "xx.xpt, XX, N, record 1"),
        ({"N": pl.Series([2**63 - 1, 1], dtype=pl.UInt64)}, "xpt.integer-precision", "xx.xpt, XX, N, record 1"),
        ({"D": [date(1582, 1, 1), date(1581, 12, 31)]}, "xpt.date-range", "xx.xpt, XX, D, record 2"),
        ({"D": [datetime(1500, 1, 1)]}, "xpt.date-range", "xx.xpt, XX, D, record 1"),
        ({"B": [True]}, "xpt.type", "xx.xpt, XX, B"),
        ({"L": [[1]]}, "xpt.type", "xx.xpt, XX, L"),
        ({"T": ["a", None]}, "xpt.blank-last-record", "xx.xpt, XX, record 2"),
    ],
)
def test_what_version_5_cannot_hold(tmp_path: Path, frame: dict[str, list[object]], rule: str, where: str) -> None:
    found = rules_of(dataset_of(pl.DataFrame(frame)), tmp_path)
    assert found == {rule: where}


def test_names_and_labels_that_version_5_cannot_hold(tmp_path: Path) -> None:
    frame = pl.DataFrame({"T": ["a"]})
    assert rules_of(dataset_of(frame, name="ADQSADASX"), tmp_path) == {"xpt.dataset-name": "xx.xpt"}
    assert rules_of(dataset_of(frame, T="x" * 41), tmp_path) == {"xpt.label-length": "xx.xpt, XX, T"}
    assert rules_of(dataset_of(frame, T="µ"), tmp_path) == {"xpt.characters": "xx.xpt, XX, T"}
    label = Dataset(name="XX", frame=frame, label="x" * 41)
    assert rules_of(label, tmp_path) == {"xpt.label-length": "xx.xpt, XX"}
    metadata = DatasetMetadata(
        name="XX", label="", variables=(VariableMetadata(name="T", label="", display_format="TOOLONGFORMAT12."),)
    )
    assert rules_of(dataset_of(frame), tmp_path, metadata=metadata) == {"xpt.format": "xx.xpt, XX, T"}


def test_texts_longer_than_planned_are_written_whole_and_told(tmp_path: Path) -> None:
    metadata = DatasetMetadata(name="XX", label="", variables=(VariableMetadata(name="T", label="", length=2),))
    frame = pl.DataFrame({"T": ["a", "abc"]})
    found = rules_of(dataset_of(frame), tmp_path, metadata=metadata)
    assert found == {"xpt.planned-length": "xx.xpt, XX, T, record 2"}
    assert read_xpt(tmp_path / "xx.xpt")[0].frame.equals(frame)


def test_texts_are_cut_only_when_asked(tmp_path: Path) -> None:
    frame = pl.DataFrame({"T": ["a", "é" * 120]})
    made = write_xpt(dataset_of(frame), tmp_path / "xx.xpt", encoding="utf-8", is_cut=True)
    assert [finding.rule for finding in made.findings] == ["xpt.text-length"]
    assert made.has_errors
    assert read_xpt(tmp_path / "xx.xpt")[0].frame["T"].to_list() == ["a", "é" * 100]


def test_an_encoding_is_written_as_it_is_read(tmp_path: Path) -> None:
    frame = pl.DataFrame({"T": ["µg/L", "plain"]})
    for encoding in ("windows-1252", "latin-1", "utf-8"):
        path = written(frame, tmp_path / "xx.xpt", encoding=encoding)
        read, findings = read_xpt(path, encoding=encoding)
        assert (read.frame.rows(), findings) == (frame.rows(), [])
    frame = pl.DataFrame({"T": ["日本"]})
    assert read_xpt(written(frame, tmp_path / "xx.xpt", encoding="shift_jis"), encoding="shift_jis")[0].frame.equals(
        frame
    )


def test_a_file_that_was_there_stays_if_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    path = written(pl.DataFrame({"T": ["a"]}), tmp_path / "xx.xpt")
    before = path.read_bytes()
    assert write_xpt(dataset_of(pl.DataFrame({"T": ["µ"]})), path).paths == ()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_too_large_is_also_written_in_parts(tmp_path: Path) -> None:
    frame = pl.DataFrame({"T": [f"{i:>50}" for i in range(100)]})
    made = write_xpt(dataset_of(frame, name="LB"), tmp_path / "lb.xpt", max_bytes=2500)
    assert [path.relative_to(tmp_path).as_posix() for path in made.paths] == [
        "lb.xpt",
        *(f"split/lb{i}.xpt" for i in range(1, len(made.paths))),
    ]
    assert len(made.paths) > 3
    parts = [read_xpt(path)[0] for path in made.paths[1:]]
    assert all(path.stat().st_size <= 2500 for path in made.paths[1:])
    assert [part.name for part in parts] == [f"LB{i}" for i in range(1, len(made.paths))]
    assert pl.concat([part.frame for part in parts]).equals(frame)
    assert read_xpt(made.paths[0])[0].frame.equals(frame)
    (finding,) = made.findings
    assert (finding.rule, finding.severity) == ("xpt.size", Severity.WARNING)
    assert "split/lb1.xpt" in finding.evidence


# --- files that are not what they should be ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"HEADER RECORD*******LIB", "ends or is damaged within its header"),
        (b"**COMPRESSED** **COMPRESSED** **COMPRESSED**", "PROC CPORT"),
        (b"PAR1 and so on", "a Parquet file"),
        (b"PK\x03\x04", "a compressed file"),
        (b'{"a": 1}', "JSON"),
        (b"\0" * 12 + b"\xc2\xea\x81\x60" + b"\0" * 100, "a SAS dataset"),
        ("HEADER RECORD*******LIBRARY".encode("cp037"), "EBCDIC"),
        (b"a,b,c\n1,2,3\n", "does not begin with"),
        (b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!0000", "version 8 that can be read"),
    ],
)
def test_a_file_that_is_no_transport_file(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "xx.xpt").write_bytes(content)
    with pytest.raises(DataError, match=says):
        read_xpt(tmp_path / "xx.xpt")


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no dataset"):
        read_xpt(tmp_path / "xx.xpt")
    with pytest.raises(DataError, match="is a folder"):
        read_xpt(tmp_path)


def test_a_truncated_file_is_told_wherever_it_ends(tmp_path: Path) -> None:
    frame = pl.DataFrame({"T": [f"{i:030}" for i in range(10)], "N": [float(i) for i in range(10)]})
    content = written(frame, tmp_path / "xx.xpt").read_bytes()
    start = len(content) - 400
    for end in range(80, start, 37):
        (tmp_path / "cut.xpt").write_bytes(content[:end])
        with pytest.raises(DataError, match="within its header"):
            read_xpt(tmp_path / "cut.xpt")
    for end in range(start + 1, start + 380, 13):
        (tmp_path / "cut.xpt").write_bytes(content[:end])
        read, findings = read_xpt(tmp_path / "cut.xpt")
        whole = (end - start) // 38
        assert read.frame.equals(frame.head(whole))
        if end % 80:
            assert [finding.rule for finding in findings] == ["xpt.truncated"]
            assert f"the {whole:,} whole records" in findings[0].message


def test_variables_that_cannot_lie_in_a_record_are_told(tmp_path: Path) -> None:
    content = written(pl.DataFrame({"ABC": ["a"], "XYZ": ["b"]}), tmp_path / "xx.xpt").read_bytes()
    first = content.index(b"ABC     ") - 8  # where the description of the first variable begins (TS-140, NAMESTR)
    for damaged in (
        content.replace(b"XYZ     ", b"ABC     "),  # two of one name
        content[: first + 4] + b"\x00\x00" + content[first + 6 :],  # a length of 0
        content[: first + 140 + 84] + b"\x00\x00\x00\x09" + content[first + 140 + 88 :],  # not behind the first
    ):
        (tmp_path / "bad.xpt").write_bytes(damaged)
        with pytest.raises(DataError, match="is damaged in its header: variable"):
            read_xpt(tmp_path / "bad.xpt")


def test_damage_in_the_descriptions_is_told(tmp_path: Path) -> None:
    content = written(pl.DataFrame({"T": ["a"]}), tmp_path / "xx.xpt").read_bytes()
    for damaged in (
        content.replace(b"NAMESTR HEADER", b"NAMESTX HEADER"),
        content.replace(b"HEADER RECORD*******OBS", b"HEADER RECORD*******XXX"),
        content.replace(b"HEADER RECORD*******MEMBER", b"HEADER RECORD*******NEMBER"),
        content[: 560 + 54] + b"00X1" + content[560 + 58 :],
    ):
        (tmp_path / "bad.xpt").write_bytes(damaged)
        with pytest.raises(DataError, match="damaged within its header"):
            read_xpt(tmp_path / "bad.xpt")
