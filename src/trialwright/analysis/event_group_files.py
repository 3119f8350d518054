"""Event groups: terms of special interest or of a standardised query, from the plan or from a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from trialwright.marked_yaml import Node, Problems

_COLUMNS = ("GROUP", "VARIABLE", "TERM")


def event_groups_of_csv(text: str, file: str, problems: Problems) -> Node:
    """The tree of a part with the section `event_groups`, of a CSV file with the columns GROUP, VARIABLE and TERM.

    One term a row: `Hepatic events,AEDECOD,Jaundice`. Further columns are left alone. A file without these columns, or
    a row without one of the three, goes to `problems` with its line.
    """

    def place(line: int, value: str | dict[str, Node] | list[Node]) -> Node:
        return Node(file=file, line=line, column=1, value=value)

    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    header = [name.strip().upper() for name in next(reader, [])]
    missing = [name for name in _COLUMNS if name not in header]
    if missing:
        problems.add(
            place(1, ""),
            f"a file of event groups has the columns {', '.join(_COLUMNS)}; it lacks {', '.join(missing)}.",
        )
        return place(1, {})
    positions = [header.index(name) for name in _COLUMNS]
    groups: dict[str, tuple[int, dict[str, list[Node]]]] = {}
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        group, variable, term = (row[at].strip() if at < len(row) else "" for at in positions)
        if not (group and variable and term):
            problems.add(place(reader.line_num, ""), "a row of event groups needs a group, a variable and a term.")
            continue
        _, variables = groups.setdefault(group, (reader.line_num, {}))
        variables.setdefault(variable, []).append(place(reader.line_num, term))
    definitions = {
        group: place(line, {variable: place(line, list(terms)) for variable, terms in variables.items()})
        for group, (line, variables) in groups.items()
    }
    return place(1, {"event_groups": place(1, definitions)})


def read_event_groups(section: Node | None, problems: Problems) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The event groups of a plan: by name, for each variable the values that belong to the group."""
    found: dict[str, Mapping[str, tuple[str, ...]]] = {}
    if section is None or not isinstance(section.value, dict):
        return found
    for name, node in section.mapping.items():
        if not isinstance(node.value, dict) or not node.mapping:
            problems.add(node, "an event group names values of variables: {AEDECOD: [JAUNDICE, ...]}.")
            continue
        group = {}
        for variable, values in node.mapping.items():
            texts = [child for child in values.items if isinstance(child.value, str)]
            if not isinstance(values.value, list) or not texts or len(texts) < len(values.items):
                problems.add(values, f"the values of {variable} must be a list of texts.")
                continue
            group[variable] = tuple(dict.fromkeys(str(child.value) for child in texts))
        found[name] = group
    return found
