"""Models of the domain tabular, one file each."""
