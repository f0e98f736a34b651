"""Clients in a process that forks: the child begins anew, and takes nothing from its parent."""

import os
import weakref
from typing import Protocol


class Forks(Protocol):
    """What has to know of a fork."""

    def before_fork(self) -> None:
        """Hold what no thread may be in the middle of."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Begin anew."""


_LIVING: "weakref.WeakSet[Forks]" = weakref.WeakSet()
_HELD: list[Forks] = []
_INSTALLED: list[bool] = []


def watch(client: Forks) -> None:
    """Tell a client of each fork from now on."""
    if not _INSTALLED and hasattr(os, "register_at_fork"):
        _INSTALLED.append(True)
        os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
    _LIVING.add(client)


def unwatch(client: Forks) -> None:
    """Tell it no more."""
    _LIVING.discard(client)


def _before() -> None:
    for client in list(_LIVING):
        client.before_fork()
        _HELD.append(client)


def _in_parent() -> None:
    while _HELD:
        _HELD.pop().after_fork_in_parent()


def _in_child() -> None:
    while _HELD:
        _HELD.pop().after_fork_in_child()
