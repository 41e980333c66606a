"""The toys of benchmarks/claims/toys as outside files: entries, and jobs on them."""

from support.paths import TOYS
from support.tasks import job_of, opened


def toy(name, inside=""):
    """The entry of a toy: ``toy("gan", "formula=demo")``."""
    return f"{TOYS / name}.py({inside})" if inside else f"{TOYS / name}.py"


RING, GRID = toy("gaussians", "shape=ring"), toy("gaussians", "shape=grid")


def ring_job(inside="", **values):
    """A GAN on the ring, ready to train, in float64."""
    return job_of(RING, toy("gan", inside), **values)


def opened_toy(name, inside="", **values):
    """(data, untrained model) of a toy."""
    return opened(toy(name, inside), **values)
