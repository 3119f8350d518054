"""What the methods for response of tumours and time to progression take."""

from __future__ import annotations

from collections.abc import Mapping

from trialwright.analysis.methods.spec import MethodSpec

SPECS: Mapping[str, MethodSpec] = {}
