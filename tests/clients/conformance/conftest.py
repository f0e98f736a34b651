"""The pipeline of the suite, and the clients that are put to it."""

import pytest

from analytics_commands.foundation.pipeline.local_process import running_pipeline
from conformance.ready_clients import CLIENTS
from conformance.scenarios import SCENARIOS
from conformance.stages import stage


def pytest_addoption(parser):
    group = parser.getgroup("conformance")
    group.addoption(
        "--client", action="append", choices=CLIENTS, default=[], help="client; default: all"
    )
    group.addoption("--driver", help="command line of a driver of your own, instead")


@pytest.fixture(name="variables", scope="session")
def _variables(tmp_path_factory):
    with running_pipeline(tmp_path_factory.mktemp("pipeline"), "--streaming-buffer", "0") as given:
        yield given


@pytest.fixture(name="on_stage", scope="session")
def _on_stage(variables):
    with stage(variables) as its:
        yield its


def pytest_generate_tests(metafunc):
    """Put each client through each scenario; those nobody asked for, perhaps through a few."""
    if "client" not in metafunc.fixturenames:
        return
    asked = metafunc.config.getoption("--client")
    clients = ["own"] if metafunc.config.getoption("--driver") else asked or list(CLIENTS)
    if "scenario" not in metafunc.fixturenames:
        metafunc.parametrize("client", clients)
        return
    usually = {} if asked else {name: CLIENTS[name].usually for name in clients if name in CLIENTS}
    pairs = [
        (client, scenario)
        for client in clients
        for scenario in SCENARIOS
        if scenario in (usually.get(client) or SCENARIOS)
    ]
    metafunc.parametrize(("client", "scenario"), pairs)
