"""The structure of all Python here: what may import what, and why.

The rules inside of the functions are in test_architecture_of_functions.py; what folders hold and
how modules are called, in test_folders_and_names.py.
"""

import ast
from graphlib import TopologicalSorter

import pytest
from imports import MODULES, imported_at_start, is_in, own_imports, tree

COMMANDS = sorted(
    name for name, path in MODULES.items() if path.match("analytics_commands/*/command.py")
)
# What each part may import, besides itself: arrows point down, to what knows less.
ALLOWED = {
    # What is deployed needs nothing of the tools around it: they are not there.
    "analytics_pipeline": (),
    "main": ("analytics_pipeline",),
    # The real Google Cloud does not know the pipeline either: a mistake of the pipeline must not be
    # made here a second time, where it would go unseen. What Terraform creates there is created
    # here, and that is said once: the tables, and where their files are.
    "analytics_local_cloud": ("analytics_pipeline.object_names", "analytics_pipeline.schemas"),
    # What many commands build on knows none of them.
    "analytics_commands.foundation": ("analytics_pipeline",),
    # Loads commands by their names, one at a time: none slows down the others' --help.
    "analytics_commands.__main__": (
        *("analytics_commands.foundation", "analytics_pipeline.settings"),
    ),
    # A command can be changed, or removed, without looking at the others.
    **{
        name.removesuffix(".command"): ("analytics_commands.foundation", "analytics_pipeline")
        for name in COMMANDS
    },
    # Starts the local cloud. The others speak to it as to Google Cloud, through public APIs.
    "analytics_commands.run": (
        *("analytics_commands.foundation", "analytics_pipeline", "analytics_local_cloud"),
        "analytics_console.front",
    ),
    # Shows the local cloud, and does there what the commands do: it is in front of both.
    "analytics_console": ("analytics_commands", "analytics_local_cloud", "analytics_pipeline"),
    # Judges rows by the rules of the local BigQuery, which says alone what a column takes.
    "analytics_commands.rehearse": (
        *("analytics_commands.foundation", "analytics_pipeline"),
        *("analytics_local_cloud.warehouse.values", "analytics_local_cloud.warehouse.api_errors"),
    ),
    # What games and apps send with; it goes where nothing else of this repository is.
    "analytics_pipeline_client": (),
    # Measures what is deployed, from outside; nothing needs it to run.
    "analytics_bench": ("analytics_commands.foundation", "analytics_pipeline"),
    # Uses all of it as its users do, from outside, and looks at its processes.
    "analytics_soak": ("analytics_commands.foundation",),
    # What tests of games build on: they speak to the pipeline as games do.
    "analytics_testing": ("analytics_commands.foundation", "analytics_pipeline.settings"),
    # Knows pages, and nothing of ours; for tests and pictures.
    "devtools": (),
    # Writes pages about everything; nothing needs it to run.
    "generate": (
        *("analytics_commands", "analytics_pipeline", "analytics_bench", "analytics_local_cloud"),
        "devtools",
    ),
}
# Rooms in the order in which they build on each other: each imports from those before it alone,
# so that it can be read without those after it.
ORDER = {
    "analytics_pipeline_client": (
        *("client_errors", "device_clock", "reports", "options", "outbox", "sending", "process"),
        *("client", "aio", "crash_reports", "usual_events"),
    ),
    "analytics_commands.foundation": (
        "sources",
        "drawing",
        "event_loop",
        "terminal",
        "deployment",
        "accounts",
        "pipeline",
    ),
    "analytics_bench": (
        *("native", "traffic", "services", "subjects", "report", "instructions"),
        *("simulation", "wall_clock", "__main__"),
    ),
    "analytics_soak": (
        *("batches", "client_receipts", "clients", "lifetimes", "disturbances", "samples"),
        *("tag_counts", "summary", "__main__"),
    ),
    "analytics_testing": (
        *("wanted_values", "fault_words", "local_http", "rows_by_sql", "kit"),
        *("chosen_pipeline", "pytest_fixtures"),
    ),
    "analytics_console": (
        *("refused", "rendering", "bounded_queries", "own_commands", "pages"),
        *("asked", "views", "console", "front"),
    ),
    "analytics_local_cloud.journal": (
        *("exchanges", "recorded_app", "sent_events", "trace_forms", "described_events"),
        *("gateway_answers", "written_rows", "known_batches", "kept_traces", "rates", "joining"),
        "traces",
    ),
    "analytics_local_cloud.local_api": (
        *("asked", "event_fields", "seen_traces", "late_rows", "lookout", "idleness"),
        *("expectations", "faults_api", "local_routes", "local_openapi", "local_front"),
    ),
    "analytics_local_cloud.storage": (
        *("storage_errors", "metadata", "disk", "objects", "store"),
        *("web", "identity", "json_api", "xml_api", "faults", "app"),
    ),
    "analytics_local_cloud.warehouse": (
        *("api_errors", "values", "googlesql", "translation", "catalog", "files", "queries"),
        *("inserts", "jobs", "assembly", "operations", "web", "app"),
    ),
}
# In the cloud these are services of their own: only their wire protocols connect them.
SERVICES = ("gateway", "storage", "warehouse")
# What takes longer to import than --help may take, or is not there where only --help is asked for.
HEAVY = {
    *(
        "aiohttp",
        "cryptography",
        "duckdb",
        "google",
        "httptools",
        "jinja2",
        "msgspec",
        "obstore",
        "pygal",
    ),
    *(
        "requests",
        "rich",
        "starlette",
        "urllib3",
        "uvicorn",
        "wasmtime",
        "yaml",
        "zetasql",
    ),
}


@pytest.mark.parametrize("part", ALLOWED)
def test_arrows_point_down(part):
    """A part imports itself, and the parts that it is allowed to build on."""
    places = (part, *ALLOWED[part])
    members = [name for name in MODULES if is_in(name, part)]
    wrong = [
        f"{name} imports {other}"
        for name in members
        for other in sorted(own_imports(name))
        if not any(is_in(other, place) for place in places)
    ]

    assert members
    assert [] == wrong


def test_every_module_is_in_a_part():
    """Wherever a module is put, a rule says what it may import."""
    packages = {"analytics_commands", *ALLOWED}

    assert [] == [
        name
        for name in MODULES
        if name not in packages and not any(is_in(name, part) for part in ALLOWED)
    ]


@pytest.mark.parametrize("house", ORDER)
def test_rooms_build_on_those_before_them(house):
    """A room imports from the rooms that stand before it in the order."""

    def room(name):
        return name.removeprefix(f"{house}.").split(".")[0]

    order = ORDER[house]
    members = [name for name in MODULES if is_in(name, house) and name != house]
    wrong = [
        f"{name} imports {other}"
        for name in members
        for other in sorted(own_imports(name) & set(members))
        if order.index(room(name)) < order.index(room(other))
    ]

    assert set(order) == {room(name) for name in members}
    assert [] == wrong


@pytest.mark.parametrize("service", SERVICES)
def test_services_know_each_other_by_wire_only(service):
    """A service of the local cloud imports nothing of the other services, nor who starts them."""
    home = f"analytics_local_cloud.{service}"
    wrong = [
        f"{name} imports {other}"
        for name in MODULES
        if is_in(name, home)
        for other in sorted(own_imports(name))
        if is_in(other, "analytics_local_cloud") and not is_in(other, home)
    ]

    assert [] == wrong


def test_no_cycles():
    """Modules can be put in an order in which each imports only earlier ones."""
    TopologicalSorter({name: own_imports(name) for name in MODULES}).prepare()


def test_nothing_imports_what_is_started():
    """Entry points are the top."""
    tops = {name for name in MODULES if name.split(".")[-1] in {"main", "__main__"}}

    assert {} == {name: found for name in MODULES if (found := own_imports(name) & tops)}


@pytest.mark.parametrize("name", COMMANDS)
def test_doors_are_light(name):
    """What is imported before a command line is read holds nothing heavy: --help is at once."""
    assert set() == {found for found in imported_at_start(name) if found.split(".")[0] in HEAVY}


def test_the_environment_is_read_in_one_place():
    """Only settings.py reads the process environment."""
    ways = {"environ", "environb", "getenv"}
    readers = {
        name
        for name in MODULES
        for node in ast.walk(tree(name))
        if (isinstance(node, ast.Attribute) and node.attr in ways)
        or (isinstance(node, ast.alias) and node.name in ways)
    }

    assert {"analytics_pipeline.settings"} == readers
