"""The rehearsal as a whole: two revisions, the objects, what differs, and the verdict."""

import argparse
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from analytics_commands.foundation.pipeline.parallel import in_parallel
from analytics_commands.foundation.pipeline.pipeline_options import read_selection
from analytics_commands.foundation.pipeline.target import read_target
from analytics_commands.foundation.terminal.ending import DONE, FAILED, CommandFailed
from analytics_commands.foundation.terminal.output import print_json, visible
from analytics_commands.foundation.terminal.progress import progress_console, shown_progress
from analytics_commands.foundation.terminal.wording import counted
from analytics_commands.rehearse.differences import Comparer, Difference
from analytics_commands.rehearse.rehearsal_report import Findings, event_record, print_kinds
from analytics_commands.rehearse.rehearsed_objects import (
    RehearsedObject,
    objects_of_bucket,
    objects_of_files,
)
from analytics_commands.rehearse.rehearser import Lane, Rehearser
from analytics_commands.rehearse.revisions import Checkout, Revision
from analytics_commands.rehearse.row_processes import RowProcess
from analytics_commands.rehearse.row_rules import RowRules

_MAX_LANES = 8  # one thread reads and compares what all of them make


def rehearse(arguments: argparse.Namespace) -> int:
    """Do all of it, and return the exit code.

    Raises CommandFailed, WrongUsage, TransientError or ConfigurationError.
    """
    console = progress_console()
    objects = _objects(arguments)
    findings = Findings()
    tell = _print_event if arguments.json else _say_nothing

    def say(text: str) -> None:
        console.print(visible(text), markup=False)

    with TemporaryDirectory(prefix="analytics-rehearse-") as folder:
        checkout = Checkout(arguments.folder)
        before = checkout.unpack(arguments.against, Path(folder))
        now = checkout.working_tree
        say(f"rehearsing {now.name} against {before.name}")
        with _lanes(before, now) as (lanes, comparer), shown_progress("objects") as one_more:
            rehearser = Rehearser(lanes, comparer, tell, say)
            for found in in_parallel(rehearser.rehearse, objects, len(lanes)):
                findings.merge(found)
                one_more()
    if arguments.json:
        say(findings.verdict)
    else:
        print_kinds(findings)
    if findings.unread:
        raise CommandFailed(f"{counted(findings.unread, 'object')} could not be read")
    if not findings.events:
        raise CommandFailed("there is no event to rehearse with: choose another --since or --files")
    return FAILED if findings.differing else DONE


def _objects(arguments: argparse.Namespace) -> Iterable[RehearsedObject]:
    selection = read_selection(arguments)
    if arguments.files:
        return objects_of_files(arguments.files, selection)
    return objects_of_bucket(read_target(arguments), selection)


@contextmanager
def _lanes(before: Revision, now: Revision) -> Iterator[tuple[list[Lane], Comparer]]:
    """Run the row code of both for each core, and yield what compares their rows."""
    with ExitStack() as stack:

        def start(revision: Revision) -> RowProcess:
            return stack.enter_context(RowProcess(revision))

        count = min(os.cpu_count() or 1, _MAX_LANES)
        lanes = [Lane(start(before), start(now)) for _ in range(count)]
        schemas = [(lane.before.read_schema(), lane.now.read_schema()) for lane in lanes]
        rules = (RowRules(before.name, schemas[0][0]), RowRules(now.name, schemas[0][1]))
        yield lanes, Comparer(*rules)


_printing = threading.Lock()


def _print_event(shown: str, difference: Difference) -> None:
    with _printing:
        print_json(event_record(shown, difference))


def _say_nothing(_shown: str, _difference: Difference) -> None:
    """Kinds are told at the end."""
