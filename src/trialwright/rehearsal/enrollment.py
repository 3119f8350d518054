"""Sites open, subjects consent, some fail screening, and the trial closes when its last subject is randomised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialwright.rehearsal.checked import ScenarioError
from trialwright.rehearsal.outline import Flags, Floats, Ints, TrialOutline
from trialwright.rehearsal.scenario import Enrollment, Scenario, ScreenFailure
from trialwright.rehearsal.streams import Component, Streams

_DAYS_PER_MONTH = 30.4375
#: Enrolment that takes longer than this many days is an impossible assumption, not a slow trial.
_LONGEST_ENROLLMENT = 20 * 365
#: Arrivals are drawn for periods of this many days.
_PERIOD = 91


@dataclass(frozen=True, eq=False, kw_only=True)
class Sites:
    """The sites.

    country     position in the scenario's countries
    activation  days since 1970-01-01
    rate        subjects who consent per day
    failure     probability of failing screening
    """

    ids: tuple[str, ...]
    country: Ints
    activation: Ints
    rate: Floats
    failure: Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class Screened:
    """Everybody who consented, in order of consent.

    site      position of the site; number: 1, 2, ... within the site
    consent   days since 1970-01-01
    reason    position of the reason for failing screening, -1 for those who pass
    """

    sites: Sites
    site: Ints
    number: Ints
    consent: Ints
    reason: Ints

    @property
    def passes(self) -> Flags:
        """Who passes screening."""
        return self.reason < 0


def simulate_sites(scenario: Scenario, streams: Streams) -> Sites:
    """Activation times (log-normal) and recruitment rates (gamma) of all sites.

    Sites are numbered 101, 102, ... in the first region, 201, ... in the second.
    """
    enrollment = scenario.enrollment
    country = np.repeat(np.arange(len(enrollment.countries)), [one.sites for one in enrollment.countries])
    rng = streams.of(Component.ENROLLMENT)
    log_variance = np.log1p(enrollment.activation_cv**2)
    mean = np.array([one.activation_days for one in enrollment.countries])[country]
    delay = rng.lognormal(np.log(mean) - log_variance / 2, np.sqrt(log_variance))
    start = np.datetime64(enrollment.start, "D").astype(np.int64)
    shape = enrollment.rate_shape
    rate = rng.gamma(shape, enrollment.rate_per_month / _DAYS_PER_MONTH / shape, size=country.size)
    return Sites(
        ids=_site_ids(enrollment, country),
        country=country,
        activation=start + np.floor(delay).astype(np.int64),
        rate=rate,
        failure=_failure_rates(scenario.screen_failure, country.size, streams),
    )


def _site_ids(enrollment: Enrollment, country: Ints) -> tuple[str, ...]:
    regions = list(dict.fromkeys(one.region for one in enrollment.countries))
    seen = dict.fromkeys(regions, 0)
    ids = []
    for position in country:
        region = enrollment.countries[position].region
        seen[region] += 1
        ids.append(f"{100 * (regions.index(region) + 1) + seen[region]}")
    if max(seen.values()) > 99:
        raise ScenarioError("A region has more than 99 sites; their numbers would run into the next region's.")
    return tuple(ids)


def _failure_rates(failure: ScreenFailure | None, sites: int, streams: Streams) -> Floats:
    if failure is None or failure.probability == 0:
        return np.zeros(sites)
    a = failure.probability * failure.concentration
    return streams.of(Component.SCREENING).beta(a, failure.concentration - a, size=sites)


def simulate_screening(outline: TrialOutline, scenario: Scenario, sites: Sites, streams: Streams) -> Screened:
    """Subjects who consent until as many as planned have passed screening.

    Arrivals are a Poisson process per site from its activation. Recruitment stops with the consent of the last subject
    who is needed: nobody is in screening when the trial is full.
    """
    target = scenario.enrollment.target or outline.planned_enrollment
    arrivals = streams.of(Component.ENROLLMENT).spawn(1)[0]
    verdicts = streams.of(Component.SCREENING).spawn(1)[0]
    start = int(sites.activation.min())
    site, time, reasons = np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=np.int64)
    # Periods of fixed length: how many are needed does not move the draws of those before.
    for low in range(0, _LONGEST_ENROLLMENT, _PERIOD):
        new_site, new_time = _arrivals(sites, start, low, arrivals)
        site, time = np.concatenate([site, new_site]), np.concatenate([time, new_time])
        reasons = np.concatenate([reasons, _draw_reasons(scenario.screen_failure, sites.failure[new_site], verdicts)])
        passed = np.flatnonzero(reasons < 0)
        if passed.size >= target:
            break
    else:
        raise ScenarioError(
            f"Enrolment of {target} subjects takes more than {_LONGEST_ENROLLMENT // 365} years. "
            "Raise enrollment.rate_per_month, add sites, or lower the target."
        )
    size = int(passed[target - 1]) + 1
    site, reasons = site[:size], reasons[:size]
    return Screened(
        sites=sites,
        site=site,
        number=_running_number(site, sites.rate.size),
        consent=start + np.floor(time[:size]).astype(np.int64),
        reason=reasons,
    )


def _arrivals(sites: Sites, start: int, low: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Site and time (days since `start`) of the consents from day `low` on for one period, in order of time."""
    opened = np.maximum(sites.activation - start, low)
    counts = rng.poisson(sites.rate * np.maximum(low + _PERIOD - opened, 0))
    site = np.repeat(np.arange(counts.size), counts)
    time = opened[site] + rng.random(site.size) * (low + _PERIOD - opened)[site]
    order = np.argsort(time, kind="stable")
    return site[order], time[order]


def _draw_reasons(failure: ScreenFailure | None, probability: Floats, rng: np.random.Generator) -> Ints:
    fails = rng.random(probability.size) < probability
    which = rng.random(probability.size)
    if failure is None or not failure.reasons:
        return np.where(fails, 0, -1)
    weights = np.cumsum([reason.weight for reason in failure.reasons])
    return np.where(fails, np.searchsorted(weights / weights[-1], which, side="right"), -1)


def _running_number(group: Ints, groups: int) -> Ints:
    """1, 2, ... within each group, in the order given."""
    number = np.zeros(group.size, dtype=np.int64)
    for one in range(groups):
        members = group == one
        number[members] = np.arange(1, int(members.sum()) + 1)
    return number
