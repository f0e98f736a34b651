"""Pure: which prefixes of object names are narrow enough for everything under them to go."""

import re
from argparse import ArgumentTypeError
from dataclasses import dataclass

from analytics_pipeline.object_names import LOADED_CATEGORY

_PARTS = re.compile(
    r"data_type=(?P<data_type>json|unknown|file)/"
    r"(?:analytics_environment=(?P<analytics_environment>[^/]+)/"
    r"(?:event_category=(?P<event_category>[^/]+)/"
    r"(?:event_ds=(?P<event_ds>[^/]+)/)?)?)?"
)
_HINT = "data_type=json/analytics_environment=NAME/"
_FILE_HINT = "data_type=file/analytics_environment=NAME/event_category=NAME/"


@dataclass(frozen=True, slots=True)
class Prefix:
    """The beginning of names of the layout, with those of its parts that are complete."""

    text: str
    data_type: str
    analytics_environment: str
    event_category: str | None = None
    event_ds: str | None = None

    @property
    def may_be_loaded(self) -> bool:
        """Whether objects under it may be of the category that is loaded into BigQuery."""
        return self.data_type == "json" and self.event_category in {None, LOADED_CATEGORY}


def read_prefix(text: str) -> Prefix:
    """Return a prefix that names at least the environment, complete with its `/`.

    Raises ArgumentTypeError.
    """
    parts = _PARTS.match(text)
    if parts is None or parts["analytics_environment"] is None:
        raise ArgumentTypeError(f"{text!r} is not of the layout, or too short: {_HINT}…")
    return Prefix(text, **parts.groupdict())


def read_file_prefix(text: str) -> Prefix:
    """Return a prefix of uploaded files that names at least environment and category.

    Raises ArgumentTypeError.
    """
    parts = _PARTS.match(text)
    if parts is None or parts["data_type"] != "file" or parts["event_category"] is None:
        raise ArgumentTypeError(f"{text!r} is not of uploaded files, or too short: {_FILE_HINT}…")
    return Prefix(text, **parts.groupdict())
