"""The text of a statement: quoted paths taken apart, positions of errors put back."""

import re
from dataclasses import dataclass
from itertools import count

_TOKEN = re.compile(
    r"('''|\"\"\")(?:\\.|.)*?\1|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\""
    r"|--[^\n]*|\#[^\n]*|/\*.*?\*/|(?P<path>`(?:\\.|[^`\\])*`)|(?P<mark>\?)",
    re.DOTALL,
)
POSITIONAL = "_"
_POSITION = re.compile(r" \[at (\d+):(\d+)\]$")


@dataclass(frozen=True)
class StatementText:
    """A statement whose quoted paths, as in `project.dataset.table`, are quoted part by part.

    BigQuery reads both alike; GoogleSQL takes the first for one name with dots in it. Positional
    parameters get names (`@_1`, `@_2`, …), for GoogleSQL's evaluator knows no others.
    """

    sql: str
    marks: tuple[tuple[int, int, int], ...]  # line, column and how many characters were added

    @classmethod
    def of(cls, sql: str) -> "StatementText":
        """Take the quoted paths of a statement apart."""
        marks: list[tuple[int, int, int]] = []
        numbers = count(1)

        def replace(token: re.Match[str]) -> str:
            text = f"@{POSITIONAL}{next(numbers)}" if token["mark"] else _split(token[0])
            if len(text) > len(token[0]):
                line = sql.count("\n", 0, token.start())
                column = token.start() - sql.rfind("\n", 0, token.start())
                marks.append((line + 1, column, len(text) - len(token[0])))
            return text

        return cls(_TOKEN.sub(replace, sql), tuple(marks))

    def message(self, text: str) -> str:
        """Write an error's position as BigQuery does, and where the client's own text has it."""
        found = _POSITION.search(text)
        if not found:
            return text
        line, column = int(found[1]), int(found[2])
        added = 0
        for at, start, width in self.marks:
            if at == line and start + added < column:
                added += min(width, column - start - added)
        return f"{text[: found.start()]} at [{line}:{column - added}]"


def _split(token: str) -> str:
    if not token.startswith("`") or "." not in token:
        return token
    parts = token[1:-1].rsplit(".", 2) if ":" in token else token[1:-1].split(".")
    return ".".join(f"`{part}`" for part in parts)
