"""gunzip: gzip decoded piece by piece."""

import gzip
import random

import pytest

from analytics_pipeline.gunzip import MAX_MEMBERS, CorruptGzip, Gunzip


def decode(*chunks):
    """Decode a whole stream that arrives in chunks."""
    gunzip = Gunzip()
    pieces = [piece for chunk in chunks for piece in gunzip.decode(chunk)]
    gunzip.finish()
    return b"".join(pieces)


class TestGunzip:
    def test_several_members_in_any_chunks(self):
        """All members are decoded, wherever the stream is cut."""
        stream = (
            gzip.compress(b"one", mtime=0)
            + gzip.compress(b"two", mtime=0)
            + gzip.compress(b"", mtime=0)
        )

        for cut in range(len(stream)):
            assert b"onetwo" == decode(stream[:cut], stream[cut:])

    def test_zero_padding(self):
        """Zero bytes after a member are padding, wherever the stream is cut."""
        stream = (
            gzip.compress(b"one", mtime=0) + bytes(5) + gzip.compress(b"two", mtime=0) + bytes(1000)
        )

        for cut in range(len(stream)):
            assert b"onetwo" == decode(stream[:cut], stream[cut:])

    def test_empty(self):
        """One member without content is nothing, rightly packed."""
        assert b"" == decode(gzip.compress(b"", mtime=0))

    def test_number_of_members(self):
        """As many members as the limit pass, one more is refused."""
        member = gzip.compress(b"x", mtime=0)

        assert b"x" * MAX_MEMBERS == decode(member * MAX_MEMBERS)
        with pytest.raises(CorruptGzip, match="members"):
            decode(member * (MAX_MEMBERS + 1))

    def test_windows(self):
        """What is large before it is decoded comes back whole, too."""
        content = random.Random(1).randbytes(300_000)

        assert content * 2 == decode(gzip.compress(content, mtime=0) * 2)

    @pytest.mark.parametrize("size", [1, 256 * 1024, 256 * 1024 + 1, 3_000_000])
    def test_size_around_a_piece(self, size):
        """Content of any size comes back whole."""
        assert b"x" * size == decode(gzip.compress(b"x" * size, mtime=0))

    def test_pieces_are_bounded(self):
        """A small chunk that decodes to much is handed out in pieces."""
        stream = gzip.compress(b"\0" * 10_000_000, mtime=0)

        sizes = [len(piece) for piece in Gunzip().decode(stream)]

        assert 10_000_000 == sum(sizes)
        assert 256 * 1024 == max(sizes)

    @pytest.mark.parametrize(
        "stream",
        [
            b"plain text",
            gzip.compress(b"x", mtime=0)[:-1],
            b"",
            bytes(100),
            gzip.compress(b"x", mtime=0) + b"junk",
            gzip.compress(b"x", mtime=0) + b"\0junk",
            gzip.compress(b"", mtime=0) + gzip.compress(b"x", mtime=0),
            gzip.compress(b"x", mtime=0) + gzip.compress(b"", mtime=0) * 2,
        ],
        ids=[
            *("not-gzip", "cut-short", "empty", "zeros", "trailing-junk", "padding-and-junk"),
            *("empty-member-first", "empty-member-within"),
        ],
    )
    def test_corrupt(self, stream):
        """Anything that is not whole members, each but the last with content, is refused."""
        with pytest.raises(CorruptGzip):
            decode(stream)

    def test_corrupt_checksum(self):
        """A flipped bit is noticed."""
        stream = bytearray(gzip.compress(b"some content", mtime=0))
        stream[-6] ^= 1

        with pytest.raises(CorruptGzip):
            decode(bytes(stream))
