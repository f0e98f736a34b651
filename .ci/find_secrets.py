"""Find keys and tokens in the files of a checkout, and in all that git remembers of them.

    python .ci/find_secrets.py

Prints type, file and version of each, never the secret; exit code 1 if there is one. It is the form
of a secret that counts, so no list of exceptions is kept; this project is full of random digests.
"""  # noqa: INP001 - run by its path

import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from detect_secrets import plugins
from detect_secrets.plugins.base import RegexBasedDetector

# Entropy and words such as `password` guess; documentation is full of addresses and examples.
LEFT_OUT = {"KeywordDetector", "IPPublicDetector", "BasicAuthDetector"}
GOOGLE = {
    "Google API key": r"\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])",
    "Google OAuth token": r"\bya29\.[0-9A-Za-z_-]{20,}",
    "Google OAuth client": r"\bGOCSPX-[0-9A-Za-z_-]{28}",
    "Google service account": r'"private_key_id":\s*"[0-9a-f]{40}"',
    "signed URL": r"X-Goog-Signature=[0-9a-f]{64}",
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}",
}


def patterns() -> dict[re.Pattern[str], str]:
    """Return the patterns of the tool and of Google's keys, with the names of what they find."""
    for module in pkgutil.iter_modules(plugins.__path__, f"{plugins.__name__}."):
        importlib.import_module(module.name)
    known = {re.compile(pattern): name for name, pattern in GOOGLE.items()}
    for detector in RegexBasedDetector.__subclasses__():
        if detector.__name__ not in LEFT_OUT | {"PrivateKeyDetector"}:  # a header alone is no key
            known |= dict.fromkeys(detector.denylist, detector.secret_type)
    return known


def files() -> Iterator[tuple[str, bytes]]:
    """Yield the files that are there, tracked or not, unless git ignores them."""
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.decode().split("\0")):
        path = Path(name)
        if path.is_file():
            yield name, path.read_bytes()


def history() -> Iterator[tuple[str, bytes]]:
    """Yield each version of each file that a branch or tag has, or once had."""
    objects = git("rev-list", "--objects", "--all")
    names = dict(line.decode().partition(" ")[::2] for line in objects.splitlines())
    contents, at = git("cat-file", "--batch", send="\n".join(names).encode()), 0
    while at < len(contents):
        end = contents.index(b"\n", at)
        version, kind, size = contents[at:end].decode().split()
        at = end + 2 + int(size)
        if kind == "blob":
            yield f"{names[version]} ({version[:12]})", contents[end + 1 : at - 1]


def git(*arguments: str, send: bytes = b"") -> bytes:
    """Return what git prints."""
    command = ["git", *arguments]
    return subprocess.run(command, input=send, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603 - our own words


def main() -> int:
    """Search everything; returns the exit code."""
    known, found, count = patterns(), set(), 0
    for name, content in chain(files(), history()):
        count += 1
        text = content.decode(errors="replace")
        found |= {f"{what}: {name}" for each, what in known.items() if each.search(text)}
    told = f"{len(found)} secrets in {count:,} files and versions"
    sys.stdout.writelines(f"{line}\n" for line in (*sorted(found), told))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
