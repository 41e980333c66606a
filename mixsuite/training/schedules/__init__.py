"""One schedule a file; the file's name is the schedule's name."""
