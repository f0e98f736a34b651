"""The local service account: a throw-away RSA key, and an e-mail address nobody can write to."""

import hashlib
import os
import time
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from analytics_local_cloud.storage.metadata import Clock

_KEY_BITS = 2048
_PUBLIC_EXPONENT = 65537


class LocalSigner:
    """Signs as the local service account; the key is made once and kept in `root`.

    `access_token` is what the account's bearer shows, `clock` what signatures and tokens age by.
    """

    email = "local@local-project.iam.gserviceaccount.com"
    project = "local-project"

    def __init__(self, root: Path, clock: Clock = time.time) -> None:
        self.clock = clock
        root.mkdir(parents=True, exist_ok=True)
        self._key = _read_key(root / "signer.pem")
        public = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.key_id = hashlib.sha256(public).hexdigest()[:40]
        # As long-lived as the key: a client's token outlives a restart of the local cloud.
        self.access_token = hashlib.sha256(self.sign(b"access token")).hexdigest()

    def sign(self, payload: bytes) -> bytes:
        """Return the RSA-SHA256 signature (PKCS #1 v1.5) of `payload`."""
        return self._key.sign(payload, padding.PKCS1v15(), hashes.SHA256())

    def verify(self, payload: bytes, signature: bytes) -> bool:
        """Tell whether `signature` is this key's signature of `payload`."""
        try:
            self._key.public_key().verify(signature, payload, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


def _read_key(path: Path) -> rsa.RSAPrivateKey:
    """Return the key in `path`, which is made when it is missing; only its owner may read it."""
    if not path.exists():
        _write_key(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} holds no RSA key")
    return key


def _write_key(path: Path) -> None:
    key = rsa.generate_private_key(_PUBLIC_EXPONENT, _KEY_BITS)
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    incomplete = path.with_suffix(".incomplete")
    incomplete.unlink(missing_ok=True)
    with os.fdopen(os.open(incomplete, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
    incomplete.rename(path)
