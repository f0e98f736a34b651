"""The local storage as a process of its own, for tests that kill it: `ROOT` is its argument."""

import sys
from pathlib import Path

from local_storage import serve_storage

if __name__ == "__main__":
    with serve_storage(Path(sys.argv[1])) as make_bucket:
        sys.stdout.write(f"{make_bucket('events').url}\n")
        sys.stdout.flush()
        sys.stdin.read()
