"""The program `analytics` by itself: it starts at once, completes, and knows what was meant."""

import subprocess
import sys
import tomllib
from importlib.metadata import version

import pytest

from analytics_commands.__main__ import NAMES, main
from checkout import ROOT

HEAVY = "aiohttp duckdb google pygal requests rich starlette uvicorn wasmtime yaml zetasql"


def completions(monkeypatch, tmp_path, line):
    """Return what a shell is told that may come next."""
    answer = tmp_path / "answer"
    monkeypatch.setenv("_ARGCOMPLETE", "1")
    monkeypatch.setenv("_ARGCOMPLETE_STDOUT_FILENAME", str(answer))
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_POINT", str(len(line)))
    command = [sys.executable, "-m", "analytics_commands"]
    answer.touch()
    subprocess.run(command, check=True, capture_output=True)
    return {each.split(":")[0].strip() for each in answer.read_text().split("\v")}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("analytics ", {*NAMES, "--help", "-h", "--version"}),
        ("analytics te", {"teardown"}),
        ("analytics deploy --dr", {"--dry-run"}),
        ("analytics import-events na", {"native"}),
        ("analytics audit --strict --ignore double", {"doubled", "doubled_across_days"}),
    ],
)
def test_completion(monkeypatch, tmp_path, line, expected):
    """A shell completes commands, options and their values."""
    assert expected == completions(monkeypatch, tmp_path, line) - {""}


@pytest.mark.parametrize("name", NAMES)
def test_no_door_imports_anything_heavy(name):
    """`--help` and completion start at once: what takes long is imported by what needs it."""
    code = (
        "import sys; before = set(sys.modules);"
        f"from analytics_commands.__main__ import command; command('{name}').build_parser();"
        "print(*{each.split('.')[0] for each in set(sys.modules) - before})"
    )
    printed = subprocess.check_output([sys.executable, "-c", code], text=True)

    assert set() == set(HEAVY.split()) & set(printed.split())


def test_version(capsys):
    """`--version` is the version of the distribution."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (0, f"analytics {project['version']}\n") == (ended.value.code, capsys.readouterr().out)
    assert project["version"] == version(project["name"])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("audi", "did you mean audit?"),
        ("scale_test", "did you mean scale-test?"),
        ("Deploy", "did you mean deploy?"),
        ("xyzzy", "`analytics` lists them"),
    ],
)
def test_an_unknown_command(capsys, typed, said):
    """What is no command is answered with the one that was meant."""
    with pytest.raises(SystemExit) as ended:
        main([typed])

    assert 2 == ended.value.code
    assert f"there is no command '{typed}'; {said}" in capsys.readouterr().err
