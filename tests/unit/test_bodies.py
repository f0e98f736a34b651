"""bodies: read, decoded and bounded."""

import gzip

import pytest
from request_builder import make_request

from analytics_pipeline.ingest.refusals import (
    BodyTooLarge,
    IncompleteBody,
    InvalidEncoding,
    Overloaded,
    UnsupportedMediaType,
)
from analytics_pipeline.ingest.request_body import Admission, read_body

GZIP = {"Content-Encoding": "gzip"}


async def read(request, *, max_bytes=100, admission=None):
    """Read a body with a lease that ends with the call."""
    with (admission or Admission(1000)).lease() as lease:
        return await read_body(request, lease, max_bytes)


class TestReadBody:
    @pytest.mark.parametrize("chunk", [1, 3, 100])
    async def test_plain(self, chunk):
        """A body in any number of pieces comes back whole."""
        assert b"some body" == await read(make_request(b"some body", chunk=chunk))

    @pytest.mark.parametrize("encoding", ["gzip", "GZIP ", "x-gzip"])
    async def test_gzip(self, encoding):
        """A gzip body is decoded, all its members."""
        body = gzip.compress(b"some ") + gzip.compress(b"body")

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

    @pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b"x")[:-1]])
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
        body = gzip.compress(b"x" * 100)
        assert b"x" * 100 == await read(make_request(body, headers=GZIP))

        with pytest.raises(BodyTooLarge):
            await read(make_request(gzip.compress(b"x" * 101), headers=GZIP))

    async def test_cut_off(self):
        """A connection that ends within the body is no request."""
        with pytest.raises(IncompleteBody):
            await read(make_request(b"some", cut=True))


class TestAdmission:
    async def test_room(self):
        """Bodies are admitted while there is room, refused beyond, and give their room back."""
        admission = Admission(10)
        with admission.lease() as lease:
            await read_body(make_request(b"x" * 6), lease, 100)

            assert b"x" * 4 == await read(make_request(b"x" * 4), admission=admission)
            with pytest.raises(Overloaded):
                await read(make_request(b"x" * 5), admission=admission)

        assert b"x" * 10 == await read(make_request(b"x" * 10), admission=admission)

    async def test_refused_bodies_give_room_back(self):
        """A body that was refused half-way holds nothing."""
        admission = Admission(100)
        with pytest.raises(BodyTooLarge):
            await read(make_request(b"x" * 90, chunk=10), max_bytes=50, admission=admission)

        assert b"x" * 100 == await read(make_request(b"x" * 100), admission=admission)
