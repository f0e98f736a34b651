"""What the pipeline's statements find, in Python: a twin of each, by the SQL that it stands for.

A statement that has no twin cannot be asked in a simulated world. Tests compare each twin with its
statement, answered by the local warehouse.
"""

import inspect

from simulation.statements import accounting, operating, repairing
from simulation.statements.views import open_dead_letters, receipt_of, visible

TWINS = {**repairing.TWINS, **accounting.TWINS, **operating.TWINS}
_TIMED = {sql for sql, twin in TWINS.items() if "at" in inspect.signature(twin).parameters}


def answer(sql, tables, now, parameters):
    """Return what a statement finds or changes at that time; raises TransientError."""
    timed = {"at": now} if sql in _TIMED else {}
    return TWINS[sql](tables, **parameters, **timed)


__all__ = ["TWINS", "answer", "open_dead_letters", "receipt_of", "visible"]
