"""Imputation by regression on what went before: each visit on the covariates and the visits before it.

The regressions of all visits together are a multivariate normal model of the visits given the covariates, with as many
parameters; their draws are draws from its posterior. Of a monotone pattern (after its first missing value a subject has
no more) they need no iteration. Values that are missing before a subject's last one are first completed by a chain that
draws them and the parameters in turn ("monotone data augmentation").

After a subject's last value before the intercurrent event, an assumption says whose model it follows:

- missing at random: that of its own arm;
- jump to reference: the mean of its own arm before the event and of the reference arm after it; given its own values,
  the regression of the reference arm on deviations from these means;
- copy increments in reference: as before, but the mean goes on from its own arm's by the reference arm's increments;
- copy reference: the reference arm's model for all visits.

Source: Carpenter JR, Roger JH, Kenward MG. J Biopharm Stat 2013;23:1352-1371. Schafer JL. Analysis of Incomplete
Multivariate Data, 1997, sections 5.4 and 6.5. Rubin DB. Multiple Imputation for Nonresponse in Surveys, 1987, p. 174.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialwright.analysis.methods.imputation.options import Assumption
from trialwright.analysis.methods.imputation.regression import (
    ImputationError,
    Moments,
    draw_regression,
    independent_columns,
    moments,
    together,
)
from trialwright.analysis.methods.imputation.subjects import Measurements
from trialwright.analysis.request import Booleans, Floats, Integers


@dataclass(frozen=True, kw_only=True)
class VisitModel:
    """The regression of each visit, for each imputation.

    slopes    (imputation, visit, column of the design)
    carried   (imputation, visit, earlier visit): 0 on and above the diagonal
    sigma     (imputation, visit): residual SD
    """

    slopes: Floats
    carried: Floats
    sigma: Floats

    def means(self, design: Floats) -> Floats:
        """(imputation, subject, visit): means given the design alone."""
        direct = design @ self.slopes.swapaxes(1, 2)
        found = np.empty_like(direct)
        for visit in range(direct.shape[2]):
            before = found[:, :, :visit] @ self.carried[:, visit, :visit, None]
            found[:, :, visit] = direct[:, :, visit] + before[:, :, 0]
        return found


@dataclass(kw_only=True)
class _Group:
    """Subjects that share a model: an arm, or all arms.

    design, values  of its subjects; `values` (imputation, subject, visit) of those with a value missing before their
                    last one are drawn by the chain, and by (subject, visit) of the others they are data
    last            number of visits up to the last value
    """

    name: str
    design: Floats
    observed: Booleans
    data: Floats
    last: Integers
    imputations: int

    def __post_init__(self) -> None:
        visit = np.arange(self.data.shape[1])
        self.lacking = ~self.observed & (visit < self.last[:, None])
        self.is_chained = self.lacking.any(axis=1)
        self.fixed = np.flatnonzero(~self.is_chained)
        self.chained = np.flatnonzero(self.is_chained)
        start = np.where(self.observed, self.data, 0.0)
        count = np.maximum(self.observed.sum(axis=0), 1)
        filled = np.where(self.observed, self.data, start.sum(axis=0) / count)
        self.values = np.repeat(filled[self.chained][None], self.imputations, axis=0)
        self.kept: list[Integers] = []
        self.sums: list[Moments] = []
        for index in visit.tolist():
            here = self.fixed[self.last[self.fixed] > index]
            self.sums.append(moments(np.hstack([self.design[here], self.data[here, : index + 1]])))
            everybody = np.flatnonzero(self.last > index)
            own = independent_columns(self.design[everybody])
            carried = self.design.shape[1] + np.arange(index)
            self.kept.append(np.concatenate([own, carried]).astype(np.int64))

    def draw_model(self, visits: tuple[str, ...], rng: np.random.Generator) -> VisitModel:
        """Parameters given the data and the chained values."""
        n_visits, q = len(visits), self.design.shape[1]
        slopes = np.zeros((self.imputations, n_visits, q))
        carried = np.zeros((self.imputations, n_visits, n_visits))
        sigma = np.zeros((self.imputations, n_visits))
        for index, visit in enumerate(visits):
            what = f"{visit}{self.name}"
            found = self.sums[index]
            chained = np.flatnonzero(self.last[self.chained] > index)
            if len(chained):
                design = np.broadcast_to(self.design[self.chained][chained], (self.imputations, len(chained), q))
                drawn = self.values[:, chained, : index + 1]
                found = together(found, moments(np.concatenate([design, drawn], axis=2)))
            if not found.n:
                raise ImputationError(f"nobody{self.name} has a value at {visit}, or later, to impute from")
            coefficients, sigma[:, index] = draw_regression(found, self.kept[index], self.imputations, rng, what)
            slopes[:, index] = coefficients[:, :q]
            carried[:, index, :index] = coefficients[:, q:]
        return VisitModel(slopes=slopes, carried=carried, sigma=sigma)

    def draw_values(self, model: VisitModel, rng: np.random.Generator) -> None:
        """Values that are missing before the last one, given the parameters and all others, visit after visit."""
        values, last = self.values, self.last[self.chained]
        n_visits = values.shape[2]
        design = self.design[self.chained]
        expected = design @ model.slopes.swapaxes(1, 2) + values @ model.carried.swapaxes(1, 2)
        residual = values - expected
        inside = np.arange(n_visits) < last[:, None]
        precision = 1 / np.square(model.sigma)
        for visit in range(n_visits):
            who = np.flatnonzero(self.lacking[self.chained][:, visit])
            if not len(who):
                continue
            # The value's own regression, and those of the later visits that have it as a regressor.
            weights = np.zeros((self.imputations, n_visits))
            weights[:, visit] = 1.0
            weights[:, visit + 1 :] = -model.carried[:, visit + 1 :, visit]
            scaled = (weights * precision)[:, None, :] * inside[who]
            information = (scaled * weights[:, None, :]).sum(axis=2)
            score = (scaled * residual[:, who]).sum(axis=2)
            step = -score / information + rng.standard_normal(score.shape) / np.sqrt(information)
            values[:, who, visit] += step
            residual[:, who] += weights[:, None, :] * step[:, :, None]


def impute_monotone(
    data: Measurements,
    *,
    imputations: int,
    burn_in: int,
    by_arm: bool,
    assumption: Assumption,
    reference: str | None,
    rng: np.random.Generator,
) -> Floats:
    """The completed values (imputation, subject, visit); raises `ImputationError` if the data do not determine them.

    reference  level of the arm that the assumption names
    """
    values, shift, scale = data.standardized()
    design = data.imputation_design()
    present = data.present
    if not by_arm:
        design = np.hstack([design, *(_indicator(data.arm == arm) for arm in present[1:])])
    if assumption != "missing_at_random" and (reference is None or data.arms.index(reference) not in present):
        raise ImputationError(f"there is nobody with the reference {reference} to impute from")
    completed = np.repeat(values[None], imputations, axis=0)
    models: dict[int, VisitModel] = {}
    for members in [[arm] for arm in present] if by_arm else [present]:
        who = np.flatnonzero(np.isin(data.arm, members))
        group = _Group(
            name=f" of {data.arms[members[0]]}" if by_arm else "",
            design=design[who],
            observed=data.observed[who],
            data=values[who],
            last=data.last[who],
            imputations=imputations,
        )
        model = group.draw_model(data.visits, rng)
        if len(group.chained):
            for _ in range(burn_in):
                group.draw_values(model, rng)
                model = group.draw_model(data.visits, rng)
            completed[:, who[group.chained]] = group.values
        models |= dict.fromkeys(members, model)
    chosen = data.arms.index(reference) if reference in data.arms else -1
    for arm in present:
        who = np.flatnonzero((data.arm == arm) & (data.last < len(data.visits)))
        if not len(who):
            continue
        own = design[who]
        followed = assumption if arm != chosen else "missing_at_random"
        other = own if by_arm or followed == "missing_at_random" else _as_if_in(own, present, chosen)
        completed[:, who] = _continued(
            completed[:, who],
            data.last[who],
            own=own,
            other=other,
            model=models[arm],
            reference=models[arm] if followed == "missing_at_random" else models[chosen],
            assumption=followed,
            rng=rng,
        )
    is_kept = ~np.isnan(data.values)
    return np.where(is_kept, data.values, completed * scale + shift)


def _indicator(mask: Booleans) -> Floats:
    return mask.astype(np.float64).reshape(-1, 1)


def _as_if_in(design: Floats, present: list[int], arm: int) -> Floats:
    """The design with the indicators of arms, its last columns, as of another arm."""
    turned = design.copy()
    others = len(present) - 1
    turned[:, design.shape[1] - others :] = [float(one == arm) for one in present[1:]]
    return turned


def _continued(
    values: Floats,
    last: Integers,
    *,
    own: Floats,
    other: Floats,
    model: VisitModel,
    reference: VisitModel,
    assumption: str,
    rng: np.random.Generator,
) -> Floats:
    """The values of one arm's subjects with those after the last one drawn, visit after visit.

    own, other  design of the subjects as they are, and as if they were in the reference arm
    """
    done = values.copy()
    n_visits = values.shape[2]
    is_after = np.arange(n_visits) >= last[:, None]
    center = reference.means(other)
    if assumption in ("jump_to_reference", "copy_increments"):
        mine = model.means(own)
        jump = np.zeros(center.shape[:2])
        if assumption == "copy_increments":
            before = np.maximum(last - 1, 0)
            rows = np.arange(len(last))
            jump = np.where(last > 0, mine[:, rows, before] - center[:, rows, before], 0.0)
        center = np.where(is_after, center + jump[:, :, None], mine)
    for visit in range(n_visits):
        who = np.flatnonzero(is_after[:, visit])
        if not len(who):
            continue
        deviation = done[:, who, :visit] - center[:, who, :visit]
        expected = center[:, who, visit] + (deviation @ reference.carried[:, visit, :visit, None])[:, :, 0]
        noise = rng.standard_normal(expected.shape)
        done[:, who, visit] = expected + reference.sigma[:, visit, None] * noise
    return done
