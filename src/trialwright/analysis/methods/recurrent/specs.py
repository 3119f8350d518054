"""What the methods for counts and recurrent events take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.spec import MethodSpec

SPECS: Mapping[str, MethodSpec] = {}
