"""Write docs/reference/conformance.md from the rules themselves. A test fails when the page is older than the rules."""

from __future__ import annotations

from pathlib import Path

from trialwright.findings import Rule
from trialwright.standards.conformance import ADAM_RULES, SDTM_RULES

PAGE = Path(__file__).parent / "reference" / "conformance.md"

HEAD = """# The rules of the checks

`check_sdtm` and `check_adam` hold datasets to these rules, and `trialwright check` does it for a folder. This page is
made from the rules by `make docs`. How to use the checks is told in [Check the data](../how-to/check-the-data.md).

- A rule is held only to datasets of the classes it is for, and only where the variables that it reads are there with
  their types. That one is missing or has another type is told by the rules for just that.
- Two numbers differ if they are apart by more than 1e-9 of the largest number that they are made of: CHG of AVAL and
  BASE.
- A missing value breaks no rule but those that ask for a value. Empty texts and NaN are missing values.
- Records are numbered from 1 where a dataset has no sequence.
- An error must be mended, a warning judged, a note known.

The class of an ADaM dataset is that of the study's definition; without one, ADSL goes by its name, what has PARAMCD,
PARAM, AVAL or AVALC is BDS, and what has the sequence, term or treatment of an SDTM domain is OCCDS.

Numbers of CDISC's rules are those of the ADaM Conformance Rules 5.0 for ADaMIG 1.3. Our rules are fewer than CDISC's,
and some of ours say what several of theirs do.
"""


def table(rules: tuple[Rule, ...]) -> list[str]:
    """The rules as a table."""
    rows = [f"| `{rule.id}` | {rule.title} | {rule.severity} | {rule.source} |" for rule in rules]
    return ["| rule | what must hold | severity | source |", "| --- | --- | --- | --- |", *rows, ""]


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for name, book in (("SDTM", SDTM_RULES), ("ADaM", ADAM_RULES)):
        parts += [f"## {name}: {len(book.rules)} rules", "", *table(book.rules)]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
