"""The catalogue of sentences: markers, selectors, and no number in it."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from trialwright.errors import DocumentError
from trialwright.inlines import FactRef, Text, plain_text
from trialwright.results import ResultRef
from trialwright.writing.sentences import Catalogue, load_catalogue

SAY = load_catalogue("en")


def p_value(shown: str, value: float | None) -> ResultRef:
    return ResultRef(result_id="x/p_value", format="p4", shown=shown, value=value)


def files() -> dict[str, str]:
    folder = resources.files("trialwright.writing") / "catalogues" / "en"
    return {entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir()}


def test_a_reference_stays_a_reference_and_the_words_stand_around_it() -> None:
    ref = p_value("0.0312", 0.0312)

    assert SAY("p-value", p=ref) == (Text("p = "), ref)


@pytest.mark.parametrize(
    ("shown", "value", "expected"),
    [("<0.0001", 1e-6, "p <0.0001"), (">0.9999", 1.0, "p >0.9999"), ("NE", None, "p-value not estimable")],
)
def test_a_p_value_is_written_by_its_sign(shown: str, value: float | None, expected: str) -> None:
    assert plain_text(SAY("p-value", p=p_value(shown, value))) == expected


def test_zero_is_told_in_words() -> None:
    n = ResultRef(result_id="x/n", format=".0", shown="0", value=0.0)
    total = ResultRef(result_id="x/N", format=".0", shown="20", value=20.0)
    p = ResultRef(result_id="x/p", format="%.1", shown="0.0", value=0.0)
    arm = FactRef(path="Arm_1.name", shown="Placebo")

    assert plain_text(SAY("count-in-arm", n=n, N=total, p=p, arm=arm)) == "none of 20 patients in the Placebo group"


def test_a_list_has_commas_and_an_and() -> None:
    items = [(Text("a"),), (Text("b"),), (Text("c"),)]

    assert [plain_text(SAY.listing(items[:count])) for count in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_an_unknown_sentence_or_a_missing_argument_is_refused() -> None:
    with pytest.raises(DocumentError, match="no sentence 'nonsense'"):
        SAY("nonsense")
    with pytest.raises(DocumentError, match="cannot be formed"):
        SAY("p-value")


def test_words_that_look_like_a_marker_are_refused() -> None:
    with pytest.raises(DocumentError, match="private-use"):
        SAY("not-applicable", reason="\ue000")


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(DocumentError, match="catalogues for: en"):
        load_catalogue("tlh")


def test_a_catalogue_is_read_once() -> None:
    assert load_catalogue("en") is SAY
    assert isinstance(SAY, Catalogue)


def test_no_number_is_typed_in_a_catalogue() -> None:
    """Variant keys such as `[0]` and `[ar1]` select; guideline names (E3, E9(R1)) are names."""
    for name, content in files().items():
        for line in content.splitlines():
            words = "" if line.startswith("#") else re.sub(r"\[(?:\d|[a-z]\w*)\]|\bE3\b|\bE9\(R1\)", "", line)
            assert not re.search(r"\d", words), f"{name}: {line}"


def test_a_selector_is_never_shown() -> None:
    """`$n-number` is the unrounded value: it may choose a variant, but only `$n` may be printed."""
    for name, content in files().items():
        assert not re.search(r"\$[a-zA-Z-]+-(number|sign) *\}", content), name
