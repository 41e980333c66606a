"""Training: knows the contracts of data, models and methods, and no concrete method, data set or domain."""
