"""Fuzz for as long as is wished: other examples in every round, until one fails.

    make fuzz ARGS="--minutes 10"

Each round runs the fuzz tests with a seed of its own and ten times the examples, which a failing
round prints. The first quarter of the time is for coverage-guided fuzzing, if atheris is installed.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import gettempdir

TESTS = Path(__file__).parents[1]
TARGETS = ("gunzip", "json", "body")
FILES = (
    *("fuzz", "integration/test_hostile_requests.py", "integration/test_readers_agree.py"),
    "e2e/test_openapi_conformance.py",
)


def fuzz_round(seed):
    """Run the tests with other examples; returns pytest's exit code."""
    pytest = [sys.executable, "-m", "pytest", "-q", "--tb=short", f"--hypothesis-seed={seed}"]
    chosen = {"FUZZ_TIMES": "10", "FUZZ_SEED": str(seed)}
    again = " ".join(f"{name}={value}" for name, value in chosen.items())
    files = [str(TESTS / name) for name in FILES]
    code = subprocess.run([*pytest, *files], env=os.environ | chosen, check=False).returncode
    print(f"seed {seed}: {'passed' if code == 0 else f'FAILED; again: {again} {pytest[-1]}'}")
    return code


def guided(seconds):
    """Fuzz each parser with atheris for its share of the time; returns the worst exit code."""
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: no coverage-guided fuzzing")
        return 0
    share = [
        f"-max_total_time={max(1, int(seconds / len(TARGETS)))}",
        f"-artifact_prefix={gettempdir()}/",
    ]
    program = [sys.executable, str(Path(__file__).with_name("guided_targets.py"))]
    return max(
        abs(subprocess.run([*program, name, *share], check=False).returncode) for name in TARGETS
    )


def main():
    """Fuzz; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="for so long, at least a round")
    parser.add_argument("--first-seed", type=int, default=1)
    options = parser.parse_args()
    until = time.monotonic() + options.minutes * 60
    failed = guided(options.minutes * 15)
    seed = options.first_seed
    while not failed:
        failed = fuzz_round(seed)
        seed += 1
        if time.monotonic() > until:
            break
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
