# PYTHON_ARGCOMPLETE_OK
"""Run, prove and operate the analytics pipeline.

analytics NAME --help
"""

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType

from analytics_commands.foundation.terminal.parsing import Parser
from analytics_pipeline.settings import FromEnvironment, setting

GROUPS = {
    "on this machine": ("run", "demo"),
    "did we lose anything?": ("audit", "backfill", "replay", "scale-test"),
    "the data": ("query", "import-events", "tail", "upload-file"),
    "what shall not be kept": ("cleanup", "forget"),
    "in the cloud": ("rehearse", "deploy", "teardown", "estimate-cost"),
}
NAMES = tuple(name for names in GROUPS.values() for name in names)
_COMPLETION = 'Completion for a shell: eval "$(register-python-argcomplete analytics)"'


@dataclass(frozen=True, kw_only=True)
class Completion(FromEnvironment):
    """What a shell sets when it asks what may come next (argcomplete's protocol)."""

    _argcomplete: str = setting(str, "set where the program is asked", "")
    comp_line: str = setting(str, "what is typed already", "")

    def __bool__(self) -> bool:
        """Tell whether a shell asks."""
        return bool(self._argcomplete)


def command(name: str) -> ModuleType:
    """Return the module behind a name: `build_parser()`, and `main(argv)` with the exit code."""
    return importlib.import_module(f"analytics_commands.{name.replace('-', '_')}.command")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit code of the command."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    if completion := Completion.from_env():
        _complete(completion.comp_line.split()[1:2])
    if arguments and arguments[0] in NAMES:
        exit_code: int = command(arguments[0]).main(arguments[1:])
        return exit_code
    _read_alone(arguments)
    print(_overview())
    return 0


def _read_alone(arguments: Sequence[str]) -> None:
    """Read what stands before a command; ends the program unless it is to be described."""
    parser = Parser("analytics", add_help=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("name", nargs="?")
    read = parser.parse_args(arguments)
    if read.version:
        from importlib.metadata import version  # noqa: PLC0415 - takes longer than all of --help

        print(f"analytics {version('analytics-pipeline')}")
        parser.exit()
    name = read.name
    if name is not None:
        close = get_close_matches(name.lower().replace("_", "-"), NAMES, n=1)
        hint = f"did you mean {close[0]}?" if close else "`analytics` lists them"
        parser.error(f"there is no command {name!r}; {hint}")


def _overview() -> str:
    """Return all commands by group, each with the first sentence of its help."""
    lines = [__doc__.strip(), ""]
    for title, names in GROUPS.items():
        lines.append(f"{title}:")
        lines += [f"  {name:15}{(command(name).__doc__ or '').splitlines()[0]}" for name in names]
    return "\n".join([*lines, "", _COMPLETION])


def _complete(typed: Sequence[str]) -> None:
    """Print what may come next on the command line of a shell, and end."""
    import argcomplete  # noqa: PLC0415 - for a shell only

    parser = Parser("analytics", description=__doc__)
    parser.add_argument("--version", action="store_true")
    commands = parser.add_subparsers()
    for name in NAMES:
        parents = [command(name).build_parser()] if [name] == typed else []
        commands.add_parser(name, parents=parents, add_help=not parents)
    argcomplete.autocomplete(parser)


if __name__ == "__main__":
    sys.exit(main())
