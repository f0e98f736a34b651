"""The simulation answers statements by twins: each finds what its statement finds, and changes."""

import json
import random
import re
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from local_warehouse import create_pipeline_tables, running_warehouse

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.warehouse import Warehouse
from simulation.statements import TWINS, answer, receipt_of
from simulation.warehouse import EventRow, LetterRow, ListedRow, Receipt, Tables

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=4)  # when nothing is in the streaming buffer any more
DAYS = [date(2026, 11, day) for day in (21, 22, 23)]
OURS = [sql for sql in TWINS if "imported" not in sql]
CHANGES = [sql for sql in OURS if sql.split()[0] in {"DELETE", "INSERT"}]
ENVIRONMENTS, CATEGORIES = ["testing", "qa"], ["function", "cold"]
PLAYERS = ["ada", "bob"]
ROWS = 40


def name(sql):
    """Return the beginning of a statement."""
    return " ".join(sql.split())[:40]


class Dice:
    """Rows of all tables, of few values each, so that they meet."""

    def __init__(self, seed):
        self.dice = random.Random(seed)

    def moment(self):
        return NOON - timedelta(seconds=self.dice.randrange(3 * 86400), microseconds=125_000)

    def place(self):
        """Return what an object's name says."""
        environment = self.dice.choice(ENVIRONMENTS)
        category, day = self.dice.choice(CATEGORIES), self.dice.choice(DAYS)
        uri = (
            f"gs://world/data_type=json/analytics_environment={environment}"
            f"/event_category={category}/event_ds={day}/event_time=0-8/s/{self.dice.randrange(2)}"
        )
        return {
            "gcs_uri": uri,
            "analytics_environment": environment,
            "event_category": category,
            "event_ds": str(day),
        }

    def event(self):
        place, received, line = self.place(), self.moment(), self.dice.randrange(1, 4)
        batch = f"{place['gcs_uri'][-1]}{self.dice.randrange(2)}"
        return {
            **place,
            "event_type": self.dice.choice(["shot", "jump"]),
            "event_id": f"{batch}/{line - 1}",
            "batch_id": batch,
            "line": str(line),
            "generation": self.dice.choice("12"),
            "session_id": self.dice.choice(["s", "t", "session-id-not-available"]),
            "event_index": self.dice.randrange(5),
            "player_id": self.dice.choice(PLAYERS),
            "received_timestamp": received.isoformat(),
            "received_date": str(received.date()),
            "inserted_timestamp": (received + timedelta(seconds=3)).isoformat(),
        }

    def letter(self):
        place, received = self.place(), self.moment()
        line, written = self.dice.randrange(4), received + timedelta(minutes=1)
        letter = {
            **place,
            "dead_letter_id": f"{place['gcs_uri'][-1]}/{line}",
            "generation": self.dice.choice("12"),
            "batch_id": f"{place['gcs_uri'][-1]}{self.dice.randrange(2)}",
            "line": line,
            "event_count": self.dice.randrange(1, 4),
            "reason": self.dice.choice(["invalid_line", "repeated"]),
            "detail": "d",
            "received_timestamp": received.isoformat(),
            "dead_lettered_date": str(written.date()),
            "dead_lettered_timestamp": written.isoformat(),
        }
        if self.dice.random() < 0.6:
            letter |= {"payload": f'{{"playerId":"{self.dice.choice(PLAYERS)}"}}'}
            letter |= {"payload_truncated": self.dice.random() < 0.5}
        if self.dice.random() < 0.3:
            resolved = written + timedelta(minutes=self.dice.randrange(1, 600))
            letter |= {"resolved_timestamp": resolved.isoformat(), "resolution": "replayed"}
        return letter

    def listed(self):
        place = self.place()
        listed = {"listed_date": str(self.dice.choice(DAYS)), "prefix": self.dice.choice("pq")}
        if self.dice.random() < 0.1:
            return listed
        counted = {"event_count": 3} if self.dice.random() < 0.7 else {}
        created = {"created_timestamp": self.moment().isoformat()}
        return {
            **listed,
            **counted,
            **(created if self.dice.random() < 0.5 else {}),
            "gcs_uri": place["gcs_uri"],
            "generation": self.dice.choice("12"),
            "batch_id": f"{place['gcs_uri'][-1]}{self.dice.randrange(2)}",
        }

    def line(self):
        events = ("batch_stored", "batch_repeated", "object_loaded", "repair_failed", "object_gone")
        event, moment = self.dice.choice(events), self.moment()
        line = {"event": event, "object": self.place()["gcs_uri"], "time": moment.isoformat()}
        if event.startswith("batch"):
            line |= {"event_count": self.dice.randrange(1, 5)}
            line |= {"received_timestamp": f"{moment.timestamp():.6f}"}
        return line

    def parameters(self, sql):
        """Return parameters that a statement may be asked with."""
        since = NOON - timedelta(days=self.dice.choice([1, 2, 3]))
        either = self.dice.choice
        known = {
            "since": since,
            "logged_since": since,
            "first": since.date(),
            "until": either([NOON, NOON - timedelta(hours=12)]),
            "logged_until": NOON,
            "settled": NOON,
            "before": either([NOON - timedelta(days=1), NOON]),
            "last": NOON.date(),
            "night": either(DAYS),
            "now": NOON,
            "category": either(["function", None]) if "COALESCE" in sql else "function",
            "environment": either(["testing", None]) if "COALESCE" in sql else "testing",
            "event_ds": either([None, str(DAYS[1])]),
            "batch_ids": ["00", "11"],
            "events": ["batch_stored", "upload_url_issued"],
            "root": "gs://world/",
            "no_session": "session-id-not-available",
            "reason": either([None, "repeated"]),
            "left": [],
            "player": "ada",
            "escape": "\\u",
            "ids": ["0/1", "1/2", "1/3"],
        }
        return {each: known[each] for each in set(re.findall(r"@(\w+)", sql))}


class Both:
    """The same rows in the local warehouse and in the simulation's tables."""

    def __init__(self, local, seed=0):
        self._local = local
        dice = Dice(seed)
        dataset = create_pipeline_tables(local)
        self._warehouse = Warehouse(local.client, dataset)
        self.tables = Tables()
        local.clock.time = NOON.timestamp()
        for table, make in (
            ("events_function", dice.event),
            ("dead_letters", dice.letter),
            ("listed_objects", dice.listed),
        ):
            rows = [make() for _ in range(ROWS)]
            self._insert(f"{dataset}.{table}", rows)
            kind = {"events_function": EventRow, "dead_letters": LetterRow}.get(table, ListedRow)
            decode = msgspec.json.Decoder(kind, strict=False).decode
            streamed = {} if kind is ListedRow else {"streamed": NOON.isoformat()}
            self.tables.of(table).extend(decode(json.dumps(row | streamed)) for row in rows)
        lines = [dice.line() for _ in range(ROWS)]
        self._insert(f"{dataset}.run_googleapis_com_stdout", [_logged(line) for line in lines])
        for line in lines:
            self.tables.accept(Receipt(**receipt_of(line)))

    def _insert(self, table, rows):
        status, said = self._local.insert_all(table, {"rows": [{"json": row} for row in rows]})
        assert (200, None) == (status, said.get("insertErrors"))

    def ask(self, sql, parameters, at=NOON):
        """Return what both answer: the statement, and its twin."""
        self._local.clock.time = at.timestamp()
        if sql in CHANGES:
            return (
                _outcome(lambda: self._warehouse.change(sql, **parameters)),
                _outcome(lambda: answer(sql, self.tables, at, parameters)),
            )
        found = [dict(row) for row in self._warehouse.query(sql, **parameters)]
        return found, answer(sql, self.tables, at, parameters)

    def contents(self):
        """Return the rows and letters that both have."""
        sql = "SELECT batch_id, line, gcs_uri FROM {}"
        for table in ("events_function", "dead_letters"):
            rows = self._warehouse.query(sql.format(table))
            kept = self.tables.of(table)
            yield (
                sorted(tuple(row.values()) for row in rows),
                sorted((each.batch_id, each.line, each.gcs_uri) for each in kept),
            )


def _logged(line):
    payload = {key: text for key, text in line.items() if key != "time"}
    return {"timestamp": line["time"], "insertId": repr(line), "jsonPayload": payload}


def _outcome(change):
    try:
        changed = change()
    except TransientError as exc:
        return "streaming buffer" in str(exc) and "refused"
    return changed


def _sorted(rows):
    return sorted(rows, key=lambda row: repr(sorted(row.items())))


@pytest.fixture(name="local", scope="module")
def _local(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("warehouse")) as local:
        yield local


@pytest.fixture(name="both", scope="module")
def _both(local):
    return Both(local)


@pytest.mark.parametrize("sql", [sql for sql in OURS if sql not in CHANGES], ids=name)
def test_questions(both, sql):
    """What a statement finds, its twin finds, in the same order where there is one."""
    for seed in range(2):
        parameters = Dice(seed).parameters(sql)
        found, simulated = both.ask(sql, parameters)
        if "ORDER BY" not in sql.rsplit(")", 1)[-1]:
            found, simulated = _sorted(found), _sorted(simulated)
        if "LIMIT 1\n" in sql:  # any one of them
            found, simulated = len(found), len(simulated)

        assert found == simulated, parameters


@pytest.mark.parametrize("sql", CHANGES, ids=name)
def test_changes(local, sql):
    """What a statement changes, its twin changes; both refuse what was streamed just now."""
    both = Both(local, seed=1)
    parameters = Dice(2).parameters(sql)

    for at in (NOON + timedelta(seconds=59), LATER):
        changed, simulated = both.ask(sql, parameters, at)
        assert changed == (simulated if isinstance(simulated, int | str) else changed)
        for kept, simulated_rows in both.contents():
            assert kept == simulated_rows
