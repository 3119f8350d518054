"""What verification of a document checks, as rules."""

from __future__ import annotations

from trialwright.findings import Rule, Severity

_ICH = "ICH E3, section 1 and annex I: figures in the text agree with the tables"
_ARCHITECTURE = "Every number in a document can be followed back to a result"

CHANGED_TEXT = Rule(
    id="verify.changed-text", title="A content control shows what its result or fact says.", source=_ICH
)
STALE_RESULT = Rule(
    id="verify.stale-result", title="A result is still what it was when the document was written.", source=_ICH
)
UNKNOWN_RESULT = Rule(
    id="verify.unknown-result", title="Every result that the document shows exists.", source=_ARCHITECTURE
)
STALE_RECORD = Rule(
    id="verify.stale-record",
    title="A record still holds what it held when the document was written.",
    source="ICH E3, section 12.3.2: narratives agree with the case report tabulations",
)
UNKNOWN_RECORD = Rule(
    id="verify.unknown-record", title="Every record that the document quotes exists.", source=_ARCHITECTURE
)
UNREFERENCED_NUMBER = Rule(
    id="verify.unreferenced-number",
    title="Every number stands in a content control, or was in the text as it was written.",
    source=_ARCHITECTURE,
)
CHANGED_CELL = Rule(id="verify.changed-cell", title="A table's cells are as they were written.", source=_ICH)
MISSING_ROW = Rule(id="verify.missing-row", title="A table has all of its rows.", source=_ICH)
ADDED_ROW = Rule(id="verify.added-row", title="A table has no rows but its own.", source=_ICH)
MOVED_ROW = Rule(id="verify.moved-row", title="A table's rows are in their order.", source=_ICH)
MISSING_COLUMN = Rule(id="verify.missing-column", title="A table has all of its columns.", source=_ICH)
ADDED_COLUMN = Rule(id="verify.added-column", title="A table has no columns but its own.", source=_ICH)
MOVED_COLUMN = Rule(id="verify.moved-column", title="A table's columns are in their order.", source=_ICH)
MISSING_TABLE = Rule(id="verify.missing-table", title="Every table that was written is there.", source=_ICH)
CHANGED_CAPTION = Rule(
    id="verify.changed-caption", title="A table or figure has the number and title it was written with.", source=_ICH
)
DUPLICATE_TABLE = Rule(
    id="verify.duplicate-table",
    title="Every table is there once.",
    source=_ARCHITECTURE,
    severity=Severity.WARNING,
)
LOST_ANCHOR = Rule(
    id="verify.lost-anchor",
    title="Every table has the bookmark or control that names it.",
    source=_ARCHITECTURE,
    severity=Severity.WARNING,
)
CHANGED_FIGURE = Rule(id="verify.changed-figure", title="Every figure is the picture that was drawn.", source=_ICH)
MISSING_CONTROL = Rule(
    id="verify.missing-control",
    title="Every content control that was written is there.",
    source=_ARCHITECTURE,
    severity=Severity.WARNING,
)
DUPLICATE_CONTROL = Rule(
    id="verify.duplicate-control",
    title="No content control has been copied.",
    source=_ARCHITECTURE,
    severity=Severity.WARNING,
)
UNKNOWN_CONTROL = Rule(
    id="verify.unknown-control", title="Every content control is listed in the manifest.", source=_ARCHITECTURE
)
CHANGED_BINDING = Rule(
    id="verify.changed-binding",
    title="The data that a content control is bound to is what it shows.",
    source=_ARCHITECTURE,
    severity=Severity.WARNING,
)
PERCENTAGE = Rule(id="verify.percentage", title="A percentage follows from its n and N.", source=_ICH)
STALE_INPUT = Rule(
    id="verify.stale-input",
    title="What the document was made from has not changed since.",
    source=_ARCHITECTURE,
    severity=Severity.WARNING,
)
OPEN_CHANGES = Rule(
    id="verify.open-changes",
    title="All tracked changes are accepted or rejected.",
    source="Verification reads the text as if they were accepted",
    severity=Severity.NOTE,
)
OPEN_QUERY = Rule(
    id="verify.open-query",
    title="Every author query is answered.",
    source="What only a human can write is asked, never invented",
    severity=Severity.NOTE,
)

#: Every rule of verification, in the order in which findings are reported.
RULES: tuple[Rule, ...] = (
    STALE_INPUT,
    CHANGED_TEXT,
    STALE_RESULT,
    UNKNOWN_RESULT,
    STALE_RECORD,
    UNKNOWN_RECORD,
    UNREFERENCED_NUMBER,
    PERCENTAGE,
    CHANGED_CELL,
    MISSING_ROW,
    ADDED_ROW,
    MOVED_ROW,
    MISSING_COLUMN,
    ADDED_COLUMN,
    MOVED_COLUMN,
    MISSING_TABLE,
    CHANGED_CAPTION,
    DUPLICATE_TABLE,
    LOST_ANCHOR,
    CHANGED_FIGURE,
    MISSING_CONTROL,
    DUPLICATE_CONTROL,
    UNKNOWN_CONTROL,
    CHANGED_BINDING,
    OPEN_CHANGES,
    OPEN_QUERY,
)
