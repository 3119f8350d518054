"""Reading SAS datasets (sas7bdat). They cannot be written: the format is not described in public."""

from __future__ import annotations

from pathlib import Path

from trialwright.errors import DataError
from trialwright.standards.datasets import Dataset
from trialwright.standards.formats._readstat import read_with_readstat

_MAGIC = b"\0" * 12 + b"\xc2\xea\x81\x60"


def read_sas7bdat(path: Path, *, encoding: str | None = None) -> Dataset:
    """The dataset in a sas7bdat file: text `String`, numbers `Float64`, dates `Date`, `Datetime` and `Time`.

    `encoding` stands in for the one that the file names, if that is wrong. Raises `DataError` if it is no such file, is
    truncated, or has text in another encoding.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except FileNotFoundError:
        raise DataError(f"There is no dataset at {path}.") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder; a SAS dataset is needed.") from None
    if not start:
        raise DataError(f"{path} is empty; it was not written or not transferred. Bring the whole file.")
    if start != _MAGIC:
        raise DataError(
            f"{path} is no SAS dataset: it does not begin as a sas7bdat file. "
            "Bring the file that SAS wrote; it has to be transferred in binary mode."
        )
    return read_with_readstat(path, kind="SAS dataset (sas7bdat)", reader="read_sas7bdat", encoding=encoding)
