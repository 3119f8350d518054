"""From a result back to the records behind it."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from trialwright.analysis import Analysis, AnalysisPlan, AnalysisSet, Grouping, Level, analyze, trace
from trialwright.analysis.plan import OptionValue
from trialwright.errors import ResultError
from trialwright.results import Results
from trialwright.standards.datasets import Dataset

SUBJECTS = pl.DataFrame(
    {
        "USUBJID": ["1", "2", "3", "4", "5", "6"],
        "TRT01P": ["Placebo", "Placebo", "Low", "Low", "High", "High"],
        "SAFFL": ["Y", "Y", "Y", "Y", "Y", None],
        "AGE": [60.0, None, 80.0, 90.0, 65.0, 50.0],
        "SEX": ["F", "M", "F", None, "F", "M"],
        "AVAL": [10.0, 20.0, 10.0, 30.0, 20.0, 5.0],
        "CNSR": [0.0, 1.0, 0.0, 1.0, 0.0, 0.0],
    }
)
EVENTS = pl.DataFrame(
    {
        "USUBJID": ["1", "1", "3", "3", "5", "6"],
        "SOC": ["HEART", "HEART", "HEART", "SKIN", None, "SKIN"],
        "TERM": ["PALPITATIONS", "PALPITATIONS", "AF", "RASH", None, "RASH"],
        "TRTEMFL": ["Y", "Y", "Y", "Y", "Y", "Y"],
    }
)
DATASETS = {"ADSL": Dataset(name="ADSL", frame=SUBJECTS), "ADAE": Dataset(name="ADAE", frame=EVENTS)}
TREATMENT = Grouping(
    id="treatment",
    variable="TRT01P",
    levels=tuple(Level(value=arm, label=arm) for arm in ("Placebo", "Low", "High")),
    total="Total",
)


def one(
    id: str,
    method: str,
    *variables: str,
    dataset: str = "ADSL",
    where: str = "",
    options: dict[str, OptionValue] | None = None,
) -> Analysis:
    return Analysis(
        id=id,
        method=method,
        dataset=dataset,
        population="safety",
        variables=variables,
        where=where,
        by=() if method == "listing" else ("treatment",),
        options=options or {},
    )


ANALYSES = [
    one("age", "descriptive", "AGE"),
    one("sex", "count", "SEX"),
    one("anysex", "count", "SEX", options={"missing": "Unknown", "denominator": "nonmissing"}),
    one("withae", "count", "USUBJID", dataset="ADAE", where="TRTEMFL = 'Y'"),
    one("soc", "count", "SOC", dataset="ADAE"),
    one("ae", "incidence", "SOC", "TERM", dataset="ADAE", options={"fisher": (("Low", "Placebo"),)}),
    one("rash", "incidence", "SOC", "TERM", dataset="ADAE", options={"event": "TERM = 'RASH'"}),
    one("sex.p", "fisher_exact", "SEX"),
    one("model", "ancova", "AVAL", options={"covariates": ("AGE",), "contrasts": (("Low", "Placebo"),)}),
    one("km", "kaplan_meier", "AVAL", options={"times": (15,)}),
    one("lr", "logrank", "AVAL", options={"contrasts": (("High", "Low"),)}),
    one("list", "listing", "TERM", dataset="ADAE"),
]
PLAN = AnalysisPlan(
    title="",
    alpha=0.05,
    analysis_sets={"safety": AnalysisSet(id="safety", label="Safety", condition="SAFFL = 'Y'")},
    groupings={"treatment": TREATMENT},
    analyses={analysis.id: analysis for analysis in ANALYSES},
    displays={},
)
RESULTS = analyze(PLAN, DATASETS)


@pytest.mark.parametrize(
    ("result_id", "subjects"),
    [
        ("population.safety/USUBJID/n", "12345"),
        ("population.safety/USUBJID/N", "123456"),
        ("population.safety/TRT01P=High/USUBJID/n", "5"),
        ("population.safety/TRT01P=High/USUBJID/N", "56"),
        ("population.safety/TRT01P=Total/USUBJID/n", "12345"),
        ("age/TRT01P=Placebo/AGE/n", "1"),
        ("age/TRT01P=Placebo/AGE/n_missing", "2"),
        ("age/TRT01P=Total/AGE/mean", "1345"),
        ("sex/TRT01P=Low/SEX=F/n", "3"),
        ("sex/TRT01P=Low/SEX=F/N", "34"),
        ("sex/TRT01P=Low/SEX/n", "3"),
        ("sex/TRT01P=Low/SEX/n_missing", "4"),
        ("sex/TRT01P=Total/SEX=F/p", "135"),
        ("anysex/TRT01P=Low/SEX=Unknown/n", "4"),
        ("anysex/TRT01P=Low/SEX=Unknown/N", "34"),
        ("withae/TRT01P=Placebo/USUBJID/n", "11"),
        ("withae/TRT01P=Placebo/USUBJID/N", "12"),
        ("ae/TRT01P=Placebo/SOC=HEART/TERM=PALPITATIONS/n", "11"),
        ("ae/TRT01P=Low/SOC=HEART/TERM=AF/n_events", "3"),
        ("ae/TRT01P=Low/SOC=HEART/n", "3"),
        ("ae/TRT01P=Low/USUBJID/n_events", "33"),
        ("ae/TRT01P=Low/USUBJID/N", "34"),
        ("ae/TRT01P=High/SOC=Uncoded/TERM=Uncoded/n", "5"),
        ("ae/TRT01P=Low - Placebo/SOC=HEART/p_value", "113"),
        ("rash/TRT01P=Low/USUBJID/n", "3"),
        ("rash/TRT01P=Low/SOC=HEART/n", ""),
        ("sex.p/SEX/p_value", "1235"),
        ("model/TRT01P=Placebo/AVAL/n", "1"),
        ("model/TRT01P=Placebo/AVAL/lsmean", "1345"),
        ("model/TRT01P=Low - Placebo/AVAL/p_value", "1345"),
        ("model/TRT01P/p_value", "1345"),
        ("model/AVAL/n_missing", "2"),
        ("km/TRT01P=Placebo/AVAL/events", "1"),
        ("km/TRT01P=Placebo/AVAL/censored", "2"),
        ("km/TRT01P=Low/AVAL=10/events", "3"),
        ("km/TRT01P=Low/AVAL=15/at_risk", "4"),
        ("km/TRT01P=Low/AVAL=15/survival", "34"),
        ("lr/AVAL/p_value", "12345"),
        ("lr/TRT01P=Low/AVAL/events", "3"),
        ("lr/TRT01P=High - Low/AVAL/p_value", "345"),
        ("list/USUBJID=3/row=2/TERM/value", "3"),
    ],
)
def test_the_rows_behind_a_result_are_these(result_id: str, subjects: str) -> None:
    found = trace(result_id, PLAN, DATASETS, RESULTS)
    assert "".join(found.rows["USUBJID"].to_list()) == subjects


def test_every_count_is_the_number_of_rows_or_subjects_behind_it() -> None:
    counts = [row for row in RESULTS.rows() if row.stat_name in ("n", "N", "n_missing", "n_events")]
    assert len(counts) > 100
    for row in counts:
        found = trace(row.result_id, PLAN, DATASETS, RESULTS)
        count = found.rows.height if row.stat_name == "n_events" else found.subject_count
        assert count == row.stat, row.result_id


def test_every_result_can_be_traced() -> None:
    for row in RESULTS.rows():
        found = trace(row.result_id, PLAN, DATASETS, RESULTS)
        assert found.result == row
        assert found.explanation


def test_a_trace_says_which_dataset_and_which_variables() -> None:
    found = trace("ae/TRT01P=Low/SOC=HEART/n", PLAN, DATASETS, RESULTS)
    assert (found.dataset, found.records_read, found.analysis.id) == ("ADAE", 6, "ae")
    assert found.digest == DATASETS["ADAE"].digest()
    assert found.key_variables == ("USUBJID", "TRT01P", "SOC", "TERM", "SAFFL")
    assert found.rows.columns == [*EVENTS.columns, "TRT01P", "SAFFL"]  # which ADSL alone has
    assert found.rows["TRT01P"].unique().to_list() == ["Low"]
    model = trace("model/TRT01P/p_value", PLAN, DATASETS, RESULTS)
    assert model.key_variables == ("USUBJID", "TRT01P", "AVAL", "AGE", "SAFFL")
    denominator = trace("ae/TRT01P=Low/SOC=HEART/N", PLAN, DATASETS, RESULTS)
    assert denominator.dataset == "ADSL"


def test_a_trace_uses_the_conditions_of_the_result_not_those_of_a_later_plan() -> None:
    safety = replace(PLAN.analysis_sets["safety"], condition="SAFFL = 'N'")
    later = replace(PLAN, analysis_sets={"safety": safety})
    assert trace("age/TRT01P=Total/AGE/n", later, DATASETS, RESULTS).rows.height == 4


def test_what_cannot_be_traced_is_an_error() -> None:
    with pytest.raises(ResultError, match="There is no result 'age/AGE/n'"):
        trace("age/AGE/n", PLAN, DATASETS, RESULTS)
    without = replace(PLAN, analyses={})
    with pytest.raises(ResultError, match="has no analysis 'age'"):
        trace("age/TRT01P=Total/AGE/n", without, DATASETS, RESULTS)
    renamed = Results.of([replace(RESULTS["age/TRT01P=Low/AGE/n"], groups=(("TRT01P", "Lower"),))])
    with pytest.raises(ResultError, match="no level 'Lower' any more"):
        trace("age/TRT01P=Lower/AGE/n", PLAN, DATASETS, renamed)


def test_a_subject_with_a_value_in_another_record_is_not_among_the_missing() -> None:
    uncoded = EVENTS.with_columns(SOC=pl.Series(["HEART", None, "HEART", "SKIN", None, "SKIN"], dtype=pl.String))
    datasets = {**DATASETS, "ADAE": Dataset(name="ADAE", frame=uncoded)}
    results = analyze(PLAN, datasets)
    for arm, missing in (("Placebo", []), ("High", ["5"])):
        found = trace(f"soc/TRT01P={arm}/SOC/n_missing", PLAN, datasets, results)
        assert found.result.stat == len(missing)
        assert found.rows["USUBJID"].to_list() == missing
