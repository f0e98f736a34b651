"""Starts the local cloud and the real functions, and stops all of it again.

One process serves gateway, storage, events and warehouse; each function is a process of its own,
`reconcile` while it is called.
Everything durable is under the data directory: a second start continues where the first stopped,
whatever stopped it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import aiohttp

from analytics_local_cloud import gateway, storage, warehouse
from analytics_local_cloud.addresses import (
    SAYS_WHOSE,
    Place,
    Urls,
    is_loopback,
    own_urls,
    told_urls,
)
from analytics_local_cloud.app_server import serve
from analytics_local_cloud.background import few_collections, in_background
from analytics_local_cloud.data_folder import (
    held,
    keep_ports,
    kept_ports,
    usable,
    write_client_files,
)
from analytics_local_cloud.deliveries import Deliveries
from analytics_local_cloud.entrance import behind_front
from analytics_local_cloud.faults.fault_board import FaultBoard
from analytics_local_cloud.faults.faulty_app import FaultyApp
from analytics_local_cloud.function_process import FunctionProcess
from analytics_local_cloud.inside import Front, Inside, no_front
from analytics_local_cloud.journal.exchanges import Journal
from analytics_local_cloud.journal.recorded_app import STORAGE, WAREHOUSE, RecordedApp
from analytics_local_cloud.journal.traces import Traces
from analytics_local_cloud.listeners import listen_all, port_of
from analytics_local_cloud.log_sink import LogSink
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


@dataclass(frozen=True)
class PipelineOptions:
    """Where and how to run.

    `sources` is the folder with `functions/` and `api-gateway/`, which are run as they are.
    `streaming_buffer_seconds` is how long no statement may change a streamed row; `schedule` is
    when `reconcile` is called; `front` is what else answers at the gateway's address.
    """

    sources: Path
    data_dir: Path
    place: Place
    api_key: str
    streaming_buffer_seconds: float = warehouse.STREAMING_BUFFER_SECONDS
    schedule: Schedule = _EVERY_HALF_HOUR
    front: Front = no_front


@asynccontextmanager
async def run_pipeline(options: PipelineOptions) -> AsyncIterator[dict[str, str]]:
    """Run everything while the context lasts; yields its variables once all of it answers.

    Raises AlreadyRunning, FolderUnusable, CannotListen, FunctionFailed or ResourceRefused.
    """
    data, place = options.data_dir, options.place
    logs = data / "logs"
    async with AsyncExitStack() as stack:
        enter, enter_async = stack.enter_context, stack.enter_async_context
        with usable(data):
            logs.mkdir(parents=True, exist_ok=True)
            tell = enter(held(data))
        sockets = enter(listen_all(place, kept_ports(data)))
        ports = (port_of(sockets[0]), port_of(sockets[1]), port_of(sockets[2]))
        own, told = own_urls(place, ports), told_urls(place, ports)
        board = enter(closing(FaultBoard()))
        with usable(data):
            tell(told.gateway)
            keep_ports(data, ports)
            store = enter(closing(storage.ObjectStore(data / "storage", board.clock)))
            signer = storage.LocalSigner(data / "storage", board.clock)
            bigquery = warehouse.create_app(
                data / "warehouse", store, board.clock, options.streaming_buffer_seconds
            )
        # Told to this machine alone: a folder's name may hold its owner's.
        whose = {SAYS_WHOSE: quote(bytes(data))} if is_loopback(place.host) else {}
        journal = Journal()
        objects = FaultyApp(storage.create_app(store, signer), "storage", board)
        tables = FaultyApp(bigquery, "warehouse", board)
        await enter_async(serve(RecordedApp(objects, STORAGE, journal), sockets[1], whose))
        await enter_async(serve(RecordedApp(tables, WAREHOUSE, journal), sockets[2], whose))
        session = await enter_async(aiohttp.ClientSession())
        dataset_url = f"{own.warehouse}/bigquery/v2/projects/{PROJECT}/datasets/{DATASET}"
        sink = LogSink(session, dataset_url, logs)
        stack.push_async_callback(sink.finish)  # with what the functions say when they end
        settings = _settings(options, own, told)
        ingest = FunctionProcess("ingest", settings, logs / "ingest.log")
        load = FunctionProcess("load", settings, logs / "load.log")
        await enter_async(in_background(ingest.keep_running(), load.keep_running()))
        await Resources(session, own.storage, own.warehouse, PROJECT).create_all(BUCKET, DATASET)
        await enter_async(in_background(sink.keep_writing()))
        await asyncio.gather(
            ingest.wait_ready(session, {"method": "OPTIONS"}, "/v1/event"),
            load.wait_ready(session, _harmless_event(), "/"),
        )
        deliveries = Deliveries(store, load.url, BUCKET, board)
        await enter_async(in_background(deliveries.run()))
        spec = gateway.load_spec(
            options.sources / "api-gateway" / "openapi.yaml",
            backend=ingest.url,
            quota_per_minute=QUOTA_PER_MINUTE,
        )
        app = gateway.create_app(spec, ingest.url, {options.api_key})
        variables = _variables(options, told)
        inside = Inside(variables, own, session, board, Traces(journal), deliveries.pending)
        entrance = behind_front(app, inside, journal, options.front)
        await enter_async(serve(entrance, sockets[0], whose))
        enter(closing(journal))  # whoever looks on is told first
        await enter_async(
            in_background(
                keep_calling(options.schedule, settings, logs / "reconcile.log", board.clock)
            )
        )
        with usable(data):
            write_client_files(data, variables)
        enter(few_collections())
        yield variables


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


def _settings(options: PipelineOptions, own: Urls, told: Urls) -> dict[str, str]:
    """Return what the functions are told: they are on this machine, who uploads may not be."""
    variables = _variables(options, own)
    return {name: variables[name] for name in _FUNCTION_VARIABLES} | {
        "FUNCTION_SOURCE": str(options.sources / "functions" / "main.py"),
        "UPLOAD_ENDPOINT": told.storage,
    }


def _variables(options: PipelineOptions, urls: Urls) -> dict[str, str]:
    """Return what points functions, commands and Google's own clients at this pipeline."""
    clients = options.data_dir / "clients"
    return {
        "ANALYTICS_URL": urls.gateway,
        "CONSOLE_URL": f"{urls.gateway}/",
        "API_KEY": options.api_key,
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "BUCKET_NAME": BUCKET,
        "BIGQUERY_DATASET": DATASET,
        "STORAGE_EMULATOR_HOST": urls.storage,
        "BIGQUERY_EMULATOR_HOST": urls.warehouse,
        "IAM_ENDPOINT": urls.storage,
        "GCE_METADATA_HOST": urls.storage.removeprefix("http://"),
        "FUNCTION_LOGS": str(options.data_dir / "logs"),
        "BIGQUERYRC": str(clients / "bigqueryrc"),
        "CLOUDSDK_CONFIG": str(clients / "gcloud"),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(clients / "token"),
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{urls.storage}/",
        "CLOUDSDK_CORE_PROJECT": PROJECT,
    }
