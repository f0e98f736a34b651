"""What a deployment consists of, as data to be read and compared: what was written of each resource.

Left out is what nobody wrote, such as defaults and identifiers, and long texts that other tests
compare with their source. `after` is what a resource waits for without using anything of it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from terraform_root import Deployment

FOLDER = Path(__file__).parent / "inventory"
_LEFT_OUT = {
    *("contents", "creation_record", "schema"),  # of the gateway's API, of an alert, of a table
    *("dashboard_json", "query"),  # see `charts` below; views
}
_COMPUTED = re.compile(r"effective_time|compression|tag_state|unit|with_state|mime_type|\w*uri")
_INVENTED = re.compile(r"fake-|BwYfake|https://[\w-]+\.example\.invalid")
_DIGEST = re.compile(r"(?<![0-9a-z])(?=[0-9a-f]*[0-9])[0-9a-f]{8,64}(?![0-9a-z])")
_NOTHING: tuple[Any, ...] = (None, {}, [])


def inventory_of(deployment: Deployment, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return providers, resources by address, and outputs; `configuration` is a plan's."""
    written = {each["address"]: each for each in configuration["root_module"]["resources"]}
    resources = {}
    for each in deployment.resources:
        name = each.name.split("[")[0]
        config = written[f"{each.type}.{name}"]
        values = {
            key: value for key, value in each.values.items() if _is_written(key, value, config)
        }
        after = sorted(config.get("depends_on", ()))
        resources[f"{each.type}.{each.name}"] = _kept({**values, "after": after})
    return {
        "outputs": _kept(deployment.outputs),
        "providers": _kept(configuration["provider_config"]),
        "resources": resources,
    }


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


def text_of(inventory: Mapping[str, Any]) -> str:
    """Return it as a file has it."""
    return yaml.safe_dump(dict(inventory), sort_keys=True, width=140, allow_unicode=True)


def _is_written(key: str, value: Any, config: Mapping[str, Any]) -> bool:
    """Tell whether it is in the configuration: by name, or as a block that is made for each."""
    is_block = isinstance(value, list) and value and isinstance(value[0], Mapping)
    return key not in _LEFT_OUT and (key in config["expressions"] or bool(is_block))


def _kept(value: Any) -> Any:
    if isinstance(value, Mapping):
        items = {name: _kept(each) for name, each in value.items() if not _COMPUTED.fullmatch(name)}
        return {name: each for name, each in items.items() if each not in _NOTHING}
    if isinstance(value, list):
        kept = [each for each in map(_kept, value) if each not in _NOTHING]
        is_block = len(kept) == 1 and isinstance(kept[0], Mapping)
        return kept[0] if is_block else kept
    if isinstance(value, str):
        return None if _INVENTED.match(value) else _DIGEST.sub("…", value)
    return value
