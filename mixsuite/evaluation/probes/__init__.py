"""One probe a file; the file's name is the probe's name."""
