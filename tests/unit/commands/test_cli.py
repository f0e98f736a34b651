"""What the end of a command means to the shell that ran it."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import requests
from google.api_core.exceptions import ServiceUnavailable
from google.auth.exceptions import RefreshError

from analytics_commands.foundation.terminal.ending import INTERRUPTED, CommandFailed, run_command
from analytics_commands.foundation.terminal.parsing import new_parser
from analytics_pipeline.errors import TransientError
from checkout import ROOT

_IMPORTS = "import sys; from analytics_commands.foundation.terminal.ending import run_command;"


def fail(exc):
    """Return a command that ends with the exception."""

    def command():
        raise exc

    return command


def test_done(capsys):
    """A command that returns has exit code 0, and nothing is added to its output."""
    assert 0 == run_command(partial(print, "data", end=""))

    assert ("data", "") == capsys.readouterr()


def test_failed(capsys):
    """A known failure is one line on stderr, and exit code 1."""
    assert 1 == run_command(fail(CommandFailed("no project")))

    assert ("", "error: no project\n") == capsys.readouterr()


@pytest.mark.parametrize(
    "exc",
    [
        TransientError("listing failed"),
        requests.ConnectionError("refused"),
        ServiceUnavailable("later"),
    ],
)
def test_cloud_failed(capsys, exc):
    """A cloud that fails is one line, not a traceback."""
    assert 1 == run_command(fail(exc))

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert str(exc) in line


_POOL = "HTTPConnectionPool(host='{}', port={}): {}"
_AIOHTTP = "Cannot connect to host {0}:{1} ssl:default [Connect call failed ('{0}', {1})]"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (_POOL.format("127.0.0.1", 42017, "[Errno 111] Connection refused"), "127.0.0.1:42017"),
        (_POOL.format("localhost", 1, "[Errno 61] Connection refused"), "localhost:1"),
        (_AIOHTTP.format("127.0.0.2", 8080), "127.0.0.2:8080"),
        ("error sending request for url (http://127.0.0.1:9/b): Connection refused", "127.0.0.1:9"),
        (_POOL.format("127.0.0.1", 42017, "Read timed out."), None),
        (_POOL.format("h.example", 443, "[Errno 111] Connection refused"), None),
    ],
)
def test_nothing_listens(capsys, text, address):
    """A local pipeline that ended meanwhile is said not to run; other trouble is as it was told."""
    assert 1 == run_command(fail(requests.ConnectionError(text)))

    hint = f"nothing listens on http://{address}: is `make run` running?"
    assert f"error: {hint if address else text}\n" == capsys.readouterr().err


def test_expired_credential(capsys):
    """Credentials that are missing or expired are one line that says how to get new ones."""
    assert 1 == run_command(fail(RefreshError("expired\n  token")))

    expected = "error: expired token; log in with `gcloud auth application-default login`\n"
    assert ("", expected) == capsys.readouterr()


def test_key_is_not_shown(capsys):
    """An error that quotes a URL is shown without the query string, which holds the key."""
    url = "http://h:1/v1/event?key=SECRET&event_category=function"
    run_command(fail(requests.ConnectionError(f"Max retries with url: {url} (Caused by x)")))

    said = capsys.readouterr().err
    assert "SECRET" not in said
    assert "http://h:1/v1/event (Caused by x)" in said


def run_python(code, *, stdout=subprocess.PIPE, **variables):
    """Run code that may use `run_command`; returns its exit code, stdout and stderr."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            f"{_IMPORTS} {code}",
        ],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", rb"\xfc \u20ac \U0001f600"),
        ("cp1252", "ü €".encode("cp1252") + rb" \U0001f600"),
        ("iso-8859-1", "ü".encode("latin-1") + rb" \u20ac \U0001f600"),
        ("utf-8", "ü € 😀".encode()),
    ],
)
def test_encoding(encoding, shown):
    """What the encoding of stdout or stderr does not have is shown as its escape."""
    code = (
        r"text = '\u00fc \u20ac \U0001f600';"
        "sys.exit(run_command(lambda: print(text) or print(text, file=sys.stderr)))"
    )
    ended = run_python(code, PYTHONIOENCODING=encoding)

    assert (0, shown + b"\n", shown + b"\n") == (ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.parametrize("length", [1, 1_000_000])
def test_full_disk(length):
    """A disk that is full is one line, and exit code 1."""
    with Path("/dev/full").open("wb") as full:
        ended = run_python(f"sys.exit(run_command(lambda: print('x' * {length})))", stdout=full)

    expected = b"error: nothing more can be written: No space left on device\n"
    assert (1, expected) == (ended.returncode, ended.stderr)


@pytest.mark.parametrize("length", [1, 1_000_000])
def test_closed_pipe(monkeypatch, length):
    """A reader that has seen enough, such as `head`, is no failure, however much is printed."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    code = (
        f"{_IMPORTS} sys.stdin.read();sys.exit(run_command(lambda: print('x' * {length}, end='')))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        process.stdin.close()  # only now it prints
        err = process.stderr.read()

    assert (0, "") == (process.returncode, err)


def test_interrupted(capsys):
    """Ctrl-C ends with the shell's code for it."""
    assert 130 == run_command(fail(KeyboardInterrupt()))

    assert ("", "interrupted\n") == capsys.readouterr()


@pytest.mark.parametrize(
    ("loaded", "code"), [("argparse", -signal.SIGINT), ("google.auth", INTERRUPTED)]
)
def test_interrupted_while_it_loads(loaded, code):
    """Ctrl-C while the program or a command is still being loaded shows no traceback, either."""
    line = [sys.executable, "-X", "importtime", "-m", "analytics_commands", "audit"]

    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as process:
        for told in process.stderr:
            if loaded in told:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()

    assert code == process.returncode
    assert "Traceback" not in rest


def test_defect(capsys):
    """What nobody expected shows where it happened, and exit code 1."""
    assert 1 == run_command(fail(ZeroDivisionError("by 0")))

    said = capsys.readouterr().err
    assert "ZeroDivisionError: by 0" in said
    assert "defect" in said.splitlines()[-1]


def test_exit_codes_of_the_parser_are_kept(capsys):
    """A wrong option ends with 2, before the command runs."""
    with pytest.raises(SystemExit) as caught:
        new_parser("Do it.\n\n    analytics it\n").parse_args(["--unknown"])

    assert 2 == caught.value.code
    assert "unrecognized arguments: --unknown" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("--apikey=hunter2",), "unrecognized arguments: --apikey;"),
        (("--apikey", "hunter2"), "unrecognized arguments: --apikey;"),
        (("-k=hunter2", "--b=hunter2=2"), "unrecognized arguments: -k --b;"),
        (("--a=hunter2",), "ambiguous option: --a could match"),
        (("surplus",), "unrecognized arguments: surplus;"),
    ],
)
def test_what_is_given_to_no_option(capsys, given, named):
    """An option that does not exist is named without its value, which may be a key."""
    parser = new_parser("Do it.\n\n    analytics it\n")
    for option in ("--api-key", "--api-kind"):
        parser.add_argument(option)
    with pytest.raises(SystemExit):
        parser.parse_args(given)

    said = capsys.readouterr().err
    assert named in said
    assert "hunter2" not in said


def test_a_defect_with_a_key(capsys):
    """The text of a defect is shown without query strings."""
    assert 1 == run_command(fail(ValueError("http://h/v1/event?key=hunter2&a=b is no URL")))

    said = capsys.readouterr().err
    assert "http://h/v1/event is no URL" in said
    assert "hunter2" not in said


def test_help_is_the_docstring(capsys):
    """`--help` shows the example as it was written."""
    with pytest.raises(SystemExit):
        new_parser("Do it.\n\n    analytics it\n").parse_args(["--help"])

    assert "\n    analytics it\n" in capsys.readouterr().out
