"""The face all commands share: options, progress, exit codes, an error as one line."""

import argparse
import sys
import traceback
from collections.abc import Callable

from rich.console import Console

DONE, FAILED, INTERRUPTED = 0, 1, 130
_HINT = "error: this is a defect of the command; the lines above say where"


class CommandFailed(Exception):
    """The command cannot do what was asked: the message says why, and what to do about it."""


def new_parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser whose help is the module's docstring, example included."""
    return argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def progress_console() -> Console:
    """Return where progress goes: stderr, so that stdout holds data only."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def run_command(command: Callable[[], None]) -> int:
    """Run the command; returns the exit code that its end means."""
    try:
        command()
    except CommandFailed as exc:
        print(f"error: {exc}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception:  # noqa: BLE001 - the edge: a person sees where, and an exit code
        traceback.print_exc()
        print(_HINT, file=sys.stderr)
        return FAILED
    return DONE
