"""Specifications of derivations: everything that is wrong with a file is told at once, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialwright.derivation.engine.specification import definition_parts, read_definitions
from trialwright.errors import PlanError

GOOD = """\
derivation: {title: A study, study: S1, standard: ADaMIG 1.3, terminology: ADaM 2026-03-27}
parts: [more.yaml]
codelists:
  NY: {name: No Yes, terms: [Y, {value: N, decode: No}]}
datasets:
  ADSL:
    label: Subject-Level Analysis Dataset
    kind: SUBJECT LEVEL ANALYSIS DATASET
    keys: [USUBJID]
    steps: [{records: DM}, {compute: {SAFFL: "'Y'"}}]
    variables:
      - {name: USUBJID, label: Unique Subject Identifier, length: 11, origin: Predecessor, method: DM.USUBJID}
      - {name: SAFFL, label: Safety Population Flag, length: 1, codelist: NY, origin: Derived, method: Everybody}
"""
PART = """\
datasets:
  ADAE:
    label: Adverse Events
    keys: [USUBJID]
    steps: [{records: AE}, {join: {from: ADSL, take: SAFFL}}]
    variables:
      - {name: USUBJID, label: Unique Subject Identifier}
      - {from: ADSL, take: [SAFFL]}
"""


def written(folder: Path, text: str, part: str = PART) -> Path:
    (folder / "more.yaml").write_text(part, encoding="utf-8")
    path = folder / "derivation.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_specification_and_its_part_are_read_as_one(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    definitions = read_definitions(path)
    assert list(definitions.datasets) == ["ADSL", "ADAE"]
    data = definitions.data_definition
    flag = data.datasets["ADAE"].variable("SAFFL")
    assert flag is not None
    # Copied variables keep label, length and codelist, and say where they come from.
    assert (flag.label, flag.length, flag.codelist, flag.origin, flag.method) == (
        "Safety Population Flag",
        1,
        "NY",
        "Predecessor",
        "ADSL.SAFFL",
    )
    assert data.codelists["NY"].values == ("Y", "N")
    assert [standard.key for standard in data.standards] == ["ADaMIG 1.3", "ADaM 2026-03-27"]
    assert definition_parts(path) == (tmp_path / "more.yaml",)


def test_the_digest_is_of_all_parts(tmp_path: Path) -> None:
    before = read_definitions(written(tmp_path, GOOD)).digest
    after = read_definitions(written(tmp_path, GOOD, PART.replace("Adverse Events", "Adverse events"))).digest
    assert before != after


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("records: DM", "record: DM", "line 10, column 14: there is no step 'record'. Known are: "),
        ("keys: [USUBJID]", "keys: [SUBJID]", "the key 'SUBJID' is no variable of ADSL"),
        ("codelist: NY", "codelist: YN", "there is no codelist 'YN'"),
        ("\"'Y'\"", '"\'Y"', "this text has no closing quote"),
        ("length: 11", "lenght: 11", "the key 'lenght' is not known here"),
        ("name: SAFFL", "name: USUBJID", "the variable USUBJID stands here a second time"),
        ("  ADSL:", "  ADSL_LONG:", "is no name of a dataset"),
        ("parts: [more.yaml]", "parts: [../more.yaml]", "must lie beside the specification"),
        ("parts: [more.yaml]", "parts: [absent.yaml]", "There is no specification of derivations at"),
        ("derivation: {", "derivatio: {", "there is no section 'derivatio' here"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(PlanError) as error:
        read_definitions(path)
    assert told in str(error.value)
    assert "derivation.yaml" in str(error.value)


def test_a_dataset_defined_in_two_files_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD, PART.replace("ADAE:", "ADSL:"))
    with pytest.raises(PlanError, match=r"more\.yaml, line 2, column 3: the dataset 'ADSL' is defined a second time"):
        read_definitions(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="There is no specification of derivations at"):
        read_definitions(tmp_path / "derivation.yaml")
