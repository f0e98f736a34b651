"""Waits for the newest lines of the log: the view `receipts` has them a second or so later.

So an audit of what was sent just now finds what was accepted.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from analytics_commands.audit.reading.account_queries import ACCEPTANCES, AccountQueries
from analytics_commands.foundation.pipeline.log_lines import LogLines, LogsUnavailable
from analytics_commands.foundation.terminal.wording import counted
from analytics_pipeline.errors import TransientError

_NEWEST = timedelta(seconds=30)  # older lines are there, or long in coming
_POLL_SECONDS = 0.2
_MOST_POLLS = 150  # 30 s


def await_receipts(
    log: Callable[[], LogLines],
    queries: AccountQueries,
    until: datetime,
    now: datetime,
    say: Callable[[str], None],
) -> None:
    """Return when the lines of the last seconds before `now` are receipts, or none are audited.

    Where the log cannot be read, nothing is waited for; `say` is told of lines that do not come.
    """
    since = now - _NEWEST
    if until < since:
        return
    try:
        lines = log().read(ACCEPTANCES, since, now)
        due = sum(str(line.get("object", "")).startswith(queries.root) for line in lines)
        for _ in range(_MOST_POLLS):
            if (missing := due - queries.count(since, now)) <= 0:
                return
            time.sleep(_POLL_SECONDS)
    except (LogsUnavailable, TransientError):
        return  # what it means that there are no receipts is told when they are asked for
    lines_are = counted(missing, "line of the log is", "lines of the log are")
    say(f"{lines_are} not in the view receipts yet")
