"""Write docs/reference/derivation-steps.md from the steps' own models and rules, and the functions of expressions.

A test fails when the page is older than the steps, or when an option is told nowhere.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

import trialwright.derivation.functions as functions_package
from trialwright.derivation.engine.definitions import Step
from trialwright.derivation.engine.expression_functions import AGGREGATES, FUNCTIONS
from trialwright.derivation.functions.scales import SCALES
from trialwright.derivation.steps import STEPS

PAGE = Path(__file__).parent / "reference" / "derivation-steps.md"

TOPICS: Mapping[str, str] = {
    "core": "Records, joins and variables",
    "subjects": "Subjects",
    "treatment": "Treatment, disposition, events",
    "measurements": "Measurements",
    "windows": "Analysis windows",
    "questionnaires": "Questionnaires",
    "laboratory": "Laboratory values and categories",
    "grades": "Grades of toxicity",
    "times": "Times to events, tumours",
}

#: What an option means wherever no docstring says it of its own step.
MEANINGS: Mapping[str, str] = {
    "arm": "variable with the treatment arm",
    "arms": "arms that count; default: all there are",
    "base": "variable with the baseline",
    "by": "variables whose values make a group",
    "change": "variable made",
    "confirmed": "whether a response must be confirmed",
    "cutoff": "variable with the last date of the subject in the study",
    "date": "variable with the date",
    "default": "what other values become",
    "distance": "variable with the distance from the target day",
    "domain": "SDTM domain",
    "dtype": "DTYPE of the new records",
    "end": "variable with the end",
    "flag": "the flag",
    "frames": "names of frames, or of datasets made before",
    "keep": "which one",
    "name": "variable made",
    "names": "old name to new name",
    "no": "value of the others",
    "number": "which one: the y of its name",
    "of": "variable that is looked up",
    "optional": "whether the domain may be absent",
    "order": "by what records are sorted; -NAME: largest first",
    "percent": "variable made",
    "reference": "variable with the date of reference",
    "sequence": "variable with the sequence number",
    "source": "a domain, a frame, or a dataset made before",
    "start": "variable with the start",
    "supp": "whether the supplemental qualifiers of a domain are variables",
    "take": "name to value",
    "test": "variable with the test code",
    "unit": "unit of the result",
    "value": "variable with the value",
    "values": "name to expression, or to a list of cases {when: condition, value: expression}",
    "variable": "variable made",
    "where": "condition: the records concerned; default: all",
    "yes": "value of those found",
}

#: What an option means in one step, where neither its docstring nor the words above say it.
OWN_MEANINGS: Mapping[str, Mapping[str, str]] = {
    "frame": {"name": "of a frame, or of a dataset made before"},
    "flag": {"value": "value of the one record"},
    "number": {"name": "variable made"},
    "filter": {"where": "condition: the records that remain"},
    "toxicity_grades": {
        "lower": "variable with the lower limit of the range",
        "upper": "variable with the upper limit",
        "unit": "variable with the unit",
    },
    "anrind": {
        "low_factor": "the lower limit is multiplied with it",
        "high_factor": "the upper limit is multiplied with it",
        "of_missing_value": "what a record without value gets",
        "of_missing_range": "what a record without limits gets",
    },
    "range_ratios": {
        "low": "variable with the lower limit",
        "high": "variable with the upper limit",
        "to_low": "variable made, value / lower limit",
        "to_high": "variable made, value / upper limit",
    },
    "threshold_amount": {
        "low": "variable with the lower limit",
        "high": "variable with the upper limit",
        "low_factor": "the lower limit is multiplied with it",
        "high_factor": "the upper limit is multiplied with it",
    },
    "shift": {
        "value": "variable with the category now",
        "base": "variable with the category at baseline",
        "between": "text between the two",
        "words": "category to its word in the text",
        "number": "variable made, with the number of the shift",
        "numbers": "text of a shift to its number",
        "only_numbered": "whether shifts without number are missing",
    },
    "criterion": {
        "text": "CRITy",
        "keeps_no": "whether records that do not fulfil it get N",
        "has_number": "whether CRITyFN is made too",
    },
    "multiple_criterion": {"text": "MCRITy", "levels": "its levels, in order; the first that fits holds"},
    "change_from_previous": {
        "low": "variable with the lower limit, to divide by the range",
        "high": "variable with the upper limit",
        "digits": "rounded to so many",
    },
    "visit_copy": {
        "avisit": "AVISIT of the copies",
        "avisitn": "AVISITN of the copies",
        "flag": "variable that is Y on the record copied, and on its copy",
    },
    "extreme_flag": {"extreme": "largest, smallest, or farthest from 0"},
    "average_records": {"least": "a mean needs so many values"},
    "hys_law": {
        "transaminases": "PARAMCD of the transaminases",
        "bilirubin": "PARAMCD of bilirubin",
        "transaminase_factor": "times the upper limit, above which they are high",
        "bilirubin_factor": "times the upper limit, above which it is high",
        "ratio": "variable with value / upper limit",
        "keep": "variables that the new records take over",
    },
    "locf": {"carries_baseline": "whether the baseline value is carried too"},
    "totals": {
        "totals": "codes of recorded totals",
        "items": "codes of all items",
        "missing_allowed": "so many items may be missing; they count as the mean of the others",
    },
    "parameters": {
        "parameters": "code, label and value (an expression) of each",
        "keeps_missing": "whether records without value are made",
    },
    "qtc": {
        "parameters": "PARAMCD to formula",
        "labels": "PARAMCD to PARAM",
        "qt": "PARAMCD of the QT interval",
        "rr": "PARAMCD of the RR interval",
        "heart_rate": "PARAMCD of the heart rate, if there is no RR interval",
        "source_variables": "variables that are missing in the new records",
    },
    "pooled_sites": {
        "site": "variable with the site",
        "minimum": "so many subjects a site needs in each arm",
        "pooled": "value of the pooled sites",
    },
    "planned_dose": {"intervals": "dose, and the variable with the last day of it (until), in order"},
    "duration": {
        "counts_both_days": "whether first and last day both count",
        "unless_imputed": "whether it is missing if a date was imputed",
    },
    "tte": {
        "events": "sources of events: from, where, date, description, ...",
        "censorings": "sources of the last date without event",
    },
    "tte.events": {
        "date": "when, an expression",
        "description": "what happened then, an expression",
        "date_description": "what the date of a censored time is, an expression",
        "domain": "SRCDOM; default: the source",
        "variable": "SRCVAR; default: the date",
        "sequence": "variable for SRCSEQ; default: none",
    },
    "param_sum.items": {
        "code": "its test code; several if it is asked in one of several forms",
        "lowest": "value that it can have",
        "highest": "value that it can have",
        "weight": "what its value is multiplied with",
        "reversed": "whether lowest + highest - value counts",
    },
    "param_sum.missing": {
        "allowed": "so many items may be missing",
        "share": "or this share of them, from 0 to 1; the larger of both counts",
        "rule": "mean: a missing item counts as the mean of the others; maximum: the sum grows by highest possible "
        "score / that of the items there; zero: it counts as its lowest value",
    },
    "windows.windows": {
        "avisit": "AVISIT",
        "avisitn": "AVISITN",
        "target": "AWTARGET, the planned study day",
        "first": "first day; open if not given",
        "last": "last day; open if not given",
        "range": "AWRANGE; default: made of the days",
    },
    "param_sum": {"code": "PARAMCD of the score", "label": "PARAM of the score"},
    "tumor_sums": {"assessment": "variables that tell assessments from each other"},
    "best_response": {
        "responses": "frame with the responses",
        "min_confirmation_days": "days between a response and its confirmation",
        "max_not_evaluable": "so many assessments that are not evaluable may lie between",
        "accepts_stable": "whether stable disease may lie between two partial responses",
        "min_stable_days": "days that stable disease must last",
        "after_complete": "what a partial response after a complete one counts as",
    },
    "tumor_times": {
        "responses": "frame with the responses",
        "parameters": "which of them",
        "new_therapy_censors": "whether a new therapy censors",
        "no_baseline_censors": "whether a subject without assessment at baseline is censored on day 1",
        "longest_gap_days": "an event after a longer gap is censored before it",
        "clinical_counts": "whether progression without imaging counts",
    },
    "treatment_numbers": {"numbers": "variable made to variable with the treatment"},
    "trtemfl": {"days_after_end": "so many days after the last dose count; not given: all"},
    "interval_flags": {
        "days_after_end": "so many days after the last dose are on treatment",
        "first": "variable with the first day",
        "last": "variable with the last day",
    },
    "event_dates": {"start": "--DTC of the start", "end": "--DTC of the end"},
    "interval_dates": {"start": "--DTC of the start", "end": "--DTC of the end"},
}

_NAMED = re.compile(r"^(\w+(?:, \w+)*)(?: \(`\w+`\))?:?  +(\S.*)$")


def told_options(model: type[BaseModel]) -> dict[str, str]:
    """What the docstring of a model says of each option."""
    told: dict[str, str] = {}
    current: list[str] = []
    for line in (inspect.getdoc(model) or "").splitlines()[1:]:
        if found := _NAMED.match(line):
            current = found[1].split(", ")
            told |= dict.fromkeys(current, re.sub(r"^\(`\w+`\) ", "", found[2].strip()))
        elif line.startswith("  ") and current:
            told |= {name: f"{told[name]} {line.strip()}" for name in current}
        else:
            current = []
    return told


def summary(step: Step) -> str:
    """The first line of the model's docstring, without its head and its reference."""
    first = (inspect.getdoc(step.options) or "").splitlines()[0]
    return re.sub(r"; see `\w+`\.$", ".", re.sub(r"^Options of `\w+`: ", "", first))


def meaning(step: str, name: str, model: type[BaseModel]) -> str:
    """What an option means; empty if nobody says it."""
    return OWN_MEANINGS.get(step, {}).get(name) or told_options(model).get(name) or MEANINGS.get(name, "")


def kind(annotation: Any) -> str:
    """The type of an option, in words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind(arguments[0])
    if origin is Literal:
        return " or ".join(str(one) for one in arguments)
    if origin in (Union, types.UnionType):
        words = dict.fromkeys(kind(one) for one in arguments if one is not type(None))
        return " or ".join(words).replace("whole number or number", "number")
    if origin is list:
        return f"list of {kind(arguments[0])}"
    if origin is dict:
        return f"{kind(arguments[0])} to {kind(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        names = [field.alias or name for name, field in annotation.model_fields.items()]
        return f"{{{', '.join(names)}}}"
    return {str: "text", bool: "true or false", int: "whole number", float: "number"}.get(annotation, "value")


def nested_models(annotation: Any) -> list[type[BaseModel]]:
    """The models inside a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    inner = [one for argument in get_args(annotation) for one in nested_models(argument)]
    return list(dict.fromkeys(inner))


def default(field: FieldInfo) -> str:
    """The value of an option that is not given."""
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel) or value in ("", None, [], {}):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {one}" for name, one in value.items()) + "}"
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value).strip()


def rules() -> dict[str, Callable[..., object]]:
    """The functions `derive_...` of all topics by name."""
    found: dict[str, Callable[..., object]] = {}
    for module in pkgutil.walk_packages(functions_package.__path__, f"{functions_package.__name__}."):
        found |= {
            name: value
            for name, value in vars(importlib.import_module(module.name)).items()
            if inspect.isfunction(value) and name.startswith(("derive_", "compute_"))
        }
    return found


def rule_of(step: Step, known: Mapping[str, Callable[..., object]]) -> str:
    """The docstring of the function that a step calls, if it is one of the field's rules."""
    names = [name for name in step.run.__code__.co_names if name in known]
    return inspect.getdoc(known[names[0]]) or "" if names else ""


def step_lines(name: str, step: Step, known: Mapping[str, Callable[..., object]]) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    text = summary(step)
    yield text[0].upper() + text[1:]
    yield ""
    if step.options.model_fields:
        yield "| option | value | default | meaning |"
        yield "| --- | --- | --- | --- |"
        for option, field in step.options.model_fields.items():
            shown = [
                f"`{field.alias or option}`",
                kind(field.annotation),
                default(field),
                meaning(name, option, step.options),
            ]
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in shown)} |"
        yield ""
    nested: dict[type[BaseModel], list[str]] = {}
    for option, field in step.options.model_fields.items():
        for model in nested_models(field.annotation):
            nested.setdefault(model, []).append(field.alias or option)
    for model, options in nested.items():
        yield f"In {' and '.join(f'`{option}`' for option in options)}:"
        yield ""
        for inner, its in model.model_fields.items():
            parts = [kind(its.annotation), default(its), meaning(f"{name}.{options[0]}", inner, model)]
            yield f"- `{its.alias or inner}`: {'; '.join(part for part in parts if part)}"
        yield ""
    if step.whole:
        yield f"What is not a mapping of options stands for `{step.whole}`."
        yield ""
    if rule := rule_of(step, known):
        yield "```text"
        yield rule
        yield "```"
        yield ""


def page() -> str:
    """The whole page."""
    known = rules()
    lines = [
        "# The steps of a derivation",
        "",
        "This page is made from the program by `make docs`. How a specification is written is told under",
        "[From SDTM to ADaM](derivation.md), with an example under [Derive ADaM](../how-to/derive-adam.md). Below the",
        "options stands the rule itself, where the step has one: columns read and made, missing values, ties, source.",
        "",
    ]
    for topic, title in TOPICS.items():
        module = importlib.import_module(f"trialwright.derivation.steps.{topic}")
        lines += [f"## {title}", ""]
        for name, step in module.STEPS.items():
            lines += step_lines(name, step, known)
    lines += ["## Published scales", "", "For `param_sum`; any number of items may be given other codes (`codes`).", ""]
    lines += ["| scale | PARAMCD | items | range | source |", "| --- | --- | ---: | --- | --- |"]
    for name, scale in SCALES.items():
        span = f"{scale.lowest:g} to {scale.highest:g}"
        lines.append(f"| `{name}` | {scale.code} | {len(scale.items)} | {span} | {scale.source} |")
    lines += ["", "## Functions of expressions", ""]
    for title, functions in (("Of one record", FUNCTIONS), ("Of several records", AGGREGATES)):
        lines += [f"### {title}", "", "| function | gives |", "| --- | --- |"]
        lines += [f"| `{function.form}` | {function.says} |" for function in functions.values()]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    assert len(STEPS) == sum(
        len(importlib.import_module(f"trialwright.derivation.steps.{topic}").STEPS) for topic in TOPICS
    )
    PAGE.write_text(page(), encoding="utf-8")
