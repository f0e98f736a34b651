"""Cloud Storage on one machine: JSON API, XML API, signed URLs, and the signer's own services.

store.py     what is durable: buckets, objects, resumable uploads, the outbox of events
web/         the wire protocols on one port
signer.py    the throw-away key of the local service account
"""

from analytics_local_cloud.storage.listing import StoredFile
from analytics_local_cloud.storage.signer import LocalSigner
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.app import create_app

__all__ = ["LocalSigner", "ObjectStore", "StoredFile", "create_app"]
