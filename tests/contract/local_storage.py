"""The local storage under test, and HTTP requests to it that no library tidies up."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from obstore.store import GCSStore
from serving import serve

from analytics_local_cloud.storage import LocalSigner, ObjectStore, create_app


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Bucket:
    """One bucket of a served storage, with nothing else in it."""

    store: ObjectStore
    signer: LocalSigner
    url: str
    name: str

    def send(
        self,
        method: str,
        path: str,
        body: bytes | str | Mapping[str, Any] = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request whose path goes out as it is written; `{bucket}` stands for the name."""
        content = json.dumps(body) if isinstance(body, Mapping) else body
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            target = path.replace("{bucket}", self.name)
            connection.request(method, target, content, dict(headers or {}))
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read())
        finally:
            connection.close()

    def write(self, name: str, content: bytes = b"content", **headers: str) -> Answer:
        """Write an object through the XML API; header names have _ for -."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.send("PUT", f"/{self.name}/{quote(name, safe='')}", content, named)

    def resource(self, name: str) -> Any:
        """Return an object's resource through the JSON API."""
        return self.send("GET", f"/storage/v1/b/{{bucket}}/o/{quote(name, safe='')}").json

    def events(self) -> list[str]:
        """Return the names that are announced and not delivered yet."""
        return [event.name for event in self.store.outbox.due(self.name, 10_000)]

    def obstore(self) -> GCSStore:
        """Return obstore's client of the bucket."""
        key = {
            "gcs_base_url": self.url,
            "disable_oauth": True,
            "client_email": "",
            "private_key": "",
            "private_key_id": "",
        }
        return GCSStore(
            self.name,
            config={"service_account_key": json.dumps(key)},
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )


@contextmanager
def serve_storage(root: Path) -> Iterator[Callable[[str], Bucket]]:
    """Serve a storage in `root`; yields a function that makes a bucket."""
    signer = LocalSigner(root)
    store = ObjectStore(root)
    with serve(create_app(store, signer)) as url:

        def make_bucket(name: str) -> Bucket:
            bucket = Bucket(store, signer, url, name)
            bucket.send("POST", "/storage/v1/b?project=local-project", {"name": name})
            return bucket

        yield make_bucket
    store.close()
