"""The examples of the reference page and of the docstrings are true."""

from __future__ import annotations

import doctest
from pathlib import Path

from trialwright.study import durations

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "study.md"


def test_the_reference_page_shows_what_happens() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)

    assert failed == 0
    assert tried >= 12


def test_the_docstrings_show_what_happens() -> None:
    failed, tried = doctest.testmod(durations)

    assert failed == 0
    assert tried >= 2
