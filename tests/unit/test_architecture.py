"""The package's structure: arrows point down only, client libraries stay in the adapters."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "functions" / "analytics_pipeline"
MODULES = {path.stem: path for path in PACKAGE.glob("*.py") if path.stem != "__init__"}
# Higher layers may import lower ones, and nothing in their own layer but what is listed after them.
LAYERS = [
    {"wiring"},
    {"http_api"},
    {"parameters", "bodies"},
    {"reconcile"},
    {"repairs"},
    {"ingest", "uploads", "load", "shortfalls", "bulk_reading"},
    {"object_rows"},
    {"ledger", "load_jobs"},
    {"storage", "signing", "inventory", "warehouse"},
    {"google_failures"},
    {"ports"},
    {"dead_letters"},
    {"rows"},
    {"finalized", "column_values", "json_columns", "events"},
    {"stored_objects"},
    {"object_names", "json_text", "gunzip", "settings"},
    {"logs"},
    {"errors"},
]
ADAPTERS = {
    *("storage", "signing", "inventory"),
    *("warehouse", "load_jobs", "google_failures"),
    "wiring",
}
CLIENT_LIBRARIES = {"google", "obstore", "requests"}
PURE = {
    "events",
    "rows",
    "object_names",
    "json_text",
    "gunzip",
    "json_columns",
    "column_values",
    "finalized",
    "stored_objects",
    "dead_letters",
    "parameters",
    "errors",
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
    prefix = "analytics_pipeline."
    return {
        full.removeprefix(prefix).split(".")[0]
        for full in imports(MODULES[name])
        if full.startswith(prefix)
    } & set(MODULES)


def level(name):
    """Return the number of the layer a module is in, 0 the highest."""
    return next(index for index, layer in enumerate(LAYERS) if name in layer)


def test_every_module_has_a_layer():
    """A new module is given its place here."""
    assert set(MODULES) == set().union(*LAYERS)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_arrows_point_down(name):
    """A module imports only modules of lower layers."""
    upward = {other for other in own_imports(name) if level(other) <= level(name)}

    # One sibling each: what they add to one another is part of the same step.
    assert set() == upward - {("rows", "column_values"), ("column_values", "json_columns")}


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
    """Only settings.py reads the process environment."""
    readers = {
        path.name
        for folder in (ROOT / "functions", ROOT / "scripts")
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }

    assert {"settings.py"} == readers


def test_nothing_imports_main():
    """The entry points are the top."""
    for path in [*PACKAGE.glob("*.py"), *(ROOT / "scripts").rglob("*.py")]:
        assert "main" not in imports(path), path


def test_functions_know_nothing_of_scripts():
    """What is deployed needs nothing of the tools around it."""
    for path in [*PACKAGE.glob("*.py"), ROOT / "functions" / "main.py"]:
        assert not any(full.split(".")[0] == "scripts" for full in imports(path)), path


def test_ingest_never_imports_bigquery():
    """What `ingest` imports at start holds none of Google's heavy clients."""
    code = (
        "import sys, main; from analytics_pipeline import wiring;"
        "print(sorted({'google.auth', 'google.cloud.bigquery', 'google.cloud.storage',"
        " 'analytics_pipeline.rows'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "functions",
        capture_output=True,
        text=True,
        check=True,
    )

    assert "[]" == result.stdout.strip()
