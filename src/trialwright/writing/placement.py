"""Where a display of the plan is printed, and where the text speaks about it."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.displays.model import Display, Figure, Table
from trialwright.writing.report import Report, is_listing

#: Where the text cites a display, by its purpose.
_CITED_BY_PURPOSE: Mapping[str, str] = {
    "analysis_sets": "11.1",
    "randomized": "10.1",
    "treated": "10.1",
    "completed": "10.1",
    "discontinued": "10.1",
    "discontinuation_reason": "10.1",
    "protocol_deviations": "10.2",
    "demographics": "11.2",
    "concomitant_medication": "11.2",
    "exposure": "12.1",
    "compliance": "11.3",
    "primary_efficacy": "11.4.1",
    "primary_descriptive": "11.4.1",
    "secondary_efficacy": "11.4.1",
    "secondary_descriptive": "11.4.1",
    "supportive_efficacy": "11.4.1",
    "missing_data": "11.4.2.2",
    "multiplicity": "11.4.2.5",
    "subgroup": "11.4.2.8",
    "teae": "12.2.2",
    "teae_any": "12.2.1",
    "teae_related": "12.2.2",
    "teae_severe": "12.3.1.3",
    "teae_serious": "12.3.1.2",
    "teae_discontinuation": "12.3.1.3",
    "deaths": "12.3.1.1",
    "laboratory": "12.4.2.1",
    "vital_signs": "12.5",
    "safety_other": "12.2.3",
}
#: Displays of the laboratory are cited where the text tells what these methods found; others by their purpose.
_LABORATORY_BY_METHOD: Mapping[str, str] = {
    "count": "12.4.2.2",
    "chi_square": "12.4.2.2",
    "fisher_exact": "12.4.2.2",
    "cmh": "12.4.2.2",
    "toxicity_grades": "12.4.2.3",
    "liver_safety": "12.4.2.3",
}
#: Where the text cites a display, by the section that prints it; the nearest of these counts.
_CITED_BY_SECTION: Mapping[str, str] = {
    "10.1": "10.1",
    "14.1": "11.2",
    "14.2": "11.4.1",
    "14.3": "12.2.3",
    "14.3.1": "12.2.2",
    "14.3.2": "12.3.1",
    "14.3.3": "12.3.2",
    "14.3.4": "12.4.1",
    "16.2.1": "10.1",
    "16.2.2": "10.2",
    "16.2.3": "11.1",
    "16.2.4": "11.2",
    "16.2.5": "11.3",
    "16.2.6": "11.4.3",
    "16.2.7": "12.2.4",
    "16.2.8": "12.4.1",
    "16.2": "16.2",
    "14": "14",
}
#: Where a display is printed if the plan gives it no section, or one where no displays are printed.
_PRINTED_BY_PURPOSE: Mapping[str, str] = {
    "analysis_sets": "14.1",
    "randomized": "14.1",
    "treated": "14.1",
    "completed": "14.1",
    "discontinued": "14.1",
    "discontinuation_reason": "14.1",
    "protocol_deviations": "14.1",
    "demographics": "14.1",
    "compliance": "14.1",
    "primary_efficacy": "14.2",
    "primary_descriptive": "14.2",
    "secondary_efficacy": "14.2",
    "secondary_descriptive": "14.2",
    "supportive_efficacy": "14.2",
    "missing_data": "14.2",
    "multiplicity": "14.2",
    "subgroup": "14.2",
    "concomitant_medication": "14.1",
    "exposure": "14.3",
    "laboratory": "14.3",
    "vital_signs": "14.3",
    "safety_other": "14.3",
    "teae": "14.3.1",
    "teae_any": "14.3.1",
    "teae_related": "14.3.1",
    "teae_severe": "14.3.1",
    "teae_serious": "14.3.1",
    "teae_discontinuation": "14.3.1",
    "deaths": "14.3.1",
}
#: Sections that print displays, beside their own text.
_PRINTING = frozenset(
    {"14", "14.1", "14.2", "14.3", "14.3.1", "14.3.2", "14.3.4", "16.2"} | {f"16.2.{number}" for number in range(1, 9)}
)


def printed_in(report: Report, display: Display) -> str:
    """The section that prints a display: the plan's, or its nearest ancestor that prints any; else by purpose.

    The figure of disposition stands in the text, in 10.1.
    """
    if isinstance(display, Figure) and display.kind == "flow":
        return "10.1"
    section = report.tree.nearest(display.section) or ""
    while section and section not in _PRINTING:
        section = section.rpartition(".")[0]
    if section:
        return section
    if display.purpose in _PRINTED_BY_PURPOSE:
        return _PRINTED_BY_PURPOSE[display.purpose]
    return "16.2" if is_listing(display) else "14"


def cited_in(report: Report, display: Display) -> str:
    """The section of the text that cites a display at the latest: by purpose; a listing by where it is printed."""
    if display.id not in report.places:
        report.places[display.id] = _cited_in(report, display)
    return report.places[display.id]


def _cited_in(report: Report, display: Display) -> str:
    place = printed_in(report, display)
    if display.purpose in _CITED_BY_PURPOSE and not is_listing(display):
        planned = _CITED_BY_PURPOSE[display.purpose]
        return _laboratory_section(report, display) or planned if display.purpose == "laboratory" else planned
    while place not in _CITED_BY_SECTION:
        place = place.rpartition(".")[0]
    return _CITED_BY_SECTION[place]


def _laboratory_section(report: Report, display: Display) -> str | None:
    """The section of the methods whose results a display of the laboratory shows; None if that is not one section."""
    if isinstance(display, Table):
        shown = {ref.result_id for row in display.rows for cell in row.cells for ref in cell.refs}
    else:
        shown = set(display.refs)
    ids = {row.analysis_id for name in shown if (row := report.results.get(name)) is not None}
    methods = {report.plan.analyses[name].method for name in ids if name in report.plan.analyses}
    sections = {_LABORATORY_BY_METHOD.get(method) for method in methods}
    return sections.pop() if len(sections) == 1 else None


def displays_of(report: Report, section: str) -> list[Display]:
    """The displays that a section prints, in the order of the plan."""
    return [display for display in report.displays if printed_in(report, display) == section]


def displays_cited_in(report: Report, section: str) -> list[Display]:
    """The displays that a section of the text has to cite, in the order of the plan."""
    return [display for display in report.displays if cited_in(report, display) == section]
