"""Numbers as SAS transport files hold them: IBM System/360 floating point in 8 bytes, whole arrays at once.

A sign bit, a power of 16 in 7 bits (excess 64), and a fraction of 56 bits between 1/16 and 1. Every IEEE double from
16**-65 to just below 16**63 has exactly one such form and comes back as it was; the others cannot be said. A missing
value is one byte (`.`, `_`, `A` to `Z`) before seven zeros.

Source: SAS technical support note TS-140, "Record Layout of a SAS Version 5 or 6 Data Set in SAS Transport Format".
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Words: TypeAlias = npt.NDArray[np.uint64]
Mask: TypeAlias = npt.NDArray[np.bool_]

#: The least and the first too large magnitude that the transport format can say.
SMALLEST = 16.0**-65
TOO_LARGE = 16.0**63

#: The word of the ordinary missing value, a full stop.
MISSING: int = ord(".") << 56

_FRACTION = np.uint64((1 << 56) - 1)
_SIGN = np.uint64(1 << 63)
_SPECIAL = tuple(map(ord, "_ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


def ibm_words(numbers: Floats) -> Words:
    """The numbers as 64-bit words, most significant byte first once stored big-endian; NaN becomes missing.

    The caller has excluded what cannot be said: see `cannot_be_said`.
    """
    is_missing = np.isnan(numbers)
    finite = np.where(is_missing, 0.0, numbers)
    mantissa, power_of_2 = np.frexp(np.abs(finite))
    power_of_16 = -((-power_of_2) // 4)
    shift = (3 - (4 * power_of_16 - power_of_2)).astype(np.uint64)
    fraction = (mantissa * 2.0**53).astype(np.uint64) << shift
    exponent = (power_of_16 + 64).astype(np.uint64) << np.uint64(56)
    sign = np.where(np.signbit(finite), _SIGN, np.uint64(0))
    words = np.where(fraction == 0, np.uint64(0), sign | exponent | fraction)
    return np.where(is_missing, np.uint64(MISSING), words)


def cannot_be_said(numbers: Floats) -> Mask:
    """Which numbers are infinite, too large or too close to zero for the transport format."""
    size = np.abs(numbers)
    return (size >= TOO_LARGE) | ((size > 0) & (size < SMALLEST))


def numbers_of(words: Words) -> tuple[Floats, Mask, Mask]:
    """The numbers of the words, NaN for missing; which are special missing values (`.A`, `._`); which were rounded.

    Only a program on a mainframe writes fractions of more than the 53 bits that a double has.
    """
    first = (words >> np.uint64(56)).astype(np.uint8)
    fraction = words & _FRACTION
    numbers = np.ldexp(fraction.astype(np.float64), 4 * ((first & 0x7F).astype(np.int32) - 64) - 56)
    np.negative(numbers, out=numbers, where=(first & 0x80) != 0)
    has_no_fraction = fraction == 0
    is_special = has_no_fraction & np.isin(first, _SPECIAL)
    numbers[is_special | (has_no_fraction & (first == ord(".")))] = np.nan
    is_rounded = numbers_differ = (fraction & np.uint64(7)) != 0
    if numbers_differ.any():
        is_rounded = numbers_differ & (fraction.astype(np.float64).astype(np.uint64) != fraction)
    return numbers, is_special, is_rounded
