"""`make pilot-sdtm`: the real CDISC pilot study from SDTM to ADaM and its tables, compared with the original's.

The study folder build/pilot-sdtm has the datasets derived here, build/pilot-original the original ones; both have the
pilot's plan without its listings. The comparison is that of `bench/pilot/derivation.py`.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.run_pilot import DATA, PLAN, ROOT, SHARED, TRIALWRIGHT, run

from trialwright.derivation import definition_parts

DERIVATION = ROOT / "bench" / "pilot" / "derivation.yaml"
OURS, ORIGINAL = Path("build") / "pilot-sdtm", Path("build") / "pilot-original"

#: What the plan calls datasets and variables (as the later copy of the data does, from which the tables were made), and
#: what the original datasets call them. The original has changes from the previous visit in its laboratory datasets, as
#: parameters of their own.
ORIGINAL_NAMES: Mapping[str, str] = {
    "ADADAS": "ADQSADAS",
    "ADCIBC": "ADQSCIBC",
    "ADNPIX": "ADQSNPIX",
    "ADLBCPV": "ADLBC",
    "ADLBHPV": "ADLBH",
    "TRTDURD": "TRTDUR",
    "DCSREAS": "DCREASCD",
}


def plan_texts() -> dict[str, str]:
    """The files of the pilot's plan without the listings, with the names of the original datasets and variables."""
    names = re.compile(rf"\b({'|'.join(ORIGINAL_NAMES)})\b")
    texts = {
        path.name: names.sub(lambda found: ORIGINAL_NAMES[found[0]], path.read_text(encoding="utf-8"))
        for path in (PLAN, PLAN.parent / "plan_safety.yaml")
    }
    texts[PLAN.name] = texts[PLAN.name].replace(", plan_listings.yaml]", "]")
    return texts


def write_plan(folder: Path) -> None:
    """The plan into `folder`, where it changed."""
    for name, text in plan_texts().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def make_folder(folder: Path, *data: str) -> int:
    """The study folder with its plan and what `data` brings into it, if it is not there yet."""
    if not (ROOT / folder).exists():
        plan = ROOT / "build" / "pilot-plan"
        plan.mkdir(parents=True, exist_ok=True)
        write_plan(plan)
        usdm = SHARED / "data" / "usdm" / "CDISC_Pilot_Study.json"
        made = run(
            TRIALWRIGHT, "new", str(folder), "--usdm", relative(usdm), "--plan", relative(plan / PLAN.name), *data
        )
        if made:
            return made
    write_plan(ROOT / folder)
    return 0


def relative(path: Path) -> str:
    """`path` as seen from the checkout."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else f"../{path.relative_to(ROOT.parent)}"


def main() -> int:
    """0 if every difference from the original is explained; also where the pilot is not here."""
    if not DATA.is_dir():
        print("Skipped: the CDISC pilot's data are not here. They belong in ../shared, beside the checkout.")
        return 0
    sdtm = ("--sdtm", relative(DATA / "sdtm"))
    made = make_folder(OURS, *sdtm, "--derivation", relative(DERIVATION))
    made = made or make_folder(ORIGINAL, *sdtm, "--adam", relative(DATA / "adam"))
    if made:
        return made
    for path in (DERIVATION, *definition_parts(DERIVATION)):
        copy = ROOT / OURS / path.name
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            shutil.copyfile(path, copy)
    for folder in (OURS, ORIGINAL):
        if run(TRIALWRIGHT, "display", str(folder)):
            return 2
    return run(sys.executable, "-m", "bench.pilot.derivation", "--write")


if __name__ == "__main__":
    sys.exit(main())
