"""The heading trees that guidelines give for documents: numbers, titles in the guideline's wording, and guidance."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from functools import lru_cache
from importlib import resources

from trialwright.errors import DocumentError


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidelineSection:
    """One section of a guideline's structure.

    number    as the guideline gives it: `11.4.2.1`
    guidance  what the section is for, in our words; empty for a section that only holds others
    """

    number: str
    title: str
    guidance: str = ""

    @property
    def level(self) -> int:
        """Depth of the heading: 1 for `11`, 4 for `11.4.2.1`."""
        return self.number.count(".") + 1


@dataclass(frozen=True, kw_only=True)
class HeadingTree:
    """The sections of a document, in order."""

    guideline: str
    title: str
    sections: tuple[GuidelineSection, ...]

    def __getitem__(self, number: str) -> GuidelineSection:
        for section in self.sections:
            if section.number == number:
                return section
        raise DocumentError(f"{self.guideline} has no section {number!r}.")

    def has_children(self, number: str) -> bool:
        """Whether other sections stand below this one."""
        return any(section.number.startswith(f"{number}.") for section in self.sections)

    def nearest(self, number: str) -> str | None:
        """`number` itself if it is a section, else its nearest ancestor that is one; None if there is none."""
        known = {section.number for section in self.sections}
        while number and number not in known:
            number = number.rpartition(".")[0]
        return number or None


@lru_cache
def heading_tree(name: str) -> HeadingTree:
    """The structure that a guideline asks for; `ich_e3` is the clinical study report.

    Raises `DocumentError` for a name that the package has no tree for.
    """
    import yaml

    folder = resources.files("trialwright.standards")
    known = sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if fnmatch(entry.name, "ich_*.yaml"))
    if name not in known:
        raise DocumentError(f"There is no heading tree {name!r}. There are: {', '.join(known)}.")
    read = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    return HeadingTree(
        guideline=read["guideline"],
        title=read["title"],
        sections=tuple(GuidelineSection(**section) for section in read["sections"]),
    )
