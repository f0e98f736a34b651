"""Where sqlglot's translation to DuckDB means something else than GoogleSQL does.

Each entry is a DuckDB expression with `:argument` holes; `rewrite` replaces such nodes in place.
"""

from collections.abc import Callable
from functools import cache

import sqlglot
from sqlglot import exp

_TEMPLATES: dict[type[exp.Expr], str] = {
    exp.CountIf: "count(CASE WHEN :this THEN 1 END)",  # DuckDB's is NULL where all conditions are
    exp.CurrentDatetime: "CAST(CURRENT_TIMESTAMP AS TIMESTAMP)",
    exp.Float64: "CAST(:this AS DOUBLE)",
    exp.JSONBool: "CAST(:this AS BOOLEAN)",
    exp.JSONKeysAtDepth: "json_keys(:this)",
    exp.JSONType: """CASE json_type(:this) WHEN 'VARCHAR' THEN 'string'
        WHEN 'BIGINT' THEN 'number' WHEN 'UBIGINT' THEN 'number' WHEN 'DOUBLE' THEN 'number'
        ELSE lower(json_type(:this)) END""",
    exp.LaxBool: "TRY_CAST(json_extract_string(:this, '$') AS BOOLEAN)",
    exp.LaxFloat64: "TRY_CAST(json_extract_string(:this, '$') AS DOUBLE)",
    exp.LaxInt64: "TRY_CAST(json_extract_string(:this, '$') AS BIGINT)",
    exp.LaxString: "json_extract_string(:this, '$')",
    exp.String: "json_extract_string(to_json(:this), '$')",
    exp.StrToTime: "CAST(strptime(:this, :format) AS TIMESTAMPTZ)",
}
_DATE_UNITS = {"DAY", "WEEK", "ISOWEEK", "MONTH", "QUARTER", "YEAR", "ISOYEAR"}


def rewrite(tree: exp.Expr) -> exp.Expr:
    """Rewrite a parsed GoogleSQL statement for DuckDB, in place; returns it."""
    for node in reversed(list(tree.find_all(*_TEMPLATES, *_REWRITES))):
        kind = type(node)
        replacement = _REWRITES[kind](node) if kind in _REWRITES else _fill(_TEMPLATES[kind], node)
        if replacement is not node:
            node.replace(replacement)
    return tree


@cache
def _template(text: str) -> exp.Expr:
    return sqlglot.parse_one(text, read="duckdb")


def _fill(text: str, node: exp.Expr) -> exp.Expr:
    template = _template(text).copy()
    holes = {hole.name for hole in template.find_all(exp.Placeholder)}
    arguments = {k: v.copy() for k, v in node.args.items() if k in holes and _is_node(v)}
    return exp.replace_placeholders(template, **arguments)


def _is_node(value: object) -> bool:
    return isinstance(value, exp.Expr)


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """Call a DuckDB function; sqlglot has another meaning for some of their names."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def _date(node: exp.Expr) -> exp.Expr:
    """DATE arithmetic stays a DATE; DuckDB makes it a timestamp."""
    unit = str(node.text("unit")).upper().partition("(")[0]
    if isinstance(node, exp.DateTrunc) and unit not in _DATE_UNITS:
        return node
    return exp.cast(node.copy(), "DATE")


def _timestamp_diff(node: exp.Expr) -> exp.Expr:
    """TIMESTAMP_DIFF counts whole intervals, not the boundaries between them."""
    unit = exp.Literal.string(node.text("unit").lower())
    return _call("date_sub", unit, node.expression.copy(), node.this.copy())


def _epoch(node: exp.Expr) -> exp.Expr:
    """TIMESTAMP_MILLIS and TIMESTAMP_MICROS return a TIMESTAMP, with its zone."""
    digits = int(node.text("scale") or 0)
    micros = exp.Mul(
        this=exp.paren(node.this.copy()), expression=exp.Literal.number(10 ** (6 - digits))
    )
    return _call("make_timestamptz", exp.cast(micros, "BIGINT", dialect="duckdb"))


def _extract(node: exp.Expr) -> exp.Expr:
    part = node.name.upper()
    if part == "DATE":
        return exp.cast(node.expression.copy(), "DATE")
    if part == "DAYOFWEEK":  # Sunday is 1 in GoogleSQL, 0 in DuckDB
        return exp.paren(exp.Add(this=node.copy(), expression=exp.Literal.number(1)))
    return node


def _literal(node: exp.Expr) -> exp.Expr:
    """Make a number with a point FLOAT64, as in GoogleSQL; DuckDB reads a DECIMAL."""
    is_decimal = not node.is_string and "." in node.name and "e" not in node.name.lower()
    return exp.cast(node.copy(), "DOUBLE", dialect="duckdb") if is_decimal else node


def _multiply(node: exp.Expr) -> exp.Expr:
    """Multiply integer literals as INT64, where DuckDB would overflow 32 bits."""
    for side in (node.this, node.expression):
        if isinstance(side, exp.Literal) and side.is_int:
            side.replace(exp.cast(side.copy(), "BIGINT", dialect="duckdb"))
    return node


def _insert_row(node: exp.Expr) -> exp.Expr:
    """MERGE … INSERT ROW takes the columns of the source by name."""
    if isinstance(node.parent, exp.When) and node.name.upper() == "ROW":
        node.set("this", exp.var("BY NAME"))
    return node


def _format(node: exp.Expr) -> exp.Expr:
    return _call("printf", node.this.copy(), *(item.copy() for item in node.expressions))


def _to_json(node: exp.Expr) -> exp.Expr:
    """TO_JSON makes JSON, TO_JSON_STRING its text; sqlglot has one node for both."""
    value = _call("to_json", node.this.copy())
    return value if node.args.get("to_json") else exp.cast(value, "TEXT")


def _array_agg(node: exp.Expr) -> exp.Expr:
    """ARRAY_AGG(x ORDER BY y LIMIT n) → the first n of the ordered list."""
    ignoring = isinstance(node, exp.IgnoreNulls)
    aggregate = node.this if ignoring else node
    if not isinstance(aggregate, exp.ArrayAgg) or not isinstance(aggregate.this, exp.Limit):
        return node
    limit = aggregate.this
    values: exp.Expr = exp.ArrayAgg(this=limit.this.copy())
    if ignoring:
        value = limit.this.this if isinstance(limit.this, exp.Order) else limit.this
        present = exp.Not(this=exp.Is(this=value.copy(), expression=exp.null()))
        values = exp.Filter(this=values, expression=exp.Where(this=present))
    return _call("list_slice", values, exp.Literal.number(1), limit.expression.copy())


def _unnest(node: exp.Expr) -> exp.Expr:
    """UNNEST(…) AS x WITH OFFSET AS o counts from 0; WITH ORDINALITY would count from 1."""
    offset = node.args.get("offset")
    if not offset:
        return node
    array = node.expressions[0].copy()
    names = (
        [column.copy() for column in node.args["alias"].columns] if node.args.get("alias") else []
    )
    value = names[0] if names else exp.to_identifier("_value")
    position = exp.to_identifier("offset") if isinstance(offset, bool) else offset.copy()
    index = _template("generate_subscripts(:this, 1) - 1").copy()
    query = exp.select(
        exp.alias_(_call("unnest", array), value),
        exp.alias_(exp.replace_placeholders(index, this=array.copy()), position),
    )
    return query.subquery(alias=exp.to_identifier(f"_unnest_{value.name}"))


def _delete(node: exp.Expr) -> exp.Expr:
    """GoogleSQL allows DELETE without FROM."""
    if not node.args.get("this") and node.args.get("tables"):
        node.set("this", node.args["tables"][0])
        node.set("tables", None)
    return node


_REWRITES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.ArrayAgg: lambda node: (
        node if isinstance(node.parent, exp.IgnoreNulls) else _array_agg(node)
    ),
    exp.DateAdd: _date,
    exp.DateSub: _date,
    exp.DateTrunc: _date,
    exp.Delete: _delete,
    exp.Extract: _extract,
    exp.Format: _format,
    exp.IgnoreNulls: _array_agg,
    exp.Insert: _insert_row,
    exp.JSONFormat: _to_json,
    exp.Literal: _literal,
    exp.Mul: _multiply,
    exp.TimestampDiff: _timestamp_diff,
    exp.UnixToTime: _epoch,
    exp.Unnest: _unnest,
}
