"""Runs the pipeline until it is stopped, and says what can be done with it meanwhile."""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from analytics_commands.foundation.event_loop import run_in_loop
from analytics_commands.foundation.sources import SOURCES
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.run.welcome import welcome
from analytics_console.front import ConsoleFront
from analytics_local_cloud.addresses import Place
from analytics_local_cloud.data_folder import AlreadyRunning, FolderUnusable
from analytics_local_cloud.function_process import FunctionFailed
from analytics_local_cloud.listeners import CannotListen
from analytics_local_cloud.provisioning import ResourceRefused
from analytics_local_cloud.schedule import Schedule
from analytics_local_cloud.supervisor import PipelineOptions, run_pipeline
from analytics_local_cloud.warehouse import STREAMING_BUFFER_SECONDS

_REFUSALS = (AlreadyRunning, CannotListen, FolderUnusable, FunctionFailed, ResourceRefused)


def run_until_stopped(arguments: argparse.Namespace, given: Sequence[str]) -> None:
    """Run the pipeline with the options read, as they were `given`; raises CommandFailed."""
    with ExitStack() as stack:
        try:
            options = read_options(arguments, _folder(arguments, stack))
            describe = welcome(options, given, ephemeral=arguments.ephemeral)
            run_in_loop(lambda: _run(options, describe), _loop_factory())
        except _REFUSALS as exc:
            raise CommandFailed(str(exc)) from exc
        except asyncio.CancelledError:  # stopped before it was ready
            raise KeyboardInterrupt from None


def read_options(arguments: argparse.Namespace, data_dir: Path) -> PipelineOptions:
    """Return how to run; what was not said is as in the local cloud."""
    usual, buffer = Schedule(), arguments.streaming_buffer
    return PipelineOptions(
        SOURCES,
        data_dir,
        Place(arguments.host, arguments.port, arguments.public_url or ""),
        arguments.api_key,
        STREAMING_BUFFER_SECONDS if buffer is None else buffer,
        Schedule(
            arguments.reconcile_every or usual.every_seconds,
            arguments.reconcile_body or usual.body,
        ),
        ConsoleFront,
    )


def _folder(arguments: argparse.Namespace, stack: ExitStack) -> Path:
    try:
        if arguments.ephemeral:
            return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pipeline-")))
        folder: Path = arguments.data_dir.absolute()
    except OSError as exc:
        raise CommandFailed(f"there is no folder for the data: {exc}") from exc
    return folder


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes a faster event loop, where there is one."""
    try:
        import uvloop  # noqa: PLC0415 - not on every system
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _run(options: PipelineOptions, describe: Callable[[dict[str, str]], str]) -> None:
    """Run the pipeline until SIGINT or SIGTERM; cancelled by these before it is ready."""
    task = asyncio.current_task()
    if task is not None:
        _on_stop(task.cancel)
    async with run_pipeline(options) as variables:
        stop = asyncio.Event()
        _on_stop(stop.set)
        print(describe(variables))
        print(f"ready on {variables['ANALYTICS_URL']}", flush=True)
        await stop.wait()
        print("stopping", file=sys.stderr)


def _on_stop(react: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    for stopping in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(stopping, react)
