"""A disk that is full: no file of this process can grow."""

import resource

_GROWTH = resource.RLIMIT_FSIZE  # Python ignores its signal: writes fail with EFBIG


class FullDisk:
    """Makes the disk full for this process, which is as close to it as one comes without root."""

    def __init__(self) -> None:
        self._usual = resource.getrlimit(_GROWTH)

    def set(self, *, full: bool) -> None:
        """Let all writes to files fail from now on, or none."""
        _, most = self._usual
        resource.setrlimit(_GROWTH, (0, most) if full else self._usual)


def let_files_grow() -> None:
    """Undo in a process what it has from the one that started it while the disk was full."""
    _, most = resource.getrlimit(_GROWTH)
    resource.setrlimit(_GROWTH, (most, most))
