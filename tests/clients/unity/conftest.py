"""The compiled client, once for all tests of a run, and the server it sends to."""

import pytest
from answering_server import AnsweringServer
from csharp_life import CSharpLife
from mono import LACKS, compile_program, core_sources

from checkout import ROOT

DRIVER = ROOT / "tests/clients/drivers/CSharpDriver.cs"


@pytest.fixture(name="program", scope="session")
def _program(tmp_path_factory):
    """Compile the driver; each worker has its own."""
    if LACKS:
        pytest.skip(LACKS)
    folder = tmp_path_factory.mktemp("csharp")
    return compile_program(folder / "driver.exe", [*core_sources(), DRIVER], folder)


@pytest.fixture(name="server")
def _server():
    server = AnsweringServer()
    yield server
    server.close()


@pytest.fixture(name="begin")
def _begin(program, server, tmp_path):
    """Begin a life of a client on the test's folder, with options; all end with the test."""
    lives = []

    def begin(folder=tmp_path / "outbox", **options):
        lives.append(CSharpLife(program, server.url, folder, options))
        return lives[-1]

    yield begin
    for life in lives:
        life.kill()
