"""Faults in the words of a test → as the local cloud takes them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_STATUS = re.compile(r"(gateway|storage|warehouse)_([45]\d\d)")


def read_faults(words: Mapping[str, float], environment: str) -> Sequence[Mapping[str, Any]]:
    """Return the faults that are meant; raises TypeError with those that are known.

    A number is a probability, True is always; of `slow`, it is seconds. What hits deliveries hits
    those of the environment alone, what hits requests all of them.
    """
    return [_read(name, float(value), environment) for name, value in words.items()]


def _read(name: str, value: float, environment: str) -> Mapping[str, Any]:
    path = f"data_type=json/analytics_environment={environment}/"
    events = {"at": "events", "path": path, "probability": value}
    requests = {"at": "gateway", "path": "/v1/", "probability": value}
    known: Mapping[str, Mapping[str, Any]] = {
        "lost_answers": {"do": "reset", "when": "after", **requests},
        "lost_requests": {"do": "reset", **requests},
        "slow": {"do": "delay", "at": "gateway", "path": "/v1/", "seconds": value},
        "lost_deliveries": {"do": "drop", "what": "delivery", **events},
        "deliver_twice": {"do": "duplicate", **events},
        "any_order": {"do": "reorder", "at": "events", "probability": value},
    }
    if status := _STATUS.fullmatch(name):
        place = requests if status[1] == "gateway" else {"at": status[1], "probability": value}
        return {"do": "status", **place, "code": int(status[2]), "retry_after": 0}
    if name not in known:
        names = ", ".join(["gateway_503 (or storage_, warehouse_, any status)", *known])
        raise TypeError(f"there is no fault {name}; known are {names}")
    return known[name]
