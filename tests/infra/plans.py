"""Plans as `terraform show -json` tells them."""

import json


def told(*changes, has_changes=True):
    """Return a plan; a change is an address, actions as words of one text, before, and after."""
    resources = [_told(*each) for each in changes]
    plan = {"applyable": has_changes, "resource_changes": resources}  # codespell:ignore applyable
    return json.dumps(plan)


def _told(address, actions, before=None, after=None):
    if actions != "create" and before is None:
        before = {"id": "it is there"}
    kind, name = address.split("[")[0].split(".")
    change = {"actions": actions.split(), "before": before, "after": after}
    return {"address": address, "type": kind, "name": name, "change": change}
