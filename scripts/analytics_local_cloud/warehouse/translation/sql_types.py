"""GoogleSQL's types: their DuckDB names, and the letter each has in the tables of functions."""

from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeKind

from analytics_local_cloud.warehouse.translation.nodes import Node, NotTranslated, unwrap

# kind → (DuckDB type, letter)
_SCALARS = {
    "INT64": ("BIGINT", "i"),
    "DOUBLE": ("DOUBLE", "f"),
    "NUMERIC": ("DECIMAL(38,9)", "n"),
    "BOOL": ("BOOLEAN", "b"),
    "STRING": ("VARCHAR", "s"),
    "BYTES": ("BLOB", "y"),
    "DATE": ("DATE", "d"),
    "DATETIME": ("TIMESTAMP", "D"),
    "TIME": ("TIME", "T"),
    "TIMESTAMP": ("TIMESTAMPTZ", "t"),
    "JSON": ("JSON", "j"),
}
_NESTED = {"ARRAY": "a", "STRUCT": "r", "ENUM": "e", "INTERVAL": "v"}


def kind_of(type_: Node) -> str:
    """Return the kind of a `TypeProto`: `INT64`, `STRUCT`, ….."""
    name: str = TypeKind.Name(type_.type_kind)
    return name.removeprefix("TYPE_")


def letter_of(type_: Node) -> str:
    """Return the letter of a type; raises `NotTranslated` for types that are not served."""
    kind = kind_of(type_)
    if kind in _SCALARS:
        return _SCALARS[kind][1]
    if kind not in _NESTED:
        raise NotTranslated(kind)
    return _NESTED[kind]


def duckdb_type(type_: Node) -> str:
    """Return the DuckDB type that holds values of a `TypeProto`; raises `NotTranslated`."""
    kind = kind_of(type_)
    if kind in _SCALARS:
        return _SCALARS[kind][0]
    if kind == "ARRAY":
        return f"{duckdb_type(type_.array_type.element_type)}[]"
    if kind == "STRUCT":
        types = [duckdb_type(item.field_type) for item in type_.struct_type.field]
        fields = [f"{quoted(n)} {t}" for n, t in zip(field_names(type_), types, strict=True)]
        return f"STRUCT({', '.join(fields)})"
    raise NotTranslated(kind)


def field_names(type_: Node) -> list[str]:
    """Return what the fields of a STRUCT are called: by position if a name is missing or twice."""
    names = [item.field_name for item in type_.struct_type.field]
    if not names:
        raise NotTranslated("STRUCT without fields")
    if not all(names) or len({name.lower() for name in names}) < len(names):
        return [f"_{position}" for position, _ in enumerate(names, 1)]
    return names


def type_of(expression: Node) -> Node:
    """Return the `TypeProto` of an expression (`AnyResolvedExprProto`)."""
    _, node = unwrap(expression)
    while not hasattr(node, "type"):
        node = node.parent
    return node.type


def quoted(name: str) -> str:
    """Return an identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a string literal."""
    inner = value.replace("'", "''")
    return f"'{inner}'" if "\0" not in inner else "('" + inner.replace("\0", "'||chr(0)||'") + "')"
