"""What the schema and the specification of Dataset-JSON 1.1 ask of a file."""

from __future__ import annotations

from trialwright.findings import Rule, Severity

_SCHEMA = "CDISC Dataset-JSON 1.1, JSON schema"
_TEXT = "CDISC Dataset-JSON 1.1, specification"


def _rule(name: str, title: str, source: str = _SCHEMA, severity: Severity = Severity.ERROR) -> Rule:
    return Rule(id=f"dataset-json.{name}", title=title, source=source, severity=severity)


REQUIRED = _rule("required", "Every attribute that the schema requires is there.")
TYPE = _rule("type", "Every attribute has the JSON type that the schema gives it.")
UNKNOWN = _rule("unknown-attribute", "Columns and the source system have no attributes but the schema's.")
EXTENSION = _rule(
    "extension", "Attributes of the dataset are the schema's; others are extensions.", severity=Severity.NOTE
)
PATTERN = _rule("pattern", "Datetimes and the version are written as the schema's patterns ask.")
EMPTY = _rule("empty", "Identifiers and names are not empty.")
MINIMUM = _rule("minimum", "Lengths and key sequences are 1 or more, the number of records 0 or more.")
DATA_TYPE = _rule("data-type", "dataType is one of the ten of the schema, targetDataType integer or decimal.")
COMBINATION = _rule("type-combination", "dataType and targetDataType go together.", _TEXT)
NAME_UNIQUE = _rule("name-unique", "No two columns have the same name or the same itemOID.", _TEXT)
KEY_SEQUENCE = _rule("key-sequence", "The key sequence counts 1, 2, 3, ... without gaps or twins.", _TEXT)
MODIFIED = _rule("modified-after-creation", "The database was last modified before the file was created.", _TEXT)
ORDER = _rule("attribute-order", "Attributes come in the order of the specification.", _TEXT, severity=Severity.NOTE)
ROW = _rule("row", "Every row is an array with one value for each column.", _TEXT)
VALUE = _rule("value", "Every value has the JSON type of its column's dataType, or is null.", _TEXT)
CONVERSION = _rule("conversion", "Every value can be converted into its column's targetDataType.", _TEXT)
LENGTH = _rule("length", "No text is longer than its column says.", _TEXT, severity=Severity.WARNING)
RECORDS = _rule("records", "The number of rows is the number of records that the file states.", _TEXT)

# Writing
FINITE = _rule("finite", "Numbers are finite: JSON has no other way to write them.", _TEXT)
WRITABLE = _rule("writable", "A variable holds text, numbers, booleans, dates, times or datetimes.", _TEXT)
LABEL = _rule("label", "Datasets and variables have labels.", _TEXT, severity=Severity.NOTE)
INTEGER = _rule("integer", "A variable that is described as integer has whole numbers.", _TEXT, Severity.WARNING)

READING_RULES = (
    REQUIRED,
    TYPE,
    UNKNOWN,
    EXTENSION,
    PATTERN,
    EMPTY,
    MINIMUM,
    DATA_TYPE,
    COMBINATION,
    NAME_UNIQUE,
    KEY_SEQUENCE,
    MODIFIED,
    ORDER,
    ROW,
    VALUE,
    CONVERSION,
    LENGTH,
    RECORDS,
)
WRITING_RULES = (FINITE, WRITABLE, LABEL, INTEGER)
