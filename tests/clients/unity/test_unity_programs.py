"""clients/unity: values as JSON, Unity's layer on a stub of the engine, and no threads."""

import json
import subprocess

import pytest
from answering_server import Answer
from mono import CLIENT, LACKS, compile_program, core_sources

from checkout import ROOT

HERE = ROOT / "tests/clients/unity"


@pytest.fixture(name="core", scope="session")
def _core(tmp_path_factory):
    """Compile the core as a library, as a project that is not Unity would."""
    if LACKS:
        pytest.skip(LACKS)
    folder = tmp_path_factory.mktemp("core")
    return compile_program(folder / "core.dll", core_sources(), folder, "-target:library")


@pytest.fixture(name="run")
def _run(core, server, tmp_path):
    """Compile a program against the core and run it; returns the lines it prints."""

    def run(*sources):
        (tmp_path / "sources").mkdir()
        library = tmp_path / core.name
        library.write_bytes(core.read_bytes())
        target = tmp_path / "program.exe"
        compile_program(target, sources, tmp_path / "sources", f"-r:{library}")
        command = ["mono", str(target), server.url, str(tmp_path / "outbox")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
        assert (0, "") == (done.returncode, done.stderr)
        return done.stdout.split("\n")[:-1]

    return run


def test_values(run, server):
    """Numbers and texts arrive exactly as they were given; what is no JSON is refused."""
    told = run(HERE / "ValuesProgram.cs")
    text = b"".join(attempt.body for attempt in server.attempts).decode()
    found = {event["eventType"]: event for event in server.events()}

    assert [
        "twice InvalidOperationException",
        "nan ArgumentException",
        "infinity ArgumentException",
        "open InvalidOperationException",
        "end InvalidOperationException",
        "ours ArgumentException",
        "thing ArgumentException",
        "url ArgumentException",
        "left 0",
        "closed Closed",
    ] == told
    assert (
        '{"int":7,"long":-9223372036854775808,"double":0.30000000000000004,'
        '"large":1.7976931348623157E+308,"small":'
    ) in text
    assert '"float":0.1,"decimal":1.10,"whole":12345678901234567890.123456789,"yes":true}' in text
    assert 5e-324 == found["numbers"]["eventAttributes"]["small"]
    assert {
        "quote": '"\\\n\t\x01',
        "smile": "\U0001f600",
        "lone": "a\ud83d",
        "lone low": "\ude00b",
        "none": None,
        "umlaut": "\u00fc\u20ac",
    } == found["texts"]["eventAttributes"]
    assert {"outer": {"a": 1, "inner": {"b": "c"}}, "d": 2} == found["nested"]["eventAttributes"]
    assert ("progress", "client", "\u00e4nn") == tuple(
        map(found["nested"].get, ("eventClass", "eventSource", "playerId"))
    )
    assert {
        "list": [1, "two", None, 3.5, {"four": 4}],
        "unsigned": 18446744073709551615,
    } == found["dictionary"]["eventAttributes"]
    assert '{"product":"gems","price":4.99,"currency":"EUR","first":true}' in text
    assert list(range(7)) == [event["eventIndex"] for event in server.events()]


def test_unity_layer(run, server):
    """The component keeps its outbox in Unity's folder, tracks exceptions, ends with the game."""
    unity = sorted((CLIENT / "Runtime/Unity").glob("*.cs"))
    sample = CLIENT / "Samples~/Basic/StartAnalytics.cs"
    told = run(HERE / "UnityProgram.cs", HERE / "UnityEngineStub.cs", *unity, sample)

    assert ["kept", "Closed"] == told
    assert [("level_start", "1.2.3"), ("exception", "1.2.3")] == [
        (event["eventType"], event["buildVersion"]) for event in server.events()
    ]


def test_without_threads(run, server):
    """Where there are no threads, calls in each frame keep and send."""
    server.script = [Answer(503), Answer(hang_up=True)]

    assert ["True", "0"] == run(HERE / "PumpProgram.cs")
    assert ["one", "two"] == [event["eventType"] for event in server.events()]


def test_track_allocates_nothing(core, tmp_path):
    """On the game's thread an event costs no memory that the collector would have to find."""
    target = tmp_path / "bench.exe"
    (tmp_path / core.name).write_bytes(core.read_bytes())
    compile_program(target, [HERE / "TrackBench.cs"], tmp_path, f"-r:{tmp_path / core.name}")
    command = ["mono", str(target), "2000", str(tmp_path / "outbox")]
    told = subprocess.check_output(command, text=True, timeout=200).split()

    assert ["ns", "bytes"] == told[::2]
    assert 1 > float(told[3])


def test_package_is_json():
    """What Unity reads of the package is JSON with the names it expects."""
    package = json.loads((CLIENT / "package.json").read_text())
    layers = {path.stem: json.loads(path.read_text()) for path in CLIENT.rglob("*.asmdef")}

    assert "com.analytics-pipeline.client" == package["name"]
    assert all((CLIENT / sample["path"]).is_dir() for sample in package["samples"])
    assert {"AnalyticsPipeline.Client": True, "AnalyticsPipeline.Client.Unity": False} == {
        name: layer["noEngineReferences"] for name, layer in layers.items()
    }
    assert (ROOT / "LICENSE").read_text() == (CLIENT / "LICENSE.md").read_text()
