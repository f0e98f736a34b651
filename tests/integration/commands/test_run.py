"""`analytics run` as a person meets it: ports, folders, other machines, and what goes wrong."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from base64 import b64encode
from hashlib import md5
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from pipeline_client import PipelineClient

from analytics_commands.foundation.pipeline.local_pipeline import VARIABLES, read_env
from analytics_commands.foundation.pipeline.local_process import (
    running_pipeline,
    start_pipeline,
    wait_ready,
)
from analytics_commands.foundation.terminal.ending import DONE, INTERRUPTED
from analytics_commands.run.command import main
from analytics_local_cloud.addresses import (
    SAYS_WHOSE,
    Place,
)
from analytics_local_cloud.data_folder import FolderUnusable, keep_ports, kept_ports, usable
from analytics_local_cloud.listeners import CannotListen, free_port, listen, listen_all, port_of

NONE = (0, 0, 0)
URLS = ("ANALYTICS_URL", "STORAGE_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST")


def analytics(*arguments, cwd, **variables):
    """Run the program; returns its exit code, and what it printed on either stream."""
    around = {name: text for name, text in os.environ.items() if name not in VARIABLES}
    ended = subprocess.run(
        [sys.executable, "-m", "analytics_commands", *map(str, arguments)],
        cwd=cwd,
        env={**around, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture(name="refused")
def _refused(capfd, monkeypatch):
    """Call `run` in a folder, which must fail; returns what it printed, one line."""

    def run(folder, *arguments):
        monkeypatch.chdir(folder)
        assert 1 == main([*map(str, arguments)])
        out, err = capfd.readouterr()
        assert "" == out
        (line,) = err.splitlines()
        return line

    return run


def ports_of(place, kept=NONE):
    """Return the ports that a pipeline would listen on."""
    with listen_all(place, kept) as sockets:
        return tuple(map(port_of, sockets))


@pytest.fixture(name="port")
def _port():
    """Return the first of three free ports in a row."""
    for _ in range(100):
        with contextlib.suppress(CannotListen), contextlib.ExitStack() as stack:
            port = port_of(stack.enter_context(listen()))
            for beside in (port + 1, port + 2):
                stack.enter_context(listen(beside))
            return port
    raise AssertionError("there are no three free ports in a row")


class TestPorts:
    def test_beside_the_gateway(self, port):
        """Storage and BigQuery are on the next two ports."""
        assert (port, port + 1, port + 2) == ports_of(Place(port=port))

    def test_any_beside_what_is_in_use(self, port):
        """A port that is in use is replaced, kept, and still taken when that one is free again."""
        with listen(port + 1):
            kept = ports_of(Place(port=port))

        assert (port, port + 2) == kept[::2]
        assert kept[1] not in {port, port + 1, port + 2}
        assert kept == ports_of(Place(port=port), kept)
        assert kept == ports_of(Place(port=0), kept)

    def test_another_gateway_takes_all_along(self, port):
        """Who moves the gateway has storage and BigQuery beside the new one."""
        kept = (port, port + 1, port + 2)

        assert (port + 1, port + 2) == ports_of(Place(port=port + 1), kept)[:2]

    def test_any(self):
        """Port 0 means any three."""
        assert 3 == len(set(ports_of(Place(port=0))) - {0})

    def test_stays_free(self):
        """Any port is below those that systems give to whoever asks for none in particular."""
        assert 32768 > free_port()  # Linux begins there, others later

    def test_last_port(self):
        """Beside the last port there is none."""
        with contextlib.suppress(CannotListen):  # somebody has it
            gateway, *others = ports_of(Place(port=65535))
            assert 65535 == gateway
            assert 65535 > max(others)

    @pytest.mark.parametrize(
        "text", [None, "", "[1,2]", "[1,2,99999]", '["a",1,2]', "{}", "7", "\0"]
    )
    def test_kept(self, tmp_path, text):
        """What is kept can be read again, and what is not ours counts for nothing."""
        if text is not None:
            (tmp_path / "ports").write_text(text)

        assert NONE == kept_ports(tmp_path)
        keep_ports(tmp_path, (1, 2, 3))
        assert (1, 2, 3) == kept_ports(tmp_path)


class TestCannotListen:
    def test_in_use(self, port):
        """Of a port in use it is said which other one is free."""
        with listen(port), pytest.raises(CannotListen) as caught, listen(port):
            pass

        message = re.fullmatch(rf"port {port} is in use; (\d+) is free", str(caught.value))
        with listen(int(message[1])):
            pass

    @pytest.mark.parametrize("host", ["192.0.2.77", "nowhere.invalid", "..", "x" * 70, "1.2.3.4.5"])
    def test_no_address(self, host):
        """What is no address of the machine is said to be none."""
        with pytest.raises(CannotListen, match="is no address of this machine"), listen(0, host):
            pass


class TestFolder:
    @pytest.mark.parametrize("name", ["file", "file/below", "x" * 300, "broken/link", "loop"])
    def test_unusable(self, refused, tmp_path, name):
        """A folder that cannot be is one line that says why, and exit code 1."""
        (tmp_path / "file").write_text("")
        (tmp_path / "broken").symlink_to("/nowhere/at/all")
        (tmp_path / "loop").symlink_to("loop")

        line = refused(tmp_path, "--port=0", "--data-dir", name)

        assert line.startswith(f"error: {tmp_path / name} cannot hold the data: ")

    @pytest.mark.parametrize("name", ["storage/storage.db", "warehouse/warehouse.duckdb"])
    def test_no_database(self, refused, tmp_path, name):
        """A database that is none is one line, too, and stays as it is."""
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("something else entirely" * 1000)

        line = refused(tmp_path, "--port=0", "--data-dir=.")

        assert line.startswith(f"error: {tmp_path} cannot hold the data: ")
        assert "something else" in (tmp_path / name).read_text()

    def test_full(self, tmp_path):
        """A disk that is full is said to be so."""
        with (
            Path("/dev/full").open("w") as full,
            pytest.raises(FolderUnusable, match="cannot hold the data: No space left on device"),
            usable(tmp_path),
        ):
            os.write(full.fileno(), b"x")

    @pytest.mark.parametrize("kib", [0, 100])
    def test_full_while_starting(self, tmp_path, kib):
        """A disk that is full at any step of the start, here a file of so much, is one line."""
        words = [
            sys.executable,
            "-m",
            "analytics_commands",
            "run",
            "--port=0",
            f"--data-dir={tmp_path}",
        ]
        limited = ["bash", "-c", f'ulimit -f {kib}; exec "$@"', "bash", *words]
        ended = subprocess.run(limited, capture_output=True, text=True, timeout=60, check=False)

        assert (1, "") == (ended.returncode, ended.stdout)
        (line,) = ended.stderr.splitlines()
        assert re.match("error: .*(File too large|disk I/O error)", line)


@pytest.fixture(name="home", scope="module")
def _home(tmp_path_factory):
    """Return a folder with a space whose `.local` holds a running pipeline, and its variables."""
    folder = tmp_path_factory.mktemp("a home")
    with running_pipeline(folder / ".local") as variables:
        yield folder, variables


class TestRunning:
    def test_already_running(self, home, refused):
        """A second start on the same folder says where the first is, and how to stop it."""
        folder, variables = home

        line = refused(folder, "--port=0")

        said = f"error: a pipeline is already running on {folder}/.local: "
        assert line.startswith(said + variables["ANALYTICS_URL"])
        process = int(re.search(r"`kill (\d+)`$", line)[1])
        os.kill(process, 0)

    @pytest.mark.parametrize("name", URLS)
    def test_port_of_another(self, home, refused, tmp_path, name):
        """A port of another pipeline is said to be that one's."""
        folder, variables = home
        port = variables[name].rpartition(":")[2]

        line = refused(tmp_path, "--port", port)

        assert line.startswith(f"error: port {port} is in use by the pipeline on {folder}/.local; ")

    def test_commands_find_it(self, home):
        """From the folder and from below, commands need neither variable nor option."""
        folder, variables = home
        client = PipelineClient(variables)
        client.send('{"eventType":"found"}', event_category="found")
        client.close()
        (folder / "below").mkdir()

        code, out, err = analytics("audit", "--json", cwd=folder / "below")

        assert 0 == code
        assert '"event_category": "found"' in out
        assert err.startswith("using the local pipeline of ../.local (")


def test_other_machines_and_again(tmp_path):
    """At another address all works by the URLs that are told, and again after a stop."""
    place = ("--host", "0.0.0.0", "--public-url", "http://127.0.0.2")
    body = b"crash"
    digest = b64encode(md5(body, usedforsecurity=False).digest()).decode()
    with running_pipeline(tmp_path / ".local", *place) as variables:
        client = PipelineClient(variables)
        client.send('{"eventType":"from_afar"}', event_category="function")
        client.wait_for_count(1, "SELECT COUNT(*) FROM events.events")
        wanted = {"content_type": "text/plain", "md5_digest": digest}
        ticket = client.send(wanted, path="/v1/file")
        url = ticket["signed_url"]
        put = requests.put(url, body, headers=ticket["headers"], timeout=120)
        client.close()

    told = [variables[name] for name in URLS] + [url]
    assert {"127.0.0.2"} == {urlsplit(each).hostname for each in told}
    assert 200 == put.status_code
    assert SAYS_WHOSE not in put.headers  # a folder's name is nobody else's business
    code, out, err = analytics("audit", cwd=tmp_path)
    refused = f"nothing listens on {variables['STORAGE_EMULATOR_HOST']}: is `make run` running?"
    assert (1, "", f"error: {refused}") == (code, out, err.splitlines()[-1])
    with running_pipeline(tmp_path / ".local", *place) as again:
        assert variables == again == read_env(tmp_path / ".local" / "env")


def test_ctrl_c(tmp_path):
    """Whoever stops the pipeline reads that it stops, and nothing else."""
    process = start_pipeline(tmp_path)
    wait_ready(process)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=120)

    assert (DONE, "stopping\n") == (process.returncode, said)


def test_stopped_while_it_starts(tmp_path):
    """Ctrl-C before it is ready ends it without a traceback."""
    process = start_pipeline(tmp_path)
    while not (tmp_path / "ports").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=120)

    assert process.returncode in {DONE, INTERRUPTED}  # ready meanwhile, or not
    assert "Traceback" not in printed
