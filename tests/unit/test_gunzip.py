"""gunzip: gzip decoded piece by piece."""

import gzip

import pytest

from analytics_pipeline.gunzip import CorruptGzip, Gunzip


def decode(*chunks):
    """Decode a whole stream that arrives in chunks."""
    gunzip = Gunzip()
    pieces = [piece for chunk in chunks for piece in gunzip.decode(chunk)]
    gunzip.finish()
    return b"".join(pieces)


class TestGunzip:
    def test_several_members_in_any_chunks(self):
        """All members are decoded, wherever the stream is cut."""
        stream = gzip.compress(b"one") + gzip.compress(b"") + gzip.compress(b"two")

        for cut in range(len(stream)):
            assert b"onetwo" == decode(stream[:cut], stream[cut:])

    @pytest.mark.parametrize("size", [1, 256 * 1024, 256 * 1024 + 1, 3_000_000])
    def test_size_around_a_piece(self, size):
        """Content of any size comes back whole."""
        assert b"x" * size == decode(gzip.compress(b"x" * size))

    def test_pieces_are_bounded(self):
        """A small chunk that decodes to much is handed out in pieces."""
        stream = gzip.compress(b"\0" * 10_000_000)

        sizes = [len(piece) for piece in Gunzip().decode(stream)]

        assert 10_000_000 == sum(sizes)
        assert 256 * 1024 == max(sizes)

    @pytest.mark.parametrize(
        "stream",
        [b"plain text", gzip.compress(b"x")[:-1], b"", gzip.compress(b"x") + b"junk"],
        ids=["not-gzip", "cut-short", "empty", "trailing-junk"],
    )
    def test_corrupt(self, stream):
        """Anything that is not whole members is refused."""
        with pytest.raises(CorruptGzip):
            decode(stream)

    def test_corrupt_checksum(self):
        """A flipped bit is noticed."""
        stream = bytearray(gzip.compress(b"some content"))
        stream[-6] ^= 1

        with pytest.raises(CorruptGzip):
            decode(bytes(stream))
