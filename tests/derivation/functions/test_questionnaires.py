"""Scales scored from items, by hand-worked values and by the scores that the CDISC pilot recorded."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from trialwright.derivation.functions.questionnaires import (
    Item,
    Scale,
    derive_param_sum,
    incomplete_assessments,
    invalid_items,
)
from trialwright.derivation.functions.scales import SCALES
from trialwright.errors import PlanError

BY = ["USUBJID", "VISITNUM"]


def answers(values: dict[str, float | None], *, subject: str = "01") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "USUBJID": [subject] * len(values),
            "VISITNUM": [3.0] * len(values),
            "PARAMCD": list(values),
            "AVAL": list(values.values()),
            "QSSEQ": range(1, len(values) + 1),
            "SITEID": ["701"] * len(values),
        },
        schema_overrides={"USUBJID": pl.String, "PARAMCD": pl.String, "AVAL": pl.Float64},
    )


def score(values: dict[str, float | None], scale: Scale) -> float | None:
    made = derive_param_sum(answers(values), scale, by=BY).filter(pl.col("PARAMCD") == scale.code)["AVAL"]
    return made.item() if len(made) else None


def scale(**changes: object) -> Scale:
    items = (
        Item(codes=("I1",), highest=4),
        Item(codes=("I2",), highest=4),
        Item(codes=("I3",), highest=8),
        Item(codes=("I4",), highest=4),
    )
    return Scale(code="TOT", label="Total", items=items, **changes)  # type: ignore[arg-type]


def test_published_scales_have_their_published_ranges() -> None:
    # Rosen 1984: 0 to 70; Hamilton 1959: 0 to 56, psychic and somatic anxiety 0 to 28; Hamilton 1960: 17 items, 52;
    # Kroenke 2001: 0 to 27; Spitzer 2006: 0 to 21; Cummings 1994: 10 domains 0 to 120, 12 domains 0 to 144.
    assert {name: (one.lowest, one.highest) for name, one in SCALES.items()} == {
        "adas_cog_11": (0, 70),
        "hama": (0, 56),
        "hama_psychic": (0, 28),
        "hama_somatic": (0, 28),
        "hamd_17": (0, 52),
        "phq_9": (0, 27),
        "gad_7": (0, 21),
        "npi_10": (0, 120),
        "npi_12": (0, 144),
    }


def test_the_two_halves_of_hama_are_its_items() -> None:
    halves = [*SCALES["hama_psychic"].items, *SCALES["hama_somatic"].items]
    assert sorted(halves, key=lambda item: item.codes) == sorted(SCALES["hama"].items, key=lambda item: item.codes)


def test_a_complete_assessment_is_summed() -> None:
    assert score({"I1": 1, "I2": 0, "I3": 7, "I4": 2}, scale()) == 10


def test_without_a_rule_no_item_may_be_missing() -> None:
    assert score({"I1": 1, "I2": 0, "I3": 7, "I4": None}, scale()) is None
    assert score({"I1": 1, "I2": 0, "I3": 7}, scale()) is None


def test_missing_items_count_as_the_mean_of_the_others() -> None:
    # (1 + 0 + 7) / 3 items x 4 items = 32 / 3
    assert score({"I1": 1, "I2": 0, "I3": 7}, scale(missing_allowed=1)) == pytest.approx(32 / 3, rel=1e-12)


def test_missing_items_are_prorated_by_the_highest_score() -> None:
    # (1 + 0 + 2) x 20 / 12: the item that goes to 8 is missing.
    assert score({"I1": 1, "I2": 0, "I4": 2}, scale(missing_allowed=1, missing_rule="maximum")) == 5


def test_missing_items_can_count_as_their_lowest_value() -> None:
    assert score({"I1": 1, "I2": 0, "I4": 2}, scale(missing_allowed=1, missing_rule="zero")) == 3


def test_a_share_of_items_that_may_be_missing_is_rounded_down() -> None:
    assert SCALES["adas_cog_11"].most_missing == 0
    assert scale(missing_share=0.3).most_missing == 1  # 0.3 of 4
    assert scale(missing_share=0.75).most_missing == 3
    assert scale(missing_share=0.3, missing_allowed=2).most_missing == 2


def test_weights_multiply_and_reversed_items_are_turned_round() -> None:
    turned = Scale(
        code="TOT",
        label="Total",
        items=(Item(codes=("I1",), lowest=1, highest=5, is_reversed=True), Item(codes=("I2",), highest=4, weight=2.5)),
    )
    # 1 + 5 - 2 = 4, and 2.5 x 3 = 7.5
    assert score({"I1": 2, "I2": 3}, turned) == 11.5


def test_the_weighted_mean_makes_up_for_missing_items() -> None:
    weighted = Scale(
        code="TOT",
        label="Total",
        items=(Item(codes=("I1",), highest=4), Item(codes=("I2",), highest=4, weight=3)),
        missing_allowed=1,
    )
    # 3 x 2 = 6 of weight 3; 6 x 4 / 3
    assert score({"I2": 2}, weighted) == 8


def test_a_score_can_be_moved_to_another_range() -> None:
    # Four items 1 to 4 with a mean of 2.5: (2.5 - 1) / 3 x 100 = 50, as the EORTC scoring manual has it.
    function = Scale(
        code="PF",
        label="Function",
        items=tuple(Item(codes=(f"I{number}",), lowest=1, highest=4) for number in range(1, 5)),
        missing_share=0.5,
        range=(0, 100),
    )
    assert score({"I1": 1, "I2": 2, "I3": 3, "I4": 4}, function) == pytest.approx(50, rel=1e-12)
    # Half of the items are there, mean 1.5: (1.5 - 1) / 3 x 100
    assert score({"I1": 1, "I2": 2}, function) == pytest.approx(50 / 3, rel=1e-12)
    assert score({"I1": 1}, function) is None


def test_an_item_outside_its_range_is_missing_and_told() -> None:
    values: dict[str, float | None] = {"I1": 1, "I2": 96, "I3": 7, "I4": 2}
    assert score(values, scale()) is None
    assert invalid_items(answers(values), scale()).select("PARAMCD", "AVAL").rows() == [("I2", 96.0)]


def test_an_assessment_without_a_score_is_told() -> None:
    told = incomplete_assessments(answers({"I1": 1, "I3": None}), scale(missing_allowed=1), by=BY)
    assert told.select("USUBJID", "_missing").rows() == [("01", 3)]
    assert incomplete_assessments(answers({"I1": 1, "I2": 0, "I3": 7}), scale(missing_allowed=1), by=BY).is_empty()


def test_the_first_form_of_an_item_that_has_a_value_counts() -> None:
    values: dict[str, float | None] = {item.codes[0]: 1 for item in SCALES["hamd_17"].items}
    del values["HAMD116A"]
    assert score(values | {"HAMD116B": 2}, SCALES["hamd_17"]) == 18
    assert score(values | {"HAMD116B": 2, "HAMD116A": 0}, SCALES["hamd_17"]) == 16


def test_of_an_item_recorded_twice_the_first_value_counts() -> None:
    twice = pl.concat([answers({"I1": None, "I2": 0, "I3": 7, "I4": 2}), answers({"I1": 3}), answers({"I1": 4})])
    made = derive_param_sum(twice, scale(), by=BY)
    assert made.filter(pl.col("PARAMCD") == "TOT")["AVAL"].item() == 12


def test_a_score_keeps_what_its_items_share_and_all_their_sources() -> None:
    items = answers({"I1": 1, "I2": 0, "I3": 7, "I4": 2})
    items = items.with_columns(_LINEAGE=pl.Series([[4], [5], [6], [7]], dtype=pl.List(pl.UInt32)))

    made = derive_param_sum(items, scale(), by=BY)

    assert made.height == 5
    row = made.row(4, named=True)
    assert (row["SITEID"], row["QSSEQ"], row["PARAM"]) == ("701", None, "Total")
    assert row["_LINEAGE"] == [4, 5, 6, 7]


def test_no_items_make_no_score() -> None:
    assert derive_param_sum(answers({}), scale(), by=BY).is_empty()
    assert derive_param_sum(answers({"OTHER": 1}), scale(missing_allowed=3), by=BY).height == 1


def test_a_study_has_its_own_codes() -> None:
    renamed = SCALES["gad_7"].with_codes([f"G{number}" for number in range(1, 8)])
    assert score({f"G{number}": 3 for number in range(1, 8)}, renamed) == 21
    with pytest.raises(PlanError, match="7 items, and 2 codes"):
        SCALES["gad_7"].with_codes(["G1", "G2"])


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"codes": (), "highest": 4}, "no test code"),
        ({"codes": ("I1",), "highest": 0}, "must be larger"),
        ({"codes": ("I1",), "highest": 4, "weight": 0}, "weights are positive"),
    ],
)
def test_an_impossible_item_is_refused(item: dict[str, object], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        Item(**item)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"missing_allowed": 4}, "At least one must be there"),
        ({"missing_share": 1}, "At least one must be there"),
        ({"range": (100, 0)}, "must be larger"),
        ({"items": ()}, "has no items"),
        ({"items": (Item(codes=("I1",), highest=4), Item(codes=("I1",), highest=4))}, "same code: I1"),
    ],
)
def test_an_impossible_scale_is_refused(changes: dict[str, object], message: str) -> None:
    given: dict[str, object] = {"code": "TOT", "label": "Total", "items": scale().items}
    with pytest.raises(PlanError, match=message):
        Scale(**(given | changes))  # type: ignore[arg-type]


def _pilot_scores(shared: Path, one: Scale) -> pl.DataFrame:
    """Scores made of the items of the pilot's QS, beside those that it recorded."""
    qs = pl.read_parquet(shared / "data" / "cdiscpilot01" / "sdtm" / "qs.parquet")
    items = qs.select("USUBJID", "VISITNUM", PARAMCD="QSTESTCD", AVAL="QSSTRESN")
    made = derive_param_sum(items.filter(pl.col("PARAMCD") != one.code), one, by=BY)
    recorded = items.filter(pl.col("PARAMCD") == one.code)
    scored = made.filter(pl.col("PARAMCD") == one.code)
    return recorded.join(scored, on=BY, how="full", suffix="_made", coalesce=True)


def test_adas_cog_of_the_pilot_is_scored_as_it_was_recorded(shared: Path) -> None:
    # 818 totals, 21 of them with 1 to 3 of 11 items missing, prorated by the highest possible score.
    adas = SCALES["adas_cog_11"]
    rule = Scale(code="ACTOT", label="Total", items=adas.items, missing_share=0.3, missing_rule="maximum")
    both = _pilot_scores(shared, rule)
    assert both.height == 818
    assert both.filter((pl.col("AVAL") - pl.col("AVAL_made")).abs() < 1e-9).height == 818


def test_npi_of_the_pilot_is_scored_as_it_was_recorded(shared: Path) -> None:
    # 2360 totals of 9 items, 3 of them with 1 or 2 items missing, which count as the mean of the others.
    npi = SCALES["npi_12"]
    nine = tuple(npi.items[number] for number in (0, 1, 2, 3, 4, 6, 7, 8, 9))
    both = _pilot_scores(shared, Scale(code="NPTOT", label="Total", items=nine, missing_allowed=2))
    assert both.height == 2360
    assert both.filter((pl.col("AVAL") - pl.col("AVAL_made")).abs() < 1e-9).height == 2360
