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
from trialwright.standards.heading_trees import GuidelineSection, HeadingTree, heading_tree

__all__ = [
    "Dataset",
    "Datasets",
    "Domains",
    "GuidelineSection",
    "HeadingTree",
    "heading_tree",
    "read_dataset",
    "read_datasets",
    "write_dataset",
    "write_datasets",
]
