"""Faults: what the local cloud breaks on purpose, switched on and off."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from analytics_console.asked.fault_switches import SWITCHES, Switch
from analytics_console.asked.posted_forms import read_form
from analytics_console.pages import Model, Page, back
from analytics_console.refused import Refused
from analytics_local_cloud.faults.fault_kinds import (
    Fault,
    FaultList,
    Repeated,
    Shift,
    UnknownFault,
    read_faults,
)
from analytics_local_cloud.inside import Inside

_PATH = "/console/faults"
_DAY = 24 * 3600.0


async def _read(inside: Inside, _: Request) -> Model:
    """Return the switches, all that is on, and how often each took place since it was."""
    state = inside.board.state()
    switches = [
        {
            "place": switch.place,
            "name": switch.name,
            "does": switch.does,
            "then": switch.then,
            "is_on": switch.fault in state.faults,
            "played": _played(switch, state),
        }
        for switch in SWITCHES
    ]
    return {
        "switches": switches,
        "on": {"faults": [_spelt(fault) for fault in state.faults]},
        "played": state.played,
        "clock": datetime.fromtimestamp(inside.board.clock(), UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "ahead": sum(each.seconds for each in state.faults if isinstance(each, Shift)),
    }


def _played(switch: Switch, state: FaultList) -> int | None:
    """Return how often it took place; None where it is off, or there is nothing to count."""
    if switch.fault not in state.faults or not isinstance(switch.fault, Repeated):
        return None
    return state.played[state.faults.index(switch.fault)]


def _spelt(fault: Fault) -> dict[str, Any]:
    """Return a fault as it is sent: without what is usual."""
    usual = {each.name: each.default for each in msgspec.structs.fields(fault)}
    told: dict[str, Any] = msgspec.to_builtins(fault)
    return {name: value for name, value in told.items() if value != usual.get(name)}


async def _switch(inside: Inside, request: Request) -> Response:
    """Switch one on, or off if it is on; all others stay as they are, and count anew."""
    name = (await read_form(request)).get("name", "")
    found = next((each.fault for each in SWITCHES if each.name == name), None)
    if found is None:
        raise Refused(f"there is no switch {name!r}")
    on = inside.board.state().faults
    others = tuple(fault for fault in on if fault != found)
    return _now(inside, others if found in on else (*others, found))


async def _set(inside: Inside, request: Request) -> Response:
    """Switch on what the JSON of the form says, and all else off."""
    text = (await read_form(request)).get("faults", "")
    try:
        return _now(inside, read_faults(text.encode()))
    except UnknownFault as exc:
        raise Refused(str(exc)) from exc


async def _end(inside: Inside, _: Request) -> Response:
    """Switch all off."""
    return _now(inside, ())


async def _add_day(inside: Inside, _: Request) -> Response:
    """Set the clock of the services a day ahead of what it is."""
    on = inside.board.state().faults
    ahead = sum(each.seconds for each in on if isinstance(each, Shift))
    return _now(inside, (*_without_clock(on), Shift(at="clock", seconds=ahead + _DAY)))


async def _right_clock(inside: Inside, _: Request) -> Response:
    """Set the clock of the services right."""
    return _now(inside, _without_clock(inside.board.state().faults))


def _without_clock(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    return tuple(each for each in faults if not isinstance(each, Shift))


def _now(inside: Inside, faults: tuple[Fault, ...]) -> Response:
    inside.board.replace(faults)
    return back(_PATH)


FAULTS = Page(
    "faults",
    "Faults",
    _read,
    acts={"switch": _switch, "set": _set, "off": _end, "day": _add_day, "now": _right_clock},
)
