"""The terms of a rehearsed trial are those of CDISC's SDTM controlled terminology 2024-03-29."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from trialwright.rehearsal import Rehearsal

#: Domain, variable, codelists (NCI codes), terms of our own that the codelist lacks.
TERMS = [
    ("AE", "AEACN", ("C66767",), ()),
    ("AE", "AEOUT", ("C66768",), ()),
    ("AE", "AESEV", ("C66769",), ()),
    ("DM", "SEX", ("C66731",), ()),
    ("DM", "RACE", ("C74457",), ()),
    ("DM", "ETHNIC", ("C66790",), ()),
    ("DM", "ARMNRS", ("C142179",), ()),
    ("DS", "DSCAT", ("C74558",), ()),
    ("DS", "DSDECOD", ("C66727", "C114118"), ()),
    ("DS", "EPOCH", ("C99079",), ()),
    ("EX", "EXDOSFRM", ("C66726",), ()),
    ("EX", "EXROUTE", ("C66729",), ()),
    ("EX", "EXDOSFRQ", ("C71113",), ()),
    ("EX", "EXDOSU", ("C71620",), ()),
    ("LB", "LBTESTCD", ("C65047",), ()),
    ("LB", "LBTEST", ("C67154",), ()),
    ("LB", "LBSTRESU", ("C71620",), ()),
    ("LB", "LBORRESU", ("C71620",), ()),
    ("LB", "LBNRIND", ("C78736",), ()),
    ("LB", "LBSPEC", ("C78734",), ()),
    ("LB", "LBSTAT", ("C66789",), ()),
    ("VS", "VSTESTCD", ("C66741",), ()),
    ("VS", "VSTEST", ("C67153",), ()),
    ("VS", "VSSTRESU", ("C66770",), ()),
    ("VS", "VSPOS", ("C71148",), ()),
    # The terminology calls the total HAMA115; the example names it for what it is.
    ("QS", "QSTESTCD", ("C101819",), ("HAMATOT",)),
    ("QS", "QSTEST", ("C101820",), ()),
    ("TI", "IECAT", ("C66797",), ()),
    ("TS", "TSPARMCD", ("C66738",), ()),
    ("TS", "TSPARM", ("C67152",), ()),
]


@pytest.fixture(scope="module")
def codelists(shared: Path) -> dict[str, set[str]]:
    with lzma.open(shared / "data" / "standards" / "sdtmct-2024-03-29.json.xz") as file:
        package = json.load(file)
    return {code: set(found["allowed_terms"]) for code, found in package.items() if isinstance(found, dict)}


@pytest.mark.parametrize(("domain", "variable", "codes", "own"), TERMS)
def test_terms_stand_in_their_codelist(
    rehearsal: Rehearsal,
    harsh: Rehearsal,
    codelists: dict[str, set[str]],
    domain: str,
    variable: str,
    codes: tuple[str, ...],
    own: tuple[str, ...],
) -> None:
    allowed = set().union(*(codelists[code] for code in codes))
    for trial in (rehearsal, harsh):
        used = set(trial.domains[domain].frame[variable].drop_nulls())
        assert used
        assert used - set(own) <= allowed
