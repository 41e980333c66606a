"""Edits of a baseline."""


def shift(frame, by, method="mixup", metric="error"):
    """Add to the values of a method's metric, and make its weights others."""
    rows = (frame["method"] == method) & (frame["metric"] == metric)
    frame.loc[rows, "value"] = (frame.loc[rows, "value"].astype(float) + by).astype(str)
    frame.loc[frame["method"] == method, "digest_weights"] = "0"
