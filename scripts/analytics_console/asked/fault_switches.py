"""Faults that are ready to be switched on, in plain words."""

from dataclasses import dataclass

from analytics_local_cloud.faults.fault_kinds import (
    Delay,
    Drop,
    Duplicate,
    Fault,
    Full,
    Reorder,
    Reset,
    Status,
)

_API = "/v1/"  # of the gateway: what clients send to


@dataclass(frozen=True)
class Switch:
    """A fault: `does` says what it breaks, `then` what the pipeline makes of it."""

    name: str
    place: str
    does: str
    then: str
    fault: Fault


SWITCHES = (
    Switch(
        "gateway_503",
        "Gateway",
        "Every fifth request is answered 503",
        "Clients keep the events and send them again.",
        Status(at="gateway", path=_API, probability=0.2),
    ),
    Switch(
        "gateway_lost_answer",
        "Gateway",
        "Every fifth answer is lost, though the events are stored",
        "Clients send again under the same key: the events count once.",
        Reset(at="gateway", path=_API, when="after", probability=0.2),
    ),
    Switch(
        "gateway_reset",
        "Gateway",
        "Every fifth connection is reset before anything is stored",
        "Clients send again.",
        Reset(at="gateway", path=_API, probability=0.2),
    ),
    Switch(
        "gateway_slow",
        "Gateway",
        "Every request waits two seconds",
        "Clients wait; games do not.",
        Delay(at="gateway", path=_API, seconds=2.0),
    ),
    Switch(
        "storage_503",
        "Cloud Storage",
        "Every fifth request is answered 503",
        "The functions try again; what cannot be stored is not acknowledged.",
        Status(at="storage", probability=0.2),
    ),
    Switch(
        "storage_lost_answer",
        "Cloud Storage",
        "Every fifth answer is lost, though the object is there",
        "The next try finds the object, and nothing is stored twice.",
        Reset(at="storage", when="after", probability=0.2),
    ),
    Switch(
        "warehouse_503",
        "BigQuery",
        "Every fifth request is answered 503, also from this console",
        "Events are delivered to load again until they are rows.",
        Status(at="warehouse", probability=0.2),
    ),
    Switch(
        "load_fails",
        "BigQuery",
        "No request is carried out: every load fails",
        "Events wait in Cloud Storage, and are rows once this is off.",
        Status(at="warehouse"),
    ),
    Switch(
        "events_twice",
        "Deliveries",
        "Every object is announced twice at the same moment",
        "Both make the same rows, and a query sees each event once.",
        Duplicate(at="events"),
    ),
    Switch(
        "events_late",
        "Deliveries",
        "Every object is announced ten seconds late",
        "Rows come ten seconds later.",
        Delay(at="events", seconds=10.0),
    ),
    Switch(
        "events_any_order",
        "Deliveries",
        "Objects are announced in any order",
        "An event's order is its eventIndex, not that of its row.",
        Reorder(at="events"),
    ),
    Switch(
        "events_again",
        "Deliveries",
        "Every second acknowledgement is lost",
        "The object is announced again, and makes no other rows.",
        Drop(at="events", what="acknowledgement", probability=0.5),
    ),
    Switch(
        "events_never",
        "Deliveries",
        "Every fifth object is never announced",
        "The audit names what has no rows; reconcile or analytics backfill loads it.",
        Drop(at="events", what="event", probability=0.2),
    ),
    Switch(
        "disk_full",
        "Machine",
        "The disk is full: no file of the services can grow",
        "Nothing is acknowledged that is not stored; what is stored stays.",
        Full(at="disk"),
    ),
)
