"""Trialwright: one study definition to a designed, rehearsed, analysed and reported clinical trial."""

__version__ = "0.1.0"
