"""`analyze`: sizes of analysis sets, joins to ADSL, and input that does not fit."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from trialwright.analysis import Analysis, AnalysisPlan, AnalysisSet, Grouping, Level, analyze
from trialwright.analysis.methods.registry import METHODS
from trialwright.analysis.methods.specs import METHOD_SPECS
from trialwright.analysis.plan import OptionValue
from trialwright.errors import (
    ConditionError,
    DataError,
    MissingDatasetError,
    MissingVariableError,
    PlanError,
    VariableTypeError,
)
from trialwright.standards.datasets import Dataset

ADSL = pl.DataFrame(
    {
        "USUBJID": ["1", "2", "3", "4", "5"],
        "TRT01P": ["Placebo", "Placebo", "Active", "Active", None],
        "SAFFL": ["Y", "Y", "Y", None, None],
        "AGE": [60.0, 70.0, 80.0, 90.0, None],
        "SEX": ["F", "M", "F", "M", "F"],
        "CNSR": [0.0, 0.0, 1.0, 0.0, 1.0],
    }
)
ADVS = pl.DataFrame(
    {
        "USUBJID": ["1", "1", "2", "3", "9"],
        "AVISITN": [0, 8, 8, 8, 8],
        "AVAL": [120.0, 118.0, 130.0, None, 200.0],
        "PARAMCD": ["SYSBP"] * 5,
    }
)


def datasets(adsl: pl.DataFrame = ADSL, advs: pl.DataFrame = ADVS) -> dict[str, Dataset]:
    return {"ADSL": Dataset(name="ADSL", frame=adsl), "ADVS": Dataset(name="ADVS", frame=advs)}


def analysis(method: str = "descriptive", dataset: str = "ADSL", variable: str = "AGE", where: str = "") -> Analysis:
    return Analysis(
        id="a",
        method=method,
        dataset=dataset,
        population="safety",
        variables=(variable,),
        where=where,
        by=() if method == "listing" else ("treatment",),
    )


TREATMENT = Grouping(
    id="treatment",
    variable="TRT01P",
    levels=(Level(value="Placebo", label="Placebo"), Level(value="Active", label="Active")),
    total="Total",
)


def plan(*analyses: Analysis, condition: str = "SAFFL = 'Y'") -> AnalysisPlan:
    return AnalysisPlan(
        title="",
        alpha=0.05,
        analysis_sets={"safety": AnalysisSet(id="safety", label="Safety", condition=condition)},
        groupings={"treatment": TREATMENT},
        analyses={one.id: one for one in analyses},
        displays={},
    )


def test_analysis_sets_have_sizes_without_being_asked_for() -> None:
    results = analyze(plan(), datasets())
    sizes = {row.result_id: row.stat for row in results.rows()}
    assert sizes["population.safety/USUBJID/n"] == 3
    assert sizes["population.safety/USUBJID/N"] == 5
    assert sizes["population.safety/TRT01P=Placebo/USUBJID/n"] == 2
    assert sizes["population.safety/TRT01P=Active/USUBJID/N"] == 2
    assert sizes["population.safety/TRT01P=Active/USUBJID/p"] == 0.5
    assert sizes["population.safety/TRT01P=Total/USUBJID/N"] == 4  # the subject without treatment is in no level


def test_records_are_those_of_the_analysis_set_and_groups_come_from_adsl() -> None:
    results = analyze(plan(analysis(dataset="ADVS", variable="AVAL", where="AVISITN = 8")), datasets())
    assert results["a/TRT01P=Placebo/AVAL/mean"].stat == 124
    assert results["a/TRT01P=Active/AVAL/n_missing"].stat == 1
    assert results["a/TRT01P=Total/AVAL/n"].stat == 2


def test_a_condition_may_read_a_variable_of_adsl() -> None:
    results = analyze(plan(analysis(dataset="ADVS", variable="AVAL", where="SEX = 'M' and AVISITN = 8")), datasets())
    assert results["a/TRT01P=Total/AVAL/mean"].stat == 130


def test_a_result_says_how_it_was_made() -> None:
    row = analyze(plan(analysis(dataset="ADVS", variable="AVAL", where="AVISITN=8")), datasets())[
        "a/TRT01P=Total/AVAL/n"
    ]
    assert (row.dataset, row.population, row.where) == ("ADVS", "SAFFL = 'Y'", "AVISITN = 8")
    assert row.method == "descriptive(sums=exact)"


def test_progress_is_told_each_analysis() -> None:
    told: list[str] = []
    analyze(plan(analysis(), replace(analysis(), id="b")), datasets(), progress=told.append)
    assert told == ["a", "b"]


def test_every_method_is_specified_and_computed() -> None:
    assert set(METHODS) == set(METHOD_SPECS)


ALL_METHODS = [
    analysis("count", variable="SEX"),
    analysis("descriptive"),
    analysis("incidence", variable="SEX"),
    analysis("anova"),
    analysis("chi_square", variable="SEX"),
    analysis("fisher_exact", variable="SEX"),
    analysis("ancova"),
    replace(analysis("mmrm"), options={"visit": "SEX"}),
    analysis("kaplan_meier"),
    analysis("logrank"),
    analysis("listing"),
]


@pytest.mark.parametrize("one", ALL_METHODS, ids=lambda one: one.method)
@pytest.mark.parametrize(
    "adsl",
    [
        ADSL.clear(),
        ADSL[:1],
        ADSL.filter(pl.col("TRT01P") == "Placebo"),
        ADSL.with_columns(pl.lit(None).alias("AGE"), pl.lit(None).alias("SEX")),
        ADSL.with_columns(pl.lit(1.0).alias("AGE"), pl.lit("F").alias("SEX")),
        ADSL.with_columns(pl.lit(1.0).alias("CNSR")),
        ADSL.with_columns(pl.lit(float("nan")).alias("AGE")),
    ],
    ids=["empty", "one subject", "one arm missing", "all missing", "constant", "zero events", "not a number"],
)
def test_data_that_a_method_can_do_nothing_with_give_no_number_but_no_error(one: Analysis, adsl: pl.DataFrame) -> None:
    results = analyze(plan(one), datasets(adsl))
    for row in results.rows():
        assert (row.stat is None) == (row.stat_text is not None)
    if one.method not in ("listing", "incidence"):
        assert results.of_analysis("a")


def test_an_unknown_dataset_is_an_error() -> None:
    with pytest.raises(
        MissingDatasetError, match=r"no dataset ADXX, which the analysis a reads. There are: ADSL, ADVS"
    ):
        analyze(plan(analysis(dataset="ADXX")), datasets())


def test_a_missing_subject_dataset_is_an_error() -> None:
    with pytest.raises(MissingDatasetError, match="no dataset ADSL"):
        analyze(plan(), {})


@pytest.mark.parametrize(
    ("broken", "variable"),
    [
        (plan(analysis(variable="BMIBL")), "BMIBL"),
        (plan(analysis(where="COMPLFL = 'Y'")), "COMPLFL"),
        (plan(condition="ITTFL = 'Y'"), "ITTFL"),
        (plan(replace(analysis("ancova"), options={"factors": ("SITEGR1",)})), "SITEGR1"),
        (plan(replace(analysis("listing"), options={"sort": ("AESEQ",)})), "AESEQ"),
    ],
)
def test_a_missing_variable_is_an_error_that_names_it(broken: AnalysisPlan, variable: str) -> None:
    with pytest.raises(MissingVariableError, match=rf"ADSL has no variable {variable}"):
        analyze(broken, datasets())


def test_a_grouping_on_a_missing_variable_is_an_error() -> None:
    visit = Grouping(id="visit", variable="VISIT", levels=(Level(value="Week 8", label="Week 8"),))
    broken = replace(plan(replace(analysis(), by=("visit",))), groupings={"treatment": TREATMENT, "visit": visit})
    with pytest.raises(MissingVariableError, match=r"no variable VISIT, which the analysis a reads"):
        analyze(broken, datasets())


def test_a_dataset_without_subjects_is_an_error() -> None:
    with pytest.raises(MissingVariableError, match="ADVS has no variable USUBJID"):
        analyze(plan(analysis(dataset="ADVS", variable="AVAL")), datasets(advs=ADVS.drop("USUBJID")))


@pytest.mark.parametrize("method", ["descriptive", "anova", "ancova", "kaplan_meier"])
def test_a_text_where_a_number_is_needed_is_an_error(method: str) -> None:
    with pytest.raises(VariableTypeError, match=r"ADSL.SEX is character, but the analysis a needs numeric"):
        analyze(plan(analysis(method, variable="SEX")), datasets())


def test_a_condition_of_the_wrong_type_is_an_error() -> None:
    with pytest.raises(ConditionError, match=r"does not fit ADSL: ADSL.AGE is a number"):
        analyze(plan(analysis(where="AGE = '60'")), datasets())


def test_levels_that_are_no_numbers_do_not_fit_a_numeric_variable() -> None:
    wrong = replace(TREATMENT, variable="AGE")
    with pytest.raises(VariableTypeError, match="the grouping treatment, which has the level 'Placebo'"):
        analyze(replace(plan(analysis()), groupings={"treatment": wrong}), datasets())


def test_a_subject_twice_in_adsl_is_an_error() -> None:
    with pytest.raises(DataError, match="more than one record for some subjects"):
        analyze(plan(), datasets(pl.concat([ADSL, ADSL[:1]])))


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (replace(analysis(), method="anvoa"), "no method 'anvoa'"),
        (replace(analysis(), population="itt"), "no analysis set 'itt'"),
        (replace(analysis(), by=("arm",)), "no grouping 'arm'"),
        (replace(analysis("anova"), by=()), "compares the levels of a grouping"),
        (replace(analysis("kaplan_meier"), variables=("AGE", "CNSR")), "up to 1"),
        (replace(analysis("ancova"), options={"weight": "equal"}), "option weight"),
        (replace(analysis("ancova"), options={"factors": ("TRT01P",)}), "TRT01P is a term of the model twice"),
        (replace(analysis(), variables=("AGE", "AGE")), "AGE is analysed twice"),
    ],
)
def test_a_plan_that_cannot_be_done_is_an_error(one: Analysis, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        analyze(plan(one), datasets())


@pytest.mark.parametrize("contrasts", [(("Active", "Low"),), (("Low", "Active"),)])
@pytest.mark.parametrize(
    ("method", "option"), [("ancova", "contrasts"), ("logrank", "contrasts"), ("incidence", "fisher")]
)
def test_a_contrast_of_an_unknown_level_is_an_error(
    method: str, option: str, contrasts: tuple[tuple[str, str], ...]
) -> None:
    options: dict[str, OptionValue] = {option: contrasts}
    one = replace(analysis(method), options=options)
    with pytest.raises(PlanError, match="'Low'"):
        analyze(plan(one), datasets())


def test_two_totals_of_one_name_that_pool_different_levels_are_an_error() -> None:
    some = replace(TREATMENT, id="some", levels=TREATMENT.levels[:1])
    both = replace(plan(), groupings={"treatment": TREATMENT, "some": some})
    with pytest.raises(PlanError, match="Give the totals different names"):
        analyze(both, datasets())
    same = replace(both, groupings={"treatment": TREATMENT, "some": replace(some, total="Placebo only")})
    assert analyze(same, datasets())["population.safety/TRT01P=Placebo only/USUBJID/n"].stat == 2


@pytest.mark.parametrize("name", ["ADSL", "ADVS"])
def test_subjects_that_are_numbers_are_an_error(name: str) -> None:
    frames = {"ADSL": ADSL, "ADVS": ADVS}
    frames[name] = frames[name].with_columns(pl.col("USUBJID").cast(pl.Int64))
    with pytest.raises(VariableTypeError, match=rf"{name}.USUBJID is numeric, but .* needs character"):
        analyze(plan(analysis(dataset="ADVS", variable="AVAL")), datasets(frames["ADSL"], frames["ADVS"]))


def test_subjects_may_be_categories() -> None:
    of_categories = ADSL.with_columns(pl.col("USUBJID").cast(pl.Categorical))
    results = analyze(plan(analysis(dataset="ADVS", variable="AVAL")), datasets(of_categories))
    assert results["a/TRT01P=Placebo/AVAL/n"].stat == 3


def test_a_subject_without_name_is_an_error() -> None:
    nameless = ADSL.with_columns(USUBJID=pl.when(pl.col("AGE") > 70).then("USUBJID"))
    with pytest.raises(DataError, match=r"ADSL has records without USUBJID \(3\)"):
        analyze(plan(), datasets(nameless))


def test_records_of_nobody_are_told() -> None:
    row = analyze(plan(analysis(dataset="ADVS", variable="AVAL")), datasets())["a/TRT01P=Placebo/AVAL/n"]
    assert row.warnings == "records of ADVS that belong to nobody in ADSL, left out: 1"


def test_a_dataset_of_other_subjects_is_an_error() -> None:
    others = ADVS.with_columns(USUBJID="STUDY-" + pl.col("USUBJID"))
    with pytest.raises(DataError, match="No record of ADVS belongs to a subject of ADSL"):
        analyze(plan(analysis(dataset="ADVS", variable="AVAL")), datasets(advs=others))


def test_subjects_in_a_group_that_the_plan_does_not_know_are_told() -> None:
    misspelled = ADSL.with_columns(TRT01P=pl.Series(["Placebo", "placebo", "Active", "Active", None]))
    row = analyze(plan(analysis()), datasets(misspelled))["a/TRT01P=Total/AGE/n"]
    assert row.stat == 2
    assert row.warnings == "subjects with another TRT01P than the levels of treatment, left out: 1"


@pytest.mark.parametrize("method", ["chi_square", "fisher_exact"])
def test_who_is_in_no_column_of_a_tested_table_is_told(method: str) -> None:
    of_records = replace(analysis(method, dataset="ADVS", variable="USUBJID"), options={"event": "AVAL > 125"})
    three_arms = ADSL.with_columns(SAFFL=pl.lit("Y"))
    advs = ADVS.filter(pl.col("USUBJID") != "9")
    row = analyze(plan(of_records), datasets(three_arms, advs))["a/USUBJID/p_value"]
    # Subject 4 has no vital signs; subject 5 has no treatment and is in no row.
    assert row.warnings.endswith("subjects of the analysis set without a record, left out: 1")
    unknown = three_arms.with_columns(SEX=pl.Series(["F", None, "F", "M", "F"]))
    row = analyze(plan(analysis(method, variable="SEX")), datasets(unknown))["a/SEX/p_value"]
    assert row.warnings.endswith("records without a value, left out: 1")
    assert "left out" not in analyze(plan(analysis(method, variable="SEX")), datasets(three_arms))["a/SEX/n"].warnings
