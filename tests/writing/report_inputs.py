"""Small hand-made plans and results for the tests of the report's sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trialwright.analysis.plan import Analysis, AnalysisPlan, AnalysisSet, Grouping, Level, OptionValue
from trialwright.documents.model import (
    Block,
    DisplayBlock,
    Document,
    FactTable,
    FigureBlock,
    Heading,
    ListBlock,
    Paragraph,
)
from trialwright.inlines import Inline, plain_text
from trialwright.results import Result

ARMS = ("Placebo", "Low", "High")
CONTRAST = "High - Placebo"

TREATMENT = Grouping(
    id="treatment",
    variable="TRT01P",
    label="Treatment",
    levels=tuple(Level(value=arm, label=arm) for arm in ARMS),
    reference="Placebo",
    total="Total",
)


def analysis(
    id: str,
    method: str,
    purpose: str,
    *,
    variables: tuple[str, ...] = ("CHG",),
    options: Mapping[str, OptionValue] | None = None,
    better: str | None = None,
    by: tuple[str, ...] = ("treatment",),
    label: str = "Change in score",
) -> Analysis:
    """An analysis of the made-up plan."""
    return Analysis(
        id=id,
        method=method,
        dataset="ADSL",
        population="itt",
        variables=variables,
        by=by,
        options=options or {},
        purpose=purpose,
        label=label,
        better=better,
    )


def plan_of(*analyses: Analysis, alpha: float = 0.05) -> AnalysisPlan:
    """A plan with one analysis set, one grouping and these analyses."""
    return AnalysisPlan(
        title="A made-up plan",
        alpha=alpha,
        analysis_sets={"itt": AnalysisSet(id="itt", label="Intent-to-treat", condition="ITTFL = 'Y'")},
        groupings={"treatment": TREATMENT},
        analyses={one.id: one for one in analyses},
        displays={},
    )


def result(
    analysis_id: str,
    stat_name: str,
    stat: float | None,
    *,
    level: str | None = None,
    variable: str = "CHG",
    variable_level: str | None = None,
    outer: tuple[tuple[str, str], ...] = (),
    warnings: str = "",
) -> Result:
    """A result of an arm, a contrast, or (without a level) of all arms."""
    return Result(
        analysis_id=analysis_id,
        stat_name=stat_name,
        stat=stat,
        stat_text="NE" if stat is None else None,
        groups=((("TRT01P", level),) if level else ()) + outer,
        variable=variable,
        variable_level=variable_level,
        warnings=warnings,
    )


def ancova_results(
    difference: float | None, p_value: float | None, *, id: str = "primary", warnings: str = ""
) -> list[Result]:
    """LS means of three arms and one contrast."""
    rows = []
    for arm, value in zip(ARMS, (1.0, 0.5, -1.0), strict=True):
        rows += [
            result(id, "n", 20, level=arm),
            result(id, "lsmean", value, level=arm),
            result(id, "se", 0.4, level=arm),
        ]
    rows += [
        result(id, "difference", difference, level=CONTRAST, warnings=warnings),
        result(id, "se", None if difference is None else 0.5, level=CONTRAST),
        result(id, "ci_lower", None if difference is None else difference - 1, level=CONTRAST),
        result(id, "ci_upper", None if difference is None else difference + 1, level=CONTRAST),
        result(id, "conf_level", 0.95, level=CONTRAST),
        result(id, "p_value", p_value, level=CONTRAST),
    ]
    return rows


def count_results(id: str, counts: Sequence[int], *, size: int = 20) -> list[Result]:
    """Subjects of each arm, out of `size`, and of all arms together."""
    rows = []
    levels = (*ARMS, "Total")
    for level, n in zip(levels, (*counts, sum(counts)), strict=True):
        total = size * (3 if level == "Total" else 1)
        for stat_name, stat in (("n", n), ("N", total), ("p", n / total)):
            rows.append(result(id, stat_name, stat, level=level, variable="USUBJID"))
    return rows


def runs(block: Block) -> list[Sequence[Inline]]:
    """Every run of inlines in a block of words."""
    match block:
        case Paragraph(inlines=inlines) | Heading(inlines=inlines):
            return [inlines]
        case ListBlock(items=items):
            return list(items)
        case FactTable(rows=rows, footnotes=footnotes, caption=caption):
            return [*(paragraph for row in rows for cell in row for paragraph in cell), *footnotes, caption]
    return []


def section_blocks(document: Document, number: str) -> list[Block]:
    """The blocks between the heading of a section and the next heading."""
    blocks: list[Block] = []
    inside = False
    for block in document.blocks:
        if isinstance(block, Heading):
            inside = block.number == number
        elif inside:
            blocks.append(block)
    return blocks


def section_text(document: Document, number: str) -> str:
    """What a reader sees of a section's words and in-text tables, one line for each run."""
    lines: list[str] = []
    for block in section_blocks(document, number):
        lines += [plain_text(run) for run in runs(block)]
        if isinstance(block, DisplayBlock):
            for row in block.table.rows:
                lines.append(" | ".join([row.label.text, *(cell.text for cell in row.cells)]))
        if isinstance(block, FigureBlock):
            lines.append(block.figure.title)
    return "\n".join(lines)
