"""Formats of FORMAT_DATE, PARSE_TIMESTAMP and their like, as far as the module knows them."""

import re
from collections.abc import Iterator, Mapping

from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_ast_pb2 as tree_pb2

from analytics_local_cloud.warehouse.googlesql.analysis import Statement, walk
from analytics_local_cloud.warehouse.googlesql.language import WORDS

_ELEMENT = re.compile(r"%(E[*\d]?S|E4Y|[EO]?.?)", re.DOTALL)
_CALL = re.compile(r"ZetaSQL:(format|parse)_(date|datetime|time|timestamp)")
_KNOWN = {"format": WORDS["elements_written"], "parse": WORDS["elements_read"]}


def unknown_formats(tree: Statement, parameters: Mapping[str, object]) -> Iterator[str]:
    """Yield what the module would get wrong: `%P in FORMAT_TIMESTAMP`.

    `parameters` are the plain values of the statement's, by name; a format that is neither one of
    them nor a literal may hold anything.
    """
    for node in walk(tree):
        if not isinstance(node, tree_pb2.ResolvedFunctionCallBaseProto):
            continue
        if call := _CALL.fullmatch(node.function.name):
            name = call[0].partition(":")[2].upper()
            text = _text(node.argument_list[0], parameters)
            if text is None:
                yield f"{name} with a format that is no literal"
                continue
            for element in _ELEMENT.findall(text):
                if element not in _KNOWN[call[1]]:
                    yield f"%{element} in {name}"


def _text(argument: tree_pb2.AnyResolvedExprProto, parameters: Mapping[str, object]) -> str | None:
    kind = argument.WhichOneof("node")
    if kind == "resolved_literal_node":
        return argument.resolved_literal_node.value.value.string_value  # empty for NULL
    if kind == "resolved_parameter_node":
        return str(parameters.get(argument.resolved_parameter_node.name, ""))
    return None
