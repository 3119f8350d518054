"""A small plan and results made by hand, so that what is displayed can be told by looking."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from trialwright.analysis.layout_reader import read_displays
from trialwright.analysis.plan import Analysis, AnalysisPlan, AnalysisSet, Grouping, Level
from trialwright.displays import Display, Figure, Table, compose
from trialwright.marked_yaml import parse_yaml
from trialwright.results import Result, Results

ARMS = ("Placebo", "Low", "High")
SIZES = {"Placebo": 86, "Low": 84, "High": 84, "Total": 254}

Stats = dict[str, float | None]


def _counts(arm: str, n: int) -> Stats:
    return {"n": n, "N": SIZES[arm], "p": n / SIZES[arm]}


def _rows() -> Iterator[Result]:
    def make(
        analysis: str,
        stats: Stats,
        groups: tuple[tuple[str, str], ...] = (),
        variable: str | None = None,
        level: str | None = None,
        warnings: str = "",
    ) -> Iterator[Result]:
        for name, value in stats.items():
            yield Result(
                analysis_id=analysis,
                stat_name=name,
                stat=value,
                groups=groups,
                variable=variable,
                variable_level=level,
                warnings=warnings,
            )

    for arm, size in SIZES.items():
        yield from make("population.itt", {"n": size}, (("TRT01P", arm),), "USUBJID")
        yield from make("age", {"n": size, "mean": 75.25, "sd": 8.25}, (("TRT01P", arm),), "AGE")
        for sex, share in (("F", 40), ("M", size - 40)):
            yield from make("sex", _counts(arm, share), (("TRT01P", arm),), "SEX", sex)
    yield from make("population.itt", {"n": 254}, (), "USUBJID")
    yield from make("age.test", {"p_value": 0.5934}, (), "AGE")
    yield from make("sex.test", {"p_value": 0.1409}, (), "SEX", warnings="an expected count is below 5")
    for arm in ("Low", "High"):
        contrast = (("TRT01P", f"{arm} - Placebo"),)
        yield from make("model", {"difference": -0.5, "se": None, "p_value": 0.569}, contrast, "CHG")
    events = {
        "CARDIAC": {"PALPITATIONS": (2, 1, 0), "BRADYCARDIA": (0, 1, 3), "ATRIAL FLUTTER": (1, 0, 0)},
        "EYE": {"PAIN": (0, 0, 1)},
    }
    for index, arm in enumerate(ARMS):
        by_arm = (("TRT01P", arm),)
        yield from make("ae", _counts(arm, 4) | {"n_events": 6}, by_arm, "USUBJID")
        for soc, terms in reversed(events.items()):
            total = sum(numbers[index] for numbers in terms.values())
            yield from make("ae", _counts(arm, total) | {"n_events": total + 1}, by_arm, "AESOC", soc)
            for term, numbers in terms.items():
                groups = (*by_arm, ("AESOC", soc))
                yield from make(
                    "ae", _counts(arm, numbers[index]) | {"n_events": numbers[index]}, groups, "AEDECOD", term
                )
    for soc, terms in events.items():
        compared = (("TRT01P", "High - Placebo"),)
        yield from make("ae", {"p_value": 0.0404}, compared, "AESOC", soc)
        for term in terms:
            yield from make("ae", {"p_value": 1.0}, (*compared, ("AESOC", soc)), "AEDECOD", term)
    for arm, shift in (("Placebo", 2.5), ("Low", 1.9), ("High", 1.5)):
        for week in ("8", "16", "24"):
            mean = shift * int(week) / 24
            visit = (("TRT01P", arm), ("AVISITN", week))
            yield from make("visits", {"n": 70, "mean": mean, "ci_lower": mean - 1, "ci_upper": mean + 1}, visit, "CHG")
        yield from _curve(arm)
    for number, (subject, day, term) in enumerate(
        (("01-001", 3.0, "RASH"), ("01-001", 12.5, "PAIN"), ("01-002", 3.0, "RASH")), start=1
    ):
        for variable, stat, text in (("USUBJID", None, subject), ("ASTDY", day, None), ("AEDECOD", None, term)):
            yield Result(
                analysis_id="records",
                stat_name="value",
                stat=stat,
                stat_text=text,
                groups=(("USUBJID", subject), ("row", str(number))),
                variable=variable,
            )


def _curve(arm: str) -> Iterator[Result]:
    """Ten subjects: events on days 10 and 20, one censored on day 20, the others on day 40."""
    points = (
        ("0", {"at_risk": 10, "events": 0, "censored": 0, "survival": 1.0}),
        ("10", {"at_risk": 10, "events": 1, "censored": 0, "survival": 0.9}),
        ("20", {"at_risk": 9, "events": 1, "censored": 1, "survival": 0.8}),
        ("40", {"at_risk": 7, "events": 0, "censored": 7, "survival": 0.8}),
    )
    for time, stats in points:
        for name, value in (stats | {"ci_lower": stats["survival"] - 0.1, "ci_upper": 1.0}).items():
            yield Result(
                analysis_id="km",
                stat_name=name,
                stat=float(value),
                groups=(("TRT01P", arm),),
                variable="AVAL",
                variable_level=time,
            )


@pytest.fixture(scope="session")
def results() -> Results:
    return Results.of(_rows())


def make_plan(displays: str) -> AnalysisPlan:
    """A plan with the analyses of `results` and these displays."""
    ids = ("age", "age.test", "sex", "sex.test", "model", "ae", "visits", "km", "records", "empty")
    arms = Grouping(
        id="treatment",
        variable="TRT01P",
        levels=tuple(Level(value=arm, label=f"Arm\n{arm}") for arm in ARMS),
        total="Total",
        reference="Placebo",
    )
    visits = Grouping(
        id="visit",
        variable="AVISITN",
        levels=tuple(Level(value=week, label=f"Week {week}") for week in ("8", "16", "24")),
    )
    return AnalysisPlan(
        title="Plan",
        alpha=0.05,
        analysis_sets={"itt": AnalysisSet(id="itt", label="Intent-to-treat", condition="ITTFL = 'Y'")},
        groupings={"treatment": arms, "visit": visits},
        analyses={
            id: Analysis(id=id, method="count", dataset="ADSL", population="itt", variables=("USUBJID",)) for id in ids
        },
        displays=read_displays(parse_yaml(displays, file="plan.yaml")),
    )


@pytest.fixture
def display(results: Results) -> Callable[[str], Display]:
    """Composes the one display of a text."""

    def make(text: str) -> Display:
        (made,) = compose(make_plan(text), results)
        return made

    return make


@pytest.fixture
def table(display: Callable[[str], Display]) -> Callable[..., Table]:
    """Composes a table of these rows and columns."""

    def make(rows: str, columns: str = "[{by: treatment, header: '${label}'}]", more: str = "") -> Table:
        made = display(f'"1": {{kind: table, title: T, analysis_set: itt, columns: {columns}, rows: {rows}{more}}}')
        assert isinstance(made, Table)
        return made

    return make


@pytest.fixture
def figure(display: Callable[[str], Display]) -> Callable[[str], Figure]:
    """Composes a figure."""

    def make(text: str) -> Figure:
        made = display(f'"F": {{{text}}}')
        assert isinstance(made, Figure)
        return made

    return make
