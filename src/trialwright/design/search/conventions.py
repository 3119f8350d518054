"""What the numbers of compared and searched designs mean, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialwright.design.definition.model import DesignDefinition, Driver, Multiplicity

_ALWAYS = (
    "allocation weights have the control first; hazard ratios are experimental / control",
    "Z compares an experimental arm with the control; above 0 favors the experimental arm",
    "times are calendar times from the beginning of the trial",
    "an analysis whose events or outcomes never come is done when the last event or outcome, and the last subject, has "
    "come",
    "a comparison is rejected in favor of the experimental arm when Z reaches its efficacy bound",
)
_COMPUTED = "computed powers are of the primary comparison, by the normal approximation"
_AVERAGE_HAZARD_RATIO = (
    "where hazards are not proportional, the effect behind computed powers is at every analysis the average hazard "
    "ratio at the final one, weighted by the events expected by then"
)
_FINAL = "the final analysis of means and proportions is when all subjects have been followed"
_INTERIM = (
    "interim analyses are at their fraction of the events, or of the subjects expected to have an outcome, rounded up"
)
_TWO_SIDED = (
    "a two-sided test that finds the experimental arm worse decides the comparison without counting as power; it "
    "counts among any rejections, as its type I error does"
)
_FUTILITY = (
    "a comparison at or below its futility bound at an interim analysis is given up for good, also where the bounds "
    "are not binding"
)
_END = (
    "a trial ends at the analysis at which its last comparison is decided: rejected, given up, or out of reach in the "
    "sequence; until then all arms go on"
)
_PROCEDURES: Mapping[Multiplicity, str] = {
    "fixed_sequence": "each comparison of the sequence has the bounds of the whole alpha, and is rejected only at an "
    "analysis by which all before it are rejected, with the data of that analysis; one given up ends the sequence",
    "bonferroni": "each comparison has the bounds of alpha divided by the number of comparisons",
    "holm": "each comparison has the bounds of alpha divided by the number of comparisons, but the level of a rejected "
    "one goes to the others, which are held to the bounds of the higher level from that analysis on",
}
_DRIVERS: Mapping[Driver, str] = {
    "site": "all sites of a design cost by site, also those that would have opened after the end of the trial",
    "site_time": "the time that a site is open is from its opening to the end of the trial",
    "subject_time": "the time that a subject is followed ends with the event, the dropout, the end of follow-up or the "
    "end of the trial; where the outcome is no time to an event, when the outcome is due",
    "interim": "the interim analyses that were done cost, not the final one",
}
_SIMULATION = (
    "all designs and scenarios have the same random numbers, which makes differences between them more precise",
    "standard errors are those of simulation; what is computed has none, or 0",
)
_PRIOR = (
    "the probability of success by the prior is of the primary comparison at its own level; the prior is of the "
    "endpoint of the chosen design, and for another endpoint is taken in units of the planned effect"
)
_ENROLLMENT = "enrollment is forecast for all subjects, whether or not the trial stops before"
_SEARCH = (
    "the front is of the candidates that keep all limits, each estimate taken as it is, and is reported as verified: "
    "by new random numbers, the same for all designs of it",
    "candidates that are no possible trials count as candidates",
)


def conventions_of(definition: DesignDefinition, *, of_search: bool = False) -> tuple[str, ...]:
    """What holds for the designs of a definition, a sentence each; what it has nothing of is left out.

    of_search  of the candidates of a search, which may have interim analyses that the definition's designs have not
    """
    test, designs = definition.test, definition.designs.values()
    kinds = {definition.endpoint(design.endpoint).kind for design in designs}
    drivers = {part.per for part in definition.cost.parts} if definition.cost else set()
    may_stop = of_search or any(design.looks > 1 for design in designs)
    may_give_up = of_search or any(design.looks > 1 and design.futility is not None for design in designs)
    has_several = len(test.comparisons) > 1
    return (
        *_ALWAYS,
        _COMPUTED,
        *((_AVERAGE_HAZARD_RATIO,) if "time_to_event" in kinds else ()),
        *((_FINAL,) if kinds - {"time_to_event"} else ()),
        *((_INTERIM,) if may_stop else ()),
        *((_TWO_SIDED,) if test.sided == 2 else ()),
        *((_PROCEDURES[test.multiplicity],) if has_several else ()),
        *((_FUTILITY,) if may_give_up else ()),
        *((_END,) if may_stop else ()),
        *(words for driver, words in _DRIVERS.items() if driver in drivers),
        *_SIMULATION,
        *((_PRIOR,) if definition.prior else ()),
        _ENROLLMENT,
        *(_SEARCH if of_search else ()),
    )
