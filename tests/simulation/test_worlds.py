"""In every world: nothing acknowledged is lost, doubled or invented, and audits are right."""

import os
import subprocess
import sys

import pytest

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.load import Loader
from checkout import ROOT
from simulation.__main__ import main
from simulation.lives import live
from simulation.sites import CallSite, call_sites
from simulation.wiring import stood_in_for
from simulation.world import World

_WORLDS, _CHUNK = 96, 12
_DAYS = 4
_DRILLS = 30  # worlds that are looked through for a place to kill at
_NO_KILL = {
    "self._identity.authorization": "asks for a token: nothing is stored",
    "self._identity.http.post": "signs a URL: nothing is stored",
    "self._signer().sign_upload": "signs a URL: nothing is stored",
    "self.http.urlopen": "is below what is simulated: urllib3's pool",
    "self._client.query_and_wait": "is below what is simulated: BigQuery's client",
    "self._bucket.list_blobs": "asks nothing until it is read, by `objects` and `_values`",
}
_killed = set()


@pytest.mark.parametrize("first", range(0, _WORLDS, _CHUNK))
def test_a_world_keeps_its_promises(first):
    """Whatever fails and whoever is killed, the accounts of a world and of its audits agree."""
    failed = {}
    with stood_in_for():
        for seed in range(first, first + _CHUNK):
            world = World(seed, _DAYS)
            if problems := world.live():
                failed[f'make simulate ARGS="--seeds 1 --first-seed {seed} --days {_DAYS}"'] = (
                    problems[:5]
                )
            _killed.update(world.kill_sites)

    assert {} == failed


def _missing(sites, killed):
    """Return the sites at which nobody was killed before, or after, the call."""
    lines = {}
    for when, path, line in killed:
        lines.setdefault((path, when), set()).add(line)
    return {
        (when, site)
        for site in sites
        for when in ("before", "after")
        if lines.get((site.path, when), set()).isdisjoint(range(site.first, site.last + 1))
    }


def _drills(missing):
    """Return where to kill somebody at the sites: seed, and number of the step of a role."""
    drills = {}
    for seed in range(_DRILLS):
        world = World(seed, _DAYS, drilled=())
        world.live()
        for number, stepped in world.stepped.items():
            for site in missing - drills.keys():
                if site not in _missing({site[1]}, stepped):
                    drills[site] = seed, number
        if drills.keys() == missing:
            break
    return drills


def test_a_kill_at_every_call_site():
    """Before and after every call of something outside, a process was killed, and all is well."""
    sites = [site for site in call_sites() if site.text not in _NO_KILL]
    missing = _missing(sites, _killed)
    problems = []
    with stood_in_for():
        drills = _drills(missing)
        for seed, number in sorted(set(drills.values())):
            world = World(seed, _DAYS, drilled=number)
            problems += world.live()
            _killed.update(world.kill_sites)

    assert [] == problems
    assert [] == sorted(f"{when} {site}" for when, site in _missing(sites, _killed))


def test_what_needs_no_kill_is_there():
    """Every exception is of a call that exists."""
    assert set(_NO_KILL) <= {site.text for site in call_sites()}


def test_a_new_call_site_is_seen(tmp_path, monkeypatch):
    """A call of what is annotated as a port or a client of Google's is a call site."""
    monkeypatch.setattr("simulation.sites.ROOT", tmp_path)
    (tmp_path / "new.py").write_text(
        "class New:\n"
        "    def __init__(self, sink: RowSink, bucket: storage.Bucket) -> None:\n"
        "        self._sink, self._other = sink, 1\n"
        "        self._sink = sink\n"
        "    def work(self, bucket: storage.Bucket) -> None:\n"
        "        self._sink.insert_rows([])\n"
        "        blob = bucket.blob('name')\n"
        "        blob.delete(\n"
        "            if_generation_match=1)\n"
        "        {}.get(1)\n"
    )

    assert [
        CallSite("new.py", 6, 6, "self._sink.insert_rows"),
        CallSite("new.py", 8, 9, "blob.delete"),
    ] == call_sites(["."])


def test_the_same_seed_is_the_same_world():
    """Nothing but the seed decides: not the process, not the order of sets."""
    code = "from simulation.lives import live; print(live((7, 2, frozenset())).digest)"
    path = os.pathsep.join(str(ROOT / name) for name in ("functions", "scripts", "tests"))
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert {f"{live((7, 2, frozenset())).digest}\n"} == digests


class TestAFailingWorld:
    @pytest.fixture(autouse=True)
    def _swallow(self, monkeypatch):
        """Plant a bug: a load that fails is acknowledged, and says that it is done."""
        handle = Loader._load

        def swallow(loader, stored):
            try:
                handle(loader, stored)
            except TransientError:
                sys.modules["analytics_pipeline.logs"].write(
                    "object_loaded", object=stored.ref.uri, rows=1, dead_letters=0
                )

        monkeypatch.setattr(Loader, "_load", swallow)

    def test_is_told(self, capsys, monkeypatch):
        """It says what does not hold, how little still fails, and how to live it again."""
        monkeypatch.setattr("simulation.shrinking._MOST_TRIES", 8)
        assert 1 == main(["--seeds", "2", "--first-seed", "5", "--days", "1", "--jobs", "1"])

        text = capsys.readouterr().out
        assert "failed:\n  " in text
        assert 'again: make simulate ARGS="--seeds 1 --first-seed ' in text
        assert "worlds failed; digest" in text


def test_a_part_that_there_is_not(capsys):
    """What is to be left out and does not exist is refused by its name."""
    with pytest.raises(SystemExit):
        main(["--without", "nonsense"])

    assert "invalid choice: 'nonsense'" in capsys.readouterr().err


def test_a_summary(capsys):
    """Worlds that hold are counted, the same in one process and in two but for the time."""
    printed = []
    for jobs in ("1", "2"):
        assert 0 == main(["--seeds", "2", "--days", "1", "--jobs", jobs])
        *lines, seconds = capsys.readouterr().out.splitlines()
        printed.append(lines)
        assert " days a second" in seconds

    assert printed[0] == printed[1]
    assert printed[0][0].startswith("2 worlds, ")
    assert "nothing lost, nothing doubled" in printed[0][-1]
