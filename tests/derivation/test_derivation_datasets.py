"""Whole datasets from five awkward subjects (conftest.py); what is expected is worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from trialwright.derivation import Definitions, derive_datasets, plan_analysis_visits
from trialwright.errors import DataError, MissingDatasetError, MissingVariableError
from trialwright.standards import Dataset

Datasets = dict[str, Dataset]
Derive = Callable[..., Datasets]
_VISITS = plan_analysis_visits([(2, "Baseline", 1), (4, "Week 4", 29), (7, "Week 12", 85)])


def _column(dataset: Dataset, name: str) -> list[object]:
    return dataset.frame[name].to_list()


def test_every_subject_of_dm_is_in_adsl_and_flags_say_who_counts(adam: Datasets) -> None:
    adsl = adam["ADSL"]

    assert _column(adsl, "USUBJID") == ["A", "B", "C", "D", "E"]
    assert _column(adsl, "SCRFFL") == ["N", "N", "N", "Y", "N"]
    assert _column(adsl, "ITTFL") == ["Y", "Y", "Y", "N", "Y"]
    assert _column(adsl, "SAFFL") == ["Y", "Y", "N", "N", "Y"]
    assert _column(adsl, "EFFFL") == ["Y", "Y", "N", "N", "N"]
    assert _column(adsl, "EFFEXCL") == [
        None,
        None,
        "No dose of study drug",
        None,
        "No HAM-A on treatment",
    ]


def test_treatment_is_planned_for_the_randomized_and_actual_for_the_treated(adam: Datasets) -> None:
    adsl = adam["ADSL"]

    assert _column(adsl, "TRT01PN") == [30, 0, 10, None, 10]
    assert _column(adsl, "TRT01AN") == [30, 0, None, None, 10]


def test_treatment_and_study_end_separately(adam: Datasets) -> None:
    adsl = adam["ADSL"]

    # A completed treatment and was lost afterwards; E has no disposition event yet.
    assert _column(adsl, "COMPLFL") == ["Y", "N", "N", "N", "N"]
    assert _column(adsl, "EOTSTT") == ["COMPLETED", "DISCONTINUED", None, None, "ONGOING"]
    assert _column(adsl, "EOSSTT") == ["DISCONTINUED", "DISCONTINUED", "DISCONTINUED", None, "ONGOING"]
    assert _column(adsl, "DCSREAS") == ["LOST TO FOLLOW-UP", "ADVERSE EVENT", "WITHDRAWAL BY SUBJECT", None, None]
    assert _column(adsl, "DCTREAS") == [None, "ADVERSE EVENT", None, None, None]


def test_exposure_counts_days_with_dose(adam: Datasets) -> None:
    adsl = adam["ADSL"]

    # A: 1 Feb to 24 Apr 2024 are 84 days, 2 and 3 March missed; 82 x 30 mg. B: "2024-03" ends with the study, 10 March.
    assert _column(adsl, "TRTDURD") == [84, 38, None, None, 1]
    assert _column(adsl, "CUMDOSE") == [2460.0, 0.0, None, None, 10.0]
    assert adsl.frame["COMPLPCT"][0] == pytest.approx(100 * 82 / 84, rel=1e-12)
    assert _column(adsl, "TRTEDT")[1] == date(2024, 3, 10)
    assert _column(adsl, "TRTEDTF") == [None, "D", None, None, "Y"]


def test_baseline_measurements_precede_the_first_dose(adam: Datasets) -> None:
    adsl = adam["ADSL"]

    assert _column(adsl, "WEIGHTBL") == [64.0, 80.0, None, None, None]
    assert adsl.frame["BMIBL"][0] == pytest.approx(25.0, rel=1e-12)  # 64 / 1.6^2
    # B's baseline visit came two days after the first dose: the screening value counts. C: randomized, no dose.
    assert _column(adsl, "HAMABL") == [24.0, 30.0, 22.0, None, 21.0]
    assert _column(adsl, "REGION1") == ["North America", "Europe", "North America", "Europe", "Europe"]
    assert _column(adsl, "AGEGR1") == ["<35", "35-49", ">=50", ">=50", "35-49"]


def test_adverse_events_are_flagged_conservatively(adam: Datasets) -> None:
    adae = adam["ADAE"].frame

    flags = {(row["USUBJID"], row["AESEQ"]): row for row in adae.to_dicts()}
    # A3 "2024-02" may be the first dose, B2 "2024" too; A4 starts 15 days after the last dose; B1 had ended before.
    assert [key for key, row in flags.items() if row["TRTEMFL"] == "Y"] == [("A", 2), ("A", 3), ("B", 2)]
    assert flags["A", 1]["ASTDY"] == -1
    assert flags["D", 1]["ASTDY"] is None  # a screen failure has no reference day
    assert (flags["A", 4]["ASEV"], flags["A", 4]["AREL"]) == ("SEVERE", "RELATED")  # both unknown
    assert (flags["A", 3]["AREL"], flags["A", 2]["AREL"]) == ("NOT RELATED", "RELATED")  # unlikely, possibly


def test_occurrence_flags_count_each_subject_once(adam: Datasets) -> None:
    adae = adam["ADAE"].frame

    def flagged(name: str) -> list[tuple[object, ...]]:
        return adae.filter(pl.col(name) == "Y").select("USUBJID", "AESEQ").rows()

    assert flagged("AOCCFL") == [("A", 2), ("B", 2)]
    assert flagged("AOCCPFL") == [("A", 2), ("A", 3), ("B", 2)]
    assert flagged("AOCCIFL") == [("A", 3), ("B", 2)]  # A3 is severe, A2 mild


def test_one_record_is_analyzed_per_subject_parameter_and_visit(adam: Datasets) -> None:
    for name in ("ADVS", "ADLB", "ADHAMA"):
        analyzed = adam[name].frame.filter(pl.col("ANL01FL") == "Y")
        assert not analyzed.select("USUBJID", "PARAMCD", "AVISITN").is_duplicated().any(), name
        assert analyzed["AVAL"].null_count() == 0
        assert not adam[name].frame.filter(pl.col("ABLFL") == "Y").select("USUBJID", "PARAMCD").is_duplicated().any()


def test_scores_are_complete_at_every_visit_after_the_first(adam: Datasets) -> None:
    analyzed = adam["ADHAMA"].frame.filter(pl.col("ANL01FL") == "Y", pl.col("AVISITN") > 0)

    rows = (
        analyzed.filter(pl.col("USUBJID") == "A").select("AVISITN", "AVAL", "CHG", "DTYPE", "CRIT1FL", "QSSEQ").rows()
    )
    assert rows == [
        (2, 18.0, -6.0, None, "N", 3),
        (4, 18.0, -6.0, "LOCF", "N", 3),  # its own record has no value
        (6, 12.0, -12.0, None, "Y", 5),  # the scheduled record, not the unscheduled one two days later
        (12, 13.0, -11.0, None, "N", 7),  # -45.8%
    ]
    rows = analyzed.filter(pl.col("USUBJID") == "B").select("AVISITN", "AVAL", "DTYPE", "QSSEQ").rows()
    # The baseline visit held after the first dose (day 3) falls into the window of Week 2.
    assert rows == [(2, 29.0, None, 2), (4, 25.0, None, 3), (6, 25.0, "LOCF", 3), (12, 25.0, "LOCF", 3)]
    assert set(analyzed["USUBJID"]) == {"A", "B"}  # nobody has a value after baseline beside them


def test_nothing_collected_is_lost(adam: Datasets, awkward_domains: Datasets) -> None:
    observed = adam["ADHAMA"].frame.filter(pl.col("DTYPE").is_null())

    assert sorted(observed.select("USUBJID", "QSSEQ").rows()) == sorted(
        awkward_domains["QS"].frame.select("USUBJID", pl.col("QSSEQ").cast(pl.Int64)).rows()
    )


def test_a_total_comes_from_items_if_at_most_one_is_missing(awkward_domains: Datasets, derive: Derive) -> None:
    items = pl.DataFrame(
        {
            "USUBJID": ["A"] * 13 + ["E"] * 12,
            "QSSEQ": [float(number) for number in range(100, 125)],
            "VISITNUM": [4.0] * 13 + [3.0] * 12,
            "QSDTC": ["2024-02-29"] * 13 + ["2024-02-19"] * 12,
            "QSSTRESN": [1.0] * 12 + [3.0] + [1.0] * 12,
            "STUDYID": ["T-1"] * 25,
            "QSTESTCD": [f"HAMA1{number:02d}" for number in (*range(1, 14), *range(1, 13))],
        }
    )
    scores = awkward_domains["QS"]
    domains = {**awkward_domains, "QS": Dataset(name="QS", frame=pl.concat([scores.frame, items]))}

    derived = derive(domains)

    adhama = derived["ADHAMA"].frame
    # A, Week 4: 13 items with sum 15 make 14 * 15 / 13; the total without a value in QS is replaced.
    week_4 = adhama.filter(pl.col("USUBJID") == "A", pl.col("AVISITN") == 4)
    assert week_4.select("DTYPE", "QSSEQ", "ANL01FL").rows() == [(None, None, "Y")]
    assert week_4["AVAL"].item() == pytest.approx(210 / 13, rel=1e-12)
    # E, Week 2: two items are missing, so there is no total.
    assert adhama.filter(pl.col("USUBJID") == "E", pl.col("AVISITN") > 0).is_empty()


def test_scores_after_treatment_are_kept_but_not_analyzed(adam: Datasets) -> None:
    last = adam["ADHAMA"].frame.filter(pl.col("QSSEQ") == 8)

    assert last.select("USUBJID", "AVISIT", "AVAL", "ONTRTFL", "ANL01FL").rows() == [
        ("A", "Follow-up", 2.0, None, None)
    ]
    # The Week 12 visit was held on the day after the last dose: it is on treatment.
    week_12 = adam["ADHAMA"].frame.filter(pl.col("USUBJID") == "A", pl.col("AVISITN") == 12)
    assert week_12.select("ONTRTFL", "ANL01FL").rows() == [("Y", "Y")]


def test_laboratory_values_carry_range_and_shift(adam: Datasets) -> None:
    rows = adam["ADLB"].frame.select("LBSEQ", "AVISIT", "ANRIND", "BNRIND", "SHIFT1", "SRCDOM", "SRCSEQ").rows()

    # The baseline sample was not analyzed: that of screening is the baseline.
    assert rows == [
        (1, "Baseline", "HIGH", "HIGH", None, "LB", 1),
        (3, "Week 4", "NORMAL", "HIGH", "HIGH to NORMAL", "LB", 3),
        (4, "Week 12", "LOW", "HIGH", "HIGH to LOW", "LB", 4),
    ]


def test_laboratory_values_are_shown_as_they_were_reported(adam: Datasets) -> None:
    rows = adam["ADLB"].frame.select("AVALC", "BASEC", "ANRRANGE").rows()

    assert rows == [("41", "41", "5-40"), ("40", "41", "5-40"), ("4", "41", "5-40")]


def test_time_to_response_uses_observed_scores(adam: Datasets) -> None:
    rows = adam["ADTTE"].frame.select("USUBJID", "AVAL", "CNSR", "SRCSEQ").rows()

    # A: 12 of 24 on 14 March, 43 days; B: last score on 1 March, 29 days; C and E: nothing after baseline.
    assert rows == [("A", 43.0, 0, 5), ("B", 29.0, 1, 3), ("C", 1.0, 1, None), ("E", 1.0, 1, None)]


def test_the_order_of_the_source_records_does_not_matter(
    awkward_domains: Datasets, derive: Derive, adam: Datasets
) -> None:
    reversed_domains = {
        name: Dataset(name=name, frame=dataset.frame.reverse()) for name, dataset in awkward_domains.items()
    }

    again = derive(reversed_domains)

    assert {name: dataset.digest() for name, dataset in again.items()} == {
        name: dataset.digest() for name, dataset in adam.items()
    }


def test_domains_without_records_give_datasets_without_records(awkward_domains: Datasets, derive: Derive) -> None:
    empty = {name: Dataset(name=name, frame=dataset.frame.clear()) for name, dataset in awkward_domains.items()}

    derived = derive(empty)

    assert {name: dataset.frame.height for name, dataset in derived.items()} == dict.fromkeys(derived, 0)


@pytest.mark.parametrize("domain", ["AE", "EX", "QS", "VS", "LB", "DS"])
def test_one_empty_domain_leaves_the_others_whole(domain: str, awkward_domains: Datasets, derive: Derive) -> None:
    domains = {**awkward_domains, domain: Dataset(name=domain, frame=awkward_domains[domain].frame.clear())}

    assert derive(domains)["ADSL"].frame.height == 5


@pytest.mark.parametrize("domain", ["DM", "DS", "EX", "VS", "QS", "LB", "AE"])
def test_a_domain_that_is_missing_is_named(domain: str, awkward_domains: Datasets, derive: Derive) -> None:
    domains = {name: dataset for name, dataset in awkward_domains.items() if name != domain}

    with pytest.raises(MissingDatasetError, match=f"no dataset {domain}, which "):
        derive(domains)


def test_a_dataset_that_is_not_wanted_needs_no_domain(awkward_domains: Datasets, derive: Derive) -> None:
    domains = {name: dataset for name, dataset in awkward_domains.items() if name not in ("LB", "AE")}

    assert list(derive(domains, ["ADTTE", "ADVS"])) == ["ADSL", "ADVS", "ADTTE"]


def test_a_dataset_that_nobody_derives_is_an_error(awkward_domains: Datasets, derive: Derive) -> None:
    with pytest.raises(DataError, match="no derivation of ADPC"):
        derive(awkward_domains, ["ADPC"])


@pytest.mark.parametrize(
    ("domain", "variable"), [("DM", "ARMCD"), ("EX", "EXDOSE"), ("QS", "QSSTRESN"), ("AE", "AESEQ")]
)
def test_a_variable_that_is_missing_is_named(
    domain: str, variable: str, awkward_domains: Datasets, derive: Derive
) -> None:
    domains = {**awkward_domains, domain: Dataset(name=domain, frame=awkward_domains[domain].frame.drop(variable))}

    with pytest.raises(MissingVariableError, match=f"no variable {variable}, which step"):
        derive(domains)


def test_a_text_among_numbers_is_a_finding_and_the_rest_is_derived(
    awkward_domains: Datasets, definitions: Definitions, derive: Derive, adam: Datasets
) -> None:
    laboratory = awkward_domains["LB"]
    texts = laboratory.frame.with_columns(LBSTRESN=pl.Series(["41.0", None, "hemolyzed", "4.0"]))
    domains = {**awkward_domains, "LB": replace(laboratory, frame=texts)}

    findings = derive_datasets(definitions, domains, visits=_VISITS, names=["ADLB"]).findings

    assert [(finding.rule, finding.where, finding.evidence) for finding in findings] == [
        ("derive.not-a-number", "LB, USUBJID A, LBSEQ 3", "LBSTRESN = 'hemolyzed'")
    ]
    assert _column(derive(domains)["ADLB"], "AVAL") == [41.0, None, 4.0]
    assert derive(domains)["ADVS"].digest() == adam["ADVS"].digest()


def test_an_arm_that_nobody_is_in_is_no_problem(awkward_domains: Datasets, derive: Derive) -> None:
    frame = awkward_domains["DM"].frame.filter(pl.col("ARMCD").ne_missing(pl.lit("PBO")))

    derived = derive({**awkward_domains, "DM": Dataset(name="DM", frame=frame)})

    assert _column(derived["ADSL"], "TRT01PN") == [30, 10, None, 10]
    assert "B" not in _column(derived["ADAE"], "USUBJID")


def test_a_subject_with_all_scores_missing_is_randomized_but_not_in_the_efficacy_set(
    awkward_domains: Datasets, derive: Derive
) -> None:
    frame = awkward_domains["QS"].frame.with_columns(QSSTRESN=pl.lit(None, dtype=pl.Float64))

    derived = derive({**awkward_domains, "QS": Dataset(name="QS", frame=frame)})

    assert _column(derived["ADSL"], "ITTFL") == ["Y", "Y", "Y", "N", "Y"]
    assert set(_column(derived["ADSL"], "EFFFL")) == {"N"}
    assert _column(derived["ADTTE"], "CNSR") == [1, 1, 1, 1]


def test_every_variable_has_a_label_that_transport_files_can_hold(adam: Datasets, definitions: Definitions) -> None:
    for name in adam:
        specification = definitions.datasets[name].metadata
        assert adam[name].frame.columns == [variable.name for variable in specification.variables]
        assert len(adam[name].frame.columns) == len(set(adam[name].frame.columns))
        assert adam[name].label == specification.label
        for variable in specification.variables:
            # SAS transport files version 5: names up to 8 characters, labels up to 40.
            assert 1 <= len(variable.label) <= 40, f"{name}.{variable.name}"
            assert len(variable.name) <= 8, f"{name}.{variable.name}"
            assert variable.method


@pytest.mark.parametrize("usubjid", ["A", None])
def test_two_records_of_a_subject_in_dm_are_an_error(
    awkward_domains: Datasets, derive: Derive, usubjid: str | None
) -> None:
    dm = awkward_domains["DM"]
    surplus = dm.frame.head(1).with_columns(USUBJID=pl.lit(usubjid, dtype=pl.String))
    doubled = replace(dm, frame=pl.concat([dm.frame, surplus]))
    with pytest.raises(DataError, match=r"DM has (more than one record of A|1 of 6 records without USUBJID)"):
        derive({**awkward_domains, "DM": doubled}, ["ADSL"])


def test_a_domain_of_other_subjects_is_an_error(awkward_domains: Datasets, derive: Derive) -> None:
    ae = awkward_domains["AE"]
    others = replace(ae, frame=ae.frame.with_columns(USUBJID="T-2-" + pl.col("USUBJID")))
    with pytest.raises(DataError, match="No record of AE belongs to a subject of DM"):
        derive({**awkward_domains, "AE": others})
