"""CPU-seconds and peak memory of check_sdtm and check_adam on the whole CDISC pilot; reading its files is not measured.

    python bench/conformance.py DATA [--repeat N]

DATA holds the folders `sdtm` and `adam`. With --repeat each subject comes N times, under identifiers of their own.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import polars as pl

from trialwright.standards import Dataset, read_datasets
from trialwright.standards.conformance import check_adam, check_sdtm

Made = TypeVar("Made")


def repeated(datasets: dict[str, Dataset], times: int) -> dict[str, Dataset]:
    """The datasets with each subject `times` times; datasets without subjects as they are."""
    return {name: replace(dataset, frame=_repeated(dataset.frame, times)) for name, dataset in datasets.items()}


def _repeated(frame: pl.DataFrame, times: int) -> pl.DataFrame:
    if times == 1 or "USUBJID" not in frame.columns:
        return frame
    return pl.concat(frame.with_columns(pl.col("USUBJID") + f"-{copy}") for copy in range(times))


def timed(work: Callable[[], Made]) -> tuple[Made, float]:
    """What `work` gives, and the CPU-seconds it took."""
    start = time.process_time()
    made = work()
    return made, time.process_time() - start


def main() -> None:
    """Measure; the last line is a JSON object with the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    domains = repeated(read_datasets(arguments.data / "sdtm"), arguments.repeat)
    datasets = repeated(read_datasets(arguments.data / "adam"), arguments.repeat)
    sdtm, sdtm_seconds = timed(lambda: check_sdtm(domains))
    adam, adam_seconds = timed(lambda: check_adam(datasets, domains=domains))
    # Linux counts the resident set in kilobytes, macOS in bytes.
    bytes_per_unit = 1 if sys.platform == "darwin" else 1024
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * bytes_per_unit / 1_000_000
    figures = {
        "check_sdtm": round(sdtm_seconds, 2),
        "check_adam": round(adam_seconds, 2),
        "together": round(sdtm_seconds + adam_seconds, 2),
        "megabytes": round(megabytes),
        "records": sum(dataset.frame.height for dataset in (*domains.values(), *datasets.values())),
        "findings": len(sdtm) + len(adam),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
