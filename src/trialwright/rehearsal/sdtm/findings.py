"""VS, LB and QS: what was measured at the visits at which the schedule asks for it."""

from __future__ import annotations

import numpy as np
import polars as pl

from trialwright.rehearsal.outline import Flags, Floats, Ints
from trialwright.rehearsal.scenario import Analyte
from trialwright.rehearsal.sdtm.participation import visit_columns
from trialwright.rehearsal.sdtm.records import Subjects, flags, without_records
from trialwright.standards import Dataset


def _measured(subjects: Subjects, activity: str | None) -> tuple[Ints, Ints]:
    """Subject and visit of each visit that happened and at which `activity` is scheduled."""
    trial = subjects.trial
    subject, visit = np.nonzero(trial.attended & trial.outline.does(activity))
    return subject, visit


def _repeat(subject: Ints, visit: Ints, tests: int) -> tuple[Ints, Ints, Ints]:
    """Subject, visit and test of each record: every test at every visit."""
    return np.repeat(subject, tests), np.repeat(visit, tests), np.tile(np.arange(tests), subject.size)


def last_before_exposure(subjects: Subjects, subject: Ints, test: Ints, day: Ints, is_result: Flags) -> Flags:
    """Marks the last result of each subject and test on or before the day of the first dose.

    On day 1 itself the schedule puts assessments before the dose.
    """
    frame = pl.DataFrame({"subject": subject, "test": test, "day": day}).with_columns(
        counts=pl.Series(is_result & subjects.is_treated[subject] & (day <= subjects.first_dose[subject]))
    )
    last = pl.when("counts").then("day").max().over("subject", "test")
    return frame.select((pl.col("counts") & (pl.col("day") == last)).fill_null(False))["counts"].to_numpy()


def _texts(values: Floats, decimals: Ints) -> pl.Series:
    return pl.Series([f"{value:.{places}f}" for value, places in zip(values, decimals, strict=True)], dtype=pl.String)


def _where(is_there: Flags, series: pl.Series) -> pl.Series:
    return pl.DataFrame({"there": is_there, "value": series}).select(pl.when("there").then("value").alias("value"))[
        "value"
    ]


def vital_signs(subjects: Subjects) -> Dataset:
    """VS. Height is measured at the first visit only."""
    trial, assumptions = subjects.trial, subjects.trial.scenario.vital_signs
    if assumptions is None or trial.vital_signs is None:
        return without_records("VS")
    tests = assumptions.tests
    subject, visit, test = _repeat(*_measured(subjects, trial.outline.names.vital_signs), len(tests))
    is_height = np.array([one.code == "HEIGHT" for one in tests])[test]
    scheduled = trial.outline.does(trial.outline.names.vital_signs)
    kept = ~is_height | (visit == (int(np.argmax(scheduled)) if scheduled.any() else -1))
    subject, visit, test = subject[kept], visit[kept], test[kept]
    decimals = np.array([one.decimals for one in tests])[test]
    values = _rounded(trial.vital_signs[subject, visit, test], decimals)
    texts = _texts(values, decimals)
    day = trial.calendar.day[subject, visit]
    units = pl.Series([one.unit for one in tests]).gather(test)
    baseline = flags(last_before_exposure(subjects, subject, test, day, np.ones(day.size, dtype=np.bool_)))
    return subjects.dataset(
        "VS",
        subject,
        {
            "order": test,
            "VSTESTCD": pl.Series([one.code for one in tests]).gather(test),
            "VSTEST": pl.Series([one.name for one in tests]).gather(test),
            "VSPOS": pl.Series([one.position for one in tests], dtype=pl.String).gather(test),
            "VSORRES": texts,
            "VSORRESU": units,
            "VSSTRESC": texts,
            "VSSTRESN": values,
            "VSSTRESU": units,
            "VSLOBXFL": baseline,
            "VSBLFL": baseline,
            **visit_columns(subjects, visit),
            "VSDTC": day,
        },
    )


def _rounded(values: Floats, decimals: Ints) -> Floats:
    scale = 10.0**decimals
    return np.asarray(np.rint(values * scale) / scale, dtype=np.float64)


def laboratory(subjects: Subjects) -> Dataset:
    """LB. Original results are in the units of the country's laboratories, standard results in SI units."""
    trial, assumptions = subjects.trial, subjects.trial.scenario.laboratory
    if assumptions is None or trial.laboratory is None:
        return without_records("LB")
    analytes = assumptions.analytes
    values, uniforms = trial.laboratory
    subject, visit, test = _repeat(*_measured(subjects, trial.outline.names.laboratory), len(analytes))
    done = uniforms[subject, visit, test] >= assumptions.not_done
    decimals = np.array([one.decimals for one in analytes])[test]
    has_conventional = np.array([one.conventional_unit is not None for one in analytes])[test]
    is_conventional = np.array([country.units == "conventional" for country in trial.countries])[subject]
    is_conventional &= has_conventional
    factor = np.where(is_conventional, np.array([one.conventional_factor for one in analytes])[test], 1.0)
    own_decimals = np.where(is_conventional, np.array([one.conventional_decimals for one in analytes])[test], decimals)
    original = _rounded(values[subject, visit, test] / factor, own_decimals)
    standard = _rounded(original * factor, decimals)
    low, high = _ranges(analytes, trial.people.is_woman[subject], test)
    indicator = np.where(standard < low, 0, np.where(standard > high, 2, 1))
    day = trial.calendar.day[subject, visit]
    baseline = flags(last_before_exposure(subjects, subject, test, day, done))
    si = pl.Series([one.unit for one in analytes])
    conventional = pl.Series([one.conventional_unit or one.unit for one in analytes])
    units = pl.concat([si, conventional]).gather(test + len(analytes) * is_conventional.astype(np.int64))
    return subjects.dataset(
        "LB",
        subject,
        {
            "order": test,
            "LBTESTCD": pl.Series([one.code for one in analytes]).gather(test),
            "LBTEST": pl.Series([one.name for one in analytes]).gather(test),
            "LBCAT": pl.Series([one.category for one in analytes]).gather(test),
            "LBORRES": _where(done, _texts(original, own_decimals)),
            "LBORRESU": _where(done, units),
            "LBORNRLO": _where(done, _texts(low / factor, own_decimals)),
            "LBORNRHI": _where(done, _texts(high / factor, own_decimals)),
            "LBSTRESC": _where(done, _texts(standard, decimals)),
            "LBSTRESN": _where(done, pl.Series(standard)),
            "LBSTRESU": _where(done, si.gather(test)),
            "LBSTNRLO": _where(done, pl.Series(low)),
            "LBSTNRHI": _where(done, pl.Series(high)),
            "LBNRIND": _where(done, pl.Series(["LOW", "NORMAL", "HIGH"]).gather(indicator)),
            "LBSTAT": _where(~done, pl.Series(["NOT DONE"] * day.size, dtype=pl.String)),
            "LBREASND": _where(~done, pl.Series(["SPECIMEN UNSUITABLE"] * day.size, dtype=pl.String)),
            "LBSPEC": pl.Series(
                ["SERUM" if one.category == "CHEMISTRY" else "BLOOD" for one in analytes], dtype=pl.String
            ).gather(test),
            "LBLOBXFL": baseline,
            "LBBLFL": baseline,
            **visit_columns(subjects, visit),
            "LBDTC": day,
        },
    )


def _ranges(analytes: tuple[Analyte, ...], is_woman: Flags, test: Ints) -> tuple[Floats, Floats]:
    """The reference range of each record, in SI units."""
    women = np.array([(one.low, one.high) for one in analytes])[test]
    men = np.array(
        [
            (one.low if one.men_low is None else one.men_low, one.high if one.men_high is None else one.men_high)
            for one in analytes
        ]
    )[test]
    return np.where(is_woman, women[:, 0], men[:, 0]), np.where(is_woman, women[:, 1], men[:, 1])


def questionnaires(subjects: Subjects) -> Dataset:
    """QS: the items of the primary scale, and their sum."""
    trial, efficacy = subjects.trial, subjects.trial.scenario.efficacy
    if efficacy is None or trial.course is None or trial.items is None:
        return without_records("QS")
    scale = efficacy.scale
    tests = len(scale.items) + 1
    subject, visit, test = _repeat(*_measured(subjects, trial.outline.names.efficacy), tests)
    is_total = test == tests - 1
    scores = np.concatenate([trial.items, trial.course.total[:, :, None]], axis=2)[subject, visit, test]
    numbers = pl.Series([str(score) for score in scores], dtype=pl.String)
    levels = pl.Series(scale.levels).gather(np.minimum(scores, len(scale.levels) - 1))
    day = trial.calendar.day[subject, visit]
    baseline = flags(last_before_exposure(subjects, subject, test, day, np.ones(day.size, dtype=np.bool_)))
    return subjects.dataset(
        "QS",
        subject,
        {
            "order": test,
            "QSTESTCD": pl.Series([*(item.code for item in scale.items), scale.total_code]).gather(test),
            "QSTEST": pl.Series([*(item.name for item in scale.items), scale.total_name]).gather(test),
            "QSCAT": scale.category,
            "QSORRES": numbers.zip_with(pl.Series(is_total), levels),
            "QSSTRESC": numbers,
            "QSSTRESN": scores,
            "QSLOBXFL": baseline,
            "QSBLFL": baseline,
            "QSDRVFL": flags(is_total),
            **visit_columns(subjects, visit),
            "QSDTC": day,
        },
    )
