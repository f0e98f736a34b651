"""An answer leaves the local cloud's servers in one piece."""

import asyncio

from analytics_local_cloud.app_server import _Joined


class Transport:
    """Remembers what is done to it."""

    def __init__(self):
        self.done = []

    def write(self, data):
        self.done.append(data)

    def close(self):
        self.done.append("closed")

    def is_closing(self):
        return "closed" in self.done


def play(*turns):
    """Write the parts of each turn of an event loop, None to close; returns what was sent."""

    async def run():
        transport = Transport()
        joined = _Joined(transport, asyncio.get_running_loop())
        for parts in turns:
            for part in parts:
                joined.close() if part is None else joined.write(part)
            await asyncio.sleep(0)
        assert transport.is_closing() is joined.is_closing()
        return transport.done

    return asyncio.run(run())


def test_parts_of_one_turn():
    """What is written in one turn is sent once, in order; the next turn's is sent by itself."""
    assert [b"headbody", b"more"] == play([b"head", b"body"], [b"more"], [])


def test_close():
    """What was written before the end is sent before it."""
    assert [b"headbody", "closed"] == play([b"head", b"body", None], [])
    assert ["closed"] == play([None], [])
