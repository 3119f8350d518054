"""CDISC controlled terminology: codelists with their submission values, from compact files in the package.

The files are made by `maintenance/make_terminology.py`. A package is read when its first codelist is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from trialwright.errors import DataError
from trialwright.standards.metadata import Codelist, CodelistTerm

#: The packages that are there: of SDTM, ADaM and CDASH.
PACKAGES = ("sdtmct", "adamct", "cdashct")


@dataclass(frozen=True, slots=True)
class _Package:
    """One package as it was read: codelists by code, and code by submission value."""

    version: str
    codelists: Mapping[str, Mapping[str, Any]]
    codes: Mapping[str, str]


def codelist(name: str, package: str = "sdtmct") -> Codelist | None:
    """The codelist with C-code (`C66742`) or submission value (`NY`) `name`; None if the package has none.

    Terms have their submission value, the preferred term of NCI EVS as decode, and their C-code. A few terms, and four
    lists, came without a code (the source says why in `data/README.md`): there it is empty.
    """
    read = _package(package)
    code = name if name in read.codelists else read.codes.get(name, "")
    return _codelist(code, package) if code else None


def terms_of(name: str, package: str = "sdtmct") -> frozenset[str]:
    """The submission values of a codelist; empty if the package has no such list."""
    found = codelist(name, package)
    return frozenset(found.values) if found else frozenset()


def terminology_version(package: str = "sdtmct") -> str:
    """The date of the package: `2024-03-29`."""
    return _package(package).version


@lru_cache(maxsize=1024)
def _codelist(code: str, package: str) -> Codelist:
    entry = _package(package).codelists[code]
    return Codelist(
        id=code,
        name=entry["name"],
        terms=tuple(CodelistTerm(value=v, decode=decode, code=c) for v, c, decode in entry["terms"]),
        code=code,
        is_extensible=entry["extensible"],
    )


@lru_cache(maxsize=len(PACKAGES))
def _package(name: str) -> _Package:
    import json
    import lzma

    folder = resources.files("trialwright.standards") / "data"
    paths = sorted((path for path in folder.iterdir() if path.name.startswith(f"{name}-")), key=lambda path: path.name)
    if not paths:
        raise DataError(f"There is no package of controlled terminology {name!r}. There are: {', '.join(PACKAGES)}.")
    content = json.loads(lzma.decompress(paths[-1].read_bytes()))
    codelists = content["codelists"]
    codes = {entry["value"]: code for code, entry in codelists.items() if entry["value"]}
    return _Package(content["version"], codelists, codes)
