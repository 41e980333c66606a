"""One data set a file; the file's name is the data set's name."""
