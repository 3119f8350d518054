"""Who the subjects are: age, sex, race, ethnicity, height and weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialwright.rehearsal.checked import ScenarioError
from trialwright.rehearsal.distributions import truncated_normal
from trialwright.rehearsal.outline import Flags, Floats, Ints
from trialwright.rehearsal.scenario import Body, Population


@dataclass(frozen=True, eq=False, kw_only=True)
class People:
    """The subjects' own facts: age in whole years, sex, race, ethnicity, height in cm, weight in kg."""

    age: Ints
    is_woman: Flags
    race: tuple[str, ...]
    is_hispanic: Flags
    height: Floats
    weight: Floats


def simulate_people(population: Population, region: list[str], rng: np.random.Generator) -> People:
    """The people who consent; `region` is where each lives.

    Raises `ScenarioError` if the population says nothing of a region.
    """
    size = len(region)
    uniforms = rng.random((size, 5))
    normals = rng.standard_normal(size)
    age = truncated_normal(
        uniforms[:, 0],
        population.age_mean,
        max(population.age_sd, 1e-9),
        population.age_minimum,
        population.age_maximum + 1 - 1e-9,
    )
    is_woman = uniforms[:, 1] < population.female
    race, hispanic = [], []
    for one, uniform in zip(region, uniforms[:, 2], strict=True):
        if one not in population.races or one not in population.hispanic:
            raise ScenarioError(
                f"The population says nothing of the region {one!r} under `races` and `hispanic`. "
                f"It has: {', '.join(population.races)}."
            )
        shares = population.races[one]
        limits = np.cumsum(list(shares.values()))
        race.append(list(shares)[int(np.searchsorted(limits / limits[-1], uniform, side="right"))])
        hispanic.append(population.hispanic[one])
    women, men = population.women, population.men
    height = np.where(
        is_woman,
        women.height_cm + women.height_sd * normals,
        men.height_cm + men.height_sd * normals,
    )
    bmi = np.where(is_woman, _body_mass_index(women, uniforms[:, 4]), _body_mass_index(men, uniforms[:, 4]))
    return People(
        age=np.floor(age).astype(np.int64),
        is_woman=is_woman,
        race=tuple(race),
        is_hispanic=uniforms[:, 3] < np.array(hispanic),
        height=height,
        weight=bmi * (height / 100) ** 2,
    )


def _body_mass_index(body: Body, uniform: Floats) -> Floats:
    return truncated_normal(uniform, body.bmi, max(body.bmi_sd, 1e-9), body.bmi_minimum, body.bmi_maximum)
