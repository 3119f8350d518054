"""Lists of the protocol in chapter 9."""

from __future__ import annotations

from trialwright.inlines import Text, plain_text
from trialwright.writing.plan_chapter import _without_markers


def test_markers_that_an_ordered_list_repeats_are_left_out() -> None:
    items = ((Text("a)  Neurosyphilis"),), (Text("b)  Meningitis"), Text(" of any kind")))
    assert [plain_text(item) for item in _without_markers(items)] == ["Neurosyphilis", "Meningitis of any kind"]


def test_words_that_only_look_like_markers_stay() -> None:
    items = ((Text("a) Stroke"),), (Text("Seizures"),))
    assert _without_markers(items) == items
