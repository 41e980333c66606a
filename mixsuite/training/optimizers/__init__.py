"""One optimiser a file; the file's name is the optimiser's name."""
