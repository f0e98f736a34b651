"""The scale test as a whole: send, prove, print, write the report, and judge."""

import argparse
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rich.console import Console

from analytics_commands.foundation.event_loop import run_in_loop
from analytics_commands.foundation.pipeline.target import (
    GatewaySettings,
    Target,
    read_gateway,
    read_target,
)
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.foundation.terminal.output import print_json, print_records
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.scale_test.leftovers import explain_leftovers
from analytics_commands.scale_test.load.event_route import Gateway, read_url
from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.sending import Load, Sender
from analytics_commands.scale_test.load.sending_progress import shown_progress
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.proof.prover import Proof, Prover
from analytics_commands.scale_test.proof.queryable import Queries
from analytics_commands.scale_test.report.comparison import describe_comparison
from analytics_commands.scale_test.report.figures import Figures, compute_figures
from analytics_commands.scale_test.report.report_data import ReportData, read_report
from analytics_commands.scale_test.report.report_file import choose_report_file, write_report
from analytics_commands.scale_test.report.report_page import draw_page
from analytics_commands.scale_test.report.texts import (
    aligned,
    list_figures,
    name_findings,
    verdict,
)
from analytics_commands.scale_test.scale_options import read_plan
from analytics_pipeline.errors import TransientError


@dataclass(frozen=True)
class _Run:
    """One run: what is sent where, what proves it, and what came of it so far."""

    plan: Plan
    load: Load
    settings: GatewaySettings
    prover: Prover
    tally: Tally

    @property
    def gateway(self) -> str:
        """The gateway, without what its URL may hold of secrets."""
        return str(read_url(self.settings).origin())


def scale_test(arguments: argparse.Namespace) -> None:
    """Do all of it. What was measured is shown even when the proof fails or is interrupted.

    Raises KeyboardInterrupt, ConfigurationError, TransientError, and CommandFailed unless
    everything is as it should be.
    """
    console = progress_console()
    target, settings = _target(arguments), read_gateway(arguments)
    read_url(settings)
    plan, load = read_plan(arguments), Load(arguments.pool_size, arguments.rate)
    report = choose_report_file(arguments, plan)
    earlier = None if arguments.compare is None else read_report(arguments.compare)
    prover = _prover(target, plan)
    run = _Run(plan, load, settings, prover, Tally(plan.batches, datetime.now(UTC)))
    outcome = _send_and_prove(run, arguments.wait_seconds, console)
    proof = outcome if isinstance(outcome, Proof) else None
    figures = compute_figures(plan, load, run.tally, proof, gateway=run.gateway)
    _show(figures, proof, earlier, as_json=arguments.json)
    if report is not None:
        write_report(report, draw_page(figures, plan, run.tally, proof, earlier))
        console.print(f"report: {report}")
    if isinstance(outcome, BaseException):
        console.print(explain_leftovers(arguments, plan), markup=False)
        raise outcome
    if problems := figures.problems():
        raise CommandFailed(", ".join(problems))


def _target(arguments: argparse.Namespace) -> Target:
    return replace(read_target(arguments), key_file=arguments.gcp_secret_path)


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


def _send_and_prove(
    run: _Run, wait_seconds: float, console: Console
) -> Proof | KeyboardInterrupt | TransientError:
    """Return the proof, or what came before there was one."""
    try:
        run_in_loop(lambda: _send(run, console))
        console.print(f"last answer after {run.tally.last_answer:.1f} s; looking for every event")
        return run.prover.prove(run.tally, wait_seconds)
    except (KeyboardInterrupt, TransientError) as exc:
        return exc


async def _send(run: _Run, console: Console) -> None:
    plan, tally = run.plan, run.tally
    console.print(f"run {plan.run}")
    console.print(f"{plan.batches:,} batches of {plan.batch_size:,} to {run.gateway}")
    connect = Gateway.connect(run.settings, plan.parameters, run.load.connections)
    async with connect as gateway, shown_progress(tally, plan.batches, console):
        await Sender(gateway, plan, tally).send_all(run.load)


def _show(
    figures: Figures, proof: Proof | None, earlier: ReportData | None, *, as_json: bool
) -> None:
    if as_json:
        compared = {} if earlier is None else {"compared_with": earlier.summary()}
        print_json({**figures.record(), **compared})
        return
    lines = aligned(list_figures(figures))
    if earlier is not None:
        lines += ["", *describe_comparison(figures, earlier)]
    if proof is not None and proof.rows_per_batch is not None:
        lines += ["", proof.rows_per_batch.sql]
    print("\n".join(lines))
    if proof is not None and proof.rows_per_batch is not None:
        print_records(proof.rows_per_batch.rows, as_json=False)
    print("\n".join([*name_findings(figures), verdict(figures)]))
