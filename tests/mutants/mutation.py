"""Changes the code of functions/ in thousands of small ways, and says which no test notices.

    python tests/mutants/mutation.py --share 0.1 --seed 1            # a tenth of each module
    python tests/mutants/mutation.py --only 'analytics_pipeline.load.rows*'
    python tests/mutants/mutation.py --adapters --share 0.2          # by the contract tests

mutmut does it, in an environment and a copy of the tree of its own, both in .local/mutation.
docs/mutation.md says what came of it.
"""

import argparse
import fnmatch
import json
import random
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections import Counter
from pathlib import Path

from plant import ROOT, copy_tree

MUTMUT = "mutmut==3.8.1"
HOME = ROOT / ".local" / "mutation"
ADAPTERS = {
    *("ingest/batch_store", "ingest/identity", "ingest/listing", "ingest/signing"),
    *("ingest/wiring", "load/google_failures", "load/google_http", "load/load_jobs"),
    *("load/object_reader", "load/streaming", "load/warehouse", "load/wiring"),
    *("reconcile/listed_objects", "reconcile/listings", "reconcile/object_lookup"),
    *("reconcile/receipts", "reconcile/repeats"),
}
_UNIT = [f"tests/unit/{room}" for room in ("ingest", "load", "reconcile", "pipeline")]
_CONTRACT = ["tests/contract/pipeline", "tests/unit/load/test_google_http.py"]
# What is measured there is not so while mutmut takes notes of every call.
_UNMEASURED = "not TestFootprint and not TestMemory and not hundred_objects and not registry"
# Some names of parameters cannot be asked for by their text: pytest runs all of such a test.
_PLUGIN = """
def pytest_configure(config):
    config.args[:] = dict.fromkeys(each.partition("[")[0] for each in config.args)
"""
_FEWEST = 8  # mutants of a module, where it has as many
_SMALL = "analytics_pipeline.clock.*"  # for the notes: which tests call which function
_OUTCOMES = {0: "survived", 1: "killed", 3: "killed", 33: "no test", None: "not run"}
_TIME_OUTS = {24, -24, 36, 152, 255}


def main() -> int:
    """Return mutmut's own exit code; its notes stay, so that a second run goes on."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", metavar="PATTERN", default="*", help="mutants of these names")
    parser.add_argument("--adapters", action="store_true", help="what contract tests are about")
    parser.add_argument("--share", type=float, default=1.0, help="how many of each module, 0 to 1")
    parser.add_argument("--seed", type=int, default=1, help="which of them")
    options = parser.parse_args()
    place = HOME / ("adapters" if options.adapters else "units")
    _stage(place, _CONTRACT if options.adapters else _UNIT)
    _mutmut(place, _SMALL)
    chosen = _sample(place, options)
    code = _mutmut(place, *chosen)
    _report(place, set(chosen))
    return code


def _stage(place: Path, tests: list[str]) -> None:
    """Copy the tree, with what is mutated in src/, where mutmut takes names from."""
    if place.exists():
        return
    copy_tree(place)
    shutil.copytree(place / "functions", place / "src")
    config = (place / "pyproject.toml").read_text(encoding="utf-8")
    config = config.replace('pythonpath = [\n    "functions",', 'pythonpath = [\n    "src",')
    ours = {
        "source_paths": ["src/"],
        "do_not_mutate": ["src/main.py"],
        "also_copy": ["functions", "scripts", "terraform", "api-gateway", "docs", "README.md"],
        "pytest_add_cli_args_test_selection": tests,
        "pytest_add_cli_args": ["-p", "whole_tests", "-p", "no:cacheprovider", "-k", _UNMEASURED],
        "timeout_constant": 10.0,
        "process_isolation": "forkserver",
    }
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in ours.items())
    (place / "pyproject.toml").write_text(f"{config}\n[tool.mutmut]\n{lines}", encoding="utf-8")


def _mutmut(place: Path, *names: str) -> int:
    home = HOME / MUTMUT
    if not (home / "bin" / "mutmut").exists():
        venv.create(home, with_pip=True)
        subprocess.run([home / "bin" / "pip", "install", "--quiet", MUTMUT], check=True)
        packages = sysconfig.get_path("purelib", vars={"base": str(home)})
        (Path(packages) / "project.pth").write_text(sysconfig.get_path("purelib") + "\n")
        (Path(packages) / "whole_tests.py").write_text(_PLUGIN)
    command = [home / "bin" / "mutmut", "run", "--max-children", "2", *names]
    return subprocess.run(command, cwd=place, check=False).returncode


def _outcomes(place: Path) -> dict[str, int | None]:
    """Return the exit code of each mutant, by its name."""
    codes: dict[str, int | None] = {}
    for path in sorted(place.glob("mutants/src/**/*.meta")):
        codes |= json.loads(path.read_text())["exit_code_by_key"]
    return codes


def _module(mutant: str) -> str:
    return mutant.rpartition(".")[0].removeprefix("analytics_pipeline.").replace(".", "/")


def _sample(place: Path, options: argparse.Namespace) -> list[str]:
    """Return the mutants to try: of each module the same share, drawn by the seed."""
    by_module: dict[str, list[str]] = {}
    for mutant in sorted(_outcomes(place)):
        is_adapter = _module(mutant) in ADAPTERS
        if is_adapter == options.adapters and fnmatch.fnmatch(mutant, options.only):
            by_module.setdefault(_module(mutant), []).append(mutant)
    chosen: list[str] = []
    for module, mutants in by_module.items():
        number = min(len(mutants), max(_FEWEST, round(options.share * len(mutants))))
        chosen += random.Random(f"{options.seed}{module}").sample(mutants, number)
    return chosen


def _report(place: Path, chosen: set[str]) -> None:
    """Print what became of them, module by module, and the names of what survived."""
    counts: dict[str, Counter[str]] = {}
    left = []
    for mutant, code in _outcomes(place).items():
        if mutant not in chosen:
            continue
        outcome = "timed out" if code in _TIME_OUTS else _OUTCOMES.get(code, f"exit {code}")
        counts.setdefault(_module(mutant), Counter())[outcome] += 1
        if outcome not in {"killed", "timed out"}:
            left.append(f"{outcome:10} {mutant}")
    print("\n".join(left))
    for module, outcomes in sorted(counts.items()):
        print(f"{module:28} {dict(outcomes)}")
    print(f"{'all':28} {dict(sum(counts.values(), Counter()))}")


if __name__ == "__main__":
    sys.exit(main())
