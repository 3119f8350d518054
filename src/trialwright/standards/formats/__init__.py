"""The field's file formats, both directions: SAS transport files, SAS datasets, Dataset-JSON, Parquet."""

from trialwright.standards.formats.conversion import Conversion, convert_file, dataset_files, targets_in
from trialwright.standards.formats.dataset_json_reader import (
    check_dataset_json,
    read_dataset_json,
    read_dataset_json_metadata,
)
from trialwright.standards.formats.dataset_json_writer import FileDescription, write_dataset_json
from trialwright.standards.formats.files import (
    READABLE,
    WRITABLE,
    DatasetFormat,
    format_of,
    read_any,
    read_any_metadata,
    read_library,
    write_any,
)
from trialwright.standards.formats.sas7bdat import read_sas7bdat
from trialwright.standards.formats.written import Written
from trialwright.standards.formats.xpt_reader import read_xpt, read_xpt_library, read_xpt_metadata
from trialwright.standards.formats.xpt_writer import write_xpt

__all__ = [
    "READABLE",
    "WRITABLE",
    "Conversion",
    "DatasetFormat",
    "FileDescription",
    "Written",
    "check_dataset_json",
    "convert_file",
    "dataset_files",
    "format_of",
    "read_any",
    "read_any_metadata",
    "read_dataset_json",
    "read_dataset_json_metadata",
    "read_library",
    "read_sas7bdat",
    "read_xpt",
    "read_xpt_library",
    "read_xpt_metadata",
    "targets_in",
    "write_any",
    "write_dataset_json",
    "write_xpt",
]
