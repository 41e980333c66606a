"""Rows and states as values: what is read, what is trained on, what flows through a model."""
