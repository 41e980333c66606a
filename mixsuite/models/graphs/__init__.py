"""Models of the domain graphs, one file each."""
