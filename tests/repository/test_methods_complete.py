"""Every statistical method has what the house asks of one: reference values, sentences, documentation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from docs.write_validation_pages import DESIGN_TOPICS

from trialwright.analysis.methods.specs import METHOD_SPECS

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"

#: It computes nothing: each of its results is a value of a record.
COMPUTED = sorted(set(METHOD_SPECS) - {"listing"})


def marked_tests(path: Path) -> Iterator[tuple[str, ...]]:
    """Of each test of a file that holds reference values: the methods that its mark, or the file's, names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    of_file = [node.value for node in tree.body if isinstance(node, ast.Assign) and _is_pytestmark(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(one.arg == "reference" for one in node.args.args):
            for mark in [*node.decorator_list, *of_file]:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.validates":
                    yield tuple(str(ast.literal_eval(argument)) for argument in mark.args)


def _is_pytestmark(node: ast.Assign) -> bool:
    return [ast.unparse(target) for target in node.targets] == ["pytestmark"]


def validated_methods() -> set[str]:
    return {
        method for path in (ROOT / "tests").rglob("test_*.py") for methods in marked_tests(path) for method in methods
    }


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as the sites that show Markdown make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_method_is_held_to_reference_values() -> None:
    assert sorted(set(COMPUTED) - validated_methods()) == []


def test_marks_name_methods_that_there_are() -> None:
    assert sorted(validated_methods() - set(METHOD_SPECS) - set(DESIGN_TOPICS)) == []


@pytest.mark.parametrize("form", ["method", "summary"])
def test_every_method_has_its_sentences(form: str) -> None:
    catalogue = resources.files("trialwright.writing") / "catalogues" / "en"
    texts = [file.read_text(encoding="utf-8") for file in catalogue.iterdir() if file.name.endswith(".ftl")]
    messages = {name for text in texts for name in re.findall(r"^([a-z0-9-]+) =", text, re.MULTILINE)}

    assert sorted(name for name in METHOD_SPECS if f"{form}-{name.replace('_', '-')}" not in messages) == []


def test_the_table_of_methods_names_each_and_leads_to_its_section() -> None:
    page = REFERENCE / "methods.md"
    rows = re.findall(
        r"^\| \[`(\w+)`\]\(([\w.-]*)#([\w-]+)\) \| (.+) \|$", page.read_text(encoding="utf-8"), re.MULTILINE
    )

    assert [name for name, *_ in rows] == list(METHOD_SPECS)
    for name, target, anchor, words in rows:
        assert anchor in anchors_of(REFERENCE / (target or page.name)), f"{name}: {target}#{anchor}"
        assert words == METHOD_SPECS[name].summary, name


@pytest.mark.parametrize("name", METHOD_SPECS)
def test_every_option_of_a_method_is_documented(name: str) -> None:
    pages = "".join(
        path.read_text(encoding="utf-8") for path in [*REFERENCE.glob("methods*.md"), REFERENCE / "plan.md"]
    )

    documented = set(re.findall(r"`(\w+)(?:`|: )", pages))
    assert sorted(set(METHOD_SPECS[name].options.model_fields) - documented) == []


def test_the_readme_counts_the_methods() -> None:
    assert f"[{len(METHOD_SPECS)} methods](" in (ROOT / "README.md").read_text(encoding="utf-8")
