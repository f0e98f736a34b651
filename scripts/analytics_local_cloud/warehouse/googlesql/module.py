"""The WebAssembly module of GoogleSQL, compiled once for a machine and kept."""

import os
import sys
import tempfile
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from wasmtime import Config, Engine, Module, WasmtimeError
from zetasql.wasi import get_wasm_path

_FOLDER = Path("~/.cache/analytics-pipeline")
_DISTRIBUTIONS = ("zetasql", "wasmtime")


def load_module() -> tuple[Engine, Module]:
    """Return an engine and the compiled module, mapped from its file.

    Where the file is missing, it is made: that takes some twenty seconds and a GB of memory, and
    says so. The file has 82 MB.
    """
    engine = Engine(_config())
    path = module_path()
    if path.exists():
        with suppress(WasmtimeError):  # from another machine, or cut short: made anew
            return engine, Module.deserialize_file(engine, str(path))
    print(  # noqa: T201 - on standard error, for whoever waits
        "Preparing GoogleSQL's analyzer: once, about 20 seconds.", file=sys.stderr, flush=True
    )
    module = Module.from_file(engine, str(get_wasm_path()))
    _keep(module, path)
    return engine, module


def module_path() -> Path:
    """Return the file that holds the compiled module of these versions."""
    versions = " ".join(f"{name} {version(name)}" for name in _DISTRIBUTIONS)
    key = sha256(f"{versions} {sys.platform} {os.uname().machine}".encode()).hexdigest()[:16]
    return _FOLDER.expanduser() / f"googlesql-{key}.cwasm"


def _config() -> Config:
    """Return what the module needs: shared memory, and an epoch that ends what runs too long."""
    config = Config()
    config.shared_memory = True
    config.epoch_interruption = True
    return config


def _keep(module: Module, path: Path) -> None:
    """Write the file as a whole; where there is no place for it, the next start compiles again."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(module.serialize())
        Path(file.name).replace(path)
