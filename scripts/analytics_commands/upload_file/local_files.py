"""Which files of this machine are meant by the paths of a command line."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Findings:
    """The files found, in order; why a path has none; and what was left out on purpose."""

    files: list[Path] = field(default_factory=list)
    failures: dict[Path, str] = field(default_factory=dict)
    left_out: dict[Path, str] = field(default_factory=dict)


def find_files(paths: Iterable[Path]) -> Findings:
    """Return the files that the paths name, or have in them, each once.

    A directory's are sorted, with those of its subdirectories; links in it are not followed: what
    they lead to is found in its own place, or is outside.
    """
    findings = Findings()
    seen: set[str] = set()
    for path in paths:
        for file in _files_of(path, findings):
            identity = os.path.realpath(file)
            if identity not in seen:
                seen.add(identity)
                findings.files.append(file)
    return findings


def _files_of(path: Path, findings: Findings) -> Iterator[Path]:
    if path.is_dir():
        is_empty = True
        for file in _walk(path, findings):
            is_empty = False
            yield file
        if is_empty and path not in findings.failures:
            findings.failures[path] = "there is no file in this directory"
    elif path.is_file():
        yield path
    elif path.exists():
        findings.failures[path] = "neither a file nor a directory"
    else:
        findings.failures[path] = "there is no such file or directory"


def _walk(top: Path, findings: Findings) -> Iterator[Path]:
    def unreadable(exc: OSError) -> None:
        findings.failures[Path(exc.filename)] = f"cannot be read: {exc.strerror}"

    for folder, folders, names in os.walk(top, onerror=unreadable):
        folders.sort()
        here = Path(folder)
        _leave_out_links(top, [here / name for name in folders], findings)
        for name in sorted(names):
            file = here / name
            if file.is_symlink():
                _leave_out_links(top, [file], findings)
            elif file.is_file():
                yield file
            else:
                findings.left_out[file] = "neither a file nor a directory"


def _leave_out_links(top: Path, paths: list[Path], findings: Findings) -> None:
    """Tell which of the paths are links that lead out of the directory."""
    inside = os.path.realpath(top)
    for path in paths:
        if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(inside):
            findings.left_out[path] = "a link that leads out of the directory"
