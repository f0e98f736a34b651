"""Errors of an apply that pass by themselves: Google says "done" before all of it knows.

Each was seen by others on the real platform. What is not here is told at once.
"""

import re
from collections.abc import Mapping
from itertools import pairwise

# What is said of an error, to which what waiting mends.
PASSING: Mapping[re.Pattern[str], str] = {
    # hashicorp/terraform-provider-google#25294
    re.compile("Permission denied while using the Eventarc Service Agent"): (
        "Eventarc's agent does not have its role yet"
    ),
    # hashicorp/terraform-provider-google#11102: for up to ten minutes
    re.compile(r"Cannot find metric\(s\) that match"): (
        "Cloud Monitoring does not know a new metric yet"
    ),
    # hashicorp/terraform-provider-google#11020, #11023
    re.compile(r"has not been used in project \S+ before or it is disabled"): (
        "an API is not enabled everywhere yet"
    ),
    # hashicorp/terraform-provider-google#18024, #22546. Of the project's own: Google's agents are
    # elsewhere, and a name that an operator misspelt is no e-mail address.
    re.compile(r"(?i:service account) \S+@\S+\.iam\.gserviceaccount\.com does not exist"): (
        "a new service account is not known everywhere yet"
    ),
}
_COLOURS = re.compile(r"\x1b\[[\d;]*m")
_BEGINNING = re.compile(r"^[│\s]*(?:Error|Warning): ", re.MULTILINE)
_BREAK = re.compile(r"[│╷╵\s]+")  # Terraform breaks lines, and draws a frame at their left


def reasons_to_wait(complaint: str) -> list[str]:
    """Return what the errors wait for, each once; nothing when one of them will not pass.

    The complaint is all that Terraform wrote on stderr, with colours, frames and broken lines.
    """
    reasons = [_reason(error) for error in _errors(_COLOURS.sub("", complaint))]
    return sorted({reason for reason in reasons if reason}) if all(reasons) else []


def _errors(text: str) -> list[str]:
    """Return each error as one line."""
    starts = [match.start() for match in _BEGINNING.finditer(text)]
    told = (text[start:end] for start, end in pairwise([*starts, len(text)]))
    lines = (_BREAK.sub(" ", each).strip() for each in told)
    return [line for line in lines if line.startswith("Error: ")]


def _reason(error: str) -> str | None:
    return next((reason for pattern, reason in PASSING.items() if pattern.search(error)), None)
