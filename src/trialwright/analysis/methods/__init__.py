"""One module per statistical method; `registry` has them by name, `specs` and `options` say what they take."""

from __future__ import annotations

__all__: list[str] = []
