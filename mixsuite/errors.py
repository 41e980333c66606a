"""Errors for bad input, in one line that names the value and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_SHOWN = 200  # characters of a name that an error repeats


def printable(text: str) -> str:
    """A stranger's text for one line of a terminal or a table: line ends, ANSI codes and the like are written out."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


class InputError(Exception):
    """The user's input cannot be used. The command line prints the error, which is one line, and exits with 2."""

    def __init__(self, text: str) -> None:
        super().__init__(printable(text))


class SkipRun(Exception):
    """A run does not apply here: the method rejects the task, or a library is missing."""


def unknown(what: str, name: object, allowed: Iterable[str]) -> InputError:
    """Make the error for a name that is not allowed; it suggests the nearest allowed name."""
    choices = sorted(allowed)
    shown = printable(str(name)[:_SHOWN])
    near = difflib.get_close_matches(shown, choices, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return InputError(f"unknown {what} '{shown}'{hint} (allowed: {', '.join(choices) or 'none'})")
