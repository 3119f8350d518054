"""The files of a plan: the one that is named, and the parts that it names under `parts`, as one tree.

A long plan is easier to keep in several files. What a part defines (analysis sets, groupings, analyses, displays) is
taken as if it stood in the plan, behind what stands there; every place remembers its own file. A part may also be a CSV
file of event groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from trialwright.analysis.event_group_files import event_groups_of_csv
from trialwright.errors import PlanError
from trialwright.marked_yaml import Node, Problems, parse_yaml, text_digest

#: What a plan holds. "patterns" is a place for YAML anchors, which the other sections of the same file may use.
SECTIONS = (
    "plan",
    "parts",
    "analysis_sets",
    "groupings",
    "event_groups",
    "analyses",
    "displays",
    "narratives",
    "patterns",
)
#: What parts add to.
_MERGED = {
    "analysis_sets": "analysis set",
    "groupings": "grouping",
    "event_groups": "event group",
    "analyses": "analysis",
    "displays": "display",
}


@dataclass(frozen=True, kw_only=True)
class PlanFiles:
    """A plan and its parts as one tree; `digest` is of all their texts."""

    root: Node
    digest: str


def read_plan_text(path: Path) -> str:
    """The text of the plan at `path`; raises `PlanError` if there is none or it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PlanError(f"There is no analysis plan at {path}. Write one, or copy the example's plan.yaml.") from None
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise PlanError(f"{path} cannot be read as text in UTF-8 ({error}).") from error


def plan_parts(path: Path) -> tuple[Path, ...]:
    """The files that the plan at `path` names under `parts`, whether they are there or not.

    None for a plan that cannot be read: `read_plan` says what is wrong with it.
    """
    try:
        text = read_plan_text(path)
        names = [name for _, name in _part_names(parse_yaml(text), Problems())] if "parts" in text else []
    except PlanError:
        return ()
    return tuple(path.parent / name for name in names)


def merge_parts(text: str, problems: Problems, *, file: str, text_of: Callable[[str], str]) -> PlanFiles:
    """The plan in `text` with its parts.

    text_of  the text of a part, by the name that the plan gives it; raises `PlanError` if there is none

    What is wrong with a part goes to `problems`, an id that is given twice among it. Raises `PlanError` for what is no
    YAML.
    """
    root = parse_yaml(text, file=file)
    texts = [text]
    merged = dict(root.mapping)
    check_sections(root, problems)
    for place, name in _part_names(root, problems):
        try:
            texts.append(text_of(name))
        except PlanError as error:
            problems.add(place, str(error))
            continue
        part_file = str(Path(file).parent / name)
        if name.endswith(".csv"):
            part = event_groups_of_csv(texts[-1], part_file, problems)
        else:
            part = parse_yaml(texts[-1], file=part_file)
            _check_part(part, file, problems)
        for section, what in _MERGED.items():
            merged = _with_section(merged, section, part.get(section), what, problems)
    digest = text_digest(text) if len(texts) == 1 else text_digest("".join(text_digest(one) for one in texts))
    return PlanFiles(root=replace(root, value=merged) if root.mapping else root, digest=digest)


def check_sections(root: Node, problems: Problems) -> None:
    """Note sections that no plan has, and those that are no mapping."""
    if not isinstance(root.value, dict):
        problems.add(root, f"a plan is a mapping with the sections {', '.join(SECTIONS)}.")
        return
    for name, node in root.mapping.items():
        if name not in SECTIONS:
            problems.add(node.key_node or node, f"a plan has no section {name!r}. Known are: {', '.join(SECTIONS)}.")
        elif not isinstance(node.value, dict) and name not in ("parts", "patterns"):
            problems.add(node, f"{name!r} must be a mapping of ids to definitions.")


def _check_part(part: Node, file: str, problems: Problems) -> None:
    check_sections(part, problems)
    for name, why in (
        ("plan", f"title and conventions stand in the plan itself, {file}; a part has no section 'plan'."),
        ("parts", f"a part has no parts of its own: name all of them in {file}."),
    ):
        if (node := part.get(name)) is not None:
            problems.add(node.key_node or node, why)


def _part_names(root: Node, problems: Problems) -> Iterator[tuple[Node, str]]:
    node = root.get("parts")
    if node is None:
        return
    if not isinstance(node.value, list):
        problems.add(node, "'parts' must be a list of files: [safety.yaml, efficacy.yaml].")
    seen: set[PurePosixPath] = set()
    for child in node.items:
        path = PurePosixPath(str(child.value))
        if not isinstance(child.value, str) or path.suffix not in (".yaml", ".yml", ".csv"):
            problems.add(child, "a part must be the name of a file that ends with .yaml, or .csv for event groups.")
        elif path.is_absolute() or ".." in path.parts or "\\" in str(path) or ":" in str(path):
            problems.add(child, f"the part {str(path)!r} must lie beside the plan or below it: name it from there.")
        elif path in seen:
            problems.add(child, f"the part {str(path)!r} is named a second time.")
        else:
            seen.add(path)
            yield child, str(path)


def _with_section(
    merged: dict[str, Node], section: str, added: Node | None, what: str, problems: Problems
) -> dict[str, Node]:
    """`merged` with what a part adds to one of its sections."""
    if added is None or not isinstance(added.value, dict):
        return merged
    if section not in merged:
        return {**merged, section: added}
    before = merged[section]
    children = dict(before.mapping)
    for id, node in added.mapping.items():
        if section == "displays" and id == "patterns":
            continue  # anchors of the part's own file
        if id in children:
            first = children[id].key_node or children[id]
            place = node.key_node or node
            problems.add(place, f"the {what} {id!r} is defined a second time: the first one is in {first.where}.")
        else:
            children[id] = node
    return {**merged, section: replace(before, value=children)}
