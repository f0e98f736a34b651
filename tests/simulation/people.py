"""Who sends: clients that try again, and programs that write objects themselves."""

import gzip
import json
from dataclasses import dataclass, field

from starlette.requests import Request

from analytics_pipeline.object_names import event_time_of
from simulation.instances import BEGAN, Killed
from simulation.warehouse import BIG, REFUSED_TYPE

ENVIRONMENTS = ("development", "qa")
PLAYERS = ("ada", "bob", "cyd", "dee")
_TRIES = 8
_DAY = 86400.0


@dataclass
class Sent:
    """One batch of a client: what is in it, how often it was sent, and what was answered."""

    tags: tuple
    category: str
    key: str
    body: bytes
    query: str
    tries: int = 0
    accepted: list = field(default_factory=list)
    days: set = field(default_factory=set)

    @property
    def is_keyed(self):
        return bool(self.key)

    @property
    def tells_its_time(self):
        """Whether a retry has to meet the object of the first, whenever it comes."""
        return self.is_keyed and not self.key.startswith("key-")


class Client:
    """One session of a game; its clock may be minutes off."""

    def __init__(self, world, number):
        self._world = world
        self._dice = world.faults.dice
        self._session = f"session{number}"
        self._skew = self._dice.gauss(0, 60)
        self._index = 0
        self._environment = self._dice.choice(ENVIRONMENTS)
        self._keys = self._dice.choice(("none", "opaque", "uuid7", "uuid7"))
        self._player = self._dice.choice(PLAYERS)
        self.batches = []

    async def play(self, begins, batches):
        """Send so many batches, in bursts."""
        await self._world.sleep(begins)
        for _ in range(batches):
            batch = self._make_batch()
            self.batches.append(batch)
            await self._send(batch)
            is_pause = self._dice.random() < 0.1
            await self._world.sleep(self._dice.expovariate(1 / (3 * 3600 if is_pause else 4)))

    def _make_batch(self):
        dice = self._dice
        category = dice.choices(("function", "cold"), (9, 1))[0]
        events, tags = [], []
        for _ in range(1 + min(39, int(dice.expovariate(1 / 12)))):
            tag = f"{self._session}.{self._index}"
            event = {"eventType": tag, "eventIndex": self._index, "playerId": self._player}
            if dice.random() < 0.1:
                event["colour"] = "red"  # no column of ours: it goes to `extra`
            if dice.random() < 0.01:
                event["text"] = BIG.decode()
            if dice.random() < 0.01:
                event = tag  # JSON, and no event
            events.append(event)
            tags.append(tag)
            self._index += 1
        is_lines = dice.random() < 0.5
        body = "\n".join(map(json.dumps, events)) if is_lines else json.dumps(events)
        if dice.random() < 0.02:
            body, tags = f"no json: {tags[0]}", []
        query = (
            f"analytics_environment={self._environment}&event_category={category}"
            f"&session_id={self._session}"
        )
        return Sent(tuple(tags), category, self._new_key(), body.encode(), query)

    def _new_key(self):
        if self._keys == "none":
            return ""
        if self.batches and self._dice.random() < 0.02:
            return self.batches[-1].key  # a mistake: another body is another batch
        random = self._dice.getrandbits(74)
        if self._keys == "opaque":
            return f"key-{random:019x}"
        seconds = BEGAN.timestamp() + self._world.clockwork.loop.time() + self._skew
        milliseconds = max(0, int(seconds * 1000))
        return f"{milliseconds:012x}7{random >> 62:03x}8{random & (1 << 60) - 1:015x}"

    async def _send(self, batch):
        """Send until it is answered or given up; a player may be offline for hours."""
        world, dice = self._world, self._dice
        for attempt in range(_TRIES):
            batch.tries += 1
            batch.days.add(world.now().date())
            status, answer = await self._post(batch)
            if status == 200:
                batch.accepted.append(answer["batch_id"])
                if dice.random() > 0.05:
                    return
            elif status is not None and status < 500 and status != 429:
                return
            is_offline = dice.random() < (0.4 if self._keys == "opaque" else 0.15)
            longest = _DAY / 2 if is_offline else 2**attempt
            await world.sleep(dice.uniform(0.1, longest))

    async def _post(self, batch):
        """Return status and answer, None where the connection broke."""
        instance, api = self._world.ingest.pick()
        now = self._world.clockwork.loop.time
        if self._world.faults.strikes("client", "request lost", now(), 0.3):
            return None, None
        try:
            answer = await self._world.serve(instance, api, make_request(batch))
        except Killed:
            return None, None
        if self._world.faults.strikes("client", "answer lost", now(), 0.5):
            return None, None
        return answer.status_code, json.loads(answer.body)


def make_request(batch):
    """Return the request as the server would hand it over."""
    headers = [(b"content-length", str(len(batch.body)).encode())]
    if batch.key:
        headers.append((b"idempotency-key", batch.key.encode()))
    messages = iter([{"type": "http.request", "body": batch.body, "more_body": False}])

    async def receive():
        return next(messages)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/event",
        "query_string": batch.query.encode(),
        "headers": headers,
    }
    return Request(scope, receive)


class Writer:
    """Another program that writes objects of the layout, with and without what we write on them."""

    def __init__(self, world):
        self._world = world
        self._dice = world.faults.dice
        self._number = 0
        self.tags = set()

    def write(self):
        """Write one object, over an older one at times."""
        dice, now = self._dice, self._world.now()
        self._number += 0 if self._number and dice.random() < 0.2 else 1
        lines = [self._line(index) for index in range(dice.randrange(1, 6))]
        content, metadata, encoding = b"\n".join(lines) + b"\n", {}, ""
        kind = dice.choice(("plain", "plain", "counted", "gzip", "torn gzip", "wrong digest"))
        if kind == "counted":
            metadata = {"event_count": str(len(lines))}
        elif "gzip" in kind:
            content, encoding = gzip.compress(content, mtime=0), "gzip"
        if kind == "torn gzip":
            content = content[:-6]
        if kind == "wrong digest":
            metadata = {"content_md5": "AAAAAAAAAAAAAAAAAAAAAA=="}
        name = (
            f"data_type=json/analytics_environment={dice.choice(ENVIRONMENTS)}"
            f"/event_category=function/event_ds={now.date()}/event_time={event_time_of(now)}"
            f"/writer/{self._number}"
        )
        self._world.storage.commit(name, content, metadata, content_encoding=encoding)

    def _line(self, index):
        kind = self._dice.random()
        if kind < 0.1:
            return b"{broken"
        tag = f"written{len(self._world.storage.history)}.{index}"
        self.tags.add(tag)
        event = {"eventType": tag, "playerId": self._dice.choice(PLAYERS)}
        if kind < 0.15:
            self.tags.add(REFUSED_TYPE)
            event["eventType"] = REFUSED_TYPE
        return json.dumps(event).encode()
