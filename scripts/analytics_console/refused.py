"""What cannot be shown or done."""

from http import HTTPStatus


class Refused(Exception):
    """What was asked for cannot be shown or done; the message says why, to the reader."""

    def __init__(self, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.status = status
