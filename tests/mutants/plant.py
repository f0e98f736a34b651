"""Plants one bug at a time into a copy of the tree: the tests that have to go red then do, or not.

    python tests/mutants/plant.py                      # all bugs, each against its own tests
    python tests/mutants/plant.py --only no_insert_ids --only swallowed_failure
    python tests/mutants/plant.py --tests simulation   # all bugs, each against tests/simulation

The bugs are in bugs/*.toml, by what they break. Nothing is planted into the tree itself.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
BUGS = Path(__file__).with_name("bugs")
CAUGHT, SURVIVED, BROKEN = "caught", "SURVIVED", "BROKEN"
_SIDE_BY_SIDE = 2
_MOST_SECONDS = 600.0  # of one run: a bug that hangs its tests is not caught
_FAILED = re.compile(r"^FAILED (.+?)(?: - |$)", re.MULTILINE)
_GREEN, _RED = 0, 1  # pytest's exit codes; any other is no verdict, such as that of an ImportError


class Stale(Exception):
    """The list does not describe the tree any more."""


@dataclass(frozen=True, slots=True)
class Bug:
    """In `file`, `old` becomes `new`; `tests` are the fewest that have to go red.

    `why` says what a user would notice. `simulation` is whether tests/simulation has to go red,
    too; None where nobody has looked.
    """

    name: str
    file: str
    old: str
    new: str
    why: str
    tests: tuple[str, ...]
    simulation: bool | None = None

    def plant(self, tree: Path) -> None:
        """Write the bug into the file; raises Stale unless its place is found exactly once."""
        path = tree / self.file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text.count(self.old) != 1:
            raise Stale(f"{self.name}: its text is {text.count(self.old)} times in {self.file}")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a bug, and the test that caught it or why there is no verdict."""

    outcome: str
    detail: str
    seconds: float = 0.0


def read_bugs() -> list[Bug]:
    """Return the bugs of the list, file by file."""
    return [
        Bug(name=name, **{**values, "tests": tuple(values["tests"])})
        for path in sorted(BUGS.glob("*.toml"))
        for name, values in tomllib.loads(path.read_text(encoding="utf-8")).items()
    ]


def judge(exit_code: int, output: str) -> Verdict:
    """Return what a run of pytest says: only a test that failed has caught anything."""
    failed = _FAILED.search(output)
    if exit_code == _RED and failed:
        return Verdict(CAUGHT, failed[1])
    if exit_code == _GREEN:
        return Verdict(SURVIVED, "every test passed")
    return Verdict(BROKEN, f"pytest ended with {exit_code}: {output[-2000:]}")


def examine(bug: Bug | None, tests: Sequence[str]) -> Verdict:
    """Run the tests in a copy of the tree with the bug, or as it is; raises Stale."""
    began = time.monotonic()
    with TemporaryDirectory(prefix="mutant-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder)
        copy_tree(tree)
        if bug is not None:
            bug.plant(tree)
        verdict = _run(tree, tests, "-x" if bug else "--maxfail=20")
    return Verdict(verdict.outcome, verdict.detail, time.monotonic() - began)


def copy_tree(tree: Path) -> None:
    """Copy what Git knows or would add, and lead to the packages that are installed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    if (ROOT / ".venv").exists() and not (tree / ".venv").exists():
        (tree / ".venv").symlink_to((ROOT / ".venv").resolve())


def _run(tree: Path, tests: Sequence[str], *options: str) -> Verdict:
    """Run pytest on that tree's own code, in the same order each time."""
    command = [sys.executable, "-m", "pytest", "-q", "--tb=line", "-p", "no:randomly", *options]
    code = os.pathsep.join(str(tree / folder) for folder in ("functions", "scripts"))
    with subprocess.Popen(
        [*command, *tests],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": code},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=_MOST_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # and what the tests had started
            return Verdict(BROKEN, f"no end within {_MOST_SECONDS:.0f} seconds")
    return judge(process.returncode, output)


def _verdicts(bugs: Sequence[Bug], tier: str | None) -> Iterator[tuple[Bug | None, Verdict]]:
    """Yield what becomes of each bug, after what becomes of the tree as it is."""
    chosen = {bug.name: (f"tests/{tier}",) if tier else bug.tests for bug in bugs}
    all_tests = list(dict.fromkeys(test for tests in chosen.values() for test in tests))
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as runs:
        as_it_is = runs.submit(examine, None, all_tests)
        planted = runs.map(lambda bug: examine(bug, chosen[bug.name]), bugs)
        yield None, as_it_is.result()
        yield from zip(bugs, planted, strict=True)


def plant_all(bugs: Sequence[Bug], tier: str | None) -> int:
    """Tell what became of each bug; returns 1 where one survives that should not, else 0."""
    missed = caught = 0
    for bug, verdict in _verdicts(bugs, tier):
        if bug is None:
            missed += verdict.outcome != SURVIVED
            said = "green" if verdict.outcome == SURVIVED else "RED: no verdict below means much"
            print(f"without any bug: {said} ({verdict.seconds:.0f} s) {verdict.detail}", flush=True)
            continue
        caught += verdict.outcome == CAUGHT
        is_known = tier == "simulation" and bug.simulation is False and verdict.outcome == SURVIVED
        missed += verdict.outcome != CAUGHT and not is_known
        known = ", as the list says" if is_known else ""
        by = f"by {verdict.detail}" if verdict.outcome == CAUGHT else verdict.detail
        seconds = f"{verdict.seconds:5.1f} s"
        print(f"{verdict.outcome:8} {bug.name:34} {seconds}  {by}{known}", flush=True)
    print(f"{caught} of {len(bugs)} planted bugs caught")
    return 1 if missed else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when every bug is caught, 1 when one is not, 2 when the list is stale."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="say which bugs there are, and why")
    parser.add_argument("--only", action="append", metavar="NAME", help="this bug; may be repeated")
    parser.add_argument("--tests", metavar="TIER", help="a folder of tests/ instead of their own")
    options = parser.parse_args(argv)
    bugs = [bug for bug in read_bugs() if not options.only or bug.name in options.only]
    if unknown := set(options.only or ()) - {bug.name for bug in bugs}:
        parser.error(f"no such bug: {', '.join(sorted(unknown))}")
    if options.list:
        for bug in bugs:
            print(f"{bug.name:34} {bug.why}")
        return 0
    try:
        return plant_all(bugs, options.tests)
    except Stale as exc:
        parser.error(f"the list is stale: {exc}")


if __name__ == "__main__":
    sys.exit(main())
