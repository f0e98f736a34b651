"""What the pipeline's statements find, in Python: a twin of each, by the SQL that it stands for.

A statement that has no twin cannot be asked in a simulated world. Tests compare each twin with its
statement, answered by the local warehouse.
"""

import inspect

from simulation.statements import accounting, operating, repairing
from simulation.statements.views import open_dead_letters, receipt_of, visible

TWINS = {**repairing.TWINS, **accounting.TWINS, **operating.TWINS}


def answer(sql, tables, now, parameters):
    """Return what a statement finds or changes at that time; raises TransientError."""
    twin = TWINS[sql]
    if "at" in inspect.signature(twin).parameters:
        parameters = {**parameters, "at": now}
    return twin(tables, **parameters)


__all__ = ["TWINS", "answer", "open_dead_letters", "receipt_of", "visible"]
