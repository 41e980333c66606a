"""Bad input, said in one line that names the value and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(Exception):
    """What the user gave cannot be used: the command line prints it in one line and exits with 2."""


class SkipRun(Exception):
    """A run that does not apply here (a method on a table it rejects, a library that is not there)."""


def unknown(what: str, name: object, allowed: Iterable[str]) -> InputError:
    """The error for a name that is none of the allowed ones, with the nearest name suggested."""
    choices = sorted(allowed)
    near = difflib.get_close_matches(str(name), choices, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return InputError(f"unknown {what} '{name}'{hint} (allowed: {', '.join(choices) or 'none'})")
