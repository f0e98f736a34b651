"""Connect a device: how phones and other machines reach this pipeline."""

import shlex
from pathlib import Path
from urllib.parse import urlsplit

import segno
from starlette.requests import Request

from analytics_console.pages import Model, Page
from analytics_local_cloud.addresses import address_in_network, is_loopback
from analytics_local_cloud.inside import Inside

_PIXELS = 6  # of each of the code's modules


async def _read(inside: Inside, _: Request) -> Model:
    """Return what devices need to know; where they reach nothing, the command that changes it."""
    url = inside.variables["ANALYTICS_URL"]
    is_reachable = not is_loopback(urlsplit(url).hostname or "")
    address = address_in_network()
    return {
        "url": url,
        "is_reachable": is_reachable,
        "code": segno.make(url, micro=False).png_data_uri(scale=_PIXELS) if is_reachable else "",
        "address": address,
        "command": "" if is_reachable else _command(inside, address or "ADDRESS"),
    }


def _command(inside: Inside, address: str) -> str:
    """Return what starts this pipeline, with its data, for other machines."""
    port = urlsplit(inside.own.gateway).port
    folder = Path(inside.variables["FUNCTION_LOGS"]).parent
    host = f"[{address}]" if ":" in address else address
    return (
        f"analytics run --port {port} --data-dir {shlex.quote(str(folder))} \\\n"
        f"  --host 0.0.0.0 --public-url http://{host}:{port}"
    )


CONNECT = Page("connect", "Connect a device", _read)
