"""An inventory as a text to be read: nothing invented in it, and nothing empty."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from terraform_root import Deployment

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_INVENTED = re.compile(rf"fake-[\w-]+|https://[\w-]+\.example\.invalid|AIzaFAKE\w+|{_UUID}")
# Of a content: by letters and digits, or, as it might have only one kind of them, by length.
_DIGEST = re.compile(
    r"(?<![0-9a-z])(?:(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{8,}|[0-9a-f]{12,})(?![0-9a-z])"
)
_WIDTH = 120  # of a line in a file
_NOTHING: tuple[Any, ...] = (None, {}, [])


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is otherwise in the other; `None` stands for what it lacks."""
    found: dict[str, Any] = {}
    for name in sorted({*one, *other}):
        before, after = one.get(name), other.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            after = differences(before, after)
            if after:
                found[name] = after
        elif before != after:
            found[name] = after
    return found


def text_of(main: Mapping[str, Any], staging: Mapping[str, Any]) -> str:
    """Return a subject as its file has it: the one deployment, and how the other one differs."""
    both = {"main": main, "staging": differences(main, staging)}
    return yaml.dump(both, Dumper=_Dumper, width=_WIDTH, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Writes a short list on one line, and a long one on a line each."""


def _written_list(dumper: yaml.SafeDumper, each: list[Any]) -> yaml.Node:
    nested = any(isinstance(item, Mapping | list) for item in each)
    short = not nested and len(", ".join(map(str, each))) < _WIDTH // 2
    return dumper.represent_sequence("tag:yaml.org,2002:seq", each, flow_style=short)


_Dumper.add_representer(list, _written_list)


def names_in(deployment: Deployment, kept: Mapping[str, Any]) -> dict[str, str]:
    """Return what to call each invention: after the resource that did not get it from another."""
    made = deployment.one("time_static", "made")["unix"]
    names = {f"{made:x}": "<made>"}
    for each in deployment.resources:
        given = {text for _, text in _texts(kept[each.address])}
        names |= {
            text: f"<{each.address} {name}>"
            for name, text in _texts(each.values)
            if _INVENTED.fullmatch(text) and text not in given
        }
    return names


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield all texts in a value, each with what it is called."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, name)
    elif isinstance(value, str):
        yield name, value


def named(value: Any, names: Mapping[str, str], key: str = "") -> Any:
    """Return a value with readable texts, and names instead of inventions."""
    if isinstance(value, Mapping):
        return {name: named(each, names, name) for name, each in value.items()}
    if isinstance(value, list):
        return [named(each, names, key) for each in value]
    if not isinstance(value, str):
        return value
    if key in _READ:
        return named(_READ[key](value), names)
    for invented, name in names.items():
        value = value.replace(invented, name)
    return _DIGEST.sub("…", value)


def compact(value: Any) -> Any:
    """Return a value without what is empty, and the only block of its kind as such."""
    if isinstance(value, Mapping):
        items = {name: compact(each) for name, each in value.items()}
        return {name: each for name, each in items.items() if each not in _NOTHING}
    if isinstance(value, list):
        kept = [each for each in map(compact, value) if each not in _NOTHING]
        return kept[0] if len(kept) == 1 and isinstance(kept[0], Mapping) else kept
    return value


def _charts(text: str) -> dict[str, Any]:
    """Return the dashboard's name, and its lines by the title of their chart."""
    dashboard = json.loads(text)
    return dashboard | {
        "gridLayout": {
            each["title"]: [
                set_["timeSeriesQuery"]["timeSeriesFilter"] for set_ in each["xyChart"]["dataSets"]
            ]
            for each in dashboard["gridLayout"]["widgets"]
        }
    }


def _gateway(text: str) -> dict[str, Any]:
    """Return what a specification says to the gateway; the rest is compared elsewhere."""
    specification = yaml.safe_load(base64.b64decode(text))
    return {name: each for name, each in specification.items() if name.startswith("x-google")}


# What is text in text, by the argument that has it.
_READ = {
    "body": lambda text: json.loads(base64.b64decode(text)),
    "contents": _gateway,
    "dashboard_json": _charts,
}
