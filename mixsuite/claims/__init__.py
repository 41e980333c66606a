"""What the papers claim, each as a study: a matrix, rules laid down beforehand, a verdict."""
