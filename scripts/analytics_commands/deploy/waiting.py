"""Repeating what cannot succeed yet, with the reason shown, until a deadline."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import requests
from rich.console import Console

from analytics_commands.foundation.terminal.ending import CommandFailed

T = TypeVar("T")


class NotYet(Exception):
    """An attempt failed in a way that time may mend; the message says how."""


@dataclass(frozen=True)
class Patience:
    """How long a step is repeated, and how often; in seconds."""

    deadline: float
    pause: float = 5.0


def repeat(title: str, attempt: Callable[[], T], patience: Patience, console: Console) -> T:
    """Repeat until the attempt returns; raises CommandFailed at the deadline.

    A name or an address that is not known yet counts as NotYet.
    """
    started = time.monotonic()
    with console.status(title) as shown:
        while True:
            try:
                result = attempt()
            except (NotYet, requests.ConnectionError, requests.Timeout) as exc:
                waited = time.monotonic() - started
                problem = str(exc) if isinstance(exc, NotYet) else type(exc).__name__
                shown.update(f"{title}: {problem}, {waited:.0f} s")
            else:
                break
            if waited + patience.pause > patience.deadline:
                raise CommandFailed(f"not within {patience.deadline:g} s: {title}: {problem}")
            time.sleep(patience.pause)
    console.print(f"  ok  {title}, after {time.monotonic() - started:.0f} s")
    return result
