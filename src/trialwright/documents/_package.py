"""The docx file as a zip of parts: the same parts give the same bytes, and a file appears whole or not at all."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from trialwright.errors import DocumentError

# Zip files carry a time for each member; the earliest that the format knows stands for "none".
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def pack(parts: Mapping[str, bytes]) -> bytes:
    """The bytes of an Open Packaging file; the content types come first, the other parts by name."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for name in sorted(parts, key=lambda name: (name != "[Content_Types].xml", name != "_rels/.rels", name)):
            member = zipfile.ZipInfo(name, _NO_TIME)
            member.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            member.external_attr = 0o600 << 16
            member.create_system = 0  # else the bytes tell on which system they were made
            package.writestr(member, parts[name])
    return buffer.getvalue()


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step, so that nobody ever reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)  # noqa: PTH105 - says what it does: replace, atomically
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise DocumentError(
            f"{path} cannot be written: {error.strerror or error}. The file there is unchanged."
        ) from error
