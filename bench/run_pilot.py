"""`make pilot`: the real CDISC pilot study, from its ADaM datasets to a verified report, and its tables compared.

The study folder is build/pilot. What has not changed since the last time is not made again.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from trialwright.analysis import plan_parts

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
DATA = SHARED / "data" / "cdiscpilot01"
PLAN = ROOT / "bench" / "pilot" / "plan.yaml"
FOLDER = Path("build") / "pilot"
TRIALWRIGHT = str(Path(sys.executable).parent / "trialwright")


def run(*command: str) -> int:
    """Show the command, run it in the checkout, give its exit status."""
    shown = " ".join(Path(part).name if part in (TRIALWRIGHT, sys.executable) else part for part in command)
    print(f"$ {shown}", flush=True)
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> int:
    """0 if the report is verified without findings and every table is equal; also where the pilot is not here."""
    if not DATA.is_dir():
        print("Skipped: the CDISC pilot's data are not here. They belong in ../shared, beside the checkout.")
        return 0
    if not (ROOT / FOLDER).exists():
        usdm = SHARED / "data" / "usdm" / "CDISC_Pilot_Study.json"
        made = run(
            TRIALWRIGHT,
            "new",
            str(FOLDER),
            "--usdm",
            f"../{usdm.relative_to(ROOT.parent)}",
            "--plan",
            str(PLAN.relative_to(ROOT)),
            "--adam",
            f"../{(DATA / 'adam_tdf').relative_to(ROOT.parent)}",
            "--sdtm",
            f"../{(DATA / 'sdtm').relative_to(ROOT.parent)}",
        )
        if made:
            return made
    for source in sorted((DATA / "sdtm").glob("*.parquet")):
        copy = ROOT / FOLDER / "data" / "sdtm" / source.name
        if not copy.exists():  # the folder is older than the plan's use of SDTM
            copy.write_bytes(source.read_bytes())
    for source in (PLAN, *plan_parts(PLAN)):
        copy = ROOT / FOLDER / source.relative_to(PLAN.parent)
        if not copy.exists() or copy.read_bytes() != source.read_bytes():
            copy.write_bytes(source.read_bytes())
    verified = run(TRIALWRIGHT, "run", str(FOLDER))
    if verified == 2:
        return 2
    compared = run(sys.executable, "bench/pilot/compare.py")
    return verified or compared


if __name__ == "__main__":
    sys.exit(main())
