"""Locks on files: one has it, until it lets go or dies."""

import os

from analytics_pipeline_client.outbox.locks import FileLock


def test_one_at_a_time(tmp_path):
    """A lock that one has cannot be taken by another, and can be once it is released."""
    one, two = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")

    assert (one.acquire(), one.acquire(), two.acquire()) == (True, True, False)
    one.release()
    assert (two.acquire(), one.acquire()) == (True, False)
    two.release()


def test_abandoned(tmp_path):
    """A child that forgets a lock takes it from nobody: the parent's copy of the file has it."""
    child, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    child.acquire()
    parents = os.dup(child._file)
    child.abandon()

    assert not other.acquire()
    os.close(parents)
    assert other.acquire()
    other.release()
