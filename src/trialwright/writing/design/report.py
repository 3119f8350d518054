"""The design report, chapter by chapter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trialwright.design.definition.model import DesignDefinition
from trialwright.design.search.model import Objective
from trialwright.documents.model import Block, Document, Heading, Paragraph, TableOfContents
from trialwright.inlines import Text
from trialwright.results import Results
from trialwright.study import Study
from trialwright.writing.design.behavior import behavior, costs, enrollment, interim
from trialwright.writing.design.premises import assumptions, question
from trialwright.writing.design.searching import methods, search
from trialwright.writing.design.sources import DesignSources
from trialwright.writing.design.summary import summary
from trialwright.writing.report import section_anchor
from trialwright.writing.sentences import load_catalogue


def write_design_report(
    definition: DesignDefinition,
    results: Results,
    *,
    objectives: Sequence[Objective] = (),
    study: Study | None = None,
    language: str = "en",
    inputs: Iterable[tuple[str, str]] = (),
) -> Document:
    """How a trial was chosen by how it will behave: what is asked and assumed, the designs, and the search.

    Every number is a reference to a row of `results`, which hold those of `results_of_comparison` and, if there was a
    search, of `results_of_search`, or to a fact of the definition.

    objectives   of the search; none without one
    study        gives title, protocol and sponsor; without it the title of the definition stands there
    inputs       digests of what the report is made from, for the manifest
    """
    say = load_catalogue(language)
    source = DesignSources(definition=definition, results=results, say=say, study=study)
    chapters: list[tuple[str, list[Block]]] = [
        ("summary", summary(source)),
        ("question", question(source)),
        ("assumptions", assumptions(source)),
        ("behavior", behavior(source)),
        ("interim", interim(source)),
        ("enrollment", enrollment(source)),
        ("costs", costs(source)),
        ("search", search(source, objectives)),
        ("methods", methods(source)),
    ]
    blocks: list[Block] = [
        Paragraph(inlines=(source.fact("title"),), style="title"),
        Paragraph(inlines=(Text(say.text("design-kind")),), style="subtitle"),
        TableOfContents(depth=1),
    ]
    for number, (name, content) in enumerate(chapters, start=1):
        heading = Heading(
            level=1,
            number=str(number),
            inlines=(Text(say.text(f"design-heading-{name}")),),
            anchor=section_anchor(str(number)),
        )
        blocks += [heading, *content]
    return Document(
        name="design",
        title=definition.title,
        blocks=tuple(blocks),
        language=language,
        header=say.text("design-header", protocol=study.protocol_id) if study else say.text("design-header-alone"),
        footer=say.text("footer", sponsor=study.sponsor or study.name) if study else "",
        inputs=tuple(inputs),
    )
