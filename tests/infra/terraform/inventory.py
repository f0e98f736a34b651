"""What a deployment consists of, as data to be read and compared: what is written of each resource.

Left out is what nobody wrote, such as defaults and identifiers, and long texts that other tests
compare with their source. What a provider invents is called after what it belongs to.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from terraform_root import Deployment

# The file that a resource is in: the first whose pattern its type begins with.
SUBJECTS = {
    "access": r"\w+_iam_\w+|google_service_account",
    "alerts": "google_monitoring|google_billing",
    "data": "google_(bigquery|pubsub|storage)",
    "functions": "google_(artifact|cloud)|archive",
    "gateway": "google_(api|compute)",
    "logs": "google_logging",
    "project": "",
}
_BLOCK = re.compile(r'^resource "(\w+)" "(\w+)" {\n(.*?)^}', re.DOTALL | re.MULTILINE)
_DYNAMIC = re.compile(r'^ +dynamic "(\w+)"', re.MULTILINE)
_LIFECYCLE = re.compile(r"^  lifecycle {\n(.*?)^  }", re.DOTALL | re.MULTILINE)
_MOVED = re.compile(r"^moved {\n +from = (.*)\n +to +=(.*)", re.MULTILINE)
_LEFT_OUT = {"documentation", "schema", "view"}
_INVENTED = re.compile(r"fake-[\w-]+|https://[\w-]+\.example\.invalid")
_DIGEST = re.compile(
    r"(?<![0-9a-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{8,64})(?![0-9a-z])"
)
_NOTHING: tuple[Any, ...] = (None, {}, [])


def inventory_of(deployment: Deployment, plan: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return what there is by subject and address, with what comes directly before it as `order`.

    `plan` is the configuration that a plan shows as JSON, `source` the text of all .tf files.
    """
    blocks = {f"{kind}.{name}": text for kind, name, text in _BLOCK.findall(source)}
    written = {each["address"]: each for each in plan["root_module"]["resources"]}
    found: dict[str, Any] = {subject: {} for subject in SUBJECTS}
    after = {}
    for each in (*deployment.resources, *deployment.data):
        place = each.address.split("[")[0]
        config, block = written[place], blocks.get(place, "")
        kept = _kept(each.values, config.get("expressions", {}), _DYNAMIC.findall(block))
        found[_subject_of(each.type)][each.address] = {**kept, **_meta(config, block)}
        after[place] = each.after
    found["project"] |= {
        "labels": deployment.one("google_storage_bucket", "events")["effective_labels"],
        "moved": [f"{old} ->{new}" for old, new in _MOVED.findall(source)],
        "outputs": deployment.outputs,
        "providers": plan["provider_config"],
    }
    found["order"] = _direct(after)
    named = _named(found, _names_in(deployment, found))
    return {subject: _compact(each) for subject, each in named.items()}


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
    return yaml.dump(both, Dumper=_Dumper, width=120, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Writes a short list on one line."""


def _written_list(dumper: yaml.SafeDumper, each: list[Any]) -> yaml.Node:
    short = not any(isinstance(item, Mapping | list) for item in each)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", each, flow_style=short)


_Dumper.add_representer(list, _written_list)


def _subject_of(kind: str) -> str:
    return next(
        name for name, pattern in SUBJECTS.items() if re.match(pattern, kind.removeprefix("data."))
    )


def _meta(config: Mapping[str, Any], block: str) -> dict[str, Any]:
    """Return what is written about a resource, and is none of its values."""
    provider = config["provider_config_key"]
    lifecycle = "".join(_LIFECYCLE.findall(block)).splitlines()
    return {
        "depends_on": sorted(config.get("depends_on", ())),
        "lifecycle": [re.sub(" +", " ", each.split("#")[0]).strip() for each in lifecycle],
        "provider": provider if provider == "google-beta" else None,
    }


def _kept(values: Mapping[str, Any], config: Any, dynamic: list[str]) -> dict[str, Any]:
    """Return what the configuration gives; of a block that is made for each it shows nothing."""
    return {
        name: _kept_of(value, config.get(name), dynamic)
        for name, value in values.items()
        if name not in _LEFT_OUT and (name in config or name in dynamic)
    }


def _kept_of(value: Any, config: Any, dynamic: list[str]) -> Any:
    """Return of each block what is written in it; any other value, and what is unknown, whole."""
    if not isinstance(config, list) or len(config) < len(value):
        return value
    names = {name for each in config for name in each}
    merged = {
        name: [block for block in given for block in block]
        if all(isinstance(block, list) for block in given)
        else given[0]
        for name in names
        for given in [[each[name] for each in config if name in each]]
    }
    return [_kept(each, merged, dynamic) for each in value]


def _direct(after: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    """Return what comes before something, without what comes before that already."""
    return {
        address: sorted(
            each for each in before if not any(each in after.get(other, ()) for other in before)
        )
        for address, before in after.items()
    }


def _names_in(deployment: Deployment, found: Mapping[str, Any]) -> dict[str, str]:
    """Return what to call each invention: after the resource that did not get it from another."""
    made = deployment.one("time_static", "made")["unix"]
    names = {f"{made:x}": "<made>"}
    for each in deployment.resources:
        given = {text for _, text in _texts(found[_subject_of(each.type)][each.address])}
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


def _named(value: Any, names: Mapping[str, str], key: str = "") -> Any:
    """Return a value with readable texts, and names instead of inventions."""
    if isinstance(value, Mapping):
        return {name: _named(each, names, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_named(each, names, key) for each in value]
    if not isinstance(value, str):
        return value
    if key in _READ:
        return _named(_READ[key](value), names)
    for invented, name in names.items():
        value = value.replace(invented, name)
    return _DIGEST.sub("…", value)


def _compact(value: Any) -> Any:
    """Return a value without what is empty, and the only block of its kind as such."""
    if isinstance(value, Mapping):
        items = {name: _compact(each) for name, each in value.items()}
        return {name: each for name, each in items.items() if each not in _NOTHING}
    if isinstance(value, list):
        kept = [each for each in map(_compact, value) if each not in _NOTHING]
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
