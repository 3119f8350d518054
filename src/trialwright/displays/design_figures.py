"""Figures of a design report: power curves, bounds, the forecast of enrollment, and the front of a search.

Each is made of rows of the table of results alone; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trialwright.displays.model import Axis, Figure, LineAt, Plane, Series
from trialwright.results import Result, Results


def compose_power_curves(
    results: Results,
    designs: Sequence[tuple[str, str]],
    *,
    id: str,
    title: str,
    x_label: str,
    y_label: str,
    target: tuple[float, str],
    alt_text: str,
) -> Figure:
    """Power of each design (id and label) over the effects; a line at the power that was asked for."""
    used: list[Result] = []
    series = []
    for design, label in designs:
        points = [
            row
            for row in results.of_analysis("design.power_curve")
            if row.groups[0][1] == design and row.stat_name == "power"
        ]
        used += points
        series.append(Series(label=label, x=tuple(_level(row, 1) for row in points), y=_values(points)))
    return Figure(
        id=id,
        title=title,
        population="",
        kind="power_curves",
        series=tuple(series),
        content=Plane(
            x=Axis(label=x_label),
            y=Axis(label=y_label, limits=(0.0, 1.02), lines=(LineAt(at=target[0], label=target[1]),)),
        ),
        y_is_percent=True,
        alt_text=alt_text,
        refs=_names(used),
    )


def compose_boundaries(
    results: Results,
    designs: Sequence[tuple[str, str]],
    *,
    id: str,
    title: str,
    x_label: str,
    y_label: str,
    words: tuple[str, str],
    alt_text: str,
) -> Figure:
    """Bounds of Z over the information; `words` say "efficacy" and "futility" after a design's label."""
    used: list[Result] = []
    series = []
    for design, label in designs:
        rows = [row for row in results.of_analysis("design.bounds") if row.groups[0][1] == design]
        fraction = {row.groups[1][1]: row for row in rows if row.stat_name == "information_fraction"}
        for stat_name, word in zip(("efficacy_z", "futility_z"), words, strict=True):
            points = [row for row in rows if row.stat_name == stat_name and row.stat is not None]
            if not points:
                continue
            used += points + [fraction[row.groups[1][1]] for row in points]
            series.append(
                Series(
                    label=f"{label}, {word}" if len(designs) > 1 or stat_name == "futility_z" else label,
                    x=_values([fraction[row.groups[1][1]] for row in points]),
                    y=_values(points),
                    kind="marked" if stat_name == "efficacy_z" else "marked_open",
                )
            )
    return Figure(
        id=id,
        title=title,
        population="",
        kind="boundaries",
        series=tuple(series),
        content=Plane(x=Axis(label=x_label, limits=(0.0, 1.05)), y=Axis(label=y_label)),
        alt_text=alt_text,
        refs=_names(used),
    )


def compose_enrollment(
    results: Results,
    scenarios: Sequence[tuple[str, str]],
    *,
    design: str,
    id: str,
    title: str,
    x_label: str,
    y_label: str,
    alt_text: str,
) -> Figure:
    """Subjects in over the time, the median with its interval, for each scenario (id and label) of one design."""
    used: list[Result] = []
    series = []
    for scenario, label in scenarios:
        rows = [
            row
            for row in results.of_analysis("design.enrollment")
            if row.groups[0][1] == design and row.groups[1][1] == scenario and len(row.groups) == 3
        ]
        used += rows
        quantiles = [[row for row in rows if row.stat_name == name] for name in ("median", "lower", "upper")]
        median, lower, upper = (_values(one) for one in quantiles)
        subjects = tuple(_level(row, 2) for row in quantiles[0])
        series.append(Series(label=label, x=median, y=subjects, lower=lower, upper=upper, kind="line"))
    return Figure(
        id=id,
        title=title,
        population="",
        kind="enrollment",
        series=tuple(series),
        content=Plane(x=Axis(label=x_label), y=Axis(label=y_label)),
        alt_text=alt_text,
        refs=_names(used),
    )


def compose_front(
    results: Results,
    *,
    id: str,
    title: str,
    x: tuple[str, str],
    y: tuple[str, str],
    words: tuple[str, str, str],
    y_is_percent: bool,
    alt_text: str,
) -> Figure:
    """The candidates of a search by two objectives, and the front among them as it was verified.

    x, y   the statistic, and the label of the axis
    words  of candidates that keep the limits, of those that do not, and of the front
    """
    rows = results.of_analysis("design.search")
    by_candidate: dict[str, dict[str, Result]] = {}
    for row in rows:
        by_candidate.setdefault(row.groups[0][1], {})[row.stat_name] = row
    by_point: dict[str, dict[str, Result]] = {}
    for row in results.of_analysis("design.front"):
        by_point.setdefault(row.groups[0][1], {})[row.stat_name] = row
    feasible = [one for one in by_candidate.values() if one["is_feasible"].stat]
    others = [one for one in by_candidate.values() if not one["is_feasible"].stat]
    front = sorted(by_point.values(), key=lambda one: one[x[0]].stat or 0.0)
    series = [
        Series(label=label, x=_values([one[x[0]] for one in group]), y=_values([one[y[0]] for one in group]), kind=kind)
        for label, group, kind in zip(
            words, (feasible, others, front), ("points", "points_open", "marked"), strict=True
        )
        if group
    ]
    used = [one[name] for group in (feasible, others, front) for one in group for name in (x[0], y[0])]
    return Figure(
        id=id,
        title=title,
        population="",
        kind="front",
        series=tuple(series),
        content=Plane(x=Axis(label=x[1]), y=Axis(label=y[1])),
        y_is_percent=y_is_percent,
        alt_text=alt_text,
        refs=_names(used),
    )


def _values(rows: Iterable[Result]) -> tuple[float, ...]:
    return tuple(row.stat if row.stat is not None else float("nan") for row in rows)


def _level(row: Result, group: int) -> float:
    return float(row.groups[group][1])


def _names(rows: Iterable[Result]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.result_id for row in rows))
