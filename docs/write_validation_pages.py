"""Write docs/validation: a page for each method, from the tests that hold it to values from outside our code."""

from __future__ import annotations

import inspect
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trialwright.analysis.methods.registry import METHODS
from trialwright.analysis.methods.specs import METHOD_SPECS

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "validation"

#: Agreement better than this depends on the machine's arithmetic and is not told apart.
_FINEST = -12


def collected_values() -> list[dict[str, Any]]:
    """Every reference value that the tests hold, with ours."""
    with tempfile.TemporaryDirectory() as folder:
        values = Path(folder) / "values.json"
        tests = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--validates",
            "all",
            "--validation-values",
            str(values),
            "tests",
        ]
        finished = subprocess.run(tests, cwd=ROOT, check=False, capture_output=True, text=True)
        if finished.returncode != 0:
            sys.exit(f"The pages are made from tests that pass, and these do not:\n{finished.stdout}{finished.stderr}")
        found: list[dict[str, Any]] = json.loads(values.read_text(encoding="utf-8"))
        return found


def page(method: str, values: Sequence[Mapping[str, Any]]) -> str:
    """The page of one method."""
    module = inspect.getmodule(METHODS[method])
    summary = METHOD_SPECS[method].summary
    parts = [
        f"# {method}",
        "",
        f"{summary[0].upper()}{summary[1:]}. This page is made from the tests by `make docs`.",
        "",
        "## Definition and source",
        "",
        _prose(inspect.getdoc(module) or ""),
        "",
        _prose(inspect.getdoc(METHODS[method]) or ""),
        "",
        "Options:",
        "",
        "```text",
        inspect.cleandoc(METHOD_SPECS[method].options.__doc__ or ""),
        "```",
        "",
        "## Reference values",
        "",
        f"Run them again: `make validate METHOD={method}`",
        "",
    ]
    for number, source in enumerate(dict.fromkeys(value["source"] for value in values), start=1):
        parts += [f"### Source {number}", "", source, "", "| quantity | reference | agrees within | allowed |"]
        parts += ["| --- | ---: | ---: | ---: |"]
        parts += [_row(value) for value in values if value["source"] == source]
        parts += [""]
    tests = dict.fromkeys(value["test"] for value in values)
    return "\n".join([*parts, "Held by:", "", *(f"- `{test}`" for test in tests), ""])


def _prose(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines()).replace("|", "\\|")


def _row(value: Mapping[str, Any]) -> str:
    difference = abs(value["actual"] - value["expected"])
    if value["is_relative"] and value["expected"]:
        difference /= abs(value["expected"])
    kind = " (relative)" if value["is_relative"] else ""
    return (
        f"| {value['quantity'].replace('|', '/')} | {value['expected']:.12g} | {_bound(difference)}{kind} "
        f"| {value['tolerance']:.2g}{kind} |"
    )


def _bound(difference: float) -> str:
    """The difference, rounded up to one digit."""
    if difference <= 10.0**_FINEST:
        return f"1e{_FINEST}"
    exponent = math.floor(math.log10(difference))
    digit = math.ceil(difference / 10.0**exponent)
    return f"{digit}e{exponent}" if digit < 10 else f"1e{exponent + 1}"


def pages() -> dict[str, str]:
    """Every page by the name of its file."""
    values = collected_values()
    made = {
        f"{method}.md": page(method, held)
        for method in METHODS
        if (held := [value for value in values if method in value["methods"]])
    }
    index = ["# Validation", "", "One page for each method, made from the tests by `make docs`.", ""]
    index += ["| method | reference values | sources |", "| --- | ---: | ---: |"]
    for method in METHODS:
        held = [value for value in values if method in value["methods"]]
        if held:  # `listing` gives the records themselves: there is nothing to compute
            sources = len({value["source"] for value in held})
            index.append(f"| [{method}]({method}.md) | {len(held)} | {sources} |")
    return {"index.md": "\n".join([*index, ""]), **made}


def main() -> None:
    """Write the pages, and remove those of methods that are no more."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for old in FOLDER.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
