"""Cloud Storage, as far as the pipeline asks: one bucket, names, generations, listings."""

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import md5
from urllib.parse import parse_qsl, unquote

import msgspec
from google.api_core.exceptions import NotFound, PreconditionFailed, ServiceUnavailable
from obstore.exceptions import AlreadyExistsError, GenericError, PermissionDeniedError
from urllib3.exceptions import ProtocolError

BUCKET = "world"
STORAGE = "https://storage.world"
_LISTING = f"/storage/v1/b/{BUCKET}/o"
_DOWNLOAD = f"/download{_LISTING}/"


@dataclass(frozen=True, slots=True)
class SimulatedObject:
    """One generation of an object."""

    name: str
    generation: int
    content: bytes
    metadata: dict
    created: datetime
    content_encoding: str = ""
    content_type: str = "application/x-ndjson"

    def resource(self):
        """Return it as the JSON API and finalize events do."""
        return {
            "bucket": BUCKET,
            "name": self.name,
            "generation": str(self.generation),
            "size": str(len(self.content)),
            "timeCreated": self.created.isoformat(),
            "contentEncoding": self.content_encoding,
            "metadata": self.metadata,
        }


@dataclass(slots=True)
class Answer:
    """An HTTP answer, with what urllib3's has of it."""

    status: int
    data: bytes = b""
    is_torn: bool = False
    headers: dict = field(default_factory=dict)

    def stream(self, _size, **_):
        if self.is_torn:
            yield self.data[: len(self.data) // 2]
            raise ProtocolError("the connection broke in the body")
        yield self.data

    def release_conn(self):
        """Nothing to give back."""


class Storage:
    """The bucket; `history` holds every generation there ever was."""

    def __init__(self, world):
        self._world = world
        self._faults = world.faults
        self.objects = {}
        self.history = []
        self._names = []

    def strikes(self, service, name, share=1.0):
        """Return whether a fault hits now."""
        return self._faults.strikes(service, name, self._world.clockwork.loop.time(), share)

    def commit(self, name, content, metadata, **fields):
        """Store an object, over an older one as well, and let the world know; returns it."""
        generation = len(self.history) + 1
        made = SimulatedObject(
            name, generation, bytes(content), dict(metadata), self._world.now(), **fields
        )
        if name not in self.objects:
            insort(self._names, name)
        self.objects[name] = made
        self.history.append(made)
        self._world.finalized(made)
        return made

    def create(self, name, content, attributes):
        """Serve one attempt of ingest to create an object, as obstore tells of it."""
        if self.strikes("store", "write refused", 0.5):
            status = self._faults.dice.choice((403, 409, 412, 429, 500, 503))
            error = PermissionDeniedError if status == 403 else GenericError
            raise error(f"status code: {status}")
        if self.strikes("store", "write not sent", 0.3):
            raise GenericError("error sending request")
        if self.strikes("store", "write late", 0.3):
            late = self._faults.dice.uniform(0, 30)
            self._world.clockwork.loop.after(late, self._create, name, content, attributes)
            raise GenericError("operation timed out")
        answer = self._create(name, content, attributes)
        if answer is None:
            forbids = self._faults.dice.random() < 0.2
            error = PermissionDeniedError if forbids else AlreadyExistsError
            raise error(f"status code: {403 if forbids else 412}")
        if self.strikes("store", "write acknowledgement lost"):
            raise GenericError("connection reset")
        if self.strikes("store", "write acknowledged by a proxy", 0.1):
            return {"e_tag": None, "version": None}
        return answer

    def _create(self, name, content, attributes):
        if name in self.objects:
            return None
        metadata = {key: text for key, text in attributes.items() if key != "Content-Type"}
        content = bytes(content)
        if self.strikes("store", "write torn", 0.1):
            content = content[: len(content) // 2]
        made = self.commit(name, content, metadata, content_type=attributes["Content-Type"])
        return {"e_tag": f'"{md5(content).hexdigest()}"', "version": str(made.generation)}

    def delete(self, name, generation):
        """Delete an object at that generation; raises as the client library does."""
        self._fail_sometimes()
        there = self.objects.get(name)
        if there is None:
            raise NotFound(name)
        if there.generation != generation:
            raise PreconditionFailed(name)
        self._world.deleted(there)
        del self.objects[name]
        del self._names[bisect_left(self._names, name)]
        if self.strikes("store", "delete acknowledgement lost"):
            raise ServiceUnavailable("connection reset")

    def replace(self, name, generation, content, metadata, content_encoding):
        """Write over an object at that generation; raises as the client library does."""
        self._fail_sometimes()
        there = self.objects.get(name)
        if there is None or there.generation != generation:
            raise PreconditionFailed(name)
        self.commit(name, content, metadata, content_encoding=content_encoding or "")
        if self.strikes("store", "rewrite acknowledgement lost"):
            raise ServiceUnavailable("connection reset")

    def find(self, name, generation=None):
        """Return an object as the client library finds it, None where there is none."""
        self._fail_sometimes("read")
        there = self.objects.get(name)
        return there if there and generation in {None, there.generation} else None

    def _fail_sometimes(self, service="store"):
        if self.strikes(service, f"{service} unavailable"):
            raise ServiceUnavailable("backend error")

    def get(self, url):
        """Serve a GET of the JSON API."""
        path, query = _parsed(url)
        if path == _LISTING:
            return self._list(query)
        if path.startswith(_DOWNLOAD):
            return self._download(path[len(_DOWNLOAD) :], query)
        return self._look_up(path[len(_LISTING) + 1 :], query)

    def _download(self, name, query):
        if self.strikes("read", "read failed"):
            return self._failed()
        there = self.objects.get(name)
        if there is None or str(there.generation) != query["generation"]:
            return Answer(404)
        return Answer(200, there.content, is_torn=self.strikes("read", "read torn", 0.3))

    def _look_up(self, name, query):
        if self.strikes("read", "lookup failed"):
            return self._failed()
        there = self.objects.get(name)
        if there is None or query.get("generation", str(there.generation)) != str(there.generation):
            return Answer(404)
        return Answer(200, msgspec.json.encode(there.resource()))

    def _failed(self):
        if self._faults.dice.random() < 0.3:
            raise ProtocolError("connection reset")
        return Answer(self._faults.dice.choice((429, 500, 503)))

    def _list(self, query):
        if self.strikes("list", "listing failed"):
            return self._failed()
        most = int(query.get("maxResults", "1000"))
        if self._faults.dice.random() < 0.3:
            most = min(most, self._faults.dice.randrange(1, 20))  # it may give fewer at any time
        items, prefixes, token = self.list_names(query, most)
        page = {"items": [self.objects[name].resource() for name in items], "prefixes": prefixes}
        if token:
            page["nextPageToken"] = token
        return Answer(200, msgspec.json.encode(page))

    def list_objects(self, query):
        """Return a page: objects, prefixes and token; raises as the client library does."""
        self._fail_sometimes("list")
        names, prefixes, token = self.list_names(query, self._faults.dice.choice((7, 1000)))
        return [self.objects[name] for name in names], prefixes, token

    def list_names(self, query, most):
        """Return names, prefixes, and the token of the next page (the last name seen)."""
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        start = max(prefix, query.get("startOffset", ""))
        token = query.get("pageToken", "")
        at = bisect_left(self._names, max(start, f"{token}\0" if token else ""))
        end = query.get("endOffset")
        items, prefixes = [], []
        for name in self._names[at:]:
            if (end and name >= end) or not name.startswith(prefix):
                break
            head, found, _ = name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
            if found:
                folder = f"{prefix}{head}{delimiter}"
                if token.startswith(folder) or folder in prefixes:
                    continue
                prefixes.append(folder)
            else:
                items.append(name)
            if len(items) + len(prefixes) == most:
                return items, prefixes, f"{folder}\U0010ffff" if found else name
        return items, prefixes, ""


def _parsed(url):
    """Return path and query of a URL; nothing of a query but listings' needs decoding."""
    path, _, query = url.removeprefix(STORAGE).partition("?")
    if path == _LISTING:
        return path, dict(parse_qsl(query))
    return _unquoted(path), dict(part.split("=", 1) for part in query.split("&"))


_unquoted = lru_cache(maxsize=10_000)(unquote)
