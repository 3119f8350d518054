"""The engine: a specification of datasets, read from YAML, and its execution on the SDTM domains of a study."""
