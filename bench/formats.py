"""Time reading and writing LB of the pilot (59,580 records, 23 variables) in every format; print CPU-seconds as JSON.

Each is done once before it is timed, so that loading libraries does not count, and then several times: the median
counts. `bench.run` takes its figures from here.

    python bench/formats.py
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from trialwright.standards import read_dataset
from trialwright.standards.formats import read_any, write_any

LB = Path(__file__).resolve().parents[2] / "shared" / "data" / "cdiscpilot01" / "sdtm" / "lb.parquet"
RECORDS = 59_580
#: Records a second that each format is to reach in each direction.
TARGET = 200_000
FORMATS = {"xpt": "SAS XPT v5", "json": "Dataset-JSON", "ndjson": "Dataset-JSON as NDJSON", "parquet": "Parquet"}
_RUNS = 7


def figures() -> tuple[tuple[str, float, str], ...]:
    """What the page says of each figure: its title, the limit in CPU-seconds, and its name in what is printed."""
    return tuple(
        (f"LB of the pilot, {RECORDS:,} records: {title} {done}", RECORDS / TARGET, f"{verb} {ending}")
        for ending, title in FORMATS.items()
        for verb, done in (("write", "written"), ("read", "read"))
    )


def seconds_of(work: Callable[[], object]) -> float:
    """CPU-seconds of `work`: the median of several runs after one that does not count."""
    work()
    measured = []
    for _ in range(_RUNS):
        started = time.process_time()
        work()
        measured.append(time.process_time() - started)
    return statistics.median(measured)


def main() -> None:
    """Measure and print."""
    lb = read_dataset(LB)
    if lb.frame.height != RECORDS:
        raise SystemExit(f"{LB} has {lb.frame.height:,} records, not {RECORDS:,}")
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        for ending in FORMATS:
            path = Path(name) / f"lb.{ending}"
            seconds[f"write {ending}"] = seconds_of(lambda path=path: write_any(lb, path))  # type: ignore[misc]
            seconds[f"read {ending}"] = seconds_of(lambda path=path: read_any(path))  # type: ignore[misc]
            if not read_any(path)[0].frame.equals(lb.frame):
                raise SystemExit(f"LB does not come back from {path.name}")
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
