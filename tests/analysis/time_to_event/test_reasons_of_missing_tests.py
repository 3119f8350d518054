"""What cannot be told has its reason beside it, wherever it stands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

ARMS = ["A", "B"]
PLAIN: Mapping[str, list[Any]] = {
    "ARM": ["A", "B"] * 4,
    "AVAL": [1.0, 2, 3, 4, 5, 6, 7, 8],
    "CNSR": [0, 0, 1, 0, 0, 1, 0, 1],
    "SEX": ["F"] * 8,
}


def records(**changed: list[Any]) -> pl.DataFrame:
    return pl.DataFrame({**PLAIN, **changed})


@pytest.mark.parametrize(
    ("method", "options", "changed", "name", "reason"),
    [
        ("cox", {"factors": ("SEX",)}, {}, "a/SEX/p_value", "only one level of SEX"),
        ("cox", {}, {"CNSR": [0, 1] * 4}, "a/AVAL/wald_p_value", "no events with ARM = B"),
        ("cox", {"cutpoints": (7.5,)}, {}, "a/AVAL/interaction_p_value", "no finite estimate"),
        ("cox", {"firth": True}, {"ARM": ["A"] * 8}, "a/AVAL/p_value", "fewer than two groups"),
        ("proportional_hazards_test", {"factors": ("SEX",)}, {}, "a/SEX/p_value", "only one level of SEX"),
        ("kaplan_meier", {"times": (7.5,)}, {}, "a/ARM=A/AVAL=7.5/survival", None),
        ("kaplan_meier", {"times": (9.0,)}, {}, "a/ARM=B/AVAL=9/survival", "nobody is observed until 9"),
        (
            "piecewise_exponential",
            {"cutpoints": (2.0,)},
            {"AVAL": [0.0] * 8},
            "a/ARM=A/AVAL/estimate",
            "no time at risk",
        ),
        (
            "cumulative_incidence",
            {"event_name": "E", "competing": {"D": 2}, "times": (9.0,)},
            {},
            "a/ARM=B/EVENT=E/AVAL=9/cumulative_incidence",
            "nobody is observed until 9",
        ),
        (
            "andersen_gill",
            {"start": "ST", "censor": "CNSR"},
            {"CNSR": [0, 1] * 4, "ST": [0.0] * 8},
            "a/ARM/p_value",
            "no finite estimate",
        ),
    ],
)
def test_what_is_not_estimable_says_why(
    run: Any, method: str, options: Mapping[str, Any], changed: Mapping[str, list[Any]], name: str, reason: str | None
) -> None:
    found = run(method, ("AVAL",), records(**changed), options, arms=ARMS)[name]

    if reason is None:
        assert found.stat is not None
        assert not found.warnings
    else:
        assert found.stat is None
        assert reason in found.warnings


def test_an_infinite_time_is_left_out_and_said(run: Any) -> None:
    results = run(
        "piecewise_exponential", ("AVAL",), records(AVAL=[1.0, 2, 3, 4, 5, 6, 7, math.inf]), {"cutpoints": (2.0,)}
    )

    assert results["a/ARM=B/AVAL/n"].stat == 3
    assert "infinite AVAL, left out: 1" in results["a/ARM=B/AVAL/n"].warnings
