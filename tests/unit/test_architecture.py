"""The package's structure: flows stay apart, client libraries stay in the adapters."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "functions" / "analytics_pipeline"
MODULES = {
    str(path.relative_to(PACKAGE).with_suffix("")).replace("/", "."): path
    for path in PACKAGE.rglob("*.py")
    if path.stem != "__init__"
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
    *("load.load_jobs", "reconcile.inventory"),
    *("ingest.wiring", "load.wiring", "reconcile.wiring"),
}
CLIENT_LIBRARIES = {"google", "obstore", "requests", "urllib3"}
PURE = {
    *("errors", "gunzip", "json_text", "object_names", "stored_objects"),
    *("ingest.envelope", "ingest.events", "ingest.idempotency", "ingest.parameters"),
    "ingest.quoting",
    *("load.cloud_event", "load.column_values", "load.dead_letters", "load.json_columns"),
    *("load.encoding", "load.json_numbers", "load.rows"),
}


def imports(path):
    """Return the modules that a file imports at run time."""
    tree = ast.parse(path.read_text())
    checked = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    found = set()
    for node in ast.walk(tree):
        if node in checked:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def own_imports(name):
    """Return the modules of this package that one of them imports."""
    found = {full.removeprefix("analytics_pipeline.") for full in imports(MODULES[name])}
    return found & set(MODULES)


def flow(name):
    """Return the folder a module is in, "" for what stands above them."""
    return name.rpartition(".")[0]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_flows_do_not_know_each_other(name):
    """A module imports its own flow, what that may build on, and what stands above the flows."""
    allowed = {"", flow(name), *FLOWS.get(flow(name), ())}

    assert set() == {flow(other) for other in own_imports(name)} - allowed


def test_no_cycles():
    """Modules can be put in an order in which each imports only earlier ones."""
    TopologicalSorter({name: own_imports(name) for name in MODULES}).prepare()


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"reconcile.wiring"}))
def test_wiring_is_the_top(name):
    """Only the entry points, and whoever builds on a flow, know how it is put together."""
    assert not any(other.endswith("wiring") for other in own_imports(name))


@pytest.mark.parametrize("name", sorted(set(MODULES) - ADAPTERS))
def test_client_libraries_stay_in_the_adapters(name):
    """Only adapters and their wiring know Google's and other client libraries."""
    roots = {full.split(".")[0] for full in imports(MODULES[name])}

    assert set() == roots & CLIENT_LIBRARIES


@pytest.mark.parametrize("name", sorted(PURE))
def test_pure_modules_neither_log_nor_wait(name):
    """Pure modules do no logging, no threads and no sockets."""
    impure = {"logs", "asyncio", "socket", "threading", "subprocess", "time"}
    roots = {full.split(".")[0] for full in imports(MODULES[name])}

    assert set() == (roots | own_imports(name)) & impure


def test_the_environment_is_read_in_one_place():
    """Only settings.py reads settings from the process environment."""
    readers = {
        path.name
        for folder in (ROOT / "functions", ROOT / "scripts")
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }

    assert {"settings.py", "__main__.py"} == readers  # the program: whether a shell completes it


def test_nothing_imports_main():
    """The entry points are the top."""
    for path in [*PACKAGE.rglob("*.py"), *(ROOT / "scripts").rglob("*.py")]:
        assert "main" not in imports(path), path


def test_functions_know_nothing_of_scripts():
    """What is deployed needs nothing of the tools around it."""
    for path in [*PACKAGE.rglob("*.py"), ROOT / "functions" / "main.py"]:
        assert not any(full.split(".")[0] == "scripts" for full in imports(path)), path


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
