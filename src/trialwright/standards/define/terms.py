"""Codelists of CDISC terminology: of what the data have, and with the codes of NCI EVS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from trialwright.standards.datasets import Dataset
from trialwright.standards.define.built_codelists import decode_of
from trialwright.standards.define.documents import identifier
from trialwright.standards.metadata import Codelist, CodelistTerm, StandardReference
from trialwright.standards.terminology import codelist, terminology_version

#: Packages in which a list is looked up, with the name of their publishing set.
_PACKAGES = {"sdtmct": "SDTM", "adamct": "ADaM"}
#: How lists are called whose values are words already.
_NAMES = ("Test Name", "Parameter Name")
_CODE = re.compile(r"C\d+")


def is_code(text: str) -> bool:
    """Whether this is a C-code of NCI EVS, and not the id of a codelist of the study."""
    return _CODE.fullmatch(text) is not None


def terminology_of_data(
    datasets: Mapping[str, Dataset], codes: Mapping[tuple[str, str], str]
) -> tuple[dict[str, Codelist], dict[tuple[str, str], str]]:
    """The codelists by id, and for each dataset and variable that has one its id.

    codes  by dataset and variable, the C-code of the list that the standard names

    A code of a test has the test's name in the data as its decode, names of tests have none, and other terms the
    preferred term of NCI EVS. A list has the terms that occur in any variable that takes its values from it, in the
    order of the terminology, and then those that the sponsor added. A variable without values, or of a list that we
    have not, has none.
    """
    used: dict[str, dict[str, str]] = {}
    by_code: dict[str, list[tuple[str, str]]] = {}
    for (dataset, variable), code in codes.items():
        values = datasets[dataset].frame.get_column(variable)
        if values.dtype != pl.String or _standard_list(code) is None:
            continue
        words = _words(datasets[dataset].frame, variable)
        terms_used = used.setdefault(code, {})
        for value in values.drop_nulls().unique().sort():
            if value:
                terms_used[value] = terms_used.get(value) or words.get(value, "")
        by_code.setdefault(code, []).append((dataset, variable))
    lists: dict[str, Codelist] = {}
    ids: dict[tuple[str, str], str] = {}
    for code, values_used in used.items():
        known = _standard_list(code)
        if known is None or not values_used:
            continue
        standard_list, standard = known
        terms = [term for term in standard_list.terms if term.value in values_used]
        added = sorted(values_used.keys() - {term.value for term in terms})
        terms += [CodelistTerm(value=value, decode=value, extends=True) for value in added]
        if standard_list.name.endswith(_NAMES):
            terms = [replace(term, decode="") for term in terms]
        else:
            terms = [replace(term, decode=values_used[term.value] or term.decode) for term in terms]
        id = identifier("CL", code)
        lists[id] = replace(
            standard_list,
            id=id,
            terms=tuple(replace(term, order=number) for number, term in enumerate(terms, start=1)),
            # A define.xml does not say whether a list may be extended.
            is_extensible=False,
            standard=standard.key,
        )
        ids.update(dict.fromkeys(by_code[code], id))
    return lists, ids


def _words(frame: pl.DataFrame, variable: str) -> dict[str, str]:
    """What the data call each value of a code: `LBTEST` of `LBTESTCD`."""
    partner = decode_of(variable, frame.columns)
    if partner is None:
        return {}
    pairs = frame.select(variable, partner).drop_nulls().unique(maintain_order=True)
    return {str(value): str(words).strip() for value, words in reversed(pairs.rows())}


def with_terminology(lists: Mapping[str, Codelist]) -> dict[str, Codelist]:
    """The lists with the codes of their terms and their standard where they name the list's C-code.

    Values that the terminology has not are marked as added. Lists without code are the sponsor's own.
    """
    return {id: _with_codes(found) for id, found in lists.items()}


def standards_of(lists: Mapping[str, Codelist]) -> tuple[StandardReference, ...]:
    """The terminology that the lists name."""
    named = {found.standard for found in lists.values()}
    return tuple(standard for standard in map(_standard, _PACKAGES) if standard.key in named)


def _with_codes(found: Codelist) -> Codelist:
    plain = replace(found, is_extensible=False)
    if found.standard or found.dictionary:
        return plain
    known = _standard_list(found.code) if found.code else None
    if known is None:
        return replace(plain, is_nonstandard=True)
    standard_list, standard = known
    codes = {term.value: term.code for term in standard_list.terms}
    terms = tuple(
        replace(term, code=term.code or codes.get(term.value, ""), extends=term.value not in codes)
        for term in found.terms
    )
    return replace(plain, terms=terms, standard=standard.key)


def _standard_list(code: str) -> tuple[Codelist, StandardReference] | None:
    for package in _PACKAGES:
        found = codelist(code, package)
        if found is not None:
            return found, _standard(package)
    return None


def _standard(package: str) -> StandardReference:
    return StandardReference(
        name="CDISC/NCI", version=terminology_version(package), type="CT", publishing_set=_PACKAGES[package]
    )
