"""Fixtures that every room's tests may use."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the real study, real study definitions and reference values beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"the reference data are not here ({SHARED.name}/ beside the checkout)")
    return SHARED
