"""IBM floating point, held to published values and to every double."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialwright.standards.formats.ibm_float import MISSING, cannot_be_said, ibm_words, numbers_of

#: 1, -1 and 0 are in SAS's TS-140; -118.625 is the worked example of IBM's format in Wikipedia, "IBM hexadecimal
#: floating-point" (C276A000 in single precision); 0.1 is 1/10 in base 16, rounded in the 53 bits of a double.
KNOWN = [
    (0.0, 0x0000000000000000),
    (1.0, 0x4110000000000000),
    (-1.0, 0xC110000000000000),
    (2.0, 0x4120000000000000),
    (16.0, 0x4210000000000000),
    (100.0, 0x4264000000000000),
    (-118.625, 0xC276A00000000000),
    (0.1, 0x401999999999999A),
    (1 / 16, 0x4010000000000000),
    (16.0**-65, 0x0010000000000000),
    (math.nextafter(16.0**63, 0), 0x7FFFFFFFFFFFFFF8),
]


@pytest.mark.parametrize(("number", "word"), KNOWN)
def test_published_values(number: float, word: int) -> None:
    assert int(ibm_words(np.array([number]))[0]) == word
    numbers, is_special, is_rounded = numbers_of(np.array([word], dtype=np.uint64))
    assert numbers[0] == number
    assert not is_special[0]
    assert not is_rounded[0]


def test_missing_values_are_a_byte_before_zeros() -> None:
    assert int(ibm_words(np.array([math.nan]))[0]) == MISSING == 0x2E00000000000000
    kinds = "._ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    words = np.array([ord(kind) << 56 for kind in kinds], dtype=np.uint64)
    numbers, is_special, _ = numbers_of(words)
    assert np.isnan(numbers).all()
    assert is_special.tolist() == [False] + [True] * 27
    # With a fraction the same bytes are numbers: 16**(0x2E - 64) / 16.
    assert numbers_of(words | np.uint64(1 << 52))[0][0] == 16.0 ** (0x2E - 65)


def test_a_fraction_of_more_than_53_bits_is_rounded_and_told() -> None:
    words = np.array([0x41FFFFFFFFFFFFFF, 0x41FFFFFFFFFFFFF8, 0x4111111111111111], dtype=np.uint64)
    numbers, _, is_rounded = numbers_of(words)
    assert is_rounded.tolist() == [True, False, False]
    assert numbers[0] == 16.0


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_double_in_range_comes_back(numbers: list[float]) -> None:
    given_numbers = np.array(numbers)
    sayable = given_numbers[~cannot_be_said(given_numbers)]
    back, is_special, is_rounded = numbers_of(ibm_words(sayable))
    assert back.tolist() == sayable.tolist()
    assert not is_special.any()
    assert not is_rounded.any()


def test_what_cannot_be_said() -> None:
    numbers = np.array([0.0, 16.0**-65, math.nextafter(16.0**-65, 0), math.nextafter(16.0**63, 0), 16.0**63, math.inf])
    assert cannot_be_said(numbers).tolist() == [False, False, True, False, True, True]
    assert cannot_be_said(-numbers).tolist() == [False, False, True, False, True, True]
