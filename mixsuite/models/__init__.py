"""Models as stages with named sites: the base, the stack of several runs, and one file a model by domain."""
