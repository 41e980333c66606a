"""The domain speech: its adapter, how it looks, and its data sets."""
