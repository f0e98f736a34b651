"""A small game, and what it tells of its play."""

import base64
import hashlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

_ATTEMPTS = 8
_PASSING = {429, 500, 502, 503, 504}


class NotSent(Exception):
    """The pipeline took something not, however often it was sent."""


class Telemetry:
    """Sends events in batches, and crash dumps; `consent` is the player's."""

    def __init__(self, url, key, environment, *, consent=True):
        self._url, self._key, self._environment = url, key, environment
        self._consent = consent
        self._waiting = []

    def add(self, event):
        """Keep an event until the next flush; without consent, forget it."""
        if self._consent:
            self._waiting.append(event)

    def flush(self):
        """Send what waits as one batch; what cannot be sent waits for the next flush."""
        if not self._waiting:
            return
        key = f"{time.time_ns() // 1_000_000:012x}7{uuid.uuid4().hex[13:]}"  # a UUIDv7
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        try:
            self._send("event", self._waiting, headers, event_category="function")
        except NotSent:  # which is no reason to stop the game
            return
        self._waiting = []

    def ask_place(self, dump, build):
        """Return where a crash dump can be put, and the headers to put it there with."""
        digest = base64.b64encode(hashlib.md5(dump, usedforsecurity=False).digest()).decode()
        body = {"content_type": "application/x-dmp", "md5_digest": digest, "size": len(dump)}
        answer = self._send("file", body, {}, event_category="crashdump", file_parent=build)
        return answer["signed_url"], answer["headers"]

    def upload(self, dump, place):
        """Put a crash dump where there is a place for it; raises NotSent."""
        url, headers = place
        self._try(urllib.request.Request(url, dump, headers, method="PUT"))

    def _send(self, route, body, headers, **parameters):
        query = {"key": self._key, "analytics_environment": self._environment, **parameters}
        url = f"{self._url}/v1/{route}?{urllib.parse.urlencode(query)}"
        return json.loads(
            self._try(urllib.request.Request(url, json.dumps(body).encode(), headers))
        )

    def _try(self, request):
        """Return the answer's body; the same request is sent again while that may help."""
        for attempt in range(_ATTEMPTS):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.read()
            except urllib.error.HTTPError as error:
                problem, pause = f"{error.code} {error.read()!r}", error.headers["Retry-After"]
                if error.code not in _PASSING:
                    break
            except OSError as error:  # no connection, or its answer was lost
                problem, pause = repr(error), None
            time.sleep(float(pause or 0.02 * 2**attempt))
        raise NotSent(problem)


class Game:
    """One session of a player."""

    def __init__(self, telemetry, player, session):
        self._telemetry, self._player, self._session = telemetry, player, session
        self._index = 0
        self._tell("session_start", build_version="1.4.2")

    def level_up(self, level):
        """The player reached a level."""
        self._tell("level_up", level=level)

    def buy(self, item, price):
        """The player bought an item, its price in cents."""
        self._tell("purchase", item=item, price=price, currency="EUR")

    def finish_race(self, seconds, track):
        """The player finished a race."""
        self._tell("race_finished", seconds=seconds, track={"name": track, "wet": False})

    def crash(self, dump):
        """The game crashed; its dump is uploaded."""
        self._telemetry.upload(dump, self._telemetry.ask_place(dump, "build-1.4.2"))
        self._tell("crash", size=len(dump))

    def quit(self):
        """The player leaves; what waits is sent."""
        self._tell("session_end")
        self._telemetry.flush()

    def _tell(self, event_type, *, build_version=None, **attributes):
        event = {
            "eventId": uuid.uuid4().hex,
            "eventType": event_type,
            "eventIndex": self._index,
            "playerId": self._player,
            "sessionId": self._session,
            "eventTimestamp": time.time(),
            "eventAttributes": attributes,
        }
        if build_version:
            event["buildVersion"] = build_version
        self._index += 1
        self._telemetry.add(event)
