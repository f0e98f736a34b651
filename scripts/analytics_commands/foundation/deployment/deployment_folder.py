"""Where a deployment's files are: Terraform's module, with the functions and the API beside it.

In a checkout that is the repository itself. An installed program unpacks its copy into a folder of
the user's, because Terraform's state, variables and backend lie beside the module: there they
outlive every upgrade of the program.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import analytics_pipeline
from analytics_commands.foundation.sources import IS_INSTALLED, SOURCES
from analytics_commands.foundation.terminal.ending import CommandFailed

_DEFAULT = Path("analytics-deployment")
_MANIFEST = ".unpacked.json"  # of each file that was unpacked, the digest: SHA-256, hex

# Nothing else is copied: beside them lie states, plans, variables and caches.
_TERRAFORM = ("*.tf", "*.example", "README.md", ".gitignore", ".keep")
_THEIRS = ("/backend.tf", "override.tf")


def folder_of(chosen: Path | None) -> Path:
    """Return the folder that is meant by what was given as `--folder`, or by nothing."""
    return chosen or (_DEFAULT if IS_INSTALLED else SOURCES)


def is_unpacked_into(folder: Path) -> bool:
    """Tell whether the folder holds, or gets, a copy: all but the checkout itself."""
    return IS_INSTALLED or folder.resolve() != SOURCES.resolve()


def require(folder: Path) -> None:
    """Raise CommandFailed unless a deployment was made from the folder."""
    if not (folder / "terraform").is_dir():
        raise CommandFailed(
            f"no deployment was made from {folder}: name with --folder the folder that"
            " `analytics deploy` was given or made"
        )


def unpack(folder: Path) -> bool:
    """Bring the files of this version of the program into the folder; tells if any was written.

    States, variables, `backend.tf` and all that the program did not write are left alone. Raises
    CommandFailed, before anything is written, where that would undo somebody's changes.
    """
    before = _read_manifest(folder)
    contents = {name: path.read_bytes() for name, path in _files()}
    _check_unchanged(folder, contents, before)
    outdated = {
        name: content for name, content in contents.items() if _digest(folder, name) != _of(content)
    }
    for name, content in outdated.items():
        _write(folder / name, content)
    for name in before.keys() - contents.keys():  # a later version is without them
        (folder / name).unlink(missing_ok=True)
    manifest = {name: _of(content) for name, content in contents.items()}
    if manifest != before:
        _write(folder / _MANIFEST, json.dumps(manifest, indent=1).encode())
    return bool(outdated)


def _files() -> Iterator[tuple[str, Path]]:
    """Yield each file that is deployed, with its name in the folder."""
    terraform = SOURCES / "terraform"
    paths = [path for pattern in _TERRAFORM for path in terraform.glob(pattern)]
    yield from (
        (f"terraform/{path.name}", path) for path in paths if not str(path).endswith(_THEIRS)
    )
    for name in ("functions/main.py", "functions/requirements.txt"):
        yield name, SOURCES / name
    yield from ((f"api-gateway/{path.name}", path) for path in SOURCES.glob("api-gateway/*.yaml"))
    package = Path(analytics_pipeline.__path__[0])
    for suffix in ("py", "json", "sql"):
        for path in package.rglob(f"*.{suffix}"):
            yield f"functions/analytics_pipeline/{path.relative_to(package)}", path


def _check_unchanged(
    folder: Path, contents: Mapping[str, bytes], before: Mapping[str, str]
) -> None:
    """Raise CommandFailed for what is neither this version's nor as it was unpacked."""
    found = {name: _digest(folder, name) for name in contents.keys() | before.keys()}
    expected = {name: {None, before.get(name)} for name in found}
    for name, content in contents.items():
        expected[name].add(_of(content))
    changed = sorted(name for name, digest in found.items() if digest not in expected[name])
    if changed:
        raise CommandFailed(
            f"{', '.join(changed)} in {folder} is not as it was unpacked: put it back, or delete"
            " it to get the program's; to deploy code of your own, run the program from a checkout"
        )


def _read_manifest(folder: Path) -> dict[str, str]:
    try:
        manifest: dict[str, str] = dict(json.loads((folder / _MANIFEST).read_text()))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, TypeError, ValueError) as exc:
        raise CommandFailed(f"{folder / _MANIFEST} cannot be read ({exc}): delete it") from exc
    return manifest


def _digest(folder: Path, name: str) -> str | None:
    path = folder / name
    return _of(path.read_bytes()) if path.exists() else None


def _of(content: bytes) -> str:
    return sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    """Write all of it or nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.unfinished")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as exc:
        raise CommandFailed(f"{path} cannot be written: {exc.strerror}") from exc
