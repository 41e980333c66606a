"""Results over time: is a cell what it was when the baseline was accepted, and is a difference real? Never imports torch."""
