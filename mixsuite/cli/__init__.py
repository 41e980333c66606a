"""The command line: it parses options, calls ``mixsuite.api`` and prints.

Commands import what they need when they run, so ``mixsuite --help`` stays fast.
"""

from mixsuite.cli.app import app, main

__all__ = ["app", "main"]
