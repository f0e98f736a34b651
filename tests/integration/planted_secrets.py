"""Secrets that requests and commands carry, and a search that knows them in every spelling."""

import base64
import secrets
from urllib.parse import quote

CORE_BYTES = 12
_WRITTEN_BY_SIGNING = (b"X-Goog-Signature=", b"X-Goog-Signature%3D")


class PlantedSecrets:
    """Makes secrets; each holds a core that is nowhere else, by which it is found again."""

    def __init__(self):
        self._names = {}
        for spelling in _WRITTEN_BY_SIGNING:
            self._names[spelling] = "signed URL"

    def make(self, name, pattern="{}"):
        """Return a new secret; `pattern` has a place for its core."""
        core = secrets.token_hex(CORE_BYTES)
        self.know(name, core)
        return pattern.format(core)

    def know(self, name, core):
        """Look for a secret, too, that somebody else made."""
        for spelling in spellings(core.encode()):
            self._names[spelling] = name

    def found_in(self, data):
        """Return the names of the secrets that the bytes hold, in any spelling."""
        return {name for spelling, name in self._names.items() if spelling in data}


def spellings(core):
    """Return what `core` looks like as it is, in a URL, in hexadecimal, and within base64."""
    percent = "".join(f"%{byte:02X}" for byte in core).encode()
    plain = {core, core.upper(), percent, percent.lower(), core.hex().encode()}
    plain.add(quote(core.decode(), safe="").encode())
    return plain | {_within_base64(core, skipped) for skipped in range(3)}


def _within_base64(core, skipped):
    """Return the characters that depend on nothing but `core`, after `skipped` other bytes."""
    encoded = base64.b64encode(bytes(skipped) + core).rstrip(b"=")
    begin = -(-skipped * 8 // 6)
    end = (skipped + len(core)) * 8 // 6
    return encoded[begin:end]
