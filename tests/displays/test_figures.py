"""Figures are composed of results and drawn the same each time."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from trialwright.analysis import analyze, parse_plan
from trialwright.displays import Box, Figure, compose, render_figure, write_figure
from trialwright.displays._drawing_style import curve_style
from trialwright.displays._figures import nice_ticks
from trialwright.errors import PlanError
from trialwright.standards import Dataset

MakeFigure = Callable[[str], Figure]

KAPLAN_MEIER = """kind: kaplan_meier, title: Time to event, analysis: km, by: treatment, x_label: Days,
  y_label: Probability, ticks: [0, 15, 30], annotations: ["p = {age.test/p_value:p4}"]"""
PROFILE = "kind: mean_profile, title: Change, analysis: visits, by: treatment, x: visit, variable: CHG"
FLOW = """kind: flow, title: Disposition, analysis_set: itt, boxes: [
  {id: all, row: 0, lines: [Randomized, "n = {population/N}"], to: [arm]},
  {id: arm, row: 1, by: treatment, lines: ["${label}", "n = {age/n}"], to: [left]},
  {id: left, row: 2, by: treatment, lines: ["Sexes", {text: {show: "  ${level}: {n}", analysis: sex}, levels: SEX}]}]"""


def test_survival_curves_step_from_one_and_mark_the_censored(figure: MakeFigure) -> None:
    made = figure(KAPLAN_MEIER)

    assert [series.label for series in made.series] == ["Arm Placebo", "Arm Low", "Arm High"]
    assert made.series[0].x == (0.0, 10.0, 20.0, 40.0)
    assert made.series[0].y == (1.0, 0.9, 0.8, 0.8)
    assert made.series[0].marks == ((20.0, 0.8), (40.0, 0.8))
    assert made.series[0].kind == "step"
    assert "km/TRT01P=Low/AVAL=10/survival" in made.refs


def test_numbers_at_risk_are_references_to_results(figure: MakeFigure) -> None:
    made = figure(KAPLAN_MEIER)

    # By hand: ten at risk until the first event on day 10, nine until day 20, seven until day 40.
    label, references = made.at_risk[0]
    assert label == "Arm Placebo"
    assert [(ref.shown, ref.result_id) for ref in references] == [
        ("10", "km/TRT01P=Placebo/AVAL=0/at_risk"),
        ("9", "km/TRT01P=Placebo/AVAL=20/at_risk"),
        ("7", "km/TRT01P=Placebo/AVAL=40/at_risk"),
    ]


def test_events_at_time_zero_are_a_step_at_time_zero() -> None:
    plan = parse_plan("""
plan: {title: T}
analysis_sets: {all: {label: All}}
groupings: {arm: {variable: TRT01P, levels: [A]}}
analyses: {km: {method: kaplan_meier, dataset: ADSL, population: all, variables: [AVAL], by: [arm]}}
displays: {f: {kind: kaplan_meier, title: T, analysis: km, by: arm, x_label: Days, y_label: P, population: All}}
""")
    frame = pl.DataFrame({"USUBJID": list("1234"), "TRT01P": ["A"] * 4, "AVAL": [0.0, 5, 7, 9], "CNSR": [0, 1, 0, 1]})
    (made,) = compose(plan, analyze(plan, {"ADSL": Dataset(name="ADSL", frame=frame)}))

    assert isinstance(made, Figure)
    assert made.series[0].x == (0.0, 0.0, 5.0, 7.0, 9.0)
    assert made.series[0].y == (1.0, 0.75, 0.75, 0.375, 0.375)


def test_a_profile_stands_at_the_numbers_of_its_visits(figure: MakeFigure) -> None:
    made = figure(PROFILE)

    assert made.x_ticks == (8.0, 16.0, 24.0)
    assert made.x_tick_labels == ("Week 8", "Week 16", "Week 24")
    assert made.series[0].y == pytest.approx((2.5 / 3, 5 / 3, 2.5))
    assert made.series[0].upper == pytest.approx((2.5 / 3 + 1, 5 / 3 + 1, 3.5))


def test_a_flow_has_a_box_for_each_level_and_arrows_between_equal_ones(figure: MakeFigure) -> None:
    made = figure(FLOW)

    assert [(box.id, box.row, box.column) for box in made.boxes][:3] == [
        ("all", 0, 1.0),
        ("arm[Placebo]", 1, 0.0),
        ("arm[Low]", 1, 1.0),
    ]
    assert made.arrows[:4] == (
        ("all", "arm[Placebo]"),
        ("all", "arm[Low]"),
        ("all", "arm[High]"),
        ("arm[Placebo]", "left[Placebo]"),
    )
    lines = ["".join(part if isinstance(part, str) else part.shown for part in line) for line in made.boxes[4].lines]
    assert lines == ["Sexes", "  F: 40", "  M: 46"]


def test_an_unknown_analysis_of_a_figure_is_an_error(figure: MakeFigure) -> None:
    with pytest.raises(PlanError, match="Display F asks for the analysis 'kn'"):
        figure(KAPLAN_MEIER.replace("analysis: km", "analysis: kn"))
    with pytest.raises(PlanError, match="'median' of visits, which gives: n, mean"):
        figure(PROFILE + ", statistic: median")


@pytest.mark.parametrize("text", [KAPLAN_MEIER, PROFILE, FLOW], ids=["kaplan_meier", "mean_profile", "flow"])
@pytest.mark.parametrize(("format", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_figure_is_drawn_with_the_same_bytes_each_time(
    figure: MakeFigure, text: str, format: str, start: bytes
) -> None:
    made = figure(text)

    drawn = render_figure(made, format)

    assert drawn.startswith(start)
    assert drawn == render_figure(figure(text), format)


def test_a_pdf_has_its_fonts_inside_and_vectors(figure: MakeFigure) -> None:
    drawn = render_figure(figure(KAPLAN_MEIER), "pdf")

    assert b"/FontFile2" in drawn
    assert b"DejaVuSans" in drawn
    assert b"/Subtype /Image" not in drawn


def test_a_png_is_fine_enough_for_print(figure: MakeFigure) -> None:
    drawn = render_figure(figure(KAPLAN_MEIER), "png")

    # The header of a PNG: width in pixels. 6.5 inches at 200 dots and more.
    assert int.from_bytes(drawn[16:20], "big") >= 6.5 * 200


def test_curves_differ_without_color(figure: MakeFigure) -> None:
    styles = [curve_style(number) for number in range(5)]

    assert len({style.color for style in styles}) == 5
    assert len({str(style.line) for style in styles}) == 5
    assert len({style.marker for style in styles}) == 5


def test_boxes_do_not_overlap_however_long_their_texts(figure: MakeFigure) -> None:
    words = "Withdrawal of consent because of a concern about the treatment allocation"
    boxes = tuple(
        Box(id=f"{row}-{column}", row=row, column=float(column), lines=((words,), ("n = 12",)) * (1 + row))
        for row in range(3)
        for column in range(4)
    )
    crowded = Figure(id="F", title="F", population="", kind="flow", boxes=boxes, arrows=(("0-0", "1-3"),))

    svg = render_figure(crowded, "svg").decode()

    # Every box is a filled, rounded rectangle: the only paths whose style has both this fill and this stroke.
    paths = re.findall(r'<path d="(M [^"]+)" [^>]*style="fill: #f[^"]*stroke: #1a1a1a', svg)
    extents = []
    for path in paths:
        numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*", path)]
        extents.append((min(numbers[::2]), max(numbers[::2]), min(numbers[1::2]), max(numbers[1::2])))
    assert len(extents) == len(boxes)
    for index, (left, right, top, bottom) in enumerate(extents):
        for other_left, other_right, other_top, other_bottom in extents[:index]:
            assert right <= other_left or other_right <= left or bottom <= other_top or other_bottom <= top


def test_a_count_is_not_alone_in_the_last_line_of_its_box() -> None:
    words = "HAM-A total score below twenty points:"
    boxes = tuple(
        Box(id=str(column), row=0, column=float(column), lines=((f"{words}{' x' * column} 25",),))
        for column in range(6)
    )
    svg = render_figure(Figure(id="F", title="F", population="", kind="flow", boxes=boxes, arrows=()), "svg").decode()

    shown = [line.strip() for line in re.findall(r"<!-- (.+?) -->", svg)]
    assert sum(line.endswith(" 25") for line in shown) == len(boxes)
    assert "25" not in shown


def test_an_empty_curve_is_drawn_as_empty_axes() -> None:
    for kind in ("kaplan_meier", "mean_profile", "flow"):
        assert render_figure(Figure(id="F", title="F", population="", kind=kind), "png").startswith(b"\x89PNG")


def test_unknown_formats_and_kinds_are_errors(figure: MakeFigure) -> None:
    with pytest.raises(PlanError, match=r"'gif' is no format of a figure\. Write one of: pdf, svg, png"):
        render_figure(figure(PROFILE), "gif")
    with pytest.raises(PlanError, match="of the kind 'pie'"):
        render_figure(Figure(id="F", title="F", population="", kind="pie"))


def test_a_figure_is_written_in_the_format_of_the_file(figure: MakeFigure, tmp_path: Path) -> None:
    write_figure(figure(PROFILE), tmp_path / "f.pdf")

    assert (tmp_path / "f.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("high", "ticks"),
    [(196.0, (0.0, 50.0, 100.0, 150.0)), (7.0, (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)), (0.0, (0.0,))],
)
def test_ticks_are_round_numbers(high: float, ticks: tuple[float, ...]) -> None:
    assert nice_ticks(0.0, high) == ticks
