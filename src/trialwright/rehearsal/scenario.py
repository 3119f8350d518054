"""What a rehearsal assumes about sites, patients, drug and conduct: the `Scenario`.

Every section that is optional may be None: the component is then off, and the random draws of the others do not move.
Rates are events per patient-year, times are days unless the name says otherwise, probabilities lie between 0 and 1.
The scenario knows nothing of the trial's structure; arms, visits and activities come from the `Study`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt

from trialwright.rehearsal.checked import Checked, Count, NonNegative, Positive, Probability, ScenarioError
from trialwright.rehearsal.deviation_assumptions import Deviations


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityNames(Checked):
    """Which activities of the study's schedule yield which data. Names are compared without regard to case.

    An activity that is None yields no data; one that the study lacks is an error.
    """

    randomization: str = "Randomization"
    dispensing: str = "Study drug dispensing"
    accountability: str | None = "Study drug accountability"
    efficacy: str | None = None
    laboratory: str | None = None
    vital_signs: str | None = None
    medical_history: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmAssumption(Checked):
    """What one arm receives and what it does.

    code          `ARMCD`, at most 20 characters; empty takes the arm's name from the study
    treatment     name in `EXTRT`, such as TWX-101 or PLACEBO
    dose_mg       mg per administration; 0 for placebo
    ratio         randomisation ratio
    effect        difference of the mean score to the control at `Efficacy.reference_week`, points; negative is better
    onset_weeks   time constant of the approach to the effect, weeks: 63% of the final value is reached by then
    """

    treatment: str
    dose_mg: NonNegative
    code: str = ""
    ratio: Count = 1
    effect: float = 0.0
    onset_weeks: Positive = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Country(Checked):
    """A country and its sites.

    code              ISO 3166-1 alpha-3
    region            stratum of the randomisation
    sites             number of sites
    units             units of the local laboratories: SI or conventional
    activation_days   mean days from the start of the study to the activation of a site
    """

    code: str
    region: str
    sites: Count
    units: Literal["SI", "conventional"] = "SI"
    activation_days: Positive = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment(Checked):
    """Site activation and the Poisson-gamma model of enrolment (Anisimov and Fedorov, Stat Med 2007;26:4958).

    start              day on which the first site may open
    countries          where the sites are
    activation_cv      coefficient of variation of a site's activation time (log-normal)
    rate_per_month     mean number of subjects who consent per active site and month (30.4375 days)
    rate_shape         shape of the gamma distribution of the sites' rates; small is heterogeneous
    target             number of randomised subjects; None is the number that the study plans
    """

    start: date
    countries: tuple[Country, ...]
    rate_per_month: Positive
    rate_shape: Positive = 2.0
    activation_cv: Positive = 0.4
    target: Count | None = None

    def _check(self) -> None:
        if not self.countries:
            raise ScenarioError("A trial needs at least one country with a site.", path=("countries",))


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureReason(Checked):
    """Why subjects fail screening.

    reason           the text of `DSTERM`
    weight           relative frequency
    is_low_severity  the subject's score at screening is below `Efficacy.minimum_at_screening`
    """

    reason: str
    weight: Positive
    is_low_severity: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenFailure(Checked):
    """Beta-binomial screen failure by site.

    probability     mean over sites
    concentration   a + b of the beta distribution; large makes sites alike
    """

    probability: Annotated[float, Ge(0), Lt(1)]
    reasons: tuple[FailureReason, ...]
    concentration: Positive = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Body(Checked):
    """Height and body mass index of one sex: mean and standard deviation, cm and kg/m2; and the eligible range."""

    height_cm: Positive
    height_sd: NonNegative
    bmi: Positive
    bmi_sd: NonNegative
    bmi_minimum: Positive = 18.0
    bmi_maximum: Positive = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Population(Checked):
    """Who enters.

    age_*            years; a normal distribution between the two limits
    female           probability
    races            per region, race (CDISC term) to share; shares are made to sum to 1
    hispanic         per region, probability of HISPANIC OR LATINO
    """

    age_mean: Positive
    age_sd: NonNegative
    age_minimum: NonNegative
    age_maximum: Positive
    female: Probability
    races: Mapping[str, Mapping[str, NonNegative]]
    hispanic: Mapping[str, Probability]
    women: Body
    men: Body

    def _check(self) -> None:
        if self.age_minimum >= self.age_maximum:
            raise ScenarioError(
                f"age_minimum ({self.age_minimum}) must lie below age_maximum ({self.age_maximum}).",
                path=("age_minimum",),
            )
        for region, shares in self.races.items():
            if sum(shares.values()) <= 0:
                raise ScenarioError(f"The shares of the races in {region!r} are all 0.", path=("races", region))


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitConduct(Checked):
    """How visits depart from their nominal days.

    out_of_window           probability that a visit after baseline lies outside its window
    out_of_window_days      mean days outside, exponential
    missed                  probability that a visit between baseline and end of treatment does not happen
    missed_subject_sd       standard deviation of the subjects' log-odds of missing a visit
    unscheduled             probability that an adverse event brings a visit of its own, on the day after it began
    """

    out_of_window: Probability = 0.03
    out_of_window_days: Positive = 2.5
    missed: Annotated[float, Ge(0), Lt(1)] = 0.02
    missed_subject_sd: NonNegative = 0.8
    unscheduled: Probability = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleItem(Checked):
    """One item of a rating scale.

    code        `QSTESTCD`
    name        `QSTEST`
    prominence  how readily patients score on the item, in logits relative to the scale's mean item
    minimum     score that the eligibility criteria ask for, up to randomisation
    """

    code: str
    name: str
    prominence: float = 0.0
    minimum: Annotated[int, Ge(0)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale(Checked):
    """A rating scale whose total is the sum of its items.

    category    `QSCAT`
    levels      texts of the item scores 0, 1, ... (`QSORRES`)
    """

    category: str
    total_code: str
    total_name: str
    levels: tuple[str, ...]
    items: tuple[ScaleItem, ...]

    def _check(self) -> None:
        codes = [*(item.code for item in self.items), self.total_code]
        if len(set(codes)) < len(codes):
            doubled = next(code for code in codes if codes.count(code) > 1)
            raise ScenarioError(f"Two items of the scale have the code {doubled!r}.", path=("items",))
        if not self.items or len(self.levels) < 2:
            raise ScenarioError("A scale needs at least one item and two levels.", path=("levels",))

    @property
    def maximum(self) -> int:
        """The greatest total."""
        return len(self.items) * (len(self.levels) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficacy(Checked):
    """The primary scale's total over time, points of the scale.

    Baseline is normal, truncated at `minimum_at_screening`. After t weeks a subject's change from baseline is

        h(t) * (control_change + baseline_slope * (baseline - baseline_mean) + subject) + effect(t) + residual

    where h rises with the time constant `control_onset_weeks` and is 1 at `reference_week`, `subject` is normal with
    `subject_sd`, and the residual is a stationary AR(1) process in time with `residual_sd` and the correlation
    `residual_correlation` over one week. The total is rounded and kept inside the scale.

    screening_sd       of the difference between screening and baseline
    screening_change   largest difference between screening and baseline that is eligible, as a share of the score at
                       screening
    item_sd        of the subjects' own profile over the items, logits
    item_noise_sd  of an item from visit to visit, logits
    """

    scale: Scale
    reference_week: Positive
    baseline_mean: Positive
    baseline_sd: Positive
    minimum_at_screening: NonNegative = 0.0
    screening_sd: NonNegative = 2.0
    screening_change: Probability = 1.0
    control_change: float = 0.0
    control_onset_weeks: Positive = 3.0
    baseline_slope: float = 0.0
    subject_sd: NonNegative = 5.0
    residual_sd: NonNegative = 3.0
    residual_correlation: Annotated[float, Ge(0), Lt(1)] = 0.7
    item_sd: NonNegative = 0.8
    item_noise_sd: NonNegative = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropout(Checked):
    """Competing causes of leaving the study. Adverse events are a cause of their own (`AdverseEvents`).

    withdrawal, lost_to_follow_up, lack_of_efficacy, death   rates per patient-year
    efficacy_log_hazard   added to the log hazard of lack of efficacy per point by which the last observed score exceeds
                          the expected score of the control arm
    not_treated           probability that a randomised subject never takes a dose
    fatal_terms           the adverse events that deaths are reported as: term to body system
    """

    withdrawal: NonNegative = 0.0
    lost_to_follow_up: NonNegative = 0.0
    lack_of_efficacy: NonNegative = 0.0
    efficacy_log_hazard: float = 0.0
    death: NonNegative = 0.0
    not_treated: Probability = 0.0
    fatal_terms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdverseEventTerm(Checked):
    """One kind of adverse event.

    term, body_system   plain words, in capitals
    rate                events per patient-year without drug
    rate_by_arm         arm to the extra events per patient-year that its drug causes; an arm that is absent has none
    early_days          time constant of the drug's extra events after the first dose; None spreads them evenly
    moderate, severe    probabilities of the severity
    serious             probability that a severe event is serious
    duration_days       median of the log-normal duration
    treatment           medication given for it (`CMTRT`), with its class (`CMCLAS`); None for none
    verbatim            what investigators write (`AETERM`); empty repeats the term
    """

    term: str
    body_system: str
    rate: NonNegative
    rate_by_arm: Mapping[str, NonNegative] = field(default_factory=dict)
    early_days: Positive | None = None
    moderate: Probability = 0.3
    severe: Probability = 0.05
    serious: Probability = 0.2
    duration_days: Positive = 7.0
    treatment: tuple[str, str] | None = None
    verbatim: tuple[str, ...] = ()

    def _check(self) -> None:
        if self.moderate + self.severe > 1:
            raise ScenarioError(
                f"The probabilities moderate ({self.moderate}) and severe ({self.severe}) of {self.term!r} exceed 1.",
                path=("severe",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AdverseEvents(Checked):
    """Adverse events: Poisson processes with a gamma frailty per subject.

    frailty_shape           gamma with mean 1; small is heterogeneous
    duration_sd             standard deviation of the log duration
    withdrawn               severity to the probability that an event on treatment ends treatment
    interrupted             severity to the probability that it interrupts treatment otherwise
    treated                 probability that the term's medication is given
    """

    terms: tuple[AdverseEventTerm, ...]
    frailty_shape: Positive = 1.5
    duration_sd: Positive = 0.9
    withdrawn: Mapping[Literal["MILD", "MODERATE", "SEVERE"], Probability] = field(default_factory=dict)
    interrupted: Mapping[Literal["MILD", "MODERATE", "SEVERE"], Probability] = field(default_factory=dict)
    treated: Probability = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Dosing(Checked):
    """Daily adherence as a two-state Markov chain.

    adherence     mean share of days on which the dose is taken
    subject_sd    standard deviation of the subjects' log-odds of taking a dose
    persistence   correlation of one day's intake with the day before
    form, frequency, route, unit   CDISC terms for `EX`
    """

    adherence: Annotated[float, Gt(0), Le(1)] = 1.0
    subject_sd: NonNegative = 0.0
    persistence: Annotated[float, Ge(0), Lt(1)] = 0.0
    form: str = "CAPSULE"
    frequency: str = "QD"
    route: str = "ORAL"
    unit: str = "mg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyte(Checked):
    """One laboratory test, log-normal, in SI units.

    low, high            reference range of both sexes; men_low, men_high where men's differs
    between_cv           between-subject coefficient of variation
    within_cv            within-subject and analytic coefficient of variation together
    decimals             of the reported value
    conventional_unit    unit where laboratories are conventional, and conventional_factor: SI value = factor * value
    drift_by_arm         arm to the relative change that its drug causes at the end of treatment (0.1 is +10%)
    """

    code: str
    name: str
    category: Literal["CHEMISTRY", "HEMATOLOGY"]
    unit: str
    low: NonNegative
    high: Positive
    mean: Positive
    between_cv: NonNegative
    within_cv: NonNegative
    decimals: Annotated[int, Ge(0)] = 0
    men_low: NonNegative | None = None
    men_high: Positive | None = None
    men_mean: Positive | None = None
    conventional_unit: str | None = None
    conventional_factor: Positive = 1.0
    conventional_decimals: Annotated[int, Ge(0)] = 1
    drift_by_arm: Mapping[str, Annotated[float, Gt(-1)]] = field(default_factory=dict)

    def _check(self) -> None:
        if self.low >= self.high:
            raise ScenarioError(
                f"The range of {self.code} begins at {self.low} and ends at {self.high}.", path=("low",)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory(Checked):
    """Central or local laboratory tests.

    not_done   probability that one result is missing although the sample was due
    """

    analytes: tuple[Analyte, ...]
    not_done: Probability = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSign(Checked):
    """One vital sign, normal.

    code           `VSTESTCD`: WEIGHT and HEIGHT start at the subject's own; HEIGHT is measured at the first visit only
    mean           at the population's mean age; per_year is added for each year of age above it
    between_sd     between subjects; within_sd from visit to visit
    shift_by_arm   arm to the change that its drug causes at the end of treatment, in units of the test
    """

    code: str
    name: str
    unit: str
    mean: Positive | None = None
    between_sd: NonNegative = 0.0
    within_sd: NonNegative = 0.0
    per_year: float = 0.0
    decimals: Annotated[int, Ge(0)] = 0
    position: str | None = None
    shift_by_arm: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSigns(Checked):
    """The vital signs that are measured."""

    tests: tuple[VitalSign, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Checked):
    """One condition of the medical history.

    prevalence     at the population's mean age, for women and men alike unless `only` names a sex
    odds_per_year  odds ratio per year of age
    onset_years    mean years since the onset, exponential
    ongoing        probability that it goes on at screening
    treatment      medication taken for it while it goes on (`CMTRT`), with its class (`CMCLAS`)
    treated        probability that it is treated so
    """

    term: str
    body_system: str
    prevalence: Probability
    odds_per_year: Positive = 1.0
    onset_years: Positive = 5.0
    ongoing: Probability = 0.8
    only: Literal["F", "M"] | None = None
    treatment: tuple[str, str] | None = None
    treated: Probability = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicalHistory(Checked):
    """The disease under study (everybody has it) and other conditions."""

    primary: Condition
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(Checked):
    """Everything a rehearsal assumes.

    arms            arm of the study (its name, label or code) to what it receives and does
    control_arm     the arm whose course `Efficacy.control_change` describes
    block_sizes     multiples of the sum of the ratios: permuted blocks are drawn from them with equal probability
    visits, screen_failure, efficacy, dropout, adverse_events, laboratory, vital_signs, medical_history, deviations
                    None is off
    """

    name: str
    activities: ActivityNames
    arms: Mapping[str, ArmAssumption]
    control_arm: str
    enrollment: Enrollment
    population: Population
    block_sizes: tuple[Count, ...] = (1, 2)
    dosing: Dosing = field(default_factory=Dosing)
    visits: VisitConduct | None = None
    screen_failure: ScreenFailure | None = None
    efficacy: Efficacy | None = None
    dropout: Dropout | None = None
    adverse_events: AdverseEvents | None = None
    laboratory: Laboratory | None = None
    vital_signs: VitalSigns | None = None
    medical_history: MedicalHistory | None = None
    deviations: Deviations | None = None

    def _check(self) -> None:
        if self.control_arm not in self.arms:
            raise ScenarioError(
                f"control_arm is {self.control_arm!r}, but the arms of the scenario are: {', '.join(self.arms)}. "
                "Name one of them.",
                path=("control_arm",),
            )
        for path, arms in self._by_arm():
            for arm in arms:
                if arm not in self.arms:
                    raise ScenarioError(
                        f"{arm!r} is no arm of the scenario, whose arms are: {', '.join(self.arms)}. Name one of them.",
                        path=(*path, arm),
                    )

    def _by_arm(self) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, float]]]:
        """Every mapping whose keys are arms, with the way to it."""
        if self.adverse_events is not None:
            for position, term in enumerate(self.adverse_events.terms):
                yield ("adverse_events", "terms", position, "rate_by_arm"), term.rate_by_arm
        if self.laboratory is not None:
            for position, analyte in enumerate(self.laboratory.analytes):
                yield ("laboratory", "analytes", position, "drift_by_arm"), analyte.drift_by_arm
        if self.vital_signs is not None:
            for position, test in enumerate(self.vital_signs.tests):
                yield ("vital_signs", "tests", position, "shift_by_arm"), test.shift_by_arm
