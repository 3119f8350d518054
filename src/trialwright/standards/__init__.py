"""What the field has agreed on: datasets with their metadata, terms, heading trees; and its file formats."""

from trialwright.standards.datasets import (
    Dataset,
    Datasets,
    Domains,
    read_dataset,
    read_datasets,
    write_dataset,
    write_datasets,
)

__all__ = [
    "Dataset",
    "Datasets",
    "Domains",
    "read_dataset",
    "read_datasets",
    "write_dataset",
    "write_datasets",
]
