"""How a value may be expected, as Python has it → as the pipeline is asked."""

import json
from dataclasses import dataclass

_TYPES = {
    int: "int",
    float: "float",
    str: "string",
    bool: "bool",
    dict: "object",
    list: "array",
    type(None): "null",
}


@dataclass(frozen=True)
class Like:
    """A text like a pattern."""

    pattern: str


def like(pattern: str) -> Like:
    """Expect a text like a pattern, in which `*` is any text and `?` any character."""
    return Like(pattern)


def wanted(name: str, value: object) -> object:
    """Return what a field is to be, as JSON; raises TypeError for what is none.

    A type (`int`, `float`: any number, `str`, `bool`, `dict`, `list`) expects any value of it.
    """
    if isinstance(value, Like):
        return {"like": value.pattern}
    if isinstance(value, type) and value in _TYPES:
        return {"type": _TYPES[value]}
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        types = ", ".join(each.__name__ for each in _TYPES)
        message = f"{name}={value!r} is no value of JSON, none of the types {types}, no like(…)"
        raise TypeError(message) from None
    return {"is": value} if isinstance(value, dict) else value
