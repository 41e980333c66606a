"""Equal tuning: every method's setting is searched with the same compute, on training rows of the run it is for."""
