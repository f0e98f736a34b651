"""Each client keeps each promise of docs/clients.md, on a real pipeline behind a bad network."""

import pytest

from conformance.driver import Unsupported
from conformance.kills import live_through_kills
from conformance.ready_clients import CLIENTS, command_of
from conformance.scenarios import SCENARIOS
from conformance.stages import play


@pytest.fixture(name="command")
def _command(client, request):
    """Return the command line of the client's driver; skip where it cannot run."""
    if client == "own":
        return command_of(request.config.getoption("--driver"))
    lacks = CLIENTS[client].lacks()
    if lacks:
        pytest.skip(lacks)
    return CLIENTS[client].command


@pytest.fixture(name="ahead", scope="session")
def _ahead(request, on_stage):
    """Begin all that this run will ask for: scenarios mostly wait, and may do so together."""
    for item in request.session.items:
        asked = getattr(item, "callspec", None)
        names = asked.params if asked else {}
        ready = CLIENTS.get(names.get("client"))
        if ready and "scenario" in names and not ready.lacks():
            on_stage.begin(SCENARIOS[names["scenario"]], ready.command)


@pytest.mark.usefixtures("ahead")
def test_promise(on_stage, command, scenario):
    """The client comes through the scenario: nothing lost, nothing doubled, nothing too early."""
    try:
        on_stage.begin(SCENARIOS[scenario], command).result()
    except Unsupported as exc:
        pytest.skip(f"not supported: {exc}")


def test_kills(client, command, variables):
    """Of what is tracked through kills, faults and an hour's outage nothing is lost or doubled."""
    seed = sum(client.encode())

    play(lambda world: live_through_kills(world, 6, 300, seed), command, variables)
