"""Time zones: a TIMESTAMP as the DATETIME that clocks show somewhere, and back."""

from collections.abc import Callable
from zoneinfo import available_timezones

from analytics_local_cloud.warehouse.translation.function_calls import Call, bind
from analytics_local_cloud.warehouse.translation.nodes import NotTranslated


def zone_of(call: Call, position: int) -> str:
    """Return the time zone that is argument `position`, UTC where there are fewer.

    Raises `NotTranslated` for one that is no literal, or no name of the IANA's.
    """
    if position >= len(call.nodes):
        return "UTC"
    zone = call.text(position)
    if zone not in available_timezones():
        raise NotTranslated(f"The time zone {zone}")
    return zone


def local(value: str, zone: str) -> str:
    """Return a TIMESTAMP as the DATETIME of a zone."""
    return f"make_timestamp(epoch_us({value}))" if zone == "UTC" else f"timezone('{zone}', {value})"


def absolute(value: str, zone: str) -> str:
    """Return a DATETIME (or DATE) of a zone as a TIMESTAMP."""
    if zone == "UTC":
        return f"make_timestamptz(epoch_us({value}))"
    return f"gsql_absolute(CAST({value} AS TIMESTAMP), '{zone}')"


def in_zone(template: str, position: int, *, back: bool = False) -> Callable[[Call], str]:
    """Return a rule: the template of a TIMESTAMP as the DATETIME of the zone at `position`."""

    def rule(call: Call) -> str:
        zone = zone_of(call, position)

        def body(value: str) -> str:
            result = template.format(value)
            return absolute(result, zone) if back else result

        return bind(call.statement, [local(call.arguments[0], zone)], body)

    return rule
