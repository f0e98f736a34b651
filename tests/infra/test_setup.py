"""`scripts/setup`: it installs once, and makes anew what was left half-made."""

import os
import shutil
import subprocess
import sys
from shlex import quote

import pytest

from checkout import ROOT

INSTALLED = ["pip", "pip"]  # the functions' packages, then the rest
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
        for name in ("scripts/setup", "functions/requirements.txt", "pyproject.toml"):
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.path / name)
        python = quote(sys.executable)
        self._add("uv", _UV.format(python=python))
        self._add("sleep", "#!/bin/sh\n")
        self._add("python3", f'#!/bin/sh\nexec {python} "$@"\n')

    def setup(self, *arguments, **variables):
        """Run it; returns which of `venv` and `pip` were called."""
        self.calls_file.write_text("")
        done = subprocess.run(
            [self.path / "scripts" / "setup", *arguments],
            env={"PATH": f"{self._programs}:/usr/bin:/bin", **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        self.said = done.stderr
        return [line.split()[0] for line in self.calls_file.read_text().splitlines()]

    def add_python(self, name, version):
        """Make a Python callable that is of this version, and nothing else."""
        return self._add(name, f"#!/bin/sh\necho {version}\n")

    def _add(self, name, text):
        (self._programs / name).write_text(text)
        (self._programs / name).chmod(0o755)
        return str(self._programs / name)


@pytest.fixture(name="checkout")
def _checkout(tmp_path):
    return Checkout(tmp_path)


def test_once(checkout):
    """The second time nothing is done, nor said."""
    assert ["venv", *INSTALLED] == checkout.setup()
    assert [] == checkout.setup()
    assert "" == checkout.said


def test_tools_are_for_those_who_ask(checkout):
    """The program comes without the tools; whoever has them has the program."""
    checkout.setup()
    assert checkout.calls_file.read_text().endswith(" --editable .\n")

    assert INSTALLED == checkout.setup("dev")
    assert checkout.calls_file.read_text().endswith(" --editable .[dev]\n")
    assert [] == checkout.setup()
    assert [] == checkout.setup("dev")


def test_exactly_what_is_deployed(checkout):
    """The functions' packages come first, from the files that a deployment installs."""
    checkout.setup("dev")
    _, first, then = checkout.calls_file.read_text().splitlines()

    assert first.endswith(" --require-hashes --requirement functions/requirements.txt")
    assert then.endswith(" --editable .[dev]")


@pytest.mark.parametrize("name", ["pyproject.toml", "functions/requirements.txt"])
def test_other_pins(checkout, name):
    """Changed pins are installed into what is there, the tools when they are needed."""
    checkout.setup("dev")
    with (checkout.path / name).open("a") as file:
        file.write("# changed")

    assert INSTALLED == checkout.setup()
    assert INSTALLED == checkout.setup("dev")


@pytest.mark.parametrize(
    ("python", "there", "taken"),
    [
        ("", {"python3": "3.11", "python3.13": "3.13"}, "python3"),
        ("", {"python3": "3.14", "python3.13": "3.13"}, "python3"),
        ("", {"python3": "3.15", "python3.12": "3.12"}, "python3.12"),
        ("", {"python3": "3.10", "python3.14": "3.14"}, "python3.14"),
        ("python3.12", {"python3": "3.11", "python3.12": "3.12"}, "python3.12"),
        ("my python", {"my python": "3.13"}, "my python"),
        ("python3.10", {"python3": "3.11", "python3.10": "3.10"}, None),
        ("python4", {"python3": "3.11"}, None),
        ("", {}, None),
    ],
)
def test_python(checkout, python, there, taken):
    """It is the one that is asked for, or the `python3` of the PATH, where packages are for it."""
    names = {"python3", "python3.11", "python3.12", "python3.13", "python3.14", *there}
    paths = {name: checkout.add_python(name, there.get(name, "2.7")) for name in names}
    called = checkout.setup(PYTHON=python)

    if taken:
        assert f"--python {paths[taken]} .venv" in checkout.calls_file.read_text()
    else:
        assert [] == called
        assert f"{python or 'what is on the PATH'} is none of them" in checkout.said


def test_another_python(checkout):
    """An environment of another Python than is asked for is made anew, and only then."""
    checkout.setup()
    ours = "{}.{}".format(*sys.version_info)
    checkout.add_python("python3.0", ours)
    other = checkout.add_python("other", "3.14" if ours != "3.14" else "3.13")

    assert [] == checkout.setup(PYTHON="python3.0")
    assert ["venv", *INSTALLED] == checkout.setup(PYTHON=other)


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

    assert ["venv", *INSTALLED] == checkout.setup()
    assert [] == checkout.setup()


def test_failure(checkout, tmp_path):
    """What the installer said is shown, and the next run begins anew."""
    (tmp_path / "fails").touch()
    assert ["venv", "pip"] == checkout.setup()
    assert "no such package\nInstalling the functions' packages failed after " in checkout.said

    (tmp_path / "fails").unlink()
    assert ["venv", *INSTALLED] == checkout.setup()


def test_two_at_once(checkout):
    """While another process installs, nothing is touched."""
    checkout.setup()
    (checkout.path / ".venv" / "installing").write_text(f"{os.getpid()}\n")

    assert [] == checkout.setup()
    assert f"Another scripts/setup, process {os.getpid()}, is installing" in checkout.said
