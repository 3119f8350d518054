"""Choosing a trial by how it will behave: sample size and power, interim analyses, dose finding."""

__all__: list[str] = []
