"""How the upload of one file ends other than well; messages never hold a URL or a key."""


class UploadFailed(Exception):
    """The file cannot be uploaded, and another attempt would not help."""


class FileChanged(UploadFailed):
    """The file is not what it was when its checksum was computed."""


class Interrupted(Exception):
    """An attempt failed in a way that another may not; nobody knows whether it was stored.

    `pause` is how many seconds the server asked to wait.
    """

    def __init__(self, message: str, pause: float = 0) -> None:
        super().__init__(message)
        self.pause = pause


class UrlRefused(Exception):
    """Cloud Storage does not admit the signed URL: 403, as it does once the object is there."""


class UrlExpired(Exception):
    """The signed URL's time is over."""
