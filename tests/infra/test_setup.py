"""`scripts/setup`: it installs once, and makes anew what was left half-made."""

import os
import shutil
import subprocess
import sys
from shlex import quote

import pytest

from checkout import ROOT

# In place of uv, which makes an environment in no time: it records what it is told.
_UV = """\
#!/bin/sh
echo "$*" >>../calls
if [ "$1" = venv ]; then
    rm -rf .venv && mkdir -p .venv/bin && ln -s {python} .venv/bin/python
elif [ -e ../fails ]; then
    echo 'no such package' >&2
    exit 1
fi
"""


class Checkout:
    """A checkout, in a folder with a space, in which `scripts/setup` finds a uv of ours."""

    def __init__(self, folder):
        self.path = folder / "a checkout"
        self.calls_file = folder / "calls"
        self._programs = folder / "programs"
        self._programs.mkdir()
        (self.path / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "setup", self.path / "scripts")
        shutil.copy(ROOT / "pyproject.toml", self.path)
        python = quote(sys.executable)
        self._add("uv", _UV.format(python=python))
        self._add("sleep", "#!/bin/sh\n")
        self._add("python3", f'#!/bin/sh\nexec {python} "$@"\n')

    def setup(self, *arguments):
        """Run it; returns which of `venv` and `pip` were called, and its exit code."""
        self.calls_file.write_text("")
        done = subprocess.run(
            [self.path / "scripts" / "setup", *arguments],
            env={"PATH": f"{self._programs}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        self.said = done.stderr
        return [line.split()[0] for line in self.calls_file.read_text().splitlines()]

    def _add(self, name, text):
        (self._programs / name).write_text(text)
        (self._programs / name).chmod(0o755)


@pytest.fixture(name="checkout")
def _checkout(tmp_path):
    return Checkout(tmp_path)


def test_once(checkout):
    """The second time nothing is done, nor said."""
    assert ["venv", "pip"] == checkout.setup()
    assert [] == checkout.setup()
    assert "" == checkout.said


def test_tools_are_for_those_who_ask(checkout):
    """The program comes without the tools; whoever has them has the program."""
    checkout.setup()
    assert checkout.calls_file.read_text().endswith(" --editable .\n")

    assert ["pip"] == checkout.setup("dev")
    assert checkout.calls_file.read_text().endswith(" --editable .[dev]\n")
    assert [] == checkout.setup()
    assert [] == checkout.setup("dev")


def test_other_pins(checkout):
    """A changed pyproject.toml is installed into what is there, the tools when they are needed."""
    checkout.setup("dev")
    with (checkout.path / "pyproject.toml").open("a") as file:
        file.write("# changed")

    assert ["pip"] == checkout.setup()
    assert ["pip"] == checkout.setup("dev")


def _lose_python(checkout):
    python = checkout.path / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python")


def _interrupt(checkout):
    (checkout.path / ".venv" / "installing").write_text("99999999\n")


def _move(checkout):
    checkout.path = checkout.path.rename(checkout.path.with_name("moved"))


def _break_off(checkout):
    shutil.rmtree(checkout.path / ".venv")
    (checkout.path / ".venv").mkdir()


@pytest.mark.parametrize("spoil", [_lose_python, _interrupt, _move, _break_off])
def test_heals(checkout, spoil):
    """An environment that lost its Python, was moved or left half-made is made anew, once."""
    checkout.setup()
    spoil(checkout)

    assert ["venv", "pip"] == checkout.setup()
    assert [] == checkout.setup()


def test_failure(checkout, tmp_path):
    """What the installer said is shown, and the next run begins anew."""
    (tmp_path / "fails").touch()
    assert ["venv", "pip"] == checkout.setup()
    assert "no such package\nInstalling failed after " in checkout.said

    (tmp_path / "fails").unlink()
    assert ["venv", "pip"] == checkout.setup()


def test_two_at_once(checkout):
    """While another process installs, nothing is touched."""
    checkout.setup()
    (checkout.path / ".venv" / "installing").write_text(f"{os.getpid()}\n")

    assert [] == checkout.setup()
    assert f"Another scripts/setup, process {os.getpid()}, is installing" in checkout.said
