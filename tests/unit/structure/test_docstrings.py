"""Every test states its promise."""

import ast

from checkout import ROOT

TESTS = ROOT / "tests"


def test_every_test_has_a_docstring():
    """A test without a sentence about what it promises is not finished."""
    silent = [
        f"{path.relative_to(TESTS)}: {node.name}"
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]

    assert [] == silent
