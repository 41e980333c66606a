"""Adapters: a dataset becomes tensors on the device and a staged model. One domain a file."""
