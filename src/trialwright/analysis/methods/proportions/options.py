"""The options of the methods for proportions and tables of counts, as a plan gives them.

`docs/reference/methods-proportions.md` explains them beside the statistics that they lead to.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trialwright.analysis.marked_yaml import Text
from trialwright.analysis.methods.options import ContrastOptions, VariableName
from trialwright.conditions import parse_condition


def _variables_of(*conditions: str | None) -> list[str]:
    return [name for text in conditions if text for name in parse_condition(text).variables]


class CmhOptions(ContrastOptions):
    """Options of `cmh`.

    strata       variables whose combinations are the strata
    alternative  which association is tested: "correlation" of row with column scores (1 degree of freedom),
                 "row_mean_scores" differ between rows, "general" association
    scores       of the columns, and for "correlation" of the rows: "table" (a numeric variable's values, else 1, 2,
                 ...), "rank" (mean ranks within the stratum), "ridit" (rank / n), "modified_ridit" (rank / (n + 1))
    levels       of the variable, in this order; others that occur follow, sorted. Not given: all that occur, sorted
    event        a condition: the columns are the subjects without and with a record that fulfils it
    categories   levels as conditions, by name, in this order
    contrasts    pairs of levels of the first grouping that are also compared alone
    least_strata how many strata must hold two records (or subjects) each for the test to be given
    """

    strata: list[VariableName] = Field(default_factory=list)
    alternative: Literal["correlation", "row_mean_scores", "general"] = "general"
    scores: Literal["table", "rank", "ridit", "modified_ridit"] = "table"
    levels: list[Text] = Field(default_factory=list)
    event: str | None = None
    categories: dict[str, str] = Field(default_factory=dict)
    least_strata: Annotated[int, Field(ge=1)] = 1

    def variables(self) -> list[str]:
        """The strata, and the variables of the conditions."""
        return [*self.strata, *_variables_of(self.event, *self.categories.values())]
