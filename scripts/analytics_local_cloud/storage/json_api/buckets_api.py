"""JSON API: buckets and their policies (JSON API reference, Buckets)."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analytics_local_cloud.storage.metadata import Bucket
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.request_reading import read_json
from analytics_local_cloud.storage.web.storage_answers import (
    endpoint_of,
    json_answer,
    resource_answer,
)

_EMPTY_POLICY = {"kind": "storage#policy", "version": 1, "etag": "CAE=", "bindings": []}
_FIXED = {"kind", "id", "name", "selfLink", "metageneration", "etag", "timeCreated", "updated"}


class BucketsApi:
    """The methods of buckets in `store`; whoever asks owns all of them."""

    def __init__(self, store: ObjectStore) -> None:
        self._buckets = store.buckets

    def routes(self) -> list[Route]:
        """Return where the methods are served."""
        one = "/storage/v1/b/{bucket:segment}"
        return [
            Route("/storage/v1/b", self.insert, methods=["POST"]),
            Route("/storage/v1/b", self.find_all, methods=["GET"]),
            Route(one, self.get, methods=["GET"]),
            Route(one, self.patch, methods=["PATCH", "PUT"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/storageLayout", self.get_layout, methods=["GET"]),
            Route(f"{one}/managedFolders", self.find_folders, methods=["GET"]),
            Route(f"{one}/iam", self.get_policy, methods=["GET"]),
            Route(f"{one}/iam", self.set_policy, methods=["PUT"]),
            Route(f"{one}/iam/testPermissions", self.test_permissions, methods=["GET"]),
        ]

    async def insert(self, request: Request) -> Response:
        """Create a bucket."""
        body = await read_json(request)
        bucket = await self._buckets.create(body.get("name", ""), _fields(body))
        return resource_answer(request, bucket)

    async def find_all(self, request: Request) -> Response:
        """Answer all buckets, in one page."""
        buckets = self._buckets.find_all(request.query_params.get("prefix", ""))
        items = [bucket.resource(endpoint_of(request)) for bucket in buckets]
        return json_answer({"kind": "storage#buckets", "items": items})

    async def get(self, request: Request) -> Response:
        """Answer a bucket's resource."""
        return resource_answer(request, self._find(request))

    async def patch(self, request: Request) -> Response:
        """Change some fields of a bucket; null removes one."""
        changes = _fields(await read_json(request))

        def merge(old: Mapping[str, Any]) -> dict[str, Any]:
            return {k: v for k, v in {**old, **changes}.items() if v is not None}

        return resource_answer(request, await self._buckets.update(_name(request), merge))

    async def delete(self, request: Request) -> Response:
        """Delete an empty bucket."""
        await self._buckets.delete(_name(request))
        return Response(status_code=204)

    async def get_layout(self, request: Request) -> Response:
        """Answer that the bucket has no hierarchical namespace."""
        bucket = self._find(request).name
        return json_answer(
            {
                "kind": "storage#storageLayout",
                "bucket": bucket,
                "location": "EU",
                "locationType": "multi-region",
                "hierarchicalNamespace": {"enabled": False},
            }
        )

    async def find_folders(self, request: Request) -> Response:
        """Answer that there are none; gcloud asks before it deletes a bucket."""
        self._find(request)
        return json_answer({"kind": "storage#managedFolders", "items": []})

    async def get_policy(self, request: Request) -> Response:
        """Answer the policy that was set last; it has no effect here."""
        return json_answer(self._find(request).properties.get("iamPolicy", _EMPTY_POLICY))

    async def set_policy(self, request: Request) -> Response:
        """Keep a policy."""
        policy = {**_EMPTY_POLICY, **await read_json(request)}
        await self._buckets.update(_name(request), lambda old: {**old, "iamPolicy": policy})
        return json_answer(policy)

    async def test_permissions(self, request: Request) -> Response:
        """Answer that the caller has the permissions asked for."""
        self._find(request)
        permissions = request.query_params.getlist("permissions")
        return json_answer(
            {"kind": "storage#testIamPermissionsResponse", "permissions": permissions}
        )

    def _find(self, request: Request) -> Bucket:
        return self._buckets.get(_name(request))


def _name(request: Request) -> str:
    name: str = request.path_params["bucket"]
    return name


def _fields(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in _FIXED}
