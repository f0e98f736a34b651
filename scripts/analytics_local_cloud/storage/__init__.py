"""Cloud Storage on one machine: JSON API, XML API, signed URLs, and the signer's own services.

app             everything on one port
json_api/       what Google's client libraries and `gcloud storage` speak
xml_api/        what obstore and signed URLs speak
identity/       the service account: its key, IAM, the metadata server, signed URLs
faults/         faults on demand, for tests of clients
web/            what these APIs read from requests and write into answers
store           all that is durable, in one directory
objects/        buckets, objects, uploads, listing, the outbox of events
disk/           blob files and SQLite
metadata        buckets and objects as Cloud Storage describes them
storage_errors  refusals, with the codes of both APIs
"""

from analytics_local_cloud.storage.app import create_app
from analytics_local_cloud.storage.identity.signer import LocalSigner
from analytics_local_cloud.storage.objects.object_listing import StoredFile
from analytics_local_cloud.storage.store import ObjectStore

__all__ = ["LocalSigner", "ObjectStore", "StoredFile", "create_app"]
