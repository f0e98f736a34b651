"""Which module of this repository imports which, read from their text."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from checkout import ROOT

FOLDERS = (ROOT / "functions", ROOT / "scripts", ROOT / "clients/python/src")
SOURCES = [(folder, path) for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]


def dotted(path: Path) -> str:
    """Return a file's module as imports name it; a package is its `__init__`."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


MODULES = {dotted(path.relative_to(folder)): path for folder, path in SOURCES}


def is_in(module: str, place: str) -> bool:
    """Return whether the module is that package or module, or in it."""
    return module == place or module.startswith(f"{place}.")


@cache
def tree(name: str) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(MODULES[name].read_text())


@cache
def imports(name: str, *, at_start_only: bool = False) -> frozenset[str]:
    """Return what a module imports; `from a import b` is a.b, and a unless b is a module of ours.

    With `at_start_only`, without what its functions import when they are called.
    """
    path = MODULES[name]
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in _statements(tree(name), at_start_only=at_start_only):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            up = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(up if node.level else ()), *([node.module] if node.module else ())])
            names = {f"{base}.{alias.name}" for alias in node.names}
            found |= names if names <= MODULES.keys() else {base, *names}
    return frozenset(found)


def own_imports(name: str, *, at_start_only: bool = False) -> frozenset[str]:
    """Return the modules of this repository among them."""
    return imports(name, at_start_only=at_start_only) & MODULES.keys()


def imported_at_start(name: str) -> set[str]:
    """Return all that is imported before the first line of a module's function runs, as written."""
    found: set[str] = set()
    waiting, seen = [name], {name}
    while waiting:
        module = waiting.pop()
        found |= imports(module, at_start_only=True)
        parts = module.split(".")
        packages = {".".join(parts[:length]) for length in range(1, len(parts))}
        more = (own_imports(module, at_start_only=True) | packages) & MODULES.keys() - seen
        waiting += more
        seen |= more
    return found


def _statements(tree: ast.AST, *, at_start_only: bool) -> Iterator[ast.AST]:
    """Yield the nodes that can run; what only type checkers read cannot."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if at_start_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        yield node
        yield from _statements(node, at_start_only=at_start_only)
