"""The table of results as verification asks it: what is this result now, and which results may this number be?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from trialwright.displays.formats import NOT_ESTIMABLE, format_number
from trialwright.documents.manifest import Manifest
from trialwright.documents.typed_numbers import TypedNumber
from trialwright.results import Results

_MOST_CANDIDATES = 5


def plain(text: str) -> str:
    """`text` with each run of spaces of any kind as one space, and none at its ends."""
    return " ".join(text.split())


@dataclass(frozen=True)
class CurrentResults:
    """The results as they are now; without a table of results everything is taken to be as the manifest says."""

    results: Results | None
    manifest: Manifest

    @cached_property
    def _values(self) -> dict[str, tuple[float | None, str | None]]:
        # Straight from the columns: making an object of each of 25,000 rows costs more than all the rest.
        if self.results is None:
            return {}
        frame = self.results.frame
        pairs = zip(frame["stat"].to_list(), frame["stat_text"].to_list(), strict=True)
        return dict(zip(frame["result_id"].to_list(), pairs, strict=True))

    @property
    def is_known(self) -> bool:
        """Whether there is a table of results to compare with."""
        return self.results is not None

    def __contains__(self, result_id: str) -> bool:
        return result_id in self._values

    def value(self, result_id: str) -> float | None:
        """The statistic now; None if it is a text, or not known."""
        return self._values.get(result_id, (None, None))[0]

    def shown(self, result_id: str, format: str) -> str:
        """What the result shows now."""
        value, text = self._values[result_id]
        if value is None:
            return text if text is not None else NOT_ESTIMABLE
        return format_number(value, format)

    def has_moved(self, result_id: str, format: str, value: float | None, shown: str) -> bool:
        """Whether the result, known to be there, is shown otherwise now than when the document was written."""
        now = self._values[result_id][0]
        if now is not None and now == value:
            return False
        return plain(self.shown(result_id, format)) != plain(shown)

    @cached_property
    def _by_shown(self) -> dict[str, dict[str, None]]:
        """Results by the text that shows them somewhere in the document; dicts keep the reading order."""
        found: dict[str, dict[str, None]] = {}
        for reference in self.manifest.references:
            if reference.kind == "result":
                found.setdefault(_bare(reference.shown), {})[reference.source] = None
        for table in self.manifest.tables:
            for _, _, result_id, _, _, shown in table.references:
                found.setdefault(_bare(shown), {})[result_id] = None
        return found

    def candidates(self, number: TypedNumber) -> list[str]:
        """Up to five results that `number` may be: those that the document shows so, then any that rounds to it."""
        digits = _bare(number.text)
        shown = list(self._by_shown.get(digits, {}))
        ranked = sorted(shown, key=lambda result_id: _misfit(result_id, number))
        if len(ranked) < _MOST_CANDIDATES:
            ranked += [name for name in self._rounding_to(number) if name not in set(ranked)]
        return ranked[:_MOST_CANDIDATES]

    def _rounding_to(self, number: TypedNumber) -> Iterable[str]:
        if self.results is None:
            return []
        scale = 100.0 if number.is_percentage else 1.0
        near = (pl.col("stat") * scale - number.value).abs() <= 0.5 * 10.0**-number.decimals + 1e-9
        if number.decimals == 0 and not number.is_percentage:
            near = near & ((pl.col("stat") - pl.col("stat").round()).abs() < 1e-9)
        if number.is_percentage:
            near = near & (pl.col("stat_name") == "p")
        elif number.text.startswith(("<", ">")):
            near = near & (pl.col("stat_name") == "p_value")
        names = self.results.frame.filter(near)["result_id"].head(200).to_list()
        return sorted(names, key=lambda result_id: _misfit(result_id, number))


def _bare(text: str) -> str:
    return text.strip().lstrip("<>").rstrip("%*").replace(",", "").replace("\N{MINUS SIGN}", "-").strip()


def _misfit(result_id: str, number: TypedNumber) -> int:
    """How ill a result's statistic suits the looks of a number: proportions are percentages, counts are whole."""
    stat = result_id.rpartition("/")[2]
    if stat == "value":  # a cell of a listing: text seldom quotes one subject's datum
        return 2
    if number.text.startswith(("<", ">")):
        return 0 if stat == "p_value" else 1
    if number.is_percentage:
        return 0 if stat == "p" else 1
    counts = {"n", "N", "n_events", "n_records", "n_missing", "events", "at_risk", "censored"}
    return 0 if (stat in counts) == (number.decimals == 0) and stat != "p" else 1
