"""The list of planted bugs describes the tree as it is; planting itself is `make mutants`."""

import ast
from collections import Counter

import pytest

from checkout import ROOT
from mutants import plant

NOBODY = "tests/unit/load/test_load.py::test_x"


def bug(**changes):
    """Return a bug in a file of two equal lines and another one."""
    values = {"name": "bug", "file": "code.py", "old": "c", "new": "d", "why": "", "tests": ()}
    return plant.Bug(**values | changes)


@pytest.fixture(name="tree")
def _tree(tmp_path):
    (tmp_path / "code.py").write_text("a\na\nc\n")
    return tmp_path


def test_every_bug_can_be_planted():
    """What a bug replaces is found exactly once, and changes."""
    bugs = plant.read_bugs()
    places = {each.name: (ROOT / each.file).read_text().count(each.old) for each in bugs}

    assert [] == [name for name, count in places.items() if count != 1]
    assert [] == [each.name for each in bugs if each.old == each.new or not each.why]


def test_names_are_unique():
    """A name is one bug, in whichever file of the list it is."""
    counts = Counter(each.name for each in plant.read_bugs())

    assert [] == [name for name, count in counts.items() if count > 1]


def test_every_selection_is_there():
    """The tests that have to go red exist: their file, and in it their class and function."""
    unknown = []
    for selected in {test for each in plant.read_bugs() for test in each.tests}:
        file, *names = selected.partition("[")[0].split("::")
        path = ROOT / file
        text = path.read_text() if path.is_file() else ""
        defined = {getattr(node, "name", "") for node in ast.walk(ast.parse(text))}
        if not path.exists() or not defined.issuperset(names):
            unknown.append(selected)

    assert [] == unknown


def test_planting(tree):
    """A bug changes its one place."""
    bug().plant(tree)

    assert "a\na\nd\n" == (tree / "code.py").read_text()


@pytest.mark.parametrize("changes", [{"old": "a"}, {"old": "x"}, {"file": "other.py"}])
def test_a_stale_list(tree, changes):
    """A place that is not there, or there twice, is an error: nothing was tested."""
    with pytest.raises(plant.Stale):
        bug(**changes).plant(tree)


@pytest.mark.parametrize(
    ("exit_code", "output", "expected"),
    [
        (1, f"F\nFAILED {NOBODY}[a - b] - assert 1\n1 failed in 1s\n", plant.CAUGHT),
        (1, f"FAILED {NOBODY}\n1 failed in 1s\n", plant.CAUGHT),
        (1, f"ERROR {NOBODY} - OSError\n1 error in 1s\n", plant.BROKEN),
        (2, f"ERROR {NOBODY} - ImportError\nInterrupted: 1 error\n", plant.BROKEN),
        (5, "no tests ran in 0.01s\n", plant.BROKEN),
        (0, "3 passed in 1s\n", plant.SURVIVED),
    ],
)
def test_verdict(exit_code, output, expected):
    """Only a test that failed has caught a bug: code that cannot be imported proves nothing."""
    assert expected == plant.judge(exit_code, output).outcome


def test_who_caught_it():
    """The verdict names the first test that failed."""
    output = f"FAILED {NOBODY} - assert 1 == 2\nFAILED tests/other.py::test_y - assert\n"

    assert NOBODY == plant.judge(1, output).detail
