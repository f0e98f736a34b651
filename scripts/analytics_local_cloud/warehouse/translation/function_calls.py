"""Calls of functions: found in the tables by name and types of arguments, or refused by name."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from analytics_local_cloud.warehouse.translation.nodes import Node, NotTranslated, Statement, unwrap
from analytics_local_cloud.warehouse.translation.sql_types import letter_of, type_of

# zetasql.functions.DateTimestampPart, by number
_PARTS = (
    *("", "YEAR", "MONTH", "DAY", "DAYOFWEEK", "DAYOFYEAR", "QUARTER", "HOUR", "MINUTE", "SECOND"),
    *("MILLISECOND", "MICROSECOND", "NANOSECOND", "DATE", "WEEK", "DATETIME", "TIME", "ISOYEAR"),
    *("ISOWEEK", "WEEK_MONDAY", "WEEK_TUESDAY", "WEEK_WEDNESDAY", "WEEK_THURSDAY", "WEEK_FRIDAY"),
    *("WEEK_SATURDAY", "PICOSECOND"),
)
# What may stand in a template several times: it costs nothing to say again.
_COLUMN = re.compile(r"[co]_\d+|v\d+\.a\d+|")
_SIMPLE = re.compile(r"[co]_\d+|v\d+\.a\d+|CAST\(('[^']*'|[-\w]+) AS [A-Z]+\)|")
MACROS = (Path(__file__).parent / "functions" / "macros.sql").read_text()
_UNSURE = re.compile(
    "|".join(
        rf"\b{name}\b"
        for name, body in re.findall(r"MACRO (\w+)(.*?);\n", MACROS, re.DOTALL)
        if "gsql_refuse(" in body or name == "gsql_refuse"
    )
)


@dataclass(frozen=True)
class Call:
    """A call with translated arguments; `nodes` are theirs in the tree, `type` is the result's."""

    statement: Statement
    name: str
    arguments: tuple[str, ...]
    nodes: tuple[Node, ...]
    type: Node

    def key(self) -> str:
        """Return `name(types)`, as the tables say it: `substr(s,i)`, `date_trunc(d,MONTH)`."""
        return f"{self.name}({','.join(_letter(node) for node in self.nodes)})"

    def letters(self) -> str:
        """Return the letters of the arguments' types."""
        return "".join(letter_of(type_of(node)) for node in self.nodes)

    def text(self, position: int) -> str:
        """Return an argument that is a STRING literal; raises `NotTranslated` for others."""
        found = text_of(self.nodes[position])
        if found is None:
            raise NotTranslated(f"{self.words()} with an argument that is no literal")
        return found

    def words(self) -> str:
        """Return the function's name, as users write it."""
        return self.name.removeprefix("$").replace("_", " " if self.name[0] == "$" else "_").upper()


Template = str | Callable[[Call], str]
Table = dict[str, Template]


def text_of(node: Node) -> str | None:
    """Return the value of a STRING literal that is not NULL; None for other expressions."""
    kind, literal = unwrap(node)
    value = literal.value.value if kind == "resolved_literal_node" else None
    return value.string_value if value is not None and value.HasField("string_value") else None


def strict(table: Table) -> Table:
    """Return the table with NULL for a NULL argument, before anything else is looked at."""
    return {key: _strict(key, template) for key, template in table.items()}


def _strict(key: str, template: Template) -> Template:
    kinds = key.partition("(")[2].rstrip(")").split(",")
    places = [place for place, kind in enumerate(kinds) if len(kind) == 1]
    if not isinstance(template, str) or "gsql_" not in template or len(places) == 1:
        return template
    known = " AND ".join(f"{{{place}}} IS NOT NULL" for place in places)
    return f"(CASE WHEN {known} THEN {template} END)"


def find(call: Call, tables: Sequence[Table]) -> Template:
    """Return what the tables say of a call.

    Raises `NotTranslated`, with the function's name, for what is in no table.
    """
    for key in (call.key(), f"{call.name}(*)"):
        for table in tables:
            if key in table:
                return table[key]
    raise NotTranslated(call.words())


def translate_call(call: Call, tables: Sequence[Table], *, safe: bool = False) -> str:
    """Return a call by the tables; `safe` calls return NULL instead of an error.

    Raises `NotTranslated`.
    """
    template = find(call, tables)
    if safe:
        tried = partial(_tried, call, template)
        return bind(call.statement, call.arguments, tried, literals=True)
    if callable(template):
        return template(call)
    repeats = "gsql_" in template or any(
        template.count(f"{{{position}}}") > 1 for position, _ in enumerate(call.arguments)
    )
    if repeats:
        return bind(call.statement, call.arguments, template.format)
    return template.format(*call.arguments)


def _tried(call: Call, template: Template, *arguments: str) -> str:
    made = (
        template(replace(call, arguments=arguments))
        if callable(template)
        else template.format(*arguments)
    )
    refuse_unsure(made, f"SAFE.{call.words()}")
    return f"TRY({made})"


def refuse_unsure(text: str, words: str) -> None:
    """Raise `NotTranslated` if the text may refuse when it runs, which TRY would hide."""
    if _UNSURE.search(text):
        raise NotTranslated(words)


def bind(
    statement: Statement,
    arguments: Sequence[str],
    body: Callable[..., str],
    *,
    literals: bool = False,
) -> str:
    """Return `body` of the arguments, where each is evaluated once however often it is said.

    Literals are not, but where they are asked for: DuckDB evaluates what is constant too early for
    TRY.
    """
    simple = _COLUMN if literals else _SIMPLE
    named = {a: f"a{position}" for position, a in enumerate(arguments) if not simple.fullmatch(a)}
    if not named:
        return body(*arguments)
    row = f"v{next(statement.numbers)}"
    fields = ", ".join(f"'{name}': {argument}" for argument, name in named.items())
    inner = body(*(f"{row}.{named[a]}" if a in named else a for a in arguments))
    return f"list_transform([{{{fields}}}], lambda {row}: {inner})[1]"


def _letter(node: Node) -> str:
    letter = letter_of(type_of(node))
    kind, literal = unwrap(node)
    if letter == "e" and kind == "resolved_literal_node":
        return _PARTS[literal.value.value.enum_value]
    return letter
