"""The heading trees of guidelines."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from trialwright.errors import DocumentError
from trialwright.standards import heading_tree


def test_every_section_of_e3_is_there_in_the_guideline_order(shared: Path) -> None:
    structure = yaml.safe_load((shared / "design/structures/ich_e3.yaml").read_text(encoding="utf-8"))

    assert [section.number for section in heading_tree("ich_e3").sections] == [
        entry["n"] for entry in structure["core"]
    ]


def test_a_section_without_sections_below_has_guidance() -> None:
    tree = heading_tree("ich_e3")

    for section in tree.sections:
        assert section.title
        assert section.guidance or tree.has_children(section.number), section.number


def test_levels_and_ancestors() -> None:
    tree = heading_tree("ich_e3")

    assert tree["11.4.2.1"].level == 4
    assert tree.nearest("14.3.1.7") == "14.3.1"
    assert tree.nearest("99.1") is None


def test_an_unknown_tree_is_refused_with_those_that_exist() -> None:
    with pytest.raises(DocumentError, match="ich_e3"):
        heading_tree("ich_e99")
