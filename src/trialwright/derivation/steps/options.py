"""What a specification may say of the steps in `core`, and the types that the options of all steps are made of."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from trialwright.conditions import parse_condition
from trialwright.derivation.engine.expressions import parse_expression
from trialwright.errors import PlanError
from trialwright.marked_yaml import Border, Text


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _parsed_condition(text: object) -> object:
    if isinstance(text, str):
        try:
            parse_condition(text)
        except PlanError as error:
            raise ValueError(str(error)) from None
    return text


def _parsed_expression(text: object) -> object:
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = getattr(text, "text", str(text))
    if isinstance(text, str):
        try:
            parse_expression(text)
        except PlanError as error:
            raise ValueError(str(error)) from None
    return text


def _without_names(value: object) -> object:
    """A name, or names and {NAME: expression}s, as one mapping."""
    if isinstance(value, str):
        return {value: value}
    if not isinstance(value, list):
        return value
    taken: dict[object, object] = {}
    for item in value:
        for name, expression in item.items() if isinstance(item, dict) else [(item, item)]:
            if name in taken:
                raise ValueError(f"{name} is taken twice.")
            taken[name] = expression
    return taken


Names: TypeAlias = Annotated[list[str], BeforeValidator(_as_list)]
#: The text of a condition, parsed once to see that it can be.
ConditionText: TypeAlias = Annotated[str, BeforeValidator(_parsed_condition)]
#: The text of an expression.
ExpressionText: TypeAlias = Annotated[str, BeforeValidator(_parsed_expression)]
Taken: TypeAlias = Annotated[dict[str, ExpressionText], BeforeValidator(_without_names)]
Keep: TypeAlias = Literal["first", "last"]


class RecordsOptions(Border):
    """Options of `records`: the records of an SDTM domain, those of subjects whom DM lacks left out.

    where     which of them; may name supplemental qualifiers
    supp      whether supplemental qualifiers become variables
    texts, numbers  variables that a domain need not have; they are missing if it has not
    optional  no records at all if there is no such domain, but the variables in `texts` and `numbers`
    """

    domain: str
    where: ConditionText = ""
    supp: bool = False
    texts: Names = Field(default_factory=list)
    numbers: Names = Field(default_factory=list)
    optional: bool = False


class FrameOptions(Border):
    """Options of `frame`: the records of a frame, or of a dataset made before."""

    name: str
    where: ConditionText = ""


class JoinOptions(Border):
    """Options of `join`: variables of one record of another frame for each record.

    source    (`from`) a domain, a frame, or a dataset made before
    by        the variables that both have; {HERE: THERE} where the names differ
    take      variables, or {NAME: expression over the other frame}
    order     by what the other's records are sorted; -NAME: largest first; missing values come first
    pick      which of several records of a key; not given: there must be one, and a second one is a finding
    supp      whether the supplemental qualifiers of a domain are variables
    optional  missing values if there is no such domain
    """

    source: Annotated[str, Field(alias="from")]
    by: Annotated[list[str | dict[str, str]], BeforeValidator(_as_list)] = Field(default=["USUBJID"])
    where: ConditionText = ""
    order: Names = Field(default_factory=list)
    pick: Keep | None = None
    take: Taken
    supp: bool = False
    optional: bool = False


class SummarizeOptions(Border):
    """Options of `summarize`: as `join`, of values that several records make together (`sum(EXDOSE)`)."""

    source: Annotated[str, Field(alias="from")]
    by: Names = Field(default_factory=lambda: ["USUBJID"])
    where: ConditionText = ""
    order: Names = Field(default_factory=list)
    take: dict[str, ExpressionText]
    supp: bool = False
    optional: bool = False


class AggregateOptions(Border):
    """Options of `aggregate`: the records become one for each `by`, with aggregated values."""

    by: Names
    take: dict[str, ExpressionText]
    where: ConditionText = ""
    order: Names = Field(default_factory=list)


class ExistsOptions(Border):
    """Options of `exists`: `yes` where another frame has a record with the same key, `no` elsewhere."""

    variable: str
    source: Annotated[str, Field(alias="from")]
    by: Names = Field(default_factory=lambda: ["USUBJID"])
    where: ConditionText = ""
    yes: Text = "Y"
    no: Text | None = None
    supp: bool = False
    optional: bool = False


class Case(Border):
    """A value under a condition; without `when` it holds for all that no case before it held for."""

    when: ConditionText = ""
    value: ExpressionText


class ComputeOptions(Border):
    """Options of `compute`: variables in their order; a later one may read an earlier one.

    where  the records that get the value; others keep what they have
    """

    values: dict[str, ExpressionText | list[Case]]
    where: ConditionText = ""


class LookupOptions(Border):
    """Options of `lookup`: `variable` by the value of `of`.

    values  value to value
    default what others get; not given: missing
    """

    variable: str
    of: str
    values: dict[str, str | int | float]
    default: str | int | float | None = None


class TableOptions(Border):
    """Options of `table`: variables by a small table that stands in the specification.

    by      the variables of the table that the records have
    rows    the table
    others  what becomes of records that it does not know; "keep" with missing values, or "drop"
    """

    by: Names
    rows: list[dict[str, str | int | float | None]]
    others: Literal["keep", "drop"] = "keep"


class FilterOptions(Border):
    """Options of `filter`: the records that remain."""

    where: ConditionText


class SortOptions(Border):
    """Options of `sort`: by what; -NAME: largest first; missing values come first, ties stay in order."""

    order: Names


class PickOptions(Border):
    """Options of `pick`: one record of each `by` remains, among those that fulfil `where`; the others go."""

    by: Names
    order: Names
    keep: Keep = "first"
    where: ConditionText = ""


class FlagOptions(Border):
    """Options of `flag`: `value` on one record of each `by`, among those that fulfil `where`.

    order  which is the first; -NAME: largest first; missing values come first, ties go by the records' order
    no     what the other records get
    """

    name: str
    by: Names
    order: Names
    keep: Keep = "first"
    where: ConditionText = ""
    value: Text = "Y"
    no: Text | None = None


class StackOptions(Border):
    """Options of `stack`: the records of several frames, one behind the other; a variable that one lacks is missing."""

    frames: Names


class RenameOptions(Border):
    """Options of `rename`: old name to new."""

    names: dict[str, str]


class NumberOptions(Border):
    """Options of `number`: 1, 2, 3, ... within each `by`, in this order."""

    name: str
    by: Names
    order: Names
