"""The pilot's analysis datasets, derived from its SDTM, beside the original ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pyarrow.parquet
import pytest
from bench.pilot.adam_comparison import KEYS
from bench.pilot.derivation import Comparison, compare_all, compare_tables
from bench.run_pilot_sdtm import plan_texts

from trialwright.derivation import Derived, read_definitions
from trialwright.derivation.engine.run import derive_datasets
from trialwright.standards import read_datasets, write_datasets

DERIVATION = Path(__file__).resolve().parents[2] / "bench" / "pilot" / "derivation.yaml"

TRIALWRIGHT = (sys.executable, "-m", "trialwright")

pytestmark = pytest.mark.expensive

#: The least share of values that agree, of those that have a counterpart.
AGREEMENT: Mapping[str, float] = {
    "ADSL": 0.9999,
    "ADAE": 1,
    "ADTTE": 1,
    "ADVS": 1,
    "ADLBC": 0.9995,
    "ADLBH": 0.9995,
    "ADLBHY": 0.9999,
    "ADQSADAS": 0.9996,
    "ADQSCIBC": 0.9996,
    "ADQSNPIX": 0.9996,
}

#: Variables whose label in the original is that of another variable or no label, or not the one that ADSL has.
CORRECTED_LABELS: Mapping[str, set[str]] = {
    "ADQSADAS": {"ITTFL", "CHG", "ABLFL"},
    "ADQSCIBC": {"ITTFL"},
    "ADQSNPIX": {"ITTFL"},
}


@pytest.fixture(scope="module")
def original(shared: Path) -> Path:
    return shared / "data" / "cdiscpilot01" / "adam"


@pytest.fixture(scope="module")
def derived(shared: Path) -> Derived:
    return derive_datasets(read_definitions(DERIVATION), read_datasets(shared / "data" / "cdiscpilot01" / "sdtm"))


@pytest.fixture(scope="module")
def comparison(derived: Derived, original: Path) -> Comparison:
    return compare_all({name: dataset.frame for name, dataset in derived.datasets.items()}, original)


def test_every_dataset_of_the_original_is_derived(comparison: Comparison) -> None:
    assert comparison.missing == []


@pytest.mark.parametrize("name", list(KEYS))
def test_values_agree(comparison: Comparison, name: str) -> None:
    found = next(one for one in comparison.datasets if one.name == name)
    assert found.agreement >= AGREEMENT[name]


def test_every_difference_is_explained(comparison: Comparison) -> None:
    assert comparison.unexplained == []


def test_every_class_explains_something(comparison: Comparison) -> None:
    assert comparison.unused == []


@pytest.mark.parametrize("name", list(KEYS))
def test_variables_and_labels_are_those_of_the_original(derived: Derived, original: Path, name: str) -> None:
    schema = pyarrow.parquet.read_schema(original / f"{name.lower()}.parquet")
    labels = {field.name: field.metadata[b"label"].decode() for field in schema}
    dataset = derived.datasets[name]
    differing = {variable for variable, label in labels.items() if dataset.labels[variable] != label}
    assert differing == CORRECTED_LABELS.get(name, set())
    assert dataset.frame.columns == list(labels)


@pytest.mark.parametrize("name", list(KEYS))
def test_texts_fit_their_lengths_and_codelists(derived: Derived, name: str) -> None:
    definition = read_definitions(DERIVATION).data_definition
    frame = derived.datasets[name].frame
    for variable in definition.datasets[name].variables:
        values = frame[variable.name].drop_nulls()
        if variable.type == "text" and variable.length is not None and values.len():
            longest = values.str.len_bytes().max()
            assert isinstance(longest, int)
            assert longest <= variable.length, variable.name
        codelist = definition.codelist_of(variable)
        if codelist is not None and codelist.terms:
            terms = set(codelist.values)
            shown = {f"{value:g}" if isinstance(value, float) else str(value) for value in values.unique()}
            assert shown <= terms, variable.name


@pytest.mark.parametrize("name", list(KEYS))
def test_keys_identify_records(derived: Derived, name: str) -> None:
    keys = read_definitions(DERIVATION).data_definition.datasets[name].keys
    assert not derived.datasets[name].frame.select(keys).is_duplicated().any()


@pytest.mark.parametrize("name", list(KEYS))
def test_every_row_has_sources(derived: Derived, name: str) -> None:
    rows = derived.lineage[name]["row"].unique().sort()
    assert rows.to_list() == list(range(derived.datasets[name].frame.height))


def test_an_event_in_adtte_comes_from_its_adverse_event(derived: Derived) -> None:
    """SRCSEQ names the adverse event; the lineage has it too."""
    adtte = derived.datasets["ADTTE"].frame.with_row_index("row")
    events = adtte.filter(pl.col("CNSR") == 0).select(pl.col("row").cast(pl.UInt32), "USUBJID", seq="SRCSEQ")
    sources = derived.lineage["ADTTE"].filter(pl.col("domain") == "AE").select("row", "USUBJID", "seq")
    assert sources.sort("row").equals(events.sort("row"))


def test_every_changed_cell_of_the_tables_has_its_reason(derived: Derived, shared: Path, tmp_path: Path) -> None:
    """The 30 tables of our datasets beside those of the original ones."""
    data = shared / "data"
    ours = tmp_path / "adam"
    write_datasets(derived.datasets, ours)
    for name, text in plan_texts().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for folder, adam in (("ours", ours), ("original", data / "cdiscpilot01" / "adam")):
        place = str(tmp_path / folder)
        usdm = str(data / "usdm" / "CDISC_Pilot_Study.json")
        sources = ["--adam", str(adam), "--sdtm", str(data / "cdiscpilot01" / "sdtm")]
        plan = str(tmp_path / "plan.yaml")
        subprocess.run([*TRIALWRIGHT, "new", place, "--usdm", usdm, "--plan", plan, *sources], check=True)
        subprocess.run([*TRIALWRIGHT, "display", place], check=True)
    tables = compare_tables(tmp_path / "ours" / "displays", tmp_path / "original" / "displays")
    assert tables.cells == 14_784
    assert [cell for cell, reason in tables.changed if not reason] == []
    assert tables.unused == []
    assert len(tables.changed) == 141
