"""Controlled terminology: the compact files hold what CDISC's packages hold, and making them again changes nothing."""

from __future__ import annotations

import importlib.util
import json
import lzma
import re
from pathlib import Path
from types import ModuleType

import pytest

from trialwright.errors import DataError
from trialwright.standards.metadata import Codelist
from trialwright.standards.terminology import codelist, terminology_version, terms_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    path = ROOT / "maintenance" / "make_terminology.py"
    spec = importlib.util.spec_from_file_location("make_terminology", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_codelist_is_found_by_its_code_and_by_its_name() -> None:
    by_code, by_name = codelist("C66742"), codelist("NY")

    # NCI EVS: C66742 No Yes Response, not extensible; Y is C49488, N C49487, U C17998, NA C48660.
    assert by_code is not None
    assert by_code == by_name
    assert (by_code.name, by_code.is_extensible) == ("No Yes Response", False)
    assert {term.value: (term.code, term.decode) for term in by_code.terms} == {
        "N": ("C49487", "No"),
        "NA": ("C48660", "Not Applicable"),
        "U": ("C17998", "Unknown"),
        "Y": ("C49488", "Yes"),
    }


@pytest.mark.parametrize(
    ("name", "values", "is_extensible"),
    # CDISC SDTM Controlled Terminology 2024-03-29.
    [
        ("SEX", {"F", "M", "U", "INTERSEX"}, False),
        ("AESEV", {"MILD", "MODERATE", "SEVERE"}, False),
        ("ND", {"NOT DONE"}, False),
        ("NRIND", {"ABNORMAL", "HIGH", "LOW", "NORMAL"}, True),
        ("AGEU", {"DAYS", "HOURS", "MONTHS", "WEEKS", "YEARS"}, False),
        ("IECAT", {"EXCLUSION", "INCLUSION"}, False),
    ],
)
def test_the_values_of_a_codelist_are_the_published_ones(name: str, values: set[str], is_extensible: bool) -> None:
    found = codelist(name)

    assert found is not None
    assert set(found.values) == values
    assert found.is_extensible is is_extensible


def test_lists_of_adam_are_read_from_their_own_package() -> None:
    assert "LOCF" in terms_of("DTYPE", package="adamct")
    assert codelist("DTYPE") is None
    assert terms_of("NO SUCH LIST") == frozenset()
    assert (terminology_version(), terminology_version("adamct")) == ("2024-03-29", "2026-03-27")
    with pytest.raises(DataError, match=r"no package of controlled terminology 'sendct'"):
        codelist("NY", package="sendct")


def test_short_names_of_tests_are_short_names() -> None:
    # SDTMIG 3.4, section 4.2.1: at most 8 characters. The package itself has RDW-CV, with a hyphen.
    for name in ("LBTESTCD", "VSTESTCD", "EGTESTCD", "PCTESTCD", "ADCTC", "TSPARMCD"):
        odd = [value for value in terms_of(name) if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,7}", value)]
        assert odd == (["RDW-CV"] if name == "LBTESTCD" else []), name


def test_making_the_files_again_changes_no_byte(shared: Path, maker: ModuleType, tmp_path: Path) -> None:
    assert maker.main([str(shared / "data/standards"), "--out", str(tmp_path)]) == 0

    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in maker.DATA.glob("*.xz")}
    assert sorted(made) == sorted(kept)
    for name, content in made.items():
        assert content == kept[name], name


def test_every_value_is_one_of_the_package_and_extensible_as_there(shared: Path, maker: ModuleType) -> None:
    source = json.loads(lzma.decompress((shared / "data/standards/sdtmct-2024-03-29.json.xz").read_bytes()))
    made = json.loads(lzma.decompress((maker.DATA / "sdtmct-2024-03-29.json.xz").read_bytes()))["codelists"]

    assert set(made) == set(source) - {"package"}
    for code, entry in made.items():
        assert entry["extensible"] == source[code]["extensible"]
        assert {value for value, _, _ in entry["terms"]} <= set(source[code]["allowed_terms"])
        assert len({value for value, _, _ in entry["terms"]}) == len(entry["terms"]) > 0


def test_a_flat_list_is_split_where_known_terms_begin(maker: ModuleType) -> None:
    # The row of C66742 (NY) in the flat package of 2024-03-29.
    row = "No|N|No|Not Applicable|NA|NA|Not Applicable|Unknown|U|U|UNK|Unknown|Yes|Y|Yes".split("|")  # noqa: SIM905 (one row, as it stands in the file)
    known = [("N", "C49487", "No"), ("U", "C17998", "Unknown"), ("Y", "C49488", "Yes")]

    terms = maker.split_terms(row, known)

    # NA is not among the known ones, but in capitals and between N and U.
    assert terms == [
        ("N", "C49487", "No"),
        ("NA", "", "Not Applicable"),
        ("U", "C17998", "Unknown"),
        ("Y", "C49488", "Yes"),
    ]


def test_a_concept_has_the_same_preferred_term_in_every_list() -> None:
    terms = [term for name in ("C67152", "C66738", "C67154", "C65047") for term in _list(name).terms if term.code]
    words: dict[str, set[str]] = {}
    for term in terms:
        words.setdefault(term.code, set()).add(term.decode)

    assert [code for code, decodes in words.items() if len(decodes) > 1] == []
    # NCI EVS: C70793 is Clinical Study Sponsor, C98746 Intervention Model.
    assert words["C70793"] == {"Clinical Study Sponsor"}
    assert words["C98746"] == {"Intervention Model"}


def _list(name: str) -> Codelist:
    found = codelist(name)
    assert found is not None
    return found
