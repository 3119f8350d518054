"""Verification: a document, whoever has edited it since, against its manifest and the table of results."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from trialwright.documents import rules
from trialwright.documents._current import CurrentResults, plain
from trialwright.documents._percentages import percentage_follows
from trialwright.documents._verify_tables import check_table, match_tables
from trialwright.documents.docx_reader import DocxContent, DocxParagraph, read_docx
from trialwright.documents.manifest import FigureEntry, Manifest, Reference, TableEntry, manifest_path, read_manifest
from trialwright.documents.typed_numbers import TypedNumber, find_typed_numbers
from trialwright.errors import DocumentError
from trialwright.findings import Finding, Rule
from trialwright.results import Results

_MOST_SECTIONS = 3
# So many controls at least, and less than this part of them as written, and the manifest is another document's.
_ENOUGH_CONTROLS = 20
_AS_WRITTEN = 0.5
_REFERENCE_ID = re.compile(r"r\d{4,}")
# Their numbers are not claims about data: headings, captions, and what fields fill in.
_FREE_STYLES = ("heading", "caption", "toc", "table of figures", "contents", "header", "footer", "index")
_COUNT_OF_TOTAL = re.compile(
    r"(?<![\d.,])(?P<n>\d+)\s*(?:/|(?:out\s+)?of(?:\s+the)?)\s*(?P<total>\d+)(?![\d.,]*\d)[^().;\d]{0,60}\(\s*(?P<sign>[<>]?)\s*(?P<percent>\d+(?:\.\d+)?)\s*%\s*\)"
)


def verify(
    path: Path,
    manifest: Manifest | Path | None = None,
    results: Results | None = None,
    *,
    inputs: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Everything that is wrong with the numbers of the docx at `path`, in the order of `rules.RULES`.

    manifest  what was written; by default it is read from beside the document
    results   the table of results as it is now; without it a result that has changed since is not noticed
    inputs    digests of the inputs as they are now, by name (see `Document.inputs`), empty for one that is gone; those
              not named are not compared

    Tracked changes are read as accepted. Raises `DocumentError` for a file that is no docx, and for a manifest that is
    missing, broken, of another document, or from a later program.
    """
    if not isinstance(manifest, Manifest):
        content = read_docx(path)
        manifest = read_manifest(manifest or manifest_path(path))
    else:
        content = read_docx(path)
    return verify_content(content, manifest, results, inputs=inputs)


def verify_content(
    content: DocxContent,
    manifest: Manifest,
    results: Results | None = None,
    *,
    inputs: Mapping[str, str] | None = None,
    records: Callable[[str], str | None] | None = None,
) -> list[Finding]:
    """`verify` for a document that has been read already.

    records  gives the value that a record holds now, by its name (see `inlines.record_source`), None if there is no
             such record; without it a record that has changed since is not noticed
    """
    _check_belongs(manifest, content)
    current = CurrentResults(results, manifest)
    matched, findings = match_tables(manifest, content)
    for match in matched:
        findings += check_table(match.entry, content.tables[match.position], current)
    findings += _stale_inputs(manifest, inputs or {})
    findings += _controls(manifest, content)
    findings += _stale_results(manifest, current)
    if records is not None:
        findings += _stale_records(manifest, records)
    taken = {match.position for match in matched}
    running = [paragraph for paragraph in content.paragraphs if paragraph.table not in taken]
    findings += _unreferenced_numbers(running, manifest, current)
    findings += _percentages_in_text(running)
    findings += _captions(manifest, content)
    findings += _figures(manifest, content)
    findings += _open(manifest, content)
    order = {rule.id: number for number, rule in enumerate(rules.RULES)}
    return sorted(findings, key=lambda finding: order[finding.rule])


def _check_belongs(manifest: Manifest, content: DocxContent) -> None:
    """Raises `DocumentError` if the document is not the one of the manifest: thousands of findings would hide that."""
    shown = {reference.id: plain(reference.shown) for reference in manifest.references}
    controls = [control for control in content.controls if _REFERENCE_ID.fullmatch(control.id)]
    as_written = sum(1 for control in controls if shown.get(control.id) == plain(control.text))
    if len(controls) >= _ENOUGH_CONTROLS and as_written < _AS_WRITTEN * len(controls):
        raise DocumentError(
            f"The manifest of {manifest.docx} ({manifest.title}) belongs to another document, or to another version of "
            f"this one: of {len(controls)} numbers and facts only {as_written} are what it says. "
            "Put the document's own manifest beside it, or name it with --manifest."
        )


def _stale_inputs(manifest: Manifest, inputs: Mapping[str, str]) -> Iterator[Finding]:
    for name, digest in manifest.inputs:
        now = inputs.get(name, digest)
        if now != digest:
            yield Finding.of(
                rules.STALE_INPUT,
                where=f"input {name}",
                message=f"{name} {'has changed' if now else 'is gone'} since the document was written.",
                evidence=f"then {digest[:12]}, now {now[:12] or 'no file'}",
                remedy="Write the document again, or restore the input.",
            )


def _in_section(section: str) -> str:
    return f"section {section}" if section else "front matter"


def _source(reference: Reference) -> str:
    return f"{reference.kind} {reference.source}"


def _controls(manifest: Manifest, content: DocxContent) -> Iterator[Finding]:
    """Controls that show something else, that are missing, copied or unknown."""
    references = {reference.id: reference for reference in manifest.references}
    anchors = {entry.anchor for entry in manifest.tables} | {entry.anchor for entry in manifest.figures}
    found: dict[str, Counter[str]] = {}
    for control in content.controls:
        reference = references.get(control.id)
        if reference is None:
            if control.id not in anchors and _REFERENCE_ID.fullmatch(control.id):
                yield Finding.of(
                    rules.UNKNOWN_CONTROL,
                    where=f"{_in_section(control.section)}, control {control.id}",
                    message=f"The manifest knows no reference {control.id}.",
                    evidence=f"found {control.text!r}",
                    remedy="It may come from another document: write the number by its own reference.",
                )
            continue
        found.setdefault(control.id, Counter())[control.section] += 1
        if plain(control.text) != plain(reference.shown):
            yield Finding.of(
                rules.CHANGED_TEXT,
                where=f"{_in_section(control.section)}, control {control.id}",
                message=f"The control of {_source(reference)} does not show what was written.",
                evidence=f"expected {reference.shown!r}, found {control.text!r}",
                remedy="Restore the text; if the result is wrong, correct the data or the analysis and write again.",
            )
    for reference in manifest.references:
        yield from _counted(reference, found.get(reference.id, Counter()))
        bound = content.bindings.get(reference.id)
        if bound is not None and plain(bound) != plain(reference.shown):
            yield Finding.of(
                rules.CHANGED_BINDING,
                where=f"bound data, leaf {reference.id}",
                message=f"The data behind the control of {_source(reference)} differs: Word will show it.",
                evidence=f"expected {reference.shown!r}, found {bound!r}",
                remedy="Restore the control's text in Word, which restores the data behind it.",
            )


def _counted(reference: Reference, found: Counter[str]) -> Iterator[Finding]:
    """A control that is missing or copied, with the sections in which it is."""
    written = Counter(reference.occurrences)
    evidence = f"written {_times(written.total())} in the document, found {_times(found.total())}"
    # A sentence moved to another section, or a heading renumbered, loses nothing: the total decides.
    if found.total() < written.total():
        yield Finding.of(
            rules.MISSING_CONTROL,
            where=f"{_sections(written - found)}, control {reference.id}",
            message=f"A control of {_source(reference)} ({reference.shown}) is missing.",
            evidence=evidence,
            remedy="If the sentence was taken out on purpose, nothing is to be done; else restore it.",
        )
    elif found.total() > written.total():
        yield Finding.of(
            rules.DUPLICATE_CONTROL,
            where=f"{_sections(found - written)}, control {reference.id}",
            message=f"A control of {_source(reference)} ({reference.shown}) was copied.",
            evidence=evidence,
            remedy="Check that the copy says what its new place needs.",
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _sections(places: Counter[str]) -> str:
    """The first few sections of `places`, in words."""
    named = [_in_section(section) for section in places]
    more = len(named) - _MOST_SECTIONS
    return ", ".join(named[:_MOST_SECTIONS]) + (f" and {more} more" if more > 0 else "")


def _stale_results(manifest: Manifest, current: CurrentResults) -> Iterator[Finding]:
    """Results that are gone, or that would be shown otherwise now; each once, with where it stands."""
    if not current.is_known:
        return
    stale: dict[tuple[str, str], list[str]] = {}
    unknown: dict[str, list[str]] = {}
    for place, result_id, format, value, shown in _shown_results(manifest):
        if result_id not in current:
            unknown.setdefault(result_id, []).append(place)
        elif format and current.has_moved(result_id, format, value, shown):
            now = plain(current.shown(result_id, format))
            stale.setdefault((result_id, f"written {plain(shown)!r}, now {now!r}"), []).append(place)
        elif not format and value is not None and current.value(result_id) != value:
            now = f"{current.value(result_id)}"
            stale.setdefault((result_id, f"drawn {value!r}, now {now}"), []).append(place)
    for (result_id, evidence), places in stale.items():
        yield _about_result(
            rules.STALE_RESULT, result_id, places, "has changed since the document was written", evidence
        )
    for result_id, places in unknown.items():
        yield _about_result(rules.UNKNOWN_RESULT, result_id, places, "does not exist any more", "")


def _shown_results(manifest: Manifest) -> Iterator[tuple[str, str, str, float | None, str]]:
    """Place, result, format, value and shown text of everything shown; no format for what is only drawn."""
    for reference in manifest.references:
        if reference.kind == "result":
            places = ", ".join(dict.fromkeys(map(_in_section, reference.occurrences)))
            yield places, reference.source, reference.format, reference.value, reference.shown
    for table in manifest.tables:
        place = f"{table.kind.capitalize()} {table.number}"
        for _, _, result_id, format, value, shown in table.references:
            yield place, result_id, format, value, shown
    for figure in manifest.figures:
        for result_id, value in figure.results:
            yield f"Figure {figure.number}", result_id, "", value, ""


def _about_result(rule: Rule, result_id: str, places: Iterable[str], message: str, evidence: str) -> Finding:
    return Finding.of(
        rule,
        where="; ".join(dict.fromkeys(places)),
        message=f"Result {result_id} {message}.",
        evidence=evidence,
        remedy="Write the document again, so that it shows the results as they are.",
    )


def _stale_records(manifest: Manifest, records: Callable[[str], str | None]) -> Iterator[Finding]:
    """Values of records that are gone or have changed; each once, with where it stands."""
    stale: dict[tuple[Rule, str, str], list[str]] = {}
    for reference in manifest.references:
        for source, value in reference.record_values:
            now = records(source)
            if now == value:
                continue
            rule = rules.UNKNOWN_RECORD if now is None else rules.STALE_RECORD
            evidence = "" if now is None else f"written {reference.shown!r} for {value!r}, now {now!r}"
            stale.setdefault((rule, source, evidence), []).extend(map(_in_section, reference.occurrences))
    for (rule, source, evidence), places in stale.items():
        what = (
            "does not exist any more" if rule is rules.UNKNOWN_RECORD else "has changed since the document was written"
        )
        yield Finding.of(
            rule,
            where="; ".join(dict.fromkeys(places)),
            message=f"{source} {what}.",
            evidence=evidence,
            remedy="Write the document again, so that it tells the records as they are.",
        )


def _unreferenced_numbers(
    paragraphs: Iterable[DocxParagraph], manifest: Manifest, current: CurrentResults
) -> Iterator[Finding]:
    """Numbers in words that were not there, next to the same words, when the document was written."""
    known = set(manifest.literals)
    known_with_next = {(number, after) for _, number, after in manifest.literals if after}
    for paragraph in paragraphs:
        if paragraph.style.startswith(_FREE_STYLES):
            continue
        for number in find_typed_numbers(paragraph.words, before=paragraph.before):
            _, text, after = number.context
            if number.context in known or (text, after) in known_with_next:
                continue
            yield _unreferenced(number, paragraph, current)


def _unreferenced(number: TypedNumber, paragraph: DocxParagraph, current: CurrentResults) -> Finding:
    candidates = current.candidates(number)
    may_be = f"it may be {', '.join(candidates)}" if candidates else "no result is shown so"
    remedy = "Refer to the result it stands for"
    return Finding.of(
        rules.UNREFERENCED_NUMBER,
        where=f"{_in_section(paragraph.section)}, {_excerpt(paragraph.words, number.start)}",
        message=f"The number {number.text} stands outside any content control; {may_be}.",
        evidence=f"found {number.text!r}",
        remedy=f"{remedy}, or take it out."
        if candidates
        else f"{remedy}, or take it out: it cannot be followed back to data.",
    )


def _excerpt(text: str, start: int) -> str:
    first, last = max(0, start - 40), start + 40
    cut = plain(text[first:last].replace("\N{OBJECT REPLACEMENT CHARACTER}", "[…]"))
    return f"“{'…' if first else ''}{cut}{'…' if last < len(text) else ''}”"


def _percentages_in_text(paragraphs: Iterable[DocxParagraph]) -> Iterator[Finding]:
    """`12 of 86 subjects (14.0%)` in running text, whether its numbers stand in controls or not."""
    for paragraph in paragraphs:
        if "%" not in paragraph.text:
            continue
        for found in _COUNT_OF_TOTAL.finditer(paragraph.text):
            count, total = int(found["n"]), int(found["total"])
            if percentage_follows(count, total, found["percent"], found["sign"]):
                continue
            exact = f"{100 * count / total:.3f}%" if total else "undefined"
            yield Finding.of(
                rules.PERCENTAGE,
                where=f"{_in_section(paragraph.section)}, {_excerpt(paragraph.text, found.start())}",
                message=f"{count} of {total} is not {found['sign']}{found['percent']}%.",
                evidence=f"found {plain(found[0])!r}; {count}/{total} = {exact}",
                remedy="Restore the numbers, or refer to results that belong together.",
            )


def _captions(manifest: Manifest, content: DocxContent) -> Iterator[Finding]:
    """Captions that say another number or title; one that has lost its control is not known, and a table's rule."""
    entries: list[TableEntry | FigureEntry] = [*manifest.tables, *manifest.figures]
    for entry in entries:
        caption = content.captions.get(entry.anchor)
        expected = f"{entry.number} {plain(entry.title)}"
        if caption is None or f" {plain(caption)}".endswith(f" {expected}"):
            continue
        kind = entry.kind.capitalize() if isinstance(entry, TableEntry) else "Figure"
        yield Finding.of(
            rules.CHANGED_CAPTION,
            where=f"{kind} {entry.number}, caption",
            message=f"The caption of {kind} {entry.number} does not say what was written.",
            evidence=f"expected {expected!r}, found {plain(caption)!r}",
            remedy="Restore the caption; to change it, change the display's title in the plan and write again.",
        )


def _figures(manifest: Manifest, content: DocxContent) -> Iterator[Finding]:
    for figure in manifest.figures:
        if figure.sha256 not in content.pictures:
            yield Finding.of(
                rules.CHANGED_FIGURE,
                where=f"Figure {figure.number}",
                message=f"The picture of figure {figure.number} ({figure.title}) is missing or was replaced.",
                remedy="Put back the picture as it was drawn; to change it, change the plan and write again.",
            )


def _open(manifest: Manifest, content: DocxContent) -> Iterator[Finding]:
    """What a human still has to do: tracked changes and author queries."""
    if content.insertions or content.deletions:
        yield Finding.of(
            rules.OPEN_CHANGES,
            where="whole document",
            message="The document has tracked changes; it was verified as if all of them were accepted.",
            evidence=f"{content.insertions} insertions, {content.deletions} deletions",
            remedy="Accept or reject them.",
        )
    # Only text with a bracket can hold a query: a report has thousands of paragraphs.
    texts = [plain(paragraph.text) for paragraph in content.paragraphs if "[" in paragraph.text]
    for query in manifest.queries:
        if any(f" {query.id}: " in text for text in texts):
            yield Finding.of(
                rules.OPEN_QUERY,
                where=f"{_in_section(query.section)}, query {query.id}",
                message=f"An author query is still open: {query.question}",
                remedy="Write the passage and delete the query.",
            )
