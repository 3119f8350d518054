"""Steps for questionnaires: scales scored from their items."""

from __future__ import annotations

from typing import Annotated, Self

import polars as pl
from pydantic import Field, field_validator, model_validator

from trialwright.derivation.engine.context import Context
from trialwright.derivation.engine.definitions import Step
from trialwright.derivation.functions.questionnaires import (
    Item,
    MissingRule,
    Scale,
    derive_param_sum,
    incomplete_assessments,
    invalid_items,
)
from trialwright.derivation.functions.scales import SCALES
from trialwright.derivation.steps.options import Names
from trialwright.derivation.steps.records import need
from trialwright.errors import PlanError
from trialwright.findings import Finding, Rule, Severity
from trialwright.marked_yaml import Border, Text

ITEM_OUT_OF_RANGE = Rule(
    id="derive.item-out-of-range",
    title="The value of an item lies in the range of the item.",
    source="The published scale, or the range in the specification",
    severity=Severity.WARNING,
)

TOO_FEW_ITEMS = Rule(
    id="derive.too-few-items",
    title="An assessment has enough items for its score.",
    source="The rule for missing items in the specification",
    severity=Severity.NOTE,
)


class ItemOption(Border):
    """An item: its code (several for its several forms), range, weight and direction; see `Item`."""

    code: Names
    lowest: int | float = 0
    highest: int | float
    weight: int | float = 1
    reversed: bool = False


class MissingOption(Border):
    """How many items may be missing, `allowed` or as a `share`, and what they count as; see `MissingRule`."""

    allowed: Annotated[int, Field(ge=0)] = 0
    share: Annotated[int | float, Field(ge=0, lt=1)] = 0
    rule: MissingRule = "mean"


class ParamSumOptions(Border):
    """Options of `param_sum`: a score made of items; see `derive_param_sum`.

    scale    a published scale by its name; or `items`
    codes    the study's codes of the items of `scale`, in the order of the scale
    items    the items of a scale of the study's own
    code, label  PARAMCD and PARAM of the score; of a published scale not needed
    missing  the rule for missing items; not given: all must be there
    range    the range that the score is moved to, such as [0, 100]
    by       what tells one assessment from another
    test     variable with the code of the item
    only     whether the scores alone remain; not given: they stand behind the items
    """

    scale: str = ""
    codes: Names = Field(default_factory=list)
    items: list[ItemOption] = Field(default_factory=list)
    code: Text = ""
    label: Text = ""
    missing: MissingOption = MissingOption()
    range: Annotated[list[int | float], Field(min_length=2, max_length=2)] | None = None
    by: Names = Field(default_factory=lambda: ["USUBJID", "VISITNUM", "ADT"])
    test: str = "PARAMCD"
    value: str = "AVAL"
    only: bool = False

    @field_validator("scale")
    @classmethod
    def _known(cls, scale: str) -> str:
        if scale and scale not in SCALES:
            raise ValueError(f"there is no scale {scale!r}. Known are: {', '.join(SCALES)}.")
        return scale

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        try:
            self.as_scale()
        except PlanError as error:
            raise ValueError(str(error)) from None
        return self

    def as_scale(self) -> Scale:
        """The scale; raises `PlanError` if it cannot be."""
        if bool(self.scale) == bool(self.items):
            raise PlanError("A step `param_sum` names either a published `scale` or its own `items`.")
        if self.items and not self.code:
            raise PlanError("A step `param_sum` with `items` needs the `code` of the score, its PARAMCD.")
        known = SCALES.get(self.scale)
        items = known.items if known else tuple(_item(item) for item in self.items)
        scale = Scale(
            code=self.code or (known.code if known else ""),
            label=self.label or (known.label if known else self.code),
            items=items,
            missing_allowed=self.missing.allowed,
            missing_share=self.missing.share,
            missing_rule=self.missing.rule,
            range=(self.range[0], self.range[1]) if self.range else None,
            source=known.source if known else "",
        )
        return scale.with_codes(self.codes) if self.codes else scale


def _item(option: ItemOption) -> Item:
    return Item(
        codes=tuple(option.code),
        lowest=option.lowest,
        highest=option.highest,
        weight=option.weight,
        is_reversed=option.reversed,
    )


def run_param_sum(records: pl.DataFrame, options: ParamSumOptions, context: Context) -> pl.DataFrame:
    """`records`, and the scores; findings name items that cannot be, and assessments without score."""
    need(records, [*options.by, options.test, options.value], context)
    scale = options.as_scale()
    for row in invalid_items(records, scale, test=options.test, value=options.value).iter_rows(named=True):
        context.report(
            Finding.of(
                ITEM_OUT_OF_RANGE,
                where=_assessment(row, [*options.by, options.test]),
                message=f"The value lies outside the range of the item, which counts as missing in {scale.code}.",
                evidence=f"{options.value} = {row[options.value]:g}",
                remedy="Correct the value, or the range of the item in the specification.",
            )
        )
    for row in incomplete_assessments(records, scale, by=options.by, test=options.test, value=options.value).iter_rows(
        named=True
    ):
        context.report(
            Finding.of(
                TOO_FEW_ITEMS,
                where=_assessment(row, options.by),
                message=f"There is no {scale.code}: {row['_missing']} of {len(scale.items)} items are missing, and "
                f"{scale.most_missing} may be.",
                remedy="Nothing, if the items were not assessed.",
            )
        )
    made = derive_param_sum(records, scale, by=options.by, test=options.test, value=options.value)
    return made.tail(made.height - records.height) if options.only else made


def _assessment(row: dict[str, object], names: list[str]) -> str:
    return ", ".join(f"{name} {row[name]}" for name in names)


STEPS: dict[str, Step] = {"param_sum": Step(ParamSumOptions, run_param_sum)}
