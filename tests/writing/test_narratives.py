"""Narratives: whose, about which events, and what they say; every datum leads to its record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests.writing.narrative_records import SUBJECT, Others, Row, event, patient, study_data
from tests.writing.report_inputs import plan_of, runs

from trialwright.analysis import parse_plan
from trialwright.analysis.plan import AnalysisPlan, NarrativePlan
from trialwright.displays import render_figure
from trialwright.documents import read_docx, verify_content, write_docx
from trialwright.documents.model import AuthorQuery, Document, FactTable, FigureBlock
from trialwright.errors import PlanError
from trialwright.inlines import CrossRef, RecordRef, plain_text, record_source, split_record_source
from trialwright.study import Study, example_study
from trialwright.writing import write_narratives
from trialwright.writing.narratives import gather_narratives, narratives_overview
from trialwright.writing.narratives.records import parse_date
from trialwright.writing.narratives.selection import find_patients
from trialwright.writing.sentences import load_catalogue


@pytest.fixture(scope="module")
def study() -> Study:
    return example_study()


def narrative_plan(**values: object) -> AnalysisPlan:
    """A plan whose narratives are of the patient, and as `values` say."""
    narratives = NarrativePlan(**{"subjects": (SUBJECT,), **values})  # type: ignore[arg-type]
    return replace(plan_of(), narratives=narratives)


def document_of(study: Study, *events: Row, plan: AnalysisPlan | None = None, others: Others | None = None) -> Document:
    """The narratives of these records."""
    return write_narratives(study, plan or narrative_plan(), study_data(*events, **(others or {})))[0]


def text_of(document: Document) -> str:
    """What a reader sees, one paragraph or cell a line, author queries too."""
    lines = []
    for block in document.blocks:
        lines += [plain_text(run) for run in runs(block)]
        if isinstance(block, AuthorQuery):
            lines.append(block.question)
    return "\n".join(lines)


def refs_of(document: Document) -> list[RecordRef]:
    """Every reference to a record, in reading order."""
    return [one for block in document.blocks for run in runs(block) for one in run if isinstance(one, RecordRef)]


HISTORY: list[Row] = [
    {
        "MHSEQ": 1.0, "MHTERM": "GAD", "MHDECOD": "GENERALISED ANXIETY DISORDER", "MHCAT": "PRIMARY DIAGNOSIS",
        "MHSTDTC": "2020-03-01",
    },
    {"MHSEQ": 2.0, "MHTERM": "FITS", "MHDECOD": "EPILEPSY", "MHBODSYS": "NERVOUS SYSTEM DISORDERS", "MHSTDTC": "2014"},
    {"MHSEQ": 3.0, "MHTERM": "APPENDIX OUT", "MHDECOD": "APPENDICECTOMY", "MHBODSYS": "SURGICAL PROCEDURES"},
]  # fmt: skip
ASPIRIN: Row = {
    "CMTRT": "ASPIRIN", "CMDECOD": "ACETYLSALICYLIC ACID", "CMDOSE": 100.0, "CMDOSU": "mg", "CMDOSFRQ": "QD",
    "CMSTDTC": "2019",
}  # fmt: skip
SALINE: Row = {"CMTRT": "SALINE", "CMDECOD": "SODIUM CHLORIDE", "CMINDC": "SYNCOPE"}
MEDICATION: list[Row] = [
    # Recorded at two visits, ended at the second: one medication.
    {"CMSEQ": 1.0, **ASPIRIN},
    {"CMSEQ": 2.0, **ASPIRIN, "CMENDTC": "2024-03-20"},
    {"CMSEQ": 3.0, "CMTRT": "OLD DRUG", "CMDECOD": "OLD DRUG", "CMSTDTC": "2018", "CMENDTC": "2024-03-05"},
    {"CMSEQ": 4.0, **SALINE, "CMSTDTC": "2024-03-11", "CMENDTC": "2024-03-12"},
]
LABORATORY: list[Row] = [
    {
        "LBSEQ": float(number), "LBTESTCD": "ALT", "LBTEST": "Alanine Aminotransferase", "LBSTRESN": value,
        "LBSTRESU": "U/L", "LBSTNRLO": 5.0, "LBSTNRHI": 40.0, "LBDTC": when, "LBBLFL": "Y" if number == 1 else None,
    }
    for number, (value, when) in enumerate(
        [(20.0, "2024-02-29"), (35.0, "2024-03-08"), (80.0, "2024-03-12"), (60.0, "2024-03-20"), (200.0, "2024-06-30")],
        start=1,
    )
]  # fmt: skip


def test_a_narrative_tells_the_case(study: Study) -> None:
    others = {"MH": HISTORY, "CM": MEDICATION, "LB": LABORATORY}
    said = text_of(document_of(study, event(), others=others))
    for sentence in (
        "Patient S-001 was an 81-year-old woman (race: White) in the Active group.",
        "Generalised anxiety disorder had been present for 4.0 years at the first dose.",
        "Medical history in the same system organ class as the event, with times from the first dose: "
        "epilepsy (about 10 years before).",
        "Other medical history: appendicectomy.",
        "Doses of active: 54 mg once daily (day 1 to day 30).",
        "Concomitant medication at the onset of syncope, with times from the first dose: "
        "acetylsalicylic acid 100 mg once daily (since about 5 years before).",
        "Syncope (reported as “FAINTED”; Nervous system disorders) began on day 10.",
        "At its onset the patient had been treated for 10 days and was taking 54 mg once daily.",
        "Its intensity was severe; it was serious (hospitalisation).",
        "The investigator’s assessment of its relation to study treatment was “possible”.",
        "Action taken with study treatment: dose not changed.",
        "Its outcome was “recovered/resolved”; it ended on day 12, having lasted 3 days.",
        "Medication given for it: sodium chloride (since day 11).",
        "No other adverse event was present at the onset.",
        "The patient ended the study on day 30; the recorded reason is “completed”.",
        # Worst within 30 days after the event: 80 on day 12, not 200 on day 122.
        "20 (day −1)\n35 (day 8)\n80\N{NO-BREAK SPACE}H (day 12)",
    ):
        assert sentence in said
    assert "old drug" not in said


def test_every_datum_leads_to_its_record(study: Study) -> None:
    data = study_data(event(), MH=HISTORY, CM=MEDICATION, LB=LABORATORY)
    refs = refs_of(write_narratives(study, narrative_plan(), data)[0])
    assert len(refs) > 40
    for ref in refs:
        for source, value in zip(ref.sources, ref.values, strict=True):
            dataset, subject, key, variable = split_record_source(source) or ("", "", "", "")
            rows = data[dataset].frame.filter(data[dataset].frame["USUBJID"] == subject).to_dicts()
            name, _, number = key.partition("=")
            (row,) = [row for row in rows if not key or f"{row[name]:.15g}" == number]
            held = row[variable]
            shown = "" if held is None else f"{held:.15g}" if isinstance(held, float) else str(held)
            assert value == shown
    onset = next(ref for ref in refs if ref.shown == "day 10")
    assert onset.sources == ("record/AE/S-001/AESEQ=1/AESTDTC", "record/ADSL/S-001//TRTSDT")


def test_there_is_no_day_zero(study: Study) -> None:
    said = text_of(document_of(study, event(AESTDTC="2024-02-29", AEENDTC="2024-03-01")))
    assert "began on day −1." in said
    assert "It began before the first dose of study treatment." in said
    assert "it ended on day 1, having lasted 2 days." in said


def test_what_the_records_lack_is_said(study: Study) -> None:
    bare: Row = {"AESEQ": 1.0, "AETERM": "FELL", "AESER": "Y"}
    said = text_of(
        document_of(study, bare, others={"EX": [], "DS": [], "ADSL": [{"AGE": None, "SEX": None}], "DM": []})
    )
    for sentence in (
        "Patient S-001 was a patient of unrecorded sex of unrecorded age whose treatment group is not recorded.",
        "The disease treated is not among the patient’s records of medical history.",
        "There are no records of medical history.",
        "There are no records of concomitant medication.",
        "No dose of study treatment is recorded.",
        "Fell (reported as “FELL”; not recorded) is recorded without the date on which it began.",
        "Its intensity is not recorded; it is recorded as serious, without a criterion.",
        "relation to study treatment is not recorded.",
        "The action taken with study treatment is not recorded.",
        "Its outcome is not recorded; no end is recorded.",
        "How the patient ended the study is not recorded.",
    ):
        assert sentence in said


def test_dates_are_told_only_if_the_plan_asks_for_them(study: Study) -> None:
    others = {"MH": HISTORY, "CM": MEDICATION}
    hidden = text_of(document_of(study, event(), others=others))
    assert "2024" not in hidden
    assert "Mar" not in hidden
    shown = text_of(document_of(study, event(), plan=narrative_plan(dates="date"), others=others))
    assert "began on 10 Mar 2024 (day 10)." in shown
    assert "epilepsy (2014)" in shown


def test_a_blinded_narrative_tells_neither_arm_nor_dose(study: Study) -> None:
    document = document_of(study, event(), plan=narrative_plan(is_blinded=True))
    said = text_of(document)
    assert "on blinded study treatment" in said
    figures = [block.figure for block in document.blocks if isinstance(block, FigureBlock)]
    for words in ("Active", "active", "54"):
        assert words not in said
        assert words not in figures[0].alt_text


@pytest.mark.parametrize(
    ("second", "is_together"),
    [
        ({"AESTDTC": "2024-03-10", "AEENDTC": "2024-03-10"}, True),  # the same day
        ({"AESTDTC": "2024-03-12", "AEENDTC": "2024-03-20"}, True),  # overlapping
        ({"AESTDTC": "2024-03-13", "AEENDTC": "2024-03-20"}, True),  # the day after
        ({"AESTDTC": "2024-03-14", "AEENDTC": "2024-03-20"}, False),
        ({"AESTDTC": None, "AEENDTC": None}, False),
    ],
)
def test_linked_events_are_told_together(second: Row, is_together: bool) -> None:
    groups = patient(event(), event(AESEQ=2.0, **second)).groups
    assert len(groups) == (1 if is_together else 2)


def test_related_records_link_events_that_are_months_apart() -> None:
    relations: list[Row] = [
        {"RDOMAIN": "AE", "IDVAR": "AESEQ", "IDVARVAL": number, "RELID": "R1"} for number in ("1", "2")
    ]
    groups = patient(
        event(), event(AESEQ=2.0, AESTDTC="2024-09-01", AEENDTC="2024-09-02"), others={"RELREC": relations}
    ).groups
    assert [[one.record.key for one in group] for group in groups] == [["AESEQ=1", "AESEQ=2"]]


QUIET = event(AESER="N", AESHOSP="N")


@pytest.mark.parametrize(
    ("plan", "events", "others", "reasons"),
    [
        (NarrativePlan(), [event()], {}, ("serious",)),
        (NarrativePlan(serious=False), [event()], {}, None),
        (NarrativePlan(), [QUIET], {}, None),
        (NarrativePlan(), [QUIET | {"AEACN": "DRUG WITHDRAWN"}], {}, ("discontinuation",)),
        (NarrativePlan(discontinuations=False), [QUIET | {"AEACN": "DRUG WITHDRAWN"}], {}, None),
        (NarrativePlan(), [QUIET | {"AEOUT": "FATAL"}], {}, ("death",)),
        (NarrativePlan(), [], {"DM": [{"DTHFL": "Y"}]}, ("death",)),
        (NarrativePlan(deaths=False), [], {"DM": [{"DTHFL": "Y"}]}, None),
        # A criterion of seriousness calls for a narrative, whatever else is recorded.
        (NarrativePlan(), [event(AESER="N")], {}, ("criterion",)),
        (NarrativePlan(special_interest="AEDECOD = 'SYNCOPE'"), [QUIET], {}, ("special-interest",)),
        (NarrativePlan(special_interest="AEDECOD = 'RASH'"), [QUIET], {}, None),
        (NarrativePlan(subjects=(SUBJECT,)), [QUIET], {}, ("listed",)),
    ],
)
def test_who_gets_a_narrative(
    plan: NarrativePlan, events: list[Row], others: dict[str, list[Row]], reasons: tuple[str, ...] | None
) -> None:
    found = find_patients(study_data(*events, **others), plan)
    assert [one.reasons for one in found] == ([] if reasons is None else [reasons])


def test_a_subject_that_is_not_there_is_refused() -> None:
    with pytest.raises(PlanError, match="narrative of S-404 was asked for"):
        find_patients(study_data(event()), NarrativePlan(), only=["S-404"])
    with pytest.raises(PlanError, match="special_interest asks for NOWHERE"):
        find_patients(study_data(event()), NarrativePlan(special_interest="NOWHERE = 'Y'"))


def test_narratives_are_written_from_adam_alone(study: Study) -> None:
    data = study_data(DM=[], EX=[], DS=[])
    data |= study_data(
        ADAE=[
            {
                "AESEQ": 1.0, "AETERM": "FAINTED", "AEDECOD": "SYNCOPE", "AEBODSYS": "NERVOUS SYSTEM DISORDERS",
                "AESEV": "SEVERE", "AESER": "Y", "ASTDT": date(2024, 3, 10), "AENDT": date(2024, 3, 12),
            }
        ],
        ADLB=[
            {
                "LBSEQ": 1.0, "PARAMCD": "ALT", "PARAM": "Alanine Aminotransferase (U/L)", "AVAL": 80.0, "A1LO": 5.0,
                "A1HI": 40.0, "ADT": date(2024, 3, 12),
            }
        ],
        DM=[], EX=[], DS=[],
    )  # fmt: skip
    said = text_of(write_narratives(study, narrative_plan(), data)[0])
    assert "began on day 10." in said
    assert "Doses of Active: Active (day 1 to day 30)." in said
    assert "Alanine Aminotransferase (U/L)\n5 to 40" in said
    assert "80\N{NO-BREAK SPACE}H (day 12)" in said


def test_contradictions_are_asked_below_the_narrative(study: Study) -> None:
    document, narratives = write_narratives(study, narrative_plan(), study_data(event(AEENDTC="2024-03-09")))
    (finding,) = narratives.findings
    (query,) = [block for block in document.queries() if finding.rule in block.question]
    assert query.id == "narrative.S-001.1"
    assert query.question.startswith(finding.message)


def test_a_changed_record_and_an_edited_sentence_are_found(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "narratives.docx"
    manifest = write_docx(document_of(study, event()), path)
    values = dict(pair for reference in manifest.references for pair in reference.record_values)
    content = read_docx(path)

    def errors(now: dict[str, str]) -> list[tuple[str, str]]:
        found = verify_content(content, manifest, records=now.get)
        return [(one.rule, one.evidence) for one in found if one.severity != "note"]

    assert errors(values) == []
    place = "record/AE/S-001/AESEQ=1/AESEV"
    assert errors(values | {place: "MILD"}) == [
        ("verify.stale-record", "written 'severe' for 'SEVERE', now 'MILD'"),
    ]
    assert [rule for rule, _ in errors({name: one for name, one in values.items() if name != place})] == [
        "verify.unknown-record"
    ]


def test_names_of_values_hold_any_identifier() -> None:
    source = record_source("AE", "A/B 1% + 2", "AESEQ=9", "AETERM")
    assert " + " not in source
    assert split_record_source(source) == ("AE", "A/B 1% + 2", "AESEQ=9", "AETERM")
    assert split_record_source("population.itt/USUBJID/n") is None


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2024-02-29T10:30", date(2024, 2, 29), date(2024, 2, 29)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        (date(2024, 2, 29), date(2024, 2, 29), date(2024, 2, 29)),
    ],
)
def test_partial_dates(value: object, first: date, last: date) -> None:
    found = parse_date(value)
    assert found is not None
    assert (found.earliest, found.latest) == (first, last)


@pytest.mark.parametrize("value", [None, "", "--03-05", "2024-13-01", "2023-02-29", 5.0])
def test_what_is_no_date_is_none(value: object) -> None:
    assert parse_date(value) is None


def test_the_profile_is_drawn_alike_each_time(study: Study) -> None:
    document = document_of(study, event(), others={"LB": LABORATORY})
    (block,) = [block for block in document.blocks if isinstance(block, FigureBlock)]
    assert render_figure(block.figure).startswith(b"\x89PNG")
    assert render_figure(block.figure) == render_figure(block.figure)
    assert render_figure(block.figure, "pdf").startswith(b"%PDF")
    assert "Syncope day 10–12" in block.figure.alt_text
    assert "Alanine Aminotransferase" in block.figure.alt_text
    assert not block.is_listed


@pytest.mark.parametrize(("figures", "count"), [("all", 1), ("none", 0), ("serious", 0)])
def test_the_plan_says_who_gets_a_figure(study: Study, figures: str, count: int) -> None:
    document = document_of(study, QUIET, plan=narrative_plan(figures=figures))
    assert sum(isinstance(block, FigureBlock) for block in document.blocks) == count


PLAN = """
plan: {title: A plan}
analysis_sets: {all: {label: All}}
analyses: {sex: {method: count, dataset: ADSL, population: all, variables: [SEX]}}
"""


def test_a_plan_says_whose_narratives() -> None:
    assert parse_plan(PLAN).narratives == NarrativePlan()
    who = "deaths: false, subjects: [S-1, S-2], special_interest: \"AESOC = 'X'\""
    said = f"narratives: {{{who}, blinded: true, dates: date}}"
    assert parse_plan(PLAN + said).narratives == NarrativePlan(
        deaths=False, subjects=("S-1", "S-2"), special_interest="AESOC = 'X'", is_blinded=True, dates="date"
    )


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("{dates: never}", "must be 'study_day' or 'date'"),
        ("{deads: true}", "deads"),
        ('{special_interest: "AEDECOD = "}', "goes wrong at its character"),
        ("{subjects: [S-1, S-1]}", "named twice"),
    ],
)
def test_a_wrong_section_is_told_with_its_place(said: str, message: str) -> None:
    with pytest.raises(PlanError, match=message) as refusal:
        parse_plan(f"{PLAN}narratives: {said}\n")
    assert "line 5, column" in str(refusal.value)


def test_the_overview_names_each_event_once(study: Study) -> None:
    twice = [event(), event(AESEQ=2.0)]
    data = study_data(*twice)

    narratives = gather_narratives(study, narrative_plan(), data)
    blocks = narratives_overview(load_catalogue("en"), narratives, section=CrossRef(target="section-14.3.3"))
    (table,) = [block for block in blocks if isinstance(block, FactTable)]
    assert [plain_text(line) for line in table.rows[1][4]] == ["Syncope (day 10)"]


def test_a_dose_of_one_day_has_one_day_and_a_compound_keeps_its_name(study: Study) -> None:
    dose = {"EXSEQ": 1.0, "EXTRT": "TWX-101", "EXDOSE": 54.0, "EXDOSU": "mg", "EXDOSFRQ": "QD"}
    doses = [dose | {"EXSTDTC": "2024-03-01", "EXENDTC": "2024-03-01"}]

    said = text_of(document_of(study, event(), others={"EX": doses}))

    assert "Doses of TWX-101: 54 mg once daily (day 1)." in said
