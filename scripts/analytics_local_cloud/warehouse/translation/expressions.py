"""Expressions: columns, structs, subqueries, and calls of scalar functions."""

from analytics_local_cloud.warehouse.translation.casts import cast
from analytics_local_cloud.warehouse.translation.function_calls import (
    Call,
    bind,
    refuse_unsure,
    translate_call,
)
from analytics_local_cloud.warehouse.translation.functions import TABLES
from analytics_local_cloud.warehouse.translation.literals import make_struct
from analytics_local_cloud.warehouse.translation.nodes import (
    Node,
    NotTranslated,
    Statement,
    column_name,
    columns_of,
    handles,
)
from analytics_local_cloud.warehouse.translation.sql_types import (
    field_names,
    letter_of,
    quoted,
    text,
    type_of,
)

_SCALAR, _ARRAY, _EXISTS, _IN = range(4)  # ResolvedSubqueryExprEnums.SubqueryType


@handles("column_ref", "column")
def _column(_: Statement, node: Node) -> str:
    return column_name(node.column)


@handles("make_struct", "field_list")
def _make_struct(statement: Statement, node: Node) -> str:
    return make_struct(node.parent.type, statement.expressions(node.field_list))


@handles("get_struct_field", "expr", "field_idx")
def _field(statement: Statement, node: Node) -> str:
    name = field_names(type_of(node.expr))[node.field_idx]
    return f"struct_extract({statement.expression(node.expr)}, {text(name)})"


@handles("get_json_field", "expr", "field_name")
def _json_field(statement: Statement, node: Node) -> str:
    path = text("$." + quoted(node.field_name))
    if '"' in node.field_name or "\\" in node.field_name:
        raise NotTranslated("JSON fields with quotes in their names")
    return f"json_extract({statement.expression(node.expr)}, {path})"


@handles("cast", "expr", "return_null_on_error", "type_modifiers")
def _cast(statement: Statement, node: Node) -> str:
    if any(value.ListFields() for _, value in node.type_modifiers.ListFields()):
        raise NotTranslated("CAST to a parameterized type")
    body = cast(type_of(node.expr), node.parent.type)
    argument = statement.expression(node.expr)
    if node.return_null_on_error:
        refuse_unsure(body("x"), "SAFE_CAST to this type")
        return bind(statement, [argument], lambda value: f"TRY({body(value)})", literals=True)
    said = body("\0")
    return (
        bind(statement, [argument], body)
        if "gsql_" in said or said.count("\0") > 1
        else body(argument)
    )


@handles("function_call", "function", "argument_list", "error_mode")
def _call(statement: Statement, node: Node) -> str:
    base = node.parent
    call = Call(
        statement,
        base.function.name.removeprefix("ZetaSQL:"),
        tuple(_argument(statement, argument) for argument in base.argument_list),
        tuple(base.argument_list),
        base.parent.type,
    )
    return translate_call(call, TABLES, safe=bool(base.error_mode))


def _argument(statement: Statement, argument: Node) -> str:
    return "" if letter_of(type_of(argument)) in "ev" else statement.expression(argument)


@handles("subquery_expr", "subquery_type", "subquery", "in_expr")
def _subquery(statement: Statement, node: Node) -> str:
    rows = statement.rows(node.subquery)
    if node.subquery_type == _EXISTS:
        return f"EXISTS ({rows.sql})"
    column = columns_of(node.subquery)[0]
    if node.subquery_type == _SCALAR:
        return f"(SELECT {column} FROM ({rows.sql}))"
    if node.subquery_type == _ARRAY:
        values = f"list({column}{rows.ordered()})"
        return f"(SELECT coalesce({values}, []) FROM ({rows.sql}))"
    if node.subquery_type == _IN and letter_of(type_of(node.in_expr)) in "insybdDtT":
        return f"({statement.expression(node.in_expr)} IN (SELECT {column} FROM ({rows.sql})))"
    raise NotTranslated("IN or LIKE with a subquery of this type")
