"""The C sources of this folder as programs: compiled when they are needed, into a folder given."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SOURCES = Path(__file__).parent
_LIBRARY = ("-shared", "-fPIC", "-pthread")


class ProgramMissing(Exception):
    """What has to be installed for this; the message names it."""


@dataclass(frozen=True)
class Native:
    """Where the compiled programs are."""

    fake_services: Path
    load_generator: Path


def compile_programs(folder: Path) -> Native:
    """Compile the fake services and the load generator; raises ProgramMissing without gcc."""
    return Native(_compile("fake_services", folder), _compile("load_generator", folder))


def compile_counters(folder: Path) -> Path:
    """Compile the library that writes callgrind's counters; raises ProgramMissing.

    It needs valgrind's own headers, which Debian's package holds.
    """
    find_program("valgrind")
    return _compile("dump_counters", folder, *_LIBRARY)


def find_program(name: str) -> str:
    """Return the path of a program; raises ProgramMissing."""
    path = shutil.which(name)
    if path is None:
        raise ProgramMissing(f"{name} is not installed (Debian, Ubuntu: apt-get install {name})")
    return path


def _compile(name: str, folder: Path, *options: str) -> Path:
    target = folder / name
    command = [find_program("gcc"), "-O2", "-Wall", "-Wextra", *options, "-o", str(target)]
    command += [str(_SOURCES / f"{name}.c"), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own sources
    if done.returncode:
        raise ProgramMissing(f"{name}.c cannot be compiled: {done.stderr.strip()[-400:]}")
    return target
