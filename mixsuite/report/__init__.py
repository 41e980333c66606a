"""From records to tables. Reads records and <out>/matrix.toml only, and never imports torch."""
