"""Cases that other programs computed, for the tests of designs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def design_cases(shared: Path) -> Callable[[str], Mapping[str, Any]]:
    """A case by its id: call, inputs, expected values, units, note and suggested tolerance."""
    content = json.loads((shared / "reference" / "design.json").read_text(encoding="utf-8"))
    cases = {case["id"]: case for case in content["cases"]}
    return lambda id: cases[id]
