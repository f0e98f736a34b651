"""The lock of the functions' packages: whole, of digests, and what is installed here, too."""

import re
import subprocess
import tomllib
from importlib.metadata import distribution

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

from checkout import ROOT

LOCK = ROOT / "functions" / "requirements.txt"
_DIGESTS = r"(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n"
_VIA = r"(?:    # .*\n)+"
_ENTRY = re.compile(rf"([a-z0-9-]+==[^\s;]+(?: ; [^\\\n]+)?){_DIGESTS}{_VIA}")


def lines_of(path):
    """Return what a file of requirements lists."""
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def project():
    """Return what pyproject.toml says of the program."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(name="locked", scope="module")
def _locked():
    """Return the packages of the lock, by their names."""
    found = [Requirement(entry) for entry in _ENTRY.findall(LOCK.read_text())]
    return {each.name: each for each in found}


def version_of(requirement):
    """Return the one version that is allowed."""
    (only,) = requirement.specifier
    assert "==" == only.operator
    return only.version


def needed(name, extras, seen):
    """Add what a package needs in turn, on this machine, to what was seen."""
    if (name, extras) in seen:
        return
    seen.add((name, extras))
    for text in distribution(name).requires or ():
        each = Requirement(text)
        if each.marker is None or any(
            each.marker.evaluate({"extra": extra}) for extra in extras or [""]
        ):
            needed(each.name.lower().replace("_", "-"), frozenset(each.extras), seen)


def test_nothing_else():
    """Each entry is a version with digests; no option, address or index is among them."""
    text = LOCK.read_text()
    header = "".join(f"{line}\n" for line in text.splitlines()[:2])

    assert "" == _ENTRY.sub("", text.removeprefix(header))
    assert header.endswith(" --output-file requirements.txt requirements.in\n")


def test_of_what_is_imported(locked):
    """It was made of requirements.in, whose lines the program is installed with, too."""
    sources = lines_of(ROOT / "functions" / "requirements.in")
    pins = {Requirement(line).name: Requirement(line) for line in project()["dependencies"]}

    assert [] == [line for line in sources if line not in project()["dependencies"]]
    assert {Requirement(line).name for line in sources} <= locked.keys()
    both = pins.keys() & locked.keys()
    assert {n: version_of(pins[n]) for n in both} == {n: version_of(locked[n]) for n in both}


def test_whole(locked):
    """It has all that the functions need in turn, so nothing is chosen while they are built."""
    seen = set()
    for line in lines_of(ROOT / "functions" / "requirements.in"):
        needed(Requirement(line).name, frozenset(), seen)

    assert set() == {name for name, _ in seen} - locked.keys()


def test_installed(locked):
    """What tests run with is what is deployed."""
    here = [each for each in locked.values() if each.marker is None or each.marker.evaluate()]

    assert {each.name: version_of(each) for each in here} == {
        each.name: distribution(each.name).version for each in here
    }


def test_any_python(locked):
    """Markers of the lock speak of platforms, and never leave a Python out that is supported."""
    markers = {str(each.marker) for each in locked.values() if each.marker}

    assert [] == [text for text in markers if "python_version" in text or "full_version" in text]
    assert all(Marker(text).evaluate({"sys_platform": "linux"}) for text in markers)


def test_pinned():
    """What the program and its tools are installed with is of one version each."""
    told = project()["dependencies"] + project()["optional-dependencies"]["dev"]

    assert [] == [line for line in told if not re.match(r"[\w-]+==[\d.]+(;|$)", line)]


def test_providers_of_the_registry():
    """Where Terraform's lock is committed, its digests are of the registry, for each platform."""
    tracked = subprocess.check_output(
        ["git", "ls-files", "terraform/.terraform.lock.hcl"], cwd=ROOT, text=True
    )
    text = "".join((ROOT / name).read_text() for name in tracked.splitlines())
    blocks = text.split("\nprovider ")[1:]

    assert [] == [each for each in blocks if each.count('"h1:') < 4 or '"zh:' not in each]
