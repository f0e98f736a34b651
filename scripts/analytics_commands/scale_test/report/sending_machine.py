"""The machine that the load came from: figures of one do not hold for another."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

_DISTRIBUTION = "analytics-pipeline"


def describe_machine() -> str:
    """Return cores, memory, system and versions, in a line; what is not known is left out."""
    known = (_processor(), _memory(), _system(), f"Python {platform.python_version()}", _program())
    return ", ".join(each for each in known if each)


def _processor() -> str:
    cores = os.cpu_count()
    return f"{cores} cores ({platform.machine()})" if cores else platform.machine()


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not every system tells
        return ""
    return f"{size / 2**30:.1f} GiB" if size > 0 else ""


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):  # not Linux
        return platform.platform(terse=True)
    return f"{name} (Linux {platform.release()})"


def _program() -> str:
    try:
        return f"{_DISTRIBUTION} {version(_DISTRIBUTION)}"
    except PackageNotFoundError:  # run from its source
        return ""
