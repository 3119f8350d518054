"""What a room offers is what it lists."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

import trialwright

PACKAGE = Path(trialwright.__file__).parent
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def test_the_rooms_are_found() -> None:
    assert {"study", "standards", "analysis", "pipeline", "cli"} <= set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_every_listed_name_can_be_imported(room: str) -> None:
    module = importlib.import_module(f"trialwright.{room}")

    assert module.__doc__
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None


@pytest.mark.parametrize("room", ROOMS)
def test_no_public_name_is_unlisted(room: str) -> None:
    module = importlib.import_module(f"trialwright.{room}")

    public = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and _is_ours(value)
    }

    assert public - set(module.__all__) == set()


def _is_ours(value: object) -> bool:
    """Whether it is made in the package, and not something like `Any` or `TYPE_CHECKING` that its code needs."""
    home = getattr(value, "__module__", None)
    return not isinstance(value, bool) if home is None else str(home).startswith("trialwright.")
