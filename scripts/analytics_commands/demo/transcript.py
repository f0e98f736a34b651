"""What the demo shows of a conversation, so that every line fits 80 columns.

What is shown as a command does what was done when it is pasted: the lines break where a shell, JSON
and SQL let them.
"""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

WIDTH = 80
_SHOWN = 56  # characters of a value in an answer
_INDENT, _MARGIN = " " * 4, " " * 6


def curl(path: str, data: str, parameters: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Return the command line that POSTs so; a key that is not given is the pipeline's own."""
    words = [f"--header {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    words.append(f"--data '{fold(data, r'(?<=,)', margin=_MARGIN)}'")
    key = "" if "key" in parameters else "key=$API_KEY&"
    url = f"$ANALYTICS_URL{path}?{key}{urlencode(parameters)}".rstrip("&")
    words.append('"' + fold(url, r"(?=&)", end="\\") + '"')
    return "$ curl " + f" \\\n{_INDENT}".join(words)


def bq_query(sql: str) -> str:
    """Return the command line that asks BigQuery's own client."""
    quoted = sql.replace("$", "\\$")  # SQL has its own single quotes
    return (
        f'$ bq query --use_legacy_sql=false \\\n{_INDENT}"{fold(quoted, "(?<= )", margin=_MARGIN)}"'
    )


def answer(status: int, text: str) -> str:
    """Return what was answered, long values cut."""
    try:
        body = json.loads(text)
    except ValueError:
        return f"  {status} {text[:_SHOWN]}"
    shown = json.dumps(_shortened(body), separators=(",", ":"), ensure_ascii=False)
    return f"  {status} {fold(shown, r'(?<=,)', margin=_MARGIN)}"


def fold(text: str, places: str, *, end: str = "", margin: str = "") -> str:
    """Return the text in lines that fit, broken at `places` (a pattern of zero width).

    `end` is what ends each line but the last, `margin` what the others begin with.
    """
    lines, room = [""], WIDTH - len("$ curl --data '' \\")
    for piece in re.split(places, text):
        if lines[-1] and len(lines[-1]) + len(piece) > room:
            lines.append("")
        lines[-1] += piece
    return f"{end}\n{margin}".join(line.rstrip() for line in lines)


def _shortened(value: Any) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case dict():
            return {name: _shortened(each) for name, each in value.items()}
        case str() if len(value) > _SHOWN:
            return value[: _SHOWN - 1] + "…"
        case _:
            return value
