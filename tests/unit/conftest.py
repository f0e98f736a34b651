"""The unit tier works in memory: any socket is an error."""

import pytest
from pytest_socket import disable_socket, enable_socket


@pytest.fixture(autouse=True, scope="session")
def _no_sockets():
    disable_socket(allow_unix_socket=True)  # the event loop wakes itself through one
    yield
    enable_socket()
