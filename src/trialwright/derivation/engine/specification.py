"""Reads a specification of derivations: YAML in, `Definitions` out, and every error with file, line and column.

All that is wrong with a file is reported at once. `docs/reference/derivation.md` explains the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import BeforeValidator, Field

from trialwright.derivation.engine.definitions import DatasetDefinition, Definitions, FrameDefinition, PlannedStep
from trialwright.derivation.steps import STEPS
from trialwright.errors import PlanError
from trialwright.marked_yaml import Border, Node, Problems, Text, parse_yaml, text_digest, validate
from trialwright.standards.metadata import (
    Codelist,
    CodelistTerm,
    Core,
    DataDefinition,
    DatasetMetadata,
    Origin,
    StandardReference,
    ValueLevel,
    VariableMetadata,
    VariableType,
)

#: What a specification holds; "patterns" is a place for YAML anchors, which the other sections of the file may use.
SECTIONS = ("derivation", "parts", "codelists", "frames", "datasets", "patterns")
_MERGED = {"codelists": "codelist", "frames": "frame", "datasets": "dataset"}


class _Head(Border):
    title: str
    study: str = ""
    protocol: str = ""
    standard: Text = "ADaMIG 1.3"
    terminology: Text = ""
    skips_absent: bool = False


def _as_term(value: object) -> object:
    return value if isinstance(value, dict) else {"value": value}


class _Term(Border):
    value: Text
    decode: Text = ""
    order: int | None = None
    rank: int | float | None = None
    code: str = ""
    extends: bool = False


class _Codelist(Border):
    name: str
    type: VariableType = "text"
    terms: list[Annotated[_Term, BeforeValidator(_as_term)]] = Field(default_factory=list)
    code: str = ""
    dictionary: str = ""
    version: Text = ""
    extensible: bool = False
    comment: str = ""


class _VariableBase(Border):
    label: str = ""
    type: VariableType = "text"
    length: Annotated[int, Field(ge=1)] | None = None
    digits: Annotated[int, Field(ge=0)] | None = None
    format: str = ""
    origin: Origin | None = None
    source: str = ""
    method: Text = ""
    comment: str = ""
    codelist: str = ""
    core: Core | None = None
    mandatory: bool = False


class _ValueLevel(_VariableBase):
    where: str


class _Variable(_VariableBase):
    name: str
    label: str
    values: list[_ValueLevel] = Field(default_factory=list)


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


class _Copied(Border):
    source: Annotated[str, Field(alias="from")]
    take: Annotated[list[str], BeforeValidator(_as_list)]


class _Dataset(Border):
    label: Annotated[str, Field(max_length=200)]
    kind: str = "BASIC DATA STRUCTURE"
    subclass: str = ""
    structure: str = ""
    keys: Annotated[list[str], Field(min_length=1)]
    comment: str = ""
    repeating: bool = True


def read_definitions(path: Path) -> Definitions:
    """The specification at `path`, with its parts.

    Raises `PlanError` that lists everything that is wrong with it.
    """
    return parse_definitions(_read_text(path), file=str(path), text_of=lambda name: _read_text(path.parent / name))


def definition_parts(path: Path) -> tuple[Path, ...]:
    """The files that the specification at `path` names under `parts`, whether they are there or not.

    None for one that cannot be read: `read_definitions` says what is wrong with it.
    """
    try:
        text = _read_text(path)
        names = [name for _, name in _part_names(parse_yaml(text), Problems())] if "parts" in text else []
    except PlanError:
        return ()
    return tuple(path.parent / name for name in names)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PlanError(
            f"There is no specification of derivations at {path}. Write one (docs/how-to/derive-adam.md)."
        ) from None
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise PlanError(f"{path} cannot be read as text in UTF-8 ({error}).") from error


def parse_definitions(text: str, *, file: str = "derivation.yaml", text_of: Callable[[str], str]) -> Definitions:
    """As `read_definitions`, of a text; `text_of` gives the text of a part by its name."""
    problems = Problems()
    root = parse_yaml(text, file=file)
    texts = [text]
    sections = _sections(root, problems)
    for place, name in _part_names(root, problems):
        try:
            texts.append(text_of(name))
        except PlanError as error:
            problems.add(place, str(error))
            continue
        part = parse_yaml(texts[-1], file=str(Path(file).parent / name))
        for section, nodes in _sections(part, problems, is_part=True).items():
            for key, node in nodes.items():
                if key in sections[section]:
                    problems.add(node.key_node or node, f"the {_MERGED[section]} {key!r} is defined a second time.")
                sections[section][key] = node
    head_node = root.get("derivation")
    head = validate(head_node, _Head, problems) if head_node is not None else None
    if head_node is None:
        problems.add(root, "the section 'derivation' with a title is missing.")
    reader = _Reader(problems, sections)
    definitions = reader.read(head or _Head(title=""))
    problems.raise_if_any()
    return replace(definitions, digest=text_digest("".join(text_digest(one) for one in texts)))


def _sections(root: Node, problems: Problems, *, is_part: bool = False) -> dict[str, dict[str, Node]]:
    found: dict[str, dict[str, Node]] = {section: {} for section in _MERGED}
    if not isinstance(root.value, dict):
        problems.add(root, f"a specification is a mapping with the sections {', '.join(SECTIONS)}.")
        return found
    for name, node in root.mapping.items():
        if name not in SECTIONS or (is_part and name in ("derivation", "parts")):
            problems.add(node.key_node or node, f"there is no section {name!r} here. Known are: {', '.join(SECTIONS)}.")
        elif name in _MERGED:
            if not isinstance(node.value, dict):
                problems.add(node, f"{name!r} must be a mapping of names to definitions.")
            found[name].update(node.mapping)
    return found


def _part_names(root: Node, problems: Problems) -> Iterator[tuple[Node, str]]:
    node = root.get("parts")
    if node is None:
        return
    if not isinstance(node.value, list):
        problems.add(node, "'parts' must be a list of files: [derivation_labs.yaml].")
    for child in node.items:
        path = PurePosixPath(str(child.value))
        if not isinstance(child.value, str) or path.suffix not in (".yaml", ".yml"):
            problems.add(child, "a part must be the name of a file that ends with .yaml.")
        elif path.is_absolute() or ".." in path.parts or "\\" in str(path):
            problems.add(child, f"the part {str(path)!r} must lie beside the specification or below it.")
        else:
            yield child, str(path)


@dataclass
class _Reader:
    problems: Problems
    sections: Mapping[str, Mapping[str, Node]]

    def read(self, head: _Head) -> Definitions:
        codelists = {name: self._codelist(name, node) for name, node in self.sections["codelists"].items()}
        frames = {
            name: FrameDefinition(name=name, steps=self._steps(node, name))
            for name, node in self.sections["frames"].items()
        }
        datasets: dict[str, DatasetDefinition] = {}
        for name, node in self.sections["datasets"].items():
            self._check_name(name, node)
            datasets[name] = self._dataset(name, node, datasets, codelists, head)
        if not datasets:
            self.problems.found.append(("the specification", 1, 1, "it defines no dataset."))
        name, _, version = head.standard.rpartition(" ")
        standards = [StandardReference(name=name or head.standard, version=version)]
        if head.terminology:
            publishing, _, date = head.terminology.rpartition(" ")
            standards.append(
                StandardReference(name="CDISC/NCI", type="CT", version=date, publishing_set=publishing or "ADaM")
            )
        data = DataDefinition(
            study=head.study or head.title,
            protocol=head.protocol,
            description=head.title,
            standards=tuple(standards),
            datasets={name: dataset.metadata for name, dataset in datasets.items()},
            codelists=codelists,
        )
        return Definitions(
            title=head.title,
            data_definition=data,
            datasets=datasets,
            frames=frames,
            skips_absent=head.skips_absent,
        )

    def _check_name(self, name: str, node: Node) -> None:
        if not (name.isascii() and name.isalnum() and name.isupper() and len(name) <= 8):
            self.problems.add(
                node.key_node or node,
                f"{name!r} is no name of a dataset: capitals and digits, at most 8, a letter first.",
            )
        if name in self.sections["frames"]:
            self.problems.add(node.key_node or node, f"{name!r} is a frame too. Give the frame another name.")

    def _codelist(self, name: str, node: Node) -> Codelist:
        model = validate(node, _Codelist, self.problems)
        if model is None:
            return Codelist(id=name, name=name)
        return Codelist(
            id=name,
            name=model.name,
            type=model.type,
            terms=tuple(
                CodelistTerm(
                    value=term.value,
                    decode=term.decode,
                    order=term.order,
                    rank=None if term.rank is None else float(term.rank),
                    code=term.code,
                    extends=term.extends,
                )
                for term in model.terms
            ),
            code=model.code,
            dictionary=model.dictionary,
            version=model.version,
            is_extensible=model.extensible,
            comment=model.comment,
        )

    def _dataset(
        self,
        name: str,
        node: Node,
        earlier: Mapping[str, DatasetDefinition],
        codelists: Mapping[str, Codelist],
        head: _Head,
    ) -> DatasetDefinition:
        parts = {key: child for key, child in node.mapping.items() if key in ("steps", "variables")}
        about = replace(node, value={key: child for key, child in node.mapping.items() if key not in parts})
        model = validate(about, _Dataset, self.problems)
        variables = tuple(self._variables(node.get("variables"), name, earlier, codelists))
        for key in model.keys if model is not None else ():
            if all(variable.name != key for variable in variables):
                self.problems.add(node["keys"], f"the key {key!r} is no variable of {name}.")
        metadata = DatasetMetadata(
            name=name,
            label=model.label if model else "",
            kind=model.kind if model else "",
            subclasses=(model.subclass,) if model and model.subclass else (),
            structure=model.structure if model else "",
            keys=tuple(model.keys) if model else (),
            variables=variables,
            purpose="Analysis",
            is_repeating=model.repeating if model else True,
            comment=model.comment if model else "",
            file=f"{name.lower()}.xpt",
            file_title=f"{name.lower()}.xpt",
            standard=head.standard,
        )
        return DatasetDefinition(metadata=metadata, steps=self._steps(node, name))

    def _variables(
        self,
        node: Node | None,
        name: str,
        earlier: Mapping[str, DatasetDefinition],
        codelists: Mapping[str, Codelist],
    ) -> Iterator[VariableMetadata]:
        if node is None or not node.items:
            place = node or self.sections["datasets"][name]
            self.problems.add(place, f"{name} needs 'variables': a list of them, in order.")
            return
        seen: set[str] = set()
        for item in node.items:
            for variable in self._of_item(item, earlier):
                if variable.name in seen:
                    self.problems.add(item, f"the variable {variable.name} stands here a second time.")
                seen.add(variable.name)
                if variable.codelist and variable.codelist not in codelists:
                    self.problems.add(item, f"there is no codelist {variable.codelist!r}. Define it under codelists.")
                yield variable

    def _of_item(self, item: Node, earlier: Mapping[str, DatasetDefinition]) -> Iterator[VariableMetadata]:
        if item.get("from") is not None:
            copied = validate(item, _Copied, self.problems)
            if copied is not None:
                yield from self._copied(item, copied, earlier)
            return
        model = validate(item, _Variable, self.problems)
        if model is not None:
            levels = tuple(
                ValueLevel(where=level.where, variable=_metadata(f"{model.name}", level, model))
                for level in model.values
            )
            yield replace(_metadata(model.name, model, model), value_level=levels)

    def _copied(
        self, item: Node, copied: _Copied, earlier: Mapping[str, DatasetDefinition]
    ) -> Iterator[VariableMetadata]:
        if copied.source not in earlier:
            self.problems.add(item["from"], f"there is no dataset {copied.source!r} above this one.")
            return
        for name in copied.take:
            variable = earlier[copied.source].metadata.variable(name)
            if variable is None:
                self.problems.add(item["take"], f"{copied.source} has no variable {name}.")
                continue
            yield replace(variable, origin="Predecessor", source="", method=f"{copied.source}.{name}", core=None)

    def _steps(self, node: Node, name: str) -> tuple[PlannedStep, ...]:
        steps = node.get("steps")
        if steps is None or not steps.items:
            self.problems.add(node.key_node or node, f"{name} needs 'steps': a list of what is done, in order.")
            return ()
        planned = [self._step(item) for item in steps.items]
        return tuple(step for step in planned if step is not None)

    def _step(self, item: Node) -> PlannedStep | None:
        if len(item.mapping) != 1:
            self.problems.add(item, "a step is written as its name and its options: `- filter: \"AESER = 'Y'\"`.")
            return None
        (name, node), *_ = item.mapping.items()
        step = STEPS.get(name)
        if step is None:
            self.problems.add(
                node.key_node or node, f"there is no step {name!r}. Known are: {', '.join(sorted(STEPS))}."
            )
            return None
        known = {info.alias or field for field, info in step.options.model_fields.items()}
        # What is no mapping of options stands for the one that is asked for most: `records: AE`.
        if step.whole and node.value != {} and not known & node.mapping.keys():
            node = replace(node, value={step.whole: node})
        options = validate(node, step.options, self.problems)
        return (
            None
            if options is None
            else PlannedStep(name=name, options=options, place=f"{Path(item.file).name}, line {item.line}")
        )


def _metadata(name: str, model: _VariableBase, of: _Variable) -> VariableMetadata:
    return VariableMetadata(
        name=name,
        label=model.label or of.label,
        type=model.type,
        length=model.length,
        significant_digits=model.digits,
        display_format=model.format or ("DATE9." if model.type == "date" else ""),
        origin=model.origin,
        source=model.source,
        method=model.method,
        comment=model.comment,
        codelist=model.codelist,
        core=model.core,
        is_mandatory=model.mandatory,
    )
