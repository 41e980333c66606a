"""Models of the domain images, one file each."""
