"""How a command ends: exit codes, and an error as one line that says what to do about it.

It imports no client library: the errors of those that were used are known by their names.
"""

import errno
import io
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from analytics_pipeline.errors import ConfigurationError, TransientError

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_HINT = "error: this is a defect of the command; the lines above say where"
_QUERY_STRING = re.compile(r"(?<=[\w/])\?[\w.~%-]+=[^\s)'\"]*")
_LOG_IN = "log in with `gcloud auth application-default login`"
_POINT = (
    "give the options, or the variables of a pipeline; `analytics run` starts one on this machine,"
    " which is found by its .local/env"
)
_REFUSED = re.compile(r"[Cc]onnection refused|Connect call failed|[Cc]annot connect to host")
_HOST, _PORT = r"(?P<host>127\.[\d.]+|localhost|::1)", r"(?P<port>\d+)"
# As urllib3, aiohttp and obstore name the address.
_LOCAL = re.compile(rf"(?:host='|host |http://|\('){_HOST}(?:', port=|', |:){_PORT}")
_NO_CREDENTIALS = {"google.auth.exceptions.GoogleAuthError"}
_CLOUD_ERRORS = _NO_CREDENTIALS | {
    "google.api_core.exceptions.GoogleAPIError",
    "requests.exceptions.RequestException",
}


class CommandFailed(Exception):
    """The command cannot do what was asked: the message says why, and what to do about it."""


class WrongUsage(Exception):
    """The command line makes no sense as a whole; the message says why."""


def run_command(command: Callable[[], int | None]) -> int:
    """Run the command; returns the exit code that it returns, or that its end means."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # as __init__.py left it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    _print_anything()
    try:
        code = command()
        sys.stdout.flush()  # here, where a reader that is gone is no failure
    except (ConfigurationError, WrongUsage) as exc:
        print(f"error: {_explain(exc)}", file=sys.stderr)
        return USAGE
    except (CommandFailed, TransientError) as exc:
        print(f"error: {_explain(exc)}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        _drop_output()
        return DONE
    except Exception as exc:  # noqa: BLE001 - the edge: a person sees where, and an exit code
        _tell_unexpected(exc)
        return FAILED
    return code or DONE


def not_listening(url: str) -> str:
    """Return what to say when no local pipeline listens on the URL, without a password in it."""
    parts = urlsplit(url)
    address = parts._replace(netloc=parts.netloc.rpartition("@")[2], path="", query="", fragment="")
    return f"nothing listens on {address.geturl()}: is `make run` running?"


@contextmanager
def going_on_unread() -> Iterator[None]:
    """Print within it what tells of work that has to be done, whether somebody reads of it or not.

    Once a reader of stdout is gone, what is printed is dropped, and the exit code is the work's.
    """
    try:
        yield
    except BrokenPipeError:
        _drop_output()


def _tell_unexpected(exc: Exception) -> None:
    """Print what no part of the command foresaw; a defect with its traceback."""
    if isinstance(exc, OSError) and exc.errno in _NO_SPACE:
        _drop_output()
        print(f"error: nothing more can be written: {exc.strerror}", file=sys.stderr)
    elif _is_one_of(exc, _CLOUD_ERRORS):
        print(f"error: {_explain(exc)}", file=sys.stderr)
    else:
        print(_QUERY_STRING.sub("", traceback.format_exc()), end="", file=sys.stderr)
        print(_HINT, file=sys.stderr)


def _print_anything() -> None:
    """Let what the encoding of a terminal or file does not have be printed as its escape.

    What goes to a stream that was closed before we began is dropped.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until we end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Let nothing be written any more: at its end, Python flushes once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_one_of(exc: BaseException | None, names: set[str]) -> bool:
    """Tell whether the exception is of a class with one of these full names."""
    return any(f"{each.__module__}.{each.__qualname__}" in names for each in type(exc).__mro__)


def _explain(exc: BaseException) -> str:
    """Return the error as one line that says what to do about it.

    Without query strings: in a gateway's URL that is where the key is.
    """
    text = _QUERY_STRING.sub("", " ".join(str(exc).split()))
    local = _LOCAL.search(text) if _REFUSED.search(text) else None
    if local is not None and not isinstance(exc, CommandFailed):  # which says it in its own words
        return not_listening(f"http://{local['host']}:{local['port']}")
    if _is_one_of(exc, _NO_CREDENTIALS) or _is_one_of(exc.__cause__, _NO_CREDENTIALS):
        return f"{text}; {_LOG_IN}"
    return f"{text}; {_POINT}" if isinstance(exc, ConfigurationError) else text
