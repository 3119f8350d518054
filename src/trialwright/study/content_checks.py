"""Checks on what the study says: objectives, endpoints, estimands, criteria, population, titles."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from trialwright.findings import Finding, Rule, Severity
from trialwright.study.facts import show_number
from trialwright.study.study import Study
from trialwright.study.usdm import Quantity
from trialwright.study.views import level_of

OBJECTIVE_WITHOUT_ENDPOINT = Rule(
    id="study.objective-without-endpoint",
    title="Each objective has at least one endpoint.",
    source="ICH M11, section 3; ICH E9, 2.2.2",
    severity=Severity.WARNING,
)
PRIMARY_ENDPOINT = Rule(
    id="study.primary-endpoint",
    title="The study has a primary objective with a primary endpoint.",
    source="ICH E9, 2.2.2; ICH M11, section 3.1",
)
ESTIMAND_VARIABLE = Rule(
    id="study.estimand-variable",
    title="Each estimand names a treatment, a population, and an endpoint of the design as its variable.",
    source="ICH E9(R1), A.3.3: attributes of an estimand",
)
ESTIMAND_STRATEGY = Rule(
    id="study.estimand-strategy",
    title="Each estimand names its intercurrent events, each with a strategy.",
    source="ICH E9(R1), A.3.2",
    severity=Severity.WARNING,
)
PRIMARY_ESTIMAND = Rule(
    id="study.primary-estimand",
    title="Each primary endpoint is the variable of an estimand.",
    source="ICH E9(R1), A.5; ICH M11, section 3.1",
    severity=Severity.WARNING,
)
CRITERION_TEXT = Rule(
    id="study.criterion-text",
    title="Each eligibility criterion has a text.",
    source="ICH E3, 9.3.1 and 9.3.2; ICH M11, sections 5.2 and 5.3",
)
CRITERIA_PRESENT = Rule(
    id="study.criteria",
    title="The design has inclusion and exclusion criteria.",
    source="ICH E3, 9.3.1 and 9.3.2",
    severity=Severity.WARNING,
)
PLANNED_NUMBERS = Rule(
    id="study.planned-numbers",
    title="The planned number of subjects is given, and no more are to complete than to be enrolled.",
    source="ICH E3, 9.1 and 9.7.2",
    severity=Severity.WARNING,
)
TITLE_AND_SPONSOR = Rule(
    id="study.title-and-sponsor",
    title="The study has an official title, an identifier and a sponsor.",
    source="ICH E3, 1: title page",
)
ABBREVIATIONS = Rule(
    id="study.abbreviation-twice",
    title="Each abbreviation stands for one thing.",
    source="ICH E3, 4: list of abbreviations",
    severity=Severity.WARNING,
)


def check_objectives(study: Study) -> Iterator[Finding]:
    """One finding for each objective without endpoints."""
    for objective in study.design.objectives:
        if not objective.endpoints:
            yield Finding.of(
                OBJECTIVE_WITHOUT_ENDPOINT,
                where=objective.id,
                message=f"The {level_of(objective.level)} objective “{objective.shown}” has no endpoint.",
                remedy="Add the endpoint by which it is judged.",
            )


def check_primary_endpoint(study: Study) -> Iterator[Finding]:
    """A finding when no primary objective has a primary endpoint."""
    for objective in study.design.objectives:
        if level_of(objective.level) == "primary" and any(
            level_of(endpoint.level) == "primary" for endpoint in objective.endpoints
        ):
            return
    yield Finding.of(
        PRIMARY_ENDPOINT,
        where=f"{study.design.id}.objectives",
        message="No primary objective with a primary endpoint is defined.",
        remedy="Give an objective the level Primary Objective (C85826), and an endpoint of it that of C94496.",
    )


def check_estimand_variables(study: Study) -> Iterator[Finding]:
    """One finding for each attribute of an estimand that leads to nothing."""
    endpoints = {endpoint.id for objective in study.design.objectives for endpoint in objective.endpoints}
    populations = {population.id for population in study.analysis_populations}
    interventions = {intervention.id for intervention in study.current.study_interventions}
    for estimand in study.design.estimands:
        lacking = []
        if estimand.variable_of_interest_id not in endpoints:
            lacking.append(("variable", "variableOfInterestId", estimand.variable_of_interest_id))
        if estimand.analysis_population_id not in populations:
            lacking.append(("population", "analysisPopulationId", estimand.analysis_population_id))
        if not interventions.intersection(estimand.intervention_ids):
            lacking.append(("treatment", "interventionIds", ", ".join(estimand.intervention_ids)))
        for attribute, place, given in lacking:
            yield Finding.of(
                ESTIMAND_VARIABLE,
                where=f"{estimand.id}.{place}",
                message=f"The estimand “{estimand.shown}” has no {attribute}.",
                evidence=given or "empty",
                remedy=f"Name the {attribute} by its identifier in {place}.",
            )


def check_estimand_strategies(study: Study) -> Iterator[Finding]:
    """One finding for each estimand without intercurrent events, and for each event without strategy."""
    for estimand in study.design.estimands:
        if not estimand.intercurrent_events:
            yield Finding.of(
                ESTIMAND_STRATEGY,
                where=f"{estimand.id}.intercurrentEvents",
                message=f"The estimand “{estimand.shown}” names no intercurrent event.",
                remedy="Add the events that affect its interpretation, with the strategy for each.",
            )
        for event in estimand.intercurrent_events:
            if not event.strategy.strip():
                yield Finding.of(
                    ESTIMAND_STRATEGY,
                    where=f"{event.id}.strategy",
                    message=f"The intercurrent event “{event.shown}” has no strategy.",
                    remedy="Say treatment policy, hypothetical, composite, while on treatment, or principal stratum.",
                )


def check_primary_estimands(study: Study) -> Iterator[Finding]:
    """One finding for each primary endpoint that no estimand has as its variable."""
    variables = {estimand.variable_of_interest_id for estimand in study.design.estimands}
    for objective in study.design.objectives:
        for endpoint in objective.endpoints:
            if level_of(endpoint.level) == "primary" and endpoint.id not in variables:
                yield Finding.of(
                    PRIMARY_ESTIMAND,
                    where=endpoint.id,
                    message=f"No estimand has the primary endpoint “{endpoint.shown}” as its variable.",
                    remedy="Add an estimand for it.",
                )


def check_criterion_texts(study: Study) -> Iterator[Finding]:
    """One finding for each criterion whose text is missing or empty."""
    items = {item.id: item for item in study.current.eligibility_criterion_items}
    for criterion in study.design.eligibility_criteria:
        item = items.get(criterion.criterion_item_id)
        if item is None or not item.text.strip():
            yield Finding.of(
                CRITERION_TEXT,
                where=criterion.id,
                message=f"The criterion “{criterion.shown}” has no text.",
                evidence=criterion.criterion_item_id if item is None else "empty",
                remedy="Write its text in an EligibilityCriterionItem and name that in criterionItemId.",
            )


def check_criteria_present(study: Study) -> Iterator[Finding]:
    """A finding for each kind of criterion that the design lacks."""
    codes = {criterion.category.code for criterion in study.design.eligibility_criteria}
    for kind, code in (("inclusion", "C25532"), ("exclusion", "C25370")):
        if code not in codes:
            yield Finding.of(
                CRITERIA_PRESENT,
                where=f"{study.design.id}.eligibilityCriteria",
                message=f"The design has no {kind} criterion.",
                remedy=f"Add the {kind} criteria, with the category {code}.",
            )


def check_planned_numbers(study: Study) -> Iterator[Finding]:
    """A finding when the planned enrollment is missing, not positive, or below the planned completion."""
    population = study.population
    enrollment, completion = population.planned_enrollment_number, population.planned_completion_number
    where = f"{population.id}.plannedEnrollmentNumber"
    if enrollment is None:
        if not any(cohort.planned_enrollment_number for cohort in population.cohorts):
            yield Finding.of(
                PLANNED_NUMBERS,
                where=where,
                message="The planned number of subjects is not given.",
                remedy="Give it for the population, or for each cohort.",
            )
        return
    planned = enrollment.value if isinstance(enrollment, Quantity) else enrollment.max_value.value
    if planned <= 0:
        yield Finding.of(
            PLANNED_NUMBERS,
            where=where,
            message="The planned number of subjects is not positive.",
            evidence=show_number(planned),
            remedy="Give the number that is to be enrolled.",
        )
    if isinstance(completion, Quantity) and completion.value > planned:
        yield Finding.of(
            PLANNED_NUMBERS,
            where=f"{population.id}.plannedCompletionNumber",
            message="More subjects are planned to complete than to be enrolled.",
            evidence=f"{show_number(completion.value)} to complete, {show_number(planned)} to be enrolled",
            remedy="Mend one of the two numbers.",
        )


def check_title_and_sponsor(study: Study) -> Iterator[Finding]:
    """A finding for each thing that a title page needs and the definition lacks."""
    for thing, place, is_there in (
        ("official title", "titles", study.title("official_title") is not None),
        ("identifier", "studyIdentifiers", bool(study.identifiers)),
        ("sponsor", "roles", study.sponsor_organization is not None),
    ):
        if not is_there:
            yield Finding.of(
                TITLE_AND_SPONSOR,
                where=f"{study.current.id}.{place}",
                message=f"The study has no {thing}.",
                remedy=f"Add the {thing} in {place}.",
            )


def check_abbreviations(study: Study) -> Iterator[Finding]:
    """One finding for each abbreviation that stands for two things."""
    meanings: dict[str, list[str]] = {}
    for entry in study.current.abbreviations:
        meanings.setdefault(entry.abbreviated_text, []).append(entry.expanded_text)
    for short, expanded in meanings.items():
        if len(set(expanded)) > 1:
            yield Finding.of(
                ABBREVIATIONS,
                where=f"{study.current.id}.abbreviations",
                message=f"The abbreviation “{short}” stands for {len(set(expanded))} things.",
                evidence="; ".join(expanded),
                remedy="Keep one meaning, and write the other out.",
            )


CHECKS: dict[Rule, Callable[[Study], Iterator[Finding]]] = {
    TITLE_AND_SPONSOR: check_title_and_sponsor,
    PRIMARY_ENDPOINT: check_primary_endpoint,
    OBJECTIVE_WITHOUT_ENDPOINT: check_objectives,
    ESTIMAND_VARIABLE: check_estimand_variables,
    ESTIMAND_STRATEGY: check_estimand_strategies,
    PRIMARY_ESTIMAND: check_primary_estimands,
    CRITERIA_PRESENT: check_criteria_present,
    CRITERION_TEXT: check_criterion_texts,
    PLANNED_NUMBERS: check_planned_numbers,
    ABBREVIATIONS: check_abbreviations,
}
