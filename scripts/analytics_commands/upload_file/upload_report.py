"""What is told of the files: the stored ones as data, everything else on stderr."""

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console

from analytics_commands.foundation.terminal.output import print_json, print_records, visible
from analytics_commands.upload_file.uploader import Uploaded


@dataclass
class Report:
    """Tells what became of each file; used as a context, it sums up however that ends.

    As JSON, a line for each stored file at once; else a table of them all at the end.
    """

    console: Console
    as_json: bool
    failures: dict[Path, str] = field(default_factory=dict)
    _stored: list[dict[str, object]] = field(default_factory=list)

    def tell(self, path: Path, text: str) -> None:
        """Tell something about a file that is no failure."""
        self.console.print(f"{visible(str(path))}: {text}", markup=False)

    def add_stored(self, path: Path, stored: Uploaded) -> None:
        """Add a file that is stored."""
        name, uri = visible(str(path)), visible(stored.object)
        record: dict[str, object] = {"file": name, "size": stored.size, "object": uri}
        if self.as_json:
            print_json({**record, "md5_digest": stored.md5_digest})
        else:
            self._stored.append(record)

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
        """Show the table, then the failures."""
        if self._stored:
            print_records(self._stored, as_json=False)
        for path, reason in self.failures.items():
            self.tell(path, f"not uploaded, {reason}")
