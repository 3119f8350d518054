"""Controlled terminology for the package: reads CDISC's packages and writes them in compact form.

    python maintenance/make_terminology.py SOURCE [--library FILE]

SOURCE is a folder with packages as CDISC's open rule engine keeps them (`sdtmct-2024-03-29.json.xz`, ...). Each
becomes `src/trialwright/standards/data/<package>.json.xz` with, for each codelist, its code, submission value, name,
whether it is extensible, and of each term the submission value, the code and the preferred term.

Some packages are flat: a codelist is one row of texts `preferred term, submission value, synonyms...` for all its terms
on end, and has neither names nor codes. Those, and where one term ends, are taken from FILE (codelists by code, as the
CDISC Library gives them, in JSON), and without FILE from what was made before. The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import lzma
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

DATA = Path(__file__).parent.parent / "src" / "trialwright" / "standards" / "data"

#: Submission value, code of the concept, preferred term.
Term: TypeAlias = tuple[str, str, str]
#: As it is written: submission value and name of the codelist, whether it is extensible, its terms.
Compact: TypeAlias = dict[str, Any]


def compact_package(package: Mapping[str, Any], known: Mapping[str, Compact]) -> dict[str, Any]:
    """The package in compact form; `known` codelists give names and codes where the package has none."""
    name, _, version = str(package["package"]).partition("-")
    if "codelists" in package:
        codelists = {entry["conceptId"]: _full(entry) for entry in package["codelists"]}
    else:
        codelists = {
            code: _flat(entry["allowed_terms"], bool(entry["extensible"]), known.get(code))
            for code, entry in package.items()
            if code != "package"
        }
    return {"package": name, "version": version, "codelists": dict(sorted(codelists.items()))}


def split_terms(texts: list[str], known: Iterable[Term]) -> list[Term]:
    """The terms in a flat row of texts.

    A term begins where a preferred term and a submission value that are known follow each other; each value is taken
    once. In a list whose submission values are in capitals, two texts that are not known begin a term if the second is
    in capitals too and lies between its neighbors in the alphabet, as the values are sorted. All else are synonyms.
    """
    terms_known = list(known)
    codes = {(preferred, value): code for value, code, preferred in terms_known}
    values = {value: code for value, code, _ in terms_known}
    words = {value: preferred for value, _, preferred in terms_known}
    # Among values in small letters nothing tells a submission value from a synonym: there only what is known counts.
    is_upper = all(value == value.upper() for value in values) if values else True
    following = _following(texts, codes)
    terms: list[Term] = []
    taken: set[str] = set()
    position = 0
    while position + 1 < len(texts):
        preferred, value = texts[position], texts[position + 1]
        is_new = value not in taken
        is_known = (preferred, value) in codes or (value in values and preferred != value)
        last = terms[-1][0] if terms else ""
        looks_new = value == value.upper() and preferred != preferred.upper() and last < value < following[position]
        # The name of a test is its own first synonym.
        looks_new |= not values and texts[position + 1 : position + 3] == [value, value]
        if is_new and (is_known or (is_upper and looks_new)):
            # In lists of names the text before a value is often the last synonym of the term before it.
            terms.append((value, codes.get((preferred, value), values.get(value, "")), words.get(value, preferred)))
            taken.add(value)
            position += 2
        else:
            position += 1
    return terms


def _following(texts: list[str], codes: Mapping[tuple[str, str], str]) -> list[str]:
    """For each position the submission value of the next known term after it; a text after all others at the end."""
    following = [""] * len(texts)
    next_value = chr(0x10FFFF)
    for position in range(len(texts) - 1, -1, -1):
        following[position] = next_value
        if position + 1 < len(texts) and (texts[position], texts[position + 1]) in codes:
            next_value = texts[position + 1]
    return following


def write_package(package: Mapping[str, Any], folder: Path) -> Path:
    """Write a compact package; gives the path."""
    path = folder / f"{package['package']}-{package['version']}.json.xz"
    text = json.dumps(package, ensure_ascii=False, separators=(",", ":"))
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    return path


def known_codelists(folder: Path, library: Path | None) -> dict[str, Compact]:
    """Codelists by code whose names and codes are known: of the library file, else of the packages in `folder`."""
    if library is not None:
        entries = json.loads(library.read_text(encoding="utf-8"))
        return {entry["conceptId"]: _full(entry) for entry in entries.values()}
    found: dict[str, Compact] = {}
    for path in sorted(folder.glob("*ct-*.json.xz")):
        found |= json.loads(lzma.decompress(path.read_bytes()))["codelists"]
    # A term without a code was not known, and must not pass as known the next time.
    return {code: entry | {"terms": [t for t in entry["terms"] if t[1]]} for code, entry in found.items()}


def _full(entry: Mapping[str, Any]) -> Compact:
    return {
        "value": entry["submissionValue"],
        "name": entry["name"],
        "extensible": str(entry.get("extensible", False)).lower() == "true",
        "terms": [[term["submissionValue"], term["conceptId"], term["preferredTerm"]] for term in entry["terms"]],
    }


def _flat(texts: list[str], is_extensible: bool, known: Compact | None) -> Compact:
    terms = [(str(value), str(code), str(preferred)) for value, code, preferred in (known or {}).get("terms", [])]
    return {
        "value": (known or {}).get("value", ""),
        "name": (known or {}).get("name", ""),
        "extensible": is_extensible,
        "terms": [list(term) for term in split_terms(texts, terms)],
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--library", type=Path)
    parser.add_argument("--out", type=Path, default=DATA)
    options = parser.parse_args(arguments)
    known = known_codelists(DATA, options.library)
    for path in sorted(options.source.glob("*ct-*.json.xz")):
        package = compact_package(json.loads(lzma.decompress(path.read_bytes())), known)
        written = write_package(package, options.out)
        terms = sum(len(codelist["terms"]) for codelist in package["codelists"].values())
        size = written.stat().st_size
        sys.stdout.write(f"{written.name}: {len(package['codelists'])} codelists, {terms} terms, {size:,} bytes\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
