"""Matrix files as text."""

from support.paths import TOYS

from mixsuite.experiment.matrix import load_matrix

GOOD = 'seeds = "0-2"\ndatasets = ["wine"]\nmethods = ["erm", "mixup"]\n'


RECIPE = '[recipes.mine]\nmodel = "mlp(width=8, depth=1)"\noptimizer = "sgd"\nlr = 0.1\nsteps = 5\nbatch = 4\n'

# For the toys in benchmarks/claims/toys that are points in the plane.
POINTS = RECIPE.replace("mine", "points_gan").replace("mlp(", f"{TOYS / 'points.py'}(")


def load_text(folder, text):
    """The matrix of a file m.toml with a text."""
    path = folder / "m.toml"
    path.write_text(text)
    return load_matrix(str(path))
