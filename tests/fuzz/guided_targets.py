"""Coverage-guided fuzzing of a parser by atheris: gunzip, json, or a body up to its rows.

python tests/fuzz/guided_targets.py body -max_total_time=60
"""

import gzip
import sys
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / part) for part in ("functions", "scripts", "tests/unit", "tests/fuzz")]

with atheris.instrument_imports(include=["analytics_pipeline"]):
    import test_parsers as checks
    from odd_bytes import TOKENS


def gunzip(data):
    """Feed gzip, and what would be gzip with a checksum that fits."""
    checks.test_gunzip.hypothesis.inner_test(data)
    packer = zlib.compressobj(wbits=31)
    checks.test_gunzip.hypothesis.inner_test(packer.compress(data) + packer.flush() + data[-3:])


def json(data):
    """Feed JSON."""
    checks.test_json.hypothesis.inner_test(data)


def body(data):
    """Feed a body to POST, and as an object to `load`."""
    checks.test_body.hypothesis.inner_test(data)
    checks.test_content.hypothesis.inner_test(data)


if __name__ == "__main__":
    target = {"gunzip": gunzip, "json": json, "body": body}[sys.argv.pop(1)]
    with TemporaryDirectory() as corpus:
        for number, token in enumerate(TOKENS):
            seed = b'{"eventType":%b}\n{}' % token.encode()
            Path(corpus, str(number)).write_bytes(
                gzip.compress(seed, mtime=0) if target is gunzip else seed
            )
        atheris.Setup([*sys.argv, corpus], target)
        atheris.Fuzz()
