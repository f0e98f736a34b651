"""Deletes exactly the objects that were seen: an object that was replaced meanwhile stays."""

import enum
from dataclasses import dataclass

import requests
from google.api_core.exceptions import GoogleAPIError, NotFound, PreconditionFailed
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage

from analytics_pipeline.object_names import ObjectRef

THREADS = 10  # as many connections as the client keeps


class Outcome(enum.Enum):
    """What became of an object."""

    KEPT = "kept"
    PLANNED = "would delete"
    DELETED = "deleted"
    GONE = "already gone"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Deletion:
    """The outcome, and for a failure what happened."""

    outcome: Outcome
    detail: str = ""


def delete_object(bucket: storage.Bucket, ref: ObjectRef) -> Deletion:
    """Delete the object at that generation; a failure is an outcome, not an error."""
    blob = bucket.blob(ref.name)
    try:
        blob.delete(if_generation_match=int(ref.generation))
    except NotFound:
        return Deletion(Outcome.GONE)
    except PreconditionFailed:
        return Deletion(Outcome.FAILED, "it was replaced since it was listed")
    except (GoogleAPIError, GoogleAuthError, requests.RequestException) as exc:
        return Deletion(Outcome.FAILED, " ".join(str(exc).split()))
    return Deletion(Outcome.DELETED)
