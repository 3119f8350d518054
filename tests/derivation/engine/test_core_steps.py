"""The steps of which derivations are built, each on records of a few subjects, worked by hand."""

from __future__ import annotations

from textwrap import indent

import polars as pl
import pytest

from trialwright.derivation.engine.run import Derived, derive_datasets
from trialwright.derivation.engine.specification import parse_definitions
from trialwright.errors import DataError, MissingDatasetError, MissingVariableError, PlanError
from trialwright.standards import Dataset

DOMAINS = {
    "DM": pl.DataFrame({"USUBJID": ["1", "2", "3"], "AGE": [40, 65, 81], "ARM": ["A", "B", None]}),
    "AE": pl.DataFrame(
        {
            "USUBJID": ["1", "1", "2", "1"],
            "AESEQ": [1, 2, 1, 3],
            "AEDECOD": ["RASH", "RASH", "COUGH", "NAUSEA"],
            "AESTDTC": ["2014-01-05", "2014-01-02", "2014-02", "2014-01-09"],
            "AESEV": ["MILD", "SEVERE", "MILD", "MILD"],
        }
    ),
    "SUPPAE": pl.DataFrame(
        {
            "USUBJID": ["1", "2"],
            "IDVAR": ["AESEQ", "AESEQ"],
            "IDVARVAL": ["2", "1"],
            "QNAM": ["AETRTEM", "AETRTEM"],
            "QVAL": ["Y", "N"],
        }
    ),
    "EX": pl.DataFrame({"USUBJID": ["1", "1", "2"], "EXSEQ": [1, 2, 1], "EXDOSE": [10.0, 20.0, 0.0]}),
}


def derived(steps: str, variables: str, *, frames: str = "", domains: dict[str, pl.DataFrame] | None = None) -> Derived:
    """The dataset X that the steps make; each of `variables` is written NAME:type."""
    listed = "".join(
        f"      - {{name: {name}, label: {name}, type: {kind}}}\n"
        for name, _, kind in (one.partition(":") for one in variables.split())
    )
    first = variables.split(":")[0]
    text = (
        "derivation: {title: Test}\n"
        + (f"frames:\n{indent(frames, '  ')}\n" if frames else "")
        + f"datasets:\n  X:\n    label: X\n    keys: [{first}]\n    steps:\n{indent(steps, '      ')}\n"
        + f"    variables:\n{listed}"
    )
    data = {name: Dataset(name=name, frame=frame) for name, frame in (domains or DOMAINS).items()}
    return derive_datasets(parse_definitions(text, text_of=lambda name: ""), data)


def column(made: Derived, name: str) -> list[object]:
    return made.datasets["X"].frame[name].to_list()


def test_records_of_a_domain_with_its_supplemental_qualifiers() -> None:
    made = derived('- records: {domain: AE, supp: true, where: "AETRTEM is not missing"}', "USUBJID:text AETRTEM:text")
    assert made.datasets["X"].frame.rows() == [("1", "Y"), ("2", "N")]


def test_a_join_takes_the_record_that_order_and_pick_choose() -> None:
    made = derived(
        "- records: DM\n- join: {from: AE, order: [-AESTDTC], pick: first, take: [AEDECOD, {SEV: lower(AESEV)}]}",
        "USUBJID:text AEDECOD:text SEV:text",
    )
    assert made.datasets["X"].frame.rows() == [("1", "NAUSEA", "mild"), ("2", "COUGH", "mild"), ("3", None, None)]
    assert not made.findings


def test_a_join_that_finds_several_records_uses_the_first_and_says_so() -> None:
    made = derived("- records: DM\n- join: {from: AE, take: AEDECOD}", "USUBJID:text AEDECOD:text")
    assert column(made, "AEDECOD") == ["RASH", "COUGH", None]
    assert [(finding.rule, finding.where) for finding in made.findings] == [("derive.ambiguous-join", "AE, USUBJID 1")]


def test_a_join_by_variables_of_other_names() -> None:
    frames = "NAMES:\n  steps:\n    - records: DM\n    - rename: {USUBJID: WHO}"
    made = derived(
        "- records: EX\n- join: {from: NAMES, by: [{USUBJID: WHO}], take: AGE}",
        "USUBJID:text EXSEQ:integer AGE:integer",
        frames=frames,
    )
    assert column(made, "AGE") == [40, 40, 65]


def test_a_summary_has_the_values_that_several_records_make() -> None:
    made = derived(
        "- records: DM\n- summarize: {from: EX, where: 'EXDOSE > 0', take: {CUM: sum(EXDOSE), N: count()}}",
        "USUBJID:text CUM:float N:integer",
    )
    assert made.datasets["X"].frame.rows() == [("1", 30.0, 2), ("2", None, None), ("3", None, None)]


def test_a_summary_of_single_values_is_refused() -> None:
    with pytest.raises(PlanError, match="is no value of several records"):
        derived("- records: DM\n- summarize: {from: EX, take: {CUM: EXDOSE}}", "USUBJID:text CUM:float")


def test_aggregate_makes_one_record_of_a_group() -> None:
    made = derived(
        "- records: AE\n- aggregate: {by: [USUBJID, AEDECOD], take: {N: count()}}",
        "USUBJID:text AEDECOD:text N:integer",
    )
    assert made.datasets["X"].frame.rows() == [("1", "RASH", 2), ("1", "NAUSEA", 1), ("2", "COUGH", 1)]


def test_exists_flags_those_who_have_a_record() -> None:
    made = derived(
        "- records: DM\n- exists: {variable: FL, from: AE, where: \"AESEV = 'SEVERE'\", no: N}", "USUBJID:text FL:text"
    )
    assert column(made, "FL") == ["Y", "N", "N"]


def test_cases_hold_in_their_order_and_where_keeps_the_others() -> None:
    steps = (
        "- records: DM\n"
        "- compute: {GRP: [{when: 'AGE < 65', value: \"'<65'\"}, {when: 'AGE <= 80', value: \"'65-80'\"}, "
        "{value: \"'>80'\"}]}\n"
        "- compute: {where: \"GRP = '65-80'\", values: {GRP: \"'middle'\"}}"
    )
    assert column(derived(steps, "USUBJID:text GRP:text"), "GRP") == ["<65", "middle", ">80"]


def test_lookup_and_table_map_codes() -> None:
    steps = (
        "- records: DM\n"
        "- lookup: {variable: ARMN, of: ARM, values: {A: 1, B: 2}, default: 9}\n"
        "- table: {by: [ARMN], rows: [{ARMN: 1, NAME: Alpha}, {ARMN: 2, NAME: Beta}]}"
    )
    made = derived(steps, "USUBJID:text ARMN:integer NAME:text")
    assert made.datasets["X"].frame.rows() == [("1", 1, "Alpha"), ("2", 2, "Beta"), ("3", 9, None)]
    dropped = derived(steps.replace("Beta}]", "Beta}], others: drop"), "USUBJID:text NAME:text")
    assert column(dropped, "USUBJID") == ["1", "2"]


def test_a_table_with_a_key_twice_is_refused() -> None:
    with pytest.raises(PlanError, match="two rows of the table have the same ARM"):
        derived("- records: DM\n- table: {by: ARM, rows: [{ARM: A, N: 1}, {ARM: A, N: 2}]}", "USUBJID:text N:integer")


def test_pick_flag_sort_and_number() -> None:
    picked = derived("- records: AE\n- pick: {by: USUBJID, order: AESTDTC, keep: last}", "USUBJID:text AESEQ:integer")
    assert picked.datasets["X"].frame.rows() == [("1", 3), ("2", 1)]
    flagged = derived(
        "- records: AE\n"
        "- flag: {name: FL, by: [USUBJID, AEDECOD], order: AESTDTC, where: \"AEDECOD = 'RASH'\"}\n"
        "- number: {name: ASEQ, by: USUBJID, order: -AESEQ}",
        "USUBJID:text AESEQ:integer FL:text ASEQ:integer",
    )
    assert flagged.datasets["X"].frame.rows() == [
        ("1", 1, None, 3),
        ("1", 2, "Y", 2),
        ("1", 3, None, 1),
        ("2", 1, None, 1),
    ]


def test_missing_values_are_sorted_first_as_in_sas() -> None:
    made = derived(
        "- records: DM\n- flag: {name: FL, by: [STUDY], order: ARM}\n".replace(
            "- flag", "- compute: {STUDY: \"'S'\"}\n- flag"
        ),
        "USUBJID:text FL:text",
    )
    assert column(made, "FL") == [None, None, "Y"]


def test_frames_are_stacked() -> None:
    frames = "A:\n  steps: [{records: AE}]\nB:\n  steps: [{records: EX}]"
    made = derived("- stack: [A, B]", "USUBJID:text AEDECOD:text EXDOSE:float", frames=frames)
    assert made.datasets["X"].frame.height == 7
    assert made.datasets["X"].frame["EXDOSE"].null_count() == 4


def test_frames_made_of_each_other_are_refused() -> None:
    frames = "A:\n  steps: [{frame: B}]\nB:\n  steps: [{frame: A}]"
    with pytest.raises(PlanError, match="A -> B -> A are made of each other"):
        derived("- frame: A", "USUBJID:text", frames=frames)


# --- lineage ----------------------------------------------------------------------------------------------------------


def sources(made: Derived, row: int) -> set[tuple[str, int | None]]:
    lineage = made.lineage["X"].filter(pl.col("row") == row)
    return {(domain, record) for domain, record in lineage.select("domain", "record").iter_rows()}


def test_each_record_knows_the_records_that_it_came_from() -> None:
    made = derived(
        "- records: {domain: AE, supp: true}\n- join: {from: EX, order: EXSEQ, pick: last, take: EXDOSE}",
        "USUBJID:text AESEQ:integer EXDOSE:float",
    )
    assert sources(made, 0) == {("AE", 0), ("EX", 1)}
    assert sources(made, 1) == {("AE", 1), ("SUPPAE", 0), ("EX", 1)}
    assert sources(made, 3) == {("AE", 2), ("SUPPAE", 1), ("EX", 2)}
    seqs = made.lineage["X"].filter(pl.col("domain") == "AE")["seq"].to_list()
    assert seqs == [1, 2, 3, 1]  # in the order of the rows, which is not that of AE


def test_aggregated_records_know_all_of_theirs() -> None:
    made = derived("- records: AE\n- aggregate: {by: USUBJID, take: {N: count()}}", "USUBJID:text N:integer")
    assert sources(made, 0) == {("AE", 0), ("AE", 1), ("AE", 3)}
    assert sources(made, 1) == {("AE", 2)}


def test_a_baseline_value_knows_the_record_that_it_was_taken_from() -> None:
    domains = with_records(
        "VS",
        USUBJID=["1", "1", "2"],
        VSSEQ=[1, 2, 1],
        VSTESTCD=["SYSBP", "SYSBP", "SYSBP"],
        VSSTRESN=[120.0, 130.0, 110.0],
        VSBLFL=["Y", None, None],
    )
    steps = "- records: VS\n- rename: {VSTESTCD: PARAMCD, VSSTRESN: AVAL, VSBLFL: ABLFL}\n- base: {}"
    made = derived(steps, "USUBJID:text AVAL:float BASE:float", domains=domains)
    assert made.datasets["X"].frame.rows() == [("1", 120.0, 120.0), ("1", 130.0, 120.0), ("2", 110.0, None)]
    lineage = made.lineage["X"].select("row", "role", "record").rows()
    assert sorted(lineage) == [
        (0, "baseline", 0),
        (0, "record", 0),
        (1, "baseline", 0),
        (1, "record", 1),
        (2, "record", 2),
    ]


def test_the_baseline_of_an_aggregated_record_is_that_of_its_records() -> None:
    domains = with_records(
        "VS",
        USUBJID=["1", "1", "1"],
        VSSEQ=[1, 2, 3],
        VSTESTCD=["SYSBP", "SYSBP", "SYSBP"],
        VSSTRESN=[120.0, 130.0, 140.0],
        VSBLFL=["Y", None, None],
    )
    steps = (
        "- records: VS\n- rename: {VSTESTCD: PARAMCD, VSSTRESN: AVAL, VSBLFL: ABLFL}\n- base: {}\n"
        "- filter: ABLFL is missing\n- aggregate: {by: USUBJID, take: {AVAL: mean(AVAL), BASE: first(BASE)}}"
    )
    made = derived(steps, "USUBJID:text AVAL:float BASE:float", domains=domains)
    assert made.datasets["X"].frame.rows() == [("1", 135.0, 120.0)]
    assert sorted(made.lineage["X"].select("role", "record").rows()) == [("baseline", 0), ("record", 1), ("record", 2)]


# --- bad data ---------------------------------------------------------------------------------------------------------


def with_records(name: str, **columns: list[object]) -> dict[str, pl.DataFrame]:
    return {**DOMAINS, name: pl.DataFrame(columns)}


def test_records_of_unknown_subjects_are_left_out_and_told() -> None:
    domains = with_records("EX", USUBJID=["1", "77"], EXSEQ=[1, 4], EXDOSE=[1.0, 2.0])
    made = derived("- records: EX", "USUBJID:text EXDOSE:float", domains=domains)
    assert column(made, "USUBJID") == ["1"]
    [finding] = made.findings
    assert (finding.rule, finding.where, finding.evidence) == (
        "derive.unknown-subject",
        "EX, USUBJID 77, EXSEQ 4",
        "USUBJID = '77', record 2",
    )


@pytest.mark.parametrize("written", ["2012-02-30", "2012-13-01", "12JAN2012", "2012-UN-UN", "unknown"])
def test_impossible_dates_are_missing_and_told(written: str) -> None:
    domains = with_records(
        "AE", USUBJID=["1", "2"], AESEQ=[1, 2], AESTDTC=[written, "2014-01"], AEENDTC=["2014-02-01", "2014-02-01"]
    )
    made = derived("- records: AE", "USUBJID:text AESTDTC:text", domains=domains)
    assert column(made, "AESTDTC") == [None, "2014-01"]
    [finding] = made.findings
    assert (finding.rule, finding.where) == ("derive.impossible-date", "AE, USUBJID 1, AESEQ 1")
    assert written in finding.evidence


def test_what_ends_before_it_starts_is_told_and_kept() -> None:
    domains = with_records(
        "AE",
        USUBJID=["1", "1", "2"],
        AESEQ=[1, 2, 1],
        AESTDTC=["2014-03-05", "2014-03-05", "2014-03-05"],
        AEENDTC=["2014-03-04", "2014-03", "2014-03-05"],
    )
    made = derived("- records: AE", "USUBJID:text AEENDTC:text", domains=domains)
    assert column(made, "AEENDTC") == ["2014-03-04", "2014-03", "2014-03-05"]
    assert [(finding.rule, finding.where) for finding in made.findings] == [
        ("derive.end-before-start", "AE, USUBJID 1, AESEQ 1")
    ]


def test_a_text_where_a_number_belongs_is_missing_and_told() -> None:
    domains = with_records("EX", USUBJID=["1", "2"], EXSEQ=["1", "1"], EXDOSE=["54", "half"])
    made = derived("- records: EX", "USUBJID:text EXDOSE:float", domains=domains)
    assert column(made, "EXDOSE") == [54.0, None]
    [finding] = made.findings
    assert (finding.rule, finding.where, finding.evidence) == (
        "derive.not-a-number",
        "EX, USUBJID 2, EXSEQ 1",
        "EXDOSE = 'half'",
    )


def test_numbers_where_a_text_belongs_are_taken_as_texts_and_told() -> None:
    domains = with_records("AE", USUBJID=["1", "2"], AESEQ=[1, 1], AELOC=[3.0, 4.5])
    made = derived("- records: AE", "USUBJID:text AELOC:text", domains=domains)
    assert column(made, "AELOC") == ["3", "4.5"]
    assert [(finding.rule, finding.where) for finding in made.findings] == [("derive.not-a-text", "AE, AELOC")]


def test_a_sequence_number_given_twice_is_told() -> None:
    domains = with_records("EX", USUBJID=["1", "1"], EXSEQ=[1, 1], EXDOSE=[1.0, 2.0])
    made = derived("- records: EX", "USUBJID:text EXDOSE:float", domains=domains)
    assert column(made, "EXDOSE") == [1.0, 2.0]
    assert [(finding.rule, finding.where) for finding in made.findings] == [
        ("derive.duplicate-key", "EX, USUBJID 1, EXSEQ 1")
    ]


def test_supplemental_qualifiers_without_a_parent_and_twice_are_told() -> None:
    domains = with_records(
        "SUPPAE",
        USUBJID=["1", "1", "1"],
        IDVAR=["AESEQ", "AESEQ", "AESEQ"],
        IDVARVAL=["2", "2", "9"],
        QNAM=["AETRTEM", "AETRTEM", "AETRTEM"],
        QVAL=["Y", "N", "Y"],
    )
    made = derived("- records: {domain: AE, supp: true}", "USUBJID:text AESEQ:integer AETRTEM:text", domains=domains)
    assert column(made, "AETRTEM") == [None, "Y", None, None]
    assert sorted(finding.rule for finding in made.findings) == [
        "derive.ambiguous-supplement",
        "derive.orphaned-supplement",
    ]


def test_a_subject_twice_in_dm_is_refused() -> None:
    with pytest.raises(DataError, match="DM has more than one record of 1"):
        derived("- records: DM", "USUBJID:text", domains=with_records("DM", USUBJID=["1", "1", "2"]))


def test_a_domain_of_other_subjects_altogether_is_refused() -> None:
    with pytest.raises(DataError, match="No record of EX belongs to a subject of DM"):
        derived("- records: DM", "USUBJID:text", domains=with_records("EX", USUBJID=["S-1"], EXSEQ=[1]))


def test_what_is_not_there_is_told_with_the_step() -> None:
    with pytest.raises(MissingDatasetError, match="no dataset VS, which step 1 \\(`records`\\) of X"):
        derived("- records: VS", "USUBJID:text")
    with pytest.raises(MissingVariableError, match="no variable AELOC, which step 2 \\(`compute`\\) of X"):
        derived("- records: AE\n- compute: {LOC: AELOC}", "USUBJID:text LOC:text")


def test_a_specification_that_does_not_fit_its_steps_is_told() -> None:
    with pytest.raises(DataError, match="The steps of X make no AVAL"):
        derived("- records: DM", "USUBJID:text AVAL:float")
    with pytest.raises(DataError, match=r"X\.AGE is text in the specification, but its steps make"):
        derived("- records: DM", "USUBJID:text AGE:text")


def test_an_optional_domain_may_be_absent() -> None:
    made = derived(
        "- records: DM\n- join: {from: SC, optional: true, take: SCORRES}\n"
        "- exists: {variable: FL, from: SC, optional: true, no: N}",
        "USUBJID:text SCORRES:text FL:text",
    )
    assert made.datasets["X"].frame.rows() == [("1", None, "N"), ("2", None, "N"), ("3", None, "N")]
