"""A study's design and its definition: held to each other, and written into one USDM file."""

from __future__ import annotations

from pathlib import Path

from trialwright.findings import Finding
from trialwright.workspace import StudyFolder


def check_study_design(folder: StudyFolder) -> list[Finding]:
    """Where design.yaml and study.json contradict each other; nothing to say without a study definition."""
    from trialwright.design.definition import check_design, read_design
    from trialwright.study import read_usdm

    if not folder.study.is_file():
        return []
    return check_design(read_design(folder.design).definition, read_usdm(folder.study))


def export_designed_study(folder: StudyFolder, out: Path) -> None:
    """Write the study definition with the design in it: in USDM's own places where it has them, else as an extension.

    What else the definition holds is kept; study.json itself is left as it is.
    """
    from trialwright.design.definition import read_design, write_design_into
    from trialwright.study import read_usdm, write_usdm

    write_usdm(write_design_into(read_usdm(folder.study), read_design(folder.design).definition), out)
