"""The plan and its results as a reporting event of CDISC's Analysis Results Standard 1.0, and one read back as a plan.

Source: CDISC Analysis Results Standard v1.0, logical model `ars_ldm` (https://www.cdisc.org/ars/1-0).
"""

from trialwright.analysis.ars.export import ReportedDisplay, reporting_event, write_reporting_event
from trialwright.analysis.ars.reading import RULES, ReadPlan, read_reporting_event

__all__ = [
    "RULES",
    "ReadPlan",
    "ReportedDisplay",
    "read_reporting_event",
    "reporting_event",
    "write_reporting_event",
]
