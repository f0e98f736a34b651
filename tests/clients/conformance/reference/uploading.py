"""Stores a file: asks for a place, and puts it there."""

import base64
import hashlib

import requests


def upload(content: bytes, url: str, api_key: str, content_type: str = "text/plain") -> str:
    """Store a crash dump; returns its name in Cloud Storage."""
    digest = base64.b64encode(hashlib.md5(content).digest()).decode()
    description = {"content_type": content_type, "md5_digest": digest, "size": len(content)}
    parameters = {"key": api_key, "event_category": "crashdump"}
    answer = requests.post(f"{url}/v1/file", json=description, params=parameters, timeout=35)
    answer.raise_for_status()
    ticket = answer.json()
    stored = requests.put(ticket["signed_url"], content, headers=ticket["headers"], timeout=600)
    stored.raise_for_status()
    return ticket["object"]
