"""The local pipeline that a command finds by itself: `.local/env` of this folder or one above.

It is used whole or not at all: one variable or option that says which pipeline is meant, and the
file counts for nothing. So what is sent to one pipeline is never looked for in another.
"""

import os
import shlex
import socket
import sys
from collections.abc import Collection
from ipaddress import ip_address
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from analytics_commands.foundation.terminal.ending import CommandFailed, not_listening
from analytics_pipeline.settings import adopt, is_set

FILE = Path(".local") / "env"
# What says, or helps to say, which pipeline is meant.
VARIABLES = (
    *("GOOGLE_CLOUD_PROJECT", "BUCKET_NAME", "BIGQUERY_DATASET", "ANALYTICS_URL", "API_KEY"),
    *("STORAGE_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST", "FUNCTION_LOGS"),
)
# With these a client can reach nothing but the local pipeline, whatever else is said.
_REQUIRED = {"ANALYTICS_URL", "STORAGE_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST"}
_CONNECT_SECONDS = 2.0
_HTTP_PORT = 80


def read_env(path: Path) -> dict[str, str]:
    """Return the variables of a file that `analytics run` wrote; raises OSError, ValueError."""
    words = shlex.split(path.read_text())
    return dict(word.split("=", 1) for word in words)


def adopt_local_pipeline(options: Collection[str]) -> str:
    """Take the variables of the local pipeline of this folder, and say so on stderr.

    Nothing is taken where `options`, those given that name a pipeline such as `--host`, or a
    variable say which is meant. Returns why a file that is there counts for nothing, else "".
    """
    found = _find()
    if found is None:
        return ""
    file, variables = found
    shown = os.path.relpath(file)
    named = next(chain(options, filter(is_set, VARIABLES)), None)
    if named is not None:
        return f"{shown} is not used, as {named} is given"
    adopt(variables)
    folder = os.path.relpath(file.parent)
    line = f"using the local pipeline of {folder} (bq, gcloud: set -a; . {shlex.quote(shown)})"
    print(line, file=sys.stderr)
    return ""


def _find() -> tuple[Path, dict[str, str]] | None:
    """Return the nearest file of a local pipeline with its variables, None when there is none.

    A file of somebody else counts for nothing: others may write where our folder is, as in /tmp.
    """
    try:
        here = Path.cwd()
    except OSError:  # the folder was deleted
        return None
    for folder in (here, *here.parents):
        file = folder / FILE
        try:
            variables = read_env(file)
            is_own = file.stat().st_uid == os.getuid()
        except (OSError, ValueError):
            continue
        if is_own and variables.keys() >= _REQUIRED:
            return file, variables
    return None


def check_listening(*urls: str) -> None:
    """Raise CommandFailed for the first URL of a local pipeline on which nothing listens.

    So that nobody waits for what clients try again and again.
    """
    for url in filter(is_local, urls):
        parts = urlsplit(url)
        try:
            address = (parts.hostname, parts.port or _HTTP_PORT)
            socket.create_connection(address, _CONNECT_SECONDS).close()
        except (OSError, ValueError) as exc:
            raise CommandFailed(not_listening(url)) from exc


def is_local(url: str) -> bool:
    """Tell whether the URL is of this machine or its own network: no cloud has such an address."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_private
    except ValueError:  # a name, or no URL at all
        return False
