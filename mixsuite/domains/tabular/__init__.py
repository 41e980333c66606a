"""The domain tabular: its adapter, how it looks, and its data sets."""
