"""The suite finds the mistakes that authors of clients make, and says what was wrong."""

import re
import sys

import pytest

from conformance.broken import Broken
from conformance.reference import wrong_driver
from conformance.reference.wrong_clients import WRONG
from conformance.scenarios import SCENARIOS
from conformance.stages import play

_MISTAKES = {
    "NewKeyPerRetry": ("fault_lost_answer", "was sent under . keys"),
    "KeyWithoutTime": ("first_event", "its Idempotency-Key is no UUIDv7"),
    "RewritesBody": ("fault_lost_answer", "two bodies under one key"),
    "DeletesBeforeAnswer": ("fault_503", "gone from the outbox without an acknowledgement"),
    "KeepsInMemory": ("kill_after_kept", "28 of 28 kept events are lost"),
    "KeepsLater": ("kill_after_kept", "kept events are lost"),
    "IgnoresRetryAfter": ("retry_after_seconds", r"answered `Retry-After: 1`"),
    "SplitsUnderOneKey": ("too_many_events", "two bodies under one key"),
    "SendsAfterWithdrawal": ("consent_withdrawn", "after consent had been withdrawn"),
    "RetriesForEver": ("parked", "refused with a reason was sent 6 times: park it"),
    "TrustsAnyAnswer": ("fault_short_answer", "gone from the outbox without an acknowledgement"),
    "CutsAnewOnRestart": ("lost_answer_then_kill", "was sent under . keys"),
    "CountsFromOne": ("first_event", r"it lacks \[0\]"),
    "CountsDropped": ("outbox_full", "eventIndex of session .* it lacks"),
    "DropsSilently": ("outbox_full", "client_dropped tells 0: nobody knows of the others"),
    "ParksEverything": ("halt_401", "are parked because the key was refused"),
    "NeverHalts": ("halt_401", "with a key that is refused: it has to wait longer"),
    "PutsTwice": ("upload_put_faults", "sent to a URL that was used: ask for a new ticket"),
    "ReadsClockOnce": ("sent_at_is_of_the_attempt", "say the same sent_at"),
}


@pytest.mark.parametrize("mistake", _MISTAKES)
def test_mistake(mistake, variables):
    """A client that makes the mistake fails in the scenario, and reads what it did."""
    scenario, message = _MISTAKES[mistake]
    command = [sys.executable, wrong_driver.__file__, mistake]

    with pytest.raises(Broken) as caught:
        play(SCENARIOS[scenario], command, variables)

    assert re.search(message, str(caught.value))


def test_all_mistakes():
    """Each wrong client is tested."""
    assert set(WRONG) == set(_MISTAKES)
