"""The events that most games have, with their attributes by name.

Each function takes the client first, and returns what `Client.track` returns. What is `None` is
left out; more attributes may be added by name.
"""

from typing import Protocol


class Tracks(Protocol):
    """A client."""

    def track(self, event_type: str, /, **fields: object) -> bool:
        """Take an event."""


def session_start(client: Tracks, platform: str | None = None, **more: object) -> bool:
    """Tell that somebody begins to play."""
    return _track(client, "session_start", platform=platform, **more)


def level_start(client: Tracks, level: int | str, **more: object) -> bool:
    """Tell that a level begins."""
    return _track(client, "level_start", level=level, **more)


def level_complete(
    client: Tracks,
    level: int | str,
    seconds: float | None = None,
    score: float | None = None,
    **more: object,
) -> bool:
    """Tell that a level is done, after how long and with which score."""
    return _track(client, "level_complete", level=level, seconds=seconds, score=score, **more)


def level_fail(
    client: Tracks,
    level: int | str,
    seconds: float | None = None,
    cause: str | None = None,
    **more: object,
) -> bool:
    """Tell that a level is lost, after how long and why."""
    return _track(client, "level_fail", level=level, seconds=seconds, cause=cause, **more)


def purchase(client: Tracks, product: str, price: str, currency: str, **more: object) -> bool:
    """Tell of a purchase; the price is text, such as "4.99", and the currency three letters."""
    return _track(client, "purchase", product=product, price=price, currency=currency, **more)


def ad(client: Tracks, placement: str, *, watched: bool, **more: object) -> bool:
    """Tell that an advertisement was shown somewhere, and whether it was watched to its end."""
    return _track(client, "ad", placement=placement, watched=watched, **more)


def error(client: Tracks, message: str, *, fatal: bool = False, **more: object) -> bool:
    """Tell of an error, or of a crash where it is fatal."""
    return _track(client, "crash" if fatal else "error", message=message, **more)


def _track(client: Tracks, event_type: str, **attributes: object) -> bool:
    told = {name: value for name, value in attributes.items() if value is not None}
    return client.track(event_type, eventAttributes=told)
