"""Conditions as Define-XML's where clauses, and back.

A where clause compares variables with values and holds if all its comparisons do; several clauses of one item hold if
one of them does. Values are written as texts: read back, they are numbers where the variable is one. A missing value is
written as a comparison with no value. What has another shape cannot be said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from trialwright.conditions import (
    And,
    Comparison,
    Literal,
    Membership,
    Missing,
    Node,
    Not,
    Or,
    Variable,
    parse_condition,
)
from trialwright.errors import ConditionError

_COMPARATORS = {"=": "EQ", "!=": "NE", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
_OPERATORS = {name: operator for operator, name in _COMPARATORS.items()}
_TURNED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATED = {"=": "!=", "!=": "="}
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
#: A text in quotes, or a variable of another dataset; the point is no part of a name in a condition.
_FOREIGN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\b([A-Za-z_]\w*)\.([A-Za-z_]\w*)""")
_POINT = "__of__"


class InexpressibleConditionError(ConditionError):
    """A condition is no where clause: it compares two variables, or nests `or` in `and`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeCheck:
    """One comparison.

    comparator  EQ, NE, LT, LE, GT, GE, IN or NOTIN
    values      as the file writes them; one empty text for a missing value
    """

    dataset: str
    variable: str
    comparator: str
    values: tuple[str, ...]


#: All of its checks hold.
WhereClause: TypeAlias = tuple[RangeCheck, ...]
#: Whether a variable (dataset, name) is a number.
IsNumber: TypeAlias = Callable[[str, str], bool]


def condition_of(clauses: Sequence[WhereClause], *, dataset: str, is_number: IsNumber) -> str:
    """The condition that one of `clauses` holds; variables of other datasets than `dataset` are named with theirs."""
    parts = [_joined([_node_of(check, dataset, is_number) for check in clause], And) for clause in clauses if clause]
    return str(_joined(parts, Or)) if parts else ""


def clauses_of(condition: str, *, dataset: str) -> tuple[WhereClause, ...]:
    """The where clauses of which one must hold; none for the empty condition.

    Raises `ConditionError` where the text is no condition, and `InexpressibleConditionError` where it is no where
    clause.
    """
    root = parse_condition(_FOREIGN.sub(_without_point, condition)).root
    if root is None:
        return ()
    alternatives = root.parts if isinstance(root, Or) else (root,)
    return tuple(_clause(node, dataset, condition) for node in alternatives)


def _without_point(found: re.Match[str]) -> str:
    return found[0] if found[1] is None else f"{found[1]}{_POINT}{found[2]}"


def _joined(nodes: list[Node], kind: type[And] | type[Or]) -> Node:
    return nodes[0] if len(nodes) == 1 else kind(tuple(nodes))


def _node_of(check: RangeCheck, dataset: str, is_number: IsNumber) -> Node:
    name = check.variable if check.dataset in ("", dataset) else f"{check.dataset}.{check.variable}"
    variable = Variable(name)
    numeric = is_number(check.dataset or dataset, check.variable)
    values = tuple(_literal(value, numeric) for value in check.values)
    if check.comparator in ("IN", "NOTIN"):
        return Membership(variable, values, check.comparator == "NOTIN")
    if check.values in ((), ("",)):
        return Missing(variable, check.comparator == "NE")
    return Comparison(variable, _OPERATORS[check.comparator], values[0])


def _literal(value: str, is_number: bool) -> Literal:
    if not is_number or _NUMBER.fullmatch(value) is None:
        return Literal(value)
    number = float(value)
    return Literal(int(number) if number.is_integer() and abs(number) < 1e15 else number)


def _clause(node: Node, dataset: str, condition: str) -> WhereClause:
    parts = node.parts if isinstance(node, And) else (node,)
    return tuple(_check(part, dataset, condition) for part in parts)


def _check(node: Node, dataset: str, condition: str) -> RangeCheck:
    match node:
        case Comparison(Variable(name), operator, Literal(value)):
            return _range_check(name, dataset, _COMPARATORS[operator], [value])
        case Comparison(Literal(value), operator, Variable(name)):
            return _range_check(name, dataset, _COMPARATORS[_TURNED[operator]], [value])
        case Membership(Variable(name), values, is_negated):
            comparator = "NOTIN" if is_negated else "IN"
            return _range_check(name, dataset, comparator, [value.value for value in values])
        case Missing(Variable(name), is_negated):
            return _range_check(name, dataset, "NE" if is_negated else "EQ", [""])
        case Not(Comparison(left, operator, right)) if operator in _NEGATED:
            return _check(Comparison(left, _NEGATED[operator], right), dataset, condition)
        case Not(Membership(variable, values, is_negated)):
            return _check(Membership(variable, values, not is_negated), dataset, condition)
        case Not(Missing(variable, is_negated)):
            return _check(Missing(variable, not is_negated), dataset, condition)
    raise InexpressibleConditionError(
        f"The condition {condition!r} cannot be written as a where clause of Define-XML, which compares variables with "
        "values and joins the comparisons by `and`. Say it in the description instead."
    )


def _range_check(name: str, dataset: str, comparator: str, values: Sequence[str | float | date]) -> RangeCheck:
    of, point, variable = name.partition(_POINT)
    texts = tuple(_text(value) for value in values)
    if not point:
        return RangeCheck(dataset=dataset, variable=name, comparator=comparator, values=texts)
    return RangeCheck(dataset=of, variable=variable, comparator=comparator, values=texts)


def _text(value: str | float | date) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return str(int(value)) if float(value).is_integer() else repr(value)
