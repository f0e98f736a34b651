"""Starts a function as the framework does, without serving it: `import_function.py SOURCE TARGET`.

The server that it is deployed with is imported, too, and of our functions that is built which their
first request would build, but for the signer of uploads: it is imported in the background. Prints
the CPU seconds and the most megabytes that this took, as JSON.
"""

import importlib
import json
import sys
import time
from pathlib import Path

import functions_framework
import functions_framework._http.gunicorn

_ASYNC_SERVER = ("httptools", "uvicorn.protocols.http.httptools_impl", "uvicorn_worker", "uvloop")
_SYNC_SERVER = ("gunicorn.workers.gthread",)
_ASYNC = {"noop", "ingest"}
_KIB_PER_MB = 1000 / 1.024


def main() -> None:
    """Create the application, and what serves its first request."""
    source, target = sys.argv[1:]
    for module in _ASYNC_SERVER if target in _ASYNC else _SYNC_SERVER:
        importlib.import_module(module)
    functions_framework.create_app(target, source)  # type: ignore[no-untyped-call]
    build(target)
    # getrusage would tell of the process that started this one, if that was larger.
    status = Path("/proc/self/status").read_text().splitlines()
    memory = int(next(line for line in status if line.startswith("VmHWM")).split()[1])
    print(json.dumps({"cpu_seconds": time.process_time(), "memory_mb": memory / _KIB_PER_MB}))


def build(target: str) -> None:
    """Build what the wiring of that function builds for its first request."""
    if target == "ingest":
        from analytics_pipeline.ingest import wiring  # noqa: PLC0415 - as main.py does it
        from analytics_pipeline.settings import IngestSettings  # noqa: PLC0415

        wiring.batch_store(IngestSettings.from_env())
    elif target in {"load", "reconcile"}:
        rooms = importlib.import_module(f"analytics_pipeline.{target}.wiring")
        (rooms.loader if target == "load" else rooms.reconciliation)()


if __name__ == "__main__":
    main()
