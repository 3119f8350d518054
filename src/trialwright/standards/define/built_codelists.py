"""Codelists made of the data, for variables whose specification names none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from trialwright.standards.datasets import Dataset
from trialwright.standards.define.documents import identifier
from trialwright.standards.define.observed import is_flag
from trialwright.standards.metadata import Codelist, CodelistTerm, VariableType

#: A text with more different values than this is described by no list, unless it names parameters or visits.
MOST_VALUES = 20
_LONGEST_VALUE = 200
#: Variables that always have a list.
_LISTED = frozenset({"PARAMCD", "PARAM", "PARAMN", "AVISIT", "AVISITN", "DTYPE", "PARCAT1", "QNAM"})
#: Variables with few values in small data, which are no terms all the same.
_UNLISTED_ENDINGS = (
    "ID", "TERM", "DTC", "DTM", "DT", "TM", "ORRES", "STRESC", "STRESN", "SEQ", "DY", "DUR", "SPID", "REFID", "COVAL",
    "MODIFY", "DECOD", "LLT", "HLT", "HLGT", "BODSYS", "SOC", "QVAL", "AVALC", "TRT", "DOSE", "DESC", "INVNAM",
)  # fmt: skip
#: How names of codes end, and what the names of their texts have instead.
_DECODES = (("TESTCD", "TEST"), ("PARMCD", "PARM"), ("ARMCD", "ARM"), ("QNAM", "QLABEL"), ("ETCD", "ELEMENT"))
_UNLISTED = frozenset({"STUDYID", "DOMAIN", "USUBJID", "SUBJID", "SITEID", "RDOMAIN", "IDVAR", "IDVARVAL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    dataset: str
    variable: str
    codelist: Codelist


def codelists_of_data(
    datasets: Mapping[str, Dataset], without: Mapping[str, set[str]]
) -> tuple[dict[str, Codelist], dict[tuple[str, str], str]]:
    """The codelists by id, and for each dataset and variable that has one its id.

    without  by dataset, the variables that have a codelist already

    A list has the values that occur, in the order of the number that goes with them (`AVISITN` of `AVISIT`), else of
    the alphabet. A code has the text that goes with it as its decode: `PARAM` of `PARAMCD`, `AVISIT` of `AVISITN`. The
    same list of a variable of several datasets is one.
    """
    found = [one for name, dataset in datasets.items() for one in _lists_of(dataset, without.get(name, set()))]
    codelists: dict[str, Codelist] = {}
    ids: dict[tuple[str, str], str] = {}
    for one in found:
        shared = identifier("CL", one.variable)
        own = identifier("CL", one.dataset, one.variable)
        id = shared if shared not in codelists or codelists[shared].terms == one.codelist.terms else own
        codelists.setdefault(
            id,
            Codelist(
                id=id,
                name=one.codelist.name if id == shared else f"{one.codelist.name} ({one.dataset})",
                type=one.codelist.type,
                terms=one.codelist.terms,
                is_nonstandard=True,
            ),
        )
        ids[one.dataset, one.variable] = id
    return codelists, ids


def _lists_of(dataset: Dataset, without: set[str]) -> Iterator[_Found]:
    for name in dataset.frame.columns:
        if name in without or not _may_have_list(name):
            continue
        values = dataset.frame.get_column(name)
        partner = decode_of(name, dataset.frame.columns)
        is_text = values.dtype == pl.String
        if not is_text and (partner is None or not values.dtype.is_numeric()):
            continue
        terms = _terms(dataset.frame, name, partner)
        if terms is None:
            continue
        kind: VariableType = "text" if is_text else "integer"
        label = dataset.labels.get(name, "") or name
        yield _Found(dataset=dataset.name, variable=name, codelist=Codelist(id="", name=label, type=kind, terms=terms))


def _may_have_list(name: str) -> bool:
    return name in _LISTED or is_flag(name) or (name not in _UNLISTED and not name.endswith(_UNLISTED_ENDINGS))


def decode_of(name: str, columns: Sequence[str]) -> str | None:
    """The variable that says in words what this one codes."""
    if name == "PARAMCD":
        return "PARAM" if "PARAM" in columns else None
    for code, words in (
        ("TESTCD", "TEST"),
        ("PARMCD", "PARM"),
        ("ARMCD", "ARM"),
        ("QNAM", "QLABEL"),
        ("ETCD", "ELEMENT"),
    ):
        if name.endswith(code) and name.removesuffix(code) + words in columns:
            return name.removesuffix(code) + words
    if name.endswith("N") and name[:-1] in columns:
        return name[:-1]
    return None


def _terms(frame: pl.DataFrame, name: str, partner: str | None) -> tuple[CodelistTerm, ...] | None:
    """The values with their decodes; None where they are no terms: none, too many, too long, or several decodes."""
    number = "VISITNUM" if name == "VISIT" else f"{name}N"
    order = number if number in frame.columns and frame.schema[number].is_numeric() else None
    read = [name, *([partner] if partner else []), *([order] if order else [])]
    rows = frame.select(read).drop_nulls(name).unique()
    values = rows.get_column(name)
    if rows.is_empty() or (name not in _LISTED and values.n_unique() > MOST_VALUES):
        return None
    if values.dtype == pl.String and values.str.len_chars().max() > _LONGEST_VALUE:  # type: ignore[operator]  # texts
        return None
    if partner is not None and (values.n_unique() != rows.select(name, partner).unique().height):
        if values.dtype != pl.String:
            return None
        partner = None
    if values.dtype.is_float() and not (values == values.round(0)).all():
        return None
    rows = rows.sort([order, name] if order else [name], nulls_last=True).unique(
        name, keep="first", maintain_order=True
    )
    words = rows.get_column(partner).to_list() if partner else [""] * rows.height
    return tuple(
        CodelistTerm(value=_text(value), decode="" if word is None else _text(word).strip(), order=position)
        for position, (value, word) in enumerate(zip(rows.get_column(name).to_list(), words, strict=True), start=1)
    )


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
