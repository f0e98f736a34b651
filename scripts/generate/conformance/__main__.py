"""Run a command with the URL of a fresh local warehouse as its last argument.

    python -m generate.conformance curl --silent

Ends with the command's exit code.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from generate.conformance.warehouses import local_warehouse


def main() -> int:
    """Run the command of the process's arguments; returns its exit code."""
    with (
        TemporaryDirectory() as folder,
        local_warehouse(Path(folder) / "warehouse") as warehouse,
    ):
        return subprocess.run([*sys.argv[1:], warehouse.url], check=False).returncode  # noqa: S603 - the caller's command


if __name__ == "__main__":
    sys.exit(main())
