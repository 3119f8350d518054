"""Numbers of things in words."""

from __future__ import annotations


def counted(number: int, one: str, several: str | None = None) -> str:
    """`1 record`, `1,234 records`."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"
