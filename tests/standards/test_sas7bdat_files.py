"""SAS datasets (sas7bdat): one that another program wrote, one that SAS wrote, and files that are none."""

from __future__ import annotations

import base64
import gzip
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from trialwright.errors import DataError
from trialwright.standards.formats import read_any, read_sas7bdat

#: Written by R 4.2 with haven 2.5.1, compressed: write_sas(data.frame(USUBJID = c("01-701-1015", "01-701-1023", ""),
#: AVAL = c(1.5, NA, -3), ADT = as.Date(c("2014-01-02", NA, "1959-12-31")))), the label of AVAL being "Analysis Value".
ADXX = (
    "H4sIAAAAAAACA+3av0sCYRgH8OdUyDBCyUEoSKLBoeIurQyCvDoj45pOnXNoEMTFBJuival/paWGSFoaQ1ra2puaSujHdXfvm3ov"
    "XQpCEH0/Ig/v932fFzw4uFeOqOv68XjvLBq5vTwN0uiNchKbDkeSRDMkkUI/irpGhmrEt3J6VlPzqpHNx71QH3Y/W9e8aB08qN0q"
    "sHcKE/mEeHVBVmRlV7ZqyqrLerlabxAAAAAAAAAAAAAAAAAAAMB/FLQ+RPdjbJTwu2ebPI8JXQ2eb38FEisaz1NC3g6xqgv5Oc8z"
    "4v4eedojBwAAAAAYxser6Rh0/RoFhupn5mh8qP6uN9ZupoXcfnwOkI9Cnad/eyzRhDDuxbcy451kikacOst/dYKEYwO9855UTya+"
    "F1wwChs7OY3UoqqrWp7UaqlyWCvX4sVSpb7vvB+cfbbYa8X9XyyDXIdJXv0e8/5+G4S/j00B7hj4kyR2B8jK/Ir1VWRliR/Y151j"
    "9uZdpjO1mHRmWu0jV3X9mdBk9ekKVxYAAAAAAADg13wCYHvhigBAAAA="
)

#: The example that comes with R's package haven, where it is installed; SAS 9.4 wrote it.
IRIS = Path("/usr/lib/R/site-library/haven/examples/iris.sas7bdat")


@pytest.fixture
def adxx(tmp_path: Path) -> Path:
    """A SAS dataset with a text, a number and a date."""
    path = tmp_path / "adxx.sas7bdat"
    path.write_bytes(gzip.decompress(base64.b64decode("".join(ADXX))))
    return path


def test_a_dataset_is_read_with_its_labels_and_dates(adxx: Path) -> None:
    read = read_sas7bdat(adxx)
    assert (read.name, dict(read.labels)) == ("ADXX", {"AVAL": "Analysis Value"})
    assert read.frame.schema == {"USUBJID": pl.String, "AVAL": pl.Float64, "ADT": pl.Date}
    assert read.frame.rows() == [
        ("01-701-1015", 1.5, date(2014, 1, 2)),
        ("01-701-1023", None, None),
        (None, -3.0, date(1959, 12, 31)),
    ]
    assert read_any(adxx)[0].frame.equals(read.frame)


def test_a_dataset_that_sas_wrote() -> None:
    if not IRIS.exists():
        pytest.skip("R's package haven, which brings a dataset that SAS wrote, is not installed here")
    read = read_sas7bdat(IRIS)
    assert read.name == "IRIS"
    assert read.frame.shape == (150, 5)
    # Fisher's iris data: the means that every textbook gives.
    means = [read.frame[name].sum() / 150 for name in read.frame.columns[:4]]
    assert means == pytest.approx([5.843333, 3.057333, 3.758, 1.199333], abs=5e-7)
    # The variable has 6 bytes; R 4.2 with haven 2.5.1 reads the same.
    assert read.frame["Species"].unique().sort().to_list() == ["setosa", "versic", "virgin"]


def test_a_dataset_that_is_cut_is_told(adxx: Path) -> None:
    whole = adxx.read_bytes()
    for end in (20, 300, 5_000, len(whole) - 100):
        adxx.write_bytes(whole[:end])
        with pytest.raises(DataError, match="no SAS dataset \\(sas7bdat\\) that can be read"):
            read_sas7bdat(adxx)


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "is empty"), (b"a,b\n1,2\n", "is no SAS dataset"), (b"PAR1", "is no SAS dataset")]
)
def test_a_file_that_is_no_sas_dataset(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "ae.sas7bdat").write_bytes(content)
    with pytest.raises(DataError, match=says):
        read_sas7bdat(tmp_path / "ae.sas7bdat")


def test_text_in_another_encoding_than_the_file_names_is_told(adxx: Path) -> None:
    adxx.write_bytes(adxx.read_bytes().replace(b"01-701-1023", b"01-701-\xe9023"))
    with pytest.raises(DataError, match="not in the encoding"):
        read_sas7bdat(adxx)
    assert read_sas7bdat(adxx, encoding="windows-1252").frame["USUBJID"][1] == "01-701-é023"


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no dataset"):
        read_sas7bdat(tmp_path / "ae.sas7bdat")
    with pytest.raises(DataError, match="is a folder"):
        read_sas7bdat(tmp_path)
