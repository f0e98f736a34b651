"""The commands, run as by hand: what they print is what the console shows."""

import asyncio
import sys
from dataclasses import dataclass

from analytics_console.refused import Refused
from analytics_local_cloud.inside import Inside

_SECONDS = 120
_ONE_AT_A_TIME = asyncio.Lock()


@dataclass(frozen=True)
class Ended:
    """A command that has ended: its exit code, and what it wrote."""

    code: int
    output: str
    errors: str


async def run_own_command(inside: Inside, *arguments: str) -> Ended:
    """Run `analytics ARGUMENTS` on this pipeline; raises Refused if it takes too long."""
    own = inside.own
    variables = {
        **inside.variables,
        "ANALYTICS_URL": own.gateway,
        "STORAGE_EMULATOR_HOST": own.storage,
        "BIGQUERY_EMULATOR_HOST": own.warehouse,
    }
    settings = [f"{name}={value}" for name, value in variables.items()]
    async with _ONE_AT_A_TIME:
        process = await asyncio.create_subprocess_exec(
            *("env", *settings, sys.executable, "-m", "analytics_commands", *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_SECONDS):
                output, errors = await process.communicate()
        except TimeoutError:
            raise Refused(f"analytics {arguments[0]} takes longer than {_SECONDS} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return Ended(process.returncode or 0, output.decode(), errors.decode())
