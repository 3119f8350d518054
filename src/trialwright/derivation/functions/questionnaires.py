"""Scales scored from the items of a questionnaire: sums, weights, reversed items, and rules for missing items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import polars as pl

from trialwright.derivation.engine.lineage import BASELINE_LINEAGE, LINEAGE, united
from trialwright.errors import PlanError

#: How a score makes up for missing items, if not too many are missing.
#: mean: a missing item counts as the (weighted) mean of those there, so the sum grows by items / items there;
#: maximum: the sum grows by highest possible score / highest possible score of the items there;
#: zero: a missing item counts as its lowest value.
MissingRule: TypeAlias = Literal["mean", "maximum", "zero"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a scale.

    codes    its test code; several if it is asked in one of several forms (the first form that has a value counts)
    lowest, highest  the values that it can have
    weight   what its value is multiplied with
    is_reversed  whether `lowest + highest - value` counts
    """

    codes: tuple[str, ...]
    highest: float
    lowest: float = 0
    weight: float = 1
    is_reversed: bool = False

    def __post_init__(self) -> None:
        if not self.codes:
            raise PlanError("An item of a scale has no test code. Name the one under which it was recorded.")
        if not self.lowest < self.highest:
            raise PlanError(
                f"Item {self.codes[0]} goes from {self.lowest:g} to {self.highest:g}; its highest value must be larger."
            )
        if self.weight <= 0:
            raise PlanError(
                f"Item {self.codes[0]} has weight {self.weight:g}; weights are positive. Reverse the item if its "
                "values run the other way."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A score made of items.

    code, label      PARAMCD and PARAM of the score
    missing_allowed  so many items may be missing
    missing_share    or this share of them, from 0 to 1; the larger of both counts
    missing_rule     how missing items are made up for
    range            if given, the score is moved linearly from its possible range to this one: (0, 100)
    source           publication that the scoring follows
    """

    code: str
    label: str
    items: tuple[Item, ...]
    missing_allowed: int = 0
    missing_share: float = 0
    missing_rule: MissingRule = "mean"
    range: tuple[float, float] | None = None
    source: str = ""

    def __post_init__(self) -> None:
        codes = [code for item in self.items for code in item.codes]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if not codes:
            raise PlanError(f"The scale {self.code} has no items. Name at least one.")
        if twice:
            raise PlanError(f"The scale {self.code} has items with the same code: {', '.join(twice)}.")
        if not 0 <= self.missing_allowed < len(self.items) or not 0 <= self.missing_share < 1:
            raise PlanError(
                f"The scale {self.code} has {len(self.items)} items, of which {self.missing_allowed} or a share of "
                f"{self.missing_share:g} may be missing. At least one must be there."
            )
        if self.range is not None and not self.range[0] < self.range[1]:
            raise PlanError(f"The scale {self.code} is moved to the range {self.range}; its end must be larger.")

    @property
    def lowest(self) -> float:
        """The lowest sum of the items."""
        return sum(item.weight * item.lowest for item in self.items)

    @property
    def highest(self) -> float:
        """The highest sum of the items."""
        return sum(item.weight * item.highest for item in self.items)

    @property
    def most_missing(self) -> int:
        """So many items may be missing."""
        by_share = int(self.missing_share * len(self.items) + 1e-9)
        return max(self.missing_allowed, by_share)

    def with_codes(self, codes: Sequence[str]) -> Scale:
        """The scale with the codes that a study uses, in the order of the items.

        Raises `PlanError` if there are not as many as items.
        """
        if len(codes) != len(self.items):
            raise PlanError(
                f"The scale {self.code} has {len(self.items)} items, and {len(codes)} codes are given. "
                "Give one for each item, in the order of the scale."
            )
        renamed = tuple(replace(item, codes=(code,)) for item, code in zip(self.items, codes, strict=True))
        return replace(self, items=renamed)


def derive_param_sum(
    records: pl.DataFrame,
    scale: Scale,
    *,
    by: Sequence[str] = ("USUBJID", "VISITNUM", "ADT"),
    test: str = "PARAMCD",
    value: str = "AVAL",
    paramtyp: str = "DERIVED",
) -> pl.DataFrame:
    """`records` followed by one record for each assessment whose score can be computed.

    by        what tells one assessment from another
    test      variable with the code of the item
    paramtyp  PARAMTYP of the score, if `records` have that variable

    The score is the weighted sum of the items, reversed ones turned round. An item that is not there, has no value, or
    one outside its range is missing; of an item recorded twice the first with a valid value counts. If more items are
    missing than the scale allows there is no record. With missing items and rule `mean` the sum is multiplied with the
    weights of all items by those of the items there; with `maximum` the part above the lowest sum is multiplied with
    the range of all items by that of the items there; with `zero` missing items have their lowest value.

    The new record has `by`, PARAMCD, PARAM, AVAL, every variable whose value is the same in all items scored, and the
    lineage of all of them; sequence numbers are missing, as no one record has them.

    Source: ADaMIG 1.3, section 4.2 (a new parameter derived from several). Mean of the items there, if at least half
    are: Fayers PM et al., EORTC QLQ-C30 Scoring Manual, 3rd ed., 2001. Highest possible score of the items there: the
    analysis plan of the CDISC pilot study, section 14.2 (ADAS-Cog).
    """
    keys, size = list(by), len(scale.items)
    scored = _valid_items(records, scale, by=keys, test=test, value=value)
    answered = (
        pl.col("_highest").sum() - pl.col("_lowest").sum(),
        pl.col("_weight").sum(),
    )
    above, total = pl.col("_points").sum() - pl.col("_lowest").sum(), pl.col("_points").sum()
    match scale.missing_rule:
        case "mean":
            score = total * sum(item.weight for item in scale.items) / answered[1]
        case "maximum":
            score = above * (scale.highest - scale.lowest) / answered[0] + scale.lowest
        case "zero":
            score = above + scale.lowest
    score = pl.when(pl.len() == size).then(total).otherwise(score)
    if scale.range is not None:
        low, high = scale.range
        score = low + (score - scale.lowest) * (high - low) / (scale.highest - scale.lowest)
    own = {*keys, test, value, "PARAMCD", "PARAM", "PARAMTYP", LINEAGE, BASELINE_LINEAGE}
    others = [name for name in records.columns if name not in own]
    made = (
        scored.group_by(keys, maintain_order=True)
        .agg(
            score.alias("_score"),
            pl.len().alias("_count"),
            *(pl.when(pl.col(name).n_unique() == 1).then(pl.col(name).first()).alias(name) for name in others),
            *united(records.columns),
        )
        .filter(pl.col("_count") >= size - scale.most_missing)
        .with_columns(pl.col("_score").alias(value), pl.lit(scale.code).alias(test))
        .with_columns(PARAMCD=pl.lit(scale.code), PARAM=pl.lit(scale.label), PARAMTYP=pl.lit(paramtyp))
    )
    before = records.with_columns(
        *([pl.lit(None, dtype=pl.String).alias("PARAM")] if "PARAM" not in records.columns else []),
        *([pl.col(test).alias("PARAMCD")] if "PARAMCD" not in records.columns else []),
        pl.col(value).cast(pl.Float64),
    )
    new = made.select(pl.col(name).cast(dtype) for name, dtype in before.schema.items() if name in made.columns)
    return pl.concat([before, new], how="diagonal")


def invalid_items(records: pl.DataFrame, scale: Scale, *, test: str = "PARAMCD", value: str = "AVAL") -> pl.DataFrame:
    """The records of items whose value is outside the item's range; they are not scored."""
    table = _item_table(scale)
    return (
        records.join(table.select(pl.col("_code").alias(test), "_low", "_high"), on=test, how="inner")
        .filter((pl.col(value) < pl.col("_low")) | (pl.col(value) > pl.col("_high")))
        .drop("_low", "_high")
    )


def incomplete_assessments(
    records: pl.DataFrame,
    scale: Scale,
    *,
    by: Sequence[str] = ("USUBJID", "VISITNUM", "ADT"),
    test: str = "PARAMCD",
    value: str = "AVAL",
) -> pl.DataFrame:
    """The assessments that have items but no score, as more are missing than allowed: `by`, `_missing`."""
    keys = list(by)
    codes = _item_table(scale)["_code"].to_list()
    valid = _valid_items(records, scale, by=keys, test=test, value=value).group_by(keys).agg(_there=pl.len())
    return (
        records.filter(pl.col(test).is_in(codes))
        .select(keys)
        .unique(maintain_order=True)
        .join(valid, on=keys, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(_missing=len(scale.items) - pl.col("_there").fill_null(0).cast(pl.Int64))
        .filter(pl.col("_missing") > scale.most_missing)
        .drop("_there")
    )


def _item_table(scale: Scale) -> pl.DataFrame:
    rows = [
        (number, form, code, item.lowest, item.highest, item.weight, item.is_reversed)
        for number, item in enumerate(scale.items)
        for form, code in enumerate(item.codes)
    ]
    schema = {
        "_item": pl.UInt32,
        "_form": pl.UInt32,
        "_code": pl.String,
        "_low": pl.Float64,
        "_high": pl.Float64,
        "_weight": pl.Float64,
        "_reversed": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _valid_items(records: pl.DataFrame, scale: Scale, *, by: Sequence[str], test: str, value: str) -> pl.DataFrame:
    """The one record of each item and assessment that is scored, with `_points`, `_lowest`, `_highest`, `_weight`."""
    points = pl.when("_reversed").then(pl.col("_low") + pl.col("_high") - pl.col(value)).otherwise(pl.col(value))
    return (
        records.join(_item_table(scale), left_on=test, right_on="_code", how="inner", maintain_order="left")
        .filter(pl.col(value).is_between(pl.col("_low"), pl.col("_high")))
        .sort("_form", maintain_order=True)
        .unique([*by, "_item"], keep="first", maintain_order=True)
        .with_columns(
            _points=pl.col("_weight") * points,
            _lowest=pl.col("_weight") * pl.col("_low"),
            _highest=pl.col("_weight") * pl.col("_high"),
        )
    )
