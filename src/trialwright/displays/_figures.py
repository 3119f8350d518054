"""Figures as data: curves and flow diagrams out of results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from trialwright.analysis.layout_figures import BoxSpec, CurveSpec, FlowSpec, LineSpec
from trialwright.analysis.plan import Grouping, Level
from trialwright.analysis.templates import Template
from trialwright.displays._scope import Filler, Scope
from trialwright.displays._tables import compose_footnotes
from trialwright.displays.formats import refer
from trialwright.displays.model import Box, Figure, LineAt, Part, Series, Spread, Spreads
from trialwright.errors import PlanError
from trialwright.results import Result, ResultRef

#: How many ticks an axis has, about, if the plan does not say.
_TICKS = 7


def compose_curves(spec: CurveSpec, filler: Filler) -> Figure:
    """The Kaplan-Meier curves or mean profile that `spec` asks for."""
    scope = Scope(
        where=f"Display {spec.id}", analysis_set=spec.analysis_set, analysis=Template((spec.analysis,), spec.analysis)
    )
    scope = filler.bind_groups(spec.groups, scope)
    figure = _COMPOSERS[spec.kind](spec, scope, filler)
    notes = [filler.fill(note, scope).cell.parts for note in spec.annotations]
    footnotes = compose_footnotes(spec.footnotes, spec.id, spec.analysis_set, filler, spec.shows_warnings)
    return replace(
        figure,
        annotations=tuple(note for note in notes if note),
        footnotes=footnotes,
        section=spec.section,
        purpose=spec.purpose,
        x_label=spec.x_label,
        y_label=spec.y_label,
        y_is_percent=spec.is_percent,
        y_lines=tuple(LineAt(at=one.at, label=one.label) for one in spec.lines),
        is_landscape=spec.orientation == "landscape",
        refs=tuple(filler.used),
    )


def _curve_levels(spec: CurveSpec, scope: Scope, filler: Filler) -> list[tuple[Level, Mapping[str, str]]]:
    if not spec.by:
        return [(Level(value="", label=""), scope.groups)]
    grouping = filler.grouping(spec.by, scope.where)
    return [(level, {**scope.groups, grouping.variable: level.value}) for level in grouping.levels]


def _label(level: Level) -> str:
    return " ".join(level.label.split())


def _curves_of_time(spec: CurveSpec, scope: Scope, filler: Filler) -> Figure:
    index = filler.lookup.analysis(spec.analysis, scope.where)
    by_groups: dict[frozenset[tuple[str, str]], dict[float, dict[str, Result]]] = {}
    for result in index.rows:
        if result.variable_level is not None and (not spec.variable or result.variable == spec.variable):
            points = by_groups.setdefault(frozenset(result.groups), {})
            points.setdefault(float(result.variable_level), {})[result.stat_name] = result
    series: list[Series] = []
    steps: list[tuple[str, dict[float, dict[str, Result]]]] = []
    for level, groups in _curve_levels(spec, scope, filler):
        points = dict(sorted(by_groups.get(frozenset(groups.items()), {}).items()))
        if points:
            series.append(_step_series(_label(level), points, spec, filler))
            steps.append((_label(level), points))
    if by_groups and not series:
        _check_groups(by_groups, spec, scope, filler)
    last = max((one.x[-1] for one in series), default=0.0)
    ticks = spec.ticks or nice_ticks(0.0, last)
    at_risk = tuple((label, _at_risk(points, ticks, filler)) for label, points in steps)
    return Figure(
        id=spec.id,
        title=spec.title,
        population=spec.population,
        kind=spec.kind,
        series=tuple(series),
        x_ticks=ticks,
        x_tick_labels=tuple(f"{tick:g}" for tick in ticks),
        at_risk=at_risk if all(references for _, references in at_risk) else (),
        alt_text=spec.alt_text or _survival_alt_text(spec, series),
    )


def _check_groups(found: Iterable[frozenset[tuple[str, str]]], spec: CurveSpec, scope: Scope, filler: Filler) -> None:
    """Raise `PlanError` if the curves have groups that the figure does not name."""
    named = {variable for _, groups in _curve_levels(spec, scope, filler) for variable in groups}
    others = sorted({variable for groups in found for variable, _ in groups} - named)
    if others:
        raise PlanError(
            f"{scope.where}: the curves of {spec.analysis} are also parted by {', '.join(others)}. Name the level that "
            f"is drawn: groups: {{{others[0]}: ...}}."
        )


def _step_series(label: str, points: dict[float, dict[str, Result]], spec: CurveSpec, filler: Filler) -> Series:
    # Survival begins at 1, an incidence at 0.
    start = 1.0 if spec.kind == "kaplan_meier" else 0.0
    x: list[float] = [0.0]
    y: list[float] = [start]
    lower: list[float] = [start]
    upper: list[float] = [start]
    marks: list[tuple[float, float]] = []
    for time, stats in points.items():
        drawn = stats.get(spec.statistic)
        if drawn is None or drawn.stat is None:
            continue
        filler.used[drawn.result_id] = drawn
        # Those who have the event at time 0 are a step there.
        if time > 0 or drawn.stat != start:
            x.append(time)
            y.append(drawn.stat)
            lower.append(_stat(stats, spec.lower, lower[-1]))
            upper.append(_stat(stats, spec.upper, upper[-1]))
        censored = stats.get("censored")
        if censored is not None and censored.stat:
            filler.used[censored.result_id] = censored
            marks.append((time, drawn.stat))
    return Series(
        label=label,
        x=tuple(x),
        y=tuple(y),
        lower=tuple(lower) if spec.has_interval else (),
        upper=tuple(upper) if spec.has_interval else (),
        marks=tuple(marks),
        kind="step",
    )


def _stat(stats: Mapping[str, Result], name: str, otherwise: float) -> float:
    found = stats.get(name)
    return otherwise if found is None or found.stat is None else found.stat


def _at_risk(points: dict[float, dict[str, Result]], ticks: Sequence[float], filler: Filler) -> tuple[ResultRef, ...]:
    """The number at risk at each tick, up to the last time: that of the first time at or after the tick.

    Nobody enters or leaves the risk set between two times of the estimate, so that number holds at the tick as well.
    """
    counted = {time: stats["at_risk"] for time, stats in points.items() if "at_risk" in stats}
    references = []
    for tick in ticks:
        later = [time for time in counted if time >= tick]
        if not later:
            break
        result = counted[min(later)]
        filler.used[result.result_id] = result
        references.append(refer(result, ".0"))
    return tuple(references)


def _mean_profile(spec: CurveSpec, scope: Scope, filler: Filler) -> Figure:
    grouping = filler.grouping(spec.x, scope.where)
    positions = _positions(grouping)
    series = []
    for level, groups in _curve_levels(spec, scope, filler):
        one = _profile_series(spec, _label(level), groups, grouping, positions, scope, filler)
        if one.x:
            series.append(one)
    shown = [tick for tick in positions if not spec.ticks or tick in spec.ticks]
    labels = {position: _label(level) for position, level in zip(positions, grouping.levels, strict=True)}
    return Figure(
        id=spec.id,
        title=spec.title,
        population=spec.population,
        kind=spec.kind,
        series=tuple(series),
        x_ticks=tuple(shown),
        x_tick_labels=tuple(labels[position] for position in shown),
        alt_text=spec.alt_text or _profile_alt_text(spec, series, grouping),
    )


def _positions(grouping: Grouping) -> tuple[float, ...]:
    """Where the levels stand on the axis: at their number, or one beside the other if they are words."""
    try:
        return tuple(float(level.value) for level in grouping.levels)
    except ValueError:
        return tuple(float(number) for number in range(len(grouping.levels)))


def _profile_series(
    spec: CurveSpec,
    label: str,
    groups: Mapping[str, str],
    grouping: Grouping,
    positions: Sequence[float],
    scope: Scope,
    filler: Filler,
) -> Series:
    x: list[float] = []
    drawn: list[tuple[float, float, float]] = []
    has_interval = spec.has_interval
    for position, level in zip(positions, grouping.levels, strict=True):
        at = {**groups, grouping.variable: level.value}
        stats = [spec.statistic, *((spec.lower, spec.upper) if spec.has_interval else ())]
        found = [
            filler.lookup.find(
                spec.analysis, stat, groups=at, variable=spec.variable or None, level=None, where=scope.where
            )
            for stat in stats
        ]
        present = [result for result in found if result is not None and result.stat is not None]
        filler.used.update({result.result_id: result for result in present})
        values = [result.stat for result in found if result is not None and result.stat is not None]
        if not values or found[0] is None or found[0].stat is None:
            continue
        center = values[0]
        x.append(position)
        drawn.append((center, values[1], values[2]) if len(values) == 3 else (center, center, center))
    return Series(
        label=label,
        x=tuple(x),
        y=tuple(point[0] for point in drawn),
        lower=tuple(point[1] for point in drawn) if has_interval else (),
        upper=tuple(point[2] for point in drawn) if has_interval else (),
        kind="line",
    )


def _box_plot(spec: CurveSpec, scope: Scope, filler: Filler) -> Figure:
    grouping = filler.grouping(spec.x, scope.where)
    positions = _positions(grouping)
    groups = []
    for level, bound in _curve_levels(spec, scope, filler):
        boxes = []
        for position, visit in zip(positions, grouping.levels, strict=True):
            box = _box(spec, position, {**bound, grouping.variable: visit.value}, scope, filler)
            if box is not None:
                boxes.append(box)
        groups.append((_label(level), tuple(boxes)))
    shown = [tick for tick in positions if not spec.ticks or tick in spec.ticks]
    labels = {position: _label(level) for position, level in zip(positions, grouping.levels, strict=True)}
    names = ", ".join(label for label, _ in groups if label)
    return Figure(
        id=spec.id,
        title=spec.title,
        population=spec.population,
        kind="box_plot",
        content=Spreads(groups=tuple(groups)),
        x_ticks=tuple(shown),
        x_tick_labels=tuple(labels[position] for position in shown),
        alt_text=spec.alt_text or f"Box plots: {spec.title}{' for ' + names if names else ''}.",
    )


def _box(spec: CurveSpec, position: float, at: Mapping[str, str], scope: Scope, filler: Filler) -> Spread | None:
    """The five numbers of one box; None where one of them is lacking. The mean is drawn where there is one."""
    found = {
        stat: filler.lookup.find(
            spec.analysis, stat, groups=at, variable=spec.variable or None, level=None, where=scope.where
        )
        for stat in (*_FIVE_NUMBERS, "mean")
    }
    values = {stat: result.stat for stat, result in found.items() if result is not None and result.stat is not None}
    if any(stat not in values for stat in _FIVE_NUMBERS):
        return None
    filler.used.update({result.result_id: result for result in found.values() if result is not None})
    minimum, q1, median, q3, maximum = (values[stat] for stat in _FIVE_NUMBERS)
    return Spread(x=position, minimum=minimum, q1=q1, median=median, q3=q3, maximum=maximum, mean=values.get("mean"))


_FIVE_NUMBERS = ("min", "q1", "median", "q3", "max")

_COMPOSERS = {
    "kaplan_meier": _curves_of_time,
    "cumulative_incidence": _curves_of_time,
    "mean_profile": _mean_profile,
    "bars": _mean_profile,
    "box_plot": _box_plot,
}


def nice_ticks(low: float, high: float) -> tuple[float, ...]:
    """About seven round numbers from `low` to `high`."""
    if high <= low:
        return (low,)
    raw = (high - low) / _TICKS
    power = 1.0
    while power * 10 <= raw:
        power *= 10
    while power > raw:
        power /= 10
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw)
    return tuple(low + step * number for number in range(int((high - low) / step + 1e-9) + 1))


def _survival_alt_text(spec: CurveSpec, series: Sequence[Series]) -> str:
    names = ", ".join(one.label for one in series if one.label)
    kind = "Kaplan-Meier curves" if spec.kind == "kaplan_meier" else "Curves of cumulative incidence"
    return f"{kind}: {spec.title}{' by ' + names if names else ''}."


def _profile_alt_text(spec: CurveSpec, series: Sequence[Series], grouping: Grouping) -> str:
    names = ", ".join(one.label for one in series if one.label)
    ends = [_label(grouping.levels[0]), _label(grouping.levels[-1])]
    kind = "Bar chart" if spec.kind == "bars" else "Line chart"
    return f"{kind}: {spec.title}, from {ends[0]} to {ends[1]}{' for ' + names if names else ''}."


def compose_flow(spec: FlowSpec, filler: Filler) -> Figure:
    """The flow diagram that `spec` asks for."""
    scope = Scope(where=f"Display {spec.id}", analysis_set=spec.analysis_set)
    columns = max((len(filler.grouping(box.by, scope.where).levels) for box in spec.boxes if box.by), default=1)
    boxes: list[Box] = []
    made: dict[str, list[str]] = {}
    for box in spec.boxes:
        own = list(_boxes(box, replace(scope, where=f"{scope.where}, box {box.id}"), columns, filler))
        made[box.id] = [one.id for one in own]
        boxes += own
    arrows = [pair for box in spec.boxes for target in box.to for pair in _arrows(made[box.id], made[target])]
    return Figure(
        id=spec.id,
        title=spec.title,
        population=spec.population,
        kind="flow",
        boxes=tuple(boxes),
        arrows=tuple(arrows),
        footnotes=compose_footnotes(spec.footnotes, spec.id, spec.analysis_set, filler, spec.shows_warnings),
        section=spec.section,
        purpose=spec.purpose,
        alt_text=spec.alt_text or _flow_alt_text(spec, boxes),
        is_landscape=spec.orientation == "landscape",
        refs=tuple(filler.used),
    )


def _boxes(spec: BoxSpec, scope: Scope, columns: int, filler: Filler) -> Iterator[Box]:
    scopes = list(filler.repeated(spec.by, (), False, None, scope))
    for number, one in enumerate(scopes):
        start = 0.0 if spec.column is None and spec.by else spec.column
        column = (columns - 1) / 2 if start is None else start + number
        yield Box(
            id=f"{spec.id}[{one.names[spec.by][0]}]" if spec.by else spec.id,
            lines=tuple(line for one_line in spec.lines for line in _lines(one_line, one, filler)),
            row=spec.row,
            column=column,
            width=spec.width,
        )


def _lines(spec: LineSpec, scope: Scope, filler: Filler) -> Iterator[tuple[Part, ...]]:
    if spec.levels is not None and spec.text.analysis is not None:
        scope = replace(scope, analysis=spec.text.analysis)
    for one in filler.repeated("", (), False, spec.levels, scope):
        filled = filler.fill(spec.text, one)
        if spec.omit == "zero" and filled.is_zero and filled.has_places:
            continue
        if spec.omit == "absent" and filled.has_places and not filled.results:
            continue
        if filled.cell.parts:
            yield filled.cell.parts


def _arrows(sources: Sequence[str], targets: Sequence[str]) -> list[tuple[str, str]]:
    """Equal levels are joined; a single box is joined with each of several."""
    if len(sources) == len(targets):
        return list(zip(sources, targets, strict=True))
    if len(sources) == 1:
        return [(sources[0], target) for target in targets]
    if len(targets) == 1:
        return [(source, targets[0]) for source in sources]
    raise PlanError(
        f"Arrows cannot join {len(sources)} boxes ({', '.join(sources)}) with {len(targets)} ({', '.join(targets)})."
    )


def _flow_alt_text(spec: FlowSpec, boxes: Sequence[Box]) -> str:
    steps = [
        " ".join(part if isinstance(part, str) else part.shown for part in box.lines[0]) for box in boxes if box.lines
    ]
    ordered = [first for first, second in pairwise([*steps, ""]) if first != second]
    return f"Flow diagram: {spec.title}. {'; '.join(ordered)}."
