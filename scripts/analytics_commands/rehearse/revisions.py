"""Which two revisions of functions/ are compared, and where their files are."""

import tarfile
from dataclasses import dataclass
from pathlib import Path

from analytics_commands.foundation.deployment.programs import Shell
from analytics_commands.foundation.sources import IS_INSTALLED, SOURCES
from analytics_commands.foundation.terminal.ending import CommandFailed, WrongUsage
from analytics_commands.foundation.terminal.progress import progress_console

_FUNCTIONS = "functions"


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of functions/: what people call it, and the folder."""

    name: str
    functions: Path


class Checkout:
    """A working tree of git that holds functions/; raises CommandFailed for a folder that is none.

    Without a `folder` it is the checkout that this program runs from, else the current folder.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder or (Path() if IS_INSTALLED else SOURCES)
        if not self._folder.is_dir():
            raise CommandFailed(f"there is no folder {self._folder}")
        self._shell = Shell(progress_console(), self._folder)
        self._is_changed = bool(self._git("status", "--porcelain", "--", _FUNCTIONS))

    @property
    def working_tree(self) -> Revision:
        """What is in the folder now, committed or not."""
        name = "the working tree" if self._is_changed else f"HEAD ({self._title('HEAD')})"
        return _checked(Revision(name, self._folder / _FUNCTIONS))

    def unpack(self, against: str | None, folder: Path) -> Revision:
        """Return the other revision, with its files in `folder`; raises WrongUsage for none."""
        commit = self._default() if against is None else self._resolve(against)
        archive = folder / "functions.tar"
        self._git("archive", "--format=tar", f"--output={archive}", commit, _FUNCTIONS)
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        archive.unlink()
        name = f"{against} ({self._title(commit)})" if against else self._title(commit)
        return _checked(Revision(name, folder / _FUNCTIONS))

    def _default(self) -> str:
        """Return the commit that the changes of the working tree, or the last ones, came after."""
        if self._is_changed:
            return self._resolve("HEAD")
        last = self._git("log", "-1", "--format=%H", "--", _FUNCTIONS)
        try:
            return self._resolve(f"{last}~1")
        except WrongUsage:
            raise WrongUsage(
                "no commit is before the one of functions/: name a revision with --against"
            ) from None

    def _resolve(self, revision: str) -> str:
        try:
            return self._git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        except CommandFailed:
            raise WrongUsage(f"--against: git knows no commit {revision!r}") from None

    def _title(self, commit: str) -> str:
        return self._git("log", "-1", "--format=%h %s", commit)

    def _git(self, *words: str) -> str:
        return self._shell.read("git", *words, example="")


def _checked(revision: Revision) -> Revision:
    """Return it; without its package, the row code that is installed would be taken for it."""
    if not (revision.functions / "analytics_pipeline" / "__init__.py").is_file():
        raise CommandFailed(f"{revision.name} has no functions/analytics_pipeline")
    return revision
