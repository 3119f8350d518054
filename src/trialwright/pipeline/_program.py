"""Which program made something: the version, and a digest of the rooms that the work went through."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import trialwright

_PACKAGE = Path(trialwright.__file__).parent

#: Files that take part in the work without being run: sentences, terms, heading trees.
_SUFFIXES = frozenset({".py", ".ftl", ".yaml", ".json", ".css", ".xml", ".xsl", ".csv", ".xz"})


@cache
def _room_digest(room: str) -> str:
    content = hashlib.sha256()
    paths = _PACKAGE.glob("*.py") if room == "." else (_PACKAGE / room).rglob("*")
    for path in sorted(paths):
        if path.suffix in _SUFFIXES and "examples" not in path.parts:
            content.update(path.relative_to(_PACKAGE).as_posix().encode())
            content.update(path.read_bytes())
    return content.hexdigest()


def program_of(rooms: Iterable[str]) -> str:
    """`<version>+<digest>` of `rooms` and of the single files.

    The digest makes an artefact stale when the code behind it changed without a new version number, as it does while
    somebody develops a method. Example studies do not count: they are copied into the folder and are inputs there.
    """
    content = hashlib.sha256()
    for room in (".", *sorted(rooms)):
        content.update(_room_digest(room).encode())
    return f"{trialwright.__version__}+{content.hexdigest()[:16]}"
