"""A listing as a document of its own: what is too long for the report."""

from __future__ import annotations

from collections.abc import Iterable

from trialwright.analysis.plan import AnalysisPlan
from trialwright.displays.model import Table, file_stem
from trialwright.documents.model import DisplayBlock, Document, SectionBreak
from trialwright.study import Study
from trialwright.writing.report import display_anchor
from trialwright.writing.sentences import load_catalogue


def write_listing(
    listing: Table,
    plan: AnalysisPlan,
    study: Study | None = None,
    *,
    language: str = "en",
    inputs: Iterable[tuple[str, str]] = (),
) -> Document:
    """The document of one listing; its pages have the headers of the study's report.

    study   gives protocol and sponsor; without it the pages have the title of the plan
    inputs  digests of what the listing is made from, for the manifest
    """
    say = load_catalogue(language)
    block = DisplayBlock(table=listing, anchor=display_anchor(listing))
    return Document(
        name=file_stem(listing),
        title=study.official_title if study is not None else plan.title,
        blocks=(SectionBreak(is_landscape=listing.is_landscape), block),
        language=language,
        header=say.text("header", protocol=study.protocol_id) if study is not None else plan.title,
        footer=say.text("footer", sponsor=study.sponsor or study.name) if study is not None else "",
        inputs=tuple(inputs),
    )
