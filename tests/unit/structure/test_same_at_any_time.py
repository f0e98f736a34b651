"""What is written is the same whenever it is written."""

import ast
import subprocess

from checkout import ROOT


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
