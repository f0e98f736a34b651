"""Makes rows of objects, by whichever row code comes first on the path: a program of its own.

It answers with the schema, as one line. Then it reads objects from stdin, each as a line of JSON
(`ObjectHead`) with the content behind it, and answers each with a line for each `Outcome`, and an
empty one. It uses only what each revision has had since objects are read as streams.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from analytics_pipeline.load.contents import open_content
from analytics_pipeline.load.encoding import for_insert_all
from analytics_pipeline.load.failures import PermanentLoadError
from analytics_pipeline.load.row_reader import read_rows
from analytics_pipeline.load.rows import Reject, Row
from analytics_pipeline.object_names import ObjectRef, parse_object_name
from analytics_pipeline.schemas import SCHEMAS
from analytics_pipeline.stored_objects import StoredObject

_MAX_DETAIL = 200  # characters, for a person
_STDOUT = 1


class ObjectHead(msgspec.Struct, frozen=True):
    """A stored object, before its content of `length` bytes; `size` is what its listing said."""

    bucket: str
    name: str
    generation: str
    created: datetime
    size: int
    content_encoding: str
    metadata: Mapping[str, str]
    length: int


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What becomes of a line: a row as insertAll takes it, or else the reason for none.

    Without a `line`, it is what becomes of all lines of the object that have no outcome. A row is
    encoded as `msgspec.Raw`, and decoded as a dict.
    """

    line: int | None = None
    row: Any = None
    reason: str = ""
    detail: str = ""


def main() -> None:
    """Serve until stdin ends."""
    answers = os.fdopen(os.dup(_STDOUT), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)  # what row code prints is no answer
    schema = (SCHEMAS / "events_function.json").read_bytes()
    answers.write(msgspec.json.format(schema, indent=-1) + b"\n")
    answers.flush()
    for line in sys.stdin.buffer:
        head = msgspec.json.decode(line, type=ObjectHead)
        content = sys.stdin.buffer.read(head.length)
        for outcome in _outcomes(head, content):
            answers.write(msgspec.json.encode(outcome) + b"\n")
        answers.write(b"\n")
        answers.flush()


class _Held:
    """An object that was read already, as a reader of objects."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, _ref: ObjectRef, _max_bytes: int) -> bytes:
        return self._content


def _outcomes(head: ObjectHead, content: bytes) -> Iterator[Outcome]:
    """Yield what becomes of each line; what the code raises, as `load` would, is an outcome."""
    try:
        opened = open_content(_Held(content), _stored(head))
        for made in read_rows(opened, inserted=head.created):
            yield _outcome(made)
    except PermanentLoadError as exc:
        yield Outcome(reason=exc.reason, detail=exc.detail[:_MAX_DETAIL])
    except Exception as exc:  # noqa: BLE001 - whatever the code under rehearsal does wrong
        yield Outcome(reason=f"raises {type(exc).__name__}", detail=str(exc)[:_MAX_DETAIL])


def _stored(head: ObjectHead) -> StoredObject:
    place = parse_object_name(head.name)
    if place is None:
        raise ValueError(f"{head.name} is not of the layout")
    return StoredObject(
        ref=ObjectRef(head.bucket, head.name, head.generation),
        place=place,
        created=head.created,
        size=head.size,
        content_encoding=head.content_encoding,
        metadata=head.metadata,
    )


def _outcome(made: Row | Reject) -> Outcome:
    if isinstance(made, Reject):
        return Outcome(made.line.number, reason=made.reason, detail=made.detail[:_MAX_DETAIL])
    return Outcome(made.line.number, row=msgspec.Raw(for_insert_all(made).json))


if __name__ == "__main__":
    main()
