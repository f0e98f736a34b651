"""Locks between processes, which the system takes from a process that dies."""

import os
import sys
from pathlib import Path
from typing import Protocol

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Lock(Protocol):
    """What one process at a time has."""

    def acquire(self, *, wait: bool = False) -> bool:
        """Take it, and tell whether that was possible; again is the same as once."""

    def release(self) -> None:
        """Let others take it."""

    def abandon(self) -> None:
        """Forget it in a child that was forked."""


class NoLock:
    """What nobody else can want: the outbox is in this process's memory."""

    def acquire(self, *, wait: bool = False) -> bool:
        """Take it."""
        return wait or True

    def release(self) -> None:
        """Do nothing."""

    def abandon(self) -> None:
        """Do nothing."""


class FileLock:
    """A lock on a file, which stays there: its name is all that processes share."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self, *, wait: bool = False) -> bool:
        """Take it, and tell whether that was possible; raises `OSError` where no file can be."""
        if self._file is not None:
            return True
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(file, wait=wait)
        except (BlockingIOError, PermissionError):
            os.close(file)
            return False
        except BaseException:
            os.close(file)
            raise
        self._file = file
        return True

    def release(self) -> None:
        """Let others take it, where it is ours."""
        file, self._file = self._file, None
        if file is not None:
            _unlock(file)
            os.close(file)

    def abandon(self) -> None:
        """Forget it in a child that was forked: unlocked there, the parent would lose it."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


if sys.platform == "win32":

    def _lock(file: int, *, wait: bool) -> None:
        msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)

    def _unlock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:

    def _lock(file: int, *, wait: bool) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
