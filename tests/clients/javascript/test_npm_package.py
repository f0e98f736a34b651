"""What `npm pack` makes of the JavaScript client, and what a project has of it."""

import gzip
import json
import shutil
import subprocess

import pytest

from clients.javascript.npm_tools import PACKAGE, find_tools

LARGEST_BYTES = 6_000
FILES = {
    *("LICENSE", "README.md", "package.json"),
    *("analytics.js", "analytics.d.ts", "analytics.min.js", "analytics.min.js.map"),
    *("node.js", "node.d.ts", "file-store.js", "folder-lock.js"),
    *("upload.js", "md5.js", "game-events.js", "game-events.d.ts"),
}
USES = """
import { Analytics, type Tracked } from "analytics-pipeline-client";
import { levelEnded } from "analytics-pipeline-client/game-events";
const analytics = new Analytics({ url: "https://example.com", key: "k", outbox: "box" });
const ended = levelEnded({ level: 3, won: true }, { playerId: "ann" });
const told: Tracked = await analytics.track(ended);
if (told.kept) told.eventIndex.toFixed(); else told.reason.at(0);
// @ts-expect-error: an event is an object
await analytics.track("level_ended");
// @ts-expect-error: a level has a number or a name
levelEnded({ won: true });
"""
NAMES = 'console.log(Object.keys(await import("analytics-pipeline-client")).sort().join(" "))'


def _run(*command, cwd):
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert 0 == ended.returncode, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(name="tools", scope="module")
def _tools():
    try:
        return find_tools()
    except LookupError as exc:
        pytest.skip(str(exc))


@pytest.fixture(name="project", scope="module")
def _project(tools, tmp_path_factory):
    """Return an empty project that has the packed package, installed without a network."""
    source = tmp_path_factory.mktemp("source")
    shutil.copytree(PACKAGE, source, dirs_exist_ok=True)
    (source / "node_modules").symlink_to(tools)
    project = tmp_path_factory.mktemp("project")
    npm = shutil.which("npm")
    _run(npm, "pack", "--silent", "--offline", "--pack-destination", project, cwd=source)
    (project / "package.json").write_text('{"type": "module"}')
    (packed,) = project.glob("*.tgz")
    _run(npm, "install", "--offline", "--no-audit", "--no-fund", f"./{packed.name}", cwd=project)
    return project


@pytest.fixture(name="installed")
def _installed(project):
    return project / "node_modules/analytics-pipeline-client"


def test_files(installed):
    """The package has what its users need, and nothing else."""
    assert FILES == {path.name for path in installed.iterdir()}


def test_size(installed):
    """What a page imports has at most 6 KB, compressed, with its source map beside it."""
    code = (installed / "analytics.min.js").read_bytes()

    assert len(gzip.compress(code, 9, mtime=0)) <= LARGEST_BYTES
    assert code.rstrip().endswith(b"//# sourceMappingURL=analytics.min.js.map")
    assert ["analytics.js"] == json.loads((installed / "analytics.min.js.map").read_text())[
        "sources"
    ]


@pytest.mark.parametrize("condition", ["node", "browser"])
def test_imports(project, condition):
    """Node gets the client with files, a bundler for browsers that with IndexedDB."""
    node = shutil.which("node")
    flags = [f"--conditions={condition}", "--input-type=module", "--eval", NAMES]
    names = _run(node, *flags, cwd=project).split()

    expected = (
        ["Analytics"]
        if condition == "node"
        else [*("Analytics", "MemoryStore", "judge", "readRetryAfter", "uuid7")]
    )
    assert expected == names


@pytest.mark.parametrize("condition", ["node", "browser"])
def test_types(project, tools, condition):
    """The types are those of what is imported: what they allow is possible, and no more."""
    (project / "uses.mts").write_text(USES)
    tsc = tools / "typescript/bin/tsc"
    strict = ("--strict", "--noEmit", "--target", "es2022", "--lib", "es2022,dom")
    resolution = ("--module", "preserve", "--moduleResolution", "bundler")
    _run(
        *(shutil.which("node"), tsc, *strict, *resolution),
        *("--customConditions", condition, "uses.mts"),
        cwd=project,
    )
