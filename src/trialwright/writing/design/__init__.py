"""The design report: what is asked and assumed, how the designs in question behave, and which one was chosen."""

from trialwright.writing.design.report import write_design_report

__all__ = ["write_design_report"]
