"""Plugins: how an entry is written, found, loaded and bound, and what identifies its code."""
