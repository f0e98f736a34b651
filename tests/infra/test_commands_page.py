"""The commands against their documentation: none is missing, nor any of their options."""

import argparse
import re

import pytest

from analytics_commands.__main__ import NAMES, command, main
from analytics_commands.foundation.pipeline.pipeline_options import (
    add_gateway_options,
    add_selection_options,
    add_target_options,
)
from checkout import ROOT

PAGES = {
    "demo": "README.md",
}
PAGE = (ROOT / "docs" / "commands.md").read_text()
README = (ROOT / "README.md").read_text()
MODULES = {name: command(name) for name in sorted(NAMES)}


def options_of(parser):
    """Return the options of a parser and of its sub-commands."""
    found = set()
    for action in parser._actions:
        found |= {option for option in action.option_strings if option.startswith("--")}
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                found |= options_of(each)
    return found


def _shared():
    parser = argparse.ArgumentParser()
    for add in (add_target_options, add_gateway_options, add_selection_options):
        add(parser)
    return options_of(parser) | {"--json"}


SHARED = _shared()


def documentation_of(name):
    """Return what is written about a command: its section, or its page."""
    if name in PAGES:
        return (ROOT / PAGES[name]).read_text()
    return PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]


def test_every_command_is_in_the_readme():
    """The README names every command."""
    assert [] == [name for name in MODULES if not re.search(rf"\b{name}\b", README)]


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_overview(arguments, capsys):
    """The program by itself lists every command with what it is for, and fits a screen."""
    assert 0 == main(arguments)

    listed = capsys.readouterr().out
    for name in MODULES:
        assert re.search(rf"^  {name} +[A-Z]\w+ .*\.$", listed, re.MULTILINE), name
    assert 30 > len(listed.splitlines())
    assert 80 >= max(map(len, listed.splitlines()))


def test_every_folder_is_a_command():
    """Each folder with a door is a command of the program, and each command has a folder."""
    doors = (ROOT / "scripts" / "analytics_commands").glob("*/command.py")

    assert sorted(NAMES) == sorted(door.parent.name.replace("_", "-") for door in doors)


def test_every_section_is_a_command():
    """The page has a section for each command that has no page of its own, in order."""
    sections = re.findall(r"^## ([\w-]+)$", PAGE, re.MULTILINE)

    assert sorted(set(MODULES) - set(PAGES)) == sections


@pytest.mark.parametrize("name", sorted(MODULES))
def test_options(name):
    """Every option of a command is documented, and every documented one exists."""
    parser = MODULES[name].build_parser() if hasattr(MODULES[name], "build_parser") else None
    options = options_of(parser) if parser else set()
    text = documentation_of(name)

    missing = {option for option in options - SHARED if not re.search(rf"{option}\b", text)}
    assert set() == missing
    if name not in PAGES:
        foreign = ("bq", "gcloud", "curl")
        own = "\n".join(line for line in text.splitlines() if not line.startswith(foreign))
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", own)) <= options | SHARED


@pytest.mark.parametrize("name", sorted(MODULES))
def test_help(name, capsys, monkeypatch):
    """Every command's help shows an example that can be run, and fits a terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        MODULES[name].main(["--help"])

    assert 0 == ended.value.code
    shown = capsys.readouterr().out
    assert f"\n    analytics {name}" in shown
    assert 80 >= max(map(len, shown.splitlines()))
