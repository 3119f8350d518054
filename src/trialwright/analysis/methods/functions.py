"""What a method is, as a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from trialwright.analysis.request import Booleans, Request
from trialwright.results import Result

# Each function takes its own model of options, which METHOD_SPECS names: a relation that types cannot express.
MethodFunction: TypeAlias = Callable[[Request, Any], Iterator[Result]]
RecordsUsed: TypeAlias = Callable[[Request, Any], Booleans]
