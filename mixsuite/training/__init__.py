"""Training: it knows the contracts of data, models and methods, but no concrete method, data set or domain."""
