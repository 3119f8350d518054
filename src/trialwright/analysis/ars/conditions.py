"""Conditions as the standard's where clauses, and back.

The standard compares a variable with values that it writes as texts, and says nothing of their types. Read back, a
value is a number or a date where the variable is one: as the data say, else by the names that the ADaM implementation
guide gives numeric variables. A missing value is written as a comparison with no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from trialwright.conditions import (
    And,
    Comparison,
    Condition,
    Literal,
    Membership,
    Missing,
    Node,
    Not,
    Or,
    Variable,
)
from trialwright.errors import ConditionError

JsonObject: TypeAlias = dict[str, Any]

_COMPARATORS = {"=": "EQ", "!=": "NE", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
_OPERATORS = {name: operator for operator, name in _COMPARATORS.items()}
_TURNED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
#: ADaM implementation guide 1.3: names of numeric variables end in N, or are these.
_NUMERIC = re.compile(
    r"(?:AVAL|BASE|CHG|PCHG|AGE|CNSR|ADY|ASTDY|AENDY|VISITDY|TRTSEQ|ASEQ|SRCSEQ|DOSE\w*|[A-Z]\w*BL|[A-Z]{2}SEQ|A[NH]R(?:LO|HI))"
    r"|[A-Z]\w*N|TRT\d\dP?N"
)
_TEXT_ENDING_IN_N = frozenset({"REGION", "AEACN"})
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

#: Whether a variable (dataset, name) of the data is a number; None where nothing is known of it.
IsNumeric: TypeAlias = Callable[[str, str], bool | None]


class InexpressibleConditionError(ConditionError):
    """A condition compares two variables: the standard has no way to say it."""


def where_clause(condition: Condition, dataset_of: Callable[[str], str], *, level: int = 1) -> JsonObject:
    """`condition` or `compoundExpression` with `level` and `order`; only these two for the empty condition.

    dataset_of  the dataset that a variable is looked up in

    Raises `InexpressibleConditionError` where two variables are compared.
    """
    placed: JsonObject = {"level": level, "order": 1}
    if condition.root is None:
        return placed
    return {**placed, **_clause(condition.root, dataset_of, level)}


def _clause(node: Node, dataset_of: Callable[[str], str], level: int) -> JsonObject:
    def simple(variable: Variable, comparator: str, values: Sequence[Literal]) -> JsonObject:
        found = {"dataset": dataset_of(variable.name), "variable": variable.name, "comparator": comparator}
        return {"condition": {**found, **({"value": [_value_text(value) for value in values]} if values else {})}}

    match node:
        case Comparison(Variable() as variable, operator, Literal() as literal):
            return simple(variable, _COMPARATORS[operator], [literal])
        case Comparison(Literal() as literal, operator, Variable() as variable):
            return simple(variable, _COMPARATORS[_TURNED[operator]], [literal])
        case Comparison():
            raise InexpressibleConditionError(
                f"The condition {str(node)!r} compares two variables, which the Analysis Results Standard cannot say. "
                "Derive a flag of it in the dataset, and write the condition on the flag."
            )
        case Membership(variable, values, is_negated):
            return simple(variable, "NOTIN" if is_negated else "IN", values)
        case Missing(variable, is_negated):
            return simple(variable, "NE" if is_negated else "EQ", [])
        case Not(part):
            return _compound("NOT", [part], dataset_of, level)
        case And(parts):
            return _compound("AND", parts, dataset_of, level)
        case Or(parts):
            return _compound("OR", parts, dataset_of, level)


def _compound(operator: str, parts: Sequence[Node], dataset_of: Callable[[str], str], level: int) -> JsonObject:
    clauses = [
        {"level": level + 1, "order": order, **_clause(part, dataset_of, level + 1)}
        for order, part in enumerate(parts, start=1)
    ]
    return {"compoundExpression": {"logicalOperator": operator, "whereClauses": clauses}}


def _value_text(literal: Literal) -> str:
    value = literal.value
    return value.isoformat() if isinstance(value, date) else str(value)


def condition_text(clause: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], is_numeric: IsNumeric) -> str:
    """The condition that a where clause says, in this program's language; empty for a clause that says nothing.

    known  where clauses by id, for `subClauseId`

    Raises `ConditionError` for a clause that the model does not allow.
    """
    node = _node(clause, known, is_numeric, depth=0)
    return "" if node is None else str(node)


def _node(
    clause: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], is_numeric: IsNumeric, *, depth: int
) -> Node | None:
    if depth > len(known) + 50:
        raise ConditionError("The where clauses refer to each other in a circle. Take one of the references out.")
    if (referred := clause.get("subClauseId")) is not None:
        if referred not in known:
            raise ConditionError(f"A where clause refers to {referred!r}, which the reporting event does not define.")
        return _node(known[referred], known, is_numeric, depth=depth + 1)
    if (condition := clause.get("condition")) is not None:
        return _simple(condition, is_numeric)
    if (compound := clause.get("compoundExpression")) is not None:
        ordered = sorted(compound.get("whereClauses", []), key=lambda one: one.get("order", 0))
        found = [_node(one, known, is_numeric, depth=depth + 1) for one in ordered]
        parts = tuple(part for part in found if part is not None)
        operator = compound.get("logicalOperator")
        if operator == "NOT" and len(parts) == 1:
            return Not(parts[0])
        if operator in ("AND", "OR") and parts:
            if len(parts) == 1:
                return parts[0]
            return And(parts) if operator == "AND" else Or(parts)
        raise ConditionError(
            f"A compound expression has the operator {operator!r} and {len(parts)} where clauses: "
            "AND and OR take at least one, NOT takes one."
        )
    return None


def _simple(condition: Mapping[str, Any], is_numeric: IsNumeric) -> Node:
    name, comparator = str(condition.get("variable", "")), condition.get("comparator")
    values = [str(value) for value in condition.get("value") or [] if str(value) != ""]
    variable = Variable(name)
    if not values and comparator in ("EQ", "NE"):
        return Missing(variable, comparator == "NE")
    literals = tuple(_literal(value, str(condition.get("dataset", "")), name, is_numeric) for value in values)
    if comparator in ("IN", "NOTIN") and literals:
        return Membership(variable, literals, comparator == "NOTIN")
    if comparator in _OPERATORS and len(literals) == 1:
        return Comparison(variable, _OPERATORS[comparator], literals[0])
    raise ConditionError(
        f"The condition on {name} has the comparator {comparator!r} and {len(literals)} values. "
        f"Comparators are {', '.join([*_OPERATORS, 'IN', 'NOTIN'])}; all but the last two take one value."
    )


def _literal(text: str, dataset: str, variable: str, is_numeric: IsNumeric) -> Literal:
    known = is_numeric(dataset, variable)
    numeric = known if known is not None else _has_numeric_name(variable)
    if numeric:
        try:
            return Literal(int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text))
        except ValueError:
            pass
    if _ISO_DATE.fullmatch(text) and variable.endswith("DT") and known is not False:
        return Literal(date.fromisoformat(text))
    return Literal(text)


def _has_numeric_name(variable: str) -> bool:
    return variable not in _TEXT_ENDING_IN_N and _NUMERIC.fullmatch(variable) is not None
