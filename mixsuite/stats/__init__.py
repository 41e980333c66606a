"""The statistics of paired runs: numpy and scipy only."""
