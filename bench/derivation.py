"""Study folders to measure derivations with: the pilot's SDTM, as it is or with its subjects repeated.

    python -m bench.derivation REPEATS FOLDER

makes the study folder; `trialwright derive FOLDER` is what is measured.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import polars as pl

from trialwright.derivation import definition_parts

ROOT = Path(__file__).resolve().parents[1]
DERIVATION = ROOT / "bench" / "pilot" / "derivation.yaml"
SHARED = ROOT.parent / "shared" / "data"


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


def make_folder(folder: Path, repeats: int) -> None:
    """A study folder with the pilot's definition, its specification of derivations, and its SDTM so many times."""
    sdtm = folder / "data" / "sdtm"
    sdtm.mkdir(parents=True)
    shutil.copyfile(SHARED / "usdm" / "CDISC_Pilot_Study.json", folder / "study.json")
    for path in (DERIVATION, *definition_parts(DERIVATION)):
        shutil.copyfile(path, folder / path.name)
    for path in sorted((SHARED / "cdiscpilot01" / "sdtm").glob("*.parquet")):
        repeat_subjects(pl.read_parquet(path), repeats).write_parquet(sdtm / path.name)


if __name__ == "__main__":
    make_folder(Path(sys.argv[2]), int(sys.argv[1]))
