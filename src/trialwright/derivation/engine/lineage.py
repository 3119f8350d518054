"""From which SDTM records each record of an analysis dataset came.

While datasets are derived, each record carries the numbers of its sources in the column `LINEAGE`: a list, one number
for each SDTM record of the study. `Numbering` knows which record a number means; `lineage_table` writes them out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

#: The column that rides along, a list of record numbers.
LINEAGE = "_LINEAGE"

#: Beside it, the sources of the baseline record, on records that have a baseline value.
BASELINE_LINEAGE = "_LINEAGE_BASELINE"

LINEAGE_SCHEMA = {
    "row": pl.UInt32,
    "role": pl.String,
    "domain": pl.String,
    "USUBJID": pl.String,
    "seq": pl.Int64,
    "record": pl.UInt32,
}
#: Roles of a source: behind the record itself, or behind its baseline value.
OF_RECORD, OF_BASELINE = "record", "baseline"


@dataclass
class Numbering:
    """Numbers for the records of each domain, in the order in which domains are first read."""

    first: dict[str, int] = field(default_factory=dict)
    records: dict[str, pl.DataFrame] = field(default_factory=dict)
    size: int = 0

    def number(self, domain: str, frame: pl.DataFrame) -> pl.DataFrame:
        """`frame`, all records of `domain` in their order, with `LINEAGE`: each is its own source."""
        if domain not in self.first:
            self.first[domain] = self.size
            self.size += frame.height
            sequence = f"{domain}SEQ"
            self.records[domain] = frame.select(
                pl.lit(domain).alias("domain"),
                (pl.col("USUBJID") if "USUBJID" in frame.columns else pl.lit(None, dtype=pl.String)).alias("USUBJID"),
                (pl.col(sequence) if sequence in frame.columns else pl.lit(None))
                .cast(pl.Int64, strict=False)
                .alias("seq"),
                pl.int_range(pl.len(), dtype=pl.UInt32).alias("record"),
            )
        first = self.first[domain]
        numbers = pl.int_range(first, first + frame.height, dtype=pl.UInt32, eager=True)
        return frame.with_columns(numbers.reshape((-1, 1)).arr.to_list().alias(LINEAGE))

    def sources(self) -> pl.DataFrame:
        """All numbered records: `_number`, domain, USUBJID, seq, record."""
        schema = {name: dtype for name, dtype in LINEAGE_SCHEMA.items() if name not in ("row", "role")}
        frames = [self.records[domain] for domain in self.first]
        return pl.concat([pl.DataFrame(schema=schema), *frames]).with_columns(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("_number")
        )


def union_lineage(name: str = LINEAGE) -> pl.Expr:
    """For an aggregation: the sources of all records of the group, each once."""
    return pl.col(name).explode().drop_nulls().unique(maintain_order=True).alias(name)


def united(columns: Iterable[str]) -> list[pl.Expr]:
    """For an aggregation: the sources of the records, and of their baseline values, as far as `columns` has them."""
    present = set(columns)
    return [union_lineage(name) for name in (LINEAGE, BASELINE_LINEAGE) if name in present]


def merged_lineage(own: str, other: str) -> pl.Expr:
    """For a join: the sources in two list columns, each once; a missing list has none."""
    return pl.concat_list(_listed(own), _listed(other)).list.unique(maintain_order=True)


def _listed(name: str) -> pl.Expr:
    return pl.coalesce(pl.col(name), pl.lit([], dtype=pl.List(pl.UInt32)))


def traced(columns: Iterable[str]) -> list[str]:
    """`[LINEAGE]` if it is among `columns`, else nothing: functions are used without it too."""
    return [LINEAGE] if LINEAGE in columns else []


def lineage_table(frame: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """The sources of each row of `frame`, one a row: row (from 0), role, domain, USUBJID, seq and record.

    role    "record": the row was made of it; "baseline": its baseline value was
    seq     missing where the domain has no sequence number
    record  counts from 0 in the domain as it was given
    """
    parts = [
        _numbers_of(frame, column, role)
        for column, role in ((LINEAGE, OF_RECORD), (BASELINE_LINEAGE, OF_BASELINE))
        if column in frame.columns
    ]
    if not parts:
        return pl.DataFrame(schema=LINEAGE_SCHEMA)
    rows = pl.concat(parts)
    # Sources are numbered from 0 in their order.
    described = sources.drop("_number")[rows["_number"]]
    return rows.select("row", "role").hstack(described).select(list(LINEAGE_SCHEMA))


def _numbers_of(frame: pl.DataFrame, column: str, role: str) -> pl.DataFrame:
    return (
        frame.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"), pl.col(column).alias("_number"))
        .explode("_number")
        .drop_nulls("_number")
        .with_columns(pl.lit(role).alias("role"))
    )
