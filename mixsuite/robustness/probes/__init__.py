"""The built-in probes, found by file name."""
