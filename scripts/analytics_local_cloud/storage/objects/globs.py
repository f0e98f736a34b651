"""Pure: glob patterns over object names (Cloud Storage guide, "List objects", `matchGlob`)."""

import re

from analytics_local_cloud.storage.storage_errors import Invalid

_TOKEN = re.compile(
    r"(?P<folders>(?<![^/])\*\*/)|(?P<all>\*\*)|(?P<some>\*)|(?P<one>\?)"
    r"|\[(?P<not>[!^]?)(?P<set>\]?[^\]]*)\]|(?P<open>\{)|(?P<close>\})|(?P<or>,)|(?P<text>.)",
    re.DOTALL,
)
_MEANINGS = {"folders": "(?:.*/)?", "all": ".*", "some": "[^/]*", "one": "[^/]"}


def compile_glob(glob: str) -> re.Pattern[str]:
    """Return what matches a whole name; raises Invalid.

    `*` is any text within a folder, `**` across folders, `**/` also no folder at all, `?` one
    character, `[a-e]` and `[!a-e]` one of a set or of all others, `{a,b}` one of several.
    """
    depth, parts = 0, []
    for found in _TOKEN.finditer(glob):
        kind = found.lastgroup or ""
        if kind == "open":
            depth += 1
            parts.append("(?:")
        elif kind == "close" and depth:
            depth -= 1
            parts.append(")")
        elif kind == "or" and depth:
            parts.append("|")
        else:
            parts.append(_MEANINGS.get(kind) or _literal(found))
    try:
        return re.compile("".join(parts) + r"\Z", re.DOTALL)
    except re.error as exc:
        raise Invalid(f"Invalid glob pattern: {glob}") from exc


def _literal(found: re.Match[str]) -> str:
    """Return the pattern of a set, or of a character that stands for itself."""
    if found["set"] is None:
        return re.escape(found[0])
    members = re.sub(r"([\\\[\]^&~|])", r"\\\1", found["set"])
    return f"(?!/)[{'^' if found['not'] else ''}{members}]"
