"""Time the same fits here and in R, in one run: CPU-seconds of the fit alone, in fresh processes, one after the other.

    python -m bench.peers.compare [--runs N] [--only NAME] [--write docs/performance.md]

Reading the data and loading packages is not counted on either side, and linear algebra has one thread on both. A peer
whose R package is absent is skipped, with the reason; without Rscript nothing is compared.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.peers.data import repeated_measures, time_to_event
from bench.run import ROOT, machine

HERE = Path(__file__).resolve().parent
HEADING = "## Against R"


@dataclass(frozen=True, kw_only=True)
class Peer:
    """The same fit on both sides.

    ours, theirs  a module and a script that print a line of JSON: seconds, estimate, check
    argument      of ours, beside the data
    package       of R
    tolerance     between the estimates, relative; within Monte Carlo error where numbers are drawn
    """

    name: str
    make_data: Callable[[Path], None]
    ours: str
    theirs: str
    package: str
    tolerance: float
    argument: str = ""
    runs: int | None = None


def _name_of_design(path: Path, name: str) -> None:
    """All that both sides of a design are given: which it is."""
    path.write_text(f"{name}\n", encoding="utf-8")


PEERS = (
    Peer(
        name="repeated measures, unstructured, REML, 250 subjects x 6 visits (ours with Kenward-Roger): `nlme::gls`",
        make_data=lambda path: repeated_measures(path, subjects=250, visits=6, seed=3, dropout=0.04, holes=0.02),
        ours="mmrm",
        theirs="mmrm.R",
        package="nlme",
        tolerance=1e-3,
    ),
    Peer(
        name="proportional hazards, 20,000 subjects, 5 covariates, Efron: `survival::coxph`",
        make_data=lambda path: time_to_event(path, subjects=20000, seed=4),
        ours="cox",
        theirs="cox.R",
        package="survival",
        tolerance=1e-6,
    ),
    Peer(
        name="multiple imputation, 100 x 500 subjects x 6 visits, monotone, ANCOVA by visit: base R",
        make_data=lambda path: repeated_measures(path, subjects=500, visits=6, seed=5, dropout=0.05, holes=0.0),
        ours="imputation",
        theirs="imputation.R",
        argument="monotone",
        package="stats",
        tolerance=0.05,
    ),
    Peer(
        name="multiple imputation, 100 x 500 subjects x 6 visits, chained equations, ANCOVA by visit: `mice`",
        make_data=lambda path: repeated_measures(path, subjects=500, visits=6, seed=5, dropout=0.05, holes=0.03),
        ours="imputation",
        theirs="imputation_mice.R",
        argument="fully_conditional",
        package="mice",
        tolerance=0.08,
        runs=1,
    ),
    Peer(
        name="100 three-look spending designs with futility: `rpact::getDesignGroupSequential`",
        make_data=lambda path: _name_of_design(path, "sequential"),
        ours="designs",
        theirs="designs.R",
        package="rpact",
        tolerance=1e-6,
    ),
    Peer(
        name="100 sample sizes of a time to an event, piecewise accrual, dropout: `rpact::getSampleSizeSurvival`",
        make_data=lambda path: _name_of_design(path, "survival"),
        ours="designs",
        theirs="designs.R",
        package="rpact",
        tolerance=1e-6,
    ),
    Peer(
        name="10,000 simulated trials of 500 subjects, three looks: `rpact::getSimulationSurvival`",
        make_data=lambda path: _name_of_design(path, "simulation"),
        ours="designs",
        theirs="designs.R",
        package="rpact",
        tolerance=0.02,
    ),
)


def fit(command: list[str]) -> dict[str, float]:
    """The JSON that the last line of a fresh process holds. Exits with its output if it fails."""
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, **threads})
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def has_package(rscript: str, package: str) -> bool:
    """Whether R has a package."""
    call = f"quit(status = !requireNamespace('{package}', quietly = TRUE))"
    return subprocess.run([rscript, "-e", call], capture_output=True, check=False).returncode == 0


def compare(peer: Peer, rscript: str, runs: int) -> str:
    """One row of the table. Exits if the two sides do not give the same estimate."""
    if not has_package(rscript, peer.package):
        return f"| {peer.name} | | | skipped: R has no package {peer.package} | 0 |"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        peer.make_data(path)
        ours, theirs = [], []
        for _ in range(peer.runs or runs):
            ours.append(fit([sys.executable, "-m", f"bench.peers.{peer.ours}", str(path), peer.argument]))
            theirs.append(fit([rscript, str(HERE / peer.theirs), str(path)]))
    left, right = ours[0]["estimate"], theirs[0]["estimate"]
    if abs(left - right) > peer.tolerance * abs(right):
        sys.exit(f"{peer.name}: the estimates differ, {left} and {right}")
    mine, other = (statistics.median(one["seconds"] for one in side) for side in (ours, theirs))
    ratio = f"{other / mine:,.1f}" if mine > 0 else ""
    return f"| {peer.name} | {mine:.3f} | {other:.3f} | {ratio} | {len(ours)} |"


def main() -> None:
    """Compare and print; write the section of the page if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="only fits whose name holds this")
    parser.add_argument("--write", type=Path, help="write the section of this page")
    arguments = parser.parse_args()
    rscript = shutil.which("Rscript")
    if rscript is None:
        print(
            "Skipped: there is no Rscript to compare with "
            "(Debian: r-base-core, r-cran-nlme, r-cran-survival, r-cran-mice, r-cran-rpact)."
        )
        return
    lines = [
        "| the same fit | ours, median | R, median | times as fast | runs |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    print("\n".join(lines), flush=True)
    for peer in PEERS:
        if arguments.only in peer.name:
            lines.append(compare(peer, rscript, arguments.runs))
            print(lines[-1], flush=True)
    version = subprocess.run([rscript, "--version"], capture_output=True, text=True, check=True)
    words = (version.stdout or version.stderr).strip()
    print(f"\nCPU-seconds on {machine()}; {words}")
    if arguments.write:
        write_section(arguments.write, lines, words)


def write_section(path: Path, lines: list[str], version: str) -> None:
    """The page with its section about R made anew."""
    today = datetime.datetime.now(tz=datetime.UTC).date()
    before = path.read_text(encoding="utf-8").partition(HEADING)[0].rstrip()
    text = f"""{before}

{HEADING}

`make bench-peers` prints this table; `make bench-peers WRITE=1` writes it here. CPU-seconds of the fit alone, medians
of fresh processes that took turns; reading data and loading packages is not counted, and linear algebra has one thread
on both sides. The two sides of each row gave the same estimate (of drawn numbers, within Monte Carlo error).

{chr(10).join(lines)}

Measured on {today:%Y-%m-%d}: {machine()}; {version}.
"""
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
