"""YAML that remembers where everything stands, so that each error about a plan names file, line and column.

`read_yaml` gives a tree of `Node`s; `validate` holds a node against a pydantic model and writes what does not fit into
`Problems`, each at its line and column; `Problems.raise_if_any` reports all of them together::

    root = read_yaml(path)
    problems = Problems()
    border = validate(root["plan"], PlanModel, problems)
    problems.add(root["displays"]["14-1.01"], "names the analysis 'age2', which the plan does not define")
    problems.raise_if_any()

Scalars follow the core schema of YAML 1.2: `true` and `false` are the only booleans (`No`, `Y` and `off` are texts),
there are no dates, sexagesimal or octal numbers. A number keeps its text, so that a field of type `Text` reads
`14.10` as '14.10'.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from trialwright.errors import PlanError

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"


class YamlInt(int):
    """An integer that knows how it was written."""

    text: str


class YamlFloat(float):
    """A number that knows how it was written."""

    text: str


def _written_text(value: object) -> object:
    return value.text if isinstance(value, YamlInt | YamlFloat) else value


#: A text field that also takes a number, exactly as it was written.
Text = Annotated[str, BeforeValidator(_written_text)]


class Border(BaseModel):
    """Base of the models at the border: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True, eq=False, kw_only=True)
class Node:
    """A place in a YAML file and what stands there.

    value     a scalar, or the child nodes: by key for a mapping, in order for a sequence
    key_node  for a value of a mapping: the place of its key
    line, column   count from 1
    quote     how the scalar is written: a quotation mark, "" for plain, "|" or ">" for a block or text of several lines
    """

    file: str
    line: int
    column: int
    value: str | int | float | bool | dict[str, Node] | list[Node] | None
    key_node: Node | None = None
    quote: str = ""

    @property
    def where(self) -> str:
        """`plan.yaml, line 12, column 5`."""
        return f"{self.file}, line {self.line}, column {self.column}"

    @property
    def mapping(self) -> dict[str, Node]:
        """The children by key; empty if this is no mapping (`validate` has said so)."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """The children in order; empty if this is no sequence."""
        return self.value if isinstance(self.value, list) else []

    def __getitem__(self, key: str) -> Node:
        return self.mapping[key]

    def get(self, key: str) -> Node | None:
        """The child of this key, or None."""
        return self.mapping.get(key)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def plain(self) -> Plain:
        """The value without marks."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def find(self, path: Sequence[str | int]) -> Node:
        """The node at `path` below this one, or the deepest there is on the way."""
        node = self
        for step in path:
            child = node._child(step)
            # Steps that pydantic adds for the branch of a union or the key of a mapping are no place in the file.
            node = node if child is None else child
        return node

    def _child(self, step: str | int) -> Node | None:
        if isinstance(step, int):
            return self.items[step] if step < len(self.items) else None
        return self.mapping.get(step)

    def column_offset(self, position: int) -> int:
        """Columns from this node's mark to the character at `position` of its text; 0 for a text of several lines."""
        if self.quote in ("|", ">") or not isinstance(self.value, str):
            return 0
        doubled = self.value[:position].count("'") if self.quote == "'" else 0
        return position + doubled + len(self.quote)


@dataclass
class Problems:
    """What is wrong with a file: collected, so that all of it is reported together."""

    found: list[tuple[str, int, int, str]] = field(default_factory=list)

    def add(self, node: Node, message: str, *, column_offset: int = 0) -> None:
        """Note `message` at `node`; `column_offset` moves into a text that stands there."""
        self.found.append((node.file, node.line, node.column + column_offset, message))

    def raise_if_any(self) -> None:
        """Raise one `PlanError` that lists every problem, in the order of the file."""
        if not self.found:
            return
        lines = [
            f"{file}, line {line}, column {column}: {message}"
            for file, line, column, message in sorted(dict.fromkeys(self.found), key=lambda one: one[:3])
        ]
        raise PlanError("\n".join(lines))


Model = TypeVar("Model", bound=BaseModel)


def validate(node: Node, model: type[Model], problems: Problems) -> Model | None:
    """`node` as a `model`, or None with every reason in `problems`, each at its line and column."""
    try:
        return model.model_validate(node.plain())
    except ValidationError as error:
        # A place that may hold several kinds of things has a reason of each kind.
        refused: dict[int, tuple[Node, list[str]]] = {}
        # A kind of thing that got further in says what is wrong there; that it is no other kind says nothing more.
        got_further: set[int] = set()
        for detail in error.errors():
            place = node.find(detail["loc"])
            above = {id(node.find(detail["loc"][:depth])) for depth in range(len(detail["loc"]))}
            got_further |= above - {id(place)}
            last = detail["loc"][-1] if detail["loc"] else ""
            if detail["type"] == "extra_forbidden":
                parent = node.find(detail["loc"][:-1])
                place = place.key_node or place
                problems.add(
                    place, f"the key {last!r} is not known here. {_accepted(model, parent, node, detail['loc'])}"
                )
            elif detail["type"] == "missing":
                problems.add(place, f"the key {last!r} is missing.")
            else:
                refused.setdefault(id(place), (place, []))[1].append(_sentence(detail["msg"]))
        for place, reasons in refused.values():
            if id(place) not in got_further:
                problems.add(place, f"{_either(reasons)} Found {_shown(place)}.")
        return None


def _accepted(model: type[BaseModel], parent: Node, root: Node, loc: tuple[str | int, ...]) -> str:
    if parent is root:
        return f"Known are: {', '.join(_names(model)) or 'none'}."
    return f"Take {loc[-1]!r} out, or look for a misspelling."


def _names(model: type[BaseModel]) -> list[str]:
    return [info.alias or name for name, info in model.model_fields.items()]


def _sentence(message: str) -> str:
    """pydantic's message about "Input" or "List", said of the thing at this place."""
    message = message.removeprefix("Value error, ").replace(" after validation", "").strip()
    message = re.sub(r"^(?:Input|List|Value|String|Dictionary|Tuple) should\b", "this must", message)
    message = re.sub(r"a valid dictionary(?: or instance of .*)?", "a mapping", message)
    return message if message.endswith(".") else f"{message}."


def _either(reasons: Sequence[str]) -> str:
    """One sentence of what a place could hold: "this must be a valid integer, or be 'computed'."."""
    start, different = "this must ", list(dict.fromkeys(reasons))
    if len(different) == 1 or not all(one.startswith(start) for one in different):
        return " ".join(different)
    return start + ", or ".join(one.removeprefix(start).removesuffix(".") for one in different) + "."


def _shown(node: Node) -> str:
    if isinstance(node.value, dict):
        return "a mapping"
    if isinstance(node.value, list):
        return "a list"
    return repr(_written_text(node.value)) if node.value is not None else "nothing"


# The parser in C is ten times faster; a platform without it gets the one in Python, which gives the same nodes.
_Parser: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Parser):  # type: ignore[misc, valid-type]  # a base that is chosen when it runs
    """Composes only; resolves scalars by the core schema of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own attribute)


_NUMBER = r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?$"
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", _NUMBER, "-+0123456789."),
    ("merge", r"^(?:<<)$", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def read_yaml(path: Path) -> Node:
    """The one document in a YAML file, with marks.

    Raises `PlanError` if the file is absent, is not UTF-8 or no YAML, is empty, has a duplicate key or a key that is no
    scalar. Anchors, aliases and merge keys (`<<`) work as YAML has them.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PlanError(f"There is no file {path}.") from None
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise PlanError(f"{path} cannot be read as text in UTF-8 ({error}).") from error
    return parse_yaml(text, file=str(path))


def parse_yaml(text: str, *, file: str = "plan") -> Node:
    """As `read_yaml`, of a text; `file` is what errors call it."""
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise PlanError(f"{file}{place}: this is no YAML: {error.problem or error.context}.") from error
    except yaml.YAMLError as error:
        # Of a character that cannot be, with its position in a second line.
        raise PlanError(f"{file}: this is no YAML: {' '.join(str(error).split())}.") from error
    if root is None:
        raise PlanError(f"{file}, line 1, column 1: the file is empty.")
    problems = Problems()
    try:
        marked = _mark(root, file, problems, None)
    except RecursionError as error:
        raise PlanError(
            f"{file}: this is nested too deeply to be read, or an anchor (&) stands around an alias (*) of itself."
        ) from error
    problems.raise_if_any()
    return marked


def text_digest(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _mark(node: yaml.Node, file: str, problems: Problems, key_node: Node | None) -> Node:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    value: str | int | float | bool | dict[str, Node] | list[Node] | None
    if isinstance(node, yaml.ScalarNode):
        value = _scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = [_mark(child, file, problems, None) for child in node.value]
    else:
        assert isinstance(node, yaml.MappingNode)
        value = _mark_mapping(node, file, problems)
    quote = ""
    if isinstance(node, yaml.ScalarNode):
        quote = ">" if node.end_mark.line > node.start_mark.line else node.style or ""
    return Node(file=file, line=line, column=column, value=value, key_node=key_node, quote=quote)


def _mark_mapping(node: yaml.MappingNode, file: str, problems: Problems) -> dict[str, Node]:
    own: dict[str, Node] = {}
    merged: dict[str, Node] = {}
    for key, child in node.value:
        key_node = Node(
            file=file, line=key.start_mark.line + 1, column=key.start_mark.column + 1, value=getattr(key, "value", None)
        )
        if not isinstance(key, yaml.ScalarNode):
            problems.add(key_node, "a key must be a word, not a list or a mapping.")
        elif key.tag == "tag:yaml.org,2002:merge":
            sources = child.value if isinstance(child, yaml.SequenceNode) else [child]
            for source in sources:
                merged = {**_mark(source, file, problems, None).mapping, **merged}
        elif key.value in own:
            first = own[key.value].key_node or own[key.value]
            problems.add(key_node, f"the key {key.value!r} stands here a second time (first in line {first.line}).")
        else:
            own[key.value] = _mark(child, file, problems, key_node)
    return {**merged, **own}


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    text = str(node.value)
    match node.tag:
        case "tag:yaml.org,2002:bool":
            return text.lower() == "true"
        case "tag:yaml.org,2002:null":
            return None
        case "tag:yaml.org,2002:int" if text.lstrip("+-").isdigit():
            integer = YamlInt(text)
            integer.text = text
            return integer
        case "tag:yaml.org,2002:float" if re.match(_NUMBER, text):
            number = YamlFloat(text)
            number.text = text
            return number
        case _:
            return text
