"""How hard to try: the same few examples in each run, or many others under `make fuzz`."""

import os

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("FUZZ_TIMES", "1"))


def effort(examples):
    """Return the settings of a test; the examples are the same each time unless FUZZ_TIMES > 1."""
    return settings(
        max_examples=examples * TIMES,
        derandomize=TIMES == 1,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
