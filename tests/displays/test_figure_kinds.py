"""Forest, waterfall, spider, scatter, swimmer, bar, box, incidence and graph figures, of results made by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from trialwright.analysis import analyze, parse_plan
from trialwright.analysis.plan import AnalysisPlan
from trialwright.displays import Figure, compose, render_figure
from trialwright.displays._drawing_forest import _Scale, _ticks
from trialwright.displays._drawing_graph import _fitted_texts, _places
from trialwright.displays._drawing_style import event_style, fill_style
from trialwright.displays.model import Forest, Graph, Interval, Lanes, Node, Spreads, Tracks, content_refs, parts_text
from trialwright.documents._docx_body import _figure_results
from trialwright.errors import PlanError
from trialwright.results import Result, Results
from trialwright.standards import Dataset

HEAD = """
plan: {title: T}
analysis_sets: {itt: {label: ITT}}
groupings:
  treatment: {variable: TRT01P, reference: Placebo, levels: [Active, Placebo]}
  sex: {variable: SEX, label: Sex, levels: [{value: F, label: Female}, {value: M, label: Male}]}
  region: {variable: REGION1, levels: [Europe, North America, Asia]}
  visit:
    variable: AVISITN
    levels: [{value: 4, label: Week 4}, {value: 8, label: Week 8}, {value: 24, label: Week 24}]
analyses:
"""
IDS = ("hr", "hr.sex", "hr.region", "size", "size.sex", "size.region", "hr.sex.test", "hr.region.test", "best",
       "course", "time", "marks", "alt", "bili", "resp", "dist", "cif", "mcp")  # fmt: skip

CONTRAST = ("TRT01P", "Active / Placebo")


Stats = Mapping[str, float | str | None]


def make(analysis: str, stats: Stats, *groups: tuple[str, str], **place: str) -> Iterator[Result]:
    for name, value in stats.items():
        yield Result(
            analysis_id=analysis,
            stat_name=name,
            stat=value if isinstance(value, int | float) else None,
            stat_text=value if isinstance(value, str) else None,
            groups=groups,
            variable=place.get("variable"),
            variable_level=place.get("level"),
        )


def ratio(estimate: float, factor: float) -> dict[str, float | str | None]:
    return {"hazard_ratio": estimate, "ci_lower": estimate / factor, "ci_upper": estimate * factor}


def record(analysis: str, subject: str, row: int, values: Stats) -> Iterator[Result]:
    for variable, value in values.items():
        yield from make(analysis, {"value": value}, ("USUBJID", subject), ("row", str(row)), variable=variable)


def rows() -> Iterator[Result]:
    yield from make("hr", ratio(0.7, 1.3), CONTRAST, variable="AVAL")
    for level, estimate, factor in (("F", 0.6, 1.5), ("M", 0.85, 1.6)):
        yield from make("hr.sex", ratio(estimate, factor), CONTRAST, ("SEX", level), variable="AVAL")
    yield from make("hr.region", ratio(0.75, 1.6), CONTRAST, ("REGION1", "Europe"), variable="AVAL")
    yield from make("hr.region", ratio(0.62, 6.5), CONTRAST, ("REGION1", "North America"), variable="AVAL")
    none = dict.fromkeys(("hazard_ratio", "ci_lower", "ci_upper"))
    yield from make("hr.region", none, CONTRAST, ("REGION1", "Asia"), variable="AVAL")
    yield from make("hr.sex.test", {"p_value": 0.31}, variable="AVAL")
    yield from make("hr.region.test", {"p_value": 0.84}, variable="AVAL")
    for arm, n in (("Active", 120), ("Placebo", 118)):
        yield from make("size", {"n": n}, ("TRT01P", arm), variable="USUBJID")
        for level in ("F", "M"):
            yield from make("size.sex", {"n": n // 2}, ("TRT01P", arm), ("SEX", level), variable="USUBJID")
        for region, share in (("Europe", 0.5), ("North America", 0.45), ("Asia", 0.05)):
            yield from make(
                "size.region", {"n": int(n * share)}, ("TRT01P", arm), ("REGION1", region), variable="USUBJID"
            )
    for number in range(28):
        subject = f"01-{number:03d}"
        change = 60.0 - 5.5 * ((number * 11) % 28) if number != 3 else 180.0
        response = "PD" if change > 20 else "PR" if change <= -30 else "SD"
        arm = ("Active", "Placebo")[number % 2]
        yield from record("best", subject, 1, {"PCHG": None if number == 5 else change, "AVALC": response, "ARM": arm})
        for row in range(1, 5):
            yield from record("course", subject, row, {"ADY": 42 * row, "PCHG": change * row / 4, "ARM": arm})
        length = 3 + (number * 7) % 19
        yield from record("time", subject, 1, {"MONTHS": length, "ARM": arm, "ONGO": "Y" if number % 5 == 0 else ""})
        yield from record("marks", subject, 1, {"AMONTH": length * 0.4, "EVENT": "RESP" if change < -30 else "PD"})
        if number % 7 == 0:
            yield from record("marks", subject, 2, {"AMONTH": float(length), "EVENT": "DEATH"})
        yield from record("alt", subject, 1, {"R2ULN": 0.3 * 1.2**number, "ARM": arm})
        if number != 9:
            yield from record("bili", subject, 1, {"R2ULN": 0.2 + 0.11 * ((number * 5) % 28)})
    for arm, shift in (("Active", 0.12), ("Placebo", 0.0)):
        for place, visit in enumerate(("4", "8", "24")):
            at = (("TRT01P", arm), ("AVISITN", visit))
            p = 0.2 + 0.1 * place + shift
            yield from make("resp", {"p": p, "ci_lower": p - 0.09, "ci_upper": p + 0.09}, *at, variable="USUBJID")
            five = {
                "min": -20.0,
                "q1": -12 - place,
                "median": -8.0 - place,
                "q3": -4 + 10 * shift,
                "max": 6,
                "mean": -7.5,
            }
            yield from make("dist", five, *at, variable="CHG")
        for time, share in ((0, 0.0), (30, 0.08), (90, 0.2), (180, 0.31)):
            stats = {
                "cumulative_incidence": share + shift / 2 * (time > 0),
                "ci_lower": share * 0.7,
                "ci_upper": share * 1.4 + 0.02,
            }
            yield from make("cif", stats, ("TRT01P", arm), variable="AVAL", level=str(time))
    for name, alpha in (("H1", 0.025), ("H2", 0.0), ("H3", 0.0), ("H4", 0.0)):
        yield from make("mcp", {"alpha_share": alpha, "p_adjusted": 0.0123}, variable=name)
    for pair, weight in (("H1 -> H2", 0.5), ("H1 -> H3", 0.5), ("H2 -> H4", 0.5), ("H2 -> H3", 0.5), ("H3 -> H2", 0.5),
                         ("H3 -> H4", 0.5), ("H4 -> H1", 0.0)):  # fmt: skip
        yield from make("mcp", {"transition": weight}, variable="transition", level=pair)


FIGURES = {
    "forest": """
    kind: forest
    title: Overall survival by subgroup
    groups: {treatment: Active / Placebo}
    estimate: hazard_ratio
    scale: log
    ticks: [0.25, 0.5, 1, 2]
    favors: [Active better, Placebo better]
    stub: Subgroup
    columns:
      - {id: active, header: "Active\\nn"}
      - {id: placebo, header: "Placebo\\nn"}
      - {id: plot, header: Hazard ratio}
      - {id: hr, header: "HR (95% CI)"}
      - {id: p, header: "Interaction\\np"}
    cells:
      hr: "{hazard_ratio:.2} ({ci_lower:.2}, {ci_upper:.2})"
    heading: {p: "{${analysis}.test/p_value:p2}"}
    overall:
      label: All subjects
      analysis: hr
      cells: &size
        active: {show: "{n}", analysis: size, groups: {treatment: Active}}
        placebo: {show: "{n}", analysis: size, groups: {treatment: Placebo}}
        p: ""
    rows:
      - label: Sex
        by: sex
        analysis: hr.sex
        cells:
          active: {show: "{n}", analysis: size.sex, groups: {treatment: Active}}
          placebo: {show: "{n}", analysis: size.sex, groups: {treatment: Placebo}}
      - label: Region
        by: region
        analysis: hr.region
        cells:
          active: {show: "{n}", analysis: size.region, groups: {treatment: Active}}
          placebo: {show: "{n}", analysis: size.region, groups: {treatment: Placebo}}
""",
    "waterfall": """
    kind: waterfall
    title: Best change of target lesions
    analysis: best
    y: {variable: PCHG, label: Best change from baseline (%), limits: [-100, 100],
        lines: [{at: 20, label: "+20%"}, {at: -30, label: "-30%"}]}
    color: {variable: AVALC, only: {PR: Partial response, SD: Stable disease, PD: Progressive disease}}
    x_label: Subjects
""",
    "spider": """
    kind: spider
    title: Change of target lesions
    analysis: course
    x: {variable: ADY, label: Study day, ticks: [0, 42, 84, 126, 168]}
    y: {variable: PCHG, label: Change from baseline (%), lines: [20, -30]}
    color: ARM
""",
    "scatter": """
    kind: scatter
    title: Potential drug-induced liver injury
    analysis: alt
    x: {variable: R2ULN, label: Peak ALT or AST (x ULN), scale: log, limits: [0.1, 100],
        ticks: [0.1, 1, 3, 10, 100], lines: [3]}
    y: {variable: R2ULN, analysis: bili, label: Peak bilirubin (x ULN), scale: log, limits: [0.1, 10],
        ticks: [0.1, 1, 2, 10], lines: [2]}
    color: {variable: ARM, only: [Active, Placebo]}
    corners: {upper_right: Potential Hy's law, lower_right: Temple's corollary, upper_left: Cholestasis}
""",
    "swimmer": """
    kind: swimmer
    title: Time on treatment
    analysis: time
    x: {variable: MONTHS, label: Months since randomisation}
    color: ARM
    ongoing: ONGO
    events: {analysis: marks, at: AMONTH, kind: EVENT, only: {RESP: Response, PD: Progression, DEATH: Death}}
""",
    "bars": """
    kind: bars
    title: Responders
    analysis: resp
    by: treatment
    x: visit
    y_label: Responders (95% CI)
    y_format: percent
    lines: [{at: 0.5, label: half}]
""",
    "box_plot": """
    kind: box_plot
    title: Change
    analysis: dist
    by: treatment
    x: visit
    y_label: Change
""",
    "cumulative_incidence": """
    kind: cumulative_incidence
    title: Relapse
    analysis: cif
    by: treatment
    x_label: Days
    y_label: Cumulative incidence
    y_format: percent
""",
    "graph": """
    kind: graph
    title: Multiple test procedure
    analysis: mcp
    nodes:
      H1: {label: "Primary\\nhigh dose", x: 1, y: 0}
      H2: {label: "Primary\\nlow dose", x: 0, y: 1}
      H3: {label: "Secondary\\nhigh dose", x: 2, y: 1}
      H4: {label: "Secondary\\nlow dose", x: 1, y: 2}
    lines: ["${label}", "α = {alpha_share:.3}", "adj. p = {p_adjusted:p4}"]
""",
}  # fmt: skip


def plan_of(display: str) -> AnalysisPlan:
    analyses = "".join(
        f"  {id}: {{method: count, dataset: ADSL, population: itt, variables: [USUBJID]}}\n" for id in IDS
    )
    return parse_plan(f'{HEAD}{analyses}displays:\n  "F":{display}')


def figure_of(kind: str, *changes: tuple[str, str]) -> Figure:
    text = FIGURES[kind]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (made,) = compose(plan_of(text), Results.of(rows()))
    assert isinstance(made, Figure)
    return made


@pytest.mark.parametrize("kind", FIGURES)
@pytest.mark.parametrize(("format", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_each_kind_is_drawn_with_the_same_bytes_each_time(kind: str, format: str, start: bytes) -> None:
    drawn = render_figure(figure_of(kind), format)

    assert drawn.startswith(start)
    assert drawn == render_figure(figure_of(kind), format)


@pytest.mark.parametrize("kind", FIGURES)
def test_each_kind_without_results_is_drawn_as_empty(kind: str) -> None:
    (made,) = compose(plan_of(FIGURES[kind]), Results.of(()))

    assert isinstance(made, Figure)
    assert made.refs == ()
    assert render_figure(made, "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", FIGURES)
def test_each_kind_names_its_results_and_says_what_it_shows(kind: str) -> None:
    made = figure_of(kind)

    assert made.refs
    assert set(made.refs) <= {row.result_id for row in rows()}
    assert made.title in made.alt_text
    assert {ref.result_id for ref in content_refs(made.content)} <= set(made.refs)


def test_a_forest_draws_the_unrounded_results_of_its_rows() -> None:
    made = figure_of("forest")
    forest = made.content
    assert isinstance(forest, Forest)

    assert [row.label.text for row in forest.table.rows] == [
        "All subjects", "Sex", "Female", "Male", "Region", "Europe", "North America", "Asia",
    ]  # fmt: skip
    assert forest.intervals[0] == Interval(estimate=0.7, lower=0.7 / 1.3, upper=0.7 * 1.3)
    assert forest.intervals[2] == Interval(estimate=0.6, lower=0.6 / 1.5, upper=0.6 * 1.5)
    assert [number for number, one in enumerate(forest.intervals) if one is None] == [1, 4, 7]
    cells = [[cell.text for cell in row.cells[:2] + row.cells[3:]] for row in forest.table.rows]
    assert cells[0] == ["120", "118", "0.70 (0.54, 0.91)", ""]
    assert cells[1] == ["", "", "", "0.31"]
    assert cells[2] == ["60", "59", "0.60 (0.40, 0.90)", ""]
    assert cells[7][2] == "NE (NE, NE)"
    assert "hr.sex/TRT01P=Active %2F Placebo/SEX=F/AVAL/hazard_ratio" in made.refs
    # The manifest of a document keeps the value of each of them, so that a number that moves is noticed.
    assert dict(_figure_results(made))["hr/TRT01P=Active %2F Placebo/AVAL/ci_lower"] == 0.7 / 1.3


def test_an_interval_that_a_logarithm_cannot_show_is_not_drawn() -> None:
    made = [
        row if row.stat_name != "ci_lower" or row.groups[-1][-1] != "Europe" else
        Result(analysis_id=row.analysis_id, stat_name=row.stat_name, stat=0.0, groups=row.groups, variable=row.variable)
        for row in rows()
    ]  # fmt: skip
    (figure,) = compose(plan_of(FIGURES["forest"]), Results.of(made))

    assert isinstance(figure, Figure) and isinstance(figure.content, Forest)
    assert figure.content.intervals[5] is None
    assert render_figure(figure, "png").startswith(b"\x89PNG")


def test_a_forest_without_ticks_chooses_an_axis_that_shows_the_estimates() -> None:
    made = figure_of("forest", ("    ticks: [0.25, 0.5, 1, 2]\n", ""))

    svg = render_figure(made, "svg").decode()

    shown = {line for line in svg.split("<!-- ") if line[:1].isdigit()}
    assert {line.split(" ")[0] for line in shown} >= {"0.5", "1", "2"}


@pytest.mark.parametrize(
    ("low", "high", "is_log", "ticks"),
    [
        (-4.9, 7.3, False, (-2.5, 0.0, 2.5, 5.0)),
        (-0.31, 0.12, False, (-0.3, -0.2, -0.1, 0.0, 0.1)),
        (0.3, 4.4, True, (0.5, 1.0, 2.0, 4.0)),
        (0.7, 1.6, True, (0.7, 0.8, 0.9, 1, 1.2, 1.5)),
    ],
)
def test_an_axis_has_a_few_round_ticks(low: float, high: float, is_log: bool, ticks: tuple[float, ...]) -> None:
    scale = _Scale(low=low, high=high, left=0.0, right=1.0, is_log=is_log)

    assert _ticks(scale) == pytest.approx(ticks)


def test_a_waterfall_stands_in_order_and_says_who_is_missing() -> None:
    made = figure_of("waterfall")
    content = made.content
    assert isinstance(content, Tracks)

    values = [track.y[0] for track in content.tracks]
    assert values == sorted(values, reverse=True)
    assert values[0] == 180.0
    assert content.kinds == ("Partial response", "Stable disease", "Progressive disease")
    assert {track.kind for track in content.tracks if track.y[0] <= -30} == {0}
    assert made.footnotes == (("Subjects without a value, not shown: 1.",),)
    assert "best/USUBJID=01-003/row=1/PCHG/value" in made.refs


def test_a_spider_has_a_line_for_each_subject_in_order_of_time() -> None:
    content = figure_of("spider").content
    assert isinstance(content, Tracks)

    assert len(content.tracks) == 28
    assert content.tracks[0].x == (42.0, 84.0, 126.0, 168.0)
    assert content.tracks[0].y == (15.0, 30.0, 45.0, 60.0)


def test_a_scatter_joins_two_analyses_by_subject() -> None:
    made = figure_of("scatter")
    content = made.content
    assert isinstance(content, Tracks)

    by_subject = {track.subject: (track.x[0], track.y[0], track.kind) for track in content.tracks}
    assert by_subject["01-001"] == (0.3 * 1.2, 0.2 + 0.11 * 5, 1)
    assert "01-009" not in by_subject
    assert parts_text(content.corners[1]) == "Potential Hy's law"
    assert content.x.lines[0].at == 3


def test_a_swimmer_has_its_longest_bar_first_with_marks_and_arrows() -> None:
    content = figure_of("swimmer").content
    assert isinstance(content, Lanes)

    assert content.lanes[0].length == 21
    first = next(lane for lane in content.lanes if lane.subject == "01-000")
    assert first.is_ongoing
    assert first.events == ((3 * 0.4, 1), (3.0, 2))
    assert content.events == ("Response", "Progression", "Death")


def test_of_subjects_all_kinds_are_drawn_and_of_events_those_that_are_named() -> None:
    others = (", PD: Progression, DEATH: Death}", "}")
    content = figure_of("swimmer", others, ("color: ARM", "color: {variable: ARM, only: [Placebo]}")).content
    assert isinstance(content, Lanes)

    assert content.kinds == ("Placebo", "Active")
    assert content.events == ("Response",)
    assert {kind for lane in content.lanes for _, kind in lane.events} == {0}


def test_bars_and_boxes_are_the_results_of_each_visit() -> None:
    bars = figure_of("bars")
    assert [series.label for series in bars.series] == ["Active", "Placebo"]
    assert bars.series[1].y == pytest.approx((0.2, 0.3, 0.4))
    assert bars.series[1].lower == pytest.approx((0.11, 0.21, 0.31))
    assert bars.y_is_percent

    boxes = figure_of("box_plot").content
    assert isinstance(boxes, Spreads)
    label, spreads = boxes.groups[0]
    assert label == "Active"
    assert (spreads[1].q1, spreads[1].median, spreads[1].maximum, spreads[1].mean) == (-13.0, -9.0, 6.0, -7.5)


def test_an_incidence_begins_at_zero() -> None:
    made = figure_of("cumulative_incidence")

    assert made.series[1].x == (0.0, 30.0, 90.0, 180.0)
    assert made.series[1].y == (0.0, 0.08, 0.2, 0.31)


def test_curves_of_one_of_several_events_are_those_of_its_group() -> None:
    event = ("EVENT", "Relapse")
    made = [replace(row, groups=(*row.groups, event)) if row.analysis_id == "cif" else row for row in rows()]
    named = FIGURES["cumulative_incidence"].replace("by: treatment", "by: treatment\n    groups: {EVENT: Relapse}")

    (figure,) = compose(plan_of(named), Results.of(made))
    assert isinstance(figure, Figure)
    assert [series.label for series in figure.series] == ["Active", "Placebo"]
    (empty,) = compose(plan_of(named.replace("Relapse}", "Death}")), Results.of(made))
    assert isinstance(empty, Figure)
    assert empty.series == ()
    with pytest.raises(PlanError, match="are also parted by EVENT"):
        compose(plan_of(FIGURES["cumulative_incidence"]), Results.of(made))


def test_a_graph_has_an_arrow_for_each_weight_above_zero() -> None:
    made = figure_of("graph")
    content = made.content
    assert isinstance(content, Graph)

    assert [(edge.source, edge.target, edge.weight.shown) for edge in content.edges][:2] == [
        ("H1", "H2", "0.50"),
        ("H1", "H3", "0.50"),
    ]
    assert len(content.edges) == 6
    assert [parts_text(line) for line in content.nodes[0].lines] == [
        "Primary\nhigh dose",
        "α = 0.025",
        "adj. p = 0.0123",
    ]


@pytest.mark.parametrize(
    ("kind", "old", "new", "message"),
    [
        ("forest", "{id: plot, header: Hazard ratio}", "{id: picture}", "no column of F has the id 'plot'"),
        ("forest", "ticks: [0.25,", "ticks: [0,", "its reference and its ticks must be above 0"),
        ("forest", "by: sex", "by: age", "the plan has no grouping 'age'"),
        ("forest", "      hr: ", "      or: ", "the table has no column 'or'"),
        ("spider", "    x: {variable: ADY, label: Study day, ticks: [0, 42, 84, 126, 168]}\n", "", "F has no 'x'"),
        ("waterfall", "variable: PCHG", "variable: CHG", "of the variable 'CHG' of best, which gives value of: PCHG"),
        ("waterfall", "variable: PCHG", "variable: AVALC", "is the text 'PD'. Name a variable that holds numbers"),
        ("waterfall", "analysis: best", "analysis: course", "has several records of some"),
        ("scatter", "analysis: alt", "analysis: hr", "has no results of single subjects"),
        ("graph", '      H4: {label: "Secondary\\nlow dose", x: 1, y: 2}\n', "", "Give each hypothesis of mcp a node"),
        ("graph", "H4: {label", "H5: {label", "'H5' of mcp, which analyses"),
        ("bars", "    x: visit\n", "", "the bar chart F has no 'x'"),
        ("swimmer", "kind: EVENT, only", "kind: EVENT, label: Event, only", "have either a 'kind'"),
    ],
)  # fmt: skip
def test_what_a_plan_gets_wrong_is_said(kind: str, old: str, new: str, message: str) -> None:
    with pytest.raises(PlanError, match=message.replace("(", r"\(")):
        figure_of(kind, (old, new))


def test_fills_and_marks_differ_without_color() -> None:
    assert len({fill_style(number).hatch for number in range(7)}) == 7
    assert len({event_style(number).marker for number in range(8)}) == 8


def test_hypotheses_do_not_overlap_however_long_their_texts() -> None:
    words = "Change from baseline in the total score of the scale at the last visit"
    nodes = tuple(
        Node(id=f"{x}{y}", lines=((words,), ("0.0125",)), x=float(x), y=float(y)) for x in range(4) for y in range(2)
    )
    canvas = Canvas(dpi=100)
    FigureCanvasAgg(canvas)

    texts, _, wide = _fitted_texts(Graph(nodes=nodes, edges=()), canvas, 6.5)

    places, _ = _places(Graph(nodes=nodes, edges=()), 6.5, wide, 1.0)
    assert places["10"][0] - places["00"][0] > wide
    assert " ".join(texts["00"].split()) == f"{words} 0.0125"


def test_a_graph_after_a_rejection_is_that_of_its_step() -> None:
    plan = parse_plan("""
plan: {title: T}
analysis_sets: {all: {label: All}}
groupings: {arm: {variable: ARM, levels: [A, B, C], reference: A}}
analyses:
  b: &test {method: t_test, dataset: ADSL, population: all, variables: [CHG], by: [arm], options: {contrasts: [[B, A]]}}
  c: {<<: *test, options: {contrasts: [[C, A]]}}
  mcp:
    method: graphical
    dataset: ADSL
    population: all
    variables: [USUBJID]
    options:
      hypotheses: {H1: {analysis: b, contrast: [B, A]}, H2: {analysis: c, contrast: [C, A]}}
      weights: {H1: 0.5, H2: 0.5}
      transitions: {H1: {H2: 1}, H2: {H1: 1}}
displays:
  patterns: &graph {kind: graph, title: T, analysis: mcp, nodes: {H1: {x: 0, y: 0}, H2: {x: 1, y: 0}},
    lines: ["${label}", "{alpha_share:.3}"]}
  first: *graph
  second: {<<: *graph, groups: {STEP: "1"}, lines: ["${label}", "{updated_alpha_share:.3}"], edge: updated_transition}
""")
    frame = pl.DataFrame(
        {
            "USUBJID": [str(number) for number in range(12)],
            "ARM": ["A"] * 4 + ["B"] * 4 + ["C"] * 4,
            "CHG": [0.0, 1, 2, 3, 9, 10, 11, 12, 1, 2, 3, 5],
        }
    )
    first, second = compose(plan, analyze(plan, {"ADSL": Dataset(name="ADSL", frame=frame)}))

    assert isinstance(first, Figure) and isinstance(first.content, Graph)
    assert [(edge.source, edge.target) for edge in first.content.edges] == [("H1", "H2"), ("H2", "H1")]
    assert [parts_text(node.lines[1]) for node in first.content.nodes] == ["0.025", "0.025"]
    # H1 is rejected first; its share goes to H2, which is left alone.
    assert isinstance(second, Figure) and isinstance(second.content, Graph)
    assert second.content.edges == ()
    assert [parts_text(node.lines[-1]) for node in second.content.nodes] == ["H1", "0.050"]
