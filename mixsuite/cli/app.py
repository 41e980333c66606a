"""The ``mixsuite`` command, and what all its sub-commands share."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from types import FrameType
from typing import Annotated, Any

import typer

from mixsuite import __version__
from mixsuite.cli import authors, claims, data, regression, runs, tuning
from mixsuite.errors import InputError

app = typer.Typer(
    name="mixsuite",
    help="Is a mixup-style method better than mixup, where, by how much, and at what cost?",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for family in (runs, regression, claims, tuning, authors, data):
    family.add_to(app)
_INTERRUPTED = 130  # the exit status that shells give to Ctrl-C


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mixsuite {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"warning: {message}", file=sys.stderr)  # noqa: T201


def main() -> None:
    """Run the ``mixsuite`` command. Bad input gives one line on stderr and exit status 2.

    SIGTERM, which schedulers send, ends a call as Ctrl-C does, with exit status 143.
    """
    warnings.showwarning = _show_warning
    terminated: list[int] = []

    def terminate(number: int, _: FrameType | None) -> None:
        terminated.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        if sys.stdout is not None:  # it is, where it was closed
            sys.stdout.flush()
    except InputError as error:
        status = _refuse(str(error))
    except BrokenPipeError:  # whoever reads the output has enough, as in `mixsuite list methods | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = 0
    except OSError as error:
        status = _refuse(f"{error.filename or 'the output'}: {error.strerror or error}")
    except (KeyboardInterrupt, typer.Abort):
        status = _INTERRUPTED
    except Exception as error:
        # typer's own usage errors are one line too. Anything else is a defect and keeps its traceback.
        if not hasattr(error, "format_message"):
            raise
        status = _refuse(" ".join(error.format_message().split()))
    finally:
        signal.signal(signal.SIGTERM, before)
    if status == _INTERRUPTED:  # typer may turn Ctrl-C into this exit status itself
        typer.echo("interrupted: what was finished is recorded; the same command goes on from here", err=True)
        status = 128 + terminated[0] if terminated else status
    sys.exit(status or 0)


def _refuse(text: str) -> int:
    typer.echo(f"mixsuite: {text}", err=True)
    return 2
