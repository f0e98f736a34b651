"""What is asked of the API, as JSON; and what is said where it is asked otherwise."""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.exceptions import HTTPException

_Seconds = Annotated[float, Meta(ge=0, le=600)]
_Count = Annotated[int, Meta(ge=0)]
_Body = TypeVar("_Body")

Kind = Literal["int", "float", "string", "bool", "object", "array", "null"]


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """What a value must be: of a `type`, `like` a pattern with `*` and `?`, or equal to `is`.

    `float` is any number, as 3.0 may be kept as 3.
    """

    type: Kind | UnsetType = UNSET
    like: str | UnsetType = UNSET
    equal: Any = msgspec.field(name="is", default=UNSET)


Wanted = Condition | None | bool | int | float | str | list[Any]


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is looked at: one `environment`, or all; what is new or changed `since` a revision."""

    environment: str = ""
    since: int = 0


class _Awaited(Asked, frozen=True, kw_only=True):
    """What may still come `within` so many seconds."""

    within: _Seconds = 5.0


class EventExpectation(_Awaited, frozen=True, kw_only=True):
    """Events of a type whose fields are as in `where`: `count` of them, or `at_least` so many.

    A field is a column, `extra.x`, `event_attributes.x`, or the plain name of an attribute. With
    `exactly_once` it is waited until nothing is pending, so that one too many would be seen.
    """

    event_type: str
    count: _Count | None = None
    at_least: _Count | None = None
    where: dict[str, Wanted] = {}
    exactly_once: bool = False


class SessionExpectation(_Awaited, frozen=True, kw_only=True):
    """A session that has an event of each of the `indexes` once, and of no other."""

    session_id: str
    indexes: Annotated[list[int], Meta(max_length=100_000)]
    in_order: bool = False


class FileExpectation(_Awaited, frozen=True, kw_only=True):
    """A file that was uploaded; each byte of its first MB is a character of `bytes_like`."""

    category: str = ""
    file_parent: str = ""
    file_child: str = ""
    bytes_like: str = "*"


class NoneExpectation(_Awaited, frozen=True, kw_only=True):
    """That there is none of `what`, but for those of `except`.

    An exception is the reason of a dead letter, the status of a refused request, or the name of
    an unknown field.
    """

    what: Literal["dead_letters", "refused_requests", "unknown_fields"]
    but: frozenset[str] = msgspec.field(name="except", default=frozenset())


class Idle(Asked, frozen=True, kw_only=True):
    """That nothing is pending: each event has come where it goes.

    Of all environments, that includes what is no event: objects whose delivery goes on.
    """

    idle: Literal[True]


class Wait(_Awaited, frozen=True, kw_only=True):
    """Until events came as expected, or nothing is pending."""

    until: dict[str, Any]


class Reset(Struct, frozen=True, forbid_unknown_fields=True):
    """What was seen is forgotten, of an environment or all; faults are off, the clock is back."""

    environment: str = ""


class Listing(Asked, frozen=True, kw_only=True):
    """The newest, `limit` at most."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


def read(body: bytes, form: type[_Body]) -> _Body:
    """Return a body in JSON; raises HTTPException that names what is wrong, and what is known."""
    try:
        return msgspec.json.decode(body or b"{}", type=form)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
        raise refusal(exc, form) from exc


def convert(value: object, form: type[_Body]) -> _Body:
    """Return what was asked, read from text or JSON; raises as `read` does."""
    try:
        return msgspec.convert(value, form, strict=False)
    except msgspec.MsgspecError as exc:
        raise refusal(exc, form) from exc


def refusal(problem: object, form: type) -> HTTPException:
    """Return the refusal of what was asked for."""
    forms = msgspec.json.schema(form, ref_template="{name}")["$defs"]
    known = _fields(forms.pop(form.__name__))
    parts = "".join(f"; of a {name}: {_fields(schema)}" for name, schema in forms.items())
    return HTTPException(400, f"{problem}. Known are {known}{parts}")


def _fields(schema: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {_told(each)}" for name, each in schema["properties"].items())


def _told(schema: dict[str, Any]) -> str:
    """Return in words what a schema allows."""
    if "anyOf" in schema:
        return " or ".join(map(_told, schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(msgspec.json.encode(each).decode() for each in schema["enum"])
    least, most = schema.get("minimum"), schema.get("maximum")
    bounds = "".join([f" from {least}" * (least is not None), f" to {most}" * (most is not None)])
    values = schema.get("additionalProperties") or {}
    of = f" of {_told(values)}" if values else ""
    return str(schema.get("type") or schema.get("$ref", "anything")) + bounds + of
