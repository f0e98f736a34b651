"""The gate: what was read before a withdrawal passes at no time after it."""

import socket

import pytest

from analytics_pipeline_client import WithdrawnError
from analytics_pipeline_client.sending.gate import Gate


@pytest.fixture(name="pair")
def _pair():
    pair = socket.socketpair()
    yield pair
    for each in pair:
        each.close()


def test_passes(pair):
    """A pass is good until the gate is closed, and not again when it is open again."""
    gate = Gate(is_open=True)
    before = gate.take_pass()
    with gate.passing(before, pair[0]):
        pair[0].sendall(b"x")
    gate.close()
    assert gate.take_pass() is None
    gate.open()

    with pytest.raises(WithdrawnError), gate.passing(before, pair[0]):
        pair[0].sendall(b"y")
    with gate.passing(gate.take_pass(), pair[0]):
        pair[0].sendall(b"z")
    assert pair[1].recv(10) == b"xz"


def test_cut(pair):
    """What is being sent when the gate is closed cannot go on."""
    gate = Gate(is_open=True)
    with gate.passing(gate.take_pass(), pair[0]):
        gate.close()
        with pytest.raises(OSError):
            pair[0].sendall(b"x")

    assert pair[1].recv(10) == b""
