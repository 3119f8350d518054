"""Define-XML: what a submission says of its datasets and analyses, read (1.0, 2.0, 2.1), written (2.1) and checked."""

from trialwright.standards.define.building import build_define
from trialwright.standards.define.checks import RULES, check_define
from trialwright.standards.define.documents import (
    AnalysisDataset,
    AnalysisResult,
    AnalysisResultDisplay,
    Comment,
    DefineDocument,
    DefineError,
    LinkedDocument,
    Method,
    identifier,
    identify,
)
from trialwright.standards.define.domains import describe_domains
from trialwright.standards.define.pages import define_page, write_define_page, write_stylesheet
from trialwright.standards.define.reading import read_define
from trialwright.standards.define.where_clauses import InexpressibleConditionError, RangeCheck, clauses_of, condition_of
from trialwright.standards.define.writing import STYLESHEET_NAME, define_bytes, write_define

__all__ = [
    "RULES",
    "STYLESHEET_NAME",
    "AnalysisDataset",
    "AnalysisResult",
    "AnalysisResultDisplay",
    "Comment",
    "DefineDocument",
    "DefineError",
    "InexpressibleConditionError",
    "LinkedDocument",
    "Method",
    "RangeCheck",
    "build_define",
    "check_define",
    "clauses_of",
    "condition_of",
    "define_bytes",
    "define_page",
    "describe_domains",
    "identifier",
    "identify",
    "read_define",
    "write_define",
    "write_define_page",
    "write_stylesheet",
]
