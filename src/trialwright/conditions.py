"""Conditions: which subjects or records are meant. A small typed language, compiled to polars without `eval`.

::

    SAFFL = 'Y' and AVISITN in (0, 8) and not (DTYPE = 'LOCF') and BASE is not missing
    TRTSDT >= date '2014-01-02' or ADT < TRTSDT

Operators are `=`, `!=`, `<`, `<=`, `>`, `>=`, `in (...)`, `not in (...)`, `is missing`, `is not missing`, `and`, `or`,
`not` and parentheses; `not` binds closest, then `and`, then `or`. A literal is a text in single or double quotes (a
quote inside is doubled), a number, or `date 'yyyy-mm-dd'`. Words of the language may be written in either case,
variables may not.

A condition is true or false for every record, never unknown. What happens to missing values is what SAS does, with one
exception:

- `=` and `!=`: a missing value is equal to another missing value and different from every other, so `DTYPE != 'LOCF'`
  keeps the records without DTYPE, and `not in` keeps them too.
- `<`, `<=`, `>`, `>=` with a missing value are false. SAS takes a missing number for the smallest of all, so that there
  `AVAL < 5` keeps records without AVAL, which no analysis plan means. Write `AVAL < 5 or AVAL is missing` to keep them.

A number that is none (NaN) is missing. The empty text, which is SAS's way to write a missing text, is refused.

Texts are compared as they are, capitals and blanks included.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import polars as pl

from trialwright.errors import ConditionError, MissingVariableError

LiteralValue: TypeAlias = str | float | int | date


class ConditionSyntaxError(ConditionError):
    """A condition cannot be parsed.

    text      the condition
    position  offset of the character where it goes wrong, from 0
    reason    what is wrong there
    """

    def __init__(self, *, text: str, position: int, reason: str) -> None:
        self.text, self.position, self.reason = text, position, reason
        super().__init__(f"The condition {text!r} goes wrong at character {position + 1}: {reason}")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the dataset that the condition is applied to."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number or a date."""

    value: LiteralValue

    def __str__(self) -> str:
        if isinstance(self.value, str):
            return "'" + self.value.replace("'", "''") + "'"
        if isinstance(self.value, date):
            return f"date '{self.value.isoformat()}'"
        return repr(self.value)


Operand: TypeAlias = Variable | Literal


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`; the operator is one of = != < <= > >=."""

    left: Operand
    operator: str
    right: Operand

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


@dataclass(frozen=True, slots=True)
class Membership:
    """`variable in (...)` or `variable not in (...)`."""

    variable: Variable
    values: tuple[Literal, ...]
    is_negated: bool = False

    def __str__(self) -> str:
        word = "not in" if self.is_negated else "in"
        return f"{self.variable} {word} ({', '.join(map(str, self.values))})"


@dataclass(frozen=True, slots=True)
class Missing:
    """`variable is missing` or `variable is not missing`."""

    variable: Variable
    is_negated: bool = False

    def __str__(self) -> str:
        return f"{self.variable} is {'not ' if self.is_negated else ''}missing"


@dataclass(frozen=True, slots=True)
class Not:
    """`not part`."""

    part: Node

    def __str__(self) -> str:
        return f"not ({self.part})"


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " and ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " or ".join(str(part) for part in self.parts)


Node: TypeAlias = Comparison | Membership | Missing | Not | And | Or


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition; `root` is None for the empty condition, which every record fulfils.

    `str(condition)` is its canonical form: two texts that parse to the same condition give the same canonical form, and
    it parses to the same condition again.
    """

    root: Node | None

    def __str__(self) -> str:
        return "" if self.root is None else str(self.root)

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that it reads, in order of first appearance."""
        return tuple(dict.fromkeys(_variables(self.root))) if self.root is not None else ()

    def to_expr(
        self, schema: Mapping[str, pl.DataType], *, dataset: str = "the dataset", needed_by: str = ""
    ) -> pl.Expr:
        """A polars expression that is true where the condition holds and false elsewhere, never null.

        Raises `MissingVariableError` for a variable that is not in `schema`, and `ConditionError` where types do not
        fit (a number compared with a text). `dataset` and `needed_by` are named in these errors.
        """
        user = needed_by or f"the condition {str(self)!r}"
        for name in self.variables:
            if name not in schema:
                raise MissingVariableError(dataset=dataset, variable=name, needed_by=user, present=list(schema))
        if self.root is None:
            return pl.repeat(True, pl.len())
        return _Compiler(schema, dataset, str(self)).compile(self.root)


def parse_condition(text: str) -> Condition:
    """The condition that `text` says; an empty text is fulfilled by every record.

    Raises `ConditionSyntaxError` with the position.
    """
    parser = _Parser(text)
    return parser.parse()


def _variables(node: Node) -> Iterator[str]:
    match node:
        case Comparison(left, _, right):
            yield from (operand.name for operand in (left, right) if isinstance(operand, Variable))
        case Membership(variable) | Missing(variable):
            yield variable.name
        case Not(part):
            yield from _variables(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _variables(part)


# --- parsing ----------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""(?P<blank>\s+)
      | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
      | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<name>[A-Za-z_]\w*)
      | (?P<operator><=|>=|!=|=(?!=)|<(?!>)|>)
      | (?P<mark>[(),])""",
    re.VERBOSE,
)
#: Deeper nesting is no condition that anybody wrote, and would exhaust the stack.
_MAX_DEPTH = 50
_WORDS = frozenset({"and", "or", "not", "in", "is", "missing", "date"})
_HINTS = {
    "==": "equality is written with one =.",
    "<>": "inequality is written !=.",
    "&": "write the word and.",
    "|": "write the word or.",
    "^=": "inequality is written !=.",
    "~=": "inequality is written !=.",
    "!": "write the word not, or != for inequality.",
}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # "number", "text", "name", "word", "operator", "mark", "end"
    text: str
    position: int


class _Parser:
    """Recursive descent over the tokens; every error names the position of the token at fault."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._tokens())
        self.index = 0
        self.depth = 0

    def _fail(self, position: int, reason: str) -> ConditionSyntaxError:
        return ConditionSyntaxError(text=self.text, position=position, reason=reason)

    def _tokens(self) -> Iterator[_Token]:
        position = 0
        while position < len(self.text):
            found = _TOKEN.match(self.text, position)
            if found is None:
                raise self._fail(position, self._unreadable(position))
            kind = str(found.lastgroup)
            if kind == "name" and found.group().lower() in _WORDS:
                yield _Token("word", found.group().lower(), position)
            elif kind != "blank":
                yield _Token(kind, found.group(), position)
            position = found.end()
        yield _Token("end", "", len(self.text))

    def _unreadable(self, position: int) -> str:
        rest = self.text[position:]
        for sign, hint in _HINTS.items():
            if rest.startswith(sign):
                return hint
        if rest[0] in "'\"":
            return "this text has no closing quote."
        if rest[0].isdigit() or rest[0] in "+-.":
            return "this is no number."
        return f"{rest[0]!r} means nothing here."

    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def _take(self, kind: str, text: str | None = None) -> _Token | None:
        token = self.token
        if token.kind != kind or (text is not None and token.text != text):
            return None
        self.index += 1
        return token

    def _expect(self, kind: str, text: str | None, wanted: str) -> _Token:
        taken = self._take(kind, text)
        if taken is None:
            raise self._fail(self.token.position, f"expected {wanted}, found {self._found()}.")
        return taken

    def _found(self) -> str:
        return "the end" if self.token.kind == "end" else repr(self.token.text)

    def parse(self) -> Condition:
        if self.token.kind == "end":
            return Condition(None)
        root = self._or()
        if self.token.kind != "end":
            raise self._fail(self.token.position, f"expected and, or, or the end, found {self._found()}.")
        return Condition(root)

    def _or(self) -> Node:
        parts = [self._and()]
        while self._take("word", "or"):
            parts.append(self._and())
        # Flattening nested parts makes the canonical form independent of parentheses that change nothing.
        flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
        return flat[0] if len(flat) == 1 else Or(tuple(flat))

    def _and(self) -> Node:
        parts = [self._not()]
        while self._take("word", "and"):
            parts.append(self._not())
        flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
        return flat[0] if len(flat) == 1 else And(tuple(flat))

    def _not(self) -> Node:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self._fail(self.token.position, f"parentheses and not are nested more than {_MAX_DEPTH} deep.")
        if self._take("word", "not"):
            part: Node = Not(self._not())
        elif self._take("mark", "("):
            part = self._or()
            self._expect("mark", ")", "a closing parenthesis")
        else:
            part = self._comparison()
        self.depth -= 1
        return part

    def _comparison(self) -> Node:
        start = self.token.position
        left = self._operand()
        if operator := self._take("operator"):
            right_at = self.token.position
            right = self._operand()
            if isinstance(left, Literal) and isinstance(right, Literal):
                raise self._fail(right_at, "two literals are compared; one side must be a variable.")
            return Comparison(left, operator.text, right)
        is_negated = self._take("word", "not") is not None
        if self._take("word", "in"):
            return Membership(self._as_variable(left, start), self._values(), is_negated)
        if not is_negated and self._take("word", "is"):
            is_negated = self._take("word", "not") is not None
            self._expect("word", "missing", "the word missing")
            return Missing(self._as_variable(left, start), is_negated)
        wanted = "the word in" if is_negated else "=, !=, <, <=, >, >=, in, not in, is missing or is not missing"
        raise self._fail(self.token.position, f"expected {wanted} after {left}, found {self._found()}.")

    def _as_variable(self, operand: Operand, position: int) -> Variable:
        if isinstance(operand, Variable):
            return operand
        raise self._fail(position, f"expected a variable, found {operand}.")

    def _values(self) -> tuple[Literal, ...]:
        self._expect("mark", "(", "a list in parentheses")
        values = [self._literal()]
        while self._take("mark", ","):
            values.append(self._literal())
        self._expect("mark", ")", "a comma or a closing parenthesis")
        return tuple(values)

    def _literal(self) -> Literal:
        position = self.token.position
        operand = self._operand()
        if isinstance(operand, Variable):
            raise self._fail(position, f"expected a text, a number or a date, found the variable {operand}.")
        return operand

    def _operand(self) -> Operand:
        token = self.token
        if self._take("name"):
            return Variable(token.text)
        if self._take("number"):
            number = float(token.text)
            if math.isinf(number):
                raise self._fail(token.position, f"{token.text} is too large for a number.")
            return Literal(int(number) if number.is_integer() and abs(number) < 2**53 else number)
        if self._take("text"):
            if not _unquoted(token.text).strip():
                # In SAS it means missing; read literally, X != '' would keep every record.
                raise self._fail(token.position, "no value is an empty text; write is missing or is not missing.")
            return Literal(_unquoted(token.text))
        if self._take("word", "date"):
            written = self._expect("text", None, "a date in quotes, such as date '2014-01-02'")
            try:
                return Literal(date.fromisoformat(_unquoted(written.text)))
            except ValueError:
                raise self._fail(written.position, f"{written.text} is no date; write '2014-01-02'.") from None
        raise self._fail(token.position, f"expected a variable or a literal, found {self._found()}.")


def _unquoted(text: str) -> str:
    return text[1:-1].replace(text[0] * 2, text[0])


# --- compiling --------------------------------------------------------------------------------------------------------

_KIND_WORDS = {"text": "a text", "number": "a number", "date": "a date", "other": "of a type that cannot be compared"}


def _kind_of_type(dtype: pl.DataType) -> str:
    if dtype.is_numeric():
        return "number"
    if isinstance(dtype, pl.String | pl.Categorical | pl.Enum):
        return "text"
    if isinstance(dtype, pl.Date | pl.Datetime):
        return "date"
    # A column without a single value has no type of its own: every comparison with it is a comparison with missing.
    return "any" if isinstance(dtype, pl.Null) else "other"


def _kind_of_literal(literal: Literal) -> str:
    match literal.value:
        case str():
            return "text"
        case date():
            return "date"
        case _:
            return "number"


@dataclass(frozen=True, slots=True)
class _Compiler:
    schema: Mapping[str, pl.DataType]
    dataset: str
    text: str

    def compile(self, node: Node) -> pl.Expr:
        match node:
            case Comparison(left, operator, right):
                return self._compare(left, operator, right)
            case Membership(variable, values, is_negated):
                for value in values:
                    self._check(variable, value)
                column = self._column(variable)
                members = [value.value for value in values]
                if self._kind(variable) == "number":
                    # polars takes Int64 values against Float64 members for a mistake.
                    column, members = (
                        column.cast(pl.Float64),
                        [float(value) for value in members if isinstance(value, int | float)],
                    )
                elif self._kind(variable) == "any":
                    column = column.cast(pl.String)
                    members = [str(value) for value in members]
                inside = column.is_in(members).fill_null(False)
                return ~inside if is_negated else inside
            case Missing(variable, is_negated):
                column = self._column(variable)
                return column.is_not_null() if is_negated else column.is_null()
            case Not(part):
                return ~self.compile(part)
            case And(parts):
                return pl.all_horizontal([self.compile(part) for part in parts])
            case Or(parts):
                return pl.any_horizontal([self.compile(part) for part in parts])

    def _compare(self, left: Operand, operator: str, right: Operand) -> pl.Expr:
        self._check(left, right)
        first, second = self._column(left), self._column(right)
        match operator:
            case "=":
                return first.eq_missing(second)
            case "!=":
                return first.ne_missing(second)
            case "<":
                compared = first < second
            case "<=":
                compared = first <= second
            case ">":
                compared = first > second
            case _:
                compared = first >= second
        return compared.fill_null(False)

    def _kind(self, operand: Operand) -> str:
        return _kind_of_literal(operand) if isinstance(operand, Literal) else _kind_of_type(self.schema[operand.name])

    def _column(self, operand: Operand) -> pl.Expr:
        if isinstance(operand, Literal):
            return pl.lit(operand.value)
        dtype = self.schema[operand.name]
        column = pl.col(operand.name)
        if isinstance(dtype, pl.Categorical | pl.Enum):
            return column.cast(pl.String)
        if dtype.is_float():
            return column.fill_nan(None)
        return column.cast(pl.Date) if isinstance(dtype, pl.Datetime) else column

    def _check(self, left: Operand, right: Operand) -> None:
        kinds = self._kind(left), self._kind(right)
        if "other" not in kinds and ("any" in kinds or kinds[0] == kinds[1]):
            return
        said = " and ".join(
            f"{self.dataset}.{operand} is {_KIND_WORDS[kind]}"
            if isinstance(operand, Variable)
            else f"{operand} is {_KIND_WORDS[kind]}"
            for operand, kind in zip((left, right), kinds, strict=True)
        )
        remedy = {
            ("date", "text"): "Write a date as date '2014-01-02'.",
            ("number", "text"): "Write a number without quotes.",
            ("text", "number"): "Write a text in quotes.",
        }.get(kinds, "Compare values of the same kind.")
        raise ConditionError(f"The condition {self.text!r} does not fit {self.dataset}: {said}. {remedy}")
