"""What a request may say: each name is served, taken without effect, or refused by its name.

A message is a table of its fields. One function reads a body by it, so that nothing is ignored by
accident: what is in no table is unknown to BigQuery, too.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.web.known.label_rules import check_labels

_INVALID = "Invalid JSON payload received. Unknown name"
_INTEGER = re.compile(r"-?\d{1,19}")
_HUMP = re.compile(r"(?<=[a-z\d])(?=[A-Z])")


class Service(Enum):
    """What becomes of a field."""

    SERVED = "served"
    WITHOUT_EFFECT = "taken, without effect"  # for the field's `reason`
    DROPPED = "set by the service itself; what a client sends back is dropped"
    REFUSED = "refused with 501, unless it says nothing (null, false, empty)"


@dataclass(frozen=True)
class Field:
    """One field: what becomes of it, and what its value may be.

    `kind` is `text`, `number`, `flag`, `texts`, `labels` or `any`, or the `message` its value is
    (`repeated`: the list, `mapped`: the values of the object). `values` are those served of an
    enumeration.
    """

    service: Service = Service.SERVED
    kind: str = "any"
    message: "Message | None" = None
    repeated: bool = False
    mapped: bool = False
    values: tuple[str, ...] = ()
    reason: str = ""


Message = Mapping[str, Field]


def served(kind: str, *names: str) -> dict[str, Field]:
    """Return fields that are served."""
    return dict.fromkeys(names, Field(kind=kind))


def one_of(**fields: str) -> dict[str, Field]:
    """Return enumerations, of which the given values (separated by spaces) are served."""
    return {name: Field(kind="text", values=tuple(text.split())) for name, text in fields.items()}


def inside(**fields: Message) -> dict[str, Field]:
    """Return fields that hold a message each."""
    return {name: Field(message=message) for name, message in fields.items()}


def each(**fields: Message) -> dict[str, Field]:
    """Return fields that hold a list of messages."""
    return {name: Field(message=message, repeated=True) for name, message in fields.items()}


def by_name(**fields: Message) -> dict[str, Field]:
    """Return fields that hold messages by names of the client's choice."""
    return {name: Field(message=message, mapped=True) for name, message in fields.items()}


def without_effect(reason: str, *names: str) -> dict[str, Field]:
    """Return fields that cannot change an answer here, for the `reason`."""
    return dict.fromkeys(names, Field(Service.WITHOUT_EFFECT, reason=reason))


def set_by_service(names: str) -> dict[str, Field]:
    """Return fields that only the service sets; names are separated by spaces."""
    return dict.fromkeys(names.split(), Field(Service.DROPPED))


def refused(names: str) -> dict[str, Field]:
    """Return fields that BigQuery serves, and this warehouse does not."""
    return dict.fromkeys(names.split(), Field(Service.REFUSED))


def read(message: Message, body: Mapping[str, Any], root: str = "") -> Any:  # noqa: ANN401 - JSON
    """Return the body as handlers may use it: known names, of the right kinds.

    `root` is BigQuery's name for the body in its request. Raises `ApiError`: badRequest for what
    BigQuery does not know, notImplemented.
    """
    try:
        return _read(message, body, root, "")
    except RecursionError as exc:
        text = "Invalid JSON payload received. It is nested too deeply."
        raise ApiError("badRequest", text) from exc


def _read(message: Message, body: Mapping[str, Any], root: str, told: str) -> dict[str, Any]:
    fields = {name: _field(message, name, root) for name in body}
    return {
        name: _value(field, body[name], f"{root}.{_snake(name)}".lstrip("."), f"{told}{name}")
        for name, field in fields.items()
        if field.service is not Service.DROPPED
    }


def check_query(message: Message, parameters: Iterable[tuple[str, str]]) -> None:
    """Check the parameters of a URL; raises `ApiError` as `read`."""
    for name, value in parameters:
        if name not in message:
            text = f"Cannot bind query parameter. Field '{name}' could not be found in request"
            raise ApiError("badRequest", f'{_INVALID} "{name}": {text} message.', name)
        field = message[name]
        if field.service is Service.REFUSED and not _says_nothing(value):
            raise unsupported(f"the parameter {name}")
        if field.service is Service.SERVED:
            _scalar(field, value, _snake(name), name)


def _field(message: Message, name: str, root: str) -> Field:
    if name not in message:
        place = f" at '{root}'" if root else ""
        raise ApiError("badRequest", f'{_INVALID} "{name}"{place}: Cannot find field.', name)
    return message[name]


def _value(field: Field, value: Any, root: str, told: str) -> Any:  # noqa: ANN401 - JSON
    if field.service is Service.REFUSED and not _says_nothing(value):
        raise unsupported(told)
    if value is None or field.service is not Service.SERVED:
        return value
    if field.message is None:
        return _scalar(field, value, root, told)
    if isinstance(value, list) is not field.repeated:
        start = "not repeating, cannot start list" if isinstance(value, list) else "a list"
        raise _wrong(root, f"Proto field is {start}.")
    if field.repeated:
        places = (f"{root}[{number}]" for number in range(len(value)))
        return [
            _object(field.message, item, place, told)
            for item, place in zip(value, places, strict=True)
        ]
    if field.mapped and isinstance(value, dict):
        return {name: _object(field.message, item, root, told) for name, item in value.items()}
    return _object(field.message, value, root, told)


def _object(message: Message, value: Any, root: str, told: str) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        raise _wrong(root, "an object is expected.")
    return _read(message, value, root, f"{told}.")


def _scalar(field: Field, value: Any, root: str, told: str) -> Any:  # noqa: ANN401 - JSON
    if field.kind == "any" or (field.kind == "texts" and _are_texts(value)):
        return value
    if field.kind == "labels" and isinstance(value, dict):
        check_labels(value)
        return value
    if isinstance(value, dict | list) or field.kind in {"texts", "labels"}:
        raise _wrong(root, f"{field.kind} expected.")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if field.kind == "flag" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if field.kind == "flag" or (field.kind == "number" and not _INTEGER.fullmatch(text)):
        raise ApiError("badRequest", f"Invalid value at '{root}' ({field.kind}), \"{text}\"", told)
    if field.values and text.upper() not in field.values:
        raise unsupported(f"{told} {text}")
    return text if field.kind == "text" else value


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _says_nothing(value: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return all(map(_says_nothing, value.values()))
    return value in (None, False, "", []) or str(value).lower() == "false"


def _wrong(root: str, text: str) -> ApiError:
    place, _, name = root.rpartition(".")
    return ApiError("badRequest", f"{_INVALID} \"{name}\" at '{place}': {text}", name)


def _snake(name: str) -> str:
    return _HUMP.sub("_", name).lower()
