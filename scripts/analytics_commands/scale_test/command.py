"""Load a pipeline, and prove each event is there exactly once.

    analytics scale-test --scale-test-name baseline --n 1000 --pool-size 30
    analytics scale-test --n 6000 --rate 100 --event-category cold --report cold.html

Sends `n` batches, repeats what fails with the same Idempotency-Key, then compares what was
acknowledged with the objects in Cloud Storage and, by SQL, with every event. Prints throughput,
latencies and what is lost, doubled or altered, and writes a report as one HTML file. Exit code 1
on a single event that is not as it should be, or a batch that was never acknowledged.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from analytics_commands.foundation.pipeline.pipeline_options import (
    add_gateway_options,
    add_target_options,
)
from analytics_commands.foundation.pipeline.target import (
    GatewaySettings,
    Target,
    read_gateway,
    read_target,
)
from analytics_commands.foundation.terminal.ending import CommandFailed, run_command
from analytics_commands.foundation.terminal.output import print_json, print_records
from analytics_commands.foundation.terminal.parsing import new_parser
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.scale_test.load.event_route import Gateway, read_url
from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.sending import Load, Sender
from analytics_commands.scale_test.load.sending_progress import shown_progress
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.proof.proof import Proof, Prover
from analytics_commands.scale_test.proof.queryable import Queries
from analytics_commands.scale_test.report.figures import Figures, compute_figures
from analytics_commands.scale_test.report.report_page import draw_page
from analytics_commands.scale_test.report.texts import describe, name_findings, verdict
from analytics_commands.scale_test.scale_options import add_options, read_plan


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_options(parser)
    add_gateway_options(parser)
    add_target_options(parser)
    return parser


def scale_test(arguments: argparse.Namespace) -> None:
    """Send, prove and report; raises CommandFailed unless everything is as it should be."""
    target = _target(arguments)
    settings = read_gateway(arguments)
    gateway = str(read_url(settings).origin())  # without what it may hold of secrets
    report = _report_file(arguments)
    plan, load = read_plan(arguments), Load(arguments.pool_size, arguments.rate)
    prover = _prover(target, plan)
    console = progress_console()
    tally = asyncio.run(_send(settings, plan, load, console))
    console.print(f"last answer after {tally.last_answer:.1f} s; looking for every event")
    proof = prover.prove(tally, arguments.wait_seconds)
    figures = compute_figures(plan, load, tally, proof, gateway=gateway)
    _show(figures, proof, as_json=arguments.json)
    if report is not None:
        _write(report, draw_page(figures, plan, tally, proof))
        console.print(f"report: {report}")
    if problems := figures.problems():
        raise CommandFailed(", ".join(problems))


def _target(arguments: argparse.Namespace) -> Target:
    return replace(read_target(arguments), key_file=arguments.gcp_secret_path)


async def _send(settings: GatewaySettings, plan: Plan, load: Load, console: Console) -> Tally:
    host = read_url(settings).origin()
    console.print(f"{plan.run}: {plan.batches:,} batches of {plan.batch_size:,} to {host}")
    async with Gateway.connect(settings, plan.parameters, load.connections) as gateway:
        tally = Tally(plan.batches, datetime.now(UTC))
        async with shown_progress(tally, plan.batches, console):
            await Sender(gateway, plan, tally).send_all(load)
    return tally


def _prover(target: Target, plan: Plan) -> Prover:
    """Return what proves the run, once it is certain that it will be able to."""
    bucket, dataset = target.settings.bucket_name, target.settings.bigquery_dataset
    try:
        queries = Queries(target.warehouse, plan, bucket, dataset)
    except (OSError, ValueError) as exc:
        raise CommandFailed(f"{target.key_file} is no key of a service account: {exc}") from exc
    prover = Prover(queries, target.inventory, plan)
    prover.check_access()
    return prover


def _report_file(arguments: argparse.Namespace) -> Path | None:
    """Return where the report goes, in a folder that is there."""
    if arguments.no_report:
        return None
    report: Path = arguments.report or Path(f"scale-test-{arguments.scale_test_name}.html")
    if not report.parent.is_dir():
        raise CommandFailed(f"there is no folder {report.parent} for the report")
    return report


def _write(report: Path, page: str) -> None:
    try:
        report.write_text(page, encoding="utf-8")
    except OSError as exc:
        raise CommandFailed(f"the report cannot be written: {exc}") from exc


def _show(figures: Figures, proof: Proof, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(figures))
        return
    print_records(describe(figures), as_json=False)
    if proof.rows_per_batch is not None:
        print(proof.rows_per_batch.sql)
        print_records(proof.rows_per_batch.rows, as_json=False)
    for line in [*name_findings(figures), verdict(figures)]:
        print(line)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(scale_test, build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
