"""Compiles the driver of the C# client, once for each version of it, and becomes it."""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":  # as a program it is given no path to what it imports
    sys.path.insert(0, str(Path(__file__).parents[2]))
    sys.path.insert(0, str(Path(__file__).parents[1] / "unity"))

from mono import compile_program, core_sources

DRIVER = Path(__file__).with_name("CSharpDriver.cs")


def compiled():
    """Return the program, whoever compiled it: it appears whole, under a name for its content."""
    sources = [*core_sources(), DRIVER]
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:20]
    program = Path(tempfile.gettempdir()) / f"analytics-csharp-driver-{os.getuid()}-{digest}.exe"
    if not program.exists():
        with tempfile.TemporaryDirectory(prefix="analytics-csharp-") as folder:
            made = compile_program(Path(folder) / "driver.exe", sources, Path(folder))
            own = program.with_suffix(f".{os.getpid()}")
            own.write_bytes(made.read_bytes())
            own.replace(program)
    return program


if __name__ == "__main__":
    os.execvp("mono", ["mono", str(compiled())])
