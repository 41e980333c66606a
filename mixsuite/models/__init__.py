"""Models as stages with named sites: the base, the stack of several runs, and a file for each model, by domain."""
