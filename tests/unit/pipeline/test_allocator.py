"""allocator: memory that is freed is not kept."""

import ctypes
import sys
from types import SimpleNamespace

import pytest

from analytics_pipeline import allocator


def test_other_libraries(monkeypatch):
    """Where there is no glibc, nothing is done."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace())

    allocator.give_back_what_is_freed()


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's")
def test_large_blocks():
    """The C library is told what a large block is, and takes it."""
    asked = []
    library = SimpleNamespace(mallopt=lambda *arguments: asked.append(arguments))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ctypes, "CDLL", lambda _name: library)
        allocator.give_back_what_is_freed()

    assert [(-3, 262_144)] == asked
    assert 1 == ctypes.CDLL(None).mallopt(*asked[0])
