"""JSON API: buckets and their policies (JSON API reference, Buckets)."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analytics_local_cloud.storage.json_api.properties import check_class, merge_patch
from analytics_local_cloud.storage.metadata import PRIVATE, Bucket
from analytics_local_cloud.storage.objects.conditions import Conditions
from analytics_local_cloud.storage.storage_errors import Invalid, Unsupported
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.paths import RETRY_TESTS
from analytics_local_cloud.storage.web.request_reading import (
    json_conditions,
    read_as,
    read_json,
    read_number,
)
from analytics_local_cloud.storage.web.served import served
from analytics_local_cloud.storage.web.storage_answers import (
    api_answer,
    endpoint_of,
    resource_answer,
)

_EMPTY_POLICY = {"kind": "storage#policy", "version": 1, "bindings": []}
_SET_ONCE = {"location", "storageClass"}  # an update that leaves them out does not reset them
_KEPT = {*_SET_ONCE, "cors", "hierarchicalNamespace", "iamConfiguration", "labels", "lifecycle"}
_MAX_PAGE = 1000
_VERSION_WITH_CONDITIONS = 3


class _Policy(Struct):
    """What an IAM policy consists of."""

    version: int = 1
    etag: str | None = None
    bindings: list[dict[str, Any]] = []


class _Resource(Struct):
    """What a bucket's fields are."""

    name: str = ""
    location: str | None = None
    storageClass: str | None = None  # noqa: N815 - as the API has it
    labels: dict[str, str | None] | None = None
    cors: list[dict[str, Any]] | None = None
    lifecycle: dict[str, Any] | None = None
    iamConfiguration: dict[str, Any] | None = None  # noqa: N815


class BucketsApi:
    """The methods of buckets in `store`; whoever asks owns all of them."""

    def __init__(self, store: ObjectStore) -> None:
        self._buckets = store.buckets

    def routes(self) -> list[Route]:
        """Return where the methods are served."""
        every, one = "/storage/v1/b", "/storage/v1/b/{bucket:segment}"
        iam, folders = f"{one}/iam", f"{one}/managedFolders"
        permissions = f"{iam}/testPermissions"
        return [
            served("storage.buckets.insert", every, self.insert, "POST"),
            served("storage.buckets.list", every, self.find_all, "GET"),
            served("storage.buckets.get", one, self.get, "GET"),
            served("storage.buckets.patch", one, self.patch, "PATCH"),
            served("storage.buckets.update", one, self.update, "PUT"),
            served("storage.buckets.delete", one, self.delete, "DELETE"),
            served(
                "storage.buckets.getStorageLayout", f"{one}/storageLayout", self.get_layout, "GET"
            ),
            served("storage.managedFolders.list", folders, self.find_folders, "GET"),
            served(
                "storage.projects.serviceAccount.get",
                "/storage/v1/projects/{project:segment}/serviceAccount",
                self.get_agent,
                "GET",
            ),
            served("storage.buckets.getIamPolicy", iam, self.get_policy, "GET"),
            served("storage.buckets.setIamPolicy", iam, self.set_policy, "PUT"),
            served("storage.buckets.testIamPermissions", permissions, self.test_permissions, "GET"),
        ]

    async def insert(self, request: Request) -> Response:
        """Create a bucket."""
        body = await read_json(request)
        if body.get("name") == RETRY_TESTS:
            raise Unsupported(f"The local storage does not support buckets named {RETRY_TESTS}.")
        fields = _fields({}, body)
        bucket = await self._buckets.create(body.get("name", ""), fields)
        return resource_answer(request, bucket)

    async def find_all(self, request: Request) -> Response:
        """Answer one page of buckets; its token is the name of the next one."""
        query = request.query_params
        found = self._buckets.find_all(query.get("prefix", ""), query.get("pageToken", ""))
        limit = min(read_number(query, "maxResults") or _MAX_PAGE, _MAX_PAGE)
        items = [bucket.resource(endpoint_of(request)) for bucket in found[:limit]]
        token = {"nextPageToken": found[limit].name} if found[limit:] else {}
        return api_answer(request, {"kind": "storage#buckets", "items": items, **token})

    async def get(self, request: Request) -> Response:
        """Answer a bucket's resource."""
        bucket = self._buckets.get(_name(request), json_conditions(request))
        return resource_answer(request, bucket)

    async def patch(self, request: Request) -> Response:
        """Change some fields of a bucket; null removes one."""
        changes = await read_json(request)
        return await self._change(request, lambda old: _fields(old, merge_patch(old, changes)))

    async def update(self, request: Request) -> Response:
        """Replace all fields of a bucket."""
        resource = await read_json(request)

        def replace(old: Mapping[str, Any]) -> dict[str, Any]:
            return _fields(old, {k: v for k, v in old.items() if k in _SET_ONCE} | resource)

        return await self._change(request, replace)

    async def delete(self, request: Request) -> Response:
        """Delete an empty bucket."""
        await self._buckets.delete(_name(request), json_conditions(request))
        return Response(status_code=204)

    async def get_layout(self, request: Request) -> Response:
        """Answer that the bucket has no hierarchical namespace."""
        bucket = self._find(request).resource()
        layout = {
            "kind": "storage#storageLayout",
            "bucket": bucket["name"],
            "location": bucket["location"],
            "locationType": bucket["locationType"],
            "hierarchicalNamespace": {"enabled": False},
        }
        return api_answer(request, layout)

    async def find_folders(self, request: Request) -> Response:
        """Answer that there are none; gcloud asks before it deletes a bucket."""
        self._find(request)
        return api_answer(request, {"kind": "storage#managedFolders", "items": []})

    async def get_agent(self, request: Request) -> Response:
        """Answer the account that stands for Cloud Storage; nothing here asks for it."""
        email = f"{request.path_params['project']}@gs-project-accounts.iam.gserviceaccount.com"
        return api_answer(request, {"kind": "storage#serviceAccount", "email_address": email})

    async def get_policy(self, request: Request) -> Response:
        """Answer the policy that was set last; it has no effect here."""
        return api_answer(request, _policy(self._find(request)))

    async def set_policy(self, request: Request) -> Response:
        """Keep a policy, unless another one was set since its etag was read."""
        sent = read_as(await read_json(request), _Policy)
        has_conditions = any(binding.get("condition") for binding in sent.bindings)
        if has_conditions and sent.version < _VERSION_WITH_CONDITIONS:
            raise Invalid("A policy with conditions needs a version of at least 3.")
        tags = (sent.etag,) if sent.etag else None
        policy = {"version": sent.version, "bindings": sent.bindings}
        bucket = await self._buckets.update(
            _name(request), lambda old: {**old, "iamPolicy": policy}, Conditions(if_match=tags)
        )
        return api_answer(request, _policy(bucket))

    async def test_permissions(self, request: Request) -> Response:
        """Answer that the caller has the permissions asked for."""
        self._find(request)
        permissions = request.query_params.getlist("permissions")
        kind = "storage#testIamPermissionsResponse"
        return api_answer(request, {"kind": kind, "permissions": permissions})

    async def _change(
        self, request: Request, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> Response:
        conditions = json_conditions(request)
        return resource_answer(
            request, await self._buckets.update(_name(request), change, conditions)
        )

    def _find(self, request: Request) -> Bucket:
        return self._buckets.get(_name(request))


def _name(request: Request) -> str:
    name: str = request.path_params["bucket"]
    return name


def _policy(bucket: Bucket) -> dict[str, Any]:
    kept = bucket.properties.get("iamPolicy", {})
    return {**_EMPTY_POLICY, **kept, "etag": bucket.etag}


def _fields(old: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a bucket's fields, and of `old` what is no field; raises Invalid."""
    read_as(resource, _Resource)
    check_class(resource)
    private = {name: value for name, value in old.items() if name in PRIVATE}
    return {k: v for k, v in resource.items() if k in _KEPT and v is not None} | private
