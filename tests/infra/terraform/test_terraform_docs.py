"""The root module's README has every variable and output, as the files describe them."""

import re

import pytest

from checkout import ROOT

FOLDER = ROOT / "terraform"
README = FOLDER / "README.md"
ONE_LINE = re.compile(r'description = "(.*)"')
MANY_LINES = re.compile(r"description = <<-EOT\n(.*?)\n +EOT", re.DOTALL)


def blocks(kind, pattern):
    """Return the blocks of a kind by name, file by file."""
    return {
        path.name: dict(
            re.findall(rf'^{kind} "(\w+)" {{\n(.*?)^}}', path.read_text(), re.DOTALL | re.MULTILINE)
        )
        for path in sorted(FOLDER.glob(pattern))
    }


def description_of(block):
    """Return what a block says of itself, in one line; nothing when it does not."""
    found = ONE_LINE.search(block) or MANY_LINES.search(block)
    return " ".join(found[1].split()) if found else ""


def row_of(name, block):
    """Return the line of the README's table."""
    return f"| `{name}` | {description_of(block)} |"


VARIABLES = blocks("variable", "*.tf")
OUTPUTS = blocks("output", "*.tf")
EVERY = [
    (name, block)
    for files in (VARIABLES, OUTPUTS)
    for file in files.values()
    for name, block in file.items()
]


class TestBlocks:
    @pytest.mark.parametrize(("name", "block"), EVERY, ids=[name for name, _ in EVERY])
    def test_described(self, name, block):
        """Every variable and output says what it is, in the README too."""
        assert description_of(block)
        assert row_of(name, block) in README.read_text().splitlines()

    def test_typed(self):
        """Every variable has a type."""
        for file in VARIABLES.values():
            for name, block in file.items():
                assert re.search(r"^  type +=", block, re.MULTILINE), name

    def test_order(self):
        """Variables and outputs are in alphabetical order."""
        for file in [*VARIABLES.values(), *OUTPUTS.values()]:
            assert sorted(file) == list(file)

    def test_places(self):
        """They are where one looks for them."""
        assert {"variables.tf", "variables_own.tf", "variables_tuning.tf"} == {
            n for n, each in VARIABLES.items() if each
        }
        assert {"outputs.tf"} == {name for name, each in OUTPUTS.items() if each}

    def test_keys_are_sensitive(self):
        """No plan prints an API key."""
        secret = {name for name, block in OUTPUTS["outputs.tf"].items() if "key_string" in block}

        assert {"api_keys", "command_variables", "send_event"} == secret
        for name in secret:
            assert re.search(r"sensitive +=\s*true", OUTPUTS["outputs.tf"][name])


class TestReadme:
    def test_no_strangers(self):
        """The README's tables name nothing that is gone."""
        names = re.findall(r"^\| `(\w+)` \|", README.read_text(), re.MULTILINE)

        assert [name for name, _ in EVERY] == names

    def test_files(self):
        """The README names every file."""
        text = README.read_text()

        assert [] == [path.name for path in FOLDER.glob("*.tf") if f"`{path.name}`" not in text]
