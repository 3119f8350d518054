"""The whole way as a graph of artefacts: what is stale, what made what, and making it again."""

from trialwright.pipeline.checking import KIND_NAMES, CheckedFolder, DataKind, check_folder
from trialwright.pipeline.define_documents import export_define, import_define, write_define_documents
from trialwright.pipeline.design_in_study import check_study_design, export_designed_study
from trialwright.pipeline.design_tracing import TracedDesign, is_of_design, trace_design
from trialwright.pipeline.engine import Assessment, State, StepOutcome, assess, bring_up_to_date
from trialwright.pipeline.folders import changed_in_demo, make_demo_folder, make_study_folder
from trialwright.pipeline.lineage import SourceRecords, source_records, topic_variables, write_lineage
from trialwright.pipeline.provenance import ArtefactRecord, Provenance, read_provenance
from trialwright.pipeline.recorded import TracedRecord, is_record, trace_record
from trialwright.pipeline.reporting_events import export_reporting_event, read_event_as_plan
from trialwright.pipeline.step import Step
from trialwright.pipeline.steps import SUBJECTS_SEPARATOR, study_steps
from trialwright.pipeline.study_run import ASKED_FOR, ENDS, example_result, find_results, open_queries, update
from trialwright.pipeline.tracing import TracedResult, resolve_name, trace_result
from trialwright.pipeline.verifying import count_findings, input_digests, last_findings, verify_file, write_verification

__all__ = [
    "ASKED_FOR",
    "ENDS",
    "KIND_NAMES",
    "SUBJECTS_SEPARATOR",
    "ArtefactRecord",
    "Assessment",
    "CheckedFolder",
    "DataKind",
    "Provenance",
    "SourceRecords",
    "State",
    "Step",
    "StepOutcome",
    "TracedDesign",
    "TracedRecord",
    "TracedResult",
    "assess",
    "bring_up_to_date",
    "changed_in_demo",
    "check_folder",
    "check_study_design",
    "count_findings",
    "example_result",
    "export_define",
    "export_designed_study",
    "export_reporting_event",
    "find_results",
    "import_define",
    "input_digests",
    "is_of_design",
    "is_record",
    "last_findings",
    "make_demo_folder",
    "make_study_folder",
    "open_queries",
    "read_event_as_plan",
    "read_provenance",
    "resolve_name",
    "source_records",
    "study_steps",
    "topic_variables",
    "trace_design",
    "trace_record",
    "trace_result",
    "update",
    "verify_file",
    "write_define_documents",
    "write_lineage",
    "write_verification",
]
