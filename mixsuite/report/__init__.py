"""Make tables from records. This package reads only records and <out>/matrix.toml, and never imports torch."""
