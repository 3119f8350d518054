"""The commands of design that need no study: what they print, as JSON too, and what they refuse."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trialwright.study import example_path

Run = Callable[..., Any]


def printed(trialwright: Run, *words: str) -> Any:
    finished = trialwright("design", *words, "--json")
    assert finished.code == 0, finished.err
    return json.loads(finished.out)


def test_the_size_of_two_means_is_told_and_printed_as_json(trialwright: Run) -> None:
    words = ("sample-size", "two-means", "--difference", "3.8", "--sd", "7.5")

    told = trialwright("design", *words)
    result = printed(trialwright, *words)

    assert told.out.startswith("166 subjects (one-sided alpha 0.025, power 0.9)\n")
    # R 4.2.2: power.t.test(delta=3.8, sd=7.5, sig.level=0.025, power=0.9, alternative="one.sided", tol=1e-13)
    assert result["n_exact"] == pytest.approx(2 * 82.8340872065, abs=1e-7)
    assert (result["n_experimental"], result["n_control"]) == (83, 83)


def test_subjects_in_place_of_power_give_the_power(trialwright: Run) -> None:
    result = printed(trialwright, "sample-size", "two-means", "--difference", "3.8", "--sd", "7.5", "--subjects", "166")

    assert result["power"] == pytest.approx(0.900575, abs=1e-6)  # the size above, read back


def test_dropouts_are_randomized_in_addition(trialwright: Run) -> None:
    told = trialwright("design", "sample-size", "two-means", "--difference", "3.8", "--sd", "7.5", "--dropout", "0.12")

    assert "189 with 0.12 lost" in told.out  # 166 / 0.88 = 188.6


def test_events_and_subjects_of_a_time_to_an_event(trialwright: Run) -> None:
    result = printed(
        trialwright, "sample-size", "survival", "--control-median", "12", "--hazard-ratio", "0.7",
        "--accrual-rate", "20", "--accrual", "24", "--followup", "12",
    )  # fmt: skip

    # As many in 24 months as are needed, 494.755, not the 480 of the rate that was given.
    assert result["accrual"]["rates"] == [pytest.approx(494.755 / 24, abs=1e-3)]
    # Schoenfeld by hand: (1.95996 + 1.28155)^2 / (0.25 * ln(0.7)^2) = 330.38
    assert result["events_exact"] == pytest.approx(330.378, abs=1e-2)


def test_bounds_of_a_group_sequential_design(trialwright: Run) -> None:
    result = printed(trialwright, "group-sequential", "--looks", "3", "--efficacy", "pocock", "--power", "0.8")

    # Jennison and Turnbull 2000, table 2.1: C_P(3, 0.05) = 2.289
    assert result["design"]["efficacy_bounds"] == pytest.approx([2.289] * 3, abs=5e-4)


def test_no_effect_is_found_as_often_as_alpha_allows(trialwright: Run) -> None:
    result = printed(
        trialwright, "simulate", "--control-median", "12", "--hazard-ratio", "1", "--subjects", "300",
        "--events", "200", "--accrual-rate", "25", "--looks", "2", "--trials", "4000", "--seed", "7",
    )  # fmt: skip
    power = result["behavior"]["power"]

    assert abs(power["value"] - 0.025) <= 3 * power["standard_error"]


def test_the_same_seed_gives_the_same_bytes(trialwright: Run) -> None:
    words = (
        "design", "simulate", "--control-median", "12", "--hazard-ratio", "0.7", "--subjects", "200",
        "--events", "120", "--accrual-rate", "25", "--trials", "300", "--json", "--seed",
    )  # fmt: skip

    assert trialwright(*words, "3").out == trialwright(*words, "3").out
    assert trialwright(*words, "3").out != trialwright(*words, "4").out


def test_the_decision_table_of_boin(trialwright: Run) -> None:
    result = printed(trialwright, "escalation", "boin", "--target", "0.3")

    # Liu S, Yuan Y. JRSS C 2015;64:507-523, table 1: 0.236 and 0.358 for a target of 0.3
    assert result["design"]["lambda_escalate"] == pytest.approx(0.236, abs=6e-4)
    assert result["design"]["lambda_deescalate"] == pytest.approx(0.358, abs=6e-4)


def test_simon_s_designs(trialwright: Run) -> None:
    told = trialwright("design", "stages", "simon", "--null", "0.1", "--alternative", "0.3")

    # Simon R. Controlled Clinical Trials 1989;10:1-10, table 1: optimal 1/10 5/29, minimax 1/15 5/25
    assert "1/10  5/29" in told.out
    assert "1/15  5/25" in told.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sample-size", "two-means", "--difference", "0", "--sd", "7"), "difference"),
        (("sample-size", "two-means", "--difference", "3", "--sd", "7", "--dropout", "1"), "--dropout must lie"),
        (
            ("sample-size", "one-mean", "--difference", "3", "--sd", "7", "--margin", "-2", "--equivalence", "-2", "2"),
            "Give one of them",
        ),
        (
            ("sample-size", "survival", "--control-median", "12", "--hazard-ratio", "1", "--accrual-rate", "20",
             "--accrual", "24", "--followup", "12"),
            "hazard",
        ),
        (("sample-size", "clusters", "--icc", "0.1", "--cluster-size", "10"), "--difference and --sd"),
        (("group-sequential", "--at", "0.5", "--at", "0.4", "--at", "1"), "increas"),
        (("group-sequential", "--efficacy", "kim-demets"), "needs its parameter rho"),
        (("escalation", "boin", "--target", "1.3"), "target"),
        (("stages", "simon", "--null", "0.3", "--alternative", "0.1"), "alternative"),
        (
            ("simulate", "--control-median", "12", "--hazard-ratio", "0.7", "--subjects", "100", "--events", "150",
             "--accrual-rate", "25"),
            "150 events",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(trialwright: Run, words: tuple[str, ...], said: str) -> None:
    finished = trialwright("design", *words)

    assert finished.code == 2
    assert finished.err.startswith("Error: ")
    assert said in finished.err
    assert "Traceback" not in finished.err


def test_an_edited_report_is_kept_until_it_may_be_overwritten(trialwright: Run, tmp_path: Path) -> None:
    for name in ("study.json", "design.yaml"):
        shutil.copy(example_path("calm12", name), tmp_path / name)
    assert trialwright("design", tmp_path, "--trials", 100).code == 0
    report, design = tmp_path / "documents" / "design.en.docx", tmp_path / "design.yaml"
    report.write_bytes(report.read_bytes() + b"edited")
    design.write_text(design.read_text(encoding="utf-8").replace("mean: 3.0", "mean: 2.5"), encoding="utf-8")

    refused = trialwright("design", tmp_path)
    kept = report.read_bytes()
    forced = trialwright("design", tmp_path, "--overwrite")

    assert refused.code == 2
    assert "would overwrite documents/design.en.docx" in refused.err
    assert kept.endswith(b"edited")
    assert forced.code == 0
    assert "write design   the design report" in forced.out
    assert not report.read_bytes().endswith(b"edited")
    assert [path.read_bytes() for path in (tmp_path / "kept").rglob("*.docx")] == [kept]


def test_a_design_needs_no_study_definition(trialwright: Run, tmp_path: Path) -> None:
    shutil.copy(example_path("calm12", "design.yaml"), tmp_path / "design.yaml")

    finished = trialwright("design", tmp_path, "--trials", 100)

    assert finished.code == 0, finished.err
    assert (tmp_path / "documents" / "design.en.docx").is_file()
    assert "needs study.json" in trialwright("rehearse", tmp_path).err


def test_what_is_no_folder_and_no_command_is_refused(trialwright: Run) -> None:
    finished = trialwright("design", "simulat")

    assert finished.code == 2
    assert "simulat is neither a folder that there is nor a command of `trialwright design`" in finished.err
    assert "simulate" in finished.err
