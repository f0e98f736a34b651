"""What whoever stands in front of the gateway can reach of the running pipeline."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
from starlette.types import ASGIApp

from analytics_local_cloud.addresses import Urls
from analytics_local_cloud.faults.fault_board import FaultBoard
from analytics_local_cloud.journal.traces import Traces


@dataclass(frozen=True)
class Inside:
    """The pipeline from inside: in its event loop, and nowhere else.

    `variables` are what clients are told; `own` is where this machine reaches the services;
    `backlog` tells how many events wait for their delivery.
    """

    variables: Mapping[str, str]
    own: Urls
    session: aiohttp.ClientSession
    board: FaultBoard
    traces: Traces
    backlog: Callable[[], int]


Front = Callable[[ASGIApp, Inside], ASGIApp]
"""Makes what answers at the gateway's address of what would; most of it, the gateway answers."""


def no_front(app: ASGIApp, _: Inside) -> ASGIApp:
    """Let the gateway answer all."""
    return app
