"""Repeats the pilot's SDTM with new subjects, to measure how derivations grow with the data.

python -m bench.derivation REPEATS FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parents[1]
SDTM = ROOT.parent / "shared" / "data" / "cdiscpilot01" / "sdtm"


def repeat_subjects(frame: pl.DataFrame, repeats: int) -> pl.DataFrame:
    """The records of all subjects `repeats` times, each time as those of others: USUBJID and SUBJID get a letter.

    Records without a subject stay as they are. Sites and everything else are those of the original subjects.
    """
    if "USUBJID" not in frame.columns:
        return frame
    names = [name for name in ("USUBJID", "SUBJID") if name in frame.columns]
    copies = [frame] + [
        frame.with_columns(pl.when(pl.col(name) != "").then(pl.col(name) + chr(ord("A") + number)) for name in names)
        for number in range(repeats - 1)
    ]
    return pl.concat(copies)


def write_repeated(folder: Path, repeats: int, source: Path = SDTM) -> None:
    """All domains in `source` into `folder`, with repeated subjects."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.parquet")):
        repeat_subjects(pl.read_parquet(path), repeats).write_parquet(folder / path.name)


if __name__ == "__main__":
    write_repeated(Path(sys.argv[2]), int(sys.argv[1]))
