"""The cleaning as a whole: find what is old, see what has to stay, delete, and add up."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from analytics_commands.cleanup.cleanup_report import Report
from analytics_commands.foundation.pipeline.deletion import (
    THREADS,
    Deletion,
    Outcome,
    delete_object,
)
from analytics_commands.foundation.pipeline.loaded import (
    Found,
    count_letters,
    find_missing,
    read_open_letters,
)
from analytics_commands.foundation.pipeline.parallel import in_parallel
from analytics_commands.foundation.pipeline.prefixes import Prefix
from analytics_commands.foundation.pipeline.target import Target, read_target
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.foundation.terminal.progress import progress_console, shown_progress
from analytics_commands.foundation.terminal.wording import counted
from analytics_pipeline.errors import TransientError
from analytics_pipeline.object_names import LOADED_CATEGORY
from analytics_pipeline.stored_objects import Selection

_FIRST_DAY = datetime(1970, 1, 2, tzinfo=UTC)  # events of any age


def clean_up(arguments: argparse.Namespace) -> None:
    """Do all of it; raises CommandFailed, TransientError or ConfigurationError."""
    target, console = read_target(arguments), progress_console()
    report = Report(as_json=arguments.json)
    work = partial(_delete, target, execute=arguments.execute, force=arguments.force)
    failure: TransientError | None = None
    try:
        with shown_progress("deleting" if arguments.execute else "listing") as count:
            found = find_old(target, arguments.prefix, arguments.older_than)
            for each, deletion in in_parallel(work, found, THREADS):
                report.add(each, deletion)
                count()
    except TransientError as exc:
        failure = exc
    if failure is None or report.has_any:
        console.print(report.summary(), markup=False)
    if report.totals[Outcome.PLANNED].objects:
        console.print("Nothing was deleted; `--execute` deletes it.")
    if failed := report.totals[Outcome.FAILED].objects:
        raise CommandFailed(f"{counted(failed, 'object')} could not be deleted: run it again")
    if failure is not None:
        raise CommandFailed(f"{failure}; run it again for the rest") from failure


def find_old(target: Target, prefix: Prefix, before: datetime) -> Iterator[Found]:
    """Yield the objects under the prefix that were received before; raises TransientError."""
    objects = target.inventory.objects(prefix.text)
    old = (stored for stored in objects if stored.received < before)
    selection = Selection(_FIRST_DAY, before, prefix.analytics_environment, LOADED_CATEGORY)
    entries = target.ledger.entries(selection, prefix.event_ds)
    found = find_missing(old, entries if prefix.may_be_loaded else iter(()))
    if prefix.data_type != "json":
        return found
    return count_letters(found, read_open_letters(target.warehouse, prefix))


def _delete(target: Target, found: Found, *, execute: bool, force: bool) -> tuple[Found, Deletion]:
    if found.why_kept and not force:
        return found, Deletion(Outcome.KEPT)
    if not execute:
        return found, Deletion(Outcome.PLANNED)
    return found, delete_object(target.bucket, found.stored.ref)
