"""request_body: read, decoded and bounded."""

import asyncio
import gzip
import random
import threading

import pytest
from request_builder import make_request

from analytics_pipeline.ingest.admission import Admission, cost_of
from analytics_pipeline.ingest.refusals import (
    BodyTooLarge,
    IncompleteBody,
    InvalidEncoding,
    Overloaded,
    UnsupportedMediaType,
)
from analytics_pipeline.ingest.request_body import LARGE_BYTES, first_headers, read_body
from analytics_pipeline.ingest.workers import Workers

GZIP = {"Content-Encoding": "gzip"}


async def read(request, *, max_bytes=100, room=1000, workers=None):
    """Read a body with a lease that ends with the call; `room` is for so many bytes of a body."""
    with Admission(cost_of(room)).lease() as lease:
        workers = workers or Workers("test", threads=1, waiting=0)
        return await read_body(request, first_headers(request), lease, max_bytes, workers)


class TestReadBody:
    @pytest.mark.parametrize("chunk", [1, 3, 100])
    async def test_plain(self, chunk):
        """A body in any number of pieces comes back whole, whether its length was told or not."""
        for headers in ({}, {"Content-Length": "9"}):
            request = make_request(b"some body", headers=headers, chunk=chunk)

            assert b"some body" == await read(request)

    @pytest.mark.parametrize("encoding", ["gzip", "GZIP ", "x-gzip"])
    async def test_gzip(self, encoding):
        """A gzip body is decoded, all its members."""
        body = gzip.compress(b"some ", mtime=0) + gzip.compress(b"body", mtime=0)

        request = make_request(body, headers={"Content-Encoding": encoding}, chunk=7)

        assert b"some body" == await read(request)

    async def test_empty_gzip(self):
        """No byte at all is an empty body whatever its encoding says."""
        assert b"" == await read(make_request(b"", headers=GZIP))

    @pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
    async def test_other_encodings(self, encoding):
        """An encoding that is not served is refused."""
        with pytest.raises(UnsupportedMediaType):
            await read(make_request(b"x", headers={"Content-Encoding": encoding}))

    @pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b"x", mtime=0)[:-1]])
    async def test_corrupt_gzip(self, body):
        """A body that is not the gzip it claims to be is refused."""
        with pytest.raises(InvalidEncoding):
            await read(make_request(body, headers=GZIP))

    async def test_size(self):
        """As many bytes as the limit pass, one more is refused."""
        assert b"x" * 100 == await read(make_request(b"x" * 100))
        with pytest.raises(BodyTooLarge):
            await read(make_request(b"x" * 101, chunk=10))

    async def test_declared_size(self):
        """A Content-Length over the limit is refused before anything is read."""
        request = make_request(b"", headers={"Content-Length": "101"})

        with pytest.raises(BodyTooLarge):
            await read(request)

    async def test_decoded_size(self):
        """A small body that decodes to a large one is refused."""
        body = gzip.compress(b"x" * 100, mtime=0)
        assert b"x" * 100 == await read(make_request(body, headers=GZIP))

        with pytest.raises(BodyTooLarge):
            await read(make_request(gzip.compress(b"x" * 101, mtime=0), headers=GZIP))

    async def test_decoded_size_in_pieces(self):
        """What is decoded piece by piece is bounded as a whole."""
        body = gzip.compress(bytes(8 * LARGE_BYTES), mtime=0)
        most = 8 * LARGE_BYTES - 1

        with pytest.raises(BodyTooLarge):
            await read(make_request(body, headers=GZIP), max_bytes=most, room=10**7)

    @pytest.mark.parametrize("header", [{}, GZIP, {"Content-Encoding": "identity"}], ids=str)
    async def test_gzip_by_its_first_bytes(self, header):
        """What begins like gzip is gzip, whatever the header says."""
        assert b"some body" == await read(
            make_request(gzip.compress(b"some body", mtime=0), headers=header)
        )

        with pytest.raises(InvalidEncoding):
            await read(make_request(gzip.compress(b"some body", mtime=0)[:-1], headers=header))

    async def test_padding(self):
        """Zero bytes after gzip are padding."""
        body = gzip.compress(b"some body", mtime=0) + bytes(512)

        assert b"some body" == await read(make_request(body, headers=GZIP), max_bytes=1000)

    @pytest.mark.parametrize("body", [bytes(LARGE_BYTES), random.Random(1).randbytes(LARGE_BYTES)])
    async def test_large_gzip(self, body):
        """What is large before or after it is decoded is decoded by workers, if they are free."""
        request = make_request(gzip.compress(body + b"x", mtime=0), headers=GZIP)
        assert body + b"x" == await read(request, max_bytes=10**6, room=10**6)

        busy = Workers("test", threads=1, waiting=0)
        released = threading.Event()
        task = asyncio.create_task(busy.run(released.wait))
        await asyncio.sleep(0)
        request = make_request(gzip.compress(body + b"x", mtime=0), headers=GZIP)
        with pytest.raises(Overloaded):
            await read(request, max_bytes=10**6, room=10**6, workers=busy)
        small = make_request(gzip.compress(b"x", mtime=0), headers=GZIP)
        assert b"x" == await read(small, workers=busy)
        released.set()
        await task

    async def test_room(self):
        """A body is refused when the instance has no room for what it costs."""
        assert b"x" * 50 == await read(make_request(b"x" * 50), room=50)
        with pytest.raises(Overloaded):
            await read(make_request(b"x" * 51), room=50)
        with pytest.raises(Overloaded):
            await read(make_request(gzip.compress(b"x" * 90, mtime=0), headers=GZIP), room=50)

    async def test_room_for_a_declared_size(self):
        """A body that does not fit is refused before it is read."""
        request = make_request(b"", headers={"Content-Length": "51"}, cut=True)

        with pytest.raises(Overloaded):
            await read(request, room=50)

    @pytest.mark.parametrize("length", ["", "x", "9" * 5000])
    async def test_strange_content_length(self, length):
        """A length that no server lets through decides nothing, or is too large."""
        request = make_request(b"x", headers={"Content-Length": length} if length else {})
        if length.startswith("9"):
            with pytest.raises(BodyTooLarge):
                await read(request)
        else:
            assert b"x" == await read(request)

    async def test_cut_off(self):
        """A connection that ends within the body is no request."""
        with pytest.raises(IncompleteBody):
            await read(make_request(b"some", cut=True))
