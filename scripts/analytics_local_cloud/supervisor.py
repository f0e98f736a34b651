"""Starts the local cloud and the real functions, and stops all of it again.

One process serves gateway, storage, events and warehouse; each function is a process of its own,
`reconcile` while it is called.
Everything durable is under the data directory: a second start continues where the first stopped,
whatever stopped it.
"""

import asyncio
import fcntl
import shlex
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from analytics_local_cloud import gateway, storage, warehouse
from analytics_local_cloud.app_server import listen, serve, url_of
from analytics_local_cloud.deliveries import Deliveries
from analytics_local_cloud.function_process import FunctionProcess
from analytics_local_cloud.provisioning import Resources
from analytics_local_cloud.schedule import Schedule, keep_calling
from analytics_pipeline import object_names

PROJECT = "local-project"
BUCKET = "local-events"
DATASET = "events"
_EVERY_HALF_HOUR = Schedule()
QUOTA_PER_MINUTE = 6_000_000  # no local load test shall meet it
_FUNCTION_VARIABLES = (
    "GOOGLE_CLOUD_PROJECT",
    "BUCKET_NAME",
    "BIGQUERY_DATASET",
    "STORAGE_EMULATOR_HOST",
    "BIGQUERY_EMULATOR_HOST",
    "IAM_ENDPOINT",
    "GCE_METADATA_HOST",
)


class AlreadyRunning(Exception):
    """Another pipeline works in the same data directory."""


@dataclass(frozen=True)
class PipelineOptions:
    """Where and how to run; port 0 is any free one.

    `sources` is the folder with `functions/` and `api-gateway/`, which are run as they are.
    `streaming_buffer_seconds` is how long no statement may change a streamed row; `schedule` is
    when `reconcile` is called.
    """

    sources: Path
    data_dir: Path
    port: int
    api_key: str
    streaming_buffer_seconds: float = warehouse.STREAMING_BUFFER_SECONDS
    schedule: Schedule = _EVERY_HALF_HOUR


@asynccontextmanager
async def run_pipeline(options: PipelineOptions) -> AsyncIterator[dict[str, str]]:
    """Run everything while the context lasts; yields its variables once all of it answers.

    Raises AlreadyRunning, PortInUse, FunctionFailed or ResourceRefused.
    """
    data = options.data_dir
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        enter, enter_async = stack.enter_context, stack.enter_async_context
        enter(_locked(data))
        gateway_socket, storage_socket, warehouse_socket = (
            enter(listen(port)) for port in (options.port, 0, 0)
        )
        urls = [url_of(s) for s in (gateway_socket, storage_socket, warehouse_socket)]
        variables = _variables(options, *urls)
        store = enter(closing(storage.ObjectStore(data / "storage")))
        signer = storage.LocalSigner(data / "storage")
        await enter_async(serve(storage.create_app(store, signer), storage_socket))
        bigquery = warehouse.create_app(
            data / "warehouse", store, buffer_seconds=options.streaming_buffer_seconds
        )
        await enter_async(serve(bigquery, warehouse_socket))
        settings = {name: variables[name] for name in _FUNCTION_VARIABLES}
        settings["FUNCTION_SOURCE"] = str(options.sources / "functions" / "main.py")
        ingest = FunctionProcess("ingest", settings, logs / "ingest.log")
        load = FunctionProcess("load", settings, logs / "load.log")
        await enter_async(_in_background(ingest.keep_running(), load.keep_running()))
        session = await enter_async(aiohttp.ClientSession())
        await Resources(session, urls[1], urls[2], PROJECT).create_all(BUCKET, DATASET)
        await asyncio.gather(
            ingest.wait_ready(session, {"method": "OPTIONS"}, "/v1/event"),
            load.wait_ready(session, _harmless_event(), "/"),
        )
        await enter_async(_in_background(Deliveries(store, load.url, BUCKET).run()))
        spec = gateway.load_spec(
            options.sources / "api-gateway" / "openapi.yaml",
            backend=ingest.url,
            quota_per_minute=QUOTA_PER_MINUTE,
        )
        app = gateway.create_app(spec, ingest.url, {options.api_key})
        await enter_async(serve(app, gateway_socket))
        calls = keep_calling(options.schedule, settings, logs / "reconcile.log")
        await enter_async(_in_background(calls))
        _write_client_files(data, variables)
        yield variables


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """Hold the data directory; the lock ends with the process, however that ends."""
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise AlreadyRunning(f"a pipeline is already running on {data}") from exc
        yield


@asynccontextmanager
async def _in_background(*works: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run the coroutines while the context lasts; if one fails, so does what runs beside it."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        yield
        for task in tasks:
            task.cancel()


def _harmless_event() -> dict[str, object]:
    """Return a request that `load` acknowledges after it has built all its collaborators."""
    source = f"//storage.googleapis.com/projects/_/buckets/{BUCKET}"
    resource = {
        "bucket": BUCKET,
        "name": object_names.KEEP_OBJECT,
        "generation": "1",
        "size": "0",
        "timeCreated": "2000-01-01T00:00:00Z",
    }
    headers = {
        "ce-id": "readiness",
        "ce-source": source,
        "ce-specversion": "1.0",
        "ce-type": "google.cloud.storage.object.v1.finalized",
    }
    return {"method": "POST", "headers": headers, "json": resource}


def _variables(
    options: PipelineOptions, gateway_url: str, storage_url: str, warehouse_url: str
) -> dict[str, str]:
    """Return what points functions, scripts and Google's own clients at this pipeline."""
    clients = options.data_dir / "clients"
    return {
        "ANALYTICS_URL": gateway_url,
        "API_KEY": options.api_key,
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "BUCKET_NAME": BUCKET,
        "BIGQUERY_DATASET": DATASET,
        "STORAGE_EMULATOR_HOST": storage_url,
        "BIGQUERY_EMULATOR_HOST": warehouse_url,
        "IAM_ENDPOINT": storage_url,
        "GCE_METADATA_HOST": storage_url.removeprefix("http://"),
        "FUNCTION_LOGS": str(options.data_dir / "logs"),
        "BIGQUERYRC": str(clients / "bigqueryrc"),
        "CLOUDSDK_CONFIG": str(clients / "gcloud"),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(clients / "token"),
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{storage_url}/",
        "CLOUDSDK_CORE_PROJECT": PROJECT,
    }


def _write_client_files(data: Path, variables: dict[str, str]) -> None:
    """Write `env`, and what makes `bq` and `gcloud storage` speak to this pipeline."""
    clients = data / "clients"
    clients.mkdir(exist_ok=True)
    (clients / "token").write_text("local")
    (clients / "bigqueryrc").write_text(
        f"api = {variables['BIGQUERY_EMULATOR_HOST']}\nproject_id = {PROJECT}\n"
    )
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
    (data / "env").write_text("".join(lines))
