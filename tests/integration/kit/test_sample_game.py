"""The sample game's tests pass with the plugin alone, and each mistake turns one red."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from analytics_testing.kit import Analytics
from analytics_testing.local_http import NoLocalPipeline
from checkout import ROOT

GAME = ROOT / "examples" / "sample-game"


@pytest.fixture(name="play")
def _play(tmp_path):
    """Run the game's tests in a folder of their own; returns exit code and output."""
    folder = tmp_path / "a game"
    shutil.copytree(GAME, folder, ignore=shutil.ignore_patterns("__pycache__"))
    # As if the package were installed, whatever this environment has of it.
    entry_points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    installed = tmp_path / "site" / "kit_of_tests-0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: kit-of-tests\nVersion: 0\n")
    lines = [f"{name} = {module}\n" for name, module in entry_points["pytest11"].items()]
    (installed / "entry_points.txt").write_text("[pytest11]\n" + "".join(lines))
    paths = [installed.parent, ROOT / "scripts", ROOT / "functions"]

    def play(*options, changes=(), where=folder, **variables):
        text = (folder / "game.py").read_text()
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        (folder / "game.py").write_text(text)
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "COLUMNS": "999"}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
            cwd=where,
            env={**environ, **variables},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return play


def test_where_it_lies(play):
    """Its README's command works in its own folder, too, inside of this checkout."""
    code, output = play("--collect-only", where=GAME)

    assert 0 == code, output
    assert "20 tests collected" in output


def test_all_pass(play):
    """All twenty pass, each worker with a pipeline that it starts."""
    code, output = play("-n", "2", ANALYTICS_URL="")

    assert 0 == code, output
    assert "20 passed" in output


def test_mistakes(play, variables):
    """Each mistake in what the game sends is told in a line that says what it is."""
    changes = [
        ('"level_up", level', '"levelUp", level'),
        ("price=price", "price=str(price)"),
        ('"eventIndex": self._index', '"eventIndx": self._index'),
        ("_ATTEMPTS = 8", "_ATTEMPTS = 1"),
    ]
    tests = "test_level or test_currency or test_session or test_unavailable"
    code, output = play("-k", f"({tests}) and not levels", changes=changes, **variables)
    told = dict(re.findall(r"^FAILED \S*::test_(\w+) - (.*)", output, re.MULTILINE))

    assert 1 == code, output
    assert {"level", "currency", "session", "unavailable"} == set(told), output
    level = "AssertionError: no level_up with level of type int; 1 near: levelUp level=3"
    assert level == told["level"]
    assert '1 near: price="99" (string, not int)' in told["currency"]
    assert "missing: index 0, 1, 2, 3; some events have no eventIndex" in told["session"]
    again = "503 a fault at the gateway, on purpose; such a request is to be sent again"
    assert again in told["unavailable"]
    assert [] == re.findall(r"^.*analytics_testing/.*$", output, re.MULTILINE)


def test_other_addresses(variables):
    """Where nothing answers, or something else does, it is told what to do."""
    for url in ("http://127.0.0.1:9", variables["STORAGE_EMULATOR_HOST"]):
        with pytest.raises(NoLocalPipeline, match="start one with `analytics run`, or"):
            Analytics({**variables, "ANALYTICS_URL": url}, "nowhere")
