"""Checks on a study definition: what is wrong in it, as findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType

from trialwright.findings import Finding, Rule
from trialwright.study import content_checks, reference_checks, schedule_checks
from trialwright.study.study import Study

_Check = Callable[[Study], Iterator[Finding]]

# In the order in which they are reported: what breaks navigation comes first.
_CHECKS: MappingProxyType[Rule, _Check] = MappingProxyType(
    reference_checks.CHECKS | schedule_checks.CHECKS | content_checks.CHECKS
)

STUDY_RULES: tuple[Rule, ...] = tuple(_CHECKS)


def check_study(study: Study) -> list[Finding]:
    """Everything that `STUDY_RULES` find wrong in the definition, in the order of the rules.

    The checks read the records and the tree, not the navigation, so that a definition with dangling references is
    checked to its end.
    """
    return [finding for check in _CHECKS.values() for finding in check(study)]
