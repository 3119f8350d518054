"""Reading by pyreadstat: SAS datasets, which are not described in public, and transport files of version 8."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeAlias

import polars as pl

from trialwright.errors import DataError
from trialwright.standards.datasets import Dataset

#: Functions of pyreadstat, by name, so that it is only loaded when a file is read.
Reader: TypeAlias = Literal["read_sas7bdat", "read_xport"]


def read_with_readstat(path: Path, *, kind: str, reader: Reader, encoding: str | None = None) -> Dataset:
    """The dataset in the file, in our types. Raises `DataError`, which names the `kind`, if it cannot be read."""
    import pyreadstat
    from pyreadstat import ReadstatError

    read: Callable[..., tuple[Any, Any]] = getattr(pyreadstat, reader)
    try:
        frame, described = read(str(path), output_format="polars", encoding=encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} has text that is not in the encoding it names ({error.reason} at {error.object!r}). "
            "Name the encoding that it was written in (encoding='windows-1252', 'latin-1', ...)."
        ) from error
    except (ReadstatError, OSError, OverflowError, ValueError) as error:
        raise DataError(
            f"{path} is no {kind} that can be read ({error}): it is another kind of file, damaged or not whole. "
            "Bring the whole file; it has to be transferred in binary mode."
        ) from error
    assert isinstance(frame, pl.DataFrame)
    labels = {name: label for name, label in described.column_names_to_labels.items() if label}
    # A sas7bdat file has the name of its dataset; what its header says is the program's that wrote it.
    name = (described.table_name if reader == "read_xport" else "") or path.stem
    return Dataset(name=name.upper(), frame=_in_our_types(frame), label=described.file_label or "", labels=labels)


def _in_our_types(frame: pl.DataFrame) -> pl.DataFrame:
    """Empty text is missing, as everywhere in SAS; no number is NaN; a variable without any value has a type."""
    return frame.with_columns(
        pl.when(pl.col(name) == "").then(None).otherwise(pl.col(name)).alias(name)
        if dtype == pl.String
        else pl.col(name).fill_nan(None)
        if dtype.is_float()
        else pl.col(name).cast(pl.Float64)
        if dtype.is_integer() or dtype == pl.Null
        else pl.col(name)
        for name, dtype in frame.schema.items()
    )
