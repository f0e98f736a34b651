"""What a deployment consists of, as data to be read and compared: what is written of each resource.

Left out is what nobody wrote, such as defaults and identifiers, and long texts that other tests
compare with their source. What a provider invents is called after what it belongs to.
"""

import re
from collections.abc import Mapping
from typing import Any

from inventory_text import compact, named, names_in
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
    everything = {address: each for kind in found.values() for address, each in kind.items()}
    found["order"] = _direct(after)
    return compact(named(found, names_in(deployment, everything)))


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
