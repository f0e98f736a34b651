"""Take docs/pictures/*.png: the console as it looks, of a pipeline with a week of a small game.

    python -m generate.screenshots

Starts a pipeline and Chromium of its own; each view is shown in one of the sizes and shades below.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from analytics_commands.foundation.pipeline.local_process import running_pipeline
from devtools.chromium import PROGRAM, Chromium
from devtools.visit import Visit
from generate.sample_game import SampleBatch, odd_batches, sample_batches
from generate.small_png import shrink_png

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
MOST_BYTES = 150_000
_WIDE, _PHONE = (1280, 800), (360, 740)
_SECONDS = 60


@dataclass(frozen=True)
class Shot:
    """A view to be shown: below /console, once `ready` is true in the page."""

    path: str
    ready: str = "true"
    size: tuple[int, int] = _WIDE
    dark: bool = False


SHOTS = {
    "live": Shot(
        "/live?q=state%3Aloaded&event=MISSPELT", "!document.querySelector('#event').hidden"
    ),
    "live-phone": Shot("/live", size=_PHONE, dark=True),
    "overview-dark": Shot("/overview", dark=True),
    "charts": Shot("/charts?days=7&by=event"),
    "dead-letters": Shot("/dead-letters"),
}


def main() -> int:
    """Take the pictures; returns 0."""
    if PROGRAM is None:
        sys.exit("chromium is needed")
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="pipeline-") as folder,
        running_pipeline(Path(folder) / "data") as variables,
    ):
        requests.get(f"{variables['ANALYTICS_URL']}/console/live.json", timeout=_SECONDS)
        fill(variables)
        asyncio.run(_take(variables["ANALYTICS_URL"], Path(folder) / "profile"))
    return 0


def fill(variables: Mapping[str, str]) -> None:
    """Send a pipeline the sample game and what clients get wrong, and wait until it is loaded."""
    played = [*sample_batches(datetime.now(UTC))]
    with requests.Session() as session:
        for batch in (*played, *odd_batches()):
            _send(session, variables, batch)
    expected = sum(len(json.loads(batch.body)) for batch in played)
    client = bigquery.Client(
        variables["GOOGLE_CLOUD_PROJECT"],
        AnonymousCredentials(),
        client_options={"api_endpoint": variables["BIGQUERY_EMULATOR_HOST"]},
    )
    count = "SELECT COUNT(*) FROM events.events WHERE event_timestamp IS NOT NULL"
    deadline = time.monotonic() + _SECONDS
    while next(iter(client.query_and_wait(count)))[0] < expected:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{expected} events were sent, and are not loaded")
    client.close()


def _send(session: requests.Session, variables: Mapping[str, str], batch: SampleBatch) -> None:
    url = f"{variables['ANALYTICS_URL']}/v1/event"
    parameters = {"key": variables["API_KEY"], **batch.parameters}
    session.post(url, data=batch.body, params=parameters, timeout=_SECONDS)


async def _take(home: str, profile: Path) -> None:
    browser = await Chromium.start(profile, "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
    try:
        for name, shot in SHOTS.items():
            visit = await Visit.begin(browser)
            path = shot.path.replace("MISSPELT", str(_misspelt(home)))
            await visit.page.ask("Emulation.setScrollbarsHidden", hidden=True)
            await visit.open(f"{home}/console{path}", *shot.size, dark=shot.dark)
            await visit.wait_for(shot.ready)
            picture = shrink_png(await visit.picture())
            await visit.end()
            if len(picture) > MOST_BYTES:
                raise ValueError(f"{name} has {len(picture):,} bytes")
            (PICTURES / f"{name}.png").write_bytes(picture)
    finally:
        await browser.kill()


def _misspelt(home: str) -> int:
    """Return the number of the event whose fields are misspelt: its inspector says so."""
    wanted = f"{home}/console/live.json?q=state:loaded+eventtype"
    return int(requests.get(wanted, timeout=_SECONDS).json()["lines"][0]["number"])


if __name__ == "__main__":
    sys.exit(main())
