"""A dataset in memory: a polars frame with its name, its label and its variables' labels.

`Domains` (SDTM) and `Datasets` (ADaM) are mappings of dataset name, in capitals, to `Dataset`. They know nothing of
where they were read. Character variables are `String` with null for missing, numeric ones `Float64` or `Int64`, ADaM
dates `Date`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import polars as pl

from trialwright.errors import DataError, MissingVariableError


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One dataset.

    name    in capitals: `ADSL`, `DM`
    label   of the dataset, as define.xml gives it
    labels  variable to label
    """

    name: str
    frame: pl.DataFrame
    label: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def require(self, variables: list[str], *, needed_by: str) -> None:
        """Raise `MissingVariableError` for the first of `variables` that the dataset lacks."""
        for variable in variables:
            if variable not in self.frame.columns:
                raise MissingVariableError(
                    dataset=self.name, variable=variable, needed_by=needed_by, present=self.frame.columns
                )

    def digest(self) -> str:
        """SHA-256 of the content (names, types, values in row order), independent of how it is stored."""
        content = hashlib.sha256()
        for column in self.frame:
            content.update(f"{column.name}:{column.dtype}:{len(column)}\n".encode())
            if column.dtype == pl.String:
                content.update("\x1f".join(column.fill_null("\x00")).encode())
            else:
                content.update(column.is_null().to_numpy().tobytes())
                content.update(column.to_physical().fill_null(0).to_numpy().tobytes())
        return content.hexdigest()


Domains: TypeAlias = Mapping[str, Dataset]
Datasets: TypeAlias = Mapping[str, Dataset]


def read_dataset(path: Path) -> Dataset:
    """The dataset in a Parquet file; labels come from the Arrow metadata (fields and schema), the name from the file.

    An empty character value is read as missing, as SAS and the transport formats have no other way to say it; so is a
    number that is not a number (NaN), which other programs write for missing.
    """
    import pyarrow.parquet as pq

    try:
        # pq.read_table would load pyarrow.dataset, and with it pandas where that is installed: a second of CPU time.
        with pq.ParquetFile(path) as file:
            table = file.read()
        labels = {
            column.name: column.metadata[b"label"].decode()
            for column in table.schema
            if b"label" in (column.metadata or {})
        }
        label = (table.schema.metadata or {}).get(b"label", b"").decode()
        frame = pl.from_arrow(table)
    except FileNotFoundError:
        raise DataError(f"There is no dataset at {path}.") from None
    # Polars panics at names that are not in UTF-8, as a damaged file has them.
    except (OSError, ValueError, pl.exceptions.PanicException) as error:
        raise DataError(
            f"{path} is no Parquet file that can be read ({error}). "
            "Put a whole one in its place, or have it made anew by its step with --overwrite."
        ) from error
    assert isinstance(frame, pl.DataFrame)
    frame = frame.with_columns(
        pl.when(pl.col(name) == "").then(None).otherwise(pl.col(name)).alias(name)
        for name, dtype in frame.schema.items()
        if dtype == pl.String
    ).with_columns(pl.col(name).fill_nan(None) for name, dtype in frame.schema.items() if dtype.is_float())
    return Dataset(name=path.stem.upper(), frame=frame, label=label, labels=labels)


def write_dataset(dataset: Dataset, path: Path) -> None:
    """Write one Parquet file, labels in the Arrow metadata; the same dataset gives the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = dataset.frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    fields = [
        column.with_metadata({"label": dataset.labels[column.name]}) if column.name in dataset.labels else column
        for column in table.schema
    ]
    table = table.cast(pa.schema(fields, metadata={"label": dataset.label}))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    pq.write_table(table, temporary, compression="zstd")
    temporary.replace(path)


def read_datasets(folder: Path) -> dict[str, Dataset]:
    """Every Parquet file of `folder`, by name; raises `DataError` if there is none."""
    paths = sorted(folder.glob("*.parquet"))
    if not paths:
        raise DataError(f"There is no dataset (*.parquet) in {folder}.")
    datasets = (read_dataset(path) for path in paths)
    return {dataset.name: dataset for dataset in datasets}


def write_datasets(datasets: Mapping[str, Dataset], folder: Path) -> list[Path]:
    """Write each dataset to `folder/<name>.parquet`, the name in lower case; gives the paths."""
    paths = []
    for name, dataset in sorted(datasets.items()):
        path = folder / f"{name.lower()}.parquet"
        write_dataset(dataset, path)
        paths.append(path)
    return paths
