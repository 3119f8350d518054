"""Compares analysis datasets with others, record by record and variable by variable, and explains what differs.

Records are counterparts if their keys are equal. A class of differences is a rule (a condition over both records) with
its reason; a difference that no class explains is unexplained, and a class that explains nothing is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import polars as pl
from pydantic import BeforeValidator, Field

from trialwright.conditions import parse_condition
from trialwright.errors import PlanError, TrialwrightError
from trialwright.marked_yaml import Border, Problems, read_yaml, validate

#: Behind the name of a variable: its value in the other dataset.
ORIGINAL = "_ORIGINAL"

#: How far two numbers may be apart and count as equal: what two programs differ by in the last digits of a double.
RELATIVE, ABSOLUTE = 1e-9, 1e-9

#: What identifies a record, in the order in which it is tried: records without a counterpart by the first keys are
#: matched by the next. Variables that a dataset lacks are left out.
KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "ADSL": (("USUBJID",),),
    "ADAE": (("USUBJID", "AESEQ"),),
    "ADTTE": (("USUBJID", "PARAMCD"),),
    "ADVS": (
        ("USUBJID", "PARAMCD", "VSSEQ", "AVISITN", "ATPTN"),
        ("USUBJID", "PARAMCD", "VSSEQ"),
    ),
    "ADLBC": (("USUBJID", "PARAMCD", "LBSEQ", "AVISITN"), ("USUBJID", "PARAMCD", "LBSEQ")),
    "ADLBH": (("USUBJID", "PARAMCD", "LBSEQ", "AVISITN"), ("USUBJID", "PARAMCD", "LBSEQ")),
    "ADLBHY": (("USUBJID", "PARAMCD", "AVISITN"),),
    "ADQSADAS": (("USUBJID", "PARAMCD", "AVISITN", "QSSEQ"), ("USUBJID", "PARAMCD", "QSSEQ", "DTYPE")),
    "ADQSCIBC": (("USUBJID", "PARAMCD", "AVISITN", "QSSEQ"), ("USUBJID", "PARAMCD", "QSSEQ", "DTYPE")),
    "ADQSNPIX": (
        ("USUBJID", "PARAMCD", "AVISITN", "QSSEQ", "DTYPE"),
        ("USUBJID", "PARAMCD", "AVISITN", "DTYPE"),
        ("USUBJID", "PARAMCD", "QSSEQ", "DTYPE"),
    ),
}

Kind: TypeAlias = Literal["original", "source", "convention", "unknown"]

#: Why the original differs, in words.
KINDS: Mapping[Kind, str] = {
    "original": "the original is in error",
    "source": "the SDTM data are not those that the original was made from",
    "convention": "both are right by their own convention",
    "unknown": "the rule of the original is not known",
}


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


class DifferenceClass(Border):
    """A class of differences.

    dataset    or several
    variables  whose differing values it explains; for records on one side only, leave it out and say `only`
    only       explains records that are in `ours` or in `original` only
    where      condition over the record; of counterparts, X is our value and X_ORIGINAL that of the original
    """

    dataset: Annotated[list[str], BeforeValidator(_as_list)]
    variables: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=list)
    only: Literal["ours", "original"] | None = None
    where: str = ""
    kind: Kind
    reason: str


class ClassesFile(Border):
    """A file with classes of differences."""

    classes: list[DifferenceClass]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value, or one record without a counterpart (`variable` is empty then)."""

    dataset: str
    record: str
    variable: str = ""
    ours: str = ""
    original: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetComparison:
    """How one dataset compares.

    compared   for each variable of both: how many counterparts have a value in at least one of them, or in none
    agreeing   and how many of them agree
    classes    the differences that each class explains, by the number of the class
    """

    name: str
    ours: int
    original: int
    matched: int
    compared: Mapping[str, int]
    agreeing: Mapping[str, int]
    only_ours: tuple[str, ...] = ()
    only_original: tuple[str, ...] = ()
    classes: Mapping[int, tuple[Difference, ...]] = field(default_factory=dict)
    unexplained: tuple[Difference, ...] = ()

    @property
    def agreement(self) -> float:
        """Share of the values with a counterpart that agree."""
        total = sum(self.compared.values())
        return sum(self.agreeing.values()) / total if total else 1.0


def read_classes(paths: Iterable[Path]) -> list[DifferenceClass]:
    """The classes of all files; raises `PlanError` with the place of what is wrong."""
    found: list[DifferenceClass] = []
    problems = Problems()
    for path in paths:
        if path.exists():
            read = validate(read_yaml(path), ClassesFile, problems)
            found.extend(read.classes if read is not None else [])
    problems.raise_if_any()
    return found


def compare_datasets(
    name: str, ours: pl.DataFrame, original: pl.DataFrame, classes: Sequence[DifferenceClass]
) -> DatasetComparison:
    """Our dataset beside the original one, every difference under the first class that explains it."""
    our_records, their_records = _plain(ours), _plain(original)
    shared = [variable for variable in their_records.columns if variable in our_records.columns]
    pairs, only_ours, only_original = _counterparts(our_records, their_records, KEYS[name])
    keys = [key for key in KEYS[name][0] if key in their_records.columns]
    explained: dict[int, list[Difference]] = {}
    unexplained: list[Difference] = []
    agreeing = {}
    masks = _masks(pairs, [c for c in enumerate(classes) if name in c[1].dataset and c[1].only is None])
    for variable in shared:
        differs = pairs.select(_differs(pairs, variable)).to_series()
        agreeing[variable] = pairs.height - int(differs.sum())
        _sort_out(name, pairs, keys, variable, differs, masks, classes, explained, unexplained)
    for side, records in (("ours", only_ours), ("original", only_original)):
        one_sided = [c for c in enumerate(classes) if name in c[1].dataset and c[1].only == side]
        remaining = pl.repeat(value=True, n=records.height, eager=True)
        for number, mask in _masks(records, one_sided).items():
            explained.setdefault(number, []).extend(_records(name, records.filter(mask & remaining), keys, side))
            remaining &= ~mask
        unexplained.extend(_records(name, records.filter(remaining), keys, side))
    return DatasetComparison(
        name=name,
        ours=ours.height,
        original=original.height,
        matched=pairs.height,
        compared=dict.fromkeys(shared, pairs.height),
        agreeing=agreeing,
        only_ours=tuple(variable for variable in our_records.columns if variable not in shared),
        only_original=tuple(variable for variable in their_records.columns if variable not in shared),
        classes={number: tuple(found) for number, found in sorted(explained.items()) if found},
        unexplained=tuple(unexplained),
    )


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Numbers as Float64; empty texts, and blanks at the ends of texts, do not count.

    The original aligns AVISIT of the laboratory datasets to the right, as a display format of SAS left it there.
    """
    texts = [pl.col(name).str.strip_chars().replace("", None) for name, t in frame.schema.items() if t == pl.String]
    numbers = [pl.col(name).cast(pl.Float64) for name, dtype in frame.schema.items() if dtype.is_numeric()]
    return frame.with_columns(*texts, *numbers)


def _counterparts(
    ours: pl.DataFrame, original: pl.DataFrame, keys: Sequence[Sequence[str]]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Counterparts (the original's variables behind ours, as `X_ORIGINAL`), and those of each side that have none."""
    pairs: list[pl.DataFrame] = []
    for wanted in keys:
        present = [key for key in wanted if key in ours.columns and key in original.columns]
        # Records with one key are counterparts in their order; there is at most one, where keys are keys.
        nth = pl.int_range(pl.len()).over(present).alias("_nth")
        left, right = ours.with_columns(nth), original.with_columns(nth)
        renamed = right.rename({name: name + ORIGINAL for name in original.columns})
        joined = left.join(
            renamed,
            left_on=[*present, "_nth"],
            right_on=[*(key + ORIGINAL for key in present), "_nth"],
            how="inner",
            nulls_equal=True,
            maintain_order="left",
            coalesce=False,
        )
        pairs.append(joined.drop("_nth", "_nth_right", strict=False))
        ours = left.join(right, on=[*present, "_nth"], how="anti", nulls_equal=True, maintain_order="left").drop("_nth")
        original = right.join(left, on=[*present, "_nth"], how="anti", nulls_equal=True, maintain_order="left").drop(
            "_nth"
        )
    return pl.concat(pairs), ours, original


def _differs(pairs: pl.DataFrame, variable: str) -> pl.Expr:
    our, their = pl.col(variable), pl.col(variable + ORIGINAL)
    if pairs.schema[variable] != pairs.schema[variable + ORIGINAL]:
        return our.cast(pl.String).ne_missing(their.cast(pl.String))
    if pairs.schema[variable] != pl.Float64:
        return our.ne_missing(their)
    apart = (our - their).abs() > ABSOLUTE + RELATIVE * their.abs()
    return apart.fill_null(our.is_null() != their.is_null())


def _masks(records: pl.DataFrame, classes: Iterable[tuple[int, DifferenceClass]]) -> dict[int, pl.Series]:
    masks = {}
    for number, one in classes:
        try:
            mask = parse_condition(one.where).to_expr(records.schema, dataset=", ".join(one.dataset))
        except TrialwrightError as error:
            raise PlanError(f"The class of differences {one.reason!r} cannot be applied: {error}") from error
        masks[number] = records.select(mask.alias("_mask") if one.where else pl.repeat(True, pl.len())).to_series()
    return masks


def _sort_out(
    name: str,
    pairs: pl.DataFrame,
    keys: Sequence[str],
    variable: str,
    differs: pl.Series,
    masks: Mapping[int, pl.Series],
    classes: Sequence[DifferenceClass],
    explained: dict[int, list[Difference]],
    unexplained: list[Difference],
) -> None:
    """Each differing value of the variable under its class."""
    remaining = differs
    for number, mask in masks.items():
        if variable in classes[number].variables and (mine := remaining & mask).any():
            explained.setdefault(number, []).extend(_values(name, pairs.filter(mine), keys, variable))
            remaining &= ~mask
    if remaining.any():
        unexplained.extend(_values(name, pairs.filter(remaining), keys, variable))


def _values(name: str, pairs: pl.DataFrame, keys: Sequence[str], variable: str) -> list[Difference]:
    return [
        Difference(
            dataset=name,
            record=_record(row, keys),
            variable=variable,
            ours=shown(row[variable]),
            original=shown(row[variable + ORIGINAL]),
        )
        for row in pairs.iter_rows(named=True)
    ]


def _records(name: str, records: pl.DataFrame, keys: Sequence[str], side: str) -> list[Difference]:
    return [
        Difference(dataset=name, record=_record(row, keys), **{side: "record"}) for row in records.iter_rows(named=True)
    ]


def _record(row: Mapping[str, object], keys: Sequence[str]) -> str:
    """`01-701-1015, ALB 12 4`: the subject, then the other keys in their order."""
    others = " ".join(shown(row[key]) for key in keys if key != "USUBJID")
    return ", ".join(part for part in (shown(row["USUBJID"]), others) if part)


def shown(value: object) -> str:
    """A value as the report writes it: whole numbers without a point, a missing one as a dash."""
    if value is None:
        return "-"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
