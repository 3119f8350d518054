"""The steps for measurements, called from a specification, on the records of one or two subjects."""

from __future__ import annotations

from textwrap import indent

import polars as pl
import pytest

from trialwright.derivation.engine.run import Derived, derive_datasets
from trialwright.derivation.engine.specification import parse_definitions
from trialwright.errors import MissingVariableError, PlanError
from trialwright.standards import Dataset

LB = pl.DataFrame(
    {
        "USUBJID": ["1"] * 6,
        "LBSEQ": [1, 2, 3, 4, 5, 6],
        "LBTESTCD": ["ALT", "ALT", "ALT", "AST", "BILI", "ALT"],
        "LBSTRESN": [20.0, 70.0, 30.0, 20.0, 50.0, None],
        "LBSTNRLO": [10.0] * 6,
        "LBSTNRHI": [40.0, 40.0, 40.0, 40.0, 20.0, 40.0],
        "LBNRIND": [None, None, None, None, None, "ABNORMAL"],
        "VISITNUM": [1.0, 4.0, 5.0, 4.0, 4.0, 6.0],
    }
)
START = """\
- records: LB
- compute: {PARAMCD: LBTESTCD, AVAL: LBSTRESN, A1LO: LBSTNRLO, A1HI: LBSTNRHI}
- compute: {AVISITN: VISITNUM, AVISIT: text(VISITNUM)}
"""


def derived(steps: str, variables: str) -> Derived:
    """The dataset X of LB that the steps make, sorted by LBSEQ; each of `variables` is written NAME:type."""
    listed = "".join(
        f"      - {{name: {name}, label: {name}, type: {kind}}}\n"
        for name, _, kind in (one.partition(":") for one in ["LBSEQ:integer", *variables.split()])
    )
    text = (
        "derivation: {title: Test}\n"
        f"datasets:\n  X:\n    label: X\n    keys: [LBSEQ]\n    steps:\n{indent(START + steps, '      ')}\n"
        f"    variables:\n{listed}"
    )
    domains = {"DM": pl.DataFrame({"USUBJID": ["1"]}), "LB": LB}
    data = {name: Dataset(name=name, frame=frame) for name, frame in domains.items()}
    return derive_datasets(parse_definitions(text, text_of=lambda name: ""), data)


def rows(made: Derived, *names: str) -> list[tuple[object, ...]]:
    return made.datasets["X"].frame.select(names).rows()


def test_ranges() -> None:
    made = derived(
        "- anrind: {collected: LBNRIND, low: A1LO, high: A1HI, high_factor: 1.5}\n"
        "- range_ratios: {}\n"
        "- threshold_amount: {name: AMOUNT}\n",
        "ANRIND:text R2A1LO:float R2A1HI:float AMOUNT:float",
    )
    assert rows(made, "ANRIND", "R2A1LO", "R2A1HI", "AMOUNT")[:2] == [
        ("NORMAL", 2.0, 0.5, 40.0),
        ("HIGH", 7.0, 1.75, 65.0),
    ]
    assert rows(made, "ANRIND", "AMOUNT")[5] == ("ABNORMAL", None)


def test_change_extreme_and_end_of_treatment() -> None:
    made = derived(
        "- change_from_previous: {name: CHG, order: VISITNUM, low: A1LO, high: A1HI, digits: 1}\n"
        "- extreme_flag: {name: ANL01FL, order: VISITNUM, where: VISITNUM >= 4}\n"
        "- visit_copy: {avisit: End of Treatment, avisitn: 99, order: VISITNUM, "
        "where: AVAL is not missing, flag: LASTFL}\n",
        "CHG:float ANL01FL:text LASTFL:text AVISITN:integer AVISIT:text",
    )
    # ALT 20, 70, 30, missing; half of 40 - 10 is 15: 50 / 15 and -40 / 15.
    assert rows(made, "LBSEQ", "CHG", "ANL01FL", "LASTFL", "AVISITN") == [
        (1, None, None, None, 1),
        (2, 3.3, "Y", None, 4),
        (3, -2.7, None, "Y", 5),
        (3, -2.7, None, "Y", 99),
        (4, None, "Y", "Y", 4),
        (4, None, "Y", "Y", 99),
        (5, None, "Y", "Y", 4),
        (5, None, "Y", "Y", 99),
        (6, None, None, None, 6),
    ]
    lineage = made.lineage["X"].filter(pl.col("row") == 3)
    assert lineage["seq"].to_list() == [3, 2]


def test_criteria_and_shifts() -> None:
    made = derived(
        "- range_ratios: {}\n"
        "- criterion: {text: high, fulfilled: R2A1HI > 1.5, evaluable: R2A1HI is not missing, has_number: true}\n"
        "- multiple_criterion: {text: times, number: 2, where: \"PARAMCD = 'ALT'\", "
        "levels: [{text: two, when: R2A1HI > 2}, {text: one, when: R2A1HI > 1}]}\n"
        "- compute: {BASE: 0}\n"
        '- shift: {base: BASE, value: CRIT1FN, words: {"0": No, "1": Yes}, '
        "number: SHIFT1N, numbers: {No to Yes: 1}}\n",
        "CRIT1:text CRIT1FL:text CRIT1FN:integer MCRIT2ML:text MCRIT2MN:integer SHIFT1:text SHIFT1N:integer",
    )
    names = ("CRIT1", "CRIT1FL", "CRIT1FN", "MCRIT2ML", "MCRIT2MN", "SHIFT1", "SHIFT1N")
    assert rows(made, *names)[1:3] == [
        ("high", "Y", 1, "one", 2, "No to Yes", 1),
        ("high", "N", 0, None, None, "No to No", None),
    ]
    assert rows(made, *names)[5] == ("high", None, None, None, None, None, None)


def test_hys_law_and_averages() -> None:
    made = derived(
        "- range_ratios: {}\n"
        "- average_records: {by: [USUBJID, PARAMCD], where: \"PARAMCD = 'ALT'\"}\n"
        "- hys_law: {transaminase_factor: 1.5}\n",
        "PARAMCD:text AVAL:float DTYPE:text AVISITN:integer",
    )
    new = [row for row in rows(made, "LBSEQ", "PARAMCD", "AVISITN", "AVAL", "DTYPE") if row[0] is None]
    assert (None, "ALT", None, 40.0, "AVERAGE") in new
    assert (None, "HYLAW", 4, 1.0, None) in new
    assert (None, "HYLAW", 5, 0.0, None) in new


def test_a_variable_that_is_not_there_is_named() -> None:
    with pytest.raises(MissingVariableError, match="LBSTRESX"):
        derived("- anrind: {value: LBSTRESX, low: A1LO, high: A1HI}\n", "ANRIND:text")


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ("change_from_previous: {name: C, low: A1LO}", "both limits"),
        ("anrind: {texts: [L, H]}", "3 items"),
        ('extreme_flag: {name: F, order: VISITNUM, where: "AVISITN >"}', "condition"),
        ("average_records: {by: USUBJID, least: 0}", "greater than or equal to 1"),
    ],
)
def test_options_that_mean_nothing_are_refused_with_their_place(step: str, complaint: str) -> None:
    with pytest.raises(PlanError, match=f"(?s)line .*{complaint}"):
        derived(f"- {step}\n", "AVAL:float")
