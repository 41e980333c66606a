"""One augmentation a file; the file's name is the augmentation's name."""
