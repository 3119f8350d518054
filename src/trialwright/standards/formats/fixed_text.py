"""Text in fields of fixed width, filled up with blanks: whole columns at once, between bytes and polars."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

Bytes: TypeAlias = npt.NDArray[np.uint8]

_BLANK = 32


def texts_of(fields: Bytes) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """The bytes of all fields (rows x width) without trailing blanks, one after the other, and the length of each."""
    is_text = fields != _BLANK
    used = np.flatnonzero(is_text.any(axis=0))
    if len(used) == 0:
        return np.empty(0, dtype=np.uint8), np.zeros(len(fields), dtype=np.int64)
    width = int(used[-1]) + 1
    is_text = is_text[:, :width]
    lengths = width - np.argmax(is_text[:, ::-1], axis=1).astype(np.int64)
    lengths[~is_text.any(axis=1)] = 0
    return fields[:, :width][np.arange(width) < lengths[:, None]], lengths


def series_of(name: str, content: Bytes, lengths: npt.NDArray[np.int64]) -> pl.Series:
    """Text from UTF-8 bytes that were validated; an empty text is missing."""
    import pyarrow as pa

    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    is_there = np.packbits(lengths > 0, bitorder="little")
    array = pa.LargeStringArray.from_buffers(
        len(lengths), pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(content)), pa.py_buffer(is_there)
    )
    series = pl.from_arrow(array)
    assert isinstance(series, pl.Series)
    return series.alias(name)


def bytes_of(texts: pl.Series) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """The UTF-8 bytes of all texts one after the other, and the length of each in bytes; missing is empty."""
    array = texts.fill_null("").to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, content = array.buffers()
    places = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    data = np.frombuffer(content, dtype=np.uint8) if content is not None else np.empty(0, dtype=np.uint8)
    if len(places) == 0:
        return data[:0], np.empty(0, dtype=np.int64)
    return data[places[0] : places[-1]], np.diff(places)


def fields_of(content: Bytes, lengths: npt.NDArray[np.int64], width: int) -> Bytes:
    """Fields of `width` bytes with the texts of `bytes_of`, none of which is longer."""
    fields = np.full((len(lengths), width), _BLANK, dtype=np.uint8)
    used = int(lengths.max(initial=0))
    fields[:, :used][np.arange(used) < lengths[:, None]] = content
    return fields
