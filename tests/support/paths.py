"""Where things are in the repository."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
TOYS = ROOT / "benchmarks" / "claims" / "toys"
OUTSIDERS = ROOT / "tests" / "support" / "outsiders"
PLANTED = ROOT / "tests" / "support" / "planted"
