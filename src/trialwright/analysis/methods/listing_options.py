"""The options of `listing`: order, variables of other datasets, words for values, computed texts, levels as columns."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from trialwright.analysis.methods.options import Options, VariableName
from trialwright.conditions import parse_condition
from trialwright.marked_yaml import Border, Text

#: A variable in a computed text, with a format: `.1` decimals, `3g` significant digits at most, `date` a time's day.
PLACE = re.compile(r"\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::(?P<format>\.\d|\dg|date))?\}")


def _check_order(name: str) -> str:
    if re.fullmatch(r"-?[A-Za-z_][A-Za-z0-9_]{0,31}", name) is None:
        raise ValueError("this must be the name of a variable, with a - before it for the largest value first.")
    return name


def _check_text(text: str) -> str:
    rest = PLACE.sub("", text)
    if "{" in rest or "}" in rest:
        raise ValueError(
            f"{text!r} is no text of variables: write {{AVAL}}, {{AVAL:.1}} for decimals, {{AVAL:3g}} for significant "
            "digits, or {ADTM:date} for the day of a date with a time."
        )
    return text


OrderKey = Annotated[str, AfterValidator(_check_order)]
ComputedText = Annotated[Text, AfterValidator(_check_text)]


class JoinOptions(Border):
    """Variables of another dataset, beside each record.

    dataset    its name; a supplemental one (SUPPAE) gives its QNAMs as variables
    variables  those wanted
    where      a condition: which of its records
    on         what both have in common, and by which the other has one record; a supplemental dataset knows by itself
    """

    dataset: str
    where: str = ""
    variables: list[VariableName] = Field(min_length=1)
    on: list[VariableName] = Field(default_factory=lambda: ["USUBJID"], min_length=1)


class AcrossOptions(Border):
    """Records side by side: one row for those alike in USUBJID and `rows`, one column for each level of `variable`.

    variable  whose levels become columns
    values    which of the listing's variables stand there; the others are those of the row's first record
    rows      what the records of a row have in common
    """

    variable: VariableName
    values: list[VariableName] = Field(min_length=1)
    rows: list[VariableName] = Field(min_length=1)


class ListingOptions(Options):
    """Options of `listing`.

    subjects  variables by which the subjects stand, before USUBJID; with a - for the largest value first
    sort      variables by which a subject's records are ordered, likewise; not given: as they stand in the dataset
    join      variables of other datasets
    flags     new variables: words, each with the condition for it; the first that a record fulfils counts
    labels    words for the values of variables
    texts     new variables: texts of others, `"{AVAL:.1} {FLAG}"`; empty where all of them are missing
    across    levels of a variable as columns
    """

    subjects: list[OrderKey] = Field(default_factory=list)
    sort: list[OrderKey] = Field(default_factory=list)
    join: list[JoinOptions] = Field(default_factory=list)
    flags: dict[VariableName, dict[str, str]] = Field(default_factory=dict)
    labels: dict[VariableName, dict[str, Text]] = Field(default_factory=dict)
    texts: dict[VariableName, ComputedText] = Field(default_factory=dict)
    across: AcrossOptions | None = None

    def variables(self) -> list[str]:
        """Those of order, conditions and computed texts."""
        named = [name.removeprefix("-") for name in (*self.subjects, *self.sort)]
        named += [name for words in self.flags.values() for text in words.values() for name in _condition_names(text)]
        named += [found["name"] for text in self.texts.values() for found in PLACE.finditer(text)]
        if self.across is not None:
            named += [self.across.variable, *self.across.rows]
        made = {*self.flags, *self.texts, *(name for join in self.join for name in join.variables)}
        return [name for name in dict.fromkeys(named) if name not in made]


def _condition_names(text: str) -> tuple[str, ...]:
    return tuple(parse_condition(text).variables)
