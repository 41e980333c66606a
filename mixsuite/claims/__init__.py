"""The claims of papers, each tested by a study: a matrix, rules fixed beforehand, and a conclusion."""
