"""The field's file formats, both directions: SAS transport files, SAS datasets, Dataset-JSON, Parquet."""
