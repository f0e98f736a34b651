"""What GitHub runs for this repository: pinned, and of what is promised."""

import re
import tomllib

import yaml

from checkout import ROOT

FILES = [
    *(ROOT / ".github/workflows").glob("*.yml"),
    *(ROOT / "docs/examples").glob("*.yml"),
    ROOT / "action.yml",
]
TEXT = "".join(path.read_text() for path in FILES)
JOBS = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]


def test_pinned():
    """An action is a commit, the same wherever it is used, beside the version that it has."""
    used = re.findall(r"uses: (.*)", TEXT)
    actions = {line.split("@")[0] for line in used}

    assert 5 < len(actions)
    assert [] == [
        line for line in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    ]
    assert len(actions) == len(set(used))


def test_programs_of_one_version():
    """Terraform and gcloud are of the same version in each workflow."""
    for name in (r"TERRAFORM|terraform_version", "GCLOUD"):
        versions = set(re.findall(rf"(?:{name}): ([\d.]+)\n", TEXT))
        assert 1 == len(versions)


def test_pythons():
    """The oldest Python that is promised is tested, and is the one that scripts/setup takes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    versions = JOBS["test"]["strategy"]["matrix"]["python"]

    assert project["requires-python"] == f">={versions[0]}"
    assert "python${{ matrix.python }}" == JOBS["test"]["env"]["PYTHON"]


def test_skips_that_are_allowed():
    """Each reason that a job allows is one that a test gives."""
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    allowed = [job["env"]["ALLOWED_SKIPS"] for job in JOBS.values() if "ALLOWED_SKIPS" in str(job)]

    assert 2 == len(allowed)
    assert [] == [pattern for pattern in allowed if not re.search(f'"{pattern}', tests)]
