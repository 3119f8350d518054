"""Tipping points: each delta is the multiple imputation with that delta, and the point lies where p reaches alpha."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.analysis.imputation.test_multiple_imputation import make_trial, plan_for, stat
from tests.validation import References

from trialwright.analysis import analyze
from trialwright.analysis.plan import OptionValue
from trialwright.errors import PlanError
from trialwright.results import Results
from trialwright.standards.datasets import Dataset

RECORDS = make_trial(n=200, seed=9, dropout=0.1)
NAME = "ARM=A - P/AVISITN=4"


def datasets() -> Mapping[str, Dataset]:
    subjects = RECORDS.select("USUBJID", "ARM").unique("USUBJID", maintain_order=True)
    frame = RECORDS.drop("ARM")
    return {"ADSL": Dataset(name="ADSL", frame=subjects), "ADXX": Dataset(name="ADXX", frame=frame)}


def run(options: Mapping[str, OptionValue], method: str = "tipping_point") -> Results:
    return analyze(plan_for({"imputations": 50, **options}, method=method), datasets())


@pytest.mark.validates("tipping_point")
def test_each_delta_is_the_imputation_with_that_delta(reference: References) -> None:
    results = run({"deltas": (0, 1.5, 20)})
    for delta in (1.5, 20.0):
        name = f"{NAME}/DELTA={delta:g}/CHG"
        alone = run({"delta": ({"value": delta, "levels": ("A",)},)}, "multiple_imputation")
        for statistic in ("difference", "se", "df", "p_value"):
            reference.holds(
                f"{statistic} of A - P at visit 4 with a delta of {delta:g}",
                stat(results, f"{name}/{statistic}"),
                stat(alone, f"{NAME}/CHG/{statistic}"),
                tolerance=1e-12,
                source="`multiple_imputation` with that delta, held to mice and to expectations written out",
                relative=True,
            )


# R 4.2.2: lm(D ~ ARM + BASE + REGION), where D is 1 for patients of arm A without a value at visit 4, else 0 (of 687
# records whose CHG add up to -1760.872); and of the number of visits since the last value. Least squares is linear: a
# delta moves the difference by delta times the coefficient of ARM.
@pytest.mark.validates("tipping_point")
@pytest.mark.parametrize(("accumulates", "expected"), [(False, 0.21850036956717), (True, 0.47680470816751)])
def test_a_delta_moves_the_difference_by_its_share(accumulates: bool, expected: float, reference: References) -> None:
    assert (RECORDS.height, round(float(RECORDS["CHG"].sum()), 3)) == (687, -1760.872)
    results = run({"deltas": (0, 3), "accumulates": accumulates})
    none, three = (stat(results, f"{NAME}/DELTA={delta}/CHG/difference") for delta in (0, 3))
    reference.holds(
        f"change of A - P at visit 4 by unit of delta, {'accumulated' if accumulates else 'once'}",
        (three - none) / 3,
        expected,
        tolerance=1e-10,
        source="R 4.2.2, lm of the indicator of imputed values (or of visits since the last) on ARM, BASE, REGION",
        relative=True,
    )


@pytest.mark.validates("tipping_point")
def test_at_the_tipping_point_p_is_alpha(reference: References) -> None:
    results = run({"deltas": (0, 2, 4, 8, 16, 32)})
    point = stat(results, f"{NAME}/CHG/tipping_point")
    p_values = {delta: stat(results, f"{NAME}/DELTA={delta}/CHG/p_value") for delta in (0, 2, 4, 8, 16, 32)}
    below = max(delta for delta, p in p_values.items() if p < 0.05 and delta < point)
    assert below < point
    at = run({"delta": ({"value": point, "levels": ("A",)},)}, "multiple_imputation")
    reference.holds(
        "p-value at the tipping point",
        stat(at, f"{NAME}/CHG/p_value"),
        0.05,
        tolerance=1e-5,
        source="definition: significance at the two-sided level 0.05 is lost",
    )


def test_a_point_that_is_not_reached_or_passed_at_once_is_told() -> None:
    row = run({"deltas": (0, 0.01)})[f"a/{NAME}/CHG/tipping_point"]
    assert (row.stat_text, row.warnings) == ("NE", "significant under every delta up to 0.01")
    point = stat(run({"deltas": (0, 40)}), f"{NAME}/CHG/tipping_point")
    row = run({"deltas": (point + 0.5, 40)})[f"a/{NAME}/CHG/tipping_point"]
    assert row.stat_text == "NE"
    assert row.warnings.startswith("not significant under the first delta, ")


def test_significance_in_the_other_direction_is_no_significance() -> None:
    # Under a delta of 40 the other arm is better: the point lies between all the same.
    coarse, fine = (stat(run({"deltas": deltas}), f"{NAME}/CHG/tipping_point") for deltas in ((0, 40), (0, 4, 8, 16)))
    assert coarse == pytest.approx(fine, abs=1e-4)


def test_deltas_must_be_in_order() -> None:
    with pytest.raises(PlanError, match="deltas must rise, or fall"):
        run({"deltas": (0, 2, 1)})
    with pytest.raises(PlanError, match="name it under 'contrasts'"):
        run({"deltas": (0, 2), "contrasts": ()})
    with pytest.raises(PlanError, match="option levels names 'X'"):
        run({"deltas": (0, 2), "levels": ("X",)})
