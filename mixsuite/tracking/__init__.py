"""Results over time: is a cell what it was when the baseline was accepted, and if not, since which stage, and is
the difference real? Reads records and a baseline; never imports torch."""
