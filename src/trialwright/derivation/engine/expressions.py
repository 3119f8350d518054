"""Expressions: how a value is computed from the variables of a record. A small typed language, compiled to polars.

::

    (TRTEDT - TRTSDT) + 1
    round(WEIGHTBL / (HEIGHTBL / 100) ** 2, 1)
    upper(trim(AEDECOD)) || ' (' || AESEV || ')'
    coalesce(TRTSDT, RANDDT)
    sum(EXDOSE * days(EXSTDT, EXENDT))          only where records are summarized

Operators are `**`, `*`, `/`, `+`, `-` and `||` (texts one behind the other), in this order of binding, and parentheses.
A literal is a text in quotes, a number, `date 'yyyy-mm-dd'` or `missing`. The functions are listed in
`docs/reference/derivation.md` and in `functions_of_expressions`.

Date minus date is the number of days between them; date plus or minus a number is a date. What is computed from a
missing value is missing, but for the functions that say otherwise (`coalesce`, `least`, `greatest`, `total`,
`average`, `concat`); so is what cannot be computed (a division by zero, the root of a negative number).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import polars as pl

from trialwright.derivation.engine.expression_functions import AGGREGATES, FUNCTIONS, Typed, kind_of
from trialwright.errors import MissingVariableError, PlanError


class ExpressionError(PlanError):
    """An expression cannot be parsed, or does not fit the records it is applied to.

    position  offset of the character where it goes wrong, from 0
    """

    def __init__(self, *, text: str, position: int, reason: str) -> None:
        self.text, self.position, self.reason = text, position, reason
        super().__init__(f"The expression {text!r} goes wrong at character {position + 1}: {reason}")


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class _Literal:
    value: str | float | int | date | None


@dataclass(frozen=True, slots=True)
class _Binary:
    operator: str
    left: _Node
    right: _Node
    position: int


@dataclass(frozen=True, slots=True)
class _Negative:
    part: _Node
    position: int


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    arguments: tuple[_Node, ...]
    position: int


_Node: TypeAlias = _Variable | _Literal | _Binary | _Negative | _Call


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression; `text` is as it was written."""

    text: str
    root: _Node

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that it reads, in order of first appearance."""
        return tuple(dict.fromkeys(_variables(self.root)))

    @property
    def is_aggregate(self) -> bool:
        """Whether it makes one value of several records."""
        return any(name in AGGREGATES for name in _calls(self.root))

    def to_expr(
        self,
        schema: Mapping[str, pl.DataType],
        *,
        dataset: str = "the records",
        needed_by: str = "",
        allows_aggregates: bool = False,
    ) -> pl.Expr:
        """The polars expression for records of this schema.

        Raises `MissingVariableError` for a variable that is not there, `ExpressionError` where types do not fit or
        records are summarized where one record is meant.
        """
        user = needed_by or f"the expression {self.text!r}"
        for name in self.variables:
            if name not in schema:
                raise MissingVariableError(dataset=dataset, variable=name, needed_by=user, present=list(schema))
        return _Compiler(schema, self.text, allows_aggregates=allows_aggregates).compile(self.root).expr


def parse_expression(text: str) -> Expression:
    """The expression that `text` says; raises `ExpressionError` with the position."""
    return Expression(text, _Parser(text).parse())


def _variables(node: _Node) -> Iterator[str]:
    match node:
        case _Variable(name):
            yield name
        case _Binary(_, left, right):
            yield from _variables(left)
            yield from _variables(right)
        case _Negative(part):
            yield from _variables(part)
        case _Call(_, arguments):
            for argument in arguments:
                yield from _variables(argument)


def _calls(node: _Node) -> Iterator[str]:
    match node:
        case _Binary(_, left, right):
            yield from _calls(left)
            yield from _calls(right)
        case _Negative(part):
            yield from _calls(part)
        case _Call(name, arguments):
            yield name
            for argument in arguments:
                yield from _calls(argument)


# --- parsing ----------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""(?P<blank>\s+)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
      | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<name>[A-Za-z_]\w*)
      | (?P<operator>\*\*|\|\||[-+*/])
      | (?P<mark>[(),])""",
    re.VERBOSE,
)
_MAX_DEPTH = 50
#: How closely operators bind; `**` groups from the right, the others from the left.
_BINDING = {"||": 1, "+": 2, "-": 2, "*": 3, "/": 3, "**": 5}
_NEGATION_BINDING = 4


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # "number", "text", "name", "operator", "mark", "end"
    text: str
    position: int


class _Parser:
    """Operator precedence over the tokens; every error names the position of the token at fault."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._tokens())
        self.index = 0
        self.depth = 0

    def _fail(self, position: int, reason: str) -> ExpressionError:
        return ExpressionError(text=self.text, position=position, reason=reason)

    def _tokens(self) -> Iterator[_Token]:
        position = 0
        while position < len(self.text):
            found = _TOKEN.match(self.text, position)
            if found is None:
                rest = self.text[position]
                reason = "this text has no closing quote." if rest in "'\"" else f"{rest!r} means nothing here."
                raise self._fail(position, reason)
            if found.lastgroup != "blank":
                yield _Token(str(found.lastgroup), found.group(), position)
            position = found.end()
        yield _Token("end", "", len(self.text))

    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def _take(self, kind: str, text: str | None = None) -> _Token | None:
        token = self.token
        if token.kind != kind or (text is not None and token.text != text):
            return None
        self.index += 1
        return token

    def _found(self) -> str:
        return "the end" if self.token.kind == "end" else repr(self.token.text)

    def parse(self) -> _Node:
        root = self._binary(0)
        if self.token.kind != "end":
            raise self._fail(self.token.position, f"expected an operator or the end, found {self._found()}.")
        return root

    def _binary(self, least: int) -> _Node:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self._fail(self.token.position, f"this is nested more than {_MAX_DEPTH} deep.")
        left = self._prefix()
        while self.token.kind == "operator" and _BINDING[self.token.text] > least:
            operator = self.token
            self.index += 1
            binding = _BINDING[operator.text]
            right = self._binary(binding - 1 if operator.text == "**" else binding)
            left = _Binary(operator.text, left, right, operator.position)
        self.depth -= 1
        return left

    def _prefix(self) -> _Node:
        token = self.token
        if self._take("operator", "-"):
            return _Negative(self._binary(_NEGATION_BINDING), token.position)
        if self._take("mark", "("):
            inner = self._binary(0)
            if self._take("mark", ")") is None:
                raise self._fail(self.token.position, f"expected a closing parenthesis, found {self._found()}.")
            return inner
        if self._take("number"):
            number = float(token.text)
            if math.isinf(number):
                raise self._fail(token.position, f"{token.text} is too large for a number.")
            return _Literal(int(number) if number.is_integer() and abs(number) < 2**53 else number)
        if self._take("text"):
            return _Literal(_unquoted(token.text))
        if self._take("name"):
            return self._named(token)
        raise self._fail(token.position, f"expected a variable, a value or a function, found {self._found()}.")

    def _named(self, token: _Token) -> _Node:
        if token.text == "missing":
            return _Literal(None)
        if token.text == "date" and self.token.kind == "text":
            written = self.token
            self.index += 1
            try:
                return _Literal(date.fromisoformat(_unquoted(written.text)))
            except ValueError:
                raise self._fail(written.position, f"{written.text} is no date; write '2014-01-02'.") from None
        if self._take("mark", "(") is None:
            return _Variable(token.text, token.position)
        if token.text not in FUNCTIONS and token.text not in AGGREGATES:
            known = ", ".join(sorted({**FUNCTIONS, **AGGREGATES}))
            raise self._fail(token.position, f"there is no function {token.text!r}. Known are: {known}.")
        arguments: list[_Node] = []
        while self._take("mark", ")") is None:
            if arguments and self._take("mark", ",") is None:
                raise self._fail(self.token.position, f"expected a comma or ), found {self._found()}.")
            arguments.append(self._binary(0))
        function = FUNCTIONS.get(token.text) or AGGREGATES[token.text]
        if not function.takes(len(arguments)):
            raise self._fail(token.position, f"{token.text} is written {function.form}.")
        return _Call(token.text, tuple(arguments), token.position)


def _unquoted(text: str) -> str:
    return text[1:-1].replace(text[0] * 2, text[0])


# --- compiling --------------------------------------------------------------------------------------------------------


class _Compiler:
    def __init__(self, schema: Mapping[str, pl.DataType], text: str, *, allows_aggregates: bool) -> None:
        self.schema, self.text, self.allows_aggregates = schema, text, allows_aggregates

    def _fail(self, position: int, reason: str) -> ExpressionError:
        return ExpressionError(text=self.text, position=position, reason=reason)

    def compile(self, node: _Node) -> Typed:
        match node:
            case _Variable(name):
                return Typed(pl.col(name), kind_of(self.schema[name]))
            case _Literal(value):
                return _literal(value)
            case _Negative(part, position):
                operand = self._need(self.compile(part), "number", position, "-")
                return Typed(-operand.expr, "number")
            case _Binary(operator, left, right, position):
                return self._binary(operator, self.compile(left), self.compile(right), position)
            case _Call(name, arguments, position):
                return self._call(name, [self.compile(argument) for argument in arguments], position)

    def _need(self, operand: Typed, kind: str, position: int, operator: str) -> Typed:
        if operand.kind not in (kind, "any"):
            raise self._fail(position, f"{operator} needs a {kind}, found a {operand.kind}.")
        return operand

    def _binary(self, operator: str, left: Typed, right: Typed, position: int) -> Typed:
        if operator == "||":
            self._need(left, "text", position, operator)
            self._need(right, "text", position, operator)
            return Typed(left.expr + right.expr, "text")
        if left.kind == "date" or right.kind == "date":
            return self._of_dates(operator, left, right, position)
        self._need(left, "number", position, operator)
        self._need(right, "number", position, operator)
        match operator:
            case "+":
                return Typed(left.expr + right.expr, "number")
            case "-":
                return Typed(left.expr - right.expr, "number")
            case "*":
                return Typed(left.expr * right.expr, "number")
            case "/":
                return Typed(_finite(left.expr.cast(pl.Float64) / right.expr.cast(pl.Float64)), "number")
            case _:
                return Typed(_finite(left.expr.cast(pl.Float64) ** right.expr.cast(pl.Float64)), "number")

    def _of_dates(self, operator: str, left: Typed, right: Typed, position: int) -> Typed:
        if operator == "-" and right.kind == "date":
            self._need(left, "date", position, operator)
            return Typed((left.expr - right.expr).dt.total_days(), "number")
        if operator in ("+", "-") and left.kind == "date":
            self._need(right, "number", position, operator)
            days = right.expr.cast(pl.Int64)
            return Typed(left.expr + pl.duration(days=days if operator == "+" else -days), "date")
        raise self._fail(position, f"dates can be subtracted, and days added to them; there is no {operator} of dates.")

    def _call(self, name: str, arguments: list[Typed], position: int) -> Typed:
        function = FUNCTIONS.get(name)
        if function is None:
            if not self.allows_aggregates:
                raise self._fail(position, f"{name} makes one value of several records; use it in a step `summarize`.")
            function = AGGREGATES[name]
        for argument, kind in zip(arguments, function.kinds_of(len(arguments)), strict=True):
            if kind != "any":
                self._need(argument, kind, position, name)
        kinds = {argument.kind for argument in arguments} - {"any"}
        if function.is_uniform and len(kinds) > 1:
            raise self._fail(position, f"{name} needs values of one kind, found {' and '.join(sorted(kinds))}.")
        return function.build(arguments)


def _literal(value: str | float | int | date | None) -> Typed:
    match value:
        case None:
            return Typed(pl.lit(None), "any")
        case str():
            return Typed(pl.lit(value), "text")
        case date():
            return Typed(pl.lit(value, dtype=pl.Date), "date")
        case _:
            return Typed(pl.lit(value), "number")


def _finite(quotient: pl.Expr) -> pl.Expr:
    """Missing where there is no such number (0 in the denominator)."""
    return pl.when(quotient.is_finite()).then(quotient)
