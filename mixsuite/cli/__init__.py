"""The command line: parses, calls ``mixsuite.api``, prints. Sub-commands import what they need when they run."""

from mixsuite.cli.app import app, main

__all__ = ["app", "main"]
