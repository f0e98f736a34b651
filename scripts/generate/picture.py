"""Record docs/picture.svg: a terminal in which the pipeline is used, for the README.

    python scripts/generate/picture.py

Starts a pipeline of its own, runs the commands below on it for real, and draws what they print.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from analytics_commands.foundation.pipeline.local_process import running_pipeline

PICTURE = Path(__file__).parents[2] / "docs" / "picture.svg"
_COLUMNS = 80
COMMANDS = (
    (
        'curl -d \'{"eventType":"level_up","playerId":"ann","level":7}\' \\\n'
        '  "$ANALYTICS_URL/v1/event?key=$API_KEY&event_category=function"'
    ),
    "analytics tail --once --since 1m",
    "analytics query --sql 'SELECT event_type, player_id, extra FROM events'",
    "analytics audit --settle 0m",
)
_WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def main() -> int:
    """Draw the picture; returns 0."""
    console = Console(record=True, width=_COLUMNS, file=StringIO(), highlight=False)
    with (
        tempfile.TemporaryDirectory(prefix="pipeline-") as folder,
        running_pipeline(Path(folder)) as variables,
    ):
        for command in COMMANDS:
            console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
            console.print(Text.from_ansi(_run(command, variables)), overflow="fold")
            console.print()
    svg = console.export_svg(title="analytics", theme=MONOKAI)
    PICTURE.write_text(_WEB_FONTS.sub("", svg), encoding="utf-8")
    return 0


def _run(command: str, variables: Mapping[str, str]) -> str:
    """Run a line of shell in a terminal of its own; returns all that it shows there."""
    line = f"stty cols {_COLUMNS}; ({command}) 2>/dev/null"  # without progress
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}"
    words = [f"{name}={value}" for name, value in {**variables, "PATH": programs}.items()]
    shown = subprocess.run(  # noqa: S603 - the lines above
        ["env", *words, "script", "--quiet", "--return", "--command", line, os.devnull],  # noqa: S607 - a system tool
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return shown.stdout.replace("\r\n", "\n").rstrip()


if __name__ == "__main__":
    shutil.which("script") or sys.exit("`script` is needed, of util-linux")
    sys.exit(main())
