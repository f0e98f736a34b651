"""What a caller may have to catch."""


class WrongEventError(ValueError):
    """The event is none: not an object of JSON, too deep, or with a name that is the client's."""


class EventTooLargeError(WrongEventError):
    """The event has more bytes than `max_event_bytes`."""


class UploadFailedError(Exception):
    """The file is not stored; the text says what refused it, and how."""


class WithdrawnError(Exception):
    """Consent is not given, so nothing leaves the device."""
