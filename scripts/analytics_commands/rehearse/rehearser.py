"""Rehearses with one object: both revisions make its rows, which are compared as they come."""

from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import NamedTuple

from analytics_commands.rehearse.differences import Comparer, Difference
from analytics_commands.rehearse.pairing import pair
from analytics_commands.rehearse.rehearsal_report import Findings
from analytics_commands.rehearse.rehearsed_objects import RehearsedObject
from analytics_commands.rehearse.row_processes import RowProcess
from analytics_pipeline.errors import PipelineError


class Lane(NamedTuple):
    """A process of each revision, for one object at a time."""

    before: RowProcess
    now: RowProcess


class Rehearser:
    """Shares lanes among threads, any of which tells of events that differ.

    `tell` is called with what people call the object; `complain` with why one could not be read.
    """

    def __init__(
        self,
        lanes: Iterable[Lane],
        comparer: Comparer,
        tell: Callable[[str, Difference], None],
        complain: Callable[[str], None],
    ) -> None:
        self._free = SimpleQueue[Lane]()
        for lane in lanes:
            self._free.put(lane)
        self._comparer = comparer
        self._tell = tell
        self._complain = complain

    def rehearse(self, candidate: RehearsedObject) -> Findings:
        """Return what was found of the object; raises CommandFailed when row code cannot be run."""
        try:
            content = candidate.read()
        except (PipelineError, OSError) as exc:
            self._complain(f"{candidate.shown}: {exc}")
            return Findings(unread=1)
        lane = self._free.get()
        try:
            return self._compare(lane, candidate, content)
        except BaseException:
            for process in lane:  # what it still has to say is of no other object
                process.kill()
            raise
        finally:
            self._free.put(lane)

    def _compare(self, lane: Lane, candidate: RehearsedObject, content: bytes) -> Findings:
        found = Findings(objects=1)
        for process in lane:
            process.send(candidate.stored, content)
        for before, now in pair(lane.before.outcomes(), lane.now.outcomes()):
            found.events += 1
            difference = self._comparer.compare(before, now)
            if difference is not None:
                found.add(candidate.shown, difference)
                self._tell(candidate.shown, difference)
        return found
