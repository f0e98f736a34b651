"""What `run` takes from its command line, and what it says once it runs."""

from pathlib import Path

import pytest

from analytics_commands.demo import transcript
from analytics_commands.run.action import read_options
from analytics_commands.run.command import build_parser
from analytics_commands.run.welcome import near, welcome
from analytics_local_cloud.addresses import Place, own_urls, told_urls
from analytics_local_cloud.schedule import Schedule
from analytics_local_cloud.warehouse import STREAMING_BUFFER_SECONDS


@pytest.mark.parametrize(
    "wrong",
    [
        *("--port=99999", "--port=65536", "--port=-1", "--port=abc", "--port=", "--port=8_0"),
        *("--port=٨٠", "--port=00000080"),
        *("--host=", "--host=http://x", "--host=a b"),
        *("--public-url=", "--public-url=x", "--public-url=ftp://x", "--public-url=http://x/y"),
        *("--public-url=http://x:0", "--public-url=http://x:65536", "--public-url=http://u@x"),
        *("--data-dir=", "--api-key=", "--api-key=a&b", "--api-key=a b"),
        *("--streaming-buffer=-1", "--streaming-buffer=nan", "--streaming-buffer=x"),
        *("--reconcile-every=0", "--reconcile-every=inf"),
    ],
)
def test_wrong_option(capsys, wrong):
    """An option that cannot be is one line that names it, and exit code 2."""
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([wrong])

    assert 2 == ended.value.code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: argument {wrong.split('=')[0]}: ")


def test_defaults_are_those_that_the_help_names():
    """What was not said is as in the local cloud, and as the help says."""
    parser = build_parser()
    options = read_options(parser.parse_args([]), Path("/d"))

    assert Place("127.0.0.1", 8080) == options.place
    assert Schedule() == options.schedule
    assert STREAMING_BUFFER_SECONDS == options.streaming_buffer_seconds
    shown = parser.format_help()
    for default in (STREAMING_BUFFER_SECONDS, options.schedule.every_seconds):
        assert f"(default: {default:g})" in " ".join(shown.split())


def told(arguments, *, tell=told_urls):
    """Return what is printed for a command line, with the ports it asks for or 8080."""
    read = build_parser().parse_args(arguments)
    options = read_options(read, read.data_dir.absolute())
    port = read.port or 8080
    urls = tell(options.place, (port, port + 1, port + 2))
    variables = {
        "ANALYTICS_URL": urls.gateway,
        "API_KEY": options.api_key,
        "STORAGE_EMULATOR_HOST": urls.storage,
        "BIGQUERY_EMULATOR_HOST": urls.warehouse,
    }
    return welcome(options, arguments, ephemeral=read.ephemeral)(variables)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--port", "19080", "--data-dir", "data"],
        ["--ephemeral", "--port", "0"],
        ["--host", "0.0.0.0", "--port", "19080"],
        ["--host", "0.0.0.0", "--public-url", "http://192.168.100.100:8080"],
    ],
)
def test_welcome_fits(monkeypatch, tmp_path, arguments):
    """Every line fits 80 columns, and what continues is what was called."""
    monkeypatch.chdir(tmp_path)

    text = told(arguments, tell=own_urls)

    assert 80 >= max(map(len, text.splitlines())), text
    continues = f"\n  analytics run {' '.join(arguments)}".rstrip() + "\n"
    assert ("--ephemeral" in arguments) == (continues not in text)


@pytest.mark.parametrize(
    ("arguments", "open_to_others", "misled"),
    [
        ([], False, False),
        (["--host", "127.0.0.2"], False, False),
        (["--host", "0.0.0.0"], True, True),
        (["--host", "0.0.0.0", "--public-url", "http://192.168.1.5:8080"], True, False),
        (["--host", "192.168.1.5"], True, False),
    ],
)
def test_welcome_of_others(monkeypatch, arguments, open_to_others, misled):
    """Who lets others in is told so, and what they need to find their way."""
    monkeypatch.setattr("analytics_commands.run.welcome.address_in_network", lambda: "10.0.0.9")
    text = told(arguments)

    assert open_to_others == ("Whoever reaches this machine" in text)
    assert misled == ("--public-url http://10.0.0.9:8080\n" in text)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [(".local", ".local"), ("data", "./data"), ("-x", "./-x"), (".", "."), ("/elsewhere", None)],
)
def test_near(monkeypatch, tmp_path, folder, expected):
    """A folder below is shown from here, so that a shell can read a file in it."""
    monkeypatch.chdir(tmp_path)

    assert (expected or folder) == near((tmp_path / folder).absolute())


class TestTranscript:
    def test_fits(self):
        """A long conversation of the demo is shown in lines of 80 columns that a shell takes."""
        events = ",".join(['{"eventType":"level_up","eventIndex":0,"playerId":"ann"}'] * 9)
        query = {"event_category": "function", "session_id": "s" * 40, "file_parent": "p" * 20}

        shown = transcript.curl("/v1/event", f"[{events}]", query, {"idempotency-key": "0" * 32})
        sql = transcript.bq_query("SELECT JSON_VALUE(a, '$.b') FROM events.events " * 9)

        assert 80 >= max(map(len, f"{shown}\n{sql}".splitlines()))
        joined = shown.replace("\\\n", "").replace("\n      ", "")
        assert f"--data '[{events}]'" in joined
        assert f'&file_parent={"p" * 20}"' in joined
        assert "'\\$.b'" in sql

    @pytest.mark.parametrize("text", ['{"object":"' + "x" * 500 + '"}', "<html>" * 99])
    def test_answer(self, text):
        """Of a long answer only the beginning is shown."""
        shown = transcript.answer(200, text)

        assert shown.startswith("  200 ")
        assert 80 >= max(map(len, shown.splitlines()))
