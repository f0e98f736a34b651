"""What `ls` tells: small folders, and names that say whose they are."""

from collections import Counter

from imports import FOLDERS, MODULES

from checkout import ROOT

MOST_ENTRIES = 12  # about as many as are taken in at a glance
LARGER_FOLDERS = {
    "functions/analytics_pipeline": "the flows, and beside them what no flow owns",
    "functions/analytics_pipeline/ingest": "a flow: its name is the room",
    "functions/analytics_pipeline/load": "a flow: its name is the room",
    "scripts/analytics_commands": "a folder for each command",
    "scripts/analytics_commands/audit": "a command: one rule of judging per module",
    "scripts/analytics_commands/query/saved": "a file for each saved query",
    "scripts/analytics_console/static": "a view's style and script, by its name",
    "scripts/analytics_console/templates": "a page for each view",
    "scripts/analytics_local_cloud": "the services, and beside them what connects and runs them",
    "scripts/analytics_local_cloud/warehouse": "a service: its rooms, in the order of building",
}
SAME_THING_IN_EACH_ROOM = {
    "__init__": "what is in the room",
    "__main__": "what a package does as a program",
    "action": "what the command does",
    "app": "all routes of a service of the local cloud",
    "command": "the door of a command",
    "ports": "what a flow needs of the world",
    "wiring": "how a flow is put together",
}


def test_folders_are_taken_in_at_a_glance():
    """A folder has about a dozen entries, or a reason for more."""
    entries = {
        entry
        for folder in FOLDERS
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.stem != "__init__"
        for entry in (path, *path.parents)
        if entry.is_relative_to(folder)
    }
    counts = Counter(str(entry.parent.relative_to(ROOT)) for entry in entries - set(FOLDERS))

    assert set(LARGER_FOLDERS) == {name for name, count in counts.items() if count > MOST_ENTRIES}


def test_no_twin_names():
    """A module's name says whose it is, unless it is the same thing in each room."""
    stems = Counter(path.stem for path in MODULES.values())

    assert set(SAME_THING_IN_EACH_ROOM) == {stem for stem, count in stems.items() if count > 1}
