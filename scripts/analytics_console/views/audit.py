"""Audit: did we lose anything? As `analytics audit` answers, when somebody asks."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request

from analytics_commands.audit.findings import MEANINGS
from analytics_console.own_commands import run_own_command
from analytics_console.pages import Model, Page
from analytics_console.refused import Refused
from analytics_local_cloud.inside import Inside

_SINCE, _SETTLE = "7d", "1m"
_MOST_OF_A_KIND = 20

Record = Mapping[str, Any]


async def _read(inside: Inside, request: Request) -> Model:
    """Return what is asked for, and with `?run=1` what the audit answers, else None."""
    query = request.query_params
    asked = {
        "since": query.get("since") or _SINCE,
        "settle": query.get("settle") or _SETTLE,
        "environment": query.get("environment", ""),
    }
    return {**asked, "audit": await _audit(inside, asked) if query.get("run") == "1" else None}


async def _audit(inside: Inside, asked: Mapping[str, str]) -> Model:
    if any("\0" in value or len(value) > 1024 for value in asked.values()):  # noqa: PLR2004
        raise Refused("a field is too long, or holds a NUL")
    options = [f"--{name}={value}" for name, value in asked.items() if value]
    ended = await run_own_command(inside, "audit", "--json", *options)
    records = [msgspec.json.decode(line) for line in ended.output.splitlines()]
    summary = next((each for each in records if each["type"] == "summary"), None)
    if summary is None:
        raise Refused(ended.errors.strip() or f"the audit ended with {ended.code}")
    return {
        "command": shlex.join(["analytics", "audit", *options]),
        "summary": summary,
        "days": [each for each in records if each["type"] == "day"],
        "kinds": _kinds(each for each in records if each["type"] == "finding"),
        "most": _MOST_OF_A_KIND,
        "said": ended.errors.strip(),
    }


def _kinds(findings: Iterable[Record]) -> Sequence[Record]:
    """Return the findings by kind, in the order of weight; of each kind the first ones."""
    found: dict[str, list[Record]] = {}
    for finding in findings:
        found.setdefault(finding["kind"], []).append(finding)
    return [
        {
            "kind": kind,
            "meaning": MEANINGS[kind],
            "verdict": found[kind][0]["verdict"],
            "findings": len(found[kind]),
            "first": found[kind][:_MOST_OF_A_KIND],
        }
        for kind in MEANINGS
        if kind in found
    ]


AUDIT = Page("audit", "Audit", _read)
