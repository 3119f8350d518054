"""What the methods for missing data take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.spec import MethodSpec

SPECS: Mapping[str, MethodSpec] = {}
