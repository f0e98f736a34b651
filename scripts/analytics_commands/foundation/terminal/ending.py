"""The face all commands share: options, progress, exit codes, an error as one line."""

import argparse
import errno
import io
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable

import requests
from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from rich.console import Console

from analytics_pipeline.errors import ConfigurationError, TransientError

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_HINT = "error: this is a defect of the command; the lines above say where"
_QUERY_STRING = re.compile(r"(?<=[\w/])\?[\w.~%-]+=[^\s)'\"]*")
_LOG_IN = "log in with `gcloud auth application-default login`"
_POINT = "give the options, or the variables of a pipeline: `set -a; . .local/env`"


class CommandFailed(Exception):
    """The command cannot do what was asked: the message says why, and what to do about it."""


class WrongUsage(Exception):
    """The command line makes no sense as a whole; the message says why."""


def new_parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser whose help is the module's docstring, which shows how it is called."""
    shown = re.search(r"python -m scripts\.\w+", doc or "")
    return argparse.ArgumentParser(
        prog=shown[0] if shown else None,
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def progress_console() -> Console:
    """Return where progress goes: stderr, so that stdout holds data only."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def run_command(command: Callable[[], None]) -> int:
    """Run the command; returns the exit code that its end means."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # as scripts/__init__.py left it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    _print_anything()
    try:
        command()
        sys.stdout.flush()  # here, where a reader that is gone is no failure
    except (ConfigurationError, WrongUsage) as exc:
        print(f"error: {_explain(exc)}", file=sys.stderr)
        return USAGE
    except (CommandFailed, TransientError, *_CLOUD_ERRORS) as exc:
        print(f"error: {_explain(exc)}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        _drop_output()
        return DONE
    except Exception as exc:  # noqa: BLE001 - the edge: a person sees where, and an exit code
        if isinstance(exc, OSError) and exc.errno in _NO_SPACE:
            _drop_output()
            print(f"error: nothing more can be written: {exc.strerror}", file=sys.stderr)
        else:
            traceback.print_exc()
            print(_HINT, file=sys.stderr)
        return FAILED
    return DONE


def _print_anything() -> None:
    """Let what the encoding of a terminal or file does not have be printed as its escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Let nothing be written any more: at its end, Python flushes once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


_CLOUD_ERRORS = (GoogleAPIError, GoogleAuthError, requests.RequestException)


def _explain(exc: BaseException) -> str:
    """Return the error as one line that says what to do about it.

    Without query strings: in a gateway's URL that is where the key is.
    """
    text = _QUERY_STRING.sub("", " ".join(str(exc).split()))
    if isinstance(exc, GoogleAuthError) or isinstance(exc.__cause__, GoogleAuthError):
        return f"{text}; {_LOG_IN}"
    return f"{text}; {_POINT}" if isinstance(exc, ConfigurationError) else text
