"""What the methods for numbers compared between groups take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.spec import MethodSpec

SPECS: Mapping[str, MethodSpec] = {}
