"""From a place in a document to the results that stand there."""

from __future__ import annotations

import pytest

from trialwright.documents import Manifest, is_place, results_at
from trialwright.documents.manifest import Reference, TableEntry
from trialwright.errors import DocumentError

MANIFEST = Manifest(
    document="csr",
    title="Report",
    language="en",
    docx="csr.en.docx",
    sha256="",
    program="test",
    inputs=(),
    references=(
        Reference(id="r0001", kind="fact", source="StudyArm_1.name", shown="Placebo", occurrences=("1",)),
        Reference(
            id="r0002",
            kind="result",
            source="age/AGE/mean",
            shown="40.3",
            occurrences=("11.2",),
            format=".1",
            value=40.3,
        ),
    ),
    tables=(
        TableEntry(
            anchor="t1",
            kind="table",
            number="14.1.1",
            title="Analysis sets",
            section="14.1",
            bookmark="b1",
            header_spans=((1, 2), (1, 1, 1)),
            grid=(("", "Treatment"), ("", "Placebo", "Active"), ("Safety", "79 (100%)", "80"), ("Efficacy", "0", "78")),
            references=(
                (2, 1, "safety/ARM=P/n", ".0", 79.0, "79"),
                (2, 1, "safety/ARM=P/p", "%.0", 1.0, "100"),
                (2, 2, "safety/ARM=A/n", ".0", 80.0, "80"),
                (3, 2, "efficacy/ARM=A/n", ".0", 78.0, "78"),
            ),
        ),
    ),
    figures=(),
    queries=(),
    literals=(),
)


def test_a_place_is_told_from_the_name_of_a_result() -> None:
    assert is_place("r0042")
    assert is_place("14-5.01:3:2")
    assert not is_place("r0042/n")
    assert not is_place("teae/ARM=a:1:2/n")
    assert not is_place("population")


def test_a_control_gives_its_result() -> None:
    assert results_at(MANIFEST, "r0002") == ("age/AGE/mean",)


def test_a_cell_gives_its_results_in_reading_order() -> None:
    """Rows count below the two header rows, columns from the label."""
    assert results_at(MANIFEST, "14.1.1:1:2") == ("safety/ARM=P/n", "safety/ARM=P/p")
    assert results_at(MANIFEST, "14.1.1:2:3") == ("efficacy/ARM=A/n",)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("r0001", "it is a fact of the study definition or the plan, StudyArm_1.name"),
        ("r0003", "Its controls are r0001 to r0002"),
        ("14.9:1:1", "has no table 14.9. It has: 14.1.1"),
        ("14.1.1:3:1", "rows 1 to 2 below its column headers and columns 1 to 3"),
        ("14.1.1:0:1", "is outside"),
        ("14.1.1:1:1", "shows no result, but 'Safety'"),
        ("14.1.1:2:2", "shows no result, but '0'"),
        ("anywhere", "is no place in a document"),
    ],
)
def test_a_place_without_a_result_says_what_is_there(place: str, said: str) -> None:
    with pytest.raises(DocumentError) as refusal:
        results_at(MANIFEST, place)
    assert said in str(refusal.value)
