"""Cloud Scheduler on one machine: calls `reconcile` now and then.

The function scales to zero, as in the cloud: its process lives for the call alone. A call that
fails is told on stderr and made again when its time comes, for as long as the pipeline runs.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from analytics_local_cloud.function_process import FunctionFailed, FunctionProcess

TARGET = "reconcile"
_CALL_SECONDS = 1740.0  # as long as the function may take in the cloud
_LOOK_SECONDS = 1.0  # at the clock, which may be set
_SHOWN = 200  # characters of an answer


@dataclass(frozen=True)
class Schedule:
    """How often `reconcile` is called, and with which JSON: what all calls in terraform/ ask."""

    every_seconds: float = 1800.0
    body: str = '{"days": 1, "list_bucket": true, "remove_repeated": true}'


async def keep_calling(
    schedule: Schedule,
    settings: Mapping[str, str],
    log: Path,
    clock: Callable[[], float] = time.time,
) -> None:
    """Call the function until cancelled, first when the first pause is over by the `clock`."""
    while True:
        due = clock() + schedule.every_seconds
        while (left := due - clock()) > 0:  # noqa: ASYNC110 - a clock
            await asyncio.sleep(min(left, _LOOK_SECONDS))
        try:
            await call_once(schedule.body, settings, log)
        except FunctionFailed as exc:
            print(f"{TARGET}: {exc}", file=sys.stderr, flush=True)


async def call_once(body: str, settings: Mapping[str, str], log: Path) -> None:
    """Start the function, call it, and end it; raises FunctionFailed unless it answers 200."""
    function = FunctionProcess(TARGET, settings, log)
    timeout = aiohttp.ClientTimeout(total=_CALL_SECONDS)
    async with function.running(), aiohttp.ClientSession(timeout=timeout) as session:
        await function.wait_listening()
        headers = {"Content-Type": "application/json"}
        try:
            async with session.post(function.url, data=body, headers=headers) as answer:
                text = await answer.text(errors="replace")
        except (aiohttp.ClientError, TimeoutError) as exc:
            raise FunctionFailed(f"{type(exc).__name__}, see {log}") from exc
    if not answer.ok:
        raise FunctionFailed(f"HTTP {answer.status} {text[:_SHOWN].strip()}, see {log}")
