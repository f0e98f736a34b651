"""Starts a function as the framework does, without serving it: `import_function.py SOURCE TARGET`.

What the deployed server imports to serve an async function is imported, too, whatever the function
is. Of `ingest`, what its first request would build is built, without the signer of uploads: that is
imported in the background.
"""

import sys

import functions_framework
import functions_framework._http.gunicorn
import httptools  # noqa: F401 - the server's parser
import uvicorn.protocols.http.httptools_impl  # noqa: F401
import uvicorn_worker  # type: ignore[import-untyped]  # noqa: F401 - the server's
import uvloop  # noqa: F401 - the server's event loop


def main() -> None:
    """Create the application, and of ours what stores batches."""
    source, target = sys.argv[1:]
    functions_framework.create_app(target, source)  # type: ignore[no-untyped-call]
    if target == "ingest":
        from analytics_pipeline.ingest import wiring  # noqa: PLC0415 - as main.py does it
        from analytics_pipeline.settings import IngestSettings  # noqa: PLC0415

        wiring.batch_store(IngestSettings.from_env())


if __name__ == "__main__":
    main()
