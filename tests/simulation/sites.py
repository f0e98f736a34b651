"""From the code itself: where ingest, load, reconcile and the commands call something outside.

A call site is a call of a method of what is annotated with the type of a port, of an adapter or of
a client of Google's; a parameter, a field, a property or what a function of the module returns.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from checkout import ROOT

FOLDERS = (
    *("functions/analytics_pipeline/ingest", "functions/analytics_pipeline/load"),
    "functions/analytics_pipeline/reconcile",
    *(f"scripts/analytics_commands/{name}" for name in ("audit", "backfill", "cleanup")),
    *(f"scripts/analytics_commands/{name}" for name in ("forget", "replay")),
    *(f"scripts/analytics_commands/foundation/{name}" for name in ("accounts", "pipeline")),
)
_OUTSIDE = {
    *("PoolManager", "Session", "GCSStore", "Client", "LoadJob", "Bucket", "Blob", "Identity"),
    *("BatchStore", "ObjectListing", "UploadSigner", "ObjectReader", "RowSink", "RowBulk"),
    *("RepeatSweeper", "ReceiptReader", "BucketCheck", "ObjectFinder", "StretchLister"),
    *("ListingStore", "Warehouse", "Inventory", "Ledger"),
}
# Of a target: clients that every command has.
_TARGET = {
    *("bucket", "bigquery", "http", "warehouse", "inventory", "store", "sink", "load_jobs"),
    "ledger",
}
_NO_CALLS = {"blob", "close"}  # nothing is asked of anybody
# What these return asks when it is read, wherever in the function that is.
_LAZY = {"query", "entries", "objects", "pages", "unloaded", "lacking", "list_blobs", "days"}


@dataclass(frozen=True, order=True)
class CallSite:
    """A call in a file; it happens on these lines. `text` is what is called."""

    path: str
    first: int
    last: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.first} {self.text}"


def call_sites(folders=FOLDERS):
    """Return every call site, by file and line."""
    return sorted(
        site
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        for site in _sites_of(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text()))
    )


def _sites_of(path, tree) -> Iterator[CallSite]:
    names = _TARGET | set(_outside_names(tree))
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        receiver, method = node.func.value, node.func.attr
        if method in _NO_CALLS or method[0].isupper():
            continue
        if _name(receiver) in names or (_name(receiver), method) == ("obstore", "put_async"):
            place = _function_of(node, tree) if method in _LAZY else node
            yield CallSite(path, place.lineno, place.end_lineno, ast.unparse(node.func))


def _function_of(node, tree):
    """Return the innermost function around a node."""
    around = [
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        and each.lineno <= node.lineno <= each.end_lineno
    ]
    return max(around, key=lambda each: each.lineno)


def _outside_names(tree) -> Iterator[str]:
    """Yield the names of parameters, fields and functions of an outside type, and their copies."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and _is_outside(node.annotation):
            found.add(node.arg if isinstance(node, ast.arg) else _name(node.target))
        elif isinstance(node, ast.FunctionDef) and _is_outside(node.returns):
            found.add(node.name)
    yield from found
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _is_made_of(node.value, found | _TARGET):
            yield from filter(None, map(_name, node.targets))
        elif isinstance(node, ast.NamedExpr) and _is_made_of(node.value, found):
            yield node.target.id


def _is_outside(annotation):
    if annotation is None:
        return False
    text = ast.unparse(annotation).replace("'", "")
    words = text.replace("[", " ").replace("]", " ").replace(",", " ").replace(".", " ").split()
    return not _OUTSIDE.isdisjoint(words) and "AbstractSet" not in text


def _is_made_of(value, names):
    """Return whether a value is one of those, or what `blob`, `get_blob` or one of them returns."""
    if isinstance(value, ast.Call):
        called = value.func
        if isinstance(called, ast.Attribute) and called.attr in {"blob", "get_blob"}:
            return True
        return _name(called) in names and not isinstance(called, ast.Name)
    return isinstance(value, ast.Name) and value.id in names


def _name(node):
    if isinstance(node, ast.Call):
        return _name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
