"""The domain graphs: its adapter, how it looks, and its data sets."""
