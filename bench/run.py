"""Measure what docs/performance.md reports: CPU-seconds and peak memory of fresh processes, several runs of each.

CPU-seconds are user plus system time of the process and of the processes that it waited for, so that they hardly
depend on what else the machine does. Peak memory is the largest resident set of any of them.

    python -m bench.run [--runs N] [--only NAME] [--write docs/performance.md]
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.formats import figures

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
TRIALWRIGHT = str(Path(sys.executable).parent / "trialwright")


#: The limit of a fit that `make bench-peers` compares with R's.
_PEERS = "R's, below"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What one run of a command took. seconds: CPU; megabytes: peak resident set."""

    seconds: float
    megabytes: float


@dataclass(frozen=True, kw_only=True)
class Task:
    """One figure of the page.

    target     the limit in CPU-seconds, or words where there is no such number; `memory_target` in MB
    commands   run one after the other in a fresh folder; their CPU-seconds add up
    prepare    makes what the commands need, outside the measurement
    needs      a path without which the task is skipped
    runs       how often, if it is so short or so long that it needs another number than the rest
    figure     name in the JSON object that the last command prints at its end; its seconds count, not the process's
    """

    name: str
    target: float | str
    commands: tuple[tuple[str, ...], ...]
    prepare: Callable[[Path], None] = lambda folder: None
    needs: Path | None = None
    memory_target: float | None = None
    runs: int | None = None
    figure: str | None = None


def run_measured(command: tuple[str, ...], folder: Path) -> Measurement:
    """Run `command` in `folder`; its output goes to `output.txt` there. Exits with the output if it fails."""
    output = folder / "output.txt"
    process = os.fork()
    if process == 0:
        os.chdir(folder)
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.execv(command[0], command)
    _, status, usage = os.wait4(process, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)} failed:\n{output.read_text(encoding='utf-8', errors='replace')}")
    # Linux counts the resident set in kilobytes, macOS in bytes.
    bytes_per_unit = 1 if sys.platform == "darwin" else 1024
    return Measurement(seconds=usage.ru_utime + usage.ru_stime, megabytes=usage.ru_maxrss * bytes_per_unit / 1_000_000)


def measure(task: Task, runs: int) -> list[Measurement]:
    """`runs` runs of the task, each in a fresh folder."""
    measured = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            task.prepare(folder)
            parts = [run_measured(command, folder) for command in task.commands]
            if task.figure is not None:
                printed = (folder / "output.txt").read_text(encoding="utf-8").splitlines()[-1]
                parts = [replace(parts[-1], seconds=json.loads(printed)[task.figure])]
        measured.append(
            Measurement(seconds=sum(part.seconds for part in parts), megabytes=max(part.megabytes for part in parts))
        )
    return measured


def prepare_pilot(folder: Path) -> None:
    """The pilot's study folder, with its definition, plan and ADaM data."""
    run_measured(
        (
            TRIALWRIGHT,
            "new",
            str(folder / "pilot"),
            "--usdm",
            str(SHARED / "data" / "usdm" / "CDISC_Pilot_Study.json"),
            "--plan",
            str(ROOT / "bench" / "pilot" / "plan.yaml"),
            "--adam",
            str(SHARED / "data" / "cdiscpilot01" / "adam_tdf"),
            "--sdtm",
            str(SHARED / "data" / "cdiscpilot01" / "sdtm"),
        ),
        folder,
    )


def prepare_pilot_tables(folder: Path) -> None:
    """The same without the listings, whose every cell is a result: what the tables and figures alone ask for."""
    prepare_pilot(folder)
    plan = folder / "pilot" / "plan.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace(", plan_listings.yaml]", "]"), encoding="utf-8")


def prepare_pilot_sdtm(repeats: int) -> Callable[[Path], None]:
    """Makes the pilot's study folder with its SDTM, each subject so many times."""
    code = "import runpy; runpy.run_module('bench.derivation', run_name='__main__', alter_sys=False)"
    command = in_checkout(code, str(repeats), "pilot")
    return lambda folder: _discard(run_measured(command, folder))


def in_checkout(code: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs `code` with the checkout's own modules at hand."""
    return (sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}", *arguments)


def repeated_measures(**features: float) -> Callable[[Path], None]:
    """Makes `data.csv` with these features of `bench.peers.data.repeated_measures`."""
    code = "import json; from pathlib import Path; from bench.peers.data import repeated_measures as make; "
    code += "make(Path('data.csv'), **json.loads(sys.argv[1]))"
    return lambda folder: _discard(run_measured(in_checkout(code, json.dumps(features)), folder))


def times_to_event(folder: Path) -> None:
    """Makes `data.csv` with the times of 20,000 subjects."""
    code = "from pathlib import Path; from bench.peers.data import time_to_event as make; "
    run_measured(in_checkout(f"{code} make(Path('data.csv'), subjects=20000, seed=4)"), folder)


def _discard(_: Measurement) -> None:
    """Nothing: what is prepared is not measured."""


def fit(name: str, *arguments: str) -> tuple[str, ...]:
    """The command that fits `data.csv` as `bench/peers` does, and prints its seconds without reading the data."""
    code = f"import runpy; runpy.run_module('bench.peers.{name}', run_name='__main__', alter_sys=False)"
    return in_checkout(code, "data.csv", *arguments)


def tasks() -> tuple[Task, ...]:
    """The figures, in the order of the page."""
    python = sys.executable
    return (
        Task(
            name="`trialwright demo`: from the definition to the verified report",
            target=30,
            memory_target=1000,
            commands=((TRIALWRIGHT, "demo", "--out", "demo"),),
        ),
        Task(
            name="the pilot's ADaM to the results of its 30 tables",
            target=6,
            commands=((TRIALWRIGHT, "analyze", "pilot"),),
            prepare=prepare_pilot_tables,
            needs=SHARED,
        ),
        Task(
            name="the same with the results of its listings",
            target="none",
            commands=((TRIALWRIGHT, "analyze", "pilot"),),
            prepare=prepare_pilot,
            needs=SHARED,
        ),
        Task(
            name="the pilot's ADaM to a written and verified report with listings and narratives",
            target=20,
            memory_target=1500,
            commands=((TRIALWRIGHT, "run", "pilot"),),
            prepare=prepare_pilot,
            needs=SHARED,
        ),
        Task(
            name="the pilot's SDTM to its ten ADaM datasets",
            target=10,
            memory_target=1500,
            commands=((TRIALWRIGHT, "derive", "pilot"),),
            prepare=prepare_pilot_sdtm(1),
            needs=SHARED,
        ),
        Task(
            name="the same of 10 times as many subjects",
            target="11 times that",
            commands=((TRIALWRIGHT, "derive", "pilot"),),
            prepare=prepare_pilot_sdtm(10),
            needs=SHARED,
        ),
        Task(
            name="check_sdtm and check_adam on the whole pilot",
            target=10,
            commands=((python, str(ROOT / "bench" / "conformance.py"), str(SHARED / "data" / "cdiscpilot01")),),
            needs=SHARED,
            figure="together",
        ),
        *(
            Task(
                name=title,
                target=round(limit, 2),
                commands=((python, str(ROOT / "bench" / "formats.py")),),
                needs=SHARED,
                runs=1,
                figure=name,
            )
            for title, limit, name in figures()
        ),
        Task(
            name="verification of a 500-page report, 2,000 controls and 25,500 grid cells",
            target=2,
            commands=((python, str(ROOT / "bench" / "documents.py")),),
            figure="verify 500 pages",
        ),
        Task(
            name="100 tables with 28,000 cells to docx",
            target=1,
            commands=((python, str(ROOT / "bench" / "documents.py")),),
            figure="write 100 tables, 28,000 cells",
        ),
        Task(
            name="mixed model with Kenward-Roger, unstructured, 1,000 subjects x 10 visits",
            target=1,
            commands=(fit("mmrm"),),
            prepare=repeated_measures(subjects=1000, visits=10, seed=3, dropout=0.04, holes=0.02),
            figure="seconds",
        ),
        Task(
            name="multiple imputation, 100 x 500 subjects x 6 visits, monotone",
            target=_PEERS,
            commands=(fit("imputation", "monotone"),),
            prepare=repeated_measures(subjects=500, visits=6, seed=5, dropout=0.05, holes=0.0),
            figure="seconds",
        ),
        Task(
            name="multiple imputation, 100 x 500 subjects x 6 visits, chained equations",
            target=_PEERS,
            commands=(fit("imputation", "fully_conditional"),),
            prepare=repeated_measures(subjects=500, visits=6, seed=5, dropout=0.05, holes=0.03),
            figure="seconds",
        ),
        Task(
            name="proportional hazards, 20,000 subjects, 5 covariates, Efron",
            target=_PEERS,
            commands=(fit("cox"),),
            prepare=times_to_event,
            figure="seconds",
        ),
        Task(
            name="10,000 simulated trials of 500 subjects, log-rank at 150, 225 and 300 events",
            target=1,
            commands=((python, str(ROOT / "bench" / "simulation.py")),),
            figure="simulation",
        ),
        Task(
            name="the first simulation after installation, compiling included",
            target=30,
            commands=((python, str(ROOT / "bench" / "simulation.py")),),
            figure="first_use",
        ),
        Task(
            name="a search of 200 designs, 5 scenarios, 2,000 trials of 360 to 500 subjects, and its verification",
            target=360,
            commands=((python, str(ROOT / "bench" / "design_search.py")),),
            figure="search",
            runs=1,
        ),
        *(
            Task(name=title, target=limit, commands=((python, str(ROOT / "bench" / "designs.py")),), figure=figure)
            for title, limit, figure in (
                ("100 three-look spending designs with futility", 0.5, "sequential"),
                ("100 sample sizes of a time to an event, piecewise accrual and dropout", 2, "survival"),
                ("10,000 simulated trials of BOIN, 5 doses, 10 cohorts of 3", 0.5, "boin"),
            )
        ),
        Task(name="`import trialwright`", target=0.3, commands=((python, "-c", "import trialwright"),), runs=20),
        Task(name="`trialwright --help`", target=0.5, commands=((TRIALWRIGHT, "--help"),), runs=20),
    )


def machine() -> str:
    """Processor, cores, memory, system and Python of this machine."""
    try:
        information = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        found = re.search(r"^model name\s*: (.*)$", information, re.MULTILINE)
        processor = found[1] if found else platform.machine()
    except OSError:
        processor = platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB memory, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def table_row(task: Task, measured: list[Measurement]) -> str:
    """One row of the page's table."""
    seconds = [measurement.seconds for measurement in measured]
    megabytes = max(measurement.megabytes for measurement in measured)
    memory_target = f" (< {task.memory_target:,.0f})" if task.memory_target else ""
    spread = f"{statistics.median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f}"
    return f"| {task.name} | {spread} | {_target(task)} | {megabytes:,.0f}{memory_target} | {len(measured)} |"


def _target(task: Task) -> str:
    return task.target if isinstance(task.target, str) else f"< {task.target:g}"


def main() -> None:
    """Measure and print; write the page if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="only tasks whose name holds this")
    parser.add_argument("--write", type=Path, help="write the page here")
    arguments = parser.parse_args()
    # As the command line does it, so that fits by themselves are measured alike.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    lines = [
        "| what | median | least | most | target | peak memory, MB | runs |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    print("\n".join(lines), flush=True)
    for task in tasks():
        if arguments.only not in task.name:
            continue
        if task.needs is not None and not task.needs.exists():
            line = f"| {task.name} | | | | {_target(task)} | not measured: the reference data are not here | 0 |"
        else:
            line = table_row(task, measure(task, task.runs or arguments.runs))
        lines.append(line)
        print(line, flush=True)
    print(f"\nCPU-seconds on {machine()}")
    if arguments.write:
        write_page(arguments.write, lines)


def write_page(path: Path, lines: list[str]) -> None:
    """The page, with the machine and the date of these measurements; sections that others wrote stay."""
    _, mark, others = (path.read_text(encoding="utf-8") if path.exists() else "").partition("\n## ")
    today = datetime.datetime.now(tz=datetime.UTC).date()
    text = f"""# Performance

`make bench` prints this table; `make bench WRITE=1` writes it here. CPU-seconds are user plus system time of fresh
processes, median, least and most of several runs; peak memory is the largest resident set.

{chr(10).join(lines)}

Measured on {today:%Y-%m-%d}: {machine()}.
"""
    path.write_text(text + mark + others, encoding="utf-8")


if __name__ == "__main__":
    main()
