"""The whole way as a graph of artefacts: what is stale, what made what, and making it again."""

from trialwright.pipeline.engine import Assessment, State, StepOutcome, assess, bring_up_to_date
from trialwright.pipeline.provenance import ArtefactRecord, Provenance, read_provenance
from trialwright.pipeline.step import Step

__all__ = [
    "ArtefactRecord",
    "Assessment",
    "Provenance",
    "State",
    "Step",
    "StepOutcome",
    "assess",
    "bring_up_to_date",
    "read_provenance",
]
