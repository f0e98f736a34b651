"""Objects that are hard to load, by name: each a function that returns the bytes of one object.

As a program: loads a shape several times at once, as an instance of `load` or `reconcile` would,
and prints its peak memory in bytes.
"""

import gzip
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

MB = 1_000_000


def _line(**fields):
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"


def _event(text):
    return b'{"eventType":"x",%b}\n' % text


def _nested(opening, inner, closing, depth):
    return opening * depth + inner + closing * depth


SHAPES = {
    "control characters kept as a line": lambda: _line(
        _raw="\x01" * (3 * MB), envelopeWraps="line"
    ),
    "control characters in 10,000 lines": lambda: (
        _line(_raw="\x01" * 300, envelopeWraps="line") * 10_000
    ),
    "830,000 members": lambda: _event(b",".join(b'"%d":1' % n for n in range(830_000))),
    "one string of 9.8 MB beside 230 brackets": lambda: _event(
        b'"a":%b,"s":"%b"' % (_nested(b"[", b"", b"]", 230), b"x" * (9_800_000))
    ),
    "one string of 4.9 MB beside 230 brackets": lambda: _event(
        b'"a":%b,"s":"%b"' % (_nested(b"[", b"", b"]", 230), b"x" * (4_900_000))
    ),
    "a crash log of 4 MB with brackets and commas": lambda: _event(
        b'"log":"%b"' % (b"at f(a[1], {b}, c) in d[2]\\n" * 145_000)
    ),
    "4.2 MB of 1e400, 190 deep": lambda: _event(
        b'"n":%b' % _nested(b"[", b",".join([b"1e400"] * 700_000), b"]", 190)
    ),
    "1,600,000 empty arrays": lambda: _event(b'"a":[%b]' % b",".join([b"[]"] * 1_600_000)),
    "600,000 objects": lambda: _event(b'"a":[%b]' % b",".join([b'{"a":1}'] * 600_000)),
    "lone surrogates": lambda: _event(b'"s":"%b"' % (b"\\ud800" * 1_600_000)),
    "12 rows of 4.9 MB": lambda: _event(b'"log":"%b"' % (b'\\"' * 2_400_000)) * 12,
    "62 MB of ordinary events": lambda: _event(b'"log":"%b"' % (b"x" * 1_000)) * 60_000,
    "64 MB of two-byte lines": lambda: b"1\n" * (31 * MB),
    "50 lines of 64 KB that are not UTF-8": lambda: (b"\xff" * 64_000 + b"\n") * 50,
    "gzip of 60 MB in 60 KB": lambda: gzip.compress(
        _event(b'"a":"%b"' % (b" " * 60 * MB)), mtime=0
    ),
    "gzip of 100,000 events": lambda: gzip.compress(
        _event(b'"a":"%b"' % (b" " * 500)) * 100_000, mtime=0
    ),
}


ALL = "every shape"


class _Reader:
    """Returns copies of the contents, as reading them would."""

    def __init__(self, contents):
        self._contents = contents

    def read(self, ref, _max_bytes):
        return bytes(memoryview(self._contents[ref.name]))


class _Sink:
    """Builds the requests, and throws them away."""

    def insert_rows(self, rows):
        request_body(rows)
        return []

    insert_dead_letters = insert_rows


class _Bulk:
    """Takes every file."""

    def load_rows(self, rows, job_id, seen_at):
        """Do nothing."""


def _event_of(stored):
    return {
        "bucket": "b",
        "name": stored.ref.name,
        "generation": "5",
        "size": str(stored.size),
        "timeCreated": "2026-03-01T15:59:59Z",
    }


def main(function, shape, at_once):
    """Load the shape so often at once, or every shape, so many at a time; print what it took."""
    give_back_what_is_freed()
    makers = SHAPES.values() if shape == ALL else [SHAPES[shape]]
    made = [make() for make in makers]
    objects = [
        make_stored(str(number), size=len(made[number % len(made)]), event_count=None)
        for number in range(max(len(made), at_once))
    ]
    contents = {stored.ref.name: made[n % len(made)] for n, stored in enumerate(objects)}
    reader, started = _Reader(contents), time.monotonic()
    if function == "load":
        budget = MemoryBudget(wiring.MEMORY_BYTES, patience_seconds=600)
        loader = Loader(reader, _Sink(), _Bulk, budget, lambda: datetime.now(UTC))
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(loader.handle, map(_event_of, objects)))
    else:
        repairer = Repairer(reader, _Sink(), _Bulk(), lambda: datetime.now(UTC), lambda *_, **__: 0)
        assert 0 == sum(each.failed for each in repairer.repair(objects, datetime.now(UTC)))
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].split()[0]) * 1024  # rusage tells the parent's, from before `exec`
    own = sum(map(len, made))  # what an instance does not hold beside what it reads
    seconds = time.monotonic() - started
    sys.stdout.write(json.dumps({"peak": peak - own, "seconds": seconds}) + "\n")


if __name__ == "__main__":
    sys.path[:0] = sys.argv[4].split(":")
    from stored import make_stored

    from analytics_pipeline.allocator import give_back_what_is_freed
    from analytics_pipeline.load import wiring
    from analytics_pipeline.load.load import Loader
    from analytics_pipeline.load.memory_budget import MemoryBudget
    from analytics_pipeline.load.streaming import request_body
    from analytics_pipeline.reconcile.repairs import Repairer

    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
