"""A design in the study definition: where USDM 4 has a place for it, and the rest as an extension.

- `population.plannedEnrollmentNumber`: the chosen design's subjects; `plannedCompletionNumber`: those expected to have
  an outcome in the planned scenario, for means and proportions
- `characteristics` of the study design: Adaptive (C98704), where the chosen design has interim analyses. The codelist
  has no term for group-sequential designs, which the guidance counts among the adaptive ones
- `extensionAttributes` of the study design: the whole definition, which is read back as the same, and its facts

Sources: CDISC DDF USDM 4.0, classes StudyDesignPopulation and ExtensionAttribute; codelist C207416, Study Design
Characteristics. FDA, Adaptive Designs for Clinical Trials of Drugs and Biologics, 2019, section V.A.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from trialwright.design.definition.facts import design_facts
from trialwright.design.definition.model import DesignDefinition
from trialwright.design.definition.planning import expected_outcomes
from trialwright.design.definition.reading import parse_design
from trialwright.design.definition.words import design_words
from trialwright.errors import DesignError
from trialwright.study import Study

#: Scheme of the names of our extension attributes.
URL = "urn:trialwright:design"
ADAPTIVE = "C98704"
_ID = "TrialwrightDesign"
_Tree = dict[str, Any]


def write_design_into(study: Study, definition: DesignDefinition) -> Study:
    """The study with its design, in place of one that was written into it before; nothing else changes."""
    tree = study.to_json()
    design = _study_design(tree)
    chosen = definition.designs[definition.chosen]
    population = design["population"]
    _set_number(population, "plannedEnrollmentNumber", float(chosen.subjects))
    expected = expected_completers(definition)
    if expected is not None:
        _set_number(population, "plannedCompletionNumber", float(expected))
    _set_adaptive(design, is_adaptive=chosen.looks > 1)
    others = [one for one in design.get("extensionAttributes") or [] if one.get("url") != URL]
    design["extensionAttributes"] = [*others, _extension(definition)]
    return Study.of(tree, source=study.source)


def read_design_from(study: Study) -> DesignDefinition | None:
    """The design that was written into the study; None where there is none.

    Raises `DesignError` where somebody has changed it so that it is no design.
    """
    for attribute in _study_design(study.tree).get("extensionAttributes") or []:
        if attribute.get("url") != URL:
            continue
        for part in attribute.get("extensionAttributes") or []:
            if part.get("url") == f"{URL}:definition":
                return parse_design(
                    str(part.get("valueString") or ""), file=f"{study.source}, {URL}:definition"
                ).definition
        raise DesignError(
            f"{study.source} has an extension {URL} without {URL}:definition. Write the design into it again."
        )
    return None


def expected_completers(definition: DesignDefinition) -> int | None:
    """Subjects of the chosen design expected to have an outcome in the planned scenario, rounded down.

    None for a time to an event, where all subjects contribute.
    """
    from trialwright.design.simulation.plans import TimeToEvent

    chosen = definition.designs[definition.chosen]
    outcome = definition.planned.outcomes[chosen.endpoint]
    if isinstance(outcome, TimeToEvent):
        return None
    # 240 * (1 - 0.2) may lie just below 192.
    return math.floor(expected_outcomes(chosen, outcome.missing) + 1e-9)


def _study_design(tree: Mapping[str, Any]) -> _Tree:
    # The first version and its first study design are what navigation looks at.
    found: _Tree = tree["study"]["versions"][0]["studyDesigns"][0]
    return found


def _set_number(population: _Tree, name: str, value: float) -> None:
    present = population.get(name)
    if isinstance(present, dict) and present.get("instanceType") == "Quantity":
        present["value"] = value
        return
    population[name] = {
        "id": f"{_ID}_{name}",
        "extensionAttributes": [],
        "value": value,
        "unit": None,
        "instanceType": "Quantity",
    }


def _set_adaptive(design: _Tree, *, is_adaptive: bool) -> None:
    """Adaptive, where it is; a code that is not ours stays, since the study may be adaptive in another way."""
    ours = f"{_ID}_Adaptive"
    codes = [code for code in design.get("characteristics") or [] if code.get("id") != ours]
    if is_adaptive and all(code.get("code") != ADAPTIVE for code in codes):
        codes.append(
            {
                "id": ours,
                "extensionAttributes": [],
                "code": ADAPTIVE,
                "codeSystem": "http://www.cdisc.org",
                "codeSystemVersion": "2024-09-27",
                "decode": "Adaptive",
                "instanceType": "Code",
            }
        )
    design["characteristics"] = codes


def _extension(definition: DesignDefinition) -> _Tree:
    # An extension attribute has a value or attributes of its own, never both.
    text = json.dumps(design_words(definition), ensure_ascii=False)
    parts = [_attribute("definition", "definition", text), *_facts(definition)]
    return {"id": _ID, "url": URL, "extensionAttributes": parts, "instanceType": "ExtensionAttribute"}


def _facts(definition: DesignDefinition) -> Iterator[_Tree]:
    for number, (path, shown) in enumerate(design_facts(definition).items(), start=1):
        yield _attribute(f"fact_{number}", path.removeprefix("design/"), shown)


def _attribute(id: str, name: str, text: str) -> _Tree:
    return {
        "id": f"{_ID}_{id}",
        "url": f"{URL}:{name}",
        "extensionAttributes": [],
        "valueString": text,
        "instanceType": "ExtensionAttribute",
    }
