"""Write the tables of docs/local-cloud.md: what the local cloud serves, and its score.

    python scripts/generate/local_cloud_page.py

A table stands between `<!-- table: NAME -->` and `<!-- end -->`. Tests fail while the page and the
tables of the code disagree, and while the page promises more than is measured.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from analytics_local_cloud.storage.web import served_methods as storage
from analytics_local_cloud.warehouse.googlesql.language import WORDS, Language
from analytics_local_cloud.warehouse.googlesql.service import GoogleSql
from analytics_local_cloud.warehouse.translation.functions import TABLES
from analytics_local_cloud.warehouse.translation.functions.aggregate import AGGREGATES, NAVIGATION
from analytics_local_cloud.warehouse.web.known.messages import Field, Message, Service
from analytics_local_cloud.warehouse.web.known.request_parameters import ANY_METHOD
from analytics_local_cloud.warehouse.web.methods import METHODS
from generate.conformance.score import (
    DOCUMENTED,
    EDGE_CASES,
    Score,
    score_documented,
    score_edge_cases,
)
from generate.conformance.warehouses import OnlyDuckDb, local_warehouse
from generate.markdown_tables import draw_table, fill_tables

PAGE = Path(__file__).parents[2] / "docs" / "local-cloud.md"
_SCORE = re.compile(r"<!-- table: score -->\n(.*?)<!-- end -->", re.DOTALL)
_HEAD = ("cells", "number", "any amount of data", "some thousand rows", "refused")


def main() -> int:
    """Rewrite the page, with a score measured now; returns 0, or 1 after a wrong answer."""
    with (
        TemporaryDirectory() as folder,
        local_warehouse(Path(folder) / "any") as warehouse,
        local_warehouse(Path(folder) / "duckdb", OnlyDuckDb) as duckdb,
    ):
        scores = [score_documented(path, warehouse, duckdb) for path in DOCUMENTED]
        scores += [score_edge_cases(path, duckdb) for path in EDGE_CASES]
    PAGE.write_text(fill(PAGE.read_text("utf-8"), scores), "utf-8")
    wrong = [each for score in scores for each in score.wrong]
    print(*wrong, sep="\n")
    return 1 if wrong else 0


def fill(page: str, scores: Iterable[Score] = ()) -> str:
    """Return the page with every table as the code says; without scores, with that it has."""
    rows = [score.row() for score in scores]
    old = _SCORE.search(page)
    score = draw_table(_HEAD, [*rows, _sum(rows)]) if rows else old[1] if old else ""
    drawn = {
        "score": score,
        "functions": _functions(),
        "parameters": _parameters(),
        "bodies": _bodies(),
        "warehouse-reasons": _reasons(),
        "storage": _storage(),
        "storage-reasons": _storage_reasons(),
    }
    return fill_tables(page, drawn)


def published_scores(page: str) -> dict[str, tuple[int, int]]:
    """Return of each row of the score how many cells are right at any size, and at all."""
    table = _SCORE.search(page)
    rows = [line.strip("| ").split(" | ") for line in (table[1] if table else "").splitlines()[2:]]
    numbers = {name: [int(cell.replace(",", "")) for cell in cells] for name, *cells in rows}
    return {name: (any_size, any_size + few) for name, (_, any_size, few, _) in numbers.items()}


def _sum(rows: list[tuple[str, ...]]) -> tuple[str, ...]:
    columns = list(zip(*rows, strict=True))[1:]
    return "all", *(f"{sum(int(n.replace(',', '')) for n in column):,}" for column in columns)


def _functions() -> str:
    translated = {
        key.partition("(")[0] for table in (*TABLES, AGGREGATES, NAVIGATION) for key in table
    }
    known = {name for name in Language(GoogleSql()).function_names if name[0] != "$"}
    not_evaluated = WORDS["functions_not_evaluated"] - translated
    refused = WORDS["functions_not_served"] | not_evaluated
    rows = [
        ("over any amount of data", _names(known & translated)),
        ("over some thousand rows", _names(known - translated - not_evaluated)),
        ("refused", _names(refused)),
    ]
    return draw_table(("answered", "functions"), rows)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name.upper()}`" for name in sorted(names))


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _of(message: Message, service: Service) -> list[str]:
    return [name for name, field in message.items() if field.service is service]


def _parameters() -> str:
    rows = [("any method", *_row(ANY_METHOD))]
    rows += [(f"`{method.name}`", *_row(method.query)) for method in METHODS if method.query]
    return draw_table(("method", "served", "taken, without effect", "refused"), rows)


def _bodies() -> str:
    rows: list[tuple[str, ...]] = []
    seen: set[int] = set()
    for method in METHODS:
        if method.body:
            messages = _messages(method.body, method.name, seen)
            rows += [(f"`{path}`", *_row(message)) for path, message in messages]
    return draw_table(("body", "served", "taken, without effect", "refused"), rows)


def _messages(message: Message, path: str, seen: set[int]) -> Iterator[tuple[str, Message]]:
    """Yield a message and those inside of it, each once."""
    if id(message) in seen:
        return
    seen.add(id(message))
    yield path, message
    for name, field in message.items():
        if field.message is not None:
            yield from _messages(field.message, f"{path}.{name}", seen)


def _row(message: Message) -> tuple[str, str, str]:
    served = ", ".join(_served(name, message[name]) for name in _of(message, Service.SERVED))
    without_effect = _code(_of(message, Service.WITHOUT_EFFECT))
    return served, without_effect, _code(_of(message, Service.REFUSED))


def _served(name: str, field: Field) -> str:
    values = [value for value in field.values if not value.endswith("_UNSPECIFIED")]
    return f"`{name}`" + (f" ({', '.join(values)})" if values else "")


def _reasons() -> str:
    reasons: dict[str, list[str]] = {}
    seen: set[int] = set()
    messages = [ANY_METHOD, *(method.query for method in METHODS)]
    for method in METHODS:
        messages += [each for _, each in _messages(method.body or {}, "", seen)]
    for message in messages:
        for name in _of(message, Service.WITHOUT_EFFECT):
            names = reasons.setdefault(message[name].reason, [])
            names += [name] if name not in names else []
    return draw_table(("without effect", "because"), [(_code(n), r) for r, n in reasons.items()])


def _storage() -> str:
    rows = [
        (f"`{name}`", _code(method.query), _code(method.headers), _code(method.body))
        for name, method in storage.METHODS.items()
    ]
    return draw_table(("method", "parameters", "headers", "fields"), rows)


def _storage_reasons() -> str:
    kinds: tuple[Mapping[str, str], ...] = (
        *(storage.WITHOUT_EFFECT, storage.NO_QUERY_MEANING, storage.NO_HEADER_MEANING),
    )
    rows = [(f"`{name}`", reason) for kind in kinds for name, reason in kind.items()]
    return draw_table(("name", "what becomes of it"), rows)


if __name__ == "__main__":
    sys.exit(main())
