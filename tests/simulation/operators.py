"""Who looks after the pipeline: the commands, run beside everything else, killed, and run again."""

import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from rich.console import Console

from analytics_commands.audit.auditor import Auditor
from analytics_commands.audit.reading.account_queries import AccountQueries
from analytics_commands.audit.reading.receipt_lag import await_receipts
from analytics_commands.audit.scope import Scope
from analytics_commands.audit.tallies import Tallies
from analytics_commands.audit.verdict import FindingCounts
from analytics_commands.backfill.action import Backfill
from analytics_commands.cleanup import action as cleanup
from analytics_commands.forget.all_times import ALWAYS
from analytics_commands.forget.copies import Copies
from analytics_commands.forget.forgetter import Forgetter, Request
from analytics_commands.forget.parts import Outcome, Tally
from analytics_commands.forget.player import Player
from analytics_commands.foundation.accounts.shortfalls import ShortfallFinder
from analytics_commands.foundation.pipeline.deletion import THREADS
from analytics_commands.foundation.pipeline.parallel import in_parallel
from analytics_commands.foundation.pipeline.prefixes import read_file_prefix, read_prefix
from analytics_commands.replay.open_letters import read_open_letters
from analytics_commands.replay.replayer import Replayer, Writing
from analytics_pipeline.reconcile.repairs import Repairer
from analytics_pipeline.stored_objects import Selection
from simulation.instances import BEGAN, Instance
from simulation.wiring import target_of

_ALL_DAYS = timedelta(days=30)
_SETTLE = timedelta(minutes=15)
_CRASHES = "data_type=file/analytics_environment=qa/event_category=crash/"


@dataclass
class Audited:
    """What an audit said."""

    tallies: Tallies
    findings: list = field(default_factory=list)

    def uris(self, *kinds):
        """Return the objects with a finding of these kinds."""
        return {each.object for each in self.findings if each.kind in kinds}


class _Lines:
    """The functions' log lines (LogLines)."""

    def __init__(self, instance):
        self._instance = instance

    def read(self, events, since, until):
        lines = self._instance.call(0.2, list, self._instance.world.log.lines)
        return (
            line
            for line in lines
            if line["event"] in events and since <= datetime.fromisoformat(line["time"]) < until
        )


def backfill(instance):
    """Load what lacks rows."""
    target, now = target_of(instance), instance.now()
    repairer = Repairer(
        target.store, target.sink, target.load_jobs, instance.now, lambda *_, **__: None
    )
    finder = ShortfallFinder(target.inventory, target.ledger, instance.now)
    work = Backfill(finder, repairer, 400, Console(file=io.StringIO()))
    list(work.run(Selection(now - _ALL_DAYS, now - _SETTLE)))
    return not work.left_undone


def clean_up(instance):
    """Delete what is old of the environment `qa`, and loaded."""
    target = target_of(instance)
    prefix = read_prefix("data_type=json/analytics_environment=qa/")
    found = cleanup.find_old(target, prefix, instance.now() - timedelta(days=2))
    delete = partial(cleanup._delete, target, execute=True, force=False)
    list(in_parallel(delete, found, THREADS))
    return True


def forget(player, instance):
    """Forget a player; returns whether nothing is left to do, but what needs a person."""
    tally = Tally()
    target, files = target_of(instance), read_file_prefix(_CRASHES)
    request = Request(Player(player), Selection(*ALWAYS), files, execute=True, delete_unknown=True)
    for part in Forgetter(target, request).run():
        tally.add(part)
    Copies.of(target, instance.now())
    return not (tally.has(Outcome.FAILED) or tally.has(Outcome.WAITING))


def replay(instance):
    """Try dead letters again."""
    target = target_of(instance)
    writing = Writing(target.sink, lambda: target.load_jobs)
    replayer = Replayer(target.inventory, target.store, writing, instance.now)
    selection = Selection(BEGAN, instance.now())
    for letters in read_open_letters(target.warehouse, selection, None):
        replayer.replay(letters)
    return True


def audit(instance, settle=_SETTLE):
    """Compare everything there ever was; returns what was said."""
    target, now = target_of(instance), instance.now()
    scope = Scope(Selection(BEGAN - timedelta(days=1), now), settle, now)
    queries = AccountQueries(target.warehouse, "gs://world/", scope)
    counts = FindingCounts()
    await_receipts(lambda: _Lines(instance), queries, now, now, lambda _: None)
    auditor = Auditor(target, scope, queries.known_since(), counts, lambda _: None)
    said = Audited(auditor.tallies)
    said.findings += auditor.find(sessions=True)
    return said


def name_of(command):
    """Return the name of a command."""
    return getattr(command, "func", command).__name__


def run_command(world, command, tries):
    """Run a command in a process of its own; again, later, if it failed or was killed."""
    instance = Instance(world, name_of(command))

    def settle(future):
        is_done = future.exception() is None and future.result()
        if not is_done and tries > 1:
            delay = world.faults.dice.uniform(60, 3 * 3600)
            world.clockwork.loop.after(delay, run_command, world, command, tries - 1)

    future = instance.run(command, instance)
    future.add_done_callback(settle)
    return future
