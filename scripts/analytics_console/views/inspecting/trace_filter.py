"""Pure: which lines are wanted: `state:dead_letter player:"Ann Lee" -type:tick sword`.

All words must be met, those after `-` not. After a field and `:` the field's whole value is asked
for, else any text that is shown; small and capital letters are the same. live_filter.js does the
same in the browser.
"""

import re
from collections.abc import Callable

from analytics_console.views.inspecting.trace_lines import Line

FIELDS = (
    *("state", "type", "player", "session", "index", "environment", "category"),
    *("kind", "batch", "status"),
)
_TEXTS = (*FIELDS[:9], "attributes", "reason")
_WORD = re.compile(r'(-?)(?:([a-z]+):)?(?:"([^"]*)"?|([^ "][^ ]*))')


def wanted(query: str) -> Callable[[Line], bool]:
    """Return what tells whether a line is wanted."""
    tests = [_test(*found.groups(default="")) for found in _WORD.finditer(query)]
    return lambda line: all(test(line) for test in tests)


def _test(minus: str, field: str, quoted: str, plain: str) -> Callable[[Line], bool]:
    is_wanted = not minus
    value = (quoted or plain).lower()
    if field in FIELDS:
        return lambda line: (_text(line, field) == value) is is_wanted
    value = f"{field}:{value}" if field else value
    return lambda line: any(value in _text(line, name) for name in _TEXTS) is is_wanted


def _text(line: Line, name: str) -> str:
    value = line[name]
    return "" if value is None else str(value).lower()
