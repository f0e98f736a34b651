"""JSON API: which new objects of a bucket are announced (JSON API reference, Notifications).

The topic is kept, not used: `events.py` delivers what is announced. Event types other than
OBJECT_FINALIZE never happen here.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analytics_local_cloud.storage.storage_errors import Invalid, NotFound
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.request_reading import read_as, read_json
from analytics_local_cloud.storage.web.served import served
from analytics_local_cloud.storage.web.storage_answers import api_answer


class _Config(Struct):
    """What a configuration consists of."""

    topic: str | None = None
    payload_format: str | None = None
    object_name_prefix: str = ""
    event_types: list[str] = []
    custom_attributes: dict[str, str] = {}


class NotificationsApi:
    """The methods of notification configurations in `store`."""

    def __init__(self, store: ObjectStore) -> None:
        self._buckets = store.buckets

    def routes(self) -> list[Route]:
        """Return where the methods are served."""
        every = "/storage/v1/b/{bucket:segment}/notificationConfigs"
        one = every + "/{id:segment}"
        return [
            served("storage.notifications.insert", every, self.insert, "POST"),
            served("storage.notifications.list", every, self.find_all, "GET"),
            served("storage.notifications.get", one, self.get, "GET"),
            served("storage.notifications.delete", one, self.delete, "DELETE"),
        ]

    async def insert(self, request: Request) -> Response:
        """Announce new objects from now on."""
        sent = await read_json(request)
        read_as(sent, _Config)
        if not sent.get("topic"):
            raise Invalid("Required: topic")

        def add(old: Mapping[str, Any]) -> dict[str, Any]:
            configs = old.get("notifications", [])
            number = 1 + max((int(c["id"]) for c in configs if c["id"].isdecimal()), default=0)
            config = {"payload_format": "JSON_API_V1", **sent, "id": str(number)}
            return {**old, "notifications": [*configs, config]}

        bucket = await self._buckets.update(request.path_params["bucket"], add)
        return api_answer(request, _resource(bucket.notifications[-1]))

    async def find_all(self, request: Request) -> Response:
        """Answer all configurations of a bucket."""
        items = [_resource(config) for config in self._find(request)]
        return api_answer(request, {"kind": "storage#notifications", "items": items})

    async def get(self, request: Request) -> Response:
        """Answer one configuration."""
        for config in self._find(request):
            if config["id"] == request.path_params["id"]:
                return api_answer(request, _resource(config))
        raise NotFound("The notification configuration does not exist.")

    async def delete(self, request: Request) -> Response:
        """Announce no more."""
        await self.get(request)

        def remove(old: Mapping[str, Any]) -> dict[str, Any]:
            gone = request.path_params["id"]
            return {**old, "notifications": [c for c in old["notifications"] if c["id"] != gone]}

        await self._buckets.update(request.path_params["bucket"], remove)
        return Response(status_code=204)

    def _find(self, request: Request) -> list[dict[str, Any]]:
        return self._buckets.get(request.path_params["bucket"]).notifications


def _resource(config: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "storage#notification", **config}
