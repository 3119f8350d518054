"""Figures in which each subject is a mark: waterfall, spider, scatter and swimmer plots.

Their values are results that have the group USUBJID, one for each record: those of `listing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trialwright.analysis.layout_figures import AxisSpec, CategorySpec, LineAtSpec, SubjectsSpec, SwimmerSpec
from trialwright.analysis.templates import Template
from trialwright.displays._scope import Filler, Scope
from trialwright.displays._tables import compose_footnotes
from trialwright.displays.formats import format_number
from trialwright.displays.model import Axis, Figure, Lane, Lanes, LineAt, Part, Track, Tracks
from trialwright.errors import PlanError
from trialwright.results import Result

_SUBJECT = "USUBJID"
_ROW = "row"

#: A record of a subject: USUBJID, and its number within the subject where the method gives one.
_Record = tuple[str, str]

_PLOTS = {"waterfall": "Waterfall plot", "spider": "Spider plot", "scatter": "Scatter plot"}


def compose_subjects(spec: SubjectsSpec, filler: Filler) -> Figure:
    """The waterfall, spider or scatter plot that `spec` asks for."""
    where = f"Display {spec.id}"
    y = _numbers(spec.y, filler, where)
    if spec.x is None:
        x = dict.fromkeys(y, 0.0)
        _check_single(y, spec.y.analysis, where)
    else:
        x = _numbers(spec.x, filler, where)
        if spec.x.analysis != spec.y.analysis or spec.kind == "scatter":
            x, y = _one_each(x, spec.x.analysis, where), _one_each(y, spec.y.analysis, where)
    shown = [record for record in y if record in x]
    kinds = _Kinds.of(spec.color, filler, where)
    by_subject: dict[str, list[_Record]] = {}
    for record in shown:
        by_subject.setdefault(record[0], []).append(record)
    tracks = []
    for subject, records in by_subject.items():
        records.sort(key=lambda record: x[record])
        tracks.append(
            Track(
                subject=subject,
                x=tuple(x[record] for record in records),
                y=tuple(y[record] for record in records),
                kind=kinds.index(records[0]),
            )
        )
    if spec.kind == "waterfall":
        tracks.sort(key=lambda track: (-track.y[0], track.subject))
    scope = Scope(where=where, analysis_set=spec.analysis_set, analysis=Template((spec.analysis,), spec.analysis))
    corners = tuple(() if one is None else filler.fill(one, scope).cell.parts for one in spec.corners)
    content = Tracks(
        tracks=tuple(tracks),
        y=_axis(spec.y),
        x=Axis(label=spec.x_label) if spec.x is None else _axis(spec.x),
        kinds=kinds.words,
        corners=corners if any(corners) else (),
    )
    return _figure(spec, spec.kind, content, len(tracks), kinds.words, filler, scope)


def compose_swimmer(spec: SwimmerSpec, filler: Filler) -> Figure:
    """The swimmer plot that `spec` asks for."""
    where = f"Display {spec.id}"
    lengths = _numbers(spec.x, filler, where)
    _check_single(lengths, spec.x.analysis, where)
    kinds = _Kinds.of(spec.color, filler, where)
    ongoing = _texts(spec.ongoing, spec.analysis, filler, where) if spec.ongoing else {}
    events: list[str] = []
    of_subject: dict[str, list[tuple[float, int]]] = {}
    for event in spec.events:
        kinds_of_event = _Kinds.of(event.kind, filler, where, has_others=False)
        for record, time in _numbers(event.at, filler, where).items():
            kind = kinds_of_event.index_of_record(record) if event.kind else 0
            if kind >= 0:
                of_subject.setdefault(record[0], []).append((time, len(events) + kind))
        events += kinds_of_event.words if event.kind else [event.label]
    lanes = [
        Lane(
            subject=record[0],
            length=length,
            kind=kinds.index(record),
            events=tuple(sorted(of_subject.get(record[0], ()))),
            is_ongoing=ongoing.get(record) == "Y",
        )
        for record, length in sorted(lengths.items(), key=lambda item: (-item[1], item[0]))
    ]
    content = Lanes(
        lanes=tuple(lanes),
        x=_axis(spec.x),
        kinds=kinds.words,
        events=tuple(events),
        shows_subjects=spec.shows_subjects,
    )
    scope = Scope(where=where, analysis_set=spec.analysis_set, analysis=Template((spec.analysis,), spec.analysis))
    return _figure(spec, "swimmer", content, len(lanes), (*kinds.words, *events), filler, scope)


def _figure(
    spec: SubjectsSpec | SwimmerSpec,
    kind: str,
    content: Tracks | Lanes,
    count: int,
    kinds: Sequence[str],
    filler: Filler,
    scope: Scope,
) -> Figure:
    notes = [filler.fill(note, scope).cell.parts for note in spec.annotations]
    footnotes = compose_footnotes(spec.footnotes, spec.id, spec.analysis_set, filler, spec.shows_warnings)
    return Figure(
        id=spec.id,
        title=spec.title,
        population=spec.population,
        kind=kind,
        content=content,
        annotations=tuple(note for note in notes if note),
        footnotes=(*footnotes, *_not_shown(spec, count, filler)),
        section=spec.section,
        purpose=spec.purpose,
        alt_text=spec.alt_text or _alt_text(spec.title, kind, count, kinds),
        is_landscape=spec.orientation == "landscape",
        refs=tuple(filler.used),
    )


def _alt_text(title: str, kind: str, count: int, kinds: Sequence[str]) -> str:
    by = f", by {', '.join(kinds)}" if kinds else ""
    return f"{_PLOTS.get(kind, 'Swimmer plot')}: {title}. {count} subjects{by}."


def _not_shown(spec: SubjectsSpec | SwimmerSpec, shown: int, filler: Filler) -> tuple[tuple[Part, ...], ...]:
    """Says how many subjects of the analyses lack a value that their mark needs."""
    axes = [spec.x, *([spec.y] if isinstance(spec, SubjectsSpec) else [])]
    subjects = {
        level
        for axis in axes
        if axis is not None
        for result in filler.lookup.analysis(axis.analysis, spec.id).rows
        for variable, level in result.groups
        if variable == _SUBJECT
    }
    missing = len(subjects) - shown
    return ((f"Subjects without a value, not shown: {missing}.",),) if missing > 0 else ()


def _axis(spec: AxisSpec) -> Axis:
    return Axis(label=spec.label, is_log=spec.is_log, ticks=spec.ticks, limits=spec.limits, lines=lines_at(spec.lines))


def lines_at(specs: Iterable[LineAtSpec]) -> tuple[LineAt, ...]:
    """Lines across a figure."""
    return tuple(LineAt(at=one.at, label=one.label) for one in specs)


# --- values of subjects ---


def _results(analysis: str, variable: str, statistic: str, filler: Filler, where: str) -> dict[_Record, Result]:
    index = filler.lookup.analysis(analysis, where)
    if index.rows and _SUBJECT not in index.group_variables:
        raise PlanError(
            f"{where} draws each subject, but {analysis} has no results of single subjects. "
            "Name an analysis by the method listing."
        )
    found = {
        _record(result): result
        for result in index.rows
        if result.stat_name == statistic and result.variable == variable
    }
    if index.rows and not found:
        raise PlanError(
            f"{where} draws {statistic} of the variable {variable!r} of {analysis}, which gives "
            f"{', '.join(index.stats)} of: {', '.join(index.variables)}."
        )
    return found


def _record(result: Result) -> _Record:
    groups = dict(result.groups)
    return groups.get(_SUBJECT, ""), groups.get(_ROW, "")


def _numbers(axis: AxisSpec, filler: Filler, where: str) -> dict[_Record, float]:
    """The numbers along an axis; on a logarithmic one those above 0."""
    found = _results(axis.analysis, axis.variable, axis.statistic, filler, where)
    numbers: dict[_Record, float] = {}
    for record, result in found.items():
        if result.stat is None and result.stat_text not in (None, "", "NE"):
            raise PlanError(
                f"{where} draws {axis.variable} of {axis.analysis}, but {result.result_id} is the text "
                f"{result.stat_text!r}. Name a variable that holds numbers."
            )
        if result.stat is not None and (result.stat > 0 or not axis.is_log):
            numbers[record] = result.stat
            filler.used[result.result_id] = result
    return numbers


def _texts(variable: str, analysis: str, filler: Filler, where: str) -> dict[_Record, str]:
    """The words of a variable, or of a group of the analysis's results."""
    index = filler.lookup.analysis(analysis, where)
    if variable in index.group_variables and variable not in index.variables:
        return {_record(result): dict(result.groups).get(variable, "") for result in index.rows}
    texts = {}
    for record, result in _results(analysis, variable, "value", filler, where).items():
        text = result.stat_text or ""
        if result.stat is not None:
            text = format_number(result.stat, ".0" if result.stat.is_integer() else ".2")
        if text:
            filler.used[result.result_id] = result
            texts[record] = text
    return texts


def _check_single(values: Mapping[_Record, float], analysis: str, where: str) -> None:
    subjects = [subject for subject, _ in values]
    if len(set(subjects)) != len(subjects):
        raise PlanError(
            f"{where} draws one value of each subject, but {analysis} has several records of some. Restrict its "
            "records by 'where', or keep one of each subject by 'select' (select: {order: [PCHG]} keeps the least)."
        )


def _one_each(values: dict[_Record, float], analysis: str, where: str) -> dict[_Record, float]:
    """The values by subject alone, so that those of two analyses can be joined."""
    _check_single(values, analysis, where)
    return {(subject, ""): value for (subject, _), value in values.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kinds:
    """The categories of records: their words, and the index of each record's and each subject's."""

    words: tuple[str, ...] = ()
    of_record: Mapping[_Record, int]
    of_subject: Mapping[str, int]

    @classmethod
    def of(cls, spec: CategorySpec | None, filler: Filler, where: str, *, has_others: bool = True) -> _Kinds:
        """The categories that `spec` asks for; others follow those that it names, unless they are not to be drawn."""
        if spec is None:
            return cls(of_record={}, of_subject={})
        texts = _texts(spec.variable, spec.analysis, filler, where)
        declared = {level.value: level.label for level in spec.only}
        others = sorted(set(texts.values()) - set(declared)) if has_others or not declared else []
        levels = [*declared, *others]
        numbers = {record: levels.index(text) for record, text in texts.items() if text in levels}
        return cls(
            words=tuple(" ".join(declared.get(level, level).split()) for level in levels),
            of_record=numbers,
            of_subject={subject: number for (subject, _), number in reversed(numbers.items())},
        )

    def index(self, record: _Record) -> int:
        """The category of a record, else of its subject; -1 for none."""
        return self.of_record.get(record, self.of_subject.get(record[0], -1))

    def index_of_record(self, record: _Record) -> int:
        """The category of a record itself; -1 for none."""
        return self.of_record.get(record, -1)
