"""Templates → pages; whatever is put into one is text, and stays it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from analytics_commands.foundation.terminal.cells import visible

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, model: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    """Return the page that a template makes of a model; `variables` are the pipeline's."""
    return _environment().get_template(template).render(**model, variables=variables)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"clock": clock, "count": count, "pretty": pretty}
    environment.filters["shown"] = shown
    return environment


def clock(seconds: float) -> str:
    """Return a moment, in seconds since the epoch, as the time of its day (UTC)."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")


def count(number: float) -> str:
    """Return a number with its thousands apart."""
    return f"{number:,}"


def shown(value: object, most: int = 200) -> str:
    """Return a value on one line: the invisible as its escape, the long as its beginning."""
    text = str(value)
    rest = f"… ({len(text):,} characters)" if len(text) > most else ""
    return visible(text[:most]) + rest


def pretty(value: object) -> str:
    """Return JSON, or a value as JSON, over several lines."""
    if isinstance(value, str):
        try:
            return msgspec.json.format(value.encode(), indent=2).decode()
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return value
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
