"""JSON API: objects, but for uploads (JSON API reference, Objects)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analytics_local_cloud.storage.json_api.properties import merge_properties, replace_properties
from analytics_local_cloud.storage.metadata import StoredObject
from analytics_local_cloud.storage.objects.object_listing import Listing
from analytics_local_cloud.storage.storage_errors import Unsupported
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.downloads import content_answer
from analytics_local_cloud.storage.web.request_reading import (
    json_conditions,
    read_json,
    read_number,
)
from analytics_local_cloud.storage.web.served import served
from analytics_local_cloud.storage.web.storage_answers import (
    api_answer,
    endpoint_of,
    resource_answer,
)


class ObjectsApi:
    """The methods of objects in `store`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Return where the methods are served."""
        objects = "/storage/v1/b/{bucket:segment}/o"
        one = objects + "/{object:segment}"
        return [
            served("storage.objects.list", objects, self.find_all, "GET"),
            served("storage.objects.get", one, self.get, "GET"),
            served("storage.objects.get", f"/download{one}", self.download, "GET"),
            served("storage.objects.patch", one, self.patch, "PATCH"),
            served("storage.objects.update", one, self.update, "PUT"),
            served("storage.objects.delete", one, self.delete, "DELETE"),
        ]

    async def find_all(self, request: Request) -> Response:
        """Answer one page of objects and prefixes."""
        query = request.query_params
        listing = Listing(
            prefix=query.get("prefix", ""),
            delimiter=query.get("delimiter", ""),
            start=query.get("startOffset", ""),
            end=query.get("endOffset", ""),
            token=query.get("pageToken", ""),
            limit=read_number(query, "maxResults") or 0,
            glob=query.get("matchGlob", ""),
            include_trailing=query.get("includeTrailingDelimiter", "").lower() == "true",
        )
        page = self._store.list_objects(request.path_params["bucket"], listing)
        body: dict[str, Any] = {"kind": "storage#objects"}
        if page.prefixes:
            body["prefixes"] = page.prefixes
        if page.objects:
            endpoint = endpoint_of(request)
            body["items"] = [stored.resource(endpoint) for stored in page.objects]
        if page.token:
            body["nextPageToken"] = page.token
        return api_answer(request, body)

    async def get(self, request: Request) -> Response:
        """Answer an object's resource, or its content with `alt=media`."""
        alt = request.query_params.get("alt", "json")
        if alt == "media":
            return await self.download(request)
        if alt not in {"", "json"}:
            raise Unsupported(f"The local storage does not support alt={alt}.")
        return resource_answer(request, self._find(request))

    async def download(self, request: Request) -> Response:
        """Answer an object's content."""
        return content_answer(request, self._store.objects, partial(self._find, request))

    async def patch(self, request: Request) -> Response:
        """Change some of an object's fields; null removes one."""
        changes = await read_json(request)
        return await self._change(request, lambda old: merge_properties(old, changes))

    async def update(self, request: Request) -> Response:
        """Replace all of an object's fields."""
        resource = await read_json(request)
        return await self._change(request, lambda old: replace_properties(old, resource))

    async def delete(self, request: Request) -> Response:
        """Delete an object."""
        bucket, name = object_path(request)
        await self._store.objects.delete(bucket, name, json_conditions(request))
        return Response(status_code=204)

    def _find(self, request: Request) -> StoredObject:
        bucket, name = object_path(request)
        return self._store.objects.get(bucket, name, json_conditions(request))

    async def _change(
        self, request: Request, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> Response:
        bucket, name = object_path(request)
        conditions = json_conditions(request)
        stored = await self._store.objects.update(bucket, name, change, conditions)
        return resource_answer(request, stored)


def object_path(request: Request) -> tuple[str, str]:
    """Return bucket and name of the object that the path names."""
    return request.path_params["bucket"], request.path_params["object"]
