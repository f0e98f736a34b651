"""JSON API: objects made of other objects (JSON API reference, Objects: copy, rewrite, compose)."""

from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analytics_local_cloud.storage.json_api.objects_api import object_path
from analytics_local_cloud.storage.json_api.properties import writable_properties
from analytics_local_cloud.storage.metadata import StoredObject
from analytics_local_cloud.storage.objects.conditions import Conditions
from analytics_local_cloud.storage.objects.targets import Target
from analytics_local_cloud.storage.storage_errors import Invalid
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.request_reading import (
    json_conditions,
    read_as,
    read_json,
)
from analytics_local_cloud.storage.web.served import served
from analytics_local_cloud.storage.web.storage_answers import (
    api_answer,
    endpoint_of,
    resource_answer,
)

_MAX_COMPONENTS = 32


class _Preconditions(Struct):
    ifGenerationMatch: int | None = None  # noqa: N815 - as the API has it


class _Component(Struct):
    name: str
    generation: int | None = None
    objectPreconditions: _Preconditions | None = None  # noqa: N815


class _Composition(Struct):
    """The body of a composition."""

    sourceObjects: list[_Component] | None = None  # noqa: N815
    destination: dict[str, Any] | None = None


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
        body = read_as(await read_json(request), _Composition)
        components = body.sourceObjects or []
        if not 1 <= len(components) <= _MAX_COMPONENTS:
            raise Invalid(f"The number of source components must be 1 to {_MAX_COMPONENTS}.")
        sources = [self._component(bucket, component) for component in components]
        properties = writable_properties(body.destination or {})
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

    def _component(self, bucket: str, component: _Component) -> StoredObject:
        wanted = component.objectPreconditions
        conditions = Conditions(
            generation=component.generation,
            if_generation_match=None if wanted is None else wanted.ifGenerationMatch,
        )
        return self._store.objects.get(bucket, component.name, conditions)
