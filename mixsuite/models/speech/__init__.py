"""Models of the domain speech, one file each."""
