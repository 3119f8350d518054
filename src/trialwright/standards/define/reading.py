"""Reading define.xml files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from trialwright.standards.define._parsing import parse_define
from trialwright.standards.define._reading_current import read_current
from trialwright.standards.define._reading_first import read_first
from trialwright.standards.define._reading_parts import findings_of_what_is_not_kept
from trialwright.standards.define.documents import DefineDocument


def read_define(path: Path) -> DefineDocument:
    """What a file of Define-XML 1.0, 2.0 or 2.1 says, as 2.1 says it.

    Its `findings` tell what the file has that is not kept (extensions of other programs, translations, ...), and what
    it refers to but does not define, which is left out. Raises `DefineError` where it is no define.xml.
    """
    root, version = parse_define(path)
    document = read_first(root) if version == "1.0" else read_current(root, version)
    return replace(document, findings=(*document.findings, *findings_of_what_is_not_kept(root)))
