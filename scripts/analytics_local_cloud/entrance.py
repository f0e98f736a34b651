"""What a request at the gateway's address meets on its way to the gateway, in this order."""

from starlette.types import ASGIApp

from analytics_local_cloud.faults.faulty_app import FaultyApp
from analytics_local_cloud.inside import Front, Inside
from analytics_local_cloud.journal.exchanges import Journal
from analytics_local_cloud.journal.recorded_app import GATEWAY, RecordedApp
from analytics_local_cloud.local_api.local_front import LocalFront


def behind_front(gateway: ASGIApp, inside: Inside, journal: Journal, front: Front) -> ASGIApp:
    """Return the gateway behind the front, the local API, and its faults; with who writes down."""
    heard = RecordedApp(FaultyApp(gateway, "gateway", inside.board), GATEWAY, journal)
    return front(LocalFront(heard, inside), inside)
