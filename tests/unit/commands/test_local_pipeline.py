"""A command finds the local pipeline of its folder, whole or not at all."""

import os
import shlex
from pathlib import Path

import pytest

from analytics_commands.foundation.pipeline import local_pipeline
from analytics_commands.foundation.pipeline.local_pipeline import VARIABLES, is_local, read_env
from analytics_commands.foundation.pipeline.pipeline_options import (
    add_gateway_options,
    add_target_options,
)
from analytics_commands.foundation.pipeline.target import read_gateway, read_target
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser

LOCAL = {
    "ANALYTICS_URL": "http://gateway.local:1",
    "API_KEY": "local key",
    "GOOGLE_CLOUD_PROJECT": "local-project",
    "BUCKET_NAME": "local-events",
    "BIGQUERY_DATASET": "events",
    "STORAGE_EMULATOR_HOST": "http://storage.local:2",
    "BIGQUERY_EMULATOR_HOST": "http://bigquery.local:3",
    "FUNCTION_LOGS": "/a folder/logs",
}
REAL = {"GOOGLE_CLOUD_PROJECT": "real", "BUCKET_NAME": "real-events"}
TARGET = ("google_cloud_project", "bucket_name", "storage_emulator_host", "bigquery_emulator_host")


@pytest.fixture(autouse=True)
def _untouched(monkeypatch, tmp_path):
    """Start without variables, in a folder with a file."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    write(tmp_path)


def write(folder, variables=LOCAL):
    """Write the file as the pipeline does."""
    (folder / ".local").mkdir(exist_ok=True)
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
    (folder / ".local" / "env").write_text("".join(lines))


def parse(*arguments):
    """Return what a command that sends and reads takes from its command line."""
    parser = new_parser("A command.")
    add_target_options(parser)
    add_gateway_options(parser)
    return parser.parse_args(arguments)


def settings_of(kind, *arguments):
    """Return the settings as variables, None when the command line does not name a pipeline."""
    code = []

    def read():
        read_one = read_target if kind == "target" else read_gateway
        code.append(read_one(parse(*arguments)))

    if run_command(read):
        return None
    (read_back,) = code
    settings = read_back.settings if kind == "target" else read_back
    return {name.upper(): text for name, text in vars(settings).items() if text}


def of_target(**others):
    """Return what the target has of the file, but for the others."""
    names = LOCAL.keys() - {"ANALYTICS_URL", "API_KEY"}
    return {name: LOCAL[name] for name in names} | others


@pytest.mark.parametrize("below", [".", "a", "a/b"])
def test_found(monkeypatch, tmp_path, capsys, below):
    """Where nothing names a pipeline, that of the folder or one above is used, which is said."""
    folder = tmp_path / below
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder)

    assert of_target() == settings_of("target")
    assert {"ANALYTICS_URL": LOCAL["ANALYTICS_URL"], "API_KEY": "local key"} == settings_of(
        "gateway"
    )
    shown = os.path.relpath(tmp_path / ".local")
    line = f"using the local pipeline of {shown} (bq, gcloud: set -a; . {shown}/env)\n"
    assert ("", line) == capsys.readouterr()
    assert LOCAL["BIGQUERY_EMULATOR_HOST"] == os.environ["BIGQUERY_EMULATOR_HOST"]


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        # An option that says what of the pipeline, not which, is added.
        (("--dataset", "other"), {}, of_target(BIGQUERY_DATASET="other")),
        # Any that says which: the file counts for nothing, also where too little is left.
        (("--project-id", "real"), {}, None),
        (("--bucket-name", "real-events"), {}, None),
        (("--host", "https://real"), {}, None),
        (("--project-id", "real", "--bucket-name", "real-events"), {}, REAL),
        *(((), {name: "real"}, None) for name in VARIABLES),
        (("--dataset", "other"), {"GOOGLE_CLOUD_PROJECT": "real"}, None),
        (("--project-id", "real"), {"BUCKET_NAME": "real-events"}, REAL),
        ((), REAL, REAL),
        ((), REAL | {"API_KEY": ""}, REAL),
        # What is empty is not there.
        (("--project-id", ""), {"BUCKET_NAME": ""}, of_target()),
    ],
)
def test_never_mixed(monkeypatch, arguments, variables, expected):
    """Variables and options of a pipeline are never completed by the file of another."""
    for name, text in variables.items():
        monkeypatch.setenv(name, text)

    if expected == REAL:
        expected = REAL | {"BIGQUERY_DATASET": "events"}
    assert expected == settings_of("target", *arguments)


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (("--host", "https://real"), {}),
        (("--bucket-name", "real-events", "--project-id", "real"), {}),
        ((), {"ANALYTICS_URL": "https://real"}),
        ((), {"API_KEY": "real key"}),
        ((), REAL),
    ],
)
def test_keys_stay_where_they_belong(monkeypatch, arguments, variables):
    """Neither is a real key sent to the local gateway, nor the local one's key to a real one."""
    for name, text in variables.items():
        monkeypatch.setenv(name, text)

    assert settings_of("gateway", *arguments) is None


def test_said_why(monkeypatch, capsys):
    """Where too little is named although the file is there, the error says why it is not used."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "real")

    assert settings_of("target") is None
    (line,) = capsys.readouterr().err.splitlines()
    assert ".local/env is not used, as GOOGLE_CLOUD_PROJECT is given" in line


@pytest.mark.parametrize(
    "text",
    ["", "export PATH\n", "A='", "A=\0", "GOOGLE_CLOUD_PROJECT=p\nBUCKET_NAME=b\n"],
)
def test_other_files(tmp_path, text):
    """A file that is not the pipeline's, or names no emulators, is passed over."""
    (tmp_path / ".local" / "env").write_text(text)

    assert settings_of("target") is None


def test_file_of_somebody_else(monkeypatch):
    """A file that another user wrote, as one can in /tmp, is passed over."""
    monkeypatch.setattr(local_pipeline.os, "getuid", lambda: Path.cwd().stat().st_uid + 1)

    assert settings_of("target") is None


def test_folder_that_is_gone(monkeypatch, tmp_path):
    """In a folder that was deleted nothing is found, and that is no defect."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert settings_of("target") is None


def test_values(tmp_path):
    """Every value is read back as it was written, also with spaces and line ends."""
    odd = LOCAL | {"FUNCTION_LOGS": "/a 'folder'\n=with $odd #name"}
    write(tmp_path, odd)

    assert odd == read_env(tmp_path / ".local" / "env")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080", True),
        ("http://[::1]:8080", True),
        ("http://192.168.1.5:8080", True),
        ("https://gateway.example", False),
        ("http://8.8.8.8", False),
        ("", False),
        ("http://[", False),
        ("localhost", False),
    ],
)
def test_local(url, expected):
    """Only what cannot be a cloud's is asked whether it listens."""
    assert expected == is_local(url)
