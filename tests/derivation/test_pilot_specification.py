"""The pilot's specification of derivations: what it says of its variables is what a define.xml needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialwright.derivation import Definitions, read_definitions
from trialwright.standards.terminology import codelist

DERIVATION = Path(__file__).resolve().parents[2] / "bench" / "pilot" / "derivation.yaml"


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return read_definitions(DERIVATION)


def test_every_variable_has_a_label_an_origin_and_a_method(definitions: Definitions) -> None:
    for dataset in definitions.data_definition:
        for variable in dataset.variables:
            where = f"{dataset.name}.{variable.name}"
            assert 0 < len(variable.label) <= 40, where
            assert variable.origin is not None, where
            assert variable.method, where
            assert variable.length is not None, where


def test_codes_of_codelists_and_terms_are_those_of_cdisc(definitions: Definitions) -> None:
    for name, ours in definitions.data_definition.codelists.items():
        if not ours.code:
            assert not any(term.code for term in ours.terms), name
            continue
        theirs = codelist(ours.code, "adamct") or codelist(ours.code)
        assert theirs is not None, name
        codes = {term.value: term.code for term in theirs.terms}
        assert ours.is_extensible == theirs.is_extensible, name
        for term in ours.terms:
            assert term.code == codes.get(term.value, ""), f"{name}, {term.value}"
            assert term.value in codes or theirs.is_extensible, f"{name}, {term.value}"


def test_every_codelist_is_used(definitions: Definitions) -> None:
    used = {variable.codelist for dataset in definitions.data_definition for variable in dataset.variables}
    used |= {
        level.variable.codelist
        for dataset in definitions.data_definition
        for variable in dataset.variables
        for level in variable.value_level
    }
    assert sorted(definitions.data_definition.codelists.keys() - used) == []
