"""GoogleSQL's resolved tree as messages: each node has one handler, which says what it reads.

A node without a handler, and a field with a value that its handler does not read, is refused by
name: so nothing that changes the meaning of a statement is ever passed over.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

Node: TypeAlias = Any  # a message of the tree; which one, a handler knows
_KEY = re.compile(r"\b[co]_\d+\b")  # a column of its own, in a term of ORDER BY
# What a node says about itself; reading it or not changes no answer.
_HARMLESS = {
    *("parent", "type", "column_list", "is_ordered", "node_source", "column_access_list"),
    *("has_explicit_type", "float_literal_id", "preserve_in_literal_remover", "is_correlated"),
    *("function_call_info", "has_using", "signature", "is_value_table", "parameter_list"),
    *("field_expr_is_positional", "alias", "parse_location_range"),
}
_WORDS = {
    "resolved_sample_scan_node": "TABLESAMPLE",
    "resolved_recursive_scan_node": "WITH RECURSIVE",
    "resolved_recursive_ref_scan_node": "WITH RECURSIVE",
    "resolved_tvfscan_node": "table functions",
    "resolved_pivot_scan_node": "PIVOT",
    "resolved_unpivot_scan_node": "UNPIVOT",
    "for_system_time_expr": "FOR SYSTEM_TIME AS OF",
    "hint_list": "hints",
    "type_annotation_map": "collations",
    "collation_list": "collations",
    "returning": "THEN RETURN",
    "assert_rows_modified": "ASSERT_ROWS_MODIFIED",
    "having_modifier": "HAVING MAX and HAVING MIN",
}


class NotTranslated(Exception):
    """`what` names a part of a statement, in GoogleSQL's words, that has no translation."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} cannot be translated")
        self.what = what


@dataclass(frozen=True)
class Rows:
    """A translated scan: a SELECT whose columns are called by `column_name`.

    `order` holds terms of ORDER BY over its columns: the order its rows have, () for none.
    """

    sql: str
    order: tuple[str, ...] = ()

    def ordered(self) -> str:
        """Return the ORDER BY clause, or nothing."""
        return f" ORDER BY {', '.join(self.order)}" if self.order else ""

    def keys(self) -> list[str]:
        """Return the columns that `order` reads."""
        return list(dict.fromkeys(name for term in self.order for name in _KEY.findall(term)))


@dataclass(frozen=True)
class Statement:
    """What all handlers of one statement share."""

    relations: "Mapping[str, str]"
    parameters: "Mapping[str, str]"
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def expression(self, message: "Message") -> str:
        """Translate an expression (`AnyResolvedExprProto`); raises `NotTranslated`."""
        text = _handle(self, message)
        assert isinstance(text, str)  # noqa: S101 - an expression's handler returns text
        return text

    def expressions(self, messages: Node) -> list[str]:
        """Translate several expressions."""
        return [self.expression(message) for message in messages]

    def rows(self, message: "Message") -> Rows:
        """Translate a scan (`AnyResolvedScanProto`); raises `NotTranslated`."""
        rows = _handle(self, message)
        assert isinstance(rows, Rows)  # noqa: S101 - a scan's handler returns rows
        return rows


Handler = Callable[[Statement, Node], str | Rows]
_HANDLERS: dict[str, tuple[Handler, frozenset[str]]] = {}


def handles(node: str, *reads: str) -> Callable[[Handler], Handler]:
    """Register the handler of `node`, which reads these fields of its message and its parents."""

    def register(handler: Handler) -> Handler:
        _HANDLERS[f"resolved_{node}_node"] = handler, frozenset(reads)
        return handler

    return register


def unwrap(message: "Message") -> tuple[str, Node]:
    """Return a node's kind, `resolved_…_node`, and its message, from the wrappers around it."""
    name = ""
    while message.DESCRIPTOR.name.startswith("AnyResolved"):
        name = message.WhichOneof("node") or ""
        if not name:
            raise NotTranslated("An empty node")
        message = getattr(message, name)
    return name, message


def is_set(message: "Message", name: str) -> bool:
    """Return whether the field holds more than what stands for nothing."""
    return any(found.name == name and _says(value) for found, value in message.ListFields())


def read_only(message: "Message", *reads: str) -> None:
    """Raise `NotTranslated` if the message says something that the caller does not read."""
    for found, value in message.ListFields():
        if found.name == "parent":
            read_only(value, *reads)
        elif found.name not in reads and found.name not in _HARMLESS and _says(value):
            raise NotTranslated(_WORDS.get(found.name, found.name.replace("_", " ")))


def column_name(column: Node) -> str:
    """Return what a column is called here: its number in the statement."""
    return f"c_{column.column_id}"


def columns_of(message: Node) -> list[str]:
    """Return the columns of a scan (`AnyResolvedScanProto`)."""
    _, node = unwrap(message)
    while not hasattr(node, "column_list"):
        node = node.parent
    return [column_name(column) for column in node.column_list]


def select(items: list[str]) -> str:
    """Return `SELECT …`, which DuckDB wants to have something of."""
    return f"SELECT {', '.join(dict.fromkeys(items)) or '1 AS nothing'}"


def _says(value: Node) -> bool:
    if hasattr(value, "ListFields"):
        return any(_says(inner) for _, inner in value.ListFields())
    return bool(value)


def _handle(statement: Statement, message: "Message") -> str | Rows:
    name, node = unwrap(message)
    if name not in _HANDLERS:
        words = name.removeprefix("resolved_").removesuffix("_node").replace("_", " ")
        raise NotTranslated(_WORDS.get(name, words))
    handler, reads = _HANDLERS[name]
    read_only(node, *reads)
    return handler(statement, node)
