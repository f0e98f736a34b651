"""Command lines: help that is the door's docstring, an error of one line, texts read as values."""

import argparse
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from analytics_commands.foundation.terminal.ending import USAGE

MOMENT_HELP = "a date, a time (ISO 8601, UTC), or how long ago: 45m, 12h, 7d"
_AGO = re.compile(r"(\d+)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_UNKNOWN = "unrecognized arguments: "  # as argparse begins it
_GIVEN = re.compile(r"(?<!\S)(--?[a-zA-Z][\w-]*)=\S*")
_MAX_DIGITS = 4  # of a duration: two centuries of weeks


class Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line, and where its options are described."""

    def error(self, message: str) -> NoReturn:
        """End the program with the exit code for wrong usage."""
        print(f"error: {_without_values(message)}; see `{self.prog} --help`", file=sys.stderr)
        self.exit(USAGE)


def _without_values(message: str) -> str:
    """Return a parser's message without what was given to options that do not exist.

    That may be a key: `--apikey=…`.
    """
    if message.startswith(_UNKNOWN):
        words = message.removeprefix(_UNKNOWN).split()
        options = [word for word in words if word.startswith("-")]
        message = _UNKNOWN + " ".join(options or words)
    return _GIVEN.sub(r"\1", message)


class _Help(argparse.HelpFormatter):
    """Fits paragraphs to the terminal; what is indented, such as examples, stays as it is."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        parts = text.strip().split("\n\n")
        return "\n\n".join(
            part if part.startswith(" ") else super(_Help, self)._fill_text(part, width, indent)
            for part in parts
        )


def new_parser(doc: str | None) -> Parser:
    """Return a parser whose help is the door's docstring, which shows how it is called."""
    shown = re.search(r"^    (analytics [a-z-]+)", doc or "", re.MULTILINE)
    return Parser(
        prog=shown[1] if shown else None,
        description=doc,
        formatter_class=_Help,
    )


def read_count(text: str) -> int:
    """Return the number from 1 on that `text` is; raises argparse.ArgumentTypeError."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def read_moment(text: str) -> datetime:
    """Return the UTC time that `text` means: a date, ISO 8601, or so long ago (`45m`, `7d`).

    Raises argparse.ArgumentTypeError.
    """
    try:
        if _AGO.fullmatch(text):
            return datetime.now(UTC) - read_duration(text)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not {MOMENT_HELP}") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def read_duration(text: str) -> timedelta:
    """Return how long `text` means: `0m`, `15m`, `7d`; raises argparse.ArgumentTypeError."""
    ago = _AGO.fullmatch(text)
    if ago is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration such as 15m, 12h, 7d")
    if len(ago[1]) > _MAX_DIGITS:
        raise argparse.ArgumentTypeError(f"{text!r} is too long")
    return timedelta(**{_UNITS[ago[2]]: int(ago[1])})
