"""The folder that an installed program deploys from: its files are ours, all else the user's."""

import json
from hashlib import sha256

import pytest

from analytics_commands.deploy import command as deploy
from analytics_commands.foundation.deployment.deployment_folder import unpack
from analytics_commands.teardown import command as teardown
from checkout import ROOT

_THEIRS = ("terraform.tfvars", "backend.tf", "terraform.tfstate", "more.tf", ".terraform/x")


@pytest.fixture(name="folder")
def _folder(tmp_path):
    """Return a folder, with a space in its name, that this version was unpacked into."""
    folder = tmp_path / "my deployment"
    assert unpack(folder)
    return folder


def pretend_unpacked(folder, name, content):
    """Make a file one that an earlier version of the program had, and unpacked."""
    (folder / name).write_text(content)
    manifest = json.loads((folder / ".unpacked.json").read_text())
    manifest[name] = sha256(content.encode()).hexdigest()
    (folder / ".unpacked.json").write_text(json.dumps(manifest))


def files_of(folder):
    """Return the contents of all files by their names, without the list of them."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    contents = {str(path.relative_to(folder)): path.read_bytes() for path in paths}
    return {name: content for name, content in contents.items() if name != ".unpacked.json"}


def test_what_is_unpacked(folder):
    """It is what Terraform deploys, each file as in the checkout."""
    ours = files_of(ROOT / "functions").keys() - {"requirements.in"}  # the lock's source
    functions = {f"functions/{name}" for name in ours}
    found = files_of(folder)

    assert functions == {name for name in found if name.startswith("functions/")}
    assert {"api-gateway/openapi.yaml", "terraform/versions.tf", "terraform/.keep"} < set(found)
    assert {name: (ROOT / name).read_bytes() for name in found} == found


def test_again(folder):
    """A second time nothing is written."""
    before = (folder / ".unpacked.json").stat().st_mtime_ns

    assert not unpack(folder)
    assert before == (folder / ".unpacked.json").stat().st_mtime_ns


def test_upgrade(folder):
    """A later version replaces its own files, removes what it lost, and touches nothing else."""
    for name in _THEIRS:
        path = folder / "terraform" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("theirs")
    pretend_unpacked(folder, "terraform/outputs.tf", "of an earlier version")
    pretend_unpacked(folder, "terraform/gone.tf", "of an earlier version")
    (folder / "terraform" / "locals.tf").unlink()

    assert unpack(folder)

    assert (ROOT / "terraform/outputs.tf").read_text() == (
        folder / "terraform/outputs.tf"
    ).read_text()
    assert not (folder / "terraform" / "gone.tf").exists()
    assert (folder / "terraform" / "locals.tf").exists()
    assert ["theirs"] * 5 == [(folder / "terraform" / name).read_text() for name in _THEIRS]


@pytest.mark.parametrize("name", ["terraform/outputs.tf", "functions/main.py"])
@pytest.mark.parametrize("is_known", [True, False])
def test_changes_are_not_undone(folder, capsys, name, is_known):
    """What somebody changed is named, and nothing is written, whoever unpacked it."""
    pretend_unpacked(folder, "terraform/locals.tf", "of an earlier version")
    (folder / name).write_text("changed")
    if not is_known:
        (folder / ".unpacked.json").unlink()
    before = files_of(folder)

    assert 1 == deploy.main(["--project-id", "p", "--folder", str(folder), "--unpack-only"])

    said = capsys.readouterr().err
    assert name in said
    assert f" in {folder} is not as it was unpacked" in said
    assert before == files_of(folder)


@pytest.mark.parametrize("text", ["", "{", "[1]", "7", "null"])
def test_a_broken_list_of_files(folder, capsys, text):
    """It is named, with what to do."""
    (folder / ".unpacked.json").write_text(text)

    assert 1 == deploy.main(["--project-id", "p", "--folder", str(folder), "--unpack-only"])

    assert f"{folder / '.unpacked.json'} cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_no_folder_can_be_there(tmp_path, capsys, folder):
    """A folder that cannot be made is one line."""
    (tmp_path / "file").touch()
    path = tmp_path / folder

    assert 1 == deploy.main(["--project-id", "p", "--folder", str(path), "--unpack-only"])

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {path}")


def test_commands_are_run_there(folder, programs, capsys):
    """Terraform is run in the folder, by both commands; what is printed begins with going there."""
    options = ["--project-id", "p", "--folder", str(folder), "--dry-run"]
    programs.install("terraform")

    assert [0, 0] == [deploy.main(options), teardown.main(options)]

    lines = capsys.readouterr().out.splitlines()
    unpacking = f"analytics deploy --unpack-only --project-id p --folder '{folder}'"
    assert unpacking == lines[0]
    assert 2 == lines.count(f"cd '{folder}'")


def test_teardown_elsewhere(tmp_path, programs, capsys):
    """A folder that nothing was deployed from is refused before Terraform makes a state there."""
    assert 1 == teardown.main(["--project-id", "p", "--folder", str(tmp_path / "other")])

    assert "no deployment was made from" in capsys.readouterr().err
    assert [] == programs.calls()
