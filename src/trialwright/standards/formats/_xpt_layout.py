"""The records of a SAS transport file, version 5: 80 bytes each, filled up with blanks.

A library header, then for each dataset a member header, a description of 140 bytes for each variable (NAMESTR) and the
observations, one after the other without separators.

Source: SAS technical support note TS-140.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trialwright.standards.formats.sas_formats import SasFormat

RECORD = 80
NAMESTR = 140
#: Bytes of the description of a variable; on VAX it had fewer.
NAMESTR_LENGTHS = (136, NAMESTR)

#: How the header records begin, and how those of version 8 and of PROC CPORT do.
LIBRARY = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"
DESCRIPTOR = b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!"
NAMESTRS = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
OBSERVATIONS = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"
LIBRARY_V8 = b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!"
CPORT = (b"**COMPRESSED**", b"LIB CONTROL")

_SAS_VERSION = b"9.4"
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
#: type, hash, length, number; name, label, format; width, decimals, justification; filler; informat; ...; position
_PACKED = struct.Struct(">hhhh8s40s8shhh2s8shhl52s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One variable as it lies in the observations: `length` bytes from `position` on. Texts are decoded."""

    name: str
    label: str
    is_text: bool
    length: int
    position: int
    format: SasFormat


def pack_fields(fields: Sequence[Field], *, encoding: str) -> bytes:
    """The descriptions of the variables, filled up to whole records."""
    packed = b"".join(
        _PACKED.pack(
            2 if field.is_text else 1,
            0,
            field.length,
            number,
            field.name.encode(encoding).ljust(8),
            field.label.encode(encoding).ljust(40),
            field.format.name.encode(encoding).ljust(8),
            field.format.width,
            field.format.decimals,
            0,
            b"\0\0",
            b" " * 8,
            0,
            0,
            field.position,
            b"\0" * 52,
        )
        for number, field in enumerate(fields, start=1)
    )
    return filled_up(packed)


def unpack_field(packed: bytes, *, encoding: str) -> Field:
    """The variable that 140 (on some old machines 136) bytes describe."""
    values = _PACKED.unpack(packed.ljust(NAMESTR, b"\0"))
    kind, _, length, _, name, label, form, width, decimals, *_ = values
    return Field(
        name=text_of(name, encoding),
        label=text_of(label, encoding),
        is_text=kind == 2,
        length=length,
        position=values[-2],
        format=SasFormat(name=text_of(form, encoding), width=width, decimals=decimals),
    )


def library_header(created: datetime) -> bytes:
    """What a file begins with."""
    return (
        (LIBRARY + b"0" * 30).ljust(RECORD) + _real_header(b"SASLIB", b"SAS", created) + sas_time(created).ljust(RECORD)
    )


def member_header(name: str, label: str, *, variables: int, created: datetime, encoding: str) -> bytes:
    """What a dataset begins with, up to the descriptions of its variables."""
    return (
        (MEMBER + b"0" * 16 + b"01600000000" + f"{NAMESTR}".encode()).ljust(RECORD)
        + (DESCRIPTOR + b"0" * 30).ljust(RECORD)
        + _real_header(b"SASDATA", name.encode(encoding), created)
        + (sas_time(created) + b" " * 16 + label.encode(encoding).ljust(40)).ljust(RECORD)
        + (NAMESTRS + b"0" * 6 + f"{variables:04d}".encode() + b"0" * 20).ljust(RECORD)
    )


def observations_header() -> bytes:
    """What the observations begin with."""
    return (OBSERVATIONS + b"0" * 30).ljust(RECORD)


def _real_header(kind: bytes, name: bytes, created: datetime) -> bytes:
    return (
        b"SAS".ljust(8) + name.ljust(8) + kind.ljust(8) + _SAS_VERSION.ljust(8) + b" " * 32 + sas_time(created)
    ).ljust(RECORD)


def sas_time(moment: datetime) -> bytes:
    """`ddMMMyy:hh:mm:ss` of 16 bytes."""
    return f"{moment:%d}{_MONTHS[moment.month - 1]}{moment:%y:%H:%M:%S}".encode()


def filled_up(content: bytes) -> bytes:
    """`content` with blanks up to whole records."""
    return content + b" " * (-len(content) % RECORD)


def text_of(content: bytes, encoding: str) -> str:
    """A name or a label of a header, without the blanks or zeros behind it; as Windows writes it if not as expected."""
    bare = content.rstrip(b" \0")
    try:
        return bare.decode(encoding)
    except UnicodeDecodeError:
        return as_windows_writes(bare)


def as_windows_writes(content: bytes) -> str:
    """The text, read as Windows-1252, which SAS writes on most desks; bytes that it does not know as Latin-1."""
    try:
        return content.decode("windows-1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")
