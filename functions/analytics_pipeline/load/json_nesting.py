"""Pure: how deep JSON may nest, and what of it is deeper than BigQuery keeps."""

import re
from collections import deque

from analytics_pipeline import json_text
from analytics_pipeline.json_text import TooDeep

_MAX_NESTING = 200
_MAX_PARSED_NESTING = 500  # as BigQuery's own; not far beyond, Python's stack is the limit
# A string, or an opening or a closing bracket; possessive, so that no step is kept to go back to.
_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"|(?P<opening>[\[{])|(?P<closing>[\]}])')


def check_nesting(text: bytes) -> None:
    """Raise TooDeep for a JSON value that nests more than 500 arrays and objects.

    For other text it may raise NotJson.
    """
    if _is_deeper_than(_MAX_PARSED_NESTING, text):
        raise TooDeep("the JSON is nested too deeply")


def is_deep(text: bytes) -> bool:
    """Return whether the JSON value nests more than 200 arrays and objects, as `cut_deep` cuts.

    For other text it may raise NotJson.
    """
    return _is_deeper_than(_MAX_NESTING, text)


def cut_deep(text: bytes) -> tuple[bytes, deque[str]]:
    """Return JSON with NaN for each value beyond 200 levels, and the texts of those values.

    NaN is not JSON: there is no other. Raises as `check_nesting`.
    """
    deep = deque[str]()
    if not is_deep(text):
        return text, deep
    check_nesting(text)
    shallow = bytearray()
    level = start = end = 0
    for token in _BRACKET.finditer(text):
        if token.lastgroup == "opening":
            level += 1
            if level == _MAX_NESTING + 1:
                start = token.start()
        elif token.lastgroup == "closing":
            if level == _MAX_NESTING + 1:
                shallow += text[end:start] + b"NaN"
                end = token.end()
                deep.append(text[start:end].decode())
            level -= 1
    return bytes(shallow + text[end:]), deep


def _is_deeper_than(limit: int, text: bytes) -> bool:
    is_long_enough = len(text) > 2 * limit  # each level takes an opening and a closing bracket
    return is_long_enough and json_text.is_deeper_than(limit, text)
