"""rehearse: exactly the events whose rows a change of schema or row code would alter."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from rehearsed_checkout import RehearsedCheckout, write_events

from analytics_commands.rehearse import command as rehearse
from checkout import ROOT

PLAIN = {"eventType": "level_up", "playerId": "ann", "buildVersion": "1.0", "score": 1.5}
HOSTILE = [
    b"\xff\xfe no text",
    b"7",
    b"not json",
    b"",
    b" \t\r",
    b'{"a":' * 3000 + b"1" + b"}" * 3000,
    b'{"eventType":"\\ud800","n":1e400,"eventIndex":99999999999999999999}',
    b'{"eventType":"a","eventType":"b","":{},"eventAttributes":"[1, 2"}',
    b'{"_value":7,"envelopeWraps":"value"}',
    b'{"a":"' + b"x" * 300_000 + b'"}',
    '{"eventType":"Zoë\u2028"}'.encode(),
]


@pytest.fixture(name="checkout", scope="module")
def _checkout(tmp_path_factory):
    return RehearsedCheckout(tmp_path_factory.mktemp("a checkout"))


@pytest.fixture(name="changed")
def _changed(checkout):
    """Return a checkout in which a test may change what it likes."""
    yield checkout
    checkout.undo()


@pytest.fixture(name="run")
def _run(checkout, capfd):
    """Rehearse with files; returns exit code, stdout and stderr."""

    def run(*paths, options=()):
        capfd.readouterr()
        words = ["--folder", checkout.folder, *options, "--files", *paths]
        code = rehearse.main([str(word) for word in words])
        return code, *capfd.readouterr()

    return run


@pytest.fixture(name="found")
def _found(run):
    """Rehearse with files; returns the changes by line of those events that differ."""

    def found(*paths, options=()):
        code, out, err = run(*paths, options=("--json", *options))
        records = [json.loads(line) for line in out.split("\n")[:-1]]
        assert code == (1 if records else 0), err
        return {
            each["line"]: [(change["kind"], change["about"]) for change in each["changes"]]
            for each in records
        }

    return found


@pytest.fixture(name="many")
def _many(tmp_path):
    """Write events among five hundred others and what no client should send."""

    def many(**planted):
        lines = [PLAIN] * 500 + HOSTILE + [PLAIN] * 500
        for line, event in planted.items():
            lines[int(line.removeprefix("line")) - 1] = event
        return write_events(tmp_path / "events.ndjson", lines)

    return many


def test_nothing_changed(checkout, run, many):
    """Where nothing is changed nothing differs, whatever the lines hold."""
    code, out, err = run(many(), options=("--against", "HEAD"))

    assert (0, "Nothing differs: 1,009 events of 1 object become the same rows.\n") == (code, out)
    assert err.startswith(f"rehearsing HEAD ({checkout.git('log', '-1', '--format=%h %s')})")


def test_retyped_column(changed, found, many):
    """A column of another type is told for the events that have a value in it, and no other."""
    changed.change_schema(lambda columns: columns["event_index"].update(type="STRING"))
    events = many(
        line7={**PLAIN, "eventIndex": 7},
        line600={**PLAIN, "event_index": "8"},
        line601={**PLAIN, "eventIndex": "not a number"},
        line602={**PLAIN, "eventIndex": None},
        line1011={"eventIndex": 2**53 + 1},
    )

    retyped = [("column retyped", "event_index: INTEGER → STRING")]
    came_out = [("value comes out of extra", "event_index")]
    # The text of what is hostile is a value of a STRING column, too.
    expected = {7: retyped, 507: came_out, 600: retyped, 601: came_out, 1011: retyped}
    assert expected == found(events)


def test_narrowed_column(changed, found, many):
    """A value that no longer fits its column goes to extra."""
    changed.change_schema(lambda columns: columns["build_version"].update(type="INTEGER"))
    changed.change_schema(lambda columns: columns["event_index"].update(type="STRING"))
    events = [{}, {"buildVersion": "1.0", "eventIndex": 1}, {"buildVersion": "2"}, {}]

    gone = ("value goes to extra", "build_version")
    expected = {
        2: [gone, ("column retyped", "event_index: INTEGER → STRING")],
        3: [("column retyped", "build_version: STRING → INTEGER")],
    }
    assert expected == found(write_events(many().parent / "few.ndjson", events))


def test_added_column(changed, found, many):
    """A new column is told for the events that fill it."""
    changed.add_column("match_id", "matchId")
    events = many(line3={**PLAIN, "matchId": "m"}, line1000={"match_id": 5}, line4={"matchId": {}})

    added = [("column added", "match_id: STRING")]
    assert {3: added, 1000: added} == found(events)


def test_removed_column(changed, found, many):
    """A column that is gone is told for the events that filled it."""
    changed.change_schema(lambda columns: columns.pop("event_source"))
    changed.replace("load/rows.py", '    "event_source": "eventSource",\n', "")
    events = many(line20={**PLAIN, "eventSource": "client"}, line21={"eventSource": []})

    assert {20: [("column gone", "event_source: STRING")]} == found(events)


def test_refusing_code(changed, found, many):
    """Row code that refuses what it took is told with its reason, and so is the reverse."""
    changed.replace(
        "load/rows.py",
        "    members = _split_line(line)\n",
        '    if b"cheat" in line.payload:\n'
        '        return Reject(line, "cheating", "a word that nobody says")\n'
        "    members = _split_line(line)\n",
    )
    changed.commit("refuse")
    events = many(line9={**PLAIN, "playerId": "cheat"}, line501=b"cheat")

    expected = {
        9: [("refused now", "cheating")],
        501: [("refused otherwise", "invalid_line → cheating")],
    }
    assert expected == found(events)

    changed.git("checkout", "--quiet", "HEAD~1", "--", ".")
    expected = {
        9: [("accepted now", "cheating")],
        501: [("refused otherwise", "cheating → invalid_line")],
    }
    assert expected == found(events)


def test_what_bigquery_refuses(changed, found, many):
    """A row that does not fit its table is refused by BigQuery, whatever the row code says."""
    changed.add_column("match_id", "matchId", mode="REQUIRED")
    lines = [{"matchId": "m"}, {"eventType": "a"}, 7]
    events = write_events(many().parent / "few.ndjson", lines)
    expected = {
        1: [("column added", "match_id: STRING")],
        2: [("refused now", "invalid_row: match_id")],
    }
    assert expected == found(events)

    changed.undo()
    changed.change_schema(lambda columns: columns["received_timestamp"].update(type="DATE"))
    refused = [("refused now", "invalid_row: received_timestamp")]
    assert {1: refused, 2: refused} == found(events)


def test_changed_value(changed, found, many):
    """A column that holds something else is told; one that is only spelled otherwise is not."""
    changed.replace("load/rows.py", '"line": str(line.number)', '"line": line.number')
    changed.replace("load/rows.py", "the event is not a JSON object", "in other words")
    assert {} == found(many())

    changed.replace(
        "load/column_values.py",
        "        return _STRING.decode(text)\n    except msgspec.DecodeError:  # a lone",
        "        return _STRING.decode(text).casefold()\n    except msgspec.DecodeError:  # a lone",
    )
    events = many(line1={"playerId": "Ann", "eventType": "A"}, line2={"n": {"A": "B"}})
    of_type = ("value differs", "event_type")
    assert {1: [of_type, ("value differs", "player_id")], 511: [of_type]} == found(events)


def test_extra(changed, found, many):
    """What else is in extra is one thing, however many names clients give their fields."""
    changed.replace(
        "load/rows.py",
        '        "extra": fitter.fit_extra(members),',
        '        "extra": fitter.fit_extra({n: v for n, v in members.items() if n[:2] != "x_"}),',
    )
    events = many(line5={"x_a": 1, "y": 2}, line6={"x_b": 1}, line7={"y": 1})

    told = [("value differs", "extra")]
    assert {5: told, 6: told} == found(events)


def test_code_that_raises(changed, found, many):
    """An event that the code cannot stand is told, with all after it in its object."""
    old = "    members = _split_line(line)\n"
    changed.replace("load/rows.py", old, f'{old}    print(7 // (line.payload != b"[]"))\n')
    lines = [{}, {}, b"[]", {}, 7, {}]
    folder = many().parent / "folder"
    write_events(folder / "1", lines)
    write_events(folder / "2", [{}] * 3)

    now, before = "raises ZeroDivisionError", "not_an_object"
    expected = {
        3: [("refused otherwise", f"{before} → {now}")],
        4: [("refused now", now)],
        5: [("refused otherwise", f"{before} → {now}")],
        6: [("refused now", now)],
    }
    assert expected == found(folder)


def test_objects_as_a_whole(changed, found, many):
    """Compressed objects are read; of one that nobody can read, nothing differs."""
    changed.add_column("match_id", "matchId")
    folder = many().parent / "folder"
    content = write_events(folder / "plain", [{}, {"matchId": "m"}]).read_bytes()
    (folder / "whole").write_bytes(gzip.compress(content, mtime=0))
    (folder / "cut").write_bytes(gzip.compress(content, mtime=0)[:-9])
    (folder / "empty").touch()
    (folder / "plain").unlink()

    assert {2: [("column added", "match_id: STRING")]} == found(folder)


def test_object_that_is_refused_now(changed, found, many):
    """An object that is not read any more is told for each of its events."""
    changed.replace("load/contents.py", "MAX_LINES = 100_000", "MAX_LINES = 1")

    refused = [("refused now", "too_many_lines")]
    assert {1: refused, 2: refused} == found(write_events(many().parent / "few", [{}, {}]))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), {"json live function", "json test function"}),
        (("--environment", "live"), {"json live function"}),
        (("--environment", "live", "--category", "cold"), {"json live cold"}),
    ],
)
def test_names_of_the_layout(changed, run, tmp_path, options, expected):
    """Of files that are objects, those that are loaded count, of the environment and category."""
    changed.add_column("match_id", "matchId")
    for label in (
        "json live function",
        "json test function",
        "json live cold",
        "unknown live function",
    ):
        data_type, environment, category = label.split()
        name = (
            f"data_type={data_type}/analytics_environment={environment}/event_category={category}"
            "/event_ds=2026-03-01/event_time=8-16/session/1"
        )
        write_events(tmp_path / name, [{"matchId": label}])

    _, out, _ = run(tmp_path, options=("--json", *options))

    found = [json.loads(line)["changes"][0]["now"] for line in out.splitlines()]
    assert sorted(expected) == sorted(found)


def test_kinds(changed, run, many, monkeypatch):
    """People read each kind once, with the number of its events and the first of them."""
    monkeypatch.setenv("COLUMNS", "300")
    changed.add_column("match_id", "matchId")
    events = many(line8={"matchId": "m\x1b[2J"}, line9={"matchId": 2})

    code, out, err = run(events, options=("--environment", "live", "--category", "cold"))

    assert 1 == code
    names, _, row, _, verdict = out.splitlines()
    assert ["kind", "about", "events", "before", "now", "example"] == names.split()
    assert row.split("  ")[0] == "column added"
    assert "match_id: STRING       2  NULL    m\\x1b[2J" in row
    assert row.endswith(f"{events} line 8")
    assert "2 of 1,009 events of 1 object would differ." == verdict
    assert "rehearsing the working tree against" in err


class TestRevisions:
    def test_default(self, changed, run, many):
        """Uncommitted changes are compared with HEAD, else the last commit with the one before."""
        changed.add_column("match_id", "matchId")
        first = changed.git("log", "-1", "--format=%h as it is")
        assert f"the working tree against {first}\n" in run(many())[2]

        changed.commit("a column")
        (changed.folder / "README.md").write_text("no row code")
        changed.commit("a page")
        code, _, err = run(many(line1={"matchId": 1}))
        assert 1 == code
        assert err.startswith(f"rehearsing HEAD ({changed.git('log', '-1', '--format=%h')} a page)")
        assert err.endswith(f" against {first}\n")

    def test_no_earlier_one(self, run, many):
        """Without an earlier commit, somebody has to say what to compare with."""
        code, _, err = run(many())

        assert 2 == code
        assert "--against" in err

    @pytest.mark.parametrize("name", ["no-such-branch", "--help", "HEAD:functions", ""])
    def test_unknown(self, run, many, name):
        """What git does not know as a commit is wrong usage."""
        code, out, err = run(many(), options=(f"--against={name}",))

        assert (2, "") == (code, out)
        assert f"error: --against: git knows no commit {name!r}\n" == err

    def test_without_the_seam(self, changed, run, many):
        """A revision whose row code cannot be called is named, with what it lacks."""
        changed.replace("load/row_reader.py", "def read_rows(", "def rows_of(")
        code, out, err = run(many())

        assert (1, "") == (code, out)
        assert "the row code of the working tree cannot be run: ImportError: " in err
        assert "cannot import name 'read_rows' from 'analytics_pipeline.load.row_reader'" in err

    def test_a_column_that_code_needs(self, changed, run, many):
        """Row code that asks for a column which is gone is named, too."""
        changed.change_schema(lambda columns: columns.pop("player_id"))
        assert "cannot be run: KeyError: 'player_id'\n" in run(many())[2]

    def test_a_schema_that_bigquery_refuses(self, changed, run, many):
        """A type that does not exist is said."""
        changed.change_schema(lambda columns: columns["generation"].update(type="TEXT"))
        code, _, err = run(many())

        assert 1 == code
        assert "the schema of the working tree is refused: Invalid value for type: TEXT" in err

    def test_no_functions(self, changed, run, many):
        """A revision without row code is not taken for the one that is installed."""
        (changed.folder / "functions/analytics_pipeline/__init__.py").unlink()

        assert "error: the working tree has no functions/analytics_pipeline\n" in run(many())[2]

    def test_no_repository(self, run, many, tmp_path):
        """A folder that is no checkout is said."""
        code, _, err = run(many(), options=("--folder", tmp_path))

        assert 1 == code
        assert "not a git repository" in err


def test_nothing_to_rehearse_with(run, tmp_path):
    """Without an event nothing is proved, and that is no success."""
    (tmp_path / os.fsdecode(b"\xff")).touch()
    options = ("--against", "HEAD")

    code, _, err = run(tmp_path, options=options)
    assert (1, True) == (code, "error: there is no event to rehearse with" in err)
    code, _, err = run(tmp_path / "missing", options=options)
    assert (1, f"error: there is no file or folder {tmp_path / 'missing'}\n") == (
        code,
        err.splitlines(keepends=True)[-1],
    )


def test_interrupted(changed, many, tmp_path):
    """Ctrl-C ends it, and the processes it started, without a traceback."""
    changed.replace(
        "load/rows.py",
        "    members = _split_line(line)\n",
        f"    import pathlib, signal; pathlib.Path({str(tmp_path / 'begun')!r}).touch()\n"
        "    signal.pause()\n",
    )
    command = [sys.executable, "-m", "analytics_commands", "rehearse", "--folder", changed.folder]
    with subprocess.Popen(
        [*command, "--files", many()],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/scripts{os.pathsep}{ROOT}/functions"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)

    assert 130 == process.returncode
    assert "interrupted" == err.splitlines()[-1]
    assert "Traceback" not in err
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
