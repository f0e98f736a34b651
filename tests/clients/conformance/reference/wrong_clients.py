"""Clients that each make one mistake, as authors of clients do; the suite has to find each."""

import base64
import hashlib
import json
import threading
import uuid

import requests

from conformance.reference.minimal_client import new_key
from conformance.reference.reference_client import ReferenceClient


class NewKeyPerRetry(ReferenceClient):
    """Takes the key for the name of an attempt."""

    def post(self, key, body):
        return super().post(new_key() if key else key, body)


class KeyWithoutTime(ReferenceClient):
    """Names batches by a random UUID, which tells no time."""

    def post(self, key, body):
        return super().post(str(uuid.uuid5(uuid.NAMESPACE_URL, key)), body)


class RewritesBody(ReferenceClient):
    """Tells the server in each event which attempt this is."""

    attempts = 0

    def post(self, key, body):
        self.attempts += 1
        events = [json.loads(line) | {"attempt": self.attempts} for line in body.splitlines()]
        return super().post(key, "\n".join(map(json.dumps, events)))


class DeletesBeforeAnswer(ReferenceClient):
    """Sends and forgets."""

    def post(self, key, body):
        self.write("DELETE FROM events WHERE key = ?", key)
        return super().post(key, body)


class KeepsInMemory(ReferenceClient):
    """Has no disk."""

    database = ":memory:"


class KeepsLater(ReferenceClient):
    """Says that events are kept, and keeps them when it finds the time."""

    def track_all(self, event_type, attributes):
        later = threading.Timer(3600, super().track_all, [event_type, attributes])
        later.daemon = True
        later.start()
        return len(attributes), 0


class IgnoresRetryAfter(ReferenceClient):
    """Knows better when to come again."""

    def pause_for(self, retry_after):
        return super().pause_for(0 * retry_after)


class SplitsUnderOneKey(ReferenceClient):
    """Sends the first half of a batch that is too large under the key of the whole."""

    def split(self, key, half):
        self.write(
            "UPDATE events SET key = ? WHERE key = ? AND n NOT IN"
            " (SELECT n FROM events WHERE key = ? ORDER BY n LIMIT ?)",
            *(new_key(), key, key, half),
        )


class SendsAfterWithdrawal(ReferenceClient):
    """Takes no more events without consent, and sends those that it has."""

    def consent(self, *, is_granted):
        self.options["consent"] = is_granted

    def track_all(self, event_type, attributes):
        return super().track_all(
            event_type, attributes if self.options.get("consent", True) else []
        )


class RetriesForEver(ReferenceClient):
    """Hopes that a batch that is refused will one day be taken."""

    def post(self, key, body):
        status, told, retry_after = super().post(key, body)
        return (503 if status == 400 else status), told, retry_after


class TrustsAnyAnswer(ReferenceClient):
    """Reads nothing of an answer but its first line."""

    def post(self, key, body):
        status, told, retry_after = super().post(key, body)
        if status == 0:
            status = 200  # it did say so, before it broke off
        return status, told | {"event_count": len(body.splitlines())}, retry_after


class CutsAnewOnRestart(ReferenceClient):
    """Forgets at the start which events were sent together."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        with self.sending:
            self.write("UPDATE events SET key = NULL")


class CountsFromOne(ReferenceClient):
    """Gives the first event the index 1."""

    def begin_session(self, timeout=0):
        super().begin_session(timeout)
        self.write("UPDATE sessions SET next = 1 WHERE id = ? AND next = 0", self.session)


class CountsDropped(ReferenceClient):
    """Gives events that it drops an index, too."""

    def keep(self, event_type, **fields):
        has_room = super().keep(event_type, **fields)
        if not has_room:
            self.outbox.execute("UPDATE sessions SET next = next + 1 WHERE id = ?", [self.session])
        return has_room


class DropsSilently(ReferenceClient):
    """Tells nobody what it dropped."""

    def tell_drops(self):
        return None


class ParksEverything(ReferenceClient):
    """Gives a batch up because the key is refused."""

    def post(self, key, body):
        status, told, retry_after = super().post(key, body)
        return (400 if status == 401 else status), {"reason": "refused"} | told, retry_after


class NeverHalts(ReferenceClient):
    """Asks again at once whether its key is right by now."""

    def send(self):
        pauses = [super(NeverHalts, self).send() for _ in range(10)]
        return pauses[-1]


class ReadsClockOnce(ReferenceClient):
    """Says at each attempt what the clock was at the start."""

    first = None

    def now(self):
        self.first = self.first or super().now()
        return self.first


class PutsTwice(ReferenceClient):
    """Sends a file again to the URL that it has."""

    def upload(self, content, content_type):
        digest = base64.b64encode(hashlib.md5(content).digest()).decode()
        told = {"content_type": content_type, "md5_digest": digest, "size": len(content)}
        asked = requests.post(f"{self.gateway}/v1/file", json=told, params=self.parameters)
        ticket = asked.json()
        for _ in range(8):
            put = requests.put(ticket["signed_url"], content, headers=ticket["headers"])
            if put.ok:
                break
        return ticket["object"]


WRONG = {
    each.__name__: each
    for each in list(globals().values())
    if isinstance(each, type) and issubclass(each, ReferenceClient) and each is not ReferenceClient
}
