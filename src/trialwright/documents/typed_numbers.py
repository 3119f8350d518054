"""Numbers that stand in words rather than in references, and those that may: the allow-list of verification.

Allowed wherever they stand: parts of identifiers (TWX-101, HbA1c, E9(R1), NCT01234567), numbers of sections, tables, visits,
days, versions and the like, confidence levels ("95% CI"), dates, times and years, citations in brackets, ratios
(1:1:1), powers and denominators of units (10^9/L, 1.73 m2), list numbers, ordinals.
"""

# ruff: noqa: E501 - regular expressions broken over lines cannot be read

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: Stands in a text for a content control, a field or a cross-reference.
PLACEHOLDER = "\N{OBJECT REPLACEMENT CHARACTER}"

_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
# What has a number with points in it, such as `Table 14-5.01`, ...
_NUMBERED = (
    r"sections?|subsections?|tables?|figures?|listings?|appendix|appendices|annex|modules?|chapters?|references?|ref\.|articles?|"
    r"parts?|versions?|amendments?|protocol|editions?|items?|no\.|numbers?|criteri(?:on|a)|equations?|notes?|release|revision"
)
_LIST_OF_NUMBERS = (
    r"\d+[a-z]?(?:[.\-]\d+)*(?:\s*(?:,|and|or|to|through|[-\u2013])\s*\d+[a-z]?(?:[.\-]\d+)*(?![\d.]*\s*%))*"
)
# ... and what has a whole one: `group 2` is a name, `levels 5.3` and `in group 45%` are data.
_COUNTED = (
    r"steps?|phases?|days?|weeks?|months?|years?|visits?|cycles?|periods?|stages?|grades?|classes|class|types?|categor(?:y|ies)|"
    r"arms?|cohorts?|groups?|levels?|questions?|epochs?|sites?|centers?|pages?|questionnaires?"
)
_WHOLE = r"\d+[a-z]?(?:-\d+)*(?![.,]?\d)(?!\s?%)"
_LIST_OF_WHOLE = rf"{_WHOLE}(?:\s*(?:,|and|or|to|through|[-\u2013])\s*{_WHOLE})*"
_COUNTED_AFTER = r"subjects|patients|participants|persons|adults|events|records|samples|tests|measurements|doses"

_ALLOWED = re.compile(
    "|".join(
        (
            r"\bhttps?://\S+|\bwww\.\S+|\b10\.\d{4,}/\S+",
            r"\b\d{4}-\d{2}(?:-\d{2})?(?:T[\d:.+Z-]+)?\b",  # ISO 8601
            rf"\b\d{{1,2}}[\s-]*{_MONTH}(?:[\s-]*\d{{4}})?\b|\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?\b|\b{_MONTH}\s*\d{{4}}\b",
            r"\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b|\b\d{1,2}:\d{2}(?::\d{2})?\b(?!:)",
            r"\b\d+(?::\d+)+\b",
            r"\b\d{4}-\d{6}-\d{2}(?:-\d{2})?\b",  # EudraCT and EU CT numbers
            r"\b\d{1,2}(?:\.\d+)?\s?%[\s-]*(?:CIs?\b|C\.I\.|confidence\b|prediction\s+interval|credible\b)",
            r"(?<!\))(?<!\)\s)\[\d+(?:\s*[,\u2013-]\s*\d+)*\]",
            rf"\b(?:{_NUMBERED})[\s\u00a0]*(?:no\.?\s*)?{_LIST_OF_NUMBERS}",
            rf"\b(?:{_COUNTED})[\s\u00a0]*(?:no\.?\s*)?{_LIST_OF_WHOLE}",
            r"\b\d+(?:\.\d+){2,}\b",  # 9.7.1
            r"\b\d+(?:st|nd|rd|th)\b",
            r"\b\d+\s+CFR\s+(?:part\s+)?[\d.]+",
            r"\b10(?:\^|\*\*)-?\d+(?:/\w+)?|\b10[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+(?:/\w+)?",
            r"\b1\.73\s*m(?:2|\u00b2)",
            r"(?<![\w])[A-Za-z\u00b5][\w'\u2019]*(?:[-/.][\w]+)*\([A-Z]?\d+\)",  # E9(R1)
            r"(?<![\w.,])(?=[\w/-]*[A-Za-z])(?=[\w/.-]*[0-9])(?![\d.,]+[a-z]+\b)(?![\d.]+-(?:fold|points?|percent)\b)[\w]+(?:[-/.]\w+)*(?<![.,])",  # a word with letters and digits
            rf"\b(?:19|20)\d{{2}}\b(?![.,]\d)(?!\s*\()(?!\s+(?:{_COUNTED_AFTER})\b)",
            r"\A\s*\(?(?:\d+|[ivx]+)[.)]\s",
        )
    ),
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?=[-0-9.<>\u2264\u2265\u2212\u2013])(?P<sign>[<>\u2264\u2265]\s?)?(?P<minus>(?<![\w)%])[-\u2212\u2013](?=[\d.]))?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?P<percent>\s?%)?"
)
_DIGITS = re.compile("[0-9]+")
# No allowed expression has more letters than this between its words and its number.
_SURROUNDINGS = 60
_WORD_BEFORE = re.compile(r"([^\W\d_]+|\ufffc)[^\w\ufffc]*\Z")
_WORD_AFTER = re.compile(r"[^\w\ufffc]*([^\W\d_]+|\ufffc)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedNumber:
    """A number in words.

    text           as it stands, with its sign and percent sign
    value          the number; for a percentage, the percentage
    decimals       how many it is written with
    before, after  the nearest words, lower case; empty at the ends of the text
    """

    text: str
    value: float
    decimals: int
    is_percentage: bool
    before: str
    after: str
    start: int

    @property
    def context(self) -> tuple[str, str, str]:
        """What tells this number from another of the same value."""
        return self.before, self.text.replace(" ", ""), self.after


def find_typed_numbers(text: str, *, before: str = "") -> Iterator[TypedNumber]:
    """The numbers in `text` that are not on the allow-list; `before` is a word that stands before the text."""
    masked = _without_allowed(text)
    if _DIGITS.search(masked) is None:
        return
    for found in _NUMBER.finditer(masked):
        digits = found["digits"].replace(",", "")
        word_before = _WORD_BEFORE.search(text, max(0, found.start() - 60), found.start())
        word_after = _WORD_AFTER.match(text, found.end())
        yield TypedNumber(
            text=text[found.start() : found.end()].strip(),
            value=-float(digits) if found["minus"] else float(digits),
            decimals=len(digits.partition(".")[2]),
            is_percentage=found["percent"] is not None,
            before=(word_before[1] if word_before else before).lower(),
            after=(word_after[1] if word_after else "").lower(),
            start=found.start(),
        )


def _without_allowed(text: str) -> str:
    """`text` with the digits that are allowed blotted out. Only the surroundings of digits are looked at."""
    first = last = -1
    windows = []
    for found in _DIGITS.finditer(text):
        if first >= 0 and found.start() - _SURROUNDINGS <= last:
            last = found.end() + _SURROUNDINGS
            continue
        if first >= 0:
            windows.append((first, last))
        first, last = max(0, found.start() - _SURROUNDINGS), found.end() + _SURROUNDINGS
    if first < 0:
        return text
    pieces = []
    done = 0
    for start, end in (*windows, (first, last)):
        for found in _ALLOWED.finditer(text, start, end):
            pieces += [text[done : found.start()], _DIGITS.sub(_blot, found[0])]
            done = found.end()
    pieces.append(text[done:])
    return "".join(pieces)


def _blot(found: re.Match[str]) -> str:
    return "_" * len(found[0])
