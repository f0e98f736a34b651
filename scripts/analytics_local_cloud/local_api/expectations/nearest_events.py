"""Pure: which events are nearest to what was expected, and what about them is different."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from itertools import islice
from typing import Any

from msgspec import UNSET

from analytics_local_cloud.journal.trace_forms import Trace
from analytics_local_cloud.local_api.asked import EventExpectation
from analytics_local_cloud.local_api.event_fields import (
    Fields,
    fields_of,
    holds,
    names_of,
    pick,
    tell_found,
)
from analytics_local_cloud.local_api.seen_traces import is_good, is_of

_SIMILAR = 0.6
_MOST = 3
_MOST_COMPARED = 500
_MOST_LETTERS = 100  # of a name that is compared
_PASSING = {0, 429, 500, 502, 503, 504}  # statuses; 0 is none, as the connection was lost
_AGAIN = "such a request is to be sent again, under the same Idempotency-Key"


@dataclass(frozen=True)
class Near:
    """An event that is nearly as expected: how, in words, and by field what is there instead."""

    trace: Trace
    words: str
    instead: dict[str, Any]


def nearest(asked: EventExpectation, traces: Sequence[Trace]) -> Sequence[Near]:
    """Return the few that are nearest, each kind of difference once."""
    near: dict[str, Near] = {}
    events = [trace for trace in traces if trace.kind == "event"][:_MOST_COMPARED]
    alike = [
        (_likeness(asked.event_type, each.event_type[:_MOST_LETTERS]), each) for each in events
    ]
    for likeness, trace in sorted(alike, key=lambda each: -each[0]):
        if likeness >= _SIMILAR:
            found = _compare(asked, trace)
            near.setdefault(found.words, found)
    ranked = sorted(near.values(), key=lambda each: len(each.instead))
    return [each for each in ranked if each.words][:_MOST]


def tell_others(everywhere: Sequence[Trace], environment: str, asked: str) -> str:
    """Return in words what came at all, and what was refused."""
    here = [trace for trace in everywhere if is_of(trace, environment)]
    types = Counter(trace.event_type or "(no type)" for trace in here if trace.kind == "event")
    if types:
        told = ["came: " + ", ".join(f"{kind} {count}" for kind, count in types.most_common(5))]
    else:
        told = [f"no event came in {environment}" if environment else "no event came"]
        elsewhere = (trace.labels[0] for trace in everywhere if trace.event_type == asked)
        told += [f"the last {asked} came in {other}" for other in islice(elsewhere, 1)]
    if letters := [trace for trace in here if trace.state == "dead_letter"]:
        told.append(f"{len(letters)} became dead letters, the last: {letters[0].reason}")
    if refused := [trace for trace in here if trace.state == "refused"]:
        last = refused[0]
        told.append(f"{len(refused)} refused, the last: {last.status or ''} {last.reason}")
        told += [_AGAIN] * (last.status in _PASSING)
    return "; ".join(told)


@lru_cache(1000)
def _likeness(wanted: str, found: str) -> float:
    """Return how alike two names are, from 0 to 1; what is not alike costs little."""
    compared = SequenceMatcher(None, wanted.lower(), found.lower())
    return 0.0 if compared.quick_ratio() < _SIMILAR else compared.ratio()


def _compare(asked: EventExpectation, trace: Trace) -> Near:
    fields = fields_of(trace)
    is_other = trace.event_type != asked.event_type
    instead: dict[str, Any] = {"event_type": trace.event_type} if is_other else {}
    words = [trace.event_type or "(no type)"] if is_other else []
    for name, wanted in asked.where.items():
        value = pick(fields, name)
        fits = holds(wanted, value)
        if not fits:
            instead[name] = None if value is UNSET else value
        if is_other or not fits:
            words.append(tell_found(name, wanted, value) + _similar(name, fields, value))
    if not is_good(trace):
        instead["state"] = trace.state
        words.append(f"as a {trace.state}: {trace.reason}" if trace.reason else "without row yet")
    return Near(trace, " ".join(words), instead)


def _similar(name: str, fields: Fields, value: object) -> str:
    """Return in words the field that may have been meant."""
    if value is not UNSET:
        return ""
    plain = name.rpartition(".")[2]
    names = [each for each in sorted(names_of(fields)) if len(each) < _MOST_LETTERS]
    close = get_close_matches(plain, names[:_MOST_COMPARED], n=1)
    close = close or [each for each in names if plain in each]
    return f" (but there is {close[0]})" if close else ""
