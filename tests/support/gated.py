"""A small matrix whose runs the regression gate is tried on: 2 cells of 12 seeds, seconds of training."""

GATED = """
reference = "erm"
seeds = "0-11"
datasets = ["digits(rows=300, test=0.5)@short"]
methods = ["erm", "mixup"]
[recipes.short]
model = "conv(width=6)"
optimizer = "sgd"
lr = 0.3
schedule = "linear"
steps = 120
batch = 16
"""
