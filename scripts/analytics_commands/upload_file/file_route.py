"""The gateway's part: a place for a file, POST /v1/file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
import requests

from analytics_commands.foundation.pipeline.target import GatewaySettings
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.upload_file.exchange import send, shorten
from analytics_commands.upload_file.file_source import Source
from analytics_commands.upload_file.upload_failures import UploadFailed
from analytics_pipeline.ingest.uploads import UploadTicket

_OK = 200
_KEY_STATUSES = {400, 401, 403}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file shall be, and what it is; `labels` are the other parameters of the request."""

    file_parent: str
    file_child: str
    content_type: str
    labels: Mapping[str, str] = field(default_factory=dict)


class Gateway:
    """Asks for tickets."""

    def __init__(self, http: requests.Session, settings: GatewaySettings) -> None:
        self._http = http
        self._settings = settings

    def issue(self, place: Place, source: Source) -> UploadTicket:
        """Return a ticket that admits exactly this content.

        Raises UploadFailed when it is refused, Interrupted, and CommandFailed when it is the key
        that is refused: no other file would fare better.
        """
        answer = send(
            self._http,
            "POST",
            self._settings.url("/v1/file"),
            params={
                "key": self._settings.api_key,
                **place.labels,
                "file_parent": place.file_parent,
                "file_child": place.file_child,
            },
            json={
                "content_type": place.content_type,
                "md5_digest": source.md5_digest,
                "size": source.size,
            },
        )
        if answer.status_code != _OK:
            raise self._refusal(answer)
        try:
            return msgspec.json.decode(answer.content, type=UploadTicket)
        except msgspec.DecodeError:
            raise UploadFailed("the gateway's answer is no upload ticket; see --host") from None

    def _refusal(self, answer: requests.Response) -> Exception:
        """Return the error that the answer means: only the function's own has a reason."""
        try:
            content = msgspec.json.decode(answer.content, type=dict[str, object])
        except msgspec.DecodeError:
            content = {}
        message = str(content.get("message", "")).replace(self._settings.api_key, "…")
        said = f"{answer.status_code} {shorten(message)}".strip()
        if answer.status_code in _KEY_STATUSES and "reason" not in content:
            return CommandFailed(f"the gateway refuses the key: {said}; see --api-key")
        return UploadFailed(f"the gateway answered {said}")
