"""Write docs/validation: a page for each method and topic of designs, from tests that hold values from outside."""

from __future__ import annotations

import importlib
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

#: What designs are held to, by the names that tests have for it: what it is, and the module that says how.
DESIGN_TOPICS: Mapping[str, tuple[str, str]] = {
    "design.means": ("sample size and power of means", "sample_size.means"),
    "design.proportions": ("sample size and power of proportions", "sample_size.proportions"),
    "design.bioequivalence": ("sample size and power of bioequivalence", "sample_size.bioequivalence"),
    "design.counts": ("sample size and power of counts", "sample_size.counts"),
    "design.ordinal": ("sample size and power of ordered categories", "sample_size.ordinal"),
    "design.mmrm": ("sample size and power of repeated measures", "sample_size.repeated_measures"),
    "design.clusters": ("sample size and power of cluster-randomized trials", "sample_size.clusters"),
    "design.assurance": ("assurance", "sample_size.assurance"),
    "design.survival": ("sample size and power of times to an event", "survival"),
    "design.group_sequential": ("group-sequential designs", "sequential"),
    "design.fisher_combination": ("Fisher's combination test", "sequential.fisher_combination"),
    "design.reestimation": ("sample-size re-estimation", "adaptive.reestimation"),
    "design.combination": ("combination tests", "adaptive.combination"),
    "design.multi_arm": ("multi-arm multi-stage designs", "adaptive.multi_arm"),
    "design.closed_testing": ("closed combination tests", "adaptive.closed_testing"),
    "design.enrichment": ("enrichment designs", "adaptive.enrichment_stages"),
    "design.seamless": ("seamless phase 2/3 designs", "adaptive.seamless"),
    "design.simon": ("Simon's two-stage designs", "early.simon"),
    "design.bop2": ("the Bayesian optimal phase 2 design", "early.bop2"),
    "design.bryant_day": ("Bryant and Day's two-stage designs", "early.bryant_day"),
    "design.mcp_mod": ("MCP-Mod", "early.mcp_mod.contrasts"),
    "design.fleming": ("Fleming's designs", "early.fleming"),
    "design.boin": ("the Bayesian optimal interval design", "early.boin"),
    "design.boin12": ("BOIN12", "early.boin12"),
    "design.timed_escalation": ("dose escalation in calendar time", "early.arrivals_simulation"),
    "design.overdose_control": ("escalation with overdose control", "early.ewoc"),
    "design.logistic_regression": ("dose escalation by logistic regression", "early.logistic_regression"),
    "design.escalation_expansion": ("escalation followed by expansion", "early.escalation_expansion"),
    "design.toxicity_intervals": ("interval designs of dose escalation", "early.toxicity_intervals"),
    "design.three_plus_three": ("the 3+3 design", "early.three_plus_three"),
    "design.crm": ("the continual reassessment method", "early.crm"),
    "design.bayesian_posteriors": ("posterior probabilities and priors", "bayesian.posteriors"),
    "design.bayesian_one_arm": ("Bayesian monitoring of a single arm", "bayesian.one_arm"),
    "design.bayesian_two_arms": ("Bayesian monitoring of two response rates", "bayesian.two_arms"),
    "design.bayesian_normal": ("Bayesian monitoring of a normal quantity", "bayesian.normal_monitoring"),
    "design.dual_criterion": ("dual-criterion designs", "bayesian.dual_criterion"),
    "design.response_adaptive": ("response-adaptive randomization", "bayesian.exact_allocation"),
    "design.simulation": ("simulated trials", "simulation"),
    "design.definition": ("bounds, sizes and power of a study's designs", "definition.planning"),
    "design.search": ("comparing designs by simulation", "search.evaluation"),
}

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
    ]
    return "\n".join([*parts, *_values_of(method, values)])


def topic_page(topic: str, values: Sequence[Mapping[str, Any]]) -> str:
    """The page of a topic of designs."""
    title, module = DESIGN_TOPICS[topic]
    about = inspect.getdoc(importlib.import_module(f"trialwright.design.{module}")) or ""
    parts = [
        f"# {topic}",
        "",
        f"{title[0].upper()}{title[1:]}. This page is made from the tests by `make docs`.",
        "",
        "## Definition and source",
        "",
        _prose(about),
        "",
    ]
    return "\n".join([*parts, *_values_of(topic, values)])


def _values_of(name: str, values: Sequence[Mapping[str, Any]]) -> list[str]:
    parts = ["## Reference values", "", f"Run them again: `make validate METHOD={name}`", ""]
    for number, source in enumerate(dict.fromkeys(value["source"] for value in values), start=1):
        parts += [f"### Source {number}", "", source, "", "| quantity | reference | agrees within | allowed |"]
        parts += ["| --- | ---: | ---: | ---: |"]
        parts += [_row(value) for value in values if value["source"] == source]
        parts += [""]
    tests = dict.fromkeys(value["test"] for value in values)
    return [*parts, "Held by:", "", *(f"- `{test}`" for test in tests), ""]


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
    made |= {
        f"{topic}.md": topic_page(topic, held)
        for topic in DESIGN_TOPICS
        if (held := [value for value in values if topic in value["methods"]])
    }
    index = ["# Validation", "", "One page for each method, made from the tests by `make docs`.", ""]
    index += ["| method | reference values | sources |", "| --- | ---: | ---: |"]
    for method in (*METHODS, *DESIGN_TOPICS):
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
