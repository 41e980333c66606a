"""The domain images: its adapter, how it looks, and its data sets."""
