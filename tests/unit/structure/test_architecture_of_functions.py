"""The structure of what is deployed: flows stay apart, client libraries stay in the adapters."""

import subprocess
import sys

import imports
import pytest

from checkout import ROOT

PACKAGE = "analytics_pipeline."
MODULES = {
    name.removeprefix(PACKAGE)
    for name, path in imports.MODULES.items()
    if name.startswith(PACKAGE) and path.stem != "__init__"
}
# What each folder may build on, besides itself and what stands above the folders.
FLOWS = {
    "ingest": set(),  # its cold start is measured: no client of BigQuery, no row code
    "load": set(),
    "reconcile": {"load"},  # so that an event becomes the same row whoever loads it
}
ADAPTERS = {
    *("ingest.batch_store", "ingest.identity", "ingest.listing", "ingest.signing"),
    *("load.object_reader", "load.streaming", "load.warehouse"),
    *("load.google_failures", "load.google_http"),
    *("load.load_jobs", "reconcile.listings", "reconcile.object_lookup"),
    *("ingest.wiring", "load.wiring", "reconcile.wiring"),
}
CLIENT_LIBRARIES = {"google", "obstore", "requests", "urllib3"}
PURE = {
    *("errors", "event_ids", "gunzip", "json_text", "object_names", "stored_objects", "time_texts"),
    *("ingest.envelope", "ingest.events", "ingest.idempotency", "ingest.parameters"),
    "ingest.quoting",
    *("load.cloud_event", "load.column_values", "load.dead_letters", "load.json_columns"),
    *("load.encoding", "load.json_nesting", "load.json_numbers", "load.rows"),
}


def own_imports(name):
    """Return the modules of this package that one of them imports."""
    found = {full.removeprefix(PACKAGE) for full in imports.own_imports(PACKAGE + name)}
    return found & MODULES


def roots(name):
    """Return the first words of all that a module imports."""
    return {full.split(".")[0] for full in imports.imports(PACKAGE + name)}


def flow(name):
    """Return the folder a module is in, "" for what stands above them."""
    return name.rpartition(".")[0]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_flows_do_not_know_each_other(name):
    """A module imports its own flow, what that may build on, and what stands above the flows."""
    allowed = {"", flow(name), *FLOWS.get(flow(name), ())}

    assert set() == {flow(other) for other in own_imports(name)} - allowed


@pytest.mark.parametrize("name", sorted(MODULES - {"reconcile.wiring"}))
def test_wiring_is_the_top(name):
    """Only the entry points, and whoever builds on a flow, know how it is put together."""
    assert not any(other.endswith("wiring") for other in own_imports(name))


@pytest.mark.parametrize("name", sorted(MODULES - ADAPTERS))
def test_client_libraries_stay_in_the_adapters(name):
    """Only adapters and their wiring know Google's and other client libraries."""
    assert set() == roots(name) & CLIENT_LIBRARIES


@pytest.mark.parametrize("name", sorted(PURE))
def test_pure_modules_neither_log_nor_wait(name):
    """Pure modules do no logging, no threads and no sockets."""
    impure = {"logs", "asyncio", "socket", "threading", "subprocess", "time"}

    assert set() == (roots(name) | own_imports(name)) & impure


def test_ingest_never_imports_bigquery():
    """What `ingest` imports at start holds none of Google's heavy clients."""
    code = (
        "import sys, main; from analytics_pipeline.ingest import wiring;"
        "print(sorted({'google.auth', 'google.cloud.bigquery', 'google.cloud.storage',"
        " 'analytics_pipeline.load', 'analytics_pipeline.reconcile'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "functions",
        capture_output=True,
        text=True,
        check=True,
    )

    assert "[]" == result.stdout.strip()
