"""JSON API: objects made of other objects (JSON API reference, Objects: copy, rewrite, compose)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analytics_local_cloud.storage.json_api.objects_api import object_path
from analytics_local_cloud.storage.json_api.properties import writable_properties
from analytics_local_cloud.storage.metadata import StoredObject
from analytics_local_cloud.storage.objects.conditions import Conditions
from analytics_local_cloud.storage.objects.generations import Target
from analytics_local_cloud.storage.storage_errors import Invalid
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.request_reading import json_conditions, read_json
from analytics_local_cloud.storage.web.served import served
from analytics_local_cloud.storage.web.storage_answers import (
    api_answer,
    endpoint_of,
    resource_answer,
)

_MAX_COMPONENTS = 32


class CopiesApi:
    """The methods that copy bytes inside `store`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Return where the methods are served."""
        one = "/storage/v1/b/{bucket:segment}/o/{object:segment}"
        moved = "/o/{to_object:segment}"
        other = f"/b/{{to_bucket:segment}}{moved}"
        return [
            served("storage.objects.compose", f"{one}/compose", self.compose, "POST"),
            served("storage.objects.copy", f"{one}/copyTo{other}", self.copy, "POST"),
            served("storage.objects.rewrite", f"{one}/rewriteTo{other}", self.rewrite, "POST"),
            served("storage.objects.move", f"{one}/moveTo{moved}", self.move, "POST"),
        ]

    async def compose(self, request: Request) -> Response:
        """Write an object from up to 32 others of its bucket."""
        bucket, name = object_path(request)
        body = await read_json(request)
        components = body.get("sourceObjects") or []
        if not 1 <= len(components) <= _MAX_COMPONENTS:
            raise Invalid(f"The number of source components must be 1 to {_MAX_COMPONENTS}.")
        sources = [self._component(bucket, component) for component in components]
        properties = writable_properties(body.get("destination") or {})
        target = Target(bucket, name, properties, json_conditions(request))
        return resource_answer(request, await self._store.objects.compose(sources, target))

    async def copy(self, request: Request) -> Response:
        """Write an object with the content of another."""
        return resource_answer(request, await self._copy(request))

    async def rewrite(self, request: Request) -> Response:
        """Write an object with the content of another; here one call is always enough."""
        stored = await self._copy(request)
        size = str(stored.size)
        body = {
            "kind": "storage#rewriteResponse",
            "totalBytesRewritten": size,
            "objectSize": size,
            "done": True,
            "resource": stored.resource(endpoint_of(request)),
        }
        return api_answer(request, body)

    async def move(self, request: Request) -> Response:
        """Rename an object inside its bucket."""
        bucket, name = object_path(request)
        source = self._store.objects.get(bucket, name, json_conditions(request, "ifSource"))
        target = Target(
            bucket, request.path_params["to_object"], source.properties, json_conditions(request)
        )
        return resource_answer(request, await self._store.objects.move(source, target))

    async def _copy(self, request: Request) -> StoredObject:
        source = self._store.objects.get(
            *object_path(request), json_conditions(request, "ifSource")
        )
        sent = await read_json(request)
        target = Target(
            request.path_params["to_bucket"],
            request.path_params["to_object"],
            writable_properties(sent or source.properties),
            json_conditions(request),
        )
        return await self._store.objects.copy(source, target)

    def _component(self, bucket: str, component: dict[str, Any]) -> StoredObject:
        generation = component.get("generation")
        preconditions = component.get("objectPreconditions") or {}
        matched = preconditions.get("ifGenerationMatch")
        conditions = Conditions(
            generation=None if generation is None else int(generation),
            if_generation_match=None if matched is None else int(matched),
        )
        return self._store.objects.get(bucket, component.get("name", ""), conditions)
