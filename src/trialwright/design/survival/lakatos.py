"""Sample size of a log-rank test by Lakatos's Markov chain."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from trialwright.design.survival.fixed_designs import Effect, FixedSurvivalDesign, check_study_duration, fixed_design
from trialwright.design.survival.hazards import PiecewiseHazards
from trialwright.design.survival.required_events import check_error_rates
from trialwright.design.survival.trial import Stratum, SurvivalTrial
from trialwright.errors import DesignError

_State = tuple[float, float]


def compute_lakatos_sample_size(
    trial: SurvivalTrial,
    *,
    study_duration: float,
    alpha: float,
    sided: int,
    power: float,
    noncompliance_hazard: float = 0.0,
    drop_in_hazard: float = 0.0,
    intervals: int = 500,
) -> FixedSurvivalDesign:
    """Subjects for a log-rank test analysed at `study_duration`, under any hazards, with crossing between treatments.

    noncompliance_hazard   at which subjects of the experimental arm leave its treatment, per time unit; from then on
                           they have the hazard of control, and are followed (intention to treat)
    drop_in_hazard         at which subjects of control take the experimental treatment, likewise
    intervals              of the Markov chain over the study; within each, moves happen at constant hazards

    Subjects are at risk on the experimental treatment or on control, until event, dropout or the end of the study.
    With phi the ratio at risk of the arms, theta that of their hazards and D the events of an interval per subject,
    the statistic has mean
    sqrt(n) sum D (phi theta / (1 + phi theta) - phi / (1 + phi)) / sqrt(sum D phi / (1 + phi)^2).
    With strata the test is stratified: the chain of each has its own phi and theta, and both sums go over the strata.
    Events of the result are those of the chain: with crossing.
    Source: Lakatos, Biometrics 1988;44:229-241.
    """
    check_error_rates(alpha=alpha, sided=sided, power=power)
    check_study_duration(trial, study_duration)
    for name, value in (("noncompliance_hazard", noncompliance_hazard), ("drop_in_hazard", drop_in_hazard)):
        if not 0 <= value < math.inf:
            raise DesignError(
                f"{name} is {value!r}. A hazard is 0 or more; of a yearly share p it is -ln(1 - p) per year."
            )
    if intervals < 10:
        raise DesignError(f"intervals is {intervals!r}. The Markov chain needs at least 10; 500 are exact to 4 digits.")
    chain = _run(trial, study_duration, noncompliance_hazard, drop_in_hazard, intervals)
    # With this effect, n = (z_a + z_b)^2 variance / mean^2.
    inverse = 1 / chain.variance
    design = fixed_design(
        trial,
        Effect(effect=chain.mean / chain.variance, variance_null=inverse, variance=inverse),
        method="log-rank test, Markov chain of Lakatos",
        study_duration=study_duration,
        alpha=alpha,
        sided=sided,
        power=power,
    )
    return replace(
        design,
        events_control=design.n_exact * chain.events_control,
        events_experimental=design.n_exact * chain.events_experimental,
        events_exact=design.n_exact * (chain.events_control + chain.events_experimental),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    """Sums over the chain, per subject: of the statistic's mean and variance, and the events by arm."""

    mean: float
    variance: float
    events_control: float
    events_experimental: float


def _run(trial: SurvivalTrial, study_duration: float, noncompliance: float, drop_in: float, intervals: int) -> _Chain:
    chains = [
        (one.prevalence, _run_stratum(trial, one, study_duration, noncompliance, drop_in, intervals))
        for one in trial.strata
    ]
    return _Chain(
        mean=math.fsum(share * chain.mean for share, chain in chains),
        variance=math.fsum(share * chain.variance for share, chain in chains),
        events_control=math.fsum(share * chain.events_control for share, chain in chains),
        events_experimental=math.fsum(share * chain.events_experimental for share, chain in chains),
    )


def _run_stratum(
    trial: SurvivalTrial,
    stratum: Stratum,
    study_duration: float,
    noncompliance: float,
    drop_in: float,
    intervals: int,
) -> _Chain:
    share = trial.experimental_share
    last = study_duration if trial.followup is None else min(study_duration, trial.followup)
    step = last / intervals
    control: _State = (0.0, 1 - share)
    experimental: _State = (share, 0.0)
    mean = variance = total_control = total_experimental = 0.0
    for index in range(intervals):
        middle = (index + 0.5) * step
        here = _Interval(stratum.control, stratum.experimental, middle, step)
        observed = trial.accrual.subjects_by(study_duration - middle) / trial.accrual.subjects
        events_control, next_control = here.advance(control, noncompliance=0.0, drop_in=drop_in)
        events_experimental, next_experimental = here.advance(experimental, noncompliance=noncompliance, drop_in=0.0)
        # At risk in the middle of the interval, so that the error of the chain is of second order.
        phi = (sum(experimental) + sum(next_experimental)) / (sum(control) + sum(next_control))
        both = events_control + events_experimental
        if both > 0:
            mean += observed * (events_experimental - both * phi / (1 + phi))
            variance += observed * both * phi / (1 + phi) ** 2
        total_control += observed * events_control
        total_experimental += observed * events_experimental
        control, experimental = next_control, next_experimental
    return _Chain(mean=mean, variance=variance, events_control=total_control, events_experimental=total_experimental)


class _Interval:
    """One step of the chain: hazards at its middle."""

    def __init__(self, control: PiecewiseHazards, experimental: PiecewiseHazards, middle: float, step: float) -> None:
        self._on = experimental.hazard(middle), experimental.dropout_hazards[experimental.piece(middle)]
        self._off = control.hazard(middle), control.dropout_hazards[control.piece(middle)]
        self._step = step

    def advance(self, state: _State, *, noncompliance: float, drop_in: float) -> tuple[float, _State]:
        """Events of the step from `state` (on the experimental treatment, on control), and the state after it."""
        (on_events, on_left, on_moved), (off_events, off_left, off_moved) = (
            self._leaving(*self._on, noncompliance),
            self._leaving(*self._off, drop_in),
        )
        on, off = state
        events = on * on_events + off * off_events
        return events, (on * on_left + off * off_moved, off * off_left + on * on_moved)

    def _leaving(self, hazard: float, dropout: float, moving: float) -> tuple[float, float, float]:
        total = hazard + dropout + moving
        if total == 0:
            return 0.0, 1.0, 0.0
        left = math.exp(-total * self._step)
        return (1 - left) * hazard / total, left, (1 - left) * moving / total
