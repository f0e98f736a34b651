"""What is told of the files: the stored ones as data, everything else on stderr."""

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console

from analytics_commands.foundation.terminal.ending import going_on_unread
from analytics_commands.foundation.terminal.output import print_json, visible
from analytics_commands.foundation.terminal.wording import counted
from analytics_commands.upload_file.uploader import Uploaded


@dataclass
class Report:
    """Tells what became of each file; used as a context, it lists failures however that ends.

    Each stored file is a line at once, of JSON or for people.
    """

    console: Console
    as_json: bool
    failures: dict[Path, str] = field(default_factory=dict)

    def tell(self, path: Path, text: str) -> None:
        """Tell something about a file that is no failure."""
        self.console.print(f"{visible(str(path))}: {text}", markup=False)

    def add_stored(self, path: Path, stored: Uploaded) -> None:
        """Add a file that is stored."""
        name, uri = visible(str(path)), visible(stored.object)
        with going_on_unread():
            if self.as_json:
                record = {"file": name, "size": stored.size, "object": uri}
                print_json({**record, "md5_digest": stored.md5_digest})
            else:
                print(f"{name}  {counted(stored.size, 'byte')}  {uri}", flush=True)

    def add_failure(self, path: Path, reason: str) -> None:
        """Add a file, or a path, that is not."""
        self.failures[path] = reason

    def __enter__(self) -> Self:
        """Begin; nothing is shown yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Show the failures."""
        for path, reason in self.failures.items():
            self.tell(path, f"not uploaded, {reason}")
