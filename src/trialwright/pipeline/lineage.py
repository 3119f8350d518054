"""From ADaM records back to the SDTM records they were derived from, in a study folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialwright.errors import DataError
from trialwright.workspace import StudyFolder

if TYPE_CHECKING:
    import polars as pl

    from trialwright.derivation import Derived
    from trialwright.pipeline.tracing import TracedResult
    from trialwright.standards import Dataset

_SEQUENCE = re.compile(r"([A-Z]{2})SEQ")
_DIGEST = "sha256:"
#: Variables that are computed from the baseline record too: with one of them in an analysis, it is followed as well.
_OF_BASELINE = re.compile(r"BASE\w*|P?CHG\w*|BNRIND|BR2\w*|BTOX\w*|SHIFT\w*|M?CRIT\w*")


@dataclass(frozen=True, kw_only=True)
class SourceRecords:
    """The SDTM records behind the records of an analysis dataset.

    links    which is behind which: `position` (of the ADaM record, from 0), role ("record", or "baseline" for what its
             baseline value was taken from), domain, USUBJID, seq, record (its position in the domain, from 0)
    records  by domain, the records themselves, each once, in the domain's order
    basis    how they were found, in a sentence
    """

    links: pl.DataFrame
    records: Mapping[str, pl.DataFrame]
    basis: str


def write_lineage(derived: Derived, folder: StudyFolder) -> None:
    """Write what is behind each record of each dataset; the dataset's digest goes along."""
    from trialwright.standards import Dataset, write_dataset

    for name, frame in derived.lineage.items():
        label = f"{_DIGEST}{derived.datasets[name].digest()}"
        write_dataset(Dataset(name=name, frame=frame, label=label), folder.lineage / f"{name.lower()}.parquet")


def source_records(folder: StudyFolder, traced: TracedResult) -> SourceRecords:
    """The SDTM records behind the rows of a trace.

    They are those that the derivation noted. For ADaM that somebody brought they are found by --SEQ, or SRCDOM and
    SRCSEQ, of the rows. Raises `DataError` if there is no SDTM, the rows cannot say, or the dataset was changed since
    it was derived.
    """
    import polars as pl

    positions = traced.trace.positions.drop_nulls().cast(pl.UInt32)
    links, basis = _links(folder, traced)
    links = (
        links.filter(pl.col("row").is_in(positions.implode()), pl.col("role").is_in(_roles(traced)))
        .rename({"row": "position"})
        .unique(maintain_order=True)
    )
    records = {
        str(domain): _records_of(folder, str(domain), part["record"])
        for (domain,), part in links.group_by(["domain"], maintain_order=True)
    }
    return SourceRecords(links=links, records=records, basis=basis)


def _roles(traced: TracedResult) -> list[str]:
    needs_baseline = any(_OF_BASELINE.fullmatch(name) for name in traced.trace.key_variables)
    return ["record", "baseline"] if needs_baseline else ["record"]


def _records_of(folder: StudyFolder, domain: str, positions: pl.Series) -> pl.DataFrame:
    frame = _domain(folder, domain).frame
    wanted = positions.unique().sort()
    if wanted.len() and int(str(wanted.max())) >= frame.height:
        raise DataError(
            f"{domain} has fewer records than when the analysis datasets were derived. "
            "Derive them again: `trialwright derive --overwrite`."
        )
    return frame[wanted]


def _domain(folder: StudyFolder, name: str) -> Dataset:
    from trialwright.standards import read_dataset

    path = folder.sdtm / f"{name.lower()}.parquet"
    if not path.is_file():
        raise DataError(
            f"There is no {name} in {folder.sdtm}, from which these records were derived. "
            "Bring the SDTM datasets there, or trace without --to sdtm."
        )
    return read_dataset(path)


def _links(folder: StudyFolder, traced: TracedResult) -> tuple[pl.DataFrame, str]:
    from trialwright.standards import read_dataset

    name = traced.trace.dataset
    if traced.path.parent == folder.sdtm:
        return _own_records(traced), f"{name} is an SDTM domain itself"
    path = folder.lineage / f"{name.lower()}.parquet"
    if not path.is_file():
        return _by_sequence(folder, traced)
    noted = read_dataset(path)
    if noted.label != f"{_DIGEST}{traced.trace.digest}":
        raise DataError(
            f"{traced.path} was changed since it was derived, so that what is behind its records is no longer known. "
            "Derive it again: `trialwright derive --overwrite`."
        )
    return noted.frame, "noted by the derivation"


def _own_records(traced: TracedResult) -> pl.DataFrame:
    import polars as pl

    rows, name = traced.trace.rows, traced.trace.dataset
    sequence = f"{name}SEQ"
    return pl.DataFrame(
        {
            "row": traced.trace.positions.cast(pl.UInt32),
            "role": ["record"] * rows.height,
            "domain": [name] * rows.height,
            "USUBJID": rows["USUBJID"],
            "seq": rows[sequence].cast(pl.Int64) if sequence in rows.columns else [None] * rows.height,
            "record": traced.trace.positions.cast(pl.UInt32),
        },
        schema_overrides={"seq": pl.Int64},
    )


def _by_sequence(folder: StudyFolder, traced: TracedResult) -> tuple[pl.DataFrame, str]:
    """By SRCDOM and SRCSEQ where the rows have them, else by the sequence number of their one domain."""
    import polars as pl

    rows = traced.trace.rows
    named = rows.select(
        pl.Series("row", traced.trace.positions).cast(pl.UInt32),
        pl.lit("record").alias("role"),
        pl.col("USUBJID"),
        *_domain_and_sequence(rows, traced),
    ).drop_nulls(["domain", "seq"])
    parts = []
    for (domain,), part in named.group_by(["domain"], maintain_order=True):
        source = _domain(folder, str(domain)).frame
        numbered = source.select(
            pl.col("USUBJID"),
            pl.col(f"{domain}SEQ").cast(pl.Int64).alias("seq"),
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("record"),
        )
        parts.append(part.join(numbered, on=["USUBJID", "seq"], how="inner", maintain_order="left"))
    empty = pl.DataFrame(
        schema={"row": pl.UInt32, "role": pl.String, "USUBJID": pl.String, "domain": pl.String, "seq": pl.Int64}
    )
    links = pl.concat([empty.with_columns(record=pl.lit(None, dtype=pl.UInt32)), *parts], how="diagonal_relaxed")
    return links.select(
        "row", "role", "domain", "USUBJID", "seq", "record"
    ), "found by the sequence numbers that the rows carry"


def _domain_and_sequence(rows: pl.DataFrame, traced: TracedResult) -> list[pl.Expr]:
    import polars as pl

    if {"SRCDOM", "SRCSEQ"} <= set(rows.columns):
        return [pl.col("SRCDOM").alias("domain"), pl.col("SRCSEQ").cast(pl.Int64).alias("seq")]
    domains = [found.group(1) for name in rows.columns if (found := _SEQUENCE.fullmatch(name)) and name != "ASEQ"]
    if len(domains) != 1:
        raise DataError(
            f"{traced.trace.dataset} was not derived here, and its records do not say which SDTM records they came "
            "from: they have neither SRCDOM and SRCSEQ nor the sequence number of one domain. Derive it with "
            "`trialwright derive`, or trace without --to sdtm."
        )
    return [pl.lit(domains[0]).alias("domain"), pl.col(f"{domains[0]}SEQ").cast(pl.Int64).alias("seq")]


def topic_variables(domain: str, frame: pl.DataFrame) -> list[str]:
    """The variables of a domain that tell people which record is meant, as far as `frame` has them."""
    names = ("USUBJID", "SEQ", "TERM", "DECOD", "TRT", "TESTCD", "ORRES", "ORRESU", "DOSE", "QNAM", "QVAL")
    dates = ("DTC", "STDTC", "ENDTC", "VISIT")
    wanted = [name for stem in (*names, *dates) for name in (f"{domain}{stem}", stem)]
    if domain == "DM":
        wanted = ["USUBJID", "ARMCD", "RFSTDTC", "RFENDTC", "AGE", "SEX"]
    return [name for name in dict.fromkeys(wanted) if name in frame.columns]
