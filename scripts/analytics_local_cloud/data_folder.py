"""The folder of one pipeline: whose it is at the moment, its ports, and what clients read of it."""

import fcntl
import json
import os
import shlex
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from analytics_local_cloud.addresses import MAX_PORT, Ports

_NO_PORTS: Ports = (0, 0, 0)


class AlreadyRunning(Exception):
    """Another pipeline works in the same folder; the message says where, and how to stop it."""


class FolderUnusable(Exception):
    """Nothing can be kept in the folder; the message says why."""


@contextmanager
def usable(folder: Path) -> Iterator[None]:
    """Raise FolderUnusable for whatever goes wrong with files meanwhile."""
    try:
        yield
    except (OSError, UnicodeError, sqlite3.Error, duckdb.Error) as exc:
        where = f" ({exc.filename})" if isinstance(exc, OSError) and exc.filename else ""
        reason = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
        raise FolderUnusable(f"{folder} cannot hold the data: {reason}{where}") from exc


@contextmanager
def held(folder: Path) -> Iterator[Callable[[str], None]]:
    """Hold the folder; yields what tells others the URL. Ends with the process, however it ends.

    Raises AlreadyRunning.
    """
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise AlreadyRunning(_told_by(folder)) from exc

        def tell(url: str) -> None:
            lock.truncate(0)
            lock.write(json.dumps({"process": os.getpid(), "url": url}))
            lock.flush()

        tell("")
        yield tell


def _told_by(folder: Path) -> str:
    """Return what is known of the pipeline that holds the folder."""
    running = f"a pipeline is already running on {folder}"
    try:
        told = json.loads((folder / "lock").read_text())
        url, process = told["url"], told["process"]
    except (OSError, ValueError, KeyError, TypeError):
        return running  # it writes this very moment
    where = f": {url}, process {process}" if url else f": process {process}"
    return f"{running}{where}; to stop it, press Ctrl-C there, or `kill {process}`"


def kept_ports(folder: Path) -> Ports:
    """Return the ports of the last start; 0 for each when there are none to be read."""
    try:
        gateway, storage, warehouse = json.loads((folder / "ports").read_text())
    except (OSError, ValueError, TypeError):
        return _NO_PORTS
    ports = (gateway, storage, warehouse)
    usual = all(isinstance(port, int) and 0 < port <= MAX_PORT for port in ports)
    return ports if usual else _NO_PORTS


def keep_ports(folder: Path, ports: Ports) -> None:
    """Keep the ports for the next start."""
    _replace(folder / "ports", json.dumps(ports))


def write_client_files(folder: Path, variables: Mapping[str, str]) -> None:
    """Write `env`, and what makes `bq` and `gcloud storage` speak to this pipeline."""
    clients = folder / "clients"
    clients.mkdir(exist_ok=True)
    _replace(clients / "token", "local")
    api, project = variables["BIGQUERY_EMULATOR_HOST"], variables["GOOGLE_CLOUD_PROJECT"]
    _replace(clients / "bigqueryrc", f"api = {api}\nproject_id = {project}\n")
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
    _replace(folder / "env", "".join(lines))


def _replace(path: Path, text: str) -> None:
    """Write the file whole or not at all: commands read it at any moment."""
    incomplete = path.with_name(f"{path.name}.incomplete")
    incomplete.write_text(text)
    incomplete.replace(path)
