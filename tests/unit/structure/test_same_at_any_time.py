"""What is written is the same whenever it is written."""

import ast
import subprocess
from collections import Counter

from imports import MODULES, tree

from checkout import ROOT

CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "time", "now", "clock", "today"}


def is_gzip(node):
    """Tell whether an expression is the function that compresses."""
    return isinstance(node, ast.Attribute) and "gzip.compress" == ast.unparse(node)


def says_time(call):
    """Tell whether a call of it, or a part of one, says the time that the header has."""
    return any(is_gzip(each) for each in (call.func, *call.args)) and any(
        "mtime" == keyword.arg for keyword in call.keywords
    )


def test_gzip():
    """A gzip header holds the second it was made in, unless another one is said."""
    listed = subprocess.check_output(["git", "ls-files", "*.py"], cwd=ROOT, text=True)
    sources = {name: (ROOT / name).read_text() for name in listed.splitlines()}
    counts = {}
    for name, source in sources.items():
        if "gzip" in source:
            nodes = list(ast.walk(ast.parse(source)))
            used = sum(is_gzip(node) for node in nodes)
            said = sum(isinstance(node, ast.Call) and says_time(node) for node in nodes)
            counts[name] = used - said

    assert len(counts) > 20
    assert [] == [name for name, unsaid in counts.items() if unsaid]


def looks(node):
    """Return which clocks an expression looks at, and how often."""
    calls = [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
    names = [getattr(each, "attr", getattr(each, "id", "")).lstrip("_") for each in calls]
    return Counter(name for name in names if name in CLOCKS)


def test_one_look_at_the_clock_for_a_duration():
    """Two looks in one subtraction differ by what passes between them: less than nothing."""
    twice = [
        f"{name}:{node.lineno}"
        for name in MODULES
        for node in ast.walk(tree(name))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)
        if any(count > 1 for count in looks(node).values())
    ]

    assert [] == twice
