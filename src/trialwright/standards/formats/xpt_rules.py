"""What may be wrong with a SAS transport file, version 5, and with a dataset that is to become one."""

from __future__ import annotations

from trialwright.findings import Rule, Severity

_TS140 = "SAS technical support note TS-140"
_TCG = "FDA Study Data Technical Conformance Guide"


def _rule(name: str, title: str, source: str = _TS140, severity: Severity = Severity.ERROR) -> Rule:
    return Rule(id=f"xpt.{name}", title=title, source=source, severity=severity)


# Reading
TRUNCATED = _rule("truncated", "A transport file holds every record whole.")
ENCODING = _rule("encoding", "Every text has the encoding that the file is read with.", severity=Severity.WARNING)
SPECIAL_MISSING = _rule(
    "special-missing", "Missing numbers are plain: the kinds .A to .Z and ._ are not kept.", severity=Severity.WARNING
)
ROUNDED = _rule("number-rounded", "Every number of the file is a double.", severity=Severity.NOTE)
DATE_VALUE = _rule(
    "date-value",
    "Numbers of a variable with a date format are whole days of our calendar, likewise datetimes and times.",
    severity=Severity.WARNING,
)
SEVERAL_MEMBERS = _rule(
    "several-members", "A transport file has one dataset.", f"{_TCG}, 'File Format'", Severity.WARNING
)
VERSION_8 = _rule("version-8", "A transport file is of version 5.", f"{_TCG}, 'File Format'", Severity.WARNING)

# Writing
DATASET_NAME = _rule(
    "dataset-name", "The name of a dataset has 1 to 8 letters, digits and underscores, and begins with no digit."
)
NAME_LENGTH = _rule("name-length", "The name of a variable has 1 to 8 characters.")
NAME_CHARACTERS = _rule(
    "name-characters", "The name of a variable has letters, digits and underscores, and begins with no digit."
)
NAME_UNIQUE = _rule("name-unique", "No two variables have the same name, in capitals or not.")
LABEL_LENGTH = _rule("label-length", "A label has at most 40 bytes.")
VARIABLES = _rule("variables", "A dataset has 1 to 9,999 variables.")
TYPE = _rule("type", "A variable holds text, numbers, dates, times or datetimes without a time zone.")
FORMAT = _rule("format", "A display format is one of SAS: up to 8 characters, width and decimals.")
TEXT_LENGTH = _rule("text-length", "A text has at most 200 bytes.")
PLANNED_LENGTH = _rule(
    "planned-length", "A text has at most the bytes of its variable's planned length.", severity=Severity.WARNING
)
CHARACTERS = _rule("characters", "Texts, names and labels can be written in the file's encoding.")
TRAILING_BLANKS = _rule(
    "trailing-blanks",
    "No text ends in blanks, which the format cannot tell from its filling.",
    severity=Severity.WARNING,
)
NUMBER_RANGE = _rule("number-range", "A number is 0 or between 16**-65 and 16**63 in size.")
INTEGER_PRECISION = _rule("integer-precision", "An integer is one that a double holds: exact up to 2**53.")
DATE_RANGE = _rule("date-range", "A date is not before 1582-01-01, the first that SAS knows.")
BLANK_LAST_RECORD = _rule(
    "blank-last-record", "The last record of a dataset with short records has something but blanks."
)
SIZE = _rule("size", "A transport file has at most 5 GB.", f"{_TCG}, 'Dataset Size'", Severity.WARNING)

READING_RULES = (TRUNCATED, ENCODING, SPECIAL_MISSING, ROUNDED, DATE_VALUE, SEVERAL_MEMBERS, VERSION_8)
WRITING_RULES = (
    DATASET_NAME,
    NAME_LENGTH,
    NAME_CHARACTERS,
    NAME_UNIQUE,
    LABEL_LENGTH,
    VARIABLES,
    TYPE,
    FORMAT,
    TEXT_LENGTH,
    PLANNED_LENGTH,
    CHARACTERS,
    TRAILING_BLANKS,
    NUMBER_RANGE,
    INTEGER_PRECISION,
    DATE_RANGE,
    BLANK_LAST_RECORD,
    SIZE,
)
