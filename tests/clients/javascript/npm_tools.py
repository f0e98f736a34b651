"""What the JavaScript client is built and checked with, from npm, outside the checkout."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import mkdtemp

from checkout import ROOT

PACKAGE = ROOT / "clients/javascript"
_INSTALL = ("install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund")
_INSTALL_SECONDS = 240


def find_tools():
    """Return the folder node_modules with the package's devDependencies.

    Raises LookupError, with the reason, where they cannot be had.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise LookupError("npm is not installed")
    wanted = json.loads((PACKAGE / "package.json").read_text())["devDependencies"]
    versions = sorted(f"{name}@{version}" for name, version in wanted.items())
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = cache / "-".join(["javascript-client", *versions])
    if not folder.exists():
        _install(npm, versions, folder)
    return folder / "node_modules"


def _install(npm, versions, folder):
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(mkdtemp(dir=folder.parent, prefix="javascript-client-"))
    command = [npm, *_INSTALL, "--prefix", fresh, *versions]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
        fresh.rename(folder)
    except (OSError, subprocess.SubprocessError) as exc:
        if not folder.exists():  # else another test was faster
            raise LookupError(f"npm cannot install {' '.join(versions)} here") from exc
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
