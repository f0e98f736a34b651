"""What is freed goes back to the system, so that an instance holds what it uses and no more."""

import ctypes

# glibc gives a large block back when it is freed, but learns from each to keep larger ones, up to
# 32 MB, and in every thread apart (mallopt(3), M_MMAP_THRESHOLD): 900 MB where 440 are in use.
_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 256 * 1024


def give_back_what_is_freed() -> None:
    """Fix what counts as a large block; other libraries than glibc do as they like."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
