"""Every step of a derivation, and every option of it, is told on the reference page."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from trialwright.derivation.engine.expression_functions import AGGREGATES, FUNCTIONS
from trialwright.derivation.steps import STEPS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    """The script that writes docs/reference/derivation-steps.md."""
    path = ROOT / "docs" / "write_derivation_reference.py"
    spec = importlib.util.spec_from_file_location("write_derivation_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_steps_is_that_of_the_program(writer: ModuleType) -> None:
    page = (ROOT / "docs" / "reference" / "derivation-steps.md").read_text(encoding="utf-8")
    assert page == writer.page(), "docs/reference/derivation-steps.md is older than the steps: run `make docs`"


def test_every_step_and_function_is_on_the_page(writer: ModuleType) -> None:
    page = writer.page()
    assert set(re.findall(r"^### (\w+)$", page, re.MULTILINE)) == set(STEPS)
    for function in (*FUNCTIONS.values(), *AGGREGATES.values()):
        assert f"`{function.form}`" in page


@pytest.mark.parametrize("name", list(STEPS))
def test_every_option_is_told(writer: ModuleType, name: str) -> None:
    options = STEPS[name].options
    assert [option for option in options.model_fields if not writer.meaning(name, option, options)] == []


def test_every_finding_of_a_derivation_is_told() -> None:
    sources = (ROOT / "src" / "trialwright" / "derivation").rglob("*.py")
    known = {
        rule for path in sources for rule in re.findall(r'id="(derive\.[\w-]+)"', path.read_text(encoding="utf-8"))
    }
    page = (ROOT / "docs" / "reference" / "derivation.md").read_text(encoding="utf-8")
    assert known
    assert {rule for rule in known if f"`{rule}`" not in page} == set()
