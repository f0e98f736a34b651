"""XML API: listing the objects of a bucket (XML API reference, "List objects")."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analytics_local_cloud.storage.metadata import StoredObject, format_time
from analytics_local_cloud.storage.objects.object_listing import Listing
from analytics_local_cloud.storage.storage_errors import Unsupported
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.request_reading import read_number
from analytics_local_cloud.storage.web.served import served
from analytics_local_cloud.storage.web.storage_answers import elements, xml_answer


class XmlBuckets:
    """The methods of buckets in `store`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Return where the methods are served."""
        path = "/{bucket:bucket}"
        return [
            served("xml.objects.list", path, self.find_all, "GET"),
            Route(f"{path}/", self.refuse_form, methods=["POST"]),
            Route(path, self.refuse_form, methods=["POST"]),
        ]

    async def refuse_form(self, _request: Request) -> Response:
        """Say what is missing: HTML forms carry a policy that nothing here would check."""
        raise Unsupported(
            "The local storage does not support POST policies (uploads by HTML forms);"
            " a signed URL for PUT does the same."
        )

    async def find_all(self, request: Request) -> Response:
        """Answer one page of objects and common prefixes, as version 2 of the listing."""
        bucket, query = request.path_params["bucket"], request.query_params
        if query.get("list-type") != "2":
            raise Unsupported("The local storage lists with list-type=2 only.")
        after = query.get("start-after", "")
        listing = Listing(
            prefix=query.get("prefix", ""),
            delimiter=query.get("delimiter", ""),
            start=after and after + "\0",
            token=query.get("continuation-token", ""),
            limit=read_number(query, "max-keys") or 0,
        )
        page = self._store.list_objects(bucket, listing)
        head = {"Name": bucket, "Prefix": listing.prefix}
        tail = {
            "KeyCount": len(page.objects) + len(page.prefixes),
            "IsTruncated": str(page.token is not None).lower(),
        }
        if page.token:
            tail["NextContinuationToken"] = page.token
        content = [
            elements(head),
            *(f"<Contents>{_describe(stored)}</Contents>" for stored in page.objects),
            *(f"<CommonPrefixes>{elements({'Prefix': p})}</CommonPrefixes>" for p in page.prefixes),
            elements(tail),
        ]
        return xml_answer("ListBucketResult", "".join(content))


def _describe(stored: StoredObject) -> str:
    return elements(
        {
            "Key": stored.name,
            "Generation": stored.generation,
            "MetaGeneration": stored.metageneration,
            "LastModified": format_time(stored.updated),
            "ETag": stored.xml_etag,
            "Size": stored.size,
        }
    )
