"""Definitions in SQL: CREATE, ALTER and DROP of tables, views and datasets."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from zetasql.wasi._pb2.zetasql.resolved_ast.resolved_ast_enums_pb2 import (
    ResolvedCreateStatementEnums as Modes,
)
from zetasql.wasi._pb2.zetasql.resolved_ast.resolved_ast_enums_pb2 import (
    ResolvedDropStmtEnums as DropModes,
)

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported
from analytics_local_cloud.warehouse.catalog.catalog import TableEntry
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference
from analytics_local_cloud.warehouse.operations.dataset_changes import (
    create_dataset,
    delete_dataset,
)
from analytics_local_cloud.warehouse.operations.defined_tables import (
    read_field,
    read_layout,
    read_options,
)
from analytics_local_cloud.warehouse.operations.statements import (
    Change,
    Outcome,
    insert_staged,
    stage,
)
from analytics_local_cloud.warehouse.operations.table_changes import (
    change_table,
    create_table,
    delete_table,
)
from analytics_local_cloud.warehouse.queries.resolution import Resolved
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated, read_only, unwrap
from analytics_local_cloud.warehouse.values.column_types import schema_to_rest

_CREATED = ("name_path", "create_mode", "create_scope", "option_list")
_TABLE = (*_CREATED, "column_definition_list")


def run_definition(change: Change) -> Outcome:
    """Run DDL; raises `ApiError`, notImplemented for what is not served."""
    refuse_unknown(change.resolved)
    name, node = unwrap(change.resolved.tree)
    try:
        return _KINDS[name](change, node)
    except NotTranslated as exc:
        raise unsupported(f"{exc.what} in {name.split('_stmt')[0][9:].upper()}") from exc


def refuse_unknown(resolved: Resolved) -> None:
    """Raise `ApiError` (notImplemented) for a statement of a kind that is not served."""
    name, node = unwrap(resolved.tree)
    if name not in _KINDS:
        what = name.removeprefix("resolved_").removesuffix("_stmt_node").replace("_", " ").upper()
        raise unsupported(f"{what} statements")
    scope = getattr(_outermost(node), "create_scope", Modes.CREATE_DEFAULT_SCOPE)
    if scope != Modes.CREATE_DEFAULT_SCOPE:
        raise unsupported("temporary tables")


def _outermost(node: Any) -> Any:  # noqa: ANN401 - a node
    """Return the part of a CREATE statement that all of them have."""
    while not hasattr(node, "create_scope") and hasattr(node, "parent"):
        node = node.parent
    return node


def _create_table(change: Change, node: Any) -> Outcome:  # noqa: ANN401 - a node
    read_only(node, *_TABLE, "partition_by_list", "cluster_by_list")
    return _create(change, node.parent.parent, "CREATE_TABLE", _table(node))[0]


def _create_table_as(change: Change, node: Any) -> Outcome:  # noqa: ANN401 - a node
    read_only(node, *_TABLE, "partition_by_list", "cluster_by_list", "output_column_list", "query")
    body = _table(node)
    rows = change.inner_query()
    if rows is not None:
        stage(change, rows)
    outcome, entry = _create(change, node.parent.parent, "CREATE_TABLE_AS_SELECT", body)
    if entry is None:
        return outcome
    names = [column.name for column in entry.columns]
    return replace(outcome, affected_rows=insert_staged(change, entry, names))


def _table(node: Any) -> dict[str, Any]:  # noqa: ANN401 - a node
    base = node.parent
    fields = [read_field(column) for column in base.column_definition_list]
    return {"schema": {"fields": fields}, **read_layout(node), **read_options(base.option_list)}


def _create_view(change: Change, node: Any) -> Outcome:  # noqa: ANN401 - a node
    base = node.parent
    read_only(node, *_CREATED, "output_column_list", "query", "sql", "column_definition_list")
    body = {"view": {"query": base.sql, "useLegacySql": False}, **read_options(base.option_list)}
    return _create(change, base.parent, "CREATE_VIEW", body)[0]


def _create(
    change: Change,
    statement: Any,  # noqa: ANN401 - a node
    kind: str,
    body: Mapping[str, Any],
) -> tuple[Outcome, TableEntry | None]:
    target = change.query.table(tuple(statement.name_path))
    exists = change.warehouse.catalog.has_table(target)
    if exists and statement.create_mode == Modes.CREATE_IF_NOT_EXISTS:
        return Outcome(kind, table=target, performed="SKIP"), None
    replaced = exists and statement.create_mode == Modes.CREATE_OR_REPLACE
    entry = create_table(change.warehouse, change.transaction, target, body, replace=replaced)
    return Outcome(kind, table=target, performed="REPLACE" if replaced else "CREATE"), entry


def _create_schema(change: Change, node: Any) -> Outcome:  # noqa: ANN401 - a node
    read_only(node, *_CREATED)
    statement = node.parent.parent
    dataset = change.query.dataset(tuple(statement.name_path))
    if _has_dataset(change, dataset) and statement.create_mode == Modes.CREATE_IF_NOT_EXISTS:
        return Outcome("CREATE_SCHEMA", performed="SKIP")
    create_dataset(
        change.warehouse, change.transaction, dataset, read_options(node.parent.option_list)
    )
    return Outcome("CREATE_SCHEMA", performed="CREATE")


def _has_dataset(change: Change, dataset: DatasetReference) -> bool:
    known = {found["id"] for found in change.warehouse.catalog.datasets(dataset.project)}
    return dataset.label in known


def _drop(change: Change, node: Any) -> Outcome:  # noqa: ANN401 - a node
    read_only(node, "object_type", "is_if_exists", "name_path", "drop_mode")
    kind, path = node.object_type.upper(), tuple(node.name_path)
    if kind == "SCHEMA":
        return _drop_schema(change, path, node)
    if kind not in {"TABLE", "VIEW"}:
        raise unsupported(f"DROP {kind}")
    target = change.query.table(path)
    if node.is_if_exists and not change.warehouse.catalog.has_table(target):
        return Outcome(f"DROP_{kind}", table=target, performed="SKIP")
    found = change.warehouse.catalog.table(target).kind
    if (found == "VIEW") != (kind == "VIEW"):
        text = f"{target.label} is a {found}, use DROP {found}"
        raise ApiError("invalidQuery", text, "query")
    delete_table(change.warehouse, change.transaction, target)
    return Outcome(f"DROP_{kind}", table=target, performed="DROP")


def _drop_schema(change: Change, path: tuple[str, ...], node: Any) -> Outcome:  # noqa: ANN401
    dataset = change.query.dataset(path)
    if node.is_if_exists and not _has_dataset(change, dataset):
        return Outcome("DROP_SCHEMA", performed="SKIP")
    cascade = node.drop_mode == DropModes.CASCADE
    delete_dataset(change.warehouse, change.transaction, dataset, with_contents=cascade)
    return Outcome("DROP_SCHEMA", performed="DROP")


def _alter_table(change: Change, node: Any) -> Outcome:  # noqa: ANN401 - a node
    statement = node.parent
    read_only(node, "name_path", "alter_action_list", "is_if_exists")
    target: TableReference = change.query.table(tuple(statement.name_path))
    if statement.is_if_exists and not change.warehouse.catalog.has_table(target):
        return Outcome("ALTER_TABLE", table=target, performed="SKIP")
    entry = change.warehouse.catalog.table(target)
    body: dict[str, Any] = {}
    fields = list(entry.resource.get("schema", schema_to_rest(entry.columns)).get("fields", ()))
    for wrapped in statement.alter_action_list:
        name, action = unwrap(wrapped)
        if name == "resolved_set_options_action_node":
            body |= read_options(action.option_list)
        elif name == "resolved_add_column_action_node":
            fields = _with_column(target, fields, action)
            body["schema"] = {"fields": fields}
        else:
            raise unsupported(f"ALTER TABLE {name[9:].removesuffix('_action_node').upper()}")
    change_table(change.warehouse, change.transaction, target, body)
    return Outcome("ALTER_TABLE", table=target, performed="ALTER")


def _with_column(
    target: TableReference,
    fields: list[dict[str, Any]],
    action: Any,  # noqa: ANN401 - a node
) -> list[dict[str, Any]]:
    read_only(action, "is_if_not_exists", "column_definition")
    field = read_field(action.column_definition)
    if any(known["name"].casefold() == field["name"].casefold() for known in fields):
        if action.is_if_not_exists:
            return fields
        text = f"Column already exists: {field['name']} in {target.label}"
        raise ApiError("invalidQuery", text, "query")
    return [*fields, field]


_KINDS: dict[str, Callable[[Change, Any], Outcome]] = {
    "resolved_alter_table_stmt_node": _alter_table,
    "resolved_create_schema_stmt_node": _create_schema,
    "resolved_create_table_as_select_stmt_node": _create_table_as,
    "resolved_create_table_stmt_node": _create_table,
    "resolved_create_view_stmt_node": _create_view,
    "resolved_drop_stmt_node": _drop,
}
